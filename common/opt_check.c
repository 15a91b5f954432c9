/* SPDX-License-Identifier: Apache-2.0 */
/* The order of work. Only the first failure is told, but the work goes on, so
 * that warnings, secrets and the parameters shown are those of AnsibleModule.
 */
#include <stdint.h>

#include "common/censor.h"
#include "common/opt.h"
#include "common/opt_level.h"
#include "common/opt_notice.h"
#include "common/opt_python.h"
#include "common/opt_rules.h"
#include "common/opt_secret.h"
#include "common/opt_value.h"
#include "common/str.h"

static void check_level(struct opt_level *level, cJSON *warnings);

/* One alias that was given: its value becomes the option's, whatever the option
 * had before. */
static void take_alias(struct opt_level *level, const cJSON *option,
	const char *alias, cJSON *warnings)
{
	const char *name = option->string;
	const cJSON *value = json_member(level->params, alias);
	char *text;

	json_set(level->aliases, alias, json_new_str(name));
	if (!value)
		return;
	if (json_member(level->params, name)) {
		text = mem_printf("Both option %s%s and its alias %s%s are "
				  "set.",
			level->prefix, name, level->prefix, alias);
		opt_level_note(warnings, json_new_str(text));
		mem_free(text);
	}
	json_set(level->params, name, json_copy(value));
}

static bool has_default(const cJSON *option)
{
	const cJSON *value = json_member(option, "default");

	return value && !cJSON_IsNull(value);
}

/* A fault of the spec ends it. */
static void take_aliases(struct opt_level *level, cJSON *warnings)
{
	json_each (option, level->spec) {
		const cJSON *aliases = json_member(option, "aliases");

		opt_notice_aliases(level, option);
		if (has_default(option) &&
			opt_python_true(json_member(option, "required"))) {
			opt_level_fail(level,
				mem_printf("internal error: required and "
					   "default are mutually exclusive "
					   "for %s",
					option->string));
			return;
		}
		if (!aliases || cJSON_IsNull(aliases))
			continue;
		if (!cJSON_IsArray(aliases)) {
			opt_level_fail(level,
				mem_copy("internal error: aliases must be a "
					 "list or tuple"));
			return;
		}
		json_each (alias, aliases) {
			if (cJSON_IsString(alias))
				take_alias(level, option, alias->valuestring,
					warnings);
		}
	}
}

/* "a, b (x, y)": the options that there are, then all their aliases. */
static void list_supported(const struct opt_level *level)
{
	cJSON *names = cJSON_CreateArray(), *aliases = cJSON_CreateArray();

	json_each (option, level->spec) {
		if (!json_member(level->aliases, option->string))
			json_append(names, json_new_str(option->string));
	}
	json_each (alias, level->aliases)
		json_append(aliases, json_new_str(alias->string));
	opt_rules_sort(names);
	opt_rules_sort(aliases);
	opt_python_join(level->supported, names, ", ");
	if (aliases->child) {
		str_add(level->supported, " (");
		opt_python_join(level->supported, aliases, ", ");
		str_add(level->supported, ")");
	}
	cJSON_Delete(names);
	cJSON_Delete(aliases);
}

static void note_unknown(const struct opt_level *level)
{
	char *name;

	json_each (param, level->params) {
		if (json_member(level->aliases, param->string) ||
			json_member(level->spec, param->string))
			continue;
		if (!level->unknown->child)
			list_supported(level);
		name = mem_printf("%s%s", level->path, param->string);
		opt_level_note(level->unknown, json_new_str(name));
		mem_free(name);
	}
}

/* Options that were not given get their default or, where that is asked for,
 * null. */
static void set_defaults(const struct opt_level *level, bool null_too)
{
	json_each (option, level->spec) {
		cJSON *value = json_member(option, "default");

		if (json_member(level->params, option->string) ||
			!(has_default(option) || null_too))
			continue;
		value = value ? json_copy(value) : cJSON_CreateNull();
		opt_python_normalise(value);
		if (opt_python_true(json_member(option, "no_log")) &&
			opt_python_true(value))
			opt_secret_add(level->out, value);
		json_set(level->params, option->string, value);
	}
}

