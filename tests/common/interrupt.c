/* SPDX-License-Identifier: Apache-2.0 */
#include "common/interrupt.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *suite(void);

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

static bool readable(void)
{
	struct pollfd entry = { interrupt_descriptor(), POLLIN, 0 };

	return poll(&entry, 1, 0) == 1 && (entry.revents & POLLIN);
}

START_TEST(nothing_before_it_is_asked_for)
{
	ck_assert_int_eq(interrupt_descriptor(), -1);
	ck_assert_int_eq(interrupt_signal(), 0);
	interrupt_clear();
	ck_assert_int_eq(interrupt_signal(), 0);
}
END_TEST

START_TEST(a_signal_is_a_flag)
{
	interrupt_catch();
	ck_assert_int_ge(interrupt_descriptor(), 0);
	ck_assert_int_eq(interrupt_signal(), 0);
	ck_assert(!readable());
	raise(signals[_i]);
	ck_assert_int_eq(interrupt_signal(), signals[_i]);
	ck_assert_int_eq(interrupt_signal(), signals[_i]);
	ck_assert(readable());
	ck_assert(readable());
}
END_TEST

START_TEST(clearing_forgets_it)
{
	interrupt_catch();
	for (int i = 0; i < 3; i++) {
		raise(signals[_i]);
		interrupt_clear();
		ck_assert_int_eq(interrupt_signal(), 0);
		ck_assert(!readable());
	}
	raise(signals[_i]);
	ck_assert_int_eq(interrupt_signal(), signals[_i]);
	ck_assert(readable());
}
END_TEST

/* More than any pipe holds: a handler that blocks would never return. */
START_TEST(a_storm_of_signals)
{
	interrupt_catch();
	for (int i = 0; i < 70000; i++)
		raise(signals[i % 3]);
	ck_assert_int_ne(interrupt_signal(), 0);
	ck_assert(readable());
	interrupt_clear();
	ck_assert_int_eq(interrupt_signal(), 0);
	ck_assert(!readable());
}
END_TEST

START_TEST(a_handler_keeps_errno)
{
	interrupt_catch();
	for (int i = 0; i < 70000; i++)
		raise(SIGTERM);
	errno = ENOTTY;
	raise(SIGTERM);
	ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

START_TEST(a_held_signal_waits)
{
	interrupt_catch();
	interrupt_hold();
	if (_i % 2)
		raise(SIGTERM);
	else
		interrupt_raise(SIGTERM);
	ck_assert_int_eq(interrupt_signal(), 0);
	ck_assert_int_eq(interrupt_descriptor(), -1);
	interrupt_release(_i < 2);
	ck_assert_int_eq(interrupt_signal(), _i < 2 ? SIGTERM : 0);
	ck_assert(readable() == (_i < 2));
	/* From then on all is as before. */
	interrupt_clear();
	ck_assert(!readable());
	raise(SIGINT);
	ck_assert_int_eq(interrupt_signal(), SIGINT);
	ck_assert(readable());
}
END_TEST

/* What came before it is not forgotten. */
START_TEST(holding_hides_what_came)
{
	interrupt_catch();
	raise(SIGTERM);
	interrupt_hold();
	ck_assert_int_eq(interrupt_signal(), 0);
	interrupt_release(true);
	ck_assert_int_eq(interrupt_signal(), SIGTERM);
	ck_assert(readable());
}
END_TEST

START_TEST(nothing_came_meanwhile)
{
	interrupt_catch();
	interrupt_hold();
	interrupt_release(_i);
	ck_assert_int_eq(interrupt_signal(), 0);
	ck_assert(!readable());
	ck_assert_int_ge(interrupt_descriptor(), 0);
}
END_TEST

static bool is_ignored(int signal)
{
	struct sigaction action;

	ck_assert_int_eq(sigaction(signal, NULL, &action), 0);
	return action.sa_handler == SIG_IGN;
}

/* As nohup starts us, and as a shell starts what it does not wait for. */
START_TEST(an_inherited_hangup_stays_ignored)
{
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	for (int i = 0; i < 3; i++) {
		interrupt_catch();
		ck_assert(is_ignored(SIGHUP));
		raise(SIGHUP);
		ck_assert_int_eq(interrupt_signal(), 0);
		ck_assert(!readable());
		raise(SIGINT);
		ck_assert_int_eq(interrupt_signal(), SIGINT);
		interrupt_clear();
		interrupt_ignore();
		ck_assert(is_ignored(SIGHUP));
	}
	/* The end of a parent is none of these. */
	interrupt_catch();
	interrupt_raise(SIGHUP);
	ck_assert_int_eq(interrupt_signal(), SIGHUP);
}
END_TEST

/* What we have ignored ourselves was not inherited. */
START_TEST(a_hangup_is_caught_again)
{
	interrupt_catch();
	interrupt_ignore();
	interrupt_catch();
	raise(SIGHUP);
	ck_assert_int_eq(interrupt_signal(), SIGHUP);
}
END_TEST

/* It does not cut what is being written to somebody who is slow to read. */
START_TEST(an_ignored_signal_cuts_nothing)
{
	static const char bytes[200000];
	char chunk[4096];
	int ends[2], status;
	pid_t child;
	ssize_t n = 0;

	interrupt_catch();
	interrupt_ignore();
	raise(signals[_i]);
	ck_assert_int_eq(interrupt_signal(), 0);
	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(ends[1]);
		usleep(20000);
		kill(getppid(), signals[_i]);
		while ((n = read(ends[0], chunk, sizeof(chunk))) > 0)
			;
		_exit(n < 0);
	}
	ck_assert_int_eq(write(ends[1], bytes, sizeof(bytes)), sizeof(bytes));
	close(ends[1]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	close(ends[0]);
}
END_TEST

START_TEST(a_closed_pipe_is_an_error_and_no_end)
{
	int ends[2];

	interrupt_catch();
	ck_assert_int_eq(pipe(ends), 0);
	close(ends[0]);
	ck_assert_int_eq(write(ends[1], "x", 1), -1);
	ck_assert_int_eq(errno, EPIPE);
	close(ends[1]);
}
END_TEST

START_TEST(other_signals_are_left_alone)
{
	static const int others[] = { SIGCHLD, SIGALRM, SIGUSR1, SIGQUIT };
	struct sigaction before[4], after;

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(sigaction(others[i], NULL, &before[i]), 0);
	interrupt_catch();
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(sigaction(others[i], NULL, &after), 0);
		ck_assert(after.sa_handler == before[i].sa_handler);
	}
}
END_TEST

