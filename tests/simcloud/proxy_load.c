/* SPDX-License-Identifier: Apache-2.0 */
/* Changes under traffic: what is drained loses nothing, what is cut does. */
#include <check.h>
#include <stdio.h>
#include <string.h>

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
}

static struct client_load *press(const char *path, unsigned int each)
{
	return client_load_start(stage->vip, stage->port, path, 4, each);
}

static void check_none_lost(struct client_load *load)
{
	struct client_counts counts = client_load_stop(load);

	ck_assert_msg(counts.lost == 0, "%lu of %lu lost, first: %s",
		counts.lost, counts.good + counts.lost, counts.first_loss);
	ck_assert_uint_gt(counts.good, 0);
}

static const struct {
	enum proxy_mode mode;
	const char *balance;
	unsigned int each; /* requests on one connection */
} kinds[] = {
	{ PROXY_HTTP, "roundrobin", 0 },
	{ PROXY_HTTP, "leastconn", 5 },
	{ PROXY_HTTP, "random(1)", 1 },
	{ PROXY_TCP, "roundrobin", 5 },
};

/* Two servers out, two others in, over and over. */
START_TEST(a_drained_swap_loses_nothing)
{
	struct client_load *load;
	int old = 0;

	stage->plan.mode = kinds[_i].mode;
	stage->plan.balance = kinds[_i].balance;
	stage_become(stage, "rr--");
	load = press("/", kinds[_i].each);
	for (int i = 0; i < 25; i++, old = !old) {
		stage_become(stage, "rrrr");
		stage_become(stage, old ? "rrdd" : "ddrr");
		/* A connection in TCP mode has as many requests as that. */
		for (int turn = 0; turn < 6; turn++)
			client_load_turn(load);
		stage_become(stage, old ? "rr--" : "--rr");
		/* Its server may end now. */
		for (int s = 0; s < 2; s++)
			app_stop(stage->app[old ? 2 + s : s]);
		client_load_turn(load);
		for (int s = 0; s < 2; s++)
			stage_start_app(stage, old ? 2 + s : s);
	}
	check_none_lost(load);
	ck_assert_int_eq(stage_processes(NULL), 1);
}
END_TEST

/* The same in other ways; each loses some. */
static const struct {
	const char *after;
	bool stop; /* the server, with the node still in place */
} rough[] = {
	{ "c-rr", false },
	{ "--rr", false },
	{ "r-rr", true },
	{ "d-rr", true },
};

START_TEST(a_rough_end_loses_some)
{
	struct client_load *load;
	struct client_counts counts;

	stage_become(stage, "r---");
	load = press("/?seconds=0.05", 0);
	client_load_wait(load, 4);
	stage_become(stage, rough[_i].after);
	if (rough[_i].stop)
		app_stop(stage->app[0]);
	client_load_turn(load);
	counts = client_load_stop(load);
	ck_assert_uint_gt(counts.lost, 0);
}
END_TEST

START_TEST(another_process_loses_nothing)
{
	static const char *const ways[] = { "random(1)", "leastconn",
		"roundrobin" };
	struct client_load *kept, *anew, *slow;

	stage_become(stage, "rrrr");
	kept = press("/", 0);
	anew = press("/", 1);
	slow = press("/?seconds=0.1", 3);
	for (int i = 0; i < 12; i++) {
		stage->plan.balance = ways[i % 3];
		stage->plan.timeout = 30 + i;
		stage_become(stage, i % 2 ? "rrrr" : "rrrd");
		client_load_turn(kept);
		client_load_turn(anew);
	}
	check_none_lost(kept);
	check_none_lost(anew);
	check_none_lost(slow);
	while (stage_processes(NULL) > 1)
		stage_pause();
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("proxy_load");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_set_timeout(all, 300);
	tcase_add_loop_test(all, a_drained_swap_loses_nothing, 0,
		sizeof(kinds) / sizeof(*kinds));
	tcase_add_loop_test(
		all, a_rough_end_loses_some, 0, sizeof(rough) / sizeof(*rough));
	tcase_add_test(all, another_process_loses_nothing);
	suite_add_tcase(s, all);
	return s;
}
