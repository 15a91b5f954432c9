/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_python.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "common/opt_number.h"
#include "common/opt_unicode.h"

static void add_repr(struct str *s, const cJSON *value);

static bool is_float_text(const char *text)
{
	return strpbrk(text, ".eENI") != NULL;
}

bool opt_python_is_float(const cJSON *number)
{
	return cJSON_IsNumber(number) && is_float_text(number->valuestring);
}

/* A JSON number as Python's json module writes it, NaN and Infinity included;
 * the caller frees it. */
static char *number_text(const cJSON *number)
{
	cJSON *same;
	char *text;

	if (!is_float_text(number->valuestring))
		return mem_copy(streq(number->valuestring, "-0")
					? "0"
					: number->valuestring);
	same = json_new_double(number->valuedouble);
	text = mem_copy(same->valuestring);
	cJSON_Delete(same);
	return text;
}

static void add_number(struct str *s, const cJSON *number)
{
	char *text = number_text(number);

	if (streq(text, "NaN"))
		str_add(s, "nan");
	else if (strstr(text, "Infinity"))
		str_add(s, *text == '-' ? "-inf" : "inf");
	else
		str_add(s, text);
	mem_free(text);
}

static void add_character(struct str *s, unsigned code, char quote)
{
	static const char *const shorts[] = {
		['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t", ['\\'] = "\\\\"
	};

	if (code == (unsigned char)quote)
		str_addf(s, "\\%c", quote);
	else if (code < sizeof(shorts) / sizeof(*shorts) && shorts[code])
		str_add(s, shorts[code]);
	else if (opt_unicode_is_printable(code))
		opt_unicode_add(s, code);
	else
		str_addf(s,
			code < 0x100     ? "\\x%02x"
			: code < 0x10000 ? "\\u%04x"
					 : "\\U%08x",
			code);
}

static void add_string_repr(struct str *s, const char *text)
{
	char quote = strchr(text, '\'') && !strchr(text, '"') ? '"' : '\'';

	str_add_n(s, &quote, 1);
	while (*text)
		add_character(s, opt_unicode_next(&text), quote);
	str_add_n(s, &quote, 1);
}

static void add_container(struct str *s, const cJSON *value)
{
	bool dict = cJSON_IsObject(value);

	str_add(s, dict ? "{" : "[");
	json_each (item, value) {
		if (item != value->child)
			str_add(s, ", ");
		if (dict) {
			add_string_repr(s, item->string);
			str_add(s, ": ");
		}
		add_repr(s, item);
	}
	str_add(s, dict ? "}" : "]");
}

static void add_repr(struct str *s, const cJSON *value)
{
	if (cJSON_IsString(value))
		add_string_repr(s, value->valuestring);
	else if (cJSON_IsArray(value) || cJSON_IsObject(value))
		add_container(s, value);
	else if (cJSON_IsNumber(value))
		add_number(s, value);
	else if (cJSON_IsBool(value))
		str_add(s, cJSON_IsTrue(value) ? "True" : "False");
	else
		str_add(s, "None");
}

static void add_str(struct str *s, const cJSON *value)
{
	if (cJSON_IsString(value))
		str_add(s, value->valuestring);
	else
		add_repr(s, value);
}

char *opt_python_repr(const cJSON *value)
{
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	add_repr(&s, value);
	return str_take(&s);
}

char *opt_python_str(const cJSON *value)
{
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	add_str(&s, value);
	return str_take(&s);
}

void opt_python_join(struct str *s, const cJSON *list, const char *separator)
{
	json_each (item, list) {
		if (item != list->child)
			str_add(s, separator);
		add_str(s, item);
	}
}

const char *opt_python_type(const cJSON *value)
{
	if (cJSON_IsString(value))
		return "str";
	if (cJSON_IsNumber(value))
		return opt_python_is_float(value) ? "float" : "int";
	if (cJSON_IsBool(value))
		return "bool";
	if (cJSON_IsArray(value))
		return "list";
	return cJSON_IsObject(value) ? "dict" : "NoneType";
}

bool opt_python_true(const cJSON *value)
{
	if (cJSON_IsString(value))
		return value->valuestring[0] != '\0';
	if (cJSON_IsNumber(value))
		return value->valuedouble != 0;
	if (cJSON_IsArray(value) || cJSON_IsObject(value))
		return value->child != NULL;
	return cJSON_IsTrue(value);
}

/* The digits of a whole number, be it an int, a float or a bool; NULL for
 * others, else the caller frees it. Python compares these exactly. */
static char *whole_number(const cJSON *value)
{
	if (cJSON_IsBool(value))
		return mem_copy(cJSON_IsTrue(value) ? "1" : "0");
	return opt_python_is_float(value) ? opt_number_whole(value->valuedouble)
					  : number_text(value);
}

static bool numbers_equal(const cJSON *a, const cJSON *b)
{
	char *x = whole_number(a), *y = whole_number(b);
	bool equal = x && y ? streq(x, y)
			    : !x && !y && a->valuedouble == b->valuedouble;

	mem_free(x);
	mem_free(y);
	return equal;
}

static bool is_numeric(const cJSON *value)
{
	return cJSON_IsNumber(value) || cJSON_IsBool(value);
}

static bool lists_equal(const cJSON *a, const cJSON *b)
{
	for (a = a->child, b = b->child; a && b; a = a->next, b = b->next)
		if (!opt_python_equal(a, b))
			return false;
	return !a && !b;
}

static bool dicts_equal(const cJSON *a, const cJSON *b)
{
	if (json_size(a) != json_size(b))
		return false;
	json_each (item, a) {
		const cJSON *other = json_member(b, item->string);

		if (!other || !opt_python_equal(item, other))
			return false;
	}
	return true;
}

bool opt_python_equal(const cJSON *a, const cJSON *b)
{
	if (is_numeric(a) && is_numeric(b))
		return numbers_equal(a, b);
	if (cJSON_IsString(a) && cJSON_IsString(b))
		return streq(a->valuestring, b->valuestring);
	if (cJSON_IsArray(a) && cJSON_IsArray(b))
		return lists_equal(a, b);
	if (cJSON_IsObject(a) && cJSON_IsObject(b))
		return dicts_equal(a, b);
	return cJSON_IsNull(a) && cJSON_IsNull(b);
}

bool opt_python_contains(const cJSON *list, const cJSON *value)
{
	json_each (item, list) {
		if (opt_python_equal(item, value))
			return true;
	}
	return false;
}

void opt_python_normalise(cJSON *tree)
{
	if (cJSON_IsNumber(tree)) {
		char *text = number_text(tree);

		mem_free(tree->valuestring);
		tree->valuestring = text;
	}
	json_each (item, tree)
		opt_python_normalise(item);
}
