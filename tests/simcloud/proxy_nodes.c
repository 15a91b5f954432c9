/* SPDX-License-Identifier: Apache-2.0 */
/* What HAProxy itself has of the nodes that came and went. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/cloud/proxy_one.h"
#include "tests/cloud/proxy_process.h"
#include "tests/simcloud/support/client.h"
#include "tests/simcloud/support/stage.h"

Suite *suite(void);

static struct stage *stage;
static struct proxy_process *process;

static void set_up(void)
{
	char *program = proxy_find();
	struct err e;
	int listener;

	stage = stage_new();
	stage_nodes(stage, "rd");
	listener = proxy_one_bind(stage->vip, stage->port);
	ck_assert_int_eq(listen(listener, 100), 0);
	process = proxy_process_start(program, &stage->plan, listener, 1, &e);
	ck_assert_msg(process != NULL, "%s", e.text);
	close(listener);
	mem_free(program);
}

static void tear_down(void)
{
	proxy_process_end(process);
	stage_free(stage);
}

static void become(const char *states)
{
	struct err e;

	stage_nodes(stage, states);
	ck_assert_msg(proxy_process_nodes(process, &stage->plan, &e) == 0, "%s",
		e.text);
}

/* How many servers HAProxy knows: lines less the two of a heading. */
static int servers(void)
{
	struct str answer;
	struct err e;
	int lines = 0;

	ck_assert_int_eq(proxy_process_command(
				 process, "show servers state b", &answer, &e),
		0);
	for (const char *p = answer.text; *p; p++)
		lines += *p == '\n' && p[1] != '\n' && p[1];
	str_free(&answer);
	return lines - 1;
}

static void tidy_up(void)
{
	while (proxy_process_tidy(process))
		stage_pause();
}

START_TEST(deletes_what_left)
{
	ck_assert_int_eq(servers(), 2);
	for (int i = 0; i < 20; i++) {
		become("rrrr");
		become("--cc");
		become("RdrA");
		become("ad-a");
		become("r");
	}
	tidy_up();
	ck_assert_int_eq(servers(), 1);
	ck_assert_int_eq(stage_ask(stage), 0);
	become("");
	tidy_up();
	ck_assert_int_eq(servers(), 0);
	ck_assert_int_eq(stage_ask(stage), -1);
	become("--r");
	ck_assert_int_eq(stage_ask(stage), 2);
}
END_TEST

/* A server that became a secondary one is deleted when its last request has
 * ended, and not before. */
START_TEST(deletes_nothing_in_use)
{
	int fd = stage_begin_slow(stage, "8");
	bool left = true;

	become("Rd");
	for (int i = 0; i < 5 && left; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
		left = proxy_process_tidy(process);
	}
	ck_assert(left);
	ck_assert(proxy_process_busy(process));
	ck_assert_int_eq(servers(), 3);
	ck_assert(stage_end_slow(fd));
	tidy_up();
	ck_assert_int_eq(servers(), 2);
}
END_TEST

START_TEST(survives_deletion_under_load)
{
	struct client_load *load = client_load_start(
		stage->vip, stage->port, "/?seconds=0.01", 8, 3);
	struct client_counts counts;

	for (int i = 0; i < 60; i++) {
		become(i % 2 ? "rr" : "--rr");
		client_load_wait(load, 10);
		proxy_process_tidy(process);
	}
	counts = client_load_stop(load);
	ck_assert_uint_gt(counts.lost, 0);
	tidy_up();
	ck_assert_int_eq(servers(), 2);
	ck_assert(proxy_process_listen(process));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("proxy_nodes");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_set_timeout(all, 120);
	tcase_add_test(all, deletes_what_left);
	tcase_add_test(all, deletes_nothing_in_use);
	tcase_add_test(all, survives_deletion_under_load);
	suite_add_tcase(s, all);
	return s;
}
