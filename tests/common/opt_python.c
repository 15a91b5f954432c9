/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_python.h"

#include <check.h>

#include "common/mem.h"

Suite *suite(void);

static const struct {
	const char *a, *b;
	bool equal;
} pairs[] = {
	{ "1", "1.0", true },
	{ "1", "true", true },
	{ "0.0", "false", true },
	{ "-0.0", "0", true },
	{ "1.50", "1.5", true },
	{ "1e22", "10000000000000000000000", true },
	{ "9007199254740993", "9007199254740992.0", false },
	{ "123456789012345678901234567890", "123456789012345678901234567891",
		false },
	{ "1e400", "Infinity", true },
	{ "Infinity", "-Infinity", false },
	{ "NaN", "NaN", false },
	{ "1", "'1'", false },
	{ "null", "false", false },
	{ "null", "null", true },
	{ "[]", "{}", false },
	{ "[1, [true]]", "[1.0, [1]]", true },
	{ "[1]", "[1, 2]", false },
	{ "{'a': 1, 'b': 2}", "{'b': 2.0, 'a': true}", true },
	{ "{'a': 1}", "{'A': 1}", false },
	{ "{'a': null}", "{'b': null}", false },
};

START_TEST(compares)
{
	cJSON *a = json_literal(pairs[_i].a), *b = json_literal(pairs[_i].b);

	ck_assert_int_eq(opt_python_equal(a, b), pairs[_i].equal);
	ck_assert_int_eq(opt_python_equal(b, a), pairs[_i].equal);
	cJSON_Delete(a);
	cJSON_Delete(b);
}
END_TEST

static const struct {
	const char *value, *repr, *type;
	bool truth;
} values[] = {
	{ "''", "''", "str", false },
	{ "'0'", "'0'", "str", true },
	{ "0", "0", "int", false },
	{ "-0", "0", "int", false },
	{ "1E2", "100.0", "float", true },
	{ "-0.0", "-0.0", "float", false },
	{ "NaN", "nan", "float", true },
	{ "-1e999", "-inf", "float", true },
	{ "false", "False", "bool", false },
	{ "null", "None", "NoneType", false },
	{ "[]", "[]", "list", false },
	{ "[null]", "[None]", "list", true },
	{ "{}", "{}", "dict", false },
	{ "{'a': {'b': 'c'}}", "{'a': {'b': 'c'}}", "dict", true },
	{ "'\\t\\\\\\u007f\\u00ad\\u0100\\u2028'",
		"'\\t\\\\\\x7f\\xad\xc4\x80\\u2028'", "str", true },
	{ "'\\udb40\\udc01\\uffff\\u0378'", "'\\U000e0001\\uffff\xcd\xb8'",
		"str", true },
	{ "'\\u0027'", "\"'\"", "str", true },
	{ "'\\u0027\\u0022'", "'\\'\"'", "str", true },
};

START_TEST(tells_of_a_value)
{
	cJSON *value = json_literal(values[_i].value);
	char *repr = opt_python_repr(value);

	ck_assert_str_eq(repr, values[_i].repr);
	ck_assert_str_eq(opt_python_type(value), values[_i].type);
	ck_assert_int_eq(opt_python_true(value), values[_i].truth);
	mem_free(repr);
	cJSON_Delete(value);
}
END_TEST

START_TEST(normalises_numbers_everywhere)
{
	cJSON *tree = json_literal("{'a': [1e5, -0, {'b': 1.10}], 'c': 7}");
	char *text;

	opt_python_normalise(tree);
	text = json_text(tree);
	ck_assert_str_eq(
		text, "{\"a\": [100000.0, 0, {\"b\": 1.1}], \"c\": 7}");
	mem_free(text);
	cJSON_Delete(tree);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("opt_python");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(
		t, compares, 0, (int)(sizeof(pairs) / sizeof(*pairs)));
	tcase_add_loop_test(t, tells_of_a_value, 0,
		(int)(sizeof(values) / sizeof(*values)));
	tcase_add_test(t, normalises_numbers_everywhere);
	suite_add_tcase(s, t);
	return s;
}
