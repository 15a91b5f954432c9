/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a table as the JSON form of an argument spec. */
#include <ctype.h>
#include <string.h>

#include "common/opt.h"
#include "common/str.h"

/* "a|b" as a list; each item is JSON where the type is no text. */
static cJSON *list_of(const char *names, bool text)
{
	cJSON *list = cJSON_CreateArray();
	char *copy = mem_copy(names), *rest = copy;

	for (char *name; (name = strsep(&rest, "|"));)
		json_append(
			list, text ? json_new_str(name) : json_literal(name));
	mem_free(copy);
	return list;
}

static bool is_text(const char *type)
{
	return streq(type, "str") || streq(type, "path");
}

static cJSON *default_of(const struct opt *row)
{
	if (!row->fallback)
		return NULL;
	return is_text(row->type) ? json_new_str(row->fallback)
				  : json_literal(row->fallback);
}

static cJSON *row_spec(const struct opt *row)
{
	const char *item = row->elements ? row->elements : row->type;
	cJSON *spec = json_object(JSON_STR("type", row->type),
		JSON_STR("elements", row->elements),
		JSON_TAKE("choices",
			row->choices ? list_of(row->choices, is_text(item))
				     : NULL),
		JSON_TAKE("default", default_of(row)),
		JSON_TAKE("aliases",
			row->aliases ? list_of(row->aliases, true) : NULL));

	if (row->secret || row->not_secret)
		json_set(spec, "no_log", json_new_bool(row->secret));
	if (row->required)
		json_set(spec, "required", json_new_bool(true));
	if (row->sub) {
		cJSON *options = cJSON_CreateObject();

		opt_add_spec(options, row->sub);
		json_set(spec, "options", options);
	}
	if (row->sub_rules)
		opt_add_rules(spec, row->sub_rules);
	return spec;
}

void opt_add_spec(cJSON *spec, const struct opt *rows)
{
	for (; rows->name; rows++)
		json_set(spec, rows->name, row_spec(rows));
}

/* The value of "option=value": JSON, or any other text as a string. */
static cJSON *value_of(const char *text)
{
	char *json = mem_copy(text);
	struct err e;
	cJSON *value;

	for (char *p = json; *p; p++)
		if (*p == '\'')
			*p = '"';
	value = json_parse(json, strlen(json), &e);
	mem_free(json);
	return value ? value : json_new_str(text);
}

/* [option, value, [names]], and true if one of the names is enough. */
static cJSON *required_if(const struct opt_rule *rule)
{
	size_t length = strcspn(rule->when, "=");
	char *option = mem_copy_n(rule->when, length);
	cJSON *list = cJSON_CreateArray();

	json_append(list, json_new_str(option));
	json_append(list,
		value_of(rule->when + length + (rule->when[length] ? 1 : 0)));
	json_append(list, list_of(rule->names, true));
	if (rule->any)
		json_append(list, json_new_bool(true));
	mem_free(option);
	return list;
}

void opt_add_rules(cJSON *constraints, const struct opt_rule *rules)
{
	static const char *const keys[] = {
		[OPT_EXCLUSIVE] = "mutually_exclusive",
		[OPT_TOGETHER] = "required_together",
		[OPT_ONE_OF] = "required_one_of",
		[OPT_REQUIRED_IF] = "required_if",
	};

	for (; rules->kind != OPT_END_OF_RULES; rules++) {
		const char *key = keys[rules->kind];

		if (!json_member(constraints, key))
			json_set(constraints, key, cJSON_CreateArray());
		json_append(json_member(constraints, key),
			rules->kind == OPT_REQUIRED_IF
				? required_if(rules)
				: list_of(rules->names, true));
	}
}
