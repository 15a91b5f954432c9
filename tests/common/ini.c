/* SPDX-License-Identifier: Apache-2.0 */
#include "common/ini.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* Results of Python's RawConfigParser, written down. */
static const struct {
	const char *file, *read;
} files[] = {
	{ "", "{}" },
	{ "\n\n", "{}" },
	{ "[a]", "{'a': {}}" },
	{ "[a]\nk = v", "{'a': {'k': 'v'}}" },
	{ "[a]\nk=v\nK2:w\n", "{'a': {'k': 'v', 'k2': 'w'}}" },
	{ "[a]\nKey Name = v\n", "{'a': {'key name': 'v'}}" },
	{ "[a]\nk\t=\tv\t\n", "{'a': {'k': 'v'}}" },
	{ "[a]\nk = a=b:c\nj: a=b\n", "{'a': {'k': 'a=b:c', 'j': 'a=b'}}" },
	{ "[a]\nk v = w: x\n", "{'a': {'k v': 'w: x'}}" },
	{ "[a]\nk =\nj=\n", "{'a': {'k': '', 'j': ''}}" },
	/* Comments: whole lines only. */
	{ "# c\n; c\n[a]\n# c\n  ; c\nk = v\n", "{'a': {'k': 'v'}}" },
	{ "[a]\nk = v ; c # d\n", "{'a': {'k': 'v ; c # d'}}" },
	{ "[a]\nk = #v\nj = ;w\n", "{'a': {'k': '#v', 'j': ';w'}}" },
	{ "[a]\nrem = x\nk = v\n", "{'a': {'rem': 'x', 'k': 'v'}}" },
	/* Continuation: deeper than the option. */
	{ "[a]\nk = one\n two\n\tthree\nj = 1\n",
		"{'a': {'k': 'one\\ntwo\\nthree', 'j': '1'}}" },
	{ "[a]\nk = one\n\n two\n", "{'a': {'k': 'one\\n\\ntwo'}}" },
	{ "[a]\nk = one\n# c\n two\n", "{'a': {'k': 'one\\ntwo'}}" },
	{ "[a]\nk = one\n  two # not\n ; gone\n",
		"{'a': {'k': 'one\\ntwo # not'}}" },
	{ "[a]\nk =\n  v\n", "{'a': {'k': '\\nv'}}" },
	{ "[a]\nk = v\n j = w\n", "{'a': {'k': 'v\\nj = w'}}" },
	{ "[a]\nk = v\n  [b]\n", "{'a': {'k': 'v\\n[b]'}}" },
	{ "[a]\n  k = v\n  j = w\n", "{'a': {'k': 'v', 'j': 'w'}}" },
	{ "[a]\n  k = v\n    more\n  j = w\n",
		"{'a': {'k': 'v\\nmore', 'j': 'w'}}" },
	{ "[a]\nk = v\n\n\n[b]\nj = w\n",
		"{'a': {'k': 'v'}, 'b': {'j': 'w'}}" },
	/* Headers. */
	{ "[a]\n[b]\nk=v\n", "{'a': {}, 'b': {'k': 'v'}}" },
	{ "[A]\nK = V\n[a]\nk = v\n", "{'A': {'k': 'V'}, 'a': {'k': 'v'}}" },
	{ "  [a]\nk = v\n", "{'a': {'k': 'v'}}" },
	{ "[a b ]\nk = v\n", "{'a b ': {'k': 'v'}}" },
	{ "[a] rest\nk = v\n", "{'a': {'k': 'v'}}" },
	{ "[a]b]c\nk = v\n", "{'a]b': {'k': 'v'}}" },
	{ "[a]\n[]=v\nk[0] = w\n", "{'a': {'[]': 'v', 'k[0]': 'w'}}" },
	{ "[DEFAULT]\nk = v\n[a]\nj = w\n", "{'a': {'k': 'v', 'j': 'w'}}" },
	{ "[DEFAULT]\nk = v\n[a]\nk = w\n", "{'a': {'k': 'w'}}" },
	{ "[DEFAULT]\n[a]\nk = w\n[DEFAULT]\nj = v\n",
		"{'a': {'k': 'w', 'j': 'v'}}" },
	/* What is no syntax. */
	{ "[a]\nk = %(home)s 100% $x\n", "{'a': {'k': '%(home)s 100% $x'}}" },
	{ "[a]\nk = \"v\"\n", "{'a': {'k': '\\u0022v\\u0022'}}" },
	{ "[a]\nk = h\xc3\xa9\n", "{'a': {'k': 'h\\u00e9'}}" },
	{ "[a]\r\nk = v\r\nj = w\r\n more\r\n",
		"{'a': {'k': 'v', 'j': 'w\\nmore'}}" },
	{ "[a]\rk = v\r more\rj = w", "{'a': {'k': 'v\\nmore', 'j': 'w'}}" },
	/* White space of Unicode. */
	{ "[a]\nk\xc2\xa0=\xe2\x80\x83v\x1c\n", "{'a': {'k': 'v'}}" },
	{ "[a]\nk = v\n\xc2\xa0more\n", "{'a': {'k': 'v\\nmore'}}" },
	{ "[a]\n\tk = v\n  \n\xc2\xa0j = w\n", "{'a': {'k': 'v', 'j': 'w'}}" },
};

