/* SPDX-License-Identifier: Apache-2.0 */
/* Templates that are made to hurt: they end soon, and with an error. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "tests/common/bake/reading.h"

Suite *suite(void);

#define NULL_BUILDER                                                           \
	"\"builders\": [{\"type\": \"null\", \"communicator\": \"none\"}]"

static struct reading read_str(struct str *s)
{
	struct reading r;

	ck_assert(!s->full);
	r = read_bytes(s->text, s->length, NULL);
	str_free(s);
	return r;
}

static void repeat(struct str *s, const char *text, int times)
{
	for (int i = 0; i < times; i++)
		str_add(s, text);
}

START_TEST(deep_nesting)
{
	struct reading r;
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	repeat(&s, "{\"builders\":[", 100000);
	r = read_str(&s);
	ck_assert(says(r.verdict.errors, "nested too deeply"));
	reading_free(&r);
}
END_TEST

START_TEST(deep_parentheses)
{
	struct reading r;
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	str_add(&s, "{" NULL_BUILDER ", \"variables\": {\"a\": \"{{");
	repeat(&s, "(", 1000000);
	str_add(&s, "\"}}");
	r = read_str(&s);
	ck_assert(says(r.verdict.errors, "too many parentheses"));
	reading_free(&r);
}
END_TEST

/* Ten times ten times ten ... */
START_TEST(a_billion_laughs)
{
	struct reading r;
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	str_add(&s, "{" NULL_BUILDER ", \"variables\": {\"v0\": \"laugh\"");
	for (int i = 1; i < 30; i++) {
		char *use = mem_printf("{{user `v%d`}}", i - 1);

		str_addf(&s, ", \"v%d\": \"", i);
		repeat(&s, use, 10);
		str_add(&s, "\"");
		mem_free(use);
	}
	str_add(&s, "}}");
	r = read_str(&s);
	ck_assert(says(r.verdict.errors, "bytes come out of it"));
	reading_free(&r);
}
END_TEST

/* Long texts that are looked at again and again, and nothing comes out. */
START_TEST(work_without_end)
{
	struct reading r;
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	str_add(&s, "{" NULL_BUILDER ", \"variables\": {\"long\": \"");
	repeat(&s, "0123456789", 300000);
	str_add(&s, "\", \"v\": \"");
	repeat(&s, "{{replace_all (user `long`) `` `q`}}", 100000);
	str_add(&s, "\"}}");
	r = read_str(&s);
	ck_assert(says(r.verdict.errors, "too long all together"));
	reading_free(&r);
}
END_TEST

START_TEST(a_string_of_ten_megabytes)
{
	struct reading r;
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	str_add(&s, "{" NULL_BUILDER ", \"provisioners\": [{\"type\": "
		    "\"shell-local\", \"inline\": \"{{timestamp}}");
	repeat(&s, "0123456789", 1000000);
	str_add(&s, "\"}]}");
	r = read_str(&s);
	ck_assert(says(r.verdict.errors, "bytes come out of it"));
	reading_free(&r);
}
END_TEST

START_TEST(a_file_of_a_hundred_megabytes)
{
	struct template_wish wish = { .path = "/dev/zero" };
	struct reading r = { .pool = pool_new() };

	r.recipe = template_read(&wish, r.pool, &r.verdict);
	ck_assert_ptr_null(r.recipe);
	ck_assert(says(r.verdict.errors, "cannot read /dev/zero"));
	reading_free(&r);
}
END_TEST

START_TEST(a_long_chain_of_variables)
{
	struct reading r;
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	str_add(&s, "{" NULL_BUILDER ", \"variables\": {\"v0\": \"x\"");
	for (int i = 1000; i > 0; i--)
		str_addf(&s, ", \"v%d\": \"{{user `v%d`}}\"", i, i - 1);
	str_add(&s, "}}");
	r = read_str(&s);
	ck_assert(says(r.verdict.errors, "more than 100 others"));
	reading_free(&r);
}
END_TEST

