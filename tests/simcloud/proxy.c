/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/proxy.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
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

/* Which servers answer, each for the others; and nobody: 503. */
static const struct {
	const char *states;
	const char *answer; /* their numbers */
} serving[] = {
	{ "", "" },
	{ "r", "0" },
	{ "rr-r", "013" },
	{ "rdac", "0" },
	{ "dac", "" },
	{ "rRR", "0" },
	{ "dRR", "12" },
	{ "cRaR", "13" },
	{ "-AR", "2" },
};

static void check_serving(int row)
{
	const char *answer = serving[row].answer;
	int counts[STAGE_SERVERS];
	int n = (int)strlen(answer) * 4;
	struct client_reply reply;

	ck_assert_int_eq(stage_ask_often(stage, n, counts), 0);
	for (int i = 0; i < STAGE_SERVERS; i++)
		ck_assert_int_eq(counts[i], strchr(answer, '0' + i) ? 4 : 0);
	if (n)
		return;
	reply = client_ask(stage->vip, stage->port, "/");
	ck_assert_int_eq(reply.status, 503);
	client_free(&reply);
}

START_TEST(starts_with_nodes)
{
	stage_become(stage, serving[_i].states);
	check_serving(_i);
}
END_TEST

START_TEST(takes_nodes_later)
{
	stage_become(stage, "");
	stage_become(stage, serving[_i].states);
	check_serving(_i);
}
END_TEST

/* From all in another state, backups apart, to what the row says. */
START_TEST(changes_nodes)
{
	static const char *const before[] = { "rrrr", "dddd", "aaaa", "cccc",
		"RRRR" };

	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
		stage_become(stage, before[i]);
		stage_become(stage, serving[_i].states);
		check_serving(_i);
	}
	ck_assert_int_eq(stage_processes(NULL), 1);
}
END_TEST

/* What becomes of a request that is being answered by server 0. */
static const struct {
	const char *after;
	bool survives;
} endings[] = {
	{ "rr", true },
	{ "dr", true },
	{ "ar", true },
	{ "cr", false },
	{ "-r", false },
	{ "Rr", true }, /* secondary from now on */
	{ "", false },
};

START_TEST(finishes_or_cuts)
{
	const char *seconds = endings[_i].survives ? "0.5" : "60";
	int fd;

	stage_become(stage, "r");
	fd = stage_begin_slow(stage, seconds);
	stage_become(stage, endings[_i].after);
	ck_assert_int_eq(stage_end_slow(fd), endings[_i].survives);
	ck_assert_int_eq(stage_ask(stage), *endings[_i].after == '\0'    ? -1
					   : endings[_i].after[0] == 'r' ? 0
									 : 1);
}
END_TEST

START_TEST(finishes_or_cuts_in_tcp_mode)
{
	const char *seconds = endings[_i].survives ? "0.5" : "60";
	int fd;

	stage->plan.mode = PROXY_TCP;
	stage_become(stage, "r");
	fd = stage_begin_slow(stage, seconds);
	stage_become(stage, endings[_i].after);
	ck_assert_int_eq(stage_end_slow(fd), endings[_i].survives);
}
END_TEST

START_TEST(does_not_try_another_node)
{
	int counts[STAGE_SERVERS];

	stage_become(stage, "rr");
	app_stop(stage->app[0]);
	ck_assert_int_eq(stage_ask_often(stage, 20, counts), 10);
	ck_assert_int_eq(counts[1], 10);
	stage_start_app(stage, 0);
	ck_assert_int_eq(stage_ask_often(stage, 20, counts), 0);
}
END_TEST

static const struct {
	const char *balance;
	int least, most; /* of 100 for server 1, whose weight is 3 of 4 */
} weighted[] = {
	{ "roundrobin", 75, 75 },
	{ "leastconn", 1, 99 },
	{ "random(1)", 50, 95 },
};

START_TEST(weighs)
{
	int counts[STAGE_SERVERS];

	stage->plan.balance = weighted[_i].balance;
	stage_become(stage, "rr");
	stage->nodes[0].weight = 25;
	stage->nodes[1].weight = 75;
	stage_set(stage, 1);
	ck_assert_int_eq(stage_processes(NULL), 1);
	ck_assert_int_eq(stage_ask_often(stage, 100, counts), 0);
	ck_assert_int_ge(counts[1], weighted[_i].least);
	ck_assert_int_le(counts[1], weighted[_i].most);
}
END_TEST

