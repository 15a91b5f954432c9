/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/record.h"

#include <check.h>
#include <stdlib.h>

#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

struct thing {
	char *text;
	double real;
	int64_t number;
	bool truth;
	cJSON *tree;
};

#define FIELD(name) RECORD_FIELD(struct thing, name)

static const struct record_field fields[] = { FIELD(text), FIELD(real),
	FIELD(number), FIELD(truth), FIELD(tree), RECORD_LAST };

/* What is loaded, and what is saved of that; NULL: it is refused. */
static const struct {
	const char *given, *saved;
} rows[] = {
	{ "{}", "{}" },
	{ "{'text': '', 'real': 0.1, 'number': -9007199254740993,"
	  " 'truth': true, 'tree': [1, {'a': null}]}",
		"{'text': '', 'real': 0.1, 'number': -9007199254740993,"
		" 'truth': true, 'tree': [1, {'a': null}]}" },
	{ "{'real': 0, 'number': 0, 'truth': false}", "{}" },
	{ "{'real': 1795452484.5839884}", "{'real': 1795452484.5839884}" },
	{ "{'other': 1}", "{}" },
	{ "{'tree': 'x'}", "{'tree': 'x'}" },
	{ "{'text': 1}", NULL },
	{ "{'text': null}", NULL },
	{ "{'text': 'x', 'real': '1'}", NULL },
	{ "{'tree': {}, 'number': 1.5}", NULL },
	{ "{'tree': {}, 'number': 1e3}", NULL },
	{ "{'text': 'x', 'tree': [], 'truth': 1}", NULL },
};

START_TEST(loads_and_saves)
{
	cJSON *given = json_literal(rows[_i].given), *want, *saved;
	struct thing thing = { 0 };
	struct err e;
	int result = record_load(fields, &thing, given, &e);

	ck_assert_int_eq(result, rows[_i].saved ? 0 : -1);
	if (rows[_i].saved) {
		want = json_literal(rows[_i].saved);
		saved = record_save(fields, &thing);
		ck_assert(json_equal(want, saved));
		cJSON_Delete(want);
		cJSON_Delete(saved);
	}
	record_clear(fields, &thing);
	ck_assert_ptr_null(thing.text);
	ck_assert_ptr_null(thing.tree);
	cJSON_Delete(given);
}
END_TEST

START_TEST(a_field_may_be_set_to_itself)
{
	struct thing thing = { 0 };

	record_set_text(&thing.text, "abc");
	record_set_text(&thing.text, thing.text);
	ck_assert_str_eq(thing.text, "abc");
	record_set_text(&thing.text, thing.text + 1);
	ck_assert_str_eq(thing.text, "bc");
	record_set_text(&thing.text, NULL);
	ck_assert_ptr_null(thing.text);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("record");
	TCase *t = tcase_create("record");

	tcase_add_loop_test(
		t, loads_and_saves, 0, (int)(sizeof(rows) / sizeof(*rows)));
	tcase_add_test(t, a_field_may_be_set_to_itself);
	suite_add_tcase(s, t);
	return s;
}
