/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_secret.h"

#include "common/opt_dict.h"
#include "common/opt_python.h"
#include "common/opt_rules.h"
#include "common/str.h"

static void scan(
	const struct opt_level *level, const cJSON *spec, const cJSON *params);

void opt_secret_add(struct opt_checked *out, const cJSON *value)
{
	char *text;

	json_each (item, value)
		opt_secret_add(out, item);
	if (!cJSON_IsString(value) && !cJSON_IsNumber(value))
		return;
	text = opt_python_str(value);
	if (*text)
		json_append(out->secrets, json_new_str(text));
	mem_free(text);
}

static char *wrong_value(const cJSON *option, const cJSON *value)
{
	char *text = opt_python_str(value);
	char *message =
		mem_printf("Value '%s' in the sub parameter field '%s' must "
			   "be a %s, not '%s'",
			text, option->string, json_str(option, "type"),
			opt_python_type(value));

	mem_free(text);
	return message;
}

static void scan_dict(
	const struct opt_level *level, const cJSON *option, const cJSON *value)
{
	const char *why = NULL;
	cJSON *parsed = NULL;

	if (cJSON_IsString(value)) {
		parsed = opt_dict_parse(value->valuestring, &why);
		value = parsed;
	}
	if (!value)
		opt_level_fail(level, mem_copy(why));
	else if (cJSON_IsObject(value))
		scan(level, json_member(option, "options"), value);
	else
		opt_level_fail(level, wrong_value(option, value));
	cJSON_Delete(parsed);
}

static void scan(
	const struct opt_level *level, const cJSON *spec, const cJSON *params)
{
	json_each (option, spec) {
		const cJSON *value = json_member(params, option->string);
		const cJSON *sub = json_member(option, "options");

		if (!value || cJSON_IsNull(value))
			continue;
		if (opt_python_true(json_member(option, "no_log")) &&
			opt_python_true(value))
			opt_secret_add(level->out, value);
		if (!cJSON_IsObject(sub) || !opt_level_has_dicts(option))
			continue;
		if (!cJSON_IsArray(value)) {
			scan_dict(level, option, value);
			continue;
		}
		json_each (item, value)
			scan_dict(level, option, item);
	}
}

void opt_secret_scan(const struct opt_level *level)
{
	scan(level, level->spec, level->params);
}

void opt_secret_finish(struct opt_checked *out)
{
	cJSON *next;

	opt_rules_sort(out->secrets);
	for (cJSON *s = out->secrets->child; s; s = next) {
		next = s->next;
		if (next && streq(s->valuestring, next->valuestring))
			cJSON_Delete(
				cJSON_DetachItemViaPointer(out->secrets, s));
	}
}
