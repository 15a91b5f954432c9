/* SPDX-License-Identifier: Apache-2.0 */
/* Families of processes of which one dies: which deaths the youngest takes for
 * a SIGHUP. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define MEMBERS_MAX  8
/* Milliseconds: a death that matters is noticed in this time; one that does not
 * matter gets so many to be noticed all the same. */
#define NOTICED 10000
#define SPARED  100

#define MAIN   "python3 /b/ansible-playbook"
#define WORKER MAIN

/* From the eldest to the parent, the words of a command separated by a blank,
 * the commands by |; who dies, from 0; and whether that is noticed. */
static const struct {
	const char *family;
	int dies;
	bool noticed;
} rows[] = {
	/* A task: the shells, the worker and the program; what started it may
	 * go away. */
	{ "bash|" MAIN "|" WORKER "|/bin/sh|/bin/sh", 4, true },
	{ "bash|" MAIN "|" WORKER "|/bin/sh|/bin/sh", 3, true },
	{ "bash|" MAIN "|" WORKER "|/bin/sh|/bin/sh", 2, true },
	{ "bash|" MAIN "|" WORKER "|/bin/sh|/bin/sh", 1, true },
	{ "bash|" MAIN "|" WORKER "|/bin/sh|/bin/sh", 0, false },
	{ "make|" MAIN "|" WORKER "|/bin/sh", 0, false },
	{ "python3 /b/ci.py|" MAIN "|sh", 0, false },
	{ "python3 -u|ansible|sh", 0, false },
	/* Other ways to start it, and to become another user. */
	{ "bash|ansible|ansible|sh", 1, true },
	{ "bash|python3.11 -I /b/ansible|sh", 1, true },
	{ "python3 -m ansible playbook|sh", 0, true },
	{ "python3 /ansible-runner|" MAIN "|sh", 0, true },
	{ MAIN "|sh|sudo -n|sudo|/bin/sh", 0, true },
	{ MAIN "|sh|su root|-sh|sh", 0, true },
	{ MAIN "|dash|doas|zsh|sh", 0, true },
	/* async_wrapper goes on when Ansible has gone: the parent counts. */
	{ MAIN "|" WORKER "|sh|python3 /b/async_wrapper.py", 0, false },
	{ MAIN "|sh|python3 /b/async_wrapper.py", 1, false },
	{ MAIN "|sh|python3 /b/async_wrapper.py", 2, true },
	/* Nothing of Ansible: the parent alone. */
	{ "bash|sh", 1, true },
	{ "bash|sh", 0, false },
	{ "bash|python3 /b/anything", 1, true },
	/* Names that only look like it. */
	{ "bash /b/ansible-deploy|sh", 0, false },
	{ "vi ansible.cfg|sh", 0, false },
	{ "ansiblex|sh", 0, false },
	{ "(ansible) 1 2|sh", 0, false },
	{ "|sh", 0, false },
};

struct shared {
	atomic_int pids[MEMBERS_MAX + 1];
	atomic_int ready, signal, again;
};

/* What this process is called, in /proc: its arguments are overwritten, which
 * its brothers do not see. A blank ends a word. */
static void take_name(const char *words, size_t length)
{
	unsigned long begin = 0, end = 0;
	char stat[2048], *at;
	FILE *in = fopen("/proc/self/stat", "r");

	ck_assert_ptr_nonnull(in);
	ck_assert_uint_gt(fread(stat, 1, sizeof(stat) - 1, in), 0);
	fclose(in);
	at = strrchr(stat, ')');
	for (int i = 2; i < 48; i++)
		at = strchr(at, ' ') + 1;
	ck_assert_int_eq(sscanf(at, "%lu %lu", &begin, &end), 2);
	ck_assert_uint_gt(end - begin, length);
	at = (char *)begin;
	memset(at, 0, end - begin);
	memcpy(at, words, length);
	for (char *blank = at; (blank = memchr(blank, ' ', length));)
		*blank = '\0';
}

/* Kernels without pidfds answer so. */
static void forbid_pidfds(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { COUNT(filter), filter };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
	ck_assert_int_eq(syscall(SYS_pidfd_open, getpid(), 0), -1);
}

static bool readable(int milliseconds)
{
	struct pollfd entry = { interrupt_descriptor(), POLLIN, 0 };

	while (poll(&entry, 1, milliseconds) < 0)
		;
	return (entry.revents & POLLIN) != 0;
}

/* The youngest: tells what came, and whether more came behind. */
static void be_module(struct shared *s)
{
	interrupt_catch();
	interrupt_watch_parents();
	s->ready = 1;
	while (!interrupt_signal())
		readable(NOTICED);
	s->signal = interrupt_signal();
	interrupt_clear();
	s->again = readable(SPARED) || interrupt_signal();
	s->ready = 2;
	_exit(0);
}

/* Forks the family, whose eldest is our child. */
static void beget(struct shared *s, const char *family, bool pidfds)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	for (int i = 0; pid == 0; i++) {
		size_t length = strcspn(family, "|");

		s->pids[i] = getpid();
		/* Check's own handler would end the whole test. */
		signal(SIGTERM, SIG_DFL);
		take_name(family, length);
		family += length;
		pid = fork();
		if (pid > 0)
			for (;;)
				pause();
		if (pid == 0 && !*family) {
			s->pids[i + 1] = getpid();
			if (!pidfds)
				forbid_pidfds();
			be_module(s);
		}
		family++;
	}
}

