/* SPDX-License-Identifier: Apache-2.0 */
#include "common/json.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

/* What is read and what is written again; NULL: refused. */
static const struct {
	const char *given, *written;
} texts[] = {
	{ "{}", "{}" },
	{ " [ ] ", "[]" },
	{ "{\"a\":1,\"b\":[true,false,null]}",
		"{\"a\": 1, \"b\": [true, false, null]}" },
	{ "[1, 1.0, 1e5, -0, 123456789012345678901234567890]",
		"[1, 1.0, 1e5, -0, 123456789012345678901234567890]" },
	{ "[NaN, Infinity, -Infinity]", "[NaN, Infinity, -Infinity]" },
	{ "\"a\\u0000b\"", "\"a\\u0000b\"" },
	{ "\"\\ud83d\\ude00 \\ud800 \\udc00x\"",
		"\"\\ud83d\\ude00 \\ud800 \\udc00x\"" },
	{ "\"\\ud800\\u0041\"", "\"\\ud800A\"" },
	{ "\"h\xc3\xa9 \xf0\x9f\x98\x80\"", "\"h\\u00e9 \\ud83d\\ude00\"" },
	{ "\"\xff\xc3\x28\xed\xa0\x80\xc0\x80\"",
		"\"\\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"" },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u007f\"",
		"\"\\\"\\\\/\\b\\f\\n\\r\\t\\u007f\"" },
	{ "{\"a\":1,\"b\":2,\"a\":3,\"a\":4}", "{\"a\": 4, \"b\": 2}" },
	{ "{\"A\":1,\"a\":2,\"\":3}", "{\"A\": 1, \"a\": 2, \"\": 3}" },
	{ "", NULL },
	{ "007", NULL },
	{ "1.", NULL },
	{ ".5", NULL },
	{ "+1", NULL },
	{ "1e", NULL },
	{ "nan", NULL },
	{ "[1,]", NULL },
	{ "[1 2]", NULL },
	{ "{\"a\"}", NULL },
	{ "{\"a\":}", NULL },
	{ "{a:1}", NULL },
	{ "{\"a\":1", NULL },
	{ "{\"a\":1,}", NULL },
	{ "\"a", NULL },
	{ "\"a\nb\"", NULL },
	{ "\"\\x41\"", NULL },
	{ "\"\\u12g4\"", NULL },
	{ "{} {}", NULL },
	{ "tru", NULL },
};

START_TEST(reads_and_writes)
{
	const char *given = texts[_i].given;
	/* An exact copy lets the sanitizer see a byte read beyond the end. */
	size_t length = strlen(given);
	char *exact = length ? memcpy(malloc(length), given, length) : NULL;
	struct err e;
	cJSON *value = json_parse(exact ? exact : "", length, &e);
	char *written = value ? json_text(value) : NULL;

	if (texts[_i].written)
		ck_assert_pstr_eq(written, texts[_i].written);
	else
		ck_assert_ptr_null(value);
	cJSON_Delete(value);
	mem_free(written);
	free(exact);
}
END_TEST

static const struct {
	double number;
	const char *text;
} doubles[] = { { 0.1, "0.1" }, { 1, "1.0" }, { 100000, "100000.0" },
	{ 1e15, "1000000000000000.0" }, { 1e16, "1e+16" }, { 1e-5, "1e-05" },
	{ 0.0001, "0.0001" }, { 1.5e300, "1.5e+300" }, { -2.5, "-2.5" },
	{ 1.0 / 3, "0.3333333333333333" }, { 123456789.125, "123456789.125" } };

START_TEST(writes_doubles_as_python_does)
{
	cJSON *number = json_new_double(doubles[_i].number);

	ck_assert_str_eq(json_scalar_text(number), doubles[_i].text);
	cJSON_Delete(number);
}
END_TEST

START_TEST(says_line_and_column)
{
	struct err e;

	ck_assert_ptr_null(json_parse("{\n  \"a\": x}", 11, &e));
	ck_assert_str_eq(e.text, "no JSON value at line 2, column 8");
}
END_TEST

/* What a human wrote: no NaN, the byte of a mistake, and every key that is
 * there more than once, at any depth. */
