/* SPDX-License-Identifier: Apache-2.0 */
#include "common/censor.h"

#include <check.h>
#include <string.h>

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
	{ "'*x'", "['*', '*']", "'********x'" },
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

/* A secret, and texts that hide it; or, of a short one, what must stay. */
static const struct {
	const char *secret, *text, *clean;
} forms[] = {
	{ "a\"b\\c", "k=a\"b\\c", "k=********" },
	{ "a\"b\\c", "{\"k\": \"a\\\"b\\\\c\"}", "{\"k\": \"********\"}" },
	{ "a\"b\\c", "a\\\\\\\"b\\\\\\\\c", "********" },
	{ "p\xc3\xa4\"s", "p\\u00e4\\\"s", "********" },
	{ "p\xc3\xa4\"s", "p\xc3\xa4\\\"s", "********" },
	{ "p\xc3\xa4\"s", "p\xc3\xa4\\\\\\\"s", "********" },
	{ "a b/c?", "?k=a%20b%2Fc%3F&", "?k=********&" },
	{ "a b/c?", "?k=a%20b%2fc%3f&", "?k=********&" },
	{ "a\tb\x1b[", "a\\x09b\\x1b[", "********" },
	{ "s3cr3t", "czNjcjN0", "********" },
	{ "s3cr3t-key", "czNjcjN0LWtleQ==", "********" },
	{ "s3cr3t-key", "czNjcjN0LWtleQ", "********" },
	{ "\xfb\xff\xbf\xfb\xff\xbf", "+/+/+/+/", "********" },
	{ "\xfb\xff\xbf\xfb\xff\xbf", "-_-_-_-_", "********" },
	{ "s3cr3t", "733363723374", "********" },
	{ "Jk-s3cr3t", "4A6B2D733363723374", "********" },
	/* As AnsibleModule would, and nothing else. */
	{ "1", "MQ== 1", "MQ== ********" },
	{ "/", "a%2Fb", "a%2Fb" },
	{ "\n", "a\\nb", "a\\nb" },
	{ "yes", "yes 796573 eWVz", "******** 796573 eWVz" },
};

START_TEST(hides_forms)
{
	cJSON *secrets = cJSON_CreateArray();
	char *clean;

	censor_add(secrets, forms[_i].secret, strlen(forms[_i].secret));
	clean = censor_text(forms[_i].text, secrets);
	ck_assert_str_eq(clean, forms[_i].clean);
	mem_free(clean);
	cJSON_Delete(secrets);
}
END_TEST

/* What is no text goes over the wire as base64. */
START_TEST(hides_bytes)
{
	static const char bytes[] = "ab\0secret\xff";
	cJSON *secrets = cJSON_CreateArray();
	char *clean;

	censor_add(secrets, bytes, sizeof(bytes) - 1);
	clean = censor_text("ab YWIAc2VjcmV0/w==", secrets);
	ck_assert_str_eq(clean, "ab ********");
	mem_free(clean);
	cJSON_Delete(secrets);
}
END_TEST

/* Neither the number of texts nor their length makes it slow. */
START_TEST(long_secrets_are_fast)
{
	size_t size = 1024 * 1024;
	char *bytes = mem_new(size + 1), *clean;
	cJSON *secrets = cJSON_CreateArray();
	cJSON *value = cJSON_CreateArray(), *shown;

	for (size_t i = 0; i < size; i++)
		bytes[i] = i % 3 ? (char)('a' + i % 23) : '"';
	for (int i = 0; i < 100000; i++)
		json_append(value, json_new_str("some text"));
	censor_add(secrets, bytes, size);
	clean = censor_text(bytes, secrets);
	ck_assert_str_eq(clean, "********");
	shown = censor_json(value, secrets);
	ck_assert_int_eq(json_size(shown), 100000);
	mem_free(clean);
	mem_free(bytes);
	cJSON_Delete(shown);
	cJSON_Delete(value);
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
	tcase_add_loop_test(
		t, hides_forms, 0, (int)(sizeof(forms) / sizeof(*forms)));
	tcase_add_test(t, hides_bytes);
	tcase_add_test(t, long_secrets_are_fast);
	suite_add_tcase(s, t);
	return s;
}
