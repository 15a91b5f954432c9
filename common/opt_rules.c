/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_rules.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/opt_python.h"
#include "common/opt_unicode.h"
#include "common/str.h"

static bool is_present(const cJSON *name, const cJSON *params)
{
	return cJSON_IsString(name) && json_member(params, name->valuestring);
}

/* How many different names of the group are present. */
static int count_present(const cJSON *group, const cJSON *params)
{
	int count = 0;

	json_each (name, group) {
		bool again = false;

		for (const cJSON *p = group->child; p != name; p = p->next)
			again = again || opt_python_equal(p, name);
		count += !again && is_present(name, params);
	}
	return count;
}

/* The names of a group: a list's items, or the characters of a string, since
 * Python takes one for a list of them. The caller deletes them. */
static cJSON *names_of(const cJSON *group)
{
	cJSON *names = cJSON_CreateArray();
	const char *at = cJSON_GetStringValue(group);
	struct str s;

	while (at && *at) {
		str_init(&s, 8);
		opt_unicode_add(&s, opt_unicode_next(&at));
		json_append(names, json_new_str(s.text));
		str_free(&s);
	}
	json_each (name, group)
		json_append(names, json_copy(name));
	return names;
}

/* "what: a, b" */
static char *message(const char *what, const cJSON *names)
{
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	str_add(&s, what);
	opt_python_join(&s, names, ", ");
	return str_take(&s);
}

/* All groups that are broken show up in this message. */
char *opt_rules_exclusive(const cJSON *groups, const cJSON *params)
{
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	json_each (group, groups) {
		if (count_present(group, params) < 2)
			continue;
		str_add(&s, s.length ? ", "
				     : "parameters are mutually exclusive: ");
		opt_python_join(&s, group, "|");
	}
	if (s.length)
		return str_take(&s);
	str_free(&s);
	return NULL;
}

char *opt_rules_together(const cJSON *groups, const cJSON *params)
{
	char *text = NULL;

	json_each (group, groups) {
		cJSON *names = names_of(group);
		bool some = false, all = true;

		json_each (name, names) {
			some = some || is_present(name, params);
			all = all && is_present(name, params);
		}
		if (some && !all)
			text = message(
				"parameters are required together: ", names);
		cJSON_Delete(names);
		if (text)
			break;
	}
	return text;
}

char *opt_rules_one_of(const cJSON *groups, const cJSON *params)
{
	json_each (group, groups) {
		cJSON *names;
		char *text;

		if (is_present(group, params) || count_present(group, params))
			continue;
		names = names_of(group);
		text = message("one of the following is required: ", names);
		cJSON_Delete(names);
		return text;
	}
	return NULL;
}

static cJSON *absent_of(const cJSON *names, const cJSON *params)
{
	cJSON *absent = cJSON_CreateArray();

	json_each (name, names) {
		if (!is_present(name, params))
			json_append(absent, json_copy(name));
	}
	return absent;
}

static char *absent_message(
	const char *option, const cJSON *value, bool any, const cJSON *absent)
{
	char *text = opt_python_str(value), *result;
	char *start = mem_printf(
		"%s is %s but %s of the following are missing: ", option, text,
		any ? "any" : "all");

	result = message(start, absent);
	mem_free(start);
	mem_free(text);
	return result;
}

/* One rule: [option, value, names] or [option, value, names, any]. */
static char *broken_if(const cJSON *rule, const cJSON *params)
{
	const char *option = json_str(rule, "0");
	const cJSON *value = json_get(rule, "1");
	const cJSON *given = option ? json_member(params, option) : NULL;
	bool any = opt_python_true(json_get(rule, "3"));
	cJSON *names, *absent;
	char *result = NULL;

	if (!value || !given || !opt_python_equal(given, value))
		return NULL;
	names = names_of(json_get(rule, "2"));
	absent = absent_of(names, params);
	if (absent->child && (!any || json_size(absent) == json_size(names)))
		result = absent_message(option, value, any, absent);
	cJSON_Delete(names);
	cJSON_Delete(absent);
	return result;
}

char *opt_rules_if(const cJSON *rules, const cJSON *params)
{
	json_each (rule, rules) {
		char *text = broken_if(rule, params);

		if (text)
			return text;
	}
	return NULL;
}

static bool has_value(const char *name, const cJSON *params)
{
	const cJSON *value = json_member(params, name);

	return value && !cJSON_IsNull(value);
}

/* One rule: option: name or option: [names]. */
static char *broken_by(const cJSON *rule, const cJSON *params)
{
	cJSON *absent = cJSON_CreateArray();
	const cJSON *name = cJSON_IsArray(rule) ? rule->child : rule;
	char *start, *result = NULL;

	for (; name; name = cJSON_IsArray(rule) ? name->next : NULL)
		if (cJSON_IsString(name) &&
			!has_value(name->valuestring, params))
			json_append(absent, json_copy(name));
	if (absent->child) {
		start = mem_printf("missing parameter(s) required by '%s': ",
			rule->string);
		result = message(start, absent);
		mem_free(start);
	}
	cJSON_Delete(absent);
	return result;
}

char *opt_rules_by(const cJSON *rules, const cJSON *params)
{
	if (!cJSON_IsObject(rules))
		return NULL;
	json_each (rule, rules) {
		char *text = has_value(rule->string, params)
				     ? broken_by(rule, params)
				     : NULL;

		if (text)
			return text;
	}
	return NULL;
}

char *opt_rules_required(const cJSON *spec, const cJSON *params)
{
	cJSON *absent = cJSON_CreateArray();
	char *text = NULL;

	json_each (option, spec) {
		if (opt_python_true(json_member(option, "required")) &&
			!json_member(params, option->string))
			json_append(absent, json_new_str(option->string));
	}
	opt_rules_sort(absent);
	if (absent->child)
		text = message("missing required arguments: ", absent);
	cJSON_Delete(absent);
	return text;
}

static int by_text(const void *a, const void *b)
{
	const cJSON *const *x = a, *const *y = b;

	return strcmp((*x)->valuestring, (*y)->valuestring);
}

void opt_rules_sort(cJSON *list)
{
	size_t count = (size_t)json_size(list), n = 0;
	cJSON **items = mem_array(count, sizeof(*items));

	while (list->child)
		items[n++] = cJSON_DetachItemViaPointer(list, list->child);
	qsort(items, n, sizeof(*items), by_text);
	for (size_t i = 0; i < n; i++)
		cJSON_AddItemToArray(list, items[i]);
	mem_free(items);
}
