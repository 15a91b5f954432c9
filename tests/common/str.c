/* SPDX-License-Identifier: Apache-2.0 */
#include "common/str.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static const struct {
	const char *given, *escaped;
} urls[] = {
	{ "", "" },
	{ "web1", "web1" },
	{ "AZaz09-._~", "AZaz09-._~" },
	{ "a b", "a%20b" },
	{ "a/b?c#d", "a%2Fb%3Fc%23d" },
	{ "%41", "%2541" },
	{ "&=+;,:@!$'()*", "%26%3D%2B%3B%2C%3A%40%21%24%27%28%29%2A" },
	{ "[]{}|\\^`<>\"", "%5B%5D%7B%7D%7C%5C%5E%60%3C%3E%22" },
	{ "h\xc3\xa9\xf0\x9f\x98\x80", "h%C3%A9%F0%9F%98%80" },
	{ "\x01\n\x7f\xff", "%01%0A%7F%FF" },
};

START_TEST(escapes_urls)
{
	struct str s;

	str_init(&s, 1000);
	str_add_url(&s, urls[_i].given);
	ck_assert_str_eq(s.text, urls[_i].escaped);
	str_free(&s);
}
END_TEST

static const struct {
	const char *text;
	bool is;
	int64_t value;
} integers[] = {
	{ "0", true, 0 },
	{ "-1", true, -1 },
	{ "42", true, 42 },
	{ "9223372036854775807", true, INT64_MAX },
	{ "-9223372036854775808", true, INT64_MIN },
	{ "9223372036854775808", false, 0 },
	{ "-9223372036854775809", false, 0 },
	{ "18446744073709551617", false, 0 },
	{ "99999999999999999999999999", false, 0 },
	{ "", false, 0 },
	{ "-", false, 0 },
	{ "+", false, 0 },
	{ "--1", false, 0 },
	{ " 1", false, 0 },
	{ "\n1", false, 0 },
	{ "1 ", false, 0 },
	{ "- 1", false, 0 },
	{ "1.0", false, 0 },
	{ "1e3", false, 0 },
	{ "0x10", false, 0 },
	{ "1_000", false, 0 },
	{ "12a", false, 0 },
	{ "\xd9\xa3", false, 0 },
};

START_TEST(reads_integers)
{
	int64_t value = 77;

	ck_assert(str_int(integers[_i].text, &value) == integers[_i].is);
	ck_assert_int_eq(value, integers[_i].is ? integers[_i].value : 77);
}
END_TEST

static const struct {
	const char *text;
	bool is;
} uuids[] = {
	{ "00000000-0000-0000-0000-000000000000", true },
	{ "1a2b3c4d-0000-4000-8000-00000000000f", true },
	{ "1A2B3C4D-ABCD-4EFA-8DEF-00000000000F", true },
	{ "", false },
	{ "1a2b3c4d-0000-4000-8000-00000000000", false },
	{ "1a2b3c4d-0000-4000-8000-00000000000ff", false },
	{ "1a2b3c4d-0000-4000-8000-00000000000g", false },
	{ "1a2b3c4d00000-4000-8000-00000000000f", false },
	{ "1a2b3c4d-0000-4000-8000-00000000-00f", false },
	{ "1a2b3c4d_0000_4000_8000_00000000000f", false },
	{ "1a2b3c4d000040008000000000000000", false },
	{ "{1a2b3c4d-0000-4000-8000-00000000000f}", false },
	{ " 1a2b3c4d-0000-4000-8000-00000000000f", false },
	{ "1a2b3c4d-0000-4000-8000-00000000000f\n", false },
	{ "------------------------------------", false },
};

START_TEST(knows_uuids)
{
	ck_assert(str_is_uuid(uuids[_i].text) == uuids[_i].is);
}
END_TEST