/* Whether they were there at the start or were added one by one. */
START_TEST(asks_all_of_them)
{
	static const char *const steps[] = { "", "-r", "rr", "rr-r", "rrrr" };
	int counts[STAGE_SERVERS];

	stage->plan.balance = weighted[_i].balance;
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		stage_become(stage, steps[i]);
	ck_assert_int_eq(stage_ask_often(stage, 200, counts), 0);
	for (int i = 0; i < STAGE_SERVERS; i++)
		ck_assert_int_ge(counts[i], 15);
}
END_TEST

/* Asks with the cookie and tells which server answered. */
static int ask_with(const char *cookie)
{
	char *request = mem_printf("GET / HTTP/1.1\r\nHost: a\r\n"
				   "Cookie: %s\r\n\r\n",
		cookie);
	int fd = client_connect(stage->vip, stage->port), server;
	struct client_reply reply;

	client_send(fd, request, strlen(request));
	reply = client_read(fd);
	ck_assert_int_eq(reply.status, 200);
	server = stage_server_of(&reply);
	client_free(&reply);
	close(fd);
	mem_free(request);
	return server;
}

static char *get_cookie(int *server)
{
	struct client_reply reply = client_ask(stage->vip, stage->port, "/");
	const char *text = str_find_nocase(reply.head, "\r\nset-cookie: ");
	char *cookie;

	ck_assert_ptr_nonnull(text);
	text += strlen("\r\nset-cookie: ");
	cookie = mem_copy_n(text, strcspn(text, ";\r"));
	*server = stage_server_of(&reply);
	client_free(&reply);
	return cookie;
}

START_TEST(a_client_stays_by_its_cookie)
{
	int server;
	char *cookie;

	stage->plan.cookie = true;
	stage_become(stage, "r");
	stage_become(stage, "rrrr");
	for (int round = 0; round < 4; round++) {
		char states[] = "rrrr";

		cookie = get_cookie(&server);
		for (int i = 0; i < 5; i++)
			ck_assert_int_eq(ask_with(cookie), server);
		states[server] = 'd';
		stage_become(stage, states);
		ck_assert_int_eq(ask_with(cookie), server);
		states[server] = 'a';
		stage_become(stage, states);
		ck_assert_int_ne(ask_with(cookie), server);
		mem_free(cookie);
	}
}
END_TEST

START_TEST(moves_to_another_port)
{
	uint16_t old = stage->port;
	int fd;

	stage_become(stage, "r");
	fd = stage_begin_slow(stage, "0.5");
	stage->port = client_free_port(stage->vip);
	stage->plan.port = stage->port;
	stage_set(stage, 1);
	ck_assert_int_eq(stage_ask(stage), 0);
	ck_assert_int_eq(client_connect(stage->vip, old), -1);
	ck_assert(stage_end_slow(fd));
	while (stage_processes(NULL) > 1)
		stage_pause();
}
END_TEST

/* A client that keeps its connection gets one more answer on it, which says
 * that it was the last. */
START_TEST(an_idle_connection_is_not_cut)
{
	struct client_reply reply;
	int fd;

	stage_become(stage, "r");
	fd = client_connect(stage->vip, stage->port);
	reply = client_get(fd, "/");
	ck_assert(reply.whole && !reply.closes);
	client_free(&reply);
	stage->plan.timeout = 40;
	stage_set(stage, 1);
	reply = client_get(fd, "/");
	ck_assert_int_eq(reply.status, 200);
	ck_assert(reply.whole && reply.closes);
	client_free(&reply);
	close(fd);
}
END_TEST

/* Nodes are changed in the process that only ends what it has, too. */
START_TEST(cuts_in_an_old_process)
{
	int fd;

	stage_become(stage, "r");
	fd = stage_begin_slow(stage, "60");
	stage->plan.balance = "leastconn";
	stage_set(stage, 1);
	ck_assert_int_eq(stage_processes(NULL), 2);
	stage_become(stage, "-r");
	ck_assert(!stage_end_slow(fd));
	while (stage_processes(NULL) > 1)
		stage_pause();
	ck_assert_int_eq(stage_ask(stage), 1);
}
END_TEST

