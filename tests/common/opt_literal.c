/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_literal.h"

#include <check.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

/* Source and what it means as JSON; NULL: no dictionary, or none for JSON. */
static const struct {
	const char *source, *meaning;
} rows[] = {
	{ "{}", "{}" },
	{ "{ 'a' : 1 , }", "{\"a\": 1}" },
	{ "{'a': 1, 'b': 2.50}\n", "{\"a\": 1, \"b\": 2.5}" },
	{ "{'a': # comment }\n 1}", "{\"a\": 1}" },
	{ "{'a': \\\n1}", "{\"a\": 1}" },
	{ "{'a':\r\n1}\r", "{\"a\": 1}" },
	{ "{'a': [1, [], ()], 'b': (1), 'c': (1,)}",
		"{\"a\": [1, [], []], \"b\": 1, \"c\": [1]}" },
	{ "{'a': -1, 'b': +1, 'c': -(1), 'd': - 0, 'e': -0.0}",
		"{\"a\": -1, \"b\": 1, \"c\": -1, \"d\": 0, \"e\": -0.0}" },
	{ "{'a': 1_000, 'b': 0o17, 'c': 0b_11, 'd': 0XfF, 'e': 00}",
		"{\"a\": 1000, \"b\": 15, \"c\": 3, \"d\": 255, \"e\": 0}" },
	{ "{'a': .5, 'b': 5., 'c': 1e3, 'd': 1_0.0_1E-1, 'e': 01.5}",
		"{\"a\": 0.5, \"b\": 5.0, \"c\": 1000.0, \"d\": 1.001, "
		"\"e\": 1.5}" },
	{ "{'a': 0xffffffffffffffffffffffff}",
		"{\"a\": 79228162514264337593543950335}" },
	{ "{'a': 1e999}", "{\"a\": Infinity}" },
	{ "{'a': True, 'b': False, 'c': None}",
		"{\"a\": true, \"b\": false, \"c\": null}" },
	{ "{'a' \"b\" u'c': r'\\n' '\\n'}", "{\"abc\": \"\\\\n\\n\"}" },
	{ "{'a': '''x\n'y''', 'b': \"\"\"\"\"\"}",
		"{\"a\": \"x\\n'y\", \"b\": \"\"}" },
	{ "{'a': '\\x41\\101\\u00e9\\U0001F600\\q\\\n'}",
		"{\"a\": \"AA\\u00e9\\ud83d\\ude00\\\\q\"}" },
	{ "{'a': '\\ud800\\0'}", "{\"a\": \"\\ud800\\u0000\"}" },
	{ "{'a': r'\\'', 'b': '\\''}", "{\"a\": \"\\\\'\", \"b\": \"'\"}" },
	{ "{'\xc3\xa9': '\xc3\xa9'}", "{\"\\u00e9\": \"\\u00e9\"}" },
	{ "{-1: 1, 2.50: 2, 0x10: 3}", "{\"-1\": 1, \"2.5\": 2, \"16\": 3}" },
	{ "", NULL },
	{ " {}", NULL },
	{ "[]", NULL },
	{ "{", NULL },
	{ "{}}", NULL },
	{ "{} {}", NULL },
	{ "{},", NULL },
	{ "{'a'}", NULL },
	{ "{'a': }", NULL },
	{ "{'a': 1 'b': 2}", NULL },
	{ "{, }", NULL },
	{ "{'a': 1,, }", NULL },
	{ "{'a': [,]}", NULL },
	{ "{'a': (,)}", NULL },
	{ "{'a': [1 2]}", NULL },
	{ "{'a': (1]}", NULL },
	{ "{[1]: 2}", NULL },
	{ "{(1, 2): 2}", NULL },
	{ "{{}: 2}", NULL },
	{ "{'a': {1, 2}}", NULL },
	{ "{'a': --1}", NULL },
	{ "{'a': -+1}", NULL },
	{ "{'a': -(-1)}", NULL },
	{ "{'a': -True}", NULL },
	{ "{'a': -'x'}", NULL },
	{ "{'a': -[1]}", NULL },
	{ "{'a': 1 + 2}", NULL },
	{ "{'a': 1j}", NULL },
	{ "{'a': 007}", NULL },
	{ "{'a': 1__0}", NULL },
	{ "{'a': 1_}", NULL },
	{ "{'a': 0x}", NULL },
	{ "{'a': 0b12}", NULL },
	{ "{'a': 1e}", NULL },
	{ "{'a': 1.e_5}", NULL },
	{ "{'a': .}", NULL },
	{ "{'a': ...}", NULL },
	{ "{'a': true}", NULL },
	{ "{'a': Nonesuch}", NULL },
	{ "{'a': b'x'}", NULL },
	{ "{'a': 'x' b'y'}", NULL },
	{ "{'a': f'x'}", NULL },
	{ "{'a': rb'x'}", NULL },
	{ "{'a': 'x\n'}", NULL },
	{ "{'a': 'x", NULL },
	{ "{'a': 'x\\", NULL },
	{ "{'a': r'x\\", NULL },
	{ "{'a': '''x''", NULL },
	{ "{'a': '\\x4'}", NULL },
	{ "{'a': '\\u12g4'}", NULL },
	{ "{'a': '\\U00110000'}", NULL },
	{ "{'a': '\\N{DASH}'}", NULL },
	{ "{'a': '\xc0\x80'}", NULL },
	{ "{} # \xed\xa0\x80", NULL },
	{ "{'a': set()}", NULL },
	{ "{'a': print(1)}", NULL },
};

START_TEST(reads_dictionaries)
{
	cJSON *dict = opt_literal_dict(rows[_i].source);
	char *text = dict ? json_text(dict) : NULL;

	ck_assert_pstr_eq(text, rows[_i].meaning);
	mem_free(text);
	cJSON_Delete(dict);
}
END_TEST

/* So many brackets, or signs, that a reader without bounds would overflow its
 * stack. */
START_TEST(bounds_nesting)
{
	static const char *const units[] = { "[", "(", "{1:", "-", "-(", "- " };
	struct str s;

	str_init(&s, 16 * 1024 * 1024);
	str_add(&s, "{'a':");
	for (int i = 0; i < 1000000; i++)
		str_add(&s, units[_i]);
	ck_assert(!s.full);
	ck_assert_ptr_null(opt_literal_dict(s.text));
	str_free(&s);
}
END_TEST

START_TEST(bounds_digits)
{
	char text[6000] = "{'a': 0x";
	cJSON *dict;

	memset(text + 8, 'f', 3571);
	memcpy(text + 8 + 3571, "}", 2);
	dict = opt_literal_dict(text);
	ck_assert_ptr_nonnull(dict);
	ck_assert_uint_eq(strlen(dict->child->valuestring), 4300);
	cJSON_Delete(dict);
	memset(text + 8, 'f', 3572);
	memcpy(text + 8 + 3572, "}", 2);
	ck_assert_ptr_null(opt_literal_dict(text));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("opt_literal");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(
		t, reads_dictionaries, 0, (int)(sizeof(rows) / sizeof(*rows)));
	tcase_add_loop_test(t, bounds_nesting, 0, 6);
	tcase_add_test(t, bounds_digits);
	suite_add_tcase(s, t);
	return s;
}
