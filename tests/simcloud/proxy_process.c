/* SPDX-License-Identifier: Apache-2.0 */
/* How HAProxy begins and ends. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/cloud/proxy.h"
#include "tests/simcloud/support/client.h"
#include "tests/simcloud/support/stage.h"

Suite *suite(void);

static struct stage *stage;

static void set_up(void)
{
	stage = stage_new();
}

static void tear_down(void)
{
	stage_free(stage);
	ck_assert_int_eq(stage_processes(NULL), 0);
}

static void ignore(void *context)
{
	(void)context;
}

START_TEST(does_nothing_without_haproxy)
{
	struct err e;
	struct proxies *none = proxy_new(NULL, ignore, NULL, &e);

	proxy_set(none, 1, &stage->plan);
	while (proxy_outcome(none, 1, NULL) == PROXY_PENDING)
		stage_pause();
	ck_assert_int_eq(proxy_outcome(none, 1, NULL), PROXY_DONE);
	ck_assert_int_eq(client_connect(stage->vip, stage->port), -1);
	proxy_free(none);
}
END_TEST

START_TEST(says_why_a_start_failed)
{
	static const char *const programs[] = { "/nonexistent", "/bin/false" };
	char *problem;
	struct err e;

	for (size_t i = 0; i < 2; i++) {
		struct proxies *bad = proxy_new(programs[i], ignore, NULL, &e);

		proxy_set(bad, 1, &stage->plan);
		while (proxy_outcome(bad, 1, &problem) == PROXY_PENDING)
			stage_pause();
		ck_assert_ptr_nonnull(strstr(problem, programs[i]));
		mem_free(problem);
		ck_assert_int_eq(client_connect(stage->vip, stage->port), -1);
		proxy_free(bad);
	}
	stage->plan.balance = "no-such-algorithm";
	ck_assert_int_eq(stage_try(stage, 1), PROXY_FAILED);
	proxy_outcome(stage->proxies, 1, &problem);
	ck_assert_ptr_nonnull(strstr(problem, "balance only supports"));
	mem_free(problem);
}
END_TEST

START_TEST(notices_that_haproxy_has_ended)
{
	pid_t haproxy;

	stage_become(stage, "r");
	ck_assert_int_eq(stage_processes(&haproxy), 1);
	kill(haproxy, SIGKILL);
	ck_assert_int_eq(stage_wait_not(stage, 1, PROXY_DONE), PROXY_FAILED);
	ck_assert_int_eq(client_connect(stage->vip, stage->port), -1);
	stage_set(stage, 1);
	ck_assert_int_eq(stage_ask(stage), 0);
}
END_TEST

/* A process of its own that has a balancer, and tells its port. */
static void __attribute__((noreturn)) hold(int ready)
{
	struct stage *own = stage_new();
	char line[64] = "";

	stage_nodes(own, "r");
	stage_set(own, 1);
	snprintf(line, sizeof(line), "%s %u", own->vip, own->port);
	if (write(ready, line, sizeof(line)) == sizeof(line))
		pause();
	_exit(1);
}

START_TEST(dies_with_its_parent)
{
	char line[64] = "", vip[64];
	unsigned int port;
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		hold(ends[1]);
	ck_assert_int_eq(read(ends[0], line, sizeof(line)), sizeof(line));
	ck_assert_int_eq(sscanf(line, "%63s %u", vip, &port), 2);
	close(client_connect(vip, (uint16_t)port));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* The kernel has sent the signal by now; its effect may take a
	 * moment. */
	while (client_connect(vip, (uint16_t)port) >= 0)
		stage_pause();
	ck_assert_int_eq(errno, ECONNREFUSED);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("proxy_process");
	TCase *all = tcase_create("all"), *alone = tcase_create("alone");

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_set_timeout(all, 120);
	tcase_set_timeout(alone, 120);
	tcase_add_test(all, does_nothing_without_haproxy);
	tcase_add_test(all, says_why_a_start_failed);
	tcase_add_test(all, notices_that_haproxy_has_ended);
	tcase_add_test(alone, dies_with_its_parent);
	suite_add_tcase(s, all);
	suite_add_tcase(s, alone);
	return s;
}
