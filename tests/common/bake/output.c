/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/output.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static void hear(void *context, bool is_error, const char *line)
{
	str_addf(context, "%s<%s>", is_error ? "!" : "", line);
}

#define BYTES(text) (text), sizeof(text) - 1

static const struct {
	const char *bytes;
	size_t length;
	const char *lines;
} cuts[] = {
	{ BYTES(""), "" },
	{ BYTES("\n"), "!<>" },
	{ BYTES("a"), "!<a>" },
	{ BYTES("a\n"), "!<a>" },
	{ BYTES("a\nb"), "!<a>!<b>" },
	{ BYTES("a\n\nb\n"), "!<a>!<>!<b>" },
	{ BYTES("a\r\nb\r"), "!<a>!<b>" },
	{ BYTES("a\rb\n"), "!<a\rb>" },
	{ BYTES("\r\n"), "!<>" },
	{ BYTES("a\0b\n"), "!<a b>" },
	{ BYTES("\xff\xfe%s%n\n"), "!<\xff\xfe%s%n>" },
};

START_TEST(cuts_into_lines)
{
	for (size_t step = 1; step < 6; step++) {
		struct pieces lines = { .line = hear, .is_error = true };
		struct str s;

		str_init(&s, 1000);
		lines.context = &s;
		for (size_t at = 0; at < cuts[_i].length; at += step) {
			size_t left = cuts[_i].length - at;

			output_cut(&lines, cuts[_i].bytes + at,
				left < step ? left : step);
		}
		output_end(&lines);
		ck_assert_str_eq(s.text, cuts[_i].lines);
		output_end(&lines);
		ck_assert_str_eq(s.text, cuts[_i].lines);
		str_free(&s);
	}
}
END_TEST

START_TEST(nothing_was_said)
{
	struct output_tail tail = { 0 };
	char *last = output_last(&tail, NULL);

	ck_assert_str_eq(last, "");
	mem_free(last);
	output_forget(&tail);
	output_remember(&tail, "");
	last = output_last(&tail, NULL);
	ck_assert_str_eq(last, "");
	mem_free(last);
	output_forget(&tail);
}
END_TEST

/* So many lines of so many bytes: how many are shown. */
static const struct {
	size_t lines, length, shown;
} tails[] = {
	{ 1, 1, 1 },
	{ 20, 1, 20 },
	{ 21, 1, 20 },
	{ 100000, 5, 20 },
	{ 100000, 0, 20 },
	{ 30, 1000, 5 },
	{ 1000, PIECES_LENGTH, 1 },
};

START_TEST(the_last_lines)
{
	struct output_tail tail = { 0 };
	char *line = mem_new(tails[_i].length + 1);
	size_t newlines = 0;
	char *last;

	for (size_t i = 0; i < tails[_i].lines; i++) {
		memset(line, 'a' + (int)(i % 26), tails[_i].length);
		output_remember(&tail, line);
	}
	last = output_last(&tail, NULL);
	for (const char *at = last; *at; at++)
		newlines += *at == '\n';
	ck_assert_uint_eq(newlines + 1, tails[_i].shown);
	ck_assert_uint_le(strlen(last), 4096);
	if (tails[_i].length)
		ck_assert_int_eq(last[strlen(last) - 1],
			'a' + (int)((tails[_i].lines - 1) % 26));
	mem_free(last);
	mem_free(line);
	output_forget(&tail);
}
END_TEST

/* A secret is found before anything is cut, over lines and at every place. */
START_TEST(no_part_of_a_secret)
{
	cJSON *secrets = cJSON_CreateArray();

	json_append(secrets, json_new_str("opensesame\nopensesame"));
	for (int before = 0; before < 4200; before += 7) {
		struct output_tail tail = { 0 };
		char *filler = mem_printf("%0*d", before + 1, 0), *last;

		output_remember(&tail, "opensesame");
		output_remember(&tail, "opensesame");
		output_remember(&tail, filler);
		last = output_last(&tail, secrets);
		ck_assert_ptr_null(strstr(last, "sesame"));
		ck_assert_ptr_null(strstr(last, "same\n"));
		mem_free(last);
		mem_free(filler);
		output_forget(&tail);
	}
	cJSON_Delete(secrets);
}
END_TEST

/* What is forgotten begins with whole lines: half a secret would be shown where
 * so much is secret that all that is remembered comes out short. */
START_TEST(whole_lines_are_remembered)
{
	struct output_tail tail = { 0 };
	char *secret = mem_new(3001), *line, *last;
	cJSON *secrets = cJSON_CreateArray();

	for (int i = 0; i < 3000; i++)
		secret[i] = (char)('a' + i * i % 26);
	json_append(secrets, json_new_str(secret));
	line = mem_printf("%s%s%d", secret, secret, _i);
	for (int i = 0; i < 100; i++)
		output_remember(&tail, line);
	last = output_last(&tail, secrets);
	ck_assert_uint_lt(strlen(last), 1000);
	for (const char *at = last; *at; at++)
		ck_assert_ptr_nonnull(strchr("*\n0123456789", *at));
	ck_assert(last[strlen(last) - 1] == '0' + _i % 10);
	mem_free(last);
	output_forget(&tail);
	mem_free(line);
	mem_free(secret);
	/* One that does not fit. */
	line = mem_new(70001);
	memset(line, 'a', 70000);
	output_remember(&tail, "before");
	output_remember(&tail, line);
	last = output_last(&tail, secrets);
	ck_assert_ptr_nonnull(strstr(last, "before\n(a line that is too long"));
	mem_free(last);
	mem_free(line);
	output_forget(&tail);
	cJSON_Delete(secrets);
}
END_TEST

START_TEST(whole_characters_are_shown)
{
	struct output_tail tail = { 0 };
	char line[4001];
	char *last;

	for (size_t i = 0; i + 3 < sizeof(line); i += 3)
		memcpy(line + i, "\xe2\x82\xac", 3);
	line[3999] = '\0';
	for (int i = 0; i < 3; i++)
		output_remember(&tail, line);
	last = output_last(&tail, NULL);
	ck_assert_int_ne((unsigned char)last[0] & 0xc0, 0x80);
	ck_assert_uint_ge(strlen(last), 4090);
	mem_free(last);
	output_forget(&tail);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("output");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, cuts_into_lines, 0, COUNT(cuts));
	tcase_add_test(t, nothing_was_said);
	tcase_add_loop_test(t, the_last_lines, 0, COUNT(tails));
	tcase_add_test(t, no_part_of_a_secret);
	tcase_add_loop_test(t, whole_lines_are_remembered, 0, 20);
	tcase_add_test(t, whole_characters_are_shown);
	suite_add_tcase(s, t);
	return s;
}