static struct shared *open_family(void)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert(s != MAP_FAILED);
	/* Orphans become ours, and can be waited for. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	return s;
}

static void close_family(struct shared *s)
{
	for (int i = 0; i <= MEMBERS_MAX; i++)
		if (s->pids[i])
			kill(s->pids[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	munmap(s, sizeof(*s));
}

/* Until the youngest has come so far. */
static bool comes_to(const struct shared *s, int stage, int milliseconds)
{
	for (int i = 0; i < milliseconds && s->ready < stage; i++)
		usleep(1000);
	return s->ready >= stage;
}

static pid_t youngest(const struct shared *s)
{
	int i = 0;

	while (s->pids[i + 1])
		i++;
	return s->pids[i];
}

static void check_death(
	const char *family, int dies, bool noticed, int signal, bool pidfds)
{
	struct shared *s = open_family();

	beget(s, family, pidfds);
	ck_assert(comes_to(s, 1, NOTICED));
	ck_assert_int_eq(kill(s->pids[dies], signal), 0);
	if (!noticed) {
		ck_assert(!comes_to(s, 2, pidfds ? SPARED : 6 * SPARED));
		kill(youngest(s), SIGTERM);
	}
	ck_assert(comes_to(s, 2, NOTICED));
	ck_assert_int_eq(s->signal, noticed ? SIGHUP : SIGTERM);
	ck_assert_int_eq(s->again, 0);
	close_family(s);
}

START_TEST(notices_who_dies)
{
	check_death(rows[_i].family, rows[_i].dies, rows[_i].noticed, SIGKILL,
		true);
}
END_TEST

START_TEST(notices_it_without_pidfds)
{
	check_death(rows[_i].family, rows[_i].dies, rows[_i].noticed, SIGTERM,
		false);
}
END_TEST

/* A process that is stopped, or traced, is not gone. */
START_TEST(one_that_is_stopped_lives)
{
	check_death(MAIN "|sh|sh", 0, false, SIGSTOP, _i);
}
END_TEST

/* Output to somebody who reads, or to nobody, and then to nobody any more. */
START_TEST(notices_that_nobody_reads)
{
	struct shared *s = open_family();
	pid_t child;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(ends[0]);
		dup2(ends[1], STDOUT_FILENO);
		close(ends[1]);
		s->pids[0] = getpid();
		be_module(s);
	}
	close(ends[1]);
	ck_assert(comes_to(s, 1, NOTICED));
	ck_assert(!comes_to(s, 2, SPARED));
	close(ends[0]);
	ck_assert(comes_to(s, 2, NOTICED));
	ck_assert_int_eq(s->signal, SIGHUP);
	ck_assert_int_eq(s->again, 0);
	close_family(s);
}
END_TEST

static const char *const outputs[] = { "/dev/null", "/dev/full",
	"/proc/self/stat", NULL };

START_TEST(output_that_nobody_need_read)
{
	struct shared *s = open_family();
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		close(STDOUT_FILENO);
		if (outputs[_i])
			open(outputs[_i], O_RDWR);
		s->pids[0] = getpid();
		be_module(s);
	}
	ck_assert(comes_to(s, 1, NOTICED));
	ck_assert(!comes_to(s, 2, SPARED));
	kill(child, SIGTERM);
	ck_assert(comes_to(s, 2, NOTICED));
	ck_assert_int_eq(s->signal, SIGTERM);
	close_family(s);
}
END_TEST

/* What is left is to print: that is not cut. */
START_TEST(an_ignored_death)
{
	struct shared *s = open_family();
	pid_t parent = fork();

	ck_assert_int_ge(parent, 0);
	if (parent == 0 && fork() > 0)
		for (;;)
			pause();
	if (parent == 0) {
		s->pids[0] = getppid();
		interrupt_catch();
		interrupt_watch_parents();
		interrupt_ignore();
		kill(getppid(), SIGKILL);
		s->again = readable(SPARED) || interrupt_signal();
		s->ready = 1;
		_exit(0);
	}
	ck_assert(comes_to(s, 1, NOTICED));
	ck_assert_int_eq(s->again, 0);
	close_family(s);
}
END_TEST

/* Nor does anything of it stay behind. */
START_TEST(ends_when_it_is_told)
{
	interrupt_unwatch_parents();
	interrupt_catch();
	for (int i = 0; i < 2000; i++) {
		interrupt_watch_parents();
		interrupt_unwatch_parents();
	}
	ck_assert_int_eq(interrupt_signal(), 0);
	ck_assert_int_lt(dup(STDOUT_FILENO), 50);
}
END_TEST

/* A signal is for whoever waits, not for the thread that watches. */
START_TEST(signals_still_end_a_pause)
{
	struct shared *s = open_family();

	beget(s, "sh", true);
	ck_assert(comes_to(s, 1, NOTICED));
	for (int i = 0; i < 20 && s->ready == 1; i++) {
		kill(youngest(s), SIGINT);
		usleep(1000);
	}
	ck_assert(comes_to(s, 2, NOTICED));
	ck_assert_int_eq(s->signal, SIGINT);
	close_family(s);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("interrupt_parents");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, notices_who_dies, 0, COUNT(rows));
	tcase_add_loop_test(t, notices_it_without_pidfds, 0, 6);
	tcase_add_loop_test(t, one_that_is_stopped_lives, 0, 2);
	tcase_add_test(t, notices_that_nobody_reads);
	tcase_add_loop_test(t, output_that_nobody_need_read, 0, COUNT(outputs));
	tcase_add_test(t, an_ignored_death);
	tcase_add_test(t, ends_when_it_is_told);
	tcase_add_test(t, signals_still_end_a_pause);
	suite_add_tcase(s, t);
	return s;
}
