/* SPDX-License-Identifier: Apache-2.0 */
/* Lines in a file: whole, in order, without secrets. */
#include "common/progress.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/censor.h"
#include "common/file.h"
#include "common/str.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define ALL          (8 * 1024 * 1024)
#define STAMP        24 /* bytes of "2031-04-02T18:20:37.000Z" */

static char *directory, *path;

static void begin(void)
{
	const char *base = getenv("TMPDIR");

	directory = mem_printf("%s/progress-XXXXXX", base ? base : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	path = mem_printf("%s/log", directory);
}

static void end(void)
{
	unlink(path);
	rmdir(directory);
	mem_free(directory);
	mem_free(path);
}

static struct progress *opened(const cJSON *secrets)
{
	struct err e = { 0 };
	struct progress *p = progress_open(path, secrets, &e);

	ck_assert_msg(p, "%s", e.text);
	return p;
}

static char *written(void)
{
	struct err e = { 0 };
	size_t length;
	char *text = file_read(path, ALL, &length, &e);

	ck_assert_msg(text, "%s", e.text);
	ck_assert_uint_eq(length, strlen(text));
	return text;
}

static bool is_stamp(const char *line)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ ";

	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'd' ? line[i] < '0' || line[i] > '9'
				   : line[i] != form[i])
			return false;
	return true;
}

/* What is said, and what stands behind the time. */
static const struct {
	const char *said, *line;
} lines[] = {
	{ "creating server web1", "creating server web1" },
	{ "", "" },
	{ "100%s %n %d", "100%s %n %d" },
	{ "a\nb\r\x1b[2J\x7f\t", "a\\x0ab\\x0d\\x1b[2J\\x7f\\x09" },
	{ "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9" },
	{ "the key is s3cr3t-key.", "the key is ********." },
	{ "s3cr3t-keys3cr3t-key", "****************" },
	{ "the token s3cr3t\ntoken", "the token ********" },
};

START_TEST(a_line_has_a_time_and_a_text)
{
	cJSON *secrets = cJSON_CreateArray();
	struct progress *p = opened(secrets);
	char *text, *expected;

	/* What becomes secret later is one, too. */
	progress_say(p, "begin");
	censor_add(secrets, "s3cr3t-key", 10);
	censor_add(secrets, "s3cr3t\ntoken", 12);
	progress_say(p, "%s", lines[_i].said);
	text = written();
	ck_assert(is_stamp(text));
	expected = mem_printf(" begin\n%.*s %s\n", STAMP,
		strchr(text, '\n') + 1, lines[_i].line);
	ck_assert(is_stamp(strchr(text, '\n') + 1));
	ck_assert_str_eq(text + STAMP, expected);
	mem_free(expected);
	mem_free(text);
	progress_close(p);
	cJSON_Delete(secrets);
}
END_TEST

/* A secret that a cut would halve, and a character. */
START_TEST(a_long_line_is_cut)
{
	cJSON *secrets = cJSON_CreateArray();
	struct progress *p = opened(secrets);
	char *text, *long_one = mem_new(100001);
	cJSON *whole;

	censor_add(secrets, "s3cr3t-key", 10);
	for (int i = 0; i < 100000 - 3; i += 2)
		memcpy(long_one + i, "\xc3\xa9", 2);
	memcpy(long_one + 4056 - STAMP, "s3cr3t-key", 10);
	progress_say(p, "%s", long_one);
	progress_say(p, "next");
	text = written();
	ck_assert_uint_le(strcspn(text, "\n"), 4095);
	ck_assert_uint_ge(strcspn(text, "\n"), 4000);
	ck_assert_ptr_null(strstr(text, "s3cr3t"));
	ck_assert_str_eq(strchr(text, '\n') + 1 + STAMP, " next\n");
	whole = json_new_str(text);
	ck_assert_ptr_null(strstr(whole->valuestring, "\xef\xbf\xbd"));
	cJSON_Delete(whole);
	mem_free(text);
	mem_free(long_one);
	progress_close(p);
	cJSON_Delete(secrets);
}
END_TEST

START_TEST(lines_are_appended)
{
	FILE *file = fopen(path, "w");
	struct progress *p;
	char *text;

	fputs("before\n", file);
	fclose(file);
	for (int i = 0; i < 3; i++) {
		p = opened(NULL);
		progress_say(p, "run %d", i);
		progress_close(p);
	}
	text = written();
	ck_assert(str_starts(text, "before\n"));
	ck_assert_ptr_nonnull(strstr(text, " run 0\n"));
	ck_assert_ptr_nonnull(strstr(text, " run 2\n"));
	mem_free(text);
}
END_TEST

#define WRITERS 4
#define LINES   2000

static void write_many(int writer)
{
	struct progress *p = opened(NULL);
	char filler[300];

	for (int i = 0; i < LINES; i++) {
		memset(filler, 'a' + writer, sizeof(filler));
		filler[i % 299] = '\0';
		progress_say(p, "%d %d %s.", writer, i, filler);
	}
	progress_close(p);
	_exit(0);
}

