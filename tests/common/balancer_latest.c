/* SPDX-License-Identifier: Apache-2.0 */
/* What results show of a balancer, when steps were refused or not looked at. */
#include "common/balancer.h"
#include "common/node.h"
#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define LB           "/balancer/loadbalancers/7"
#define GET          "GET " LB " "
#define POST         "POST " LB "/nodes "
#define PUT          "PUT " LB " "
#define OLD          "{'id': 1, 'address': '10.0.0.1', 'port': 80}"
#define NEW(more)    "{'address': '10.0.0.2', 'port': 80" more "}"
#define IS(status, timeout, nodes)                                             \
	"{'id': 7, 'status': '" status "', 'timeout': " timeout                \
	", 'nodes': [" nodes "]}"
#define READ(status, timeout, nodes)                                           \
	GET "200 {'loadBalancer': " IS(status, timeout, nodes) "}\n"
#define ANSWER "202 {'nodes': [" NEW(", 'id': 2, 'status': 'OFFLINE'") "]}\n"

/* The node 10.0.0.2 is added, then the timeout becomes 60: what is sent and
 * answered, and what is known of the balancer then. */
static const struct {
	const char *script, *known;
	enum step_wait wait;
} rows[] = {
	/* Refused: as it was found. */
	{ POST "413 {'message': 'Nodes must not exceed 25'}",
		IS("ACTIVE", "30", OLD), WAIT_LOOK },
	{ POST "422 {'message': 'Load Balancer has a status of ERROR\\u0027 "
	       "and is considered immutable'}",
		IS("ACTIVE", "30", OLD), WAIT_USABLE },
	/* One accepted, the other refused: with the id that the answer tells.
	 */
	{ POST ANSWER READ("ACTIVE", "30", OLD) PUT "400 no",
		IS("PENDING_UPDATE", "30",
			OLD ", " NEW(", 'id': 2, 'status': 'OFFLINE'")),
		WAIT_LOOK },
	/* An answer without it: the node is there, its id is not known. */
	{ POST "202\n" READ("ACTIVE", "30", OLD) PUT "400 no",
		IS("PENDING_UPDATE", "30", OLD ", " NEW("")), WAIT_LOOK },
	/* Both accepted, and no look succeeds. */
	{ POST ANSWER READ("ACTIVE", "30", OLD) PUT "202\n+" GET "500",
		IS("PENDING_UPDATE", "60",
			OLD ", " NEW(", 'id': 2, 'status': 'OFFLINE'")),
		WAIT_LOOK },
	{ POST ANSWER READ("ACTIVE", "30", OLD) PUT "202\n+" GET "500",
		IS("PENDING_UPDATE", "60",
			OLD ", " NEW(", 'id': 2, 'status': 'OFFLINE'")),
		WAIT_USABLE },
	/* As it was read last, whatever was planned. */
	{ POST ANSWER READ("ACTIVE", "30", OLD) PUT
		"202\n" READ("ERROR", "30", ""),
		IS("ERROR", "30", ""), WAIT_USABLE },
	{ POST ANSWER READ("ACTIVE", "30", OLD) PUT
		"202\n" READ("ACTIVE", "61", OLD),
		IS("ACTIVE", "61", OLD), WAIT_LOOK },
	/* Nobody knows whether it was done. */
	{ POST ANSWER READ("ACTIVE", "30", OLD) "+" PUT "cut",
		IS("PENDING_UPDATE", "30",
			OLD ", " NEW(", 'id': 2, 'status': 'OFFLINE'")),
		WAIT_LOOK },
};

static const cJSON *plan_both(struct errand *x, enum step_wait wait)
{
	const cJSON *found = errand_json(x, IS("ACTIVE", "30", OLD));

	node_add(&x->task, found, errand_json(x, "[" NEW("") "]"), wait);
	balancer_update(&x->task, balancer_so_far(&x->task, found),
		errand_json(x, "{'timeout': 60}"), wait);
	return found;
}

START_TEST(shows_what_is_known)
{
	const cJSON *found;
	struct errand x;

	errand_open(&x, rows[_i].script);
	found = plan_both(&x, rows[_i].wait);
	errand_apply(&x, 3000);
	errand_check_json(balancer_latest(&x.task, found), rows[_i].known);
	errand_close(&x);
}
END_TEST

START_TEST(shows_what_would_be_in_check_mode)
{
	const cJSON *found;
	struct errand x;

	errand_open(&x, "");
	x.task.check = true;
	found = plan_both(&x, WAIT_LOOK);
	errand_check_json(balancer_latest(&x.task, found),
		IS("ACTIVE", "60",
			OLD ", " NEW(", 'id': '<10.0.0.2:80.id>', 'status': "
				     "'ONLINE'")));
	errand_close(&x);
}
END_TEST

/* One that was not made is not there; of one that was, the answer is known. */
static const struct {
	const char *script, *known;
} creates[] = {
	{ "400 no", "null" },
	{ "202 {}\n+GET /balancer/loadbalancers?name=edge&limit=100 200 "
	  "{'loadBalancers': []}",
		"null" },
	{ "202 {'loadBalancer': {'id': 8, 'status': 'BUILD'}}\n+"
	  "GET /balancer/loadbalancers/8 500",
		"{'id': 8, 'status': 'BUILD'}" },
};

START_TEST(shows_no_balancer_that_was_not_made)
{
	char *script = mem_printf(
		"POST /balancer/loadbalancers %s", creates[_i].script);
	const cJSON *latest;
	struct errand x;

	errand_open(&x, script);
	balancer_create(&x.task,
		&(struct balancer_wish){ .name = "edge", .vip_type = "PUBLIC" },
		WAIT_LOOK);
	errand_apply(&x, 3000);
	latest = balancer_latest(&x.task, NULL);
	errand_check_json(
		latest ? latest : errand_json(&x, "null"), creates[_i].known);
	errand_close(&x);
	mem_free(script);
}
END_TEST

/* Where the answer to an addition names no node, a look does. */
START_TEST(looks_for_an_id_that_was_not_told)
{
	const cJSON *found;
	struct errand x;

	errand_open(&x,
		POST "202\n" READ("ACTIVE", "30", NEW(", 'id': 2") ", " OLD));
	found = errand_json(&x, IS("ACTIVE", "30", OLD));
	node_add(&x.task, found, errand_json(&x, "[" NEW("") "]"), WAIT_NOT);
	ck_assert_int_eq(errand_apply(&x, 3000), 0);
	errand_check_json(balancer_latest(&x.task, found),
		IS("ACTIVE", "30", NEW(", 'id': 2") ", " OLD));
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("balancer_latest");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, shows_what_is_known, 0, COUNT(rows));
	tcase_add_test(t, shows_what_would_be_in_check_mode);
	tcase_add_loop_test(
		t, shows_no_balancer_that_was_not_made, 0, COUNT(creates));
	tcase_add_test(t, looks_for_an_id_that_was_not_told);
	suite_add_tcase(s, t);
	return s;
}