static cJSON *read_text(const char *text, size_t length, struct err *e)
{
	FILE *file = tmpfile();
	char *path;
	cJSON *read;

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, length, file), length);
	rewind(file);
	path = mem_printf("/dev/fd/%d", fileno(file));
	read = ini_read(path, e);
	mem_free(path);
	fclose(file);
	return read;
}

START_TEST(reads_as_configparser_does)
{
	const char *text = files[_i].file;
	struct err e;
	cJSON *read = read_text(text, strlen(text), &e);
	cJSON *expected = json_literal(files[_i].read);
	char *shown;

	ck_assert_msg(read, "%s", read ? "" : e.text);
	shown = json_text(read);
	ck_assert_msg(json_equal(read, expected), "%s", shown);
	mem_free(shown);
	cJSON_Delete(read);
	cJSON_Delete(expected);
}
END_TEST

/* What ConfigParser refuses, and the line that it means. s3cr3t must not be in
 * the message. */
static const struct {
	const char *file;
	int line;
} refused[] = {
	{ "api_key = s3cr3t\n", 1 },
	{ "\n# c\ns3cr3t\n", 3 },
	{ "[s3cr3t\nk = v\n", 1 },
	{ "[]\ns3cr3t = v\n", 1 },
	{ "[b]\n[s3cr3t\n", 2 },
	{ "[a]\ns3cr3t\n", 2 },
	{ "[a]\n= s3cr3t\n", 2 },
	{ "[a]\n: s3cr3t\n", 2 },
	{ "[a]\r\nk = v\r\ns3cr3t\r\n", 3 },
	{ "[s3cr3t]\nk = v\n[s3cr3t]\nj = w\n", 3 },
	{ "[a]\ns3cr3t = v\ns3cr3t = w\n", 3 },
	{ "[a]\nk = v\n\n\nK = s3cr3t\n", 5 },
	{ "[DEFAULT]\nk = s3cr3t\n[DEFAULT]\nk = w\n", 4 },
	{ "\xef\xbb\xbf[s3cr3t]\n", 1 },
};

START_TEST(refuses_what_configparser_does)
{
	const char *text = refused[_i].file;
	char *line = mem_printf("line %d", refused[_i].line);
	char *colon = mem_printf("line: %d", refused[_i].line);
	struct err e;
	cJSON *read = read_text(text, strlen(text), &e);

	ck_assert_ptr_null(read);
	ck_assert_msg(strstr(e.text, "/dev/fd/"), "%s", e.text);
	ck_assert_msg(
		strstr(e.text, line) || strstr(e.text, colon), "%s", e.text);
	ck_assert_msg(!strstr(e.text, "s3cr3t"), "%s", e.text);
	mem_free(colon);
	mem_free(line);
}
END_TEST