static void check_rules(const struct opt_level *level)
{
	static const struct {
		const char *name;
		char *(*broken)(const cJSON *rules, const cJSON *params);
	} kinds[] = { { "required_together", opt_rules_together },
		{ "required_one_of", opt_rules_one_of },
		{ "required_if", opt_rules_if },
		{ "required_by", opt_rules_by } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		opt_level_fail_here(
			level, kinds[i].broken(
				       json_member(level->rules, kinds[i].name),
				       level->params));
}

/* The sub-options in one dictionary of the option; index is -1 where it is not
 * one of a list. */
static void check_dict(const struct opt_level *parent, const cJSON *option,
	cJSON *dict, int index)
{
	char *context, *prefix, *path;
	struct opt_level level = *parent;

	if (!cJSON_IsObject(dict)) {
		opt_level_fail(parent,
			mem_printf("value of '%s' must be of type dict or "
				   "list of dicts",
				option->string));
		return;
	}
	context = parent->context ? mem_printf("%s -> %s", parent->context,
					    option->string)
				  : mem_copy(option->string);
	prefix = index < 0 ? mem_printf("%s%s.", parent->prefix, option->string)
			   : mem_printf("%s%s[%d].", parent->prefix,
				     option->string, index);
	path = mem_printf("%s%s.", parent->path, option->string);
	level.spec = json_member(option, "options");
	level.rules = option;
	level.params = dict;
	level.context = context;
	level.prefix = prefix;
	level.path = path;
	check_level(&level, parent->out->warnings);
	mem_free(context);
	mem_free(prefix);
	mem_free(path);
}

static void check_sub_options(const struct opt_level *level)
{
	json_each (option, level->spec) {
		const cJSON *sub = json_member(option, "options");
		cJSON *value = json_member(level->params, option->string);
		int index = 0;

		if (!cJSON_IsObject(sub) || !opt_level_has_dicts(option))
			continue;
		if ((!value || cJSON_IsNull(value)) &&
			opt_python_true(
				json_member(option, "apply_defaults"))) {
			value = cJSON_CreateObject();
			json_set(level->params, option->string, value);
		}
		if (!value || cJSON_IsNull(value))
			continue;
		if (!cJSON_IsArray(value)) {
			check_dict(level, option, value,
				streq(json_str(option, "type"), "list") ? 0
									: -1);
			continue;
		}
		json_each (item, value)
			check_dict(level, option, item, index++);
	}
}

/* In Python an alias and its option share one dictionary: what the sub-options
 * got, shows under both names. */
static void share_dicts(cJSON *alias, const cJSON *option)
{
	if (cJSON_IsObject(alias) && cJSON_IsObject(option)) {
		cJSON_Delete(alias->child);
		alias->child = NULL;
		json_each (member, option)
			cJSON_AddItemToObject(
				alias, member->string, json_copy(member));
	} else if (cJSON_IsArray(alias) && cJSON_IsArray(option) &&
		   json_size(alias) == json_size(option)) {
		const cJSON *from = option->child;

		json_each (item, alias) {
			share_dicts(item, from);
			from = from->next;
		}
	}
}

static void share_with_aliases(const struct opt_level *level)
{
	json_each (option, level->spec) {
		cJSON *last = NULL;

		if (!json_member(option, "options"))
			continue;
		json_each (alias, json_member(option, "aliases")) {
			cJSON *value = cJSON_IsString(alias)
					       ? json_member(level->params,
							 alias->valuestring)
					       : NULL;

			last = value ? value : last;
		}
		if (last)
			share_dicts(last,
				json_member(level->params, option->string));
	}
}

static void check_level(struct opt_level *level, cJSON *warnings)
{
	level->aliases = cJSON_CreateObject();
	take_aliases(level, warnings);
	opt_secret_scan(level);
	if (!level->context)
		opt_notice_removed(level);
	note_unknown(level);
	opt_level_fail_here(
		level, opt_rules_exclusive(
			       json_member(level->rules, "mutually_exclusive"),
			       level->params));
	set_defaults(level, false);
	opt_level_fail_here(
		level, opt_rules_required(level->spec, level->params));
	opt_value_coerce(level);
	opt_value_choices(level);
	check_rules(level);
	set_defaults(level, true);
	check_sub_options(level);
	share_with_aliases(level);
	if (level->context)
		cJSON_Delete(level->aliases);
}

static void fail_unknown(const struct opt_level *level, const char *module)
{
	struct str s;

	if (!level->unknown->child)
		return;
	opt_rules_sort(level->unknown);
	str_init(&s, SIZE_MAX / 4);
	str_addf(&s, "Unsupported parameters for (%s) module: ", module);
	opt_python_join(&s, level->unknown, ", ");
	str_addf(&s, ". Supported parameters include: %s.",
		level->supported->text);
	opt_level_fail(level, str_take(&s));
}

/* Ansible's own keys are none of ours. */
static cJSON *own_arguments(const cJSON *args)
{
	cJSON *own = cJSON_CreateObject();

	if (!cJSON_IsObject(args))
		return own;
	json_each (arg, args) {
		if (!str_starts(arg->string, "_ansible_"))
			cJSON_AddItemToObject(own, arg->string, json_copy(arg));
	}
	opt_python_normalise(own);
	return own;
}

static void check_all(struct opt_level *level, const char *module)
{
	/* Those of the sub-options come first. */
	cJSON *warnings = cJSON_CreateArray();

	check_level(level, warnings);
	fail_unknown(level, module);
	json_each (warning, warnings)
		opt_level_note(level->out->warnings, json_copy(warning));
	if (!level->out->failure)
		opt_notice_passwords(level);
	opt_secret_finish(level->out);
	cJSON_Delete(level->aliases);
	cJSON_Delete(warnings);
}

int opt_check(const char *module, const cJSON *spec, const cJSON *constraints,
	const cJSON *args, struct opt_checked *out, struct err *e)
{
	struct str supported;
	struct opt_level level = { .out = out,
		.spec = cJSON_IsObject(spec) ? spec : NULL,
		.rules = constraints,
		.prefix = "",
		.path = "",
		.unknown = cJSON_CreateArray(),
		.supported = &supported };
	char *text;

	*out = (struct opt_checked){ .params = own_arguments(args),
		.warnings = cJSON_CreateArray(),
		.deprecations = cJSON_CreateArray(),
		.secrets = cJSON_CreateArray() };
	level.params = out->params;
	str_init(&supported, SIZE_MAX / 4);
	check_all(&level, module);
	str_free(&supported);
	cJSON_Delete(level.unknown);
	if (!out->failure)
		return 0;
	text = censor_text(out->failure, out->secrets);
	err_set(e, ERR_OTHER, "%s", text);
	mem_free(text);
	return -1;
}

void opt_checked_free(struct opt_checked *checked)
{
	cJSON_Delete(checked->params);
	cJSON_Delete(checked->warnings);
	cJSON_Delete(checked->deprecations);
	cJSON_Delete(checked->secrets);
	mem_free(checked->failure);
	*checked = (struct opt_checked){ 0 };
}
