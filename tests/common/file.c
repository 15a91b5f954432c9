/* SPDX-License-Identifier: Apache-2.0 */
#include "common/file.h"

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* A file without a name, so that nothing can be left behind. */
static char *anonymous(FILE **file, const char *bytes, size_t length)
{
	*file = tmpfile();
	ck_assert_ptr_nonnull(*file);
	ck_assert_uint_eq(fwrite(bytes, 1, length, *file), length);
	rewind(*file);
	return mem_printf("/dev/fd/%d", fileno(*file));
}

static const struct {
	const char *bytes;
	size_t length, max;
	bool reads;
} files[] = {
	{ "", 0, 10, true },
	{ "", 0, 0, true },
	{ "a", 1, 0, false },
	{ "0123456789", 10, 10, true },
	{ "0123456789", 10, 11, true },
	{ "0123456789", 10, 9, false },
	{ "a\0b\xff\n", 5, 10, true },
	{ "\0\0\0\0", 4, 10, true },
};

START_TEST(reads_whole_files)
{
	size_t length = 99;
	FILE *file;
	char *path = anonymous(&file, files[_i].bytes, files[_i].length);
	struct err e;
	char *text = file_read(path, files[_i].max, &length, &e);

	if (files[_i].reads) {
		ck_assert_msg(text, "%s", text ? "" : e.text);
		ck_assert_uint_eq(length, files[_i].length);
		if (length)
			ck_assert_mem_eq(text, files[_i].bytes, length);
		ck_assert_int_eq(text[length], '\0');
	} else {
		ck_assert_ptr_null(text);
		ck_assert(str_starts(e.text, "cannot read "));
		ck_assert_ptr_nonnull(strstr(e.text, path));
		ck_assert_int_eq(e.code, ERR_OTHER);
	}
	mem_free(text);
	mem_free(path);
	fclose(file);
}
END_TEST

/* What cannot be read, and a word of the reason. */
static const struct {
	const char *path;
	enum err_code code;
	const char *why;
} refused[] = {
	{ "/nonexistent/x", ERR_ABSENT, "No such file" },
	{ "", ERR_ABSENT, "" },
	{ "/", ERR_OTHER, "directory" },
	{ "/dev/null/x", ERR_OTHER, "Not a directory" },
	{ "/dev/zero", ERR_OTHER, "" },
	{ "/nonexistent/\x1b[31m%s%n", ERR_ABSENT, "\\x1b[31m%s%n" },
};

START_TEST(says_why_not)
{
	struct err e;
	size_t length;

	ck_assert_ptr_null(file_read(refused[_i].path, 100000, &length, &e));
	ck_assert_int_eq(e.code, refused[_i].code);
	ck_assert_msg(str_starts(e.text, "cannot read "), "%s", e.text);
	ck_assert_msg(strstr(e.text, refused[_i].why), "%s", e.text);
}
END_TEST

START_TEST(a_file_that_cannot_be_opened)
{
	char path[] = "/dev/fd/9999";
	struct err e;
	size_t length;

	ck_assert_ptr_null(file_read(path, 100, &length, &e));
	ck_assert(str_starts(e.text, "cannot read /dev/fd/9999: "));
}
END_TEST

START_TEST(reads_a_large_file)
{
	size_t size = 3 * 1024 * 1024 + 17, length;
	char *bytes = mem_new(size), *path, *text;
	struct err e;
	FILE *file;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(i * 2654435761u >> 13);
	path = anonymous(&file, bytes, size);
	text = file_read(path, 4 * 1024 * 1024, &length, &e);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(length, size);
	ck_assert_mem_eq(text, bytes, size);
	mem_free(text);
	mem_free(path);
	mem_free(bytes);
	fclose(file);
}
END_TEST

/* What a shell passes for <(command): no size, and it comes in pieces. */
START_TEST(reads_a_pipe)
{
	size_t length;
	struct err e;
	int ends[2];
	char *path, *text;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "[rackspace_", 11), 11);
	ck_assert_int_eq(write(ends[1], "cloud]\n", 7), 7);
	close(ends[1]);
	path = mem_printf("/dev/fd/%d", ends[0]);
	text = file_read(path, 100, &length, &e);
	ck_assert_msg(text, "%s", text ? "" : e.text);
	ck_assert_str_eq(text, "[rackspace_cloud]\n");
	mem_free(text);
	mem_free(path);
	close(ends[0]);
}
END_TEST

