/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_unicode.h"

#include <check.h>
#include <string.h>

#include "common/mem.h"

Suite *suite(void);

/* Each code point and its bytes. */
static const struct {
	unsigned code;
	const char *bytes;
} characters[] = { { 0, "\xc0\x80" }, { 1, "\x01" }, { 0x7f, "\x7f" },
	{ 0x80, "\xc2\x80" }, { 0x7ff, "\xdf\xbf" }, { 0x800, "\xe0\xa0\x80" },
	{ 0xd800, "\xed\xa0\x80" }, { 0xffff, "\xef\xbf\xbf" },
	{ 0x10000, "\xf0\x90\x80\x80" }, { 0x10ffff, "\xf4\x8f\xbf\xbf" } };

START_TEST(encodes_and_decodes)
{
	const char *at = characters[_i].bytes;
	struct str s;

	str_init(&s, 8);
	opt_unicode_add(&s, characters[_i].code);
	ck_assert_str_eq(s.text, characters[_i].bytes);
	ck_assert_uint_eq(opt_unicode_next(&at), characters[_i].code);
	ck_assert_str_eq(at, "");
	str_free(&s);
}
END_TEST

/* A byte that starts no character is one, and nothing is read beyond the end:
 * the copy lets the sanitizer see that. */
START_TEST(survives_bad_bytes)
{
	static const char *const texts[] = { "\x80", "\xc3", "\xe2\x82",
		"\xf0\x9f\x98", "\xff", "\xc3(", "\xc1\xa2", "\xe0\x80\xa2",
		"\xf0\x80\x80\xa2", "\xf4\x90\x80\x80", "\xf7\xbf\xbf\xbf" };
	char *text = mem_copy(texts[_i]);
	const char *at = text;

	ck_assert_uint_eq(opt_unicode_next(&at), (unsigned char)texts[_i][0]);
	ck_assert_ptr_eq(at, text + 1);
	ck_assert_uint_eq(opt_unicode_length(text), strlen(text));
	mem_free(text);
}
END_TEST

START_TEST(knows_utf8)
{
	static const struct {
		const char *text;
		bool is;
	} texts[] = { { "", true }, { "a\xc2\x80\xf4\x8f\xbf\xbf", true },
		{ "\xed\x9f\xbf\xee\x80\x80", true }, { "a\xff", false },
		{ "\xc0\x80", false }, { "\xed\xa0\x80", false },
		{ "\xc3", false }, { "\xe0\x9f\xbf", false } };

	ck_assert(opt_unicode_is_utf8(texts[_i].text) == texts[_i].is);
}
END_TEST

START_TEST(strips)
{
	static const char *const texts[][2] = { { "", "" }, { " \t\n", "" },
		{ "a", "a" }, { "\x1c a b\xc2\xa0", "a b" },
		{ "\xe3\x80\x80x\xe2\x80\x8b", "x\xe2\x80\x8b" },
		{ "\xc0\x80 ", "\xc0\x80" } };
	char *stripped = opt_unicode_strip(texts[_i][0]);

	ck_assert_str_eq(stripped, texts[_i][1]);
	mem_free(stripped);
}
END_TEST

START_TEST(knows_digits)
{
	ck_assert_int_eq(opt_unicode_digit('7'), 7);
	ck_assert_int_eq(opt_unicode_digit(0x0669), 9);
	ck_assert_int_eq(opt_unicode_digit(0x1d7ff), 9);
	ck_assert_int_eq(opt_unicode_digit('a'), -1);
	ck_assert_int_eq(opt_unicode_digit(0x2160), -1);
	ck_assert_int_eq(opt_unicode_digit(0), -1);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("opt_unicode");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, encodes_and_decodes, 0, 10);
	tcase_add_loop_test(t, survives_bad_bytes, 0, 11);
	tcase_add_loop_test(t, knows_utf8, 0, 8);
	tcase_add_loop_test(t, strips, 0, 6);
	tcase_add_test(t, knows_digits);
	suite_add_tcase(s, t);
	return s;
}
