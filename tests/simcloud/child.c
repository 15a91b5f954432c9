/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/child.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *suite(void);

START_TEST(says_what_a_program_prints)
{
	const char *const good[] = { "sh", "-c", "echo a; echo b >&2; cat",
		NULL };
	struct err e = { 0 };
	struct str printed;

	ck_assert_int_eq(child_run(good, &printed, &e), 0);
	ck_assert_str_eq(printed.text, "a\nb\n");
	ck_assert_str_eq(child_last_line(&printed), "b");
	str_free(&printed);
	ck_assert_int_eq(child_run(good, NULL, &e), 0);
}
END_TEST

static const struct {
	const char *command, *error;
} bad[] = {
	{ "echo one; echo two; exit 3", "sh: two" },
	{ "exit 1", "sh: it failed" },
	{ "echo 'sh: by name'; exit 1", "sh: by name" },
	{ "kill -9 $$", "sh: it failed" },
};

START_TEST(says_why_it_failed)
{
	const char *const command[] = { "sh", "-c", bad[_i].command, NULL };
	struct err e = { 0 };

	ck_assert_int_eq(child_run(command, NULL, &e), -1);
	ck_assert_str_eq(e.text, bad[_i].error);
}
END_TEST

START_TEST(says_that_it_is_not_there)
{
	const char *const command[] = { "no-such-program", NULL };
	struct err e = { 0 };

	ck_assert_int_eq(child_run(command, NULL, &e), -1);
	ck_assert_str_eq(e.text, "no-such-program: No such file or directory");
}
END_TEST

/* A process in between, which is killed; its child says who it is. */
START_TEST(ends_with_its_parent)
{
	int ends[2];
	pid_t between, child = 0;
	char rest;

	ck_assert_int_eq(pipe(ends), 0);
	between = fork();
	if (between == 0) {
		pid_t pid = child_fork(ends[1]);

		if (pid == 0) {
			pid = getpid();
			if (write(STDOUT_FILENO, &pid, sizeof(pid)) < 0)
				_exit(1);
		}
		pause();
		_exit(0);
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &child, sizeof(child)), sizeof(child));
	kill(between, SIGKILL);
	waitpid(between, NULL, 0);
	/* The last end of the pipe is closed when the child is gone. */
	ck_assert_int_eq(read(ends[0], &rest, 1), 0);
	close(ends[0]);
}
END_TEST

/* One child lives, another leaves an orphan in a session of its own. */
START_TEST(ends_children_and_orphans)
{
	const char *const orphaned[] = { "sh", "-c",
		"setsid sleep 1000 >/dev/null 2>&1 & echo $!", NULL };
	struct err e = { 0 };
	struct str printed;
	pid_t child, orphan;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	ck_assert_int_eq(child_run(orphaned, &printed, &e), 0);
	orphan = (pid_t)strtol(printed.text, NULL, 10);
	str_free(&printed);
	ck_assert_int_gt(orphan, 0);
	ck_assert_int_eq(kill(orphan, 0), 0);
	child = child_fork(STDOUT_FILENO);
	if (child == 0) {
		pause();
		_exit(0);
	}
	child_end_all();
	ck_assert_int_eq(kill(child, 0), -1);
	ck_assert_int_eq(kill(orphan, 0), -1);
	child_end_all();
}
END_TEST

START_TEST(has_nothing_of_ours)
{
	const char *const command[] = { "sh", "-c",
		"ls /proc/self/fd | wc -l; trap", NULL };
	struct err e = { 0 };
	struct str printed;
	sigset_t all;
	int held = dup2(STDIN_FILENO, 77);

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	ck_assert_int_eq(child_run(command, &printed, &e), 0);
	/* input, output, error, and the directory that is listed */
	ck_assert_str_eq(printed.text, "4\n");
	str_free(&printed);
	close(held);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("child");
	TCase *t = tcase_create("child");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, says_what_a_program_prints);
	tcase_add_loop_test(
		t, says_why_it_failed, 0, (int)(sizeof(bad) / sizeof(*bad)));
	tcase_add_test(t, says_that_it_is_not_there);
	tcase_add_test(t, ends_with_its_parent);
	tcase_add_test(t, ends_children_and_orphans);
	tcase_add_test(t, has_nothing_of_ours);
	suite_add_tcase(s, t);
	return s;
}
