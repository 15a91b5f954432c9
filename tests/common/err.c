/* SPDX-License-Identifier: Apache-2.0 */
#include "common/err.h"

#include <check.h>
#include <string.h>

Suite *suite(void);

/* What is given to %s, and what stands in the text. */
static const struct {
	const char *given, *shown;
} escapes[] = {
	{ "", "" },
	{ "plain \\ text", "plain \\ text" },
	{ "100%s %n", "100%s %n" },
	{ "a\tb\rc", "a\\x09b\\x0dc" },
	{ "\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m" },
	{ "\x01\x1f\x7f", "\\x01\\x1f\\x7f" },
	{ "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
};

START_TEST(escapes_control_bytes)
{
	struct err e;

	ck_assert_int_eq(err_set(&e, ERR_OTHER, "%s", escapes[_i].given), -1);
	ck_assert_str_eq(e.text, escapes[_i].shown);
}
END_TEST

/* Each of the three functions prints what it is given in this way. */
START_TEST(escapes_what_is_added)
{
	struct err e;

	err_set(&e, ERR_OTHER, "%s", "\x1b");
	err_add(&e, "%s", "a\x07");
	err_more(&e, "%s", "b\x08");
	ck_assert_str_eq(e.text, "a\\x07: \\x1b b\\x08");
}
END_TEST

START_TEST(keeps_what_else_is_known)
{
	struct err e;

	memset(&e, 0xff, sizeof(e));
	ck_assert_int_eq(err_set(&e, ERR_ABSENT, "server %d", 7), -1);
	ck_assert_int_eq(e.status, 0);
	ck_assert(!e.passes);
	e.status = 404;
	e.passes = true;
	ck_assert_int_eq(err_add(&e, "reading %s", "web"), -1);
	ck_assert_int_eq(err_more(&e, "(in %s)", "DFW"), -1);
	ck_assert_str_eq(e.text, "reading web: server 7 (in DFW)");
	ck_assert_int_eq(e.code, ERR_ABSENT);
	ck_assert_int_eq(e.status, 404);
	ck_assert(e.passes);
	err_set(&e, ERR_OTHER, "anew");
	ck_assert_str_eq(e.text, "anew");
	ck_assert_int_eq(e.code, ERR_OTHER);
	ck_assert(!e.passes);
	ck_assert_int_eq(e.status, 0);
}
END_TEST

/* A caller may well build a message from the one it has. */
START_TEST(its_own_text_can_be_an_argument)
{
	struct err e;

	err_set(&e, ERR_OTHER, "no");
	err_set(&e, ERR_OTHER, "%s and %s", e.text, e.text);
	err_add(&e, "%s", e.text);
	err_more(&e, "%s", e.text);
	ck_assert_str_eq(e.text, "no and no: no and no no and no: no and no");
}
END_TEST

/* Characters of one to four bytes, behind 0 to 3 others. */
static const char *const characters[] = { "x", "\xc3\xa9", "\xe2\x82\xac",
	"\xf0\x9f\x98\x80" };

static void fill(char *text, size_t size, size_t before, const char *character)
{
	size_t length = strlen(character), used = before;

	memset(text, 'a', before);
	while (used + length < size) {
		memcpy(text + used, character, length);
		used += length;
	}
	text[used] = '\0';
}

/* The text is `before' times a, then whole characters, to its end. */
static void check_whole(const char *text, size_t before, const char *character)
{
	size_t length = strlen(character), used = strlen(text);

	ck_assert_uint_lt(used, ERR_TEXT_MAX);
	ck_assert_uint_gt(used, ERR_TEXT_MAX - 32);
	for (size_t i = 0; i < before; i++)
		ck_assert_int_eq(text[i], 'a');
	ck_assert_uint_eq((used - before) % length, 0);
	for (size_t i = before; i < used; i += length)
		ck_assert_mem_eq(text + i, character, length);
}

START_TEST(cuts_at_a_whole_character)
{
	const char *character = characters[_i / 4];
	size_t before = (size_t)_i % 4;
	char text[2 * ERR_TEXT_MAX];
	struct err e;

	fill(text, sizeof(text), before, character);
	err_set(&e, ERR_OTHER, "%s", text);
	check_whole(e.text, before, character);
}
END_TEST

/* Lengths next to the maximum, where a cut may leave half of a character. */
START_TEST(cuts_at_every_length_near_the_maximum)
{
	char text[ERR_TEXT_MAX + 32];
	struct err e;

	for (size_t size = ERR_TEXT_MAX - 24; size < sizeof(text); size++) {
		fill(text, size, (size_t)_i, "\xf0\x9f\x98\x80");
		err_set(&e, ERR_OTHER, "%s", text);
		ck_assert_uint_eq((strlen(e.text) - (size_t)_i) % 4, 0);
		ck_assert_int_eq(strncmp(e.text, text, strlen(e.text)), 0);
	}
}
END_TEST

START_TEST(adding_to_a_full_text_keeps_the_prefix)
{
	char text[2 * ERR_TEXT_MAX];
	struct err e;

	fill(text, sizeof(text), 0, "\xe2\x82\xac");
	err_set(&e, ERR_TIME, "%s", text);
	for (int i = 0; i < 40; i++)
		err_add(&e, "p%d", i % 10);
	ck_assert_int_eq(strncmp(e.text, "p9: p8: p7: ", 12), 0);
	ck_assert_uint_eq((strlen(e.text) - 160) % 3, 0);
	ck_assert_ptr_nonnull(strstr(e.text, "p0: \xe2\x82\xac"));
	ck_assert_int_eq(e.code, ERR_TIME);
}
END_TEST

START_TEST(escapes_do_not_overflow)
{
	char text[2 * ERR_TEXT_MAX];
	struct err e;

	for (size_t before = 0; before < 8; before++) {
		fill(text, sizeof(text), before, "\x01");
		err_set(&e, ERR_OTHER, "%s", text);
		ck_assert_uint_lt(strlen(e.text), ERR_TEXT_MAX);
		ck_assert_ptr_null(strchr(e.text, '\x01'));
		err_more(&e, "%s", text);
		ck_assert_uint_lt(strlen(e.text), ERR_TEXT_MAX);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("err");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, escapes_control_bytes, 0,
		sizeof(escapes) / sizeof(*escapes));
	tcase_add_test(t, escapes_what_is_added);
	tcase_add_test(t, keeps_what_else_is_known);
	tcase_add_test(t, its_own_text_can_be_an_argument);
	tcase_add_loop_test(t, cuts_at_a_whole_character, 0, 16);
	tcase_add_loop_test(t, cuts_at_every_length_near_the_maximum, 0, 4);
	tcase_add_test(t, adding_to_a_full_text_keeps_the_prefix);
	tcase_add_test(t, escapes_do_not_overflow);
	suite_add_tcase(s, t);
	return s;
}