START_TEST(stops_and_starts_again)
{
	stage_become(stage, "r");
	stage->plan.mode = PROXY_OFF;
	stage_set(stage, 1);
	ck_assert_int_eq(client_connect(stage->vip, stage->port), -1);
	ck_assert_int_eq(stage_processes(NULL), 0);
	stage->plan.mode = PROXY_TCP;
	stage_set(stage, 1);
	ck_assert_int_eq(stage_ask(stage), 0);
	proxy_remove(stage->proxies, 1);
	while (stage_processes(NULL) > 0)
		stage_pause();
	ck_assert_int_eq(client_connect(stage->vip, stage->port), -1);
	stage_set(stage, 1);
	ck_assert_int_eq(stage_ask(stage), 0);
}
END_TEST

START_TEST(a_port_has_one_balancer)
{
	uint16_t first = stage->port;
	char *problem;

	stage_become(stage, "r");
	ck_assert_int_eq(stage_try(stage, 2), PROXY_FAILED);
	ck_assert_int_eq(
		proxy_outcome(stage->proxies, 2, &problem), PROXY_FAILED);
	ck_assert_ptr_nonnull(strstr(problem, strerror(EADDRINUSE)));
	ck_assert_ptr_nonnull(strstr(problem, stage->vip));
	mem_free(problem);
	ck_assert_int_eq(stage_ask(stage), 0);
	stage->plan.port = client_free_port(stage->vip);
	stage->port = stage->plan.port;
	stage_nodes(stage, "-r");
	stage_set(stage, 2);
	ck_assert_int_eq(stage_ask(stage), 1);
	/* What it cannot become, it does not become. */
	stage->plan.port = first;
	ck_assert_int_eq(stage_try(stage, 2), PROXY_FAILED);
	ck_assert_int_eq(stage_ask(stage), 1);
	stage->port = first;
	ck_assert_int_eq(stage_ask(stage), 0);
}
END_TEST

START_TEST(never_connects_beyond_the_loopback)
{
	static const char *const far[] = { "192.0.2.1", "10.0.0.1", "::1",
		"2001:DB8:0:0:0:0:0:1", "node.example", "127.1 x" };

	stage_become(stage, "r");
	for (size_t i = 0; i < sizeof(far) / sizeof(*far); i++) {
		struct client_reply reply;

		stage->nodes[0].id++;
		snprintf(stage->nodes[0].address,
			sizeof(stage->nodes[0].address), "%s", far[i]);
		stage_set(stage, 1);
		reply = client_ask(stage->vip, stage->port, "/");
		ck_assert_int_eq(reply.status, 503);
		client_free(&reply);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("proxy");
	TCase *all = tcase_create("all");
	int n_serving = sizeof(serving) / sizeof(*serving);
	int n_endings = sizeof(endings) / sizeof(*endings);

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_set_timeout(all, 120);
	tcase_add_loop_test(all, starts_with_nodes, 0, n_serving);
	tcase_add_loop_test(all, takes_nodes_later, 0, n_serving);
	tcase_add_loop_test(all, changes_nodes, 0, n_serving);
	tcase_add_loop_test(all, finishes_or_cuts, 0, n_endings);
	tcase_add_loop_test(all, finishes_or_cuts_in_tcp_mode, 0, n_endings);
	tcase_add_loop_test(
		all, weighs, 0, sizeof(weighted) / sizeof(*weighted));
	tcase_add_loop_test(
		all, asks_all_of_them, 0, sizeof(weighted) / sizeof(*weighted));
	tcase_add_test(all, does_not_try_another_node);
	tcase_add_test(all, a_client_stays_by_its_cookie);
	tcase_add_test(all, moves_to_another_port);
	tcase_add_test(all, an_idle_connection_is_not_cut);
	tcase_add_test(all, cuts_in_an_old_process);
	tcase_add_test(all, stops_and_starts_again);
	tcase_add_test(all, a_port_has_one_balancer);
	tcase_add_test(all, never_connects_beyond_the_loopback);
	suite_add_tcase(s, all);
	return s;
}