static const struct {
	const char *given, *repeated, *error;
} strict[] = {
	{ "{\"a\": 1, \"A\": 2}", "", NULL },
	{ "{\"a\": 1, \"a\": 2}",
		"\"a\" is there more than once in the object that ends at "
		"line 1, column 16",
		NULL },
	{ "[{\"b\": {\"c\": 1,\n\"c\": 1, \"c\": 2}}]",
		"\"c\" is there more than once in the object that ends at "
		"line 2, column 15",
		NULL },
	{ "[1,]", "", "no JSON value at line 1, column 4 (byte 4)" },
	{ "{\n\n\"a\" 1}", "", "a key at line 3, column 5 (byte 8)" },
	{ "[NaN]", "", "no JSON value at line 1, column 2 (byte 2)" },
	{ "-Infinity", "", "no JSON value" },
	{ "", "", "line 1, column 1 (byte 1)" },
};

START_TEST(is_strict_with_humans)
{
	cJSON *repeated = cJSON_CreateArray(), *value;
	struct err e;

	value = json_parse_strict(
		strict[_i].given, strlen(strict[_i].given), repeated, &e);
	ck_assert_msg(!value == !!strict[_i].error, "%s", strict[_i].given);
	if (!value)
		ck_assert_msg(strstr(e.text, strict[_i].error), "%s", e.text);
	ck_assert_int_eq(json_size(repeated), *strict[_i].repeated != 0);
	if (repeated->child)
		ck_assert_str_eq(
			repeated->child->valuestring, strict[_i].repeated);
	cJSON_Delete(value);
	cJSON_Delete(repeated);
}
END_TEST