/* Whoever waits elsewhere is woken: a blocking call must not be resumed. */
START_TEST(a_poll_ends)
{
	struct pollfd entry;
	int status;
	pid_t child;

	interrupt_catch();
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	entry = (struct pollfd){ interrupt_descriptor(), POLLIN, 0 };
	while (poll(&entry, 1, -1) < 0)
		ck_assert_int_eq(errno, EINTR);
	ck_assert_int_eq(interrupt_signal(), SIGTERM);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
}
END_TEST

/* A program that is started later must not get the descriptor. */
START_TEST(programs_do_not_inherit_it)
{
	int status;
	pid_t child;

	interrupt_catch();
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		char number[16];

		snprintf(number, sizeof(number), "%d", interrupt_descriptor());
		execl("/bin/sh", "sh", "-c", "test ! -e /dev/fd/$0", number,
			(char *)NULL);
		_exit(2);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("interrupt");
	TCase *t = tcase_create("all");

	tcase_add_test(t, nothing_before_it_is_asked_for);
	tcase_add_loop_test(t, a_signal_is_a_flag, 0, 3);
	tcase_add_loop_test(t, clearing_forgets_it, 0, 3);
	tcase_add_test(t, a_storm_of_signals);
	tcase_add_test(t, a_handler_keeps_errno);
	tcase_add_loop_test(t, a_held_signal_waits, 0, 4);
	tcase_add_test(t, holding_hides_what_came);
	tcase_add_loop_test(t, nothing_came_meanwhile, 0, 2);
	tcase_add_test(t, an_inherited_hangup_stays_ignored);
	tcase_add_test(t, a_hangup_is_caught_again);
	tcase_add_loop_test(t, an_ignored_signal_cuts_nothing, 0, 3);
	tcase_add_test(t, a_closed_pipe_is_an_error_and_no_end);
	tcase_add_test(t, other_signals_are_left_alone);
	tcase_add_test(t, a_poll_ends);
	tcase_add_test(t, programs_do_not_inherit_it);
	suite_add_tcase(s, t);
	return s;
}
