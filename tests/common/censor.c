/* SPDX-License-Identifier: Apache-2.0 */
#include "common/censor.h"

#include <check.h>

#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

#define INSTEAD "'VALUE_SPECIFIED_IN_NO_LOG_PARAMETER'"

/* Literals: a value, the secrets, and what is left of it. */
static const struct {
	const char *value, *secrets, *clean;
} rows[] = {
	{ "'hunter2'", "['hunter2']", INSTEAD },
	{ "'a hunter2!hunter2'", "['hunter2']", "'a ********!********'" },
	{ "'Hunter2'", "['hunter2']", "'Hunter2'" },
	{ "{'hunter2': ['hunter2', {'k': 'xhunter2'}]}", "['hunter2']",
		"{'hunter2': [" INSTEAD ", {'k': 'x********'}]}" },
	/* The longest first, whatever their order. */
	{ "'pass password passwords'", "['pass', 'password']",
		"'******** ******** ********s'" },
	{ "'password'", "['pass', 'password']", INSTEAD },
	{ "'aaa'", "['aa']", "'********a'" },
	/* Longest in characters: three here, two there, though more bytes. */
	{ "'abc\\ud83d\\ude00'", "['c\\ud83d\\ude00', 'abc']",
		"'********\\ud83d\\ude00'" },
	{ "'x'", "['', 'y']", "'x'" },
	{ "'xx'", "['x', 'x', 'x']", "'****************'" },
	{ "'a\\u0000b'", "['\\u0000']", "'a********b'" },
	{ "[31337, 1313371, 31337.5, -31337, 42]", "['31337']",
		"[" INSTEAD ", " INSTEAD ", " INSTEAD ", " INSTEAD ", 42]" },
	/* As Python prints a number, and as we do. */
	{ "[1e2, 1e2]", "['100.0']", "[" INSTEAD ", " INSTEAD "]" },
	{ "1.50", "['1.50']", INSTEAD },
	{ "[true, false, null]", "['True', 'true', 'e', 'None', 'null']",
		"[true, false, null]" },
	{ "{}", "[]", "{}" },
	{ "['a', 1]", "[1, null, 'a']", "[" INSTEAD ", 1]" },
	{ "['a']", "{}", "['a']" },
};

START_TEST(hides_secrets)
{
	cJSON *value = json_literal(rows[_i].value);
	cJSON *secrets = json_literal(rows[_i].secrets);
	cJSON *wanted = json_literal(rows[_i].clean);
	cJSON *clean = censor_json(value, secrets);
	char *text = json_text(clean), *wanted_text = json_text(wanted);

	ck_assert_str_eq(text, wanted_text);
	mem_free(text);
	mem_free(wanted_text);
	cJSON_Delete(value);
	cJSON_Delete(secrets);
	cJSON_Delete(wanted);
	cJSON_Delete(clean);
}
END_TEST

START_TEST(leaves_the_value_alone)
{
	cJSON *value = json_literal("{'a': ['x']}");
	cJSON *secrets = json_literal("['x']");
	cJSON *same = json_copy(value);

	cJSON_Delete(censor_json(value, secrets));
	ck_assert(json_equal(value, same));
	cJSON_Delete(value);
	cJSON_Delete(secrets);
	cJSON_Delete(same);
}
END_TEST

START_TEST(hides_secrets_in_a_text)
{
	cJSON *secrets = json_literal("['key', 'keyring']");
	char *text = censor_text("key", secrets);
	char *longer = censor_text("the keyring, the key", secrets);
	char *plain = censor_text("nothing", NULL);

	ck_assert_str_eq(text, "********");
	ck_assert_str_eq(longer, "the ********, the ********");
	ck_assert_str_eq(plain, "nothing");
	mem_free(text);
	mem_free(longer);
	mem_free(plain);
	cJSON_Delete(secrets);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("censor");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(
		t, hides_secrets, 0, (int)(sizeof(rows) / sizeof(*rows)));
	tcase_add_test(t, leaves_the_value_alone);
	tcase_add_test(t, hides_secrets_in_a_text);
	suite_add_tcase(s, t);
	return s;
}
