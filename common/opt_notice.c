/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_notice.h"

#include <string.h>
#include <strings.h>

#include "common/str.h"

/* The members that are set: msg, and of the others those that are not null. */
static cJSON *deprecation(char *message, const cJSON *version,
	const cJSON *date, const cJSON *collection)
{
	const struct json_pair members[] = {
		JSON_PAIR("version", json_copy(version)),
		JSON_PAIR("date", json_copy(date)),
		JSON_PAIR("collection_name", json_copy(collection)),
	};
	cJSON *object = json_object(JSON_STR("msg", message));

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (cJSON_IsNull(members[i].value))
			cJSON_Delete(members[i].value);
		else
			json_set(object, members[i].key, members[i].value);
	mem_free(message);
	return object;
}

void opt_notice_aliases(const struct opt_level *level, const cJSON *option)
{
	json_each (alias, json_member(option, "deprecated_aliases")) {
		const char *name =
			cJSON_GetStringValue(json_member(alias, "name"));

		if (!name || !json_member(level->params, name))
			continue;
		opt_level_note(level->out->deprecations,
			deprecation(mem_printf("Alias '%s%s' is deprecated. "
					       "See the module docs for more "
					       "information",
					    level->prefix, name),
				json_member(alias, "version"),
				json_member(alias, "date"),
				json_member(alias, "collection_name")));
	}
}

static bool is_set(const cJSON *value)
{
	return value && !cJSON_IsNull(value);
}

static void note_removed(
	cJSON *deprecations, const cJSON *option, const char *name)
{
	const cJSON *date = json_member(option, "removed_at_date");
	const cJSON *version = json_member(option, "removed_in_version");

	if (!is_set(date) && !is_set(version))
		return;
	opt_level_note(deprecations,
		deprecation(mem_printf("Param '%s' is deprecated. See the "
				       "module docs for more information",
				    name),
			is_set(date) ? NULL : version,
			is_set(date) ? date : NULL,
			json_member(option, "removed_from_collection")));
}

static void scan(cJSON *deprecations, const cJSON *spec, const cJSON *params,
	const char *parent)
{
	json_each (option, spec) {
		const cJSON *value = json_member(params, option->string);
		const cJSON *sub = json_member(option, "options");
		char *name;

		if (!value)
			continue;
		name = parent ? mem_printf("%s[\"%s\"]", parent, option->string)
			      : mem_copy(option->string);
		note_removed(deprecations, option, name);
		if (cJSON_IsObject(sub) && cJSON_IsObject(value))
			scan(deprecations, sub, value, name);
		if (cJSON_IsObject(sub) && cJSON_IsArray(value)) {
			json_each (item, value)
				scan(deprecations, sub, item, name);
		}
		mem_free(name);
	}
}

void opt_notice_removed(const struct opt_level *level)
{
	scan(level->out->deprecations, level->spec, level->params, NULL);
}

static bool is_separator(char c)
{
	return c && strchr("-_ \t\n\v\f\r", c);
}

/* What may follow "pass": nothing, a separator and more, or one of these
 * words, joined by a separator or not, and then the same again. */
static bool ends_password(const char *rest)
{
	static const char *const words[] = { "", "word", "phrase", "wrd",
		"wd" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t length = strlen(words[i]);
		const char *after = rest + length;

		if (strncasecmp(rest, words[i], length) != 0)
			continue;
		if (!*after || (is_separator(*after) && after[1]))
			return true;
	}
	return false;
}

/* "pass" at the beginning, or behind at least one character and a separator;
 * the rule is AnsibleModule's (PASSWORD_MATCH). */
static bool is_password(const char *name)
{
	for (const char *p = name; *p; p++) {
		const char *rest = p + 4;

		if (strncasecmp(p, "pass", 4) != 0)
			continue;
		if (p != name && (p < name + 2 || !is_separator(p[-1])))
			continue;
		if (ends_password(rest) ||
			(is_separator(*rest) && ends_password(rest + 1)))
			return true;
	}
	return false;
}

void opt_notice_passwords(const struct opt_level *level)
{
	json_each (param, level->params) {
		const char *name = param->string;
		const char *option =
			cJSON_GetStringValue(json_member(level->aliases, name));
		const cJSON *row =
			json_member(level->spec, option ? option : name);
		char *text;

		if (is_set(json_member(row, "no_log")) || !is_password(name))
			continue;
		text = mem_printf("Module did not set no_log for %s", name);
		opt_level_note(level->out->warnings, json_new_str(text));
		mem_free(text);
	}
}