/* RFC 4648, section 10, and bytes that a signed char would spoil. */
static const struct {
	const char *bytes;
	size_t length;
	const char *text;
} base64[] = {
	{ "", 0, "" },
	{ "f", 1, "Zg==" },
	{ "fo", 2, "Zm8=" },
	{ "foo", 3, "Zm9v" },
	{ "foob", 4, "Zm9vYg==" },
	{ "fooba", 5, "Zm9vYmE=" },
	{ "foobar", 6, "Zm9vYmFy" },
	{ "\0\0\0\0", 4, "AAAAAA==" },
	{ "\xff\xff\xff", 3, "////" },
	{ "\xfb\xef\xbe\x80", 4, "++++gA==" },
};

START_TEST(encodes_base64)
{
	/* An exact copy lets the sanitizer see a byte read beyond the end. */
	size_t length = base64[_i].length;
	char *exact = malloc(length ? length : 1);
	char *text;

	memcpy(exact, base64[_i].bytes, length);
	text = str_base64(exact, length);
	ck_assert_str_eq(text, base64[_i].text);
	mem_free(text);
	free(exact);
}
END_TEST

static const struct {
	const char *text, *what;
	int at; /* -1: not there */
} searches[] = {
	{ "Load Balancer is immutable", "LOAD BALANCER", 0 },
	{ "Load Balancer is IMMUTABLE", "immutable", 17 },
	{ "aaab", "AAB", 1 },
	{ "abc", "abcd", -1 },
	{ "", "a", -1 },
	{ "k", "\xe2\x84\xaa", -1 },
	{ "[", "{", -1 },
	{ "a\xc3\x89", "\xc3\xa9", -1 },
};

START_TEST(searches_without_case)
{
	const char *text = searches[_i].text;
	const char *found = str_find_nocase(text, searches[_i].what);

	if (searches[_i].at < 0)
		ck_assert_ptr_null(found);
	else
		ck_assert_ptr_eq(found, text + searches[_i].at);
}
END_TEST

START_TEST(compares)
{
	char other[] = "abc";

	ck_assert(streq("abc", other));
	ck_assert(!streq("abc", "abd"));
	ck_assert(!streq("abc", "ABC"));
	ck_assert(!streq("", NULL));
	ck_assert(!streq(NULL, ""));
	ck_assert(streq(NULL, NULL));
	ck_assert(str_starts("abc", "ab"));
	ck_assert(str_starts("abc", ""));
	ck_assert(str_starts("abc", "abc"));
	ck_assert(!str_starts("ab", "abc"));
	ck_assert(!str_starts("", "a"));
}
END_TEST

START_TEST(grows)
{
	struct str s;
	char *text;

	str_init(&s, 1000000);
	ck_assert_str_eq(s.text, "");
	ck_assert_uint_eq(s.length, 0);
	for (int i = 0; i < 100000; i++)
		str_addf(&s, "%05d,", i);
	ck_assert_uint_eq(s.length, 600000);
	ck_assert_uint_eq(strlen(s.text), 600000);
	ck_assert(!s.full);
	text = str_take(&s);
	for (size_t i = 0; i < 100000; i += 777)
		ck_assert_uint_eq(strtoul(text + 6 * i, NULL, 10), i);
	mem_free(text);
	str_free(&s);
}
END_TEST

START_TEST(takes_bytes)
{
	struct str s;

	str_init(&s, 100);
	str_add_n(&s, "a\0b", 3);
	str_add_n(&s, "", 0);
	str_add(&s, "c");
	ck_assert_uint_eq(s.length, 4);
	ck_assert_mem_eq(s.text, "a\0bc", 5);
	str_free(&s);
}
END_TEST

/* A text of its own may be added to it while it moves. */
START_TEST(its_own_text_can_be_added)
{
	struct str s;

	str_init(&s, 1 << 20);
	str_add(&s, "ab");
	for (int i = 0; i < 12; i++)
		str_addf(&s, "%s", s.text);
	ck_assert_uint_eq(s.length, 2 << 12);
	ck_assert_mem_eq(s.text + s.length - 4, "abab", 5);
	str_free(&s);
}
END_TEST

enum way { ADD, ADD_N, ADDF, ADD_URL };