/* As many messages as a reader can bear. */
START_TEST(many_faults)
{
	struct reading r;
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	str_add(&s, "{" NULL_BUILDER);
	for (int i = 0; i < 9000; i++)
		str_addf(&s, ", \"nonsense%d\": 1", i);
	str_add(&s, "}");
	r = read_str(&s);
	ck_assert_int_gt(json_size(r.verdict.errors), 100);
	ck_assert_int_lt(json_size(r.verdict.errors), 1000);
	reading_free(&r);
}
END_TEST

/* A long message does not end within a secret. */
START_TEST(half_a_secret)
{
	struct reading r;
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	str_add(&s, "{" NULL_BUILDER ", \"variables\": {\"key\": "
		    "\"s3cr3t-0123456789abcdef\"}, \"sensitive-variables\": "
		    "[\"key\"], \"provisioners\": [{\"type\": \"shell\", "
		    "\"inline\": [\"true\"], \"environment_vars\": [\"");
	repeat(&s, "{{user `key`}}", 100);
	str_add(&s, "\"]}]}");
	r = read_str(&s);
	ck_assert(says(r.verdict.errors, "must be \"KEY=VALUE\""));
	ck_assert(!says(r.verdict.errors, "s3cr"));
	reading_free(&r);
}
END_TEST

START_TEST(many_builders_and_steps)
{
	struct reading r;
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	str_add(&s, "{\"builders\": [");
	for (int i = 0; i < 50000; i++)
		str_addf(&s,
			"%s{\"type\": \"null\", \"name\": \"n%d\", "
			"\"communicator\": \"none\"}",
			i ? "," : "", i);
	str_add(&s, "], \"provisioners\": [{\"type\": \"shell\", "
		    "\"inline\": \"x\"}");
	repeat(&s, ", {\"type\": \"shell\", \"inline\": \"x\"}", 50000);
	str_add(&s, "]}");
	r = read_str(&s);
	ck_assert(says(r.verdict.errors, "\"builders\" has more than"));
	ck_assert(says(r.verdict.errors, "\"provisioners\" has more than"));
	reading_free(&r);
}
END_TEST

START_TEST(many_repeated_keys)
{
	struct reading r;
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	str_add(&s, "{" NULL_BUILDER ", \"push\": {\"x\": [0");
	repeat(&s, ", {\"a\": 1, \"a\": 2}", 200000);
	str_add(&s, "]}}");
	r = read_str(&s);
	ck_assert(says(r.verdict.errors, "\"a\" is there more than once"));
	ck_assert_int_lt(json_size(r.verdict.errors), 100);
	reading_free(&r);
}
END_TEST

/* Nothing of a template is a format, and control bytes are escaped. */
START_TEST(names_are_only_shown)
{
	static const char text[] =
		"{" NULL_BUILDER ", \"%s%n%x\\u001b[2J\": 1}";
	struct reading r = read_bytes(text, sizeof(text) - 1, NULL);

	ck_assert(says(r.verdict.errors, "%s%n%x"));
	ck_assert(!says(r.verdict.errors, "\x1b"));
	reading_free(&r);
}
END_TEST

/* A NUL byte in the file ends nothing early. */
START_TEST(a_nul_byte)
{
	static const char text[] = "{" NULL_BUILDER "}\0{}";
	struct reading r = read_bytes(text, sizeof(text) - 1, NULL);

	ck_assert(says(r.verdict.errors, "more text after"));
	reading_free(&r);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("template_hostile");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, deep_nesting);
	tcase_add_test(t, deep_parentheses);
	tcase_add_test(t, a_billion_laughs);
	tcase_add_test(t, work_without_end);
	tcase_add_test(t, a_string_of_ten_megabytes);
	tcase_add_test(t, a_file_of_a_hundred_megabytes);
	tcase_add_test(t, a_long_chain_of_variables);
	tcase_add_test(t, many_faults);
	tcase_add_test(t, half_a_secret);
	tcase_add_test(t, many_builders_and_steps);
	tcase_add_test(t, many_repeated_keys);
	tcase_add_test(t, names_are_only_shown);
	tcase_add_test(t, a_nul_byte);
	suite_add_tcase(s, t);
	return s;
}
