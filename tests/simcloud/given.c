/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/given.h"

#include <check.h>
#include <crypt.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/tree.h"

Suite *suite(void);

static char *place, *given;

static void set_up(void)
{
	const char *parent = getenv("TMPDIR");

	place = mem_printf("%s/given.XXXXXX", parent ? parent : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(place));
	given = mem_printf("%s/given", place);
}

static void tear_down(void)
{
	struct err e;

	ck_assert_int_eq(tree_remove(place, &e), 0);
	mem_free(place);
	mem_free(given);
}

static int give(const char *text, struct err *e)
{
	cJSON *tree = json_literal(text);
	int result = given_write(given, tree, e);

	cJSON_Delete(tree);
	return result;
}

/* The file's text, or NULL; the caller frees it. */
static char *read_file(const char *name)
{
	char *path = mem_printf("%s/%s", given, name), text[4096];
	int fd = open(path, O_RDONLY);
	struct stat s = { 0 };
	ssize_t n = -1;

	if (fd >= 0) {
		n = read(fd, text, sizeof(text));
		ck_assert_int_eq(fstat(fd, &s), 0);
		ck_assert_int_eq(s.st_mode & 07777, 0600);
		close(fd);
	}
	mem_free(path);
	return n < 0 ? NULL : mem_copy_n(text, (size_t)n);
}

static void file_is(const char *name, const char *wanted)
{
	char *text = read_file(name);

	if (wanted)
		ck_assert_pstr_eq(text, wanted);
	else
		ck_assert_ptr_null(text);
	mem_free(text);
}

START_TEST(writes_what_is_given)
{
	struct err e = { 0 };

	ck_assert_msg(
		give("{'hostname': 'web', 'key': 'ssh-ed25519 AAAA', "
		     "'user_data': 'IyEvYmluL3No', 'meta_data': {'uuid': 'x'}, "
		     "'files': [{'path': '/a\\n../b', 'contents': 'aGk='}, "
		     "{'path': 'c', 'contents': ''}]}",
			&e) == 0,
		"%s", e.text);
	file_is("hostname", "web\n");
	file_is("key", "ssh-ed25519 AAAA\n");
	file_is("user_data", "#!/bin/sh");
	file_is("meta_data.json", "{\"uuid\": \"x\"}\n");
	file_is("files/000/path", "/a\n../b");
	file_is("files/000/contents", "hi");
	file_is("files/001/path", "c");
	file_is("files/001/contents", "");
	file_is("password", NULL);
}
END_TEST

START_TEST(leaves_out_what_is_not)
{
	struct err e = { 0 };

	ck_assert_int_eq(give("{'hostname': 'web', 'meta_data': {}}", &e), 0);
	file_is("key", NULL);
	file_is("user_data", NULL);
	file_is("files/000/path", NULL);
}
END_TEST

/* As the shadow file has it, each time with another salt. */
START_TEST(hashes_the_password)
{
	static const char text[] =
		"{'hostname': 'w', 'meta_data': {}, 'password': 'p:|&w'}";
	struct err e = { 0 };
	char *first, *second;

	ck_assert_int_eq(give(text, &e), 0);
	first = read_file("password");
	ck_assert(str_starts(first, "$6$"));
	ck_assert_str_eq(crypt("p:|&w", first), first);
	ck_assert_str_ne(crypt("other", first), first);
	ck_assert_uint_eq(
		strspn(first, "$./0123456789abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
		strlen(first));
	ck_assert_int_eq(give(text, &e), 0);
	second = read_file("password");
	ck_assert_str_ne(first, second);
	mem_free(first);
	mem_free(second);
}
END_TEST

START_TEST(refuses_what_is_no_base64)
{
	struct err e = { 0 };

	ck_assert_int_eq(give("{'hostname': 'w', 'meta_data': {}, "
			      "'user_data': '*'}",
				 &e),
		-1);
	ck_assert_ptr_nonnull(strstr(e.text, "user_data"));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("given");
	TCase *t = tcase_create("given");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, writes_what_is_given);
	tcase_add_test(t, leaves_out_what_is_not);
	tcase_add_test(t, hashes_the_password);
	tcase_add_test(t, refuses_what_is_no_base64);
	suite_add_tcase(s, t);
	return s;
}
