/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_value.h"

#include <stdint.h>

#include "common/opt_coerce.h"
#include "common/opt_python.h"
#include "common/str.h"

/* " found in 'p -> q'" and what ends it, or nothing. */
static char *place(const struct opt_level *level, const char *end)
{
	return level->context
		       ? mem_printf(" found in '%s'%s", level->context, end)
		       : mem_copy("");
}

static void fail_element(const struct opt_level *level, const cJSON *option,
	const cJSON *value, const char *type, const char *reason)
{
	char *where = place(level, "");

	opt_level_fail(level,
		mem_printf("Elements value for option '%s'%s is of type %s and "
			   "we were unable to convert to %s: %s",
			option->string, where, opt_python_type(value), type,
			reason));
	mem_free(where);
}

/* Elements that cannot be converted are left out. */
static cJSON *coerce_elements(const struct opt_level *level,
	const cJSON *option, const cJSON *list, const char *type)
{
	cJSON *converted = cJSON_CreateArray();

	json_each (value, list) {
		char *reason = NULL;
		cJSON *element = opt_coerce(type, value, &reason);

		if (!element)
			fail_element(level, option, value, type, reason);
		json_append(converted, element);
		mem_free(reason);
	}
	return converted;
}

static void fail_no_list(
	const struct opt_level *level, const cJSON *value, const char *type)
{
	char *where = place(level, "."), *text = opt_python_str(value);

	opt_level_fail(level,
		mem_printf("Invalid type %s for option '%s'%s, elements value "
			   "check is supported only with 'list' type",
			type, text, where));
	mem_free(text);
	mem_free(where);
}

static const char *type_of(const cJSON *option)
{
	const char *type = json_str(option, "type");

	return type ? type : "str";
}

static void coerce_value(
	const struct opt_level *level, const cJSON *option, const cJSON *value)
{
	const char *type = type_of(option), *elements;
	char *reason = NULL, *where;
	cJSON *converted = opt_coerce(type, value, &reason);

	if (!converted) {
		where = place(level, ".");
		opt_level_fail(level,
			mem_printf("argument '%s' is of type %s%s and we were "
				   "unable to convert to %s: %s",
				option->string, opt_python_type(value), where,
				type, reason));
		mem_free(where);
		mem_free(reason);
		return;
	}
	elements = json_str(option, "elements");
	if (elements && *elements && cJSON_IsArray(converted)) {
		cJSON *list = converted;

		converted = coerce_elements(level, option, list, elements);
		cJSON_Delete(list);
	} else if (elements && *elements) {
		fail_no_list(level, converted, type);
	}
	json_set(level->params, option->string, converted);
}

static bool may_be_null(const cJSON *option)
{
	const cJSON *fallback = json_member(option, "default");

	return (!fallback || cJSON_IsNull(fallback)) &&
	       !opt_python_true(json_member(option, "required"));
}

void opt_value_coerce(const struct opt_level *level)
{
	json_each (option, level->spec) {
		const cJSON *value = json_member(level->params, option->string);

		if (!value || (cJSON_IsNull(value) && may_be_null(option)))
			continue;
		coerce_value(level, option, value);
	}
}

/* YAML makes a boolean of an unquoted yes; as a string that is "True". The one
 * choice that means the same, or NULL if there is none or more than one. */
static const cJSON *choice_meant(const cJSON *choices, const cJSON *value)
{
	static const char texts[] =
		"{'True': ['y', 'yes', 'on', '1', 'true', 't', 1],"
		" 'False': ['n', 'no', 'off', '0', 'false', 'f', 0]}";
	const char *word = cJSON_GetStringValue(value);
	cJSON *meanings = json_literal(texts);
	const cJSON *same = word ? json_member(meanings, word) : NULL;
	const cJSON *found = NULL;
	bool several = false;

	json_each (choice, choices) {
		if (!opt_python_contains(same, choice))
			continue;
		several =
			several || (found && !opt_python_equal(found, choice));
		found = found ? found : choice;
	}
	cJSON_Delete(meanings);
	return several ? NULL : found;
}

/* "value of P WHAT: c1, c2", to which the caller adds and which it frees. */
static struct str start_choices(
	const cJSON *option, const char *what, const cJSON *choices)
{
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	str_addf(&s, "value of %s must be %s: ", option->string, what);
	opt_python_join(&s, choices, ", ");
	return s;
}

static void check_list(const struct opt_level *level, const cJSON *option,
	const cJSON *choices, const cJSON *list)
{
	cJSON *wrong = cJSON_CreateArray();
	struct str s;

	json_each (item, list) {
		if (!opt_python_contains(choices, item))
			json_append(wrong, json_copy(item));
	}
	if (wrong->child) {
		s = start_choices(option, "one or more of", choices);
		str_add(&s, ". Got no match for: ");
		opt_python_join(&s, wrong, ", ");
		opt_level_fail_here(level, str_take(&s));
	}
	cJSON_Delete(wrong);
}

static void check_choice(const struct opt_level *level, const cJSON *option,
	const cJSON *choices, const cJSON *value)
{
	const cJSON *meant;
	struct str s;
	char *text;

	if (opt_python_contains(choices, value))
		return;
	meant = choice_meant(choices, value);
	if (meant) {
		json_set(level->params, option->string, json_copy(meant));
		return;
	}
	text = opt_python_str(value);
	s = start_choices(option, "one of", choices);
	str_addf(&s, ", got: %s", text);
	opt_level_fail_here(level, str_take(&s));
	mem_free(text);
}

static void fail_choices(const struct opt_level *level, const cJSON *option,
	const cJSON *choices)
{
	char *text = opt_python_str(choices);

	opt_level_fail_here(level,
		mem_printf("internal error: choices for argument %s are not "
			   "iterable: %s",
			option->string, text));
	mem_free(text);
}

void opt_value_choices(const struct opt_level *level)
{
	json_each (option, level->spec) {
		const cJSON *choices = json_member(option, "choices");
		const cJSON *value = json_member(level->params, option->string);

		if (!choices || cJSON_IsNull(choices))
			continue;
		if (!cJSON_IsArray(choices))
			fail_choices(level, option, choices);
		else if (cJSON_IsArray(value))
			check_list(level, option, choices, value);
		else if (value)
			check_choice(level, option, choices, value);
	}
}