/* Each line is one that somebody wrote, each writer's are in order. */
START_TEST(several_share_a_file)
{
	int next[WRITERS] = { 0 }, writer, number, at;
	char *text, *rest;

	for (int i = 0; i < WRITERS; i++) {
		pid_t pid = fork();

		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			write_many(i);
	}
	while (wait(NULL) > 0)
		;
	rest = text = written();
	for (char *line; *rest && (line = strsep(&rest, "\n"));) {
		ck_assert_msg(is_stamp(line), "%s", line);
		ck_assert_int_eq(sscanf(line + STAMP, " %d %d %n", &writer,
					 &number, &at),
			2);
		ck_assert_int_eq(number, next[writer]++);
		line += STAMP + at;
		ck_assert_uint_eq(
			strspn(line, (char[]){ (char)('a' + writer), '\0' }),
			(size_t)(number % 299));
		ck_assert_str_eq(line + number % 299, ".");
	}
	for (int i = 0; i < WRITERS; i++)
		ck_assert_int_eq(next[i], LINES);
	mem_free(text);
}
END_TEST

static const struct {
	const char *path, *why;
} refused[] = {
	{ "/nonexistent/log", "No such file or directory" },
	{ "/", "Is a directory" },
	{ "/dev/null/log", "Not a directory" },
	{ "", "No such file or directory" },
};

START_TEST(says_what_cannot_be_opened)
{
	struct err e = { 0 };

	ck_assert_ptr_null(progress_open(refused[_i].path, NULL, &e));
	ck_assert_int_eq(e.code, ERR_OTHER);
	ck_assert_ptr_nonnull(strstr(e.text, refused[_i].path));
	ck_assert_ptr_nonnull(strstr(e.text, refused[_i].why));
	ck_assert_ptr_nonnull(strstr(e.text, "`progress'"));
}
END_TEST

/* Nobody reads it: neither is waited for, nor ends it the run. */
START_TEST(a_pipe_does_not_hold_it_up)
{
	struct err e = { 0 };
	struct progress *p;
	int reader;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_ptr_null(progress_open(path, NULL, &e));
	reader = open(path, O_RDONLY | O_NONBLOCK);
	signal(SIGPIPE, SIG_IGN);
	p = opened(NULL);
	for (int i = 0; i < 10000; i++)
		progress_say(p, "line %d", i);
	close(reader);
	progress_say(p, "nobody hears it");
	progress_close(p);
}
END_TEST

/* A disk that is full, and then has room again: what is whole stays so. */
START_TEST(a_full_disk_is_left_alone)
{
	struct progress *p = opened(NULL);
	struct rlimit room = { 100, RLIM_INFINITY };
	char *text, *last;

	signal(SIGXFSZ, SIG_IGN);
	progress_say(p, "first");
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &room), 0);
	for (int i = 0; i < 50; i++)
		progress_say(p, "a line of some length, number %d", i);
	room.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &room), 0);
	progress_say(p, "there is room again");
	text = written();
	last = strrchr(text, 'Z');
	ck_assert_str_eq(last, "Z there is room again\n");
	ck_assert(last[-STAMP] == '\n' && is_stamp(last - STAMP + 1));
	mem_free(text);
	progress_close(p);
}
END_TEST

START_TEST(a_device_that_is_full)
{
	struct err e = { 0 };
	struct progress *p = progress_open("/dev/full", NULL, &e);

	ck_assert_ptr_nonnull(p);
	progress_say(p, "nobody hears it");
	progress_close(p);
}
END_TEST

START_TEST(says_nothing_without_a_path)
{
	struct err e = { 0 };
	struct progress *p = progress_open(NULL, NULL, &e);

	ck_assert_ptr_nonnull(p);
	progress_say(p, "nobody hears %s", "it");
	progress_close(p);
	progress_say(NULL, "nor this");
	progress_close(NULL);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

/* The option, the environment, and the path that is meant. */
static const struct {
	const char *params, *variable, *path;
} choices[] = {
	{ "{'progress': null}", NULL, NULL },
	{ "{}", NULL, NULL },
	{ "{'progress': ''}", "", NULL },
	{ "{'progress': '/a'}", NULL, "/a" },
	{ "{'progress': '/a'}", "/b", "/a" },
	{ "{'progress': null}", "/b", "/b" },
	{ "{'progress': ''}", "/b", "/b" },
	{ "{'progress': null}", "~/b", "/home/of/me/b" },
};

START_TEST(the_option_is_stronger_than_the_environment)
{
	cJSON *params = json_literal(choices[_i].params);
	struct pool *pool = pool_new();

	setenv("HOME", "/home/of/me", 1);
	unsetenv("RAX_PROGRESS");
	if (choices[_i].variable)
		setenv("RAX_PROGRESS", choices[_i].variable, 1);
	ck_assert_pstr_eq(progress_path(params, pool), choices[_i].path);
	pool_free(pool);
	cJSON_Delete(params);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("progress");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_loop_test(t, a_line_has_a_time_and_a_text, 0, COUNT(lines));
	tcase_add_test(t, a_long_line_is_cut);
	tcase_add_test(t, lines_are_appended);
	tcase_add_test(t, several_share_a_file);
	tcase_add_loop_test(t, says_what_cannot_be_opened, 0, COUNT(refused));
	tcase_add_test(t, a_pipe_does_not_hold_it_up);
	tcase_add_test(t, a_full_disk_is_left_alone);
	tcase_add_test(t, a_device_that_is_full);
	tcase_add_test(t, says_nothing_without_a_path);
	tcase_add_loop_test(t, the_option_is_stronger_than_the_environment, 0,
		COUNT(choices));
	suite_add_tcase(s, t);
	return s;
}