START_TEST(a_missing_file_is_absent)
{
	struct err e;

	ck_assert_ptr_null(ini_read("/nonexistent/raxrc", &e));
	ck_assert_int_eq(e.code, ERR_ABSENT);
	ck_assert_ptr_nonnull(strstr(e.text, "/nonexistent/raxrc"));
	ck_assert_ptr_null(ini_read("/", &e));
	ck_assert_int_ne(e.code, ERR_ABSENT);
}
END_TEST

/* A NUL must not hide the lines behind it, nor end the program. */
START_TEST(a_nul_byte_hides_nothing)
{
	static const char text[] = "[a]\nk = v\0w\ns3cr3t\n";
	struct err e;
	cJSON *read = read_text(text, sizeof(text) - 1, &e);

	ck_assert_ptr_null(read);
	ck_assert_ptr_null(strstr(e.text, "s3cr3t"));
}
END_TEST

START_TEST(reads_utf8_only)
{
	static const char text[] = "[a]\ns3cr3t = h\xe9\n";
	struct err e;

	ck_assert_ptr_null(read_text(text, sizeof(text) - 1, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "UTF-8"));
	ck_assert_ptr_null(strstr(e.text, "s3cr3t"));
}
END_TEST

START_TEST(keeps_the_order_of_the_file)
{
	static const char text[] = "[z]\ny = 1\nb = 2\n[a]\nx = 3\n";
	struct err e;
	cJSON *read = read_text(text, sizeof(text) - 1, &e);
	char *shown = json_text(read);

	ck_assert_str_eq(shown, "{\"z\": {\"y\": \"1\", \"b\": \"2\"},"
				" \"a\": {\"x\": \"3\"}}");
	mem_free(shown);
	cJSON_Delete(read);
}
END_TEST

START_TEST(a_file_has_a_maximum)
{
	struct str s;
	struct err e;
	cJSON *read;

	str_init(&s, 2 * INI_FILE_MAX);
	str_add(&s, "[a]\nk = ");
	while (s.length < INI_FILE_MAX)
		str_add(&s, "x");
	read = read_text(s.text, s.length, &e);
	ck_assert_ptr_nonnull(read);
	ck_assert_uint_eq(strlen(json_str(read, "a.k")), INI_FILE_MAX - 8);
	cJSON_Delete(read);
	str_add(&s, "x");
	ck_assert_ptr_null(read_text(s.text, s.length, &e));
	str_free(&s);
}
END_TEST

/* Lines of one value are not copied again and again. */
START_TEST(many_lines_are_fast)
{
	struct str s;
	struct err e;
	cJSON *read;

	str_init(&s, INI_FILE_MAX);
	str_add(&s, "[a]\nk =\n");
	for (int i = 0; i < 300000; i++)
		str_add(&s, " x\n");
	read = read_text(s.text, s.length, &e);
	ck_assert_ptr_nonnull(read);
	ck_assert_uint_eq(strlen(json_str(read, "a.k")), 600000);
	cJSON_Delete(read);
	str_free(&s);
}
END_TEST

/* Nor do defaults and sections multiply. */
START_TEST(entries_have_a_maximum)
{
	struct str s;
	struct err e;

	str_init(&s, INI_FILE_MAX);
	str_add(&s, "[DEFAULT]\n");
	for (int i = 0; i < 40000; i++)
		str_addf(&s, "o%d = v\n", i);
	for (int i = 0; i < 40000; i++)
		str_addf(&s, "[s%d]\n", i);
	ck_assert(!s.full);
	ck_assert_ptr_null(read_text(s.text, s.length, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "too many"));
	str_free(&s);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("ini");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, reads_as_configparser_does, 0, COUNT(files));
	tcase_add_loop_test(
		t, refuses_what_configparser_does, 0, COUNT(refused));
	tcase_add_test(t, a_missing_file_is_absent);
	tcase_add_test(t, a_nul_byte_hides_nothing);
	tcase_add_test(t, reads_utf8_only);
	tcase_add_test(t, keeps_the_order_of_the_file);
	tcase_add_test(t, a_file_has_a_maximum);
	tcase_add_test(t, many_lines_are_fast);
	tcase_add_test(t, entries_have_a_maximum);
	suite_add_tcase(s, t);
	return s;
}