static void add(struct str *s, enum way way, const char *text)
{
	switch (way) {
	case ADD:
		str_add(s, text);
		break;
	case ADD_N:
		str_add_n(s, text, strlen(text));
		break;
	case ADDF:
		str_addf(s, "%s", text);
		break;
	case ADD_URL:
		str_add_url(s, text);
		break;
	}
}

START_TEST(what_passes_the_maximum_is_dropped_whole)
{
	struct str s;

	str_init(&s, 10);
	add(&s, (enum way)_i, "12345");
	add(&s, (enum way)_i, "67890");
	ck_assert_str_eq(s.text, "1234567890");
	ck_assert(!s.full);
	add(&s, (enum way)_i, "x");
	ck_assert_str_eq(s.text, "1234567890");
	ck_assert_uint_eq(s.length, 10);
	ck_assert(s.full);
	add(&s, (enum way)_i, "");
	ck_assert(s.full);
	str_free(&s);
}
END_TEST

START_TEST(an_overlong_text_leaves_it_as_it_was)
{
	char large[5000];
	struct str s;

	memset(large, '/', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	str_init(&s, 4096);
	add(&s, (enum way)_i, "abc");
	add(&s, (enum way)_i, large);
	ck_assert(s.full);
	ck_assert_uint_eq(s.length, 3);
	ck_assert_str_eq(s.text, "abc");
	str_free(&s);
}
END_TEST

/* 1500 slashes fit, 1500 escaped ones do not. */
START_TEST(an_escaped_text_counts_as_escaped)
{
	char large[1501];
	struct str s;

	memset(large, '/', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	str_init(&s, 4096);
	str_add(&s, "abc");
	str_add_url(&s, large);
	ck_assert(s.full);
	ck_assert_uint_eq(s.length, 3);
	ck_assert_str_eq(s.text, "abc");
	str_free(&s);
}
END_TEST

START_TEST(what_was_taken_is_gone)
{
	struct str s;
	char *text;

	str_init(&s, 10);
	text = str_take(&s);
	ck_assert_str_eq(text, "");
	mem_free(text);
	str_free(&s);
	str_free(&s);
	str_init(&s, 10);
	str_add(&s, "0123456789x");
	str_add(&s, "ab");
	ck_assert(s.full);
	text = str_take(&s);
	ck_assert_str_eq(text, "ab");
	str_free(&s);
	mem_free(text);
}
END_TEST

START_TEST(nothing_fits_into_nothing)
{
	struct str s;

	str_init(&s, 0);
	str_add(&s, "");
	ck_assert(!s.full);
	str_add(&s, "a");
	ck_assert(s.full);
	ck_assert_str_eq(s.text, "");
	str_free(&s);
}
END_TEST

START_TEST(random_digits_differ)
{
	char *a = str_random(), *b = str_random();

	ck_assert_uint_eq(strlen(a), 32);
	ck_assert_uint_eq(strspn(a, "0123456789abcdef"), 32);
	ck_assert_str_ne(a, b);
	mem_free(a);
	mem_free(b);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("str");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, escapes_urls, 0, COUNT(urls));
	tcase_add_loop_test(t, reads_integers, 0, COUNT(integers));
	tcase_add_loop_test(t, knows_uuids, 0, COUNT(uuids));
	tcase_add_loop_test(t, encodes_base64, 0, COUNT(base64));
	tcase_add_loop_test(t, searches_without_case, 0, COUNT(searches));
	tcase_add_loop_test(
		t, what_passes_the_maximum_is_dropped_whole, ADD, ADD_URL + 1);
	tcase_add_loop_test(
		t, an_overlong_text_leaves_it_as_it_was, ADD, ADD_URL + 1);
	tcase_add_test(t, random_digits_differ);
	tcase_add_test(t, compares);
	tcase_add_test(t, grows);
	tcase_add_test(t, takes_bytes);
	tcase_add_test(t, its_own_text_can_be_added);
	tcase_add_test(t, an_escaped_text_counts_as_escaped);
	tcase_add_test(t, what_was_taken_is_gone);
	tcase_add_test(t, nothing_fits_into_nothing);
	suite_add_tcase(s, t);
	return s;
}