START_TEST(refuses_deep_nesting)
{
	char deep[2 * JSON_DEPTH_MAX + 3];
	struct err e;
	cJSON *value;

	memset(deep, '[', JSON_DEPTH_MAX);
	memset(deep + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	value = json_parse(deep, 2 * JSON_DEPTH_MAX, &e);
	ck_assert_ptr_nonnull(value);
	cJSON_Delete(value);
	memset(deep, '[', JSON_DEPTH_MAX + 1);
	ck_assert_ptr_null(json_parse(deep, JSON_DEPTH_MAX + 1, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "nested too deeply"));
}
END_TEST

START_TEST(refuses_too_many_values)
{
	/* A list of that many zeros is one value more. */
	size_t length = 2 * JSON_VALUES_MAX + 1;
	char *many = mem_array(length, 1);
	struct err e;
	cJSON *value;

	for (size_t i = 0; i < length; i++)
		many[i] = i % 2 ? '0' : ',';
	many[0] = '[';
	many[length - 1] = ']';
	ck_assert_ptr_null(json_parse(many, length, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "too many values"));
	many[length - 3] = ']';
	value = json_parse(many, length - 2, &e);
	ck_assert_int_eq(json_size(value), JSON_VALUES_MAX - 1);
	cJSON_Delete(value);
	mem_free(many);
}
END_TEST

START_TEST(looks_inside)
{
	cJSON *v = json_literal("{'s': 'x', 'n': 7, 'f': 7.5, 'b': true,"
				" 'l': [{'k': 'v'}, {'k': 'w'}], 'a.b': 1}");
	int64_t number;

	ck_assert_str_eq(json_str(v, "l.1.k"), "w");
	ck_assert_ptr_null(json_get(v, "l.2.k"));
	ck_assert_ptr_null(json_get(v, "s.x"));
	ck_assert_ptr_null(json_get(NULL, "s"));
	ck_assert_int_eq(json_int(v, "n", -1), 7);
	ck_assert_int_eq(json_int(v, "f", -1), -1);
	ck_assert(!json_is_int(json_get(v, "s"), &number));
	ck_assert(json_bool(v, "b"));
	ck_assert(!json_bool(v, "n"));
	ck_assert_ptr_nonnull(json_member(v, "a.b"));
	ck_assert_ptr_null(json_get(v, "a.b"));
	ck_assert_ptr_eq(
		json_find(json_get(v, "l"), "k", "w"), json_get(v, "l.1"));
	ck_assert_str_eq(json_scalar_text(json_get(v, "n")), "7");
	ck_assert_ptr_null(json_scalar_text(json_get(v, "l")));
	cJSON_Delete(v);
}
END_TEST

START_TEST(finds_texts)
{
	cJSON *list = json_literal("['a', null, 7, '']");
	cJSON *object = json_literal("{'a': 'b', 'c': true}");

	ck_assert(json_has_text(list, "a"));
	ck_assert(json_has_text(list, ""));
	ck_assert(!json_has_text(list, "7"));
	ck_assert(!json_has_text(list, "A"));
	ck_assert(json_has_text(object, "b"));
	ck_assert(!json_has_text(object, "a"));
	ck_assert(!json_has_text(NULL, "a"));
	cJSON_Delete(list);
	cJSON_Delete(object);
}
END_TEST

START_TEST(sorts_members)
{
	cJSON *tree = json_literal("{'b': [{'z': 1, 'y': {'k': 2, 'K': 3}}, "
				   "{'x': 4}], 'a': {}, '': 5}");
	char *text;

	json_sort_members(tree);
	text = json_text(tree);
	ck_assert_str_eq(text,
		"{\"\": 5, \"a\": {}, \"b\": [{\"y\": {\"K\": 3, \"k\": 2}, "
		"\"z\": 1}, {\"x\": 4}]}");
	mem_free(text);
	json_sort_members(NULL);
	cJSON_Delete(tree);
}
END_TEST

START_TEST(builds_without_what_is_null)
{
	cJSON *v = json_object(JSON_STR("a", "x"), JSON_STR("b", NULL),
		JSON_INT("c", 1), JSON_TAKE("d", NULL), JSON_BOOL("e", false));
	char *text;

	json_set(v, "c", json_new_int(2));
	text = json_text(v);
	ck_assert_str_eq(text, "{\"a\": \"x\", \"c\": 2, \"e\": false}");
	mem_free(text);
	cJSON_Delete(v);
}
END_TEST

static const struct {
	const char *a, *b;
	bool equal;
} pairs[] = {
	{ "{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}", true },
	{ "{'a': 1}", "{'a': 1, 'b': 2}", false },
	{ "[1, 2]", "[1, 2]", true },
	{ "[1, 2]", "[2, 1]", false },
	{ "[1]", "[1, 2]", false },
	{ "1", "'1'", false },
	{ "null", "null", true },
	{ "true", "false", false },
};

START_TEST(compares)
{
	cJSON *a = json_literal(pairs[_i].a), *b = json_literal(pairs[_i].b);

	ck_assert(json_equal(a, b) == pairs[_i].equal);
	cJSON_Delete(a);
	cJSON_Delete(b);
}
END_TEST

static const struct {
	int members;
	const char *words; /* NULL: it is read */
} objects[] = {
	{ JSON_MEMBERS_MAX, NULL },
	{ JSON_MEMBERS_MAX + 1, "an object of too many members" },
};

START_TEST(members_are_bounded)
{
	struct str s;
	struct err e;
	cJSON *v;

	str_init(&s, SIZE_MAX / 4);
	for (int i = 0; i < objects[_i].members; i++)
		str_addf(&s, "%c\"%d\":%d", i ? ',' : '{',
			i % (JSON_MEMBERS_MAX / 2), i);
	str_add(&s, "}");
	v = json_parse(s.text, s.length, &e);
	if (objects[_i].words) {
		ck_assert_ptr_null(v);
		ck_assert_ptr_nonnull(strstr(e.text, objects[_i].words));
	} else {
		ck_assert_int_eq(json_size(v), JSON_MEMBERS_MAX / 2);
		ck_assert_int_eq(json_int(v, "5", 0), JSON_MEMBERS_MAX / 2 + 5);
	}
	cJSON_Delete(v);
	str_free(&s);
}
END_TEST

/* Ordered by k, then by i; the expected is the order of n. */
static const struct {
	const char *list, *order;
} sorts[] = {
	{ "[]", "" },
	{ "[{'k': 'b', 'n': '1'}, {'k': 'a', 'n': '2'}]", "21" },
	{ "[{'k': 'a', 'i': 'y', 'n': '1'}, {'k': 'a', 'i': 'x', 'n': '2'}]",
		"21" },
	/* The same in both: as they came. */
	{ "[{'k': 'a', 'n': '1'}, {'k': 'a', 'n': '2'}, {'k': 'a', 'n': "
	  "'3'}]",
		"123" },
	/* Bytes, not a language: capitals first, and 10 before 9. */
	{ "[{'k': 'a', 'n': '1'}, {'k': 'B', 'n': '2'}]", "21" },
	{ "[{'k': '9', 'n': '1'}, {'k': '10', 'n': '2'}]", "21" },
	{ "[{'k': 'ab', 'n': '1'}, {'k': 'a', 'n': '2'}]", "21" },
	{ "[{'k': 'b', 'n': '1'}, {'k': 'a', 'n': '2'}, {'k': 'c', 'n': '3'}, "
	  "{'k': 'a', 'i': 'z', 'n': '4'}]",
		"2413" },
};

START_TEST(sorts_lists)
{
	cJSON *list = json_literal(sorts[_i].list);
	cJSON *before = json_copy(list), *sorted = json_sorted(list, "k", "i");
	const char *order = sorts[_i].order;

	ck_assert_int_eq(json_size(sorted), json_size(list));
	json_each (item, sorted) {
		ck_assert_int_eq(*json_str(item, "n"), *order);
		order++;
	}
	ck_assert(json_equal(list, before));
	cJSON_Delete(sorted);
	cJSON_Delete(before);
	cJSON_Delete(list);
}
END_TEST

/* Members that are missing or no texts must not break it, wherever they land.
 */
START_TEST(sorts_what_has_no_key)
{
	cJSON *list = json_literal("[{'k': 'b'}, {}, {'k': 5}, {'k': null}, 7,"
				   " 'x', null, [], {'k': 'a'}]");
	cJSON *sorted = json_sorted(list, "k", "i");
	int strings = 0;

	ck_assert_int_eq(json_size(sorted), json_size(list));
	json_each (item, sorted) {
		const char *text = json_str(item, "k");

		if (text)
			ck_assert_int_eq(*text, strings++ ? 'b' : 'a');
	}
	ck_assert_int_eq(strings, 2);
	cJSON_Delete(sorted);
	cJSON_Delete(list);
	sorted = json_sorted(NULL, "k", "i");
	ck_assert_int_eq(json_size(sorted), 0);
	cJSON_Delete(sorted);
}
END_TEST

/* Bytes that reached a tree without the reader: from a file, a variable, a
 * server's text. What is written is ASCII, and can be read again as text. */
static const char *const raw[] = { "\xff", "a\xc3", "\xe2\x82", "\xf0\x9f\x98",
	"\x80\x80", "\xf4\x90\x80\x80", "\xf7\xbf\xbf\xbf", "\xff\xbf\xbf\xbf",
	"\xc1\xa2", "\xe0\x80\xa2" };

START_TEST(writes_what_is_no_text)
{
	cJSON *value = json_new_str(raw[_i]), *again;
	char *written = json_text(value);
	struct err e;

	for (const char *c = written; *c; c++)
		ck_assert_msg(*c >= ' ' && *c < 0x7f, "%s", written);
	/* A surrogate would be half of a character. */
	ck_assert_msg(!strstr(written, "\\ud"), "%s", written);
	again = json_parse(written, strlen(written), &e);
	ck_assert(cJSON_IsString(again));
	ck_assert_int_eq(written[strlen(written) - 1], '"');
	cJSON_Delete(again);
	cJSON_Delete(value);
	mem_free(written);
}
END_TEST

START_TEST(puts_in_place)
{
	cJSON *v = json_literal("{'a': 1, 'b': 2, 'c': 3}");
	char *text;

	json_set(v, "b", json_literal("[]"));
	json_set(v, "A", json_new_bool(true));
	json_set(v, "a", NULL);
	json_append(json_member(v, "b"), json_new_str("x"));
	json_append(json_member(v, "b"), NULL);
	json_remove(v, "c");
	json_remove(v, "none");
	text = json_text(v);
	ck_assert_str_eq(text, "{\"a\": 1, \"b\": [\"x\"], \"A\": true}");
	mem_free(text);
	cJSON_Delete(v);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("json");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(
		t, reads_and_writes, 0, sizeof(texts) / sizeof(*texts));
	tcase_add_loop_test(t, writes_doubles_as_python_does, 0,
		sizeof(doubles) / sizeof(*doubles));
	tcase_add_test(t, says_line_and_column);
	tcase_add_loop_test(
		t, is_strict_with_humans, 0, sizeof(strict) / sizeof(*strict));
	tcase_add_test(t, refuses_deep_nesting);
	tcase_add_test(t, refuses_too_many_values);
	tcase_add_test(t, looks_inside);
	tcase_add_test(t, finds_texts);
	tcase_add_test(t, sorts_members);
	tcase_add_test(t, builds_without_what_is_null);
	tcase_add_loop_test(t, compares, 0, sizeof(pairs) / sizeof(*pairs));
	tcase_add_loop_test(t, sorts_lists, 0, sizeof(sorts) / sizeof(*sorts));
	tcase_add_test(t, sorts_what_has_no_key);
	tcase_add_loop_test(
		t, writes_what_is_no_text, 0, sizeof(raw) / sizeof(*raw));
	tcase_add_test(t, puts_in_place);
	tcase_add_loop_test(
		t, members_are_bounded, 0, sizeof(objects) / sizeof(*objects));
	suite_add_tcase(s, t);
	return s;
}