/* Neither a named pipe that nobody writes into nor a silent one may hang it. */
START_TEST(waits_for_no_writer)
{
	char directory[4096];
	const char *base = getenv("TMPDIR");
	size_t length = 99;
	struct err e;
	char *path, *text;

	snprintf(directory, sizeof(directory), "%s/file-XXXXXX",
		base ? base : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	path = mem_printf("%s/fifo", directory);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	text = file_read(path, 100, &length, &e);
	unlink(path);
	rmdir(directory);
	ck_assert_msg(text, "%s", text ? "" : e.text);
	ck_assert_uint_eq(length, 0);
	mem_free(text);
	mem_free(path);
}
END_TEST

START_TEST(a_signal_ends_the_wait)
{
	size_t length;
	struct err e;
	int ends[2];
	char *path;

	ck_assert_int_eq(pipe(ends), 0);
	path = mem_printf("/dev/fd/%d", ends[0]);
	interrupt_catch();
	raise(SIGTERM);
	ck_assert_ptr_null(file_read(path, 100, &length, &e));
	ck_assert_msg(strstr(e.text, "Interrupted"), "%s", e.text);
	mem_free(path);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(a_maximum_at_the_end_of_numbers)
{
	size_t length;
	FILE *file;
	char *path = anonymous(&file, "abc", 3), *text;
	struct err e;

	text = file_read(path, SIZE_MAX, &length, &e);
	ck_assert_msg(text, "%s", text ? "" : e.text);
	ck_assert_str_eq(text, "abc");
	mem_free(text);
	mem_free(path);
	fclose(file);
}
END_TEST

static int open_descriptors(void)
{
	int count = 0;

	for (int i = 0; i < 256; i++)
		count += fcntl(i, F_GETFD) >= 0;
	return count;
}

START_TEST(closes_what_it_opens)
{
	int before = open_descriptors();
	size_t length;
	struct err e;

	mem_free(file_read("/dev/null", 10, &length, &e));
	file_read("/dev/zero", 10, &length, &e);
	file_read("/", 10, &length, &e);
	file_read("/nonexistent", 10, &length, &e);
	ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

static const struct {
	const char *given, *expanded;
} homes[] = {
	{ "~", "/home/me" },
	{ "~/x/y", "/home/me/x/y" },
	{ "~/", "/home/me/" },
	{ "~root", "/root" },
	{ "~nobody-of-this-name/x", "~nobody-of-this-name/x" },
	{ "", "" },
	{ "x", "x" },
	{ "/a/~/b", "/a/~/b" },
	{ "a~", "a~" },
	{ "./~", "./~" },
};

START_TEST(expands_home)
{
	char *path;

	setenv("HOME", "/home/me", 1);
	path = file_expand_home(homes[_i].given);
	ck_assert_str_eq(path, homes[_i].expanded);
	mem_free(path);
}
END_TEST

START_TEST(without_home_nothing_breaks)
{
	char *path;

	unsetenv("HOME");
	path = file_expand_home("~/x");
	ck_assert_ptr_nonnull(path);
	ck_assert_str_eq(path + strlen(path) - 2, "/x");
	mem_free(path);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("file");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, reads_whole_files, 0, COUNT(files));
	tcase_add_loop_test(t, says_why_not, 0, COUNT(refused));
	tcase_add_loop_test(t, expands_home, 0, COUNT(homes));
	tcase_add_test(t, a_file_that_cannot_be_opened);
	tcase_add_test(t, reads_a_large_file);
	tcase_add_test(t, reads_a_pipe);
	tcase_add_test(t, waits_for_no_writer);
	tcase_add_test(t, a_signal_ends_the_wait);
	tcase_add_test(t, a_maximum_at_the_end_of_numbers);
	tcase_add_test(t, closes_what_it_opens);
	tcase_add_test(t, without_home_nothing_breaks);
	suite_add_tcase(s, t);
	return s;
}
