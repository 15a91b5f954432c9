/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes, beyond what modules/rax_clb_nodes.c shows. */
#include "common/node.h"

#include "common/balancer.h"
#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define NODES                                                                  \
	"{'id': 7, 'status': 'ACTIVE', 'nodes': [{'id': 1, 'address': "        \
	"'10.0.0.1', 'port': 80}, {'id': '2', 'address': '10.0.0.1', 'port': " \
	"81}, {'id': 3, 'address': '2001:0DB8:0:0:0:0:0:1', 'port': 80}, "     \
	"{'id': 4, 'address': 'web.example.org', 'port': 80}, {'id': 5}, 7, "  \
	"null]}"

static const struct {
	const char *id, *address;
	int64_t port;
	const char *found; /* its id, or NULL */
} finds[] = {
	{ "1", NULL, 0, "1" },
	{ "2", NULL, 0, "2" },
	{ "9", NULL, 0, NULL },
	{ NULL, "10.0.0.1", 0, "1" },
	{ NULL, "10.0.0.1", 81, "2" },
	{ NULL, "10.0.0.1", 82, NULL },
	{ NULL, NULL, 81, "2" },
	{ NULL, "2001:db8::1", 80, "3" },
	{ NULL, "WEB.example.org", 80, "4" },
	{ "1", "10.0.0.1", 81, NULL },
	{ "2", "10.0.0.1", 81, "2" },
	{ "5", NULL, 0, "5" },
	{ "5", "10.0.0.1", 0, NULL },
	{ "", NULL, 0, NULL },
	{ NULL, NULL, 0, NULL },
	{ NULL, NULL, -1, NULL },
};

START_TEST(finds_nodes)
{
	cJSON *balancer = json_literal(NODES);
	const cJSON *node = node_find(
		balancer, finds[_i].id, finds[_i].address, finds[_i].port);

	ck_assert_pstr_eq(
		json_scalar_text(json_member(node, "id")), finds[_i].found);
	cJSON_Delete(balancer);
}
END_TEST

START_TEST(finds_none_where_there_are_none)
{
	cJSON *balancer = json_literal("{'id': 7}");

	ck_assert_ptr_null(node_find(balancer, "1", NULL, 0));
	ck_assert_ptr_null(node_find(NULL, "1", NULL, 0));
	cJSON_Delete(balancer);
}
END_TEST

/* How many nodes are removed, in how many requests. */
static const struct {
	int nodes;
	size_t requests;
	const char *last;
} removals[] = {
	{ 0, 0, NULL },
	{ 1, 1, "/loadbalancers/7/nodes/1" },
	{ 2, 1, "/loadbalancers/7/nodes?id=1&id=2" },
	{ 10, 1,
		"/loadbalancers/7/nodes?id=1&id=2&id=3&id=4&id=5&id=6&id=7&id="
		"8&id=9&id=10" },
	{ 11, 2, "/loadbalancers/7/nodes/11" },
	{ 20, 2, NULL },
	{ 25, 3, "/loadbalancers/7/nodes?id=21&id=22&id=23&id=24&id=25" },
};

/* A request that names no id removes nobody knows what: it is never sent. */
static const struct {
	const char *nodes, *paths; /* the paths behind the balancer's */
} nameless[] = {
	{ "[{'address': 'a'}]", "[]" },
	{ "[{'id': ''}, {'id': 5}, {'id': null}]", "['/nodes/5']" },
	{ "[{'id': 5}, {}, {'id': 6}, {'id': []}]", "['/nodes?id=5&id=6']" },
};

START_TEST(removes_only_what_has_an_id)
{
	struct errand x;
	cJSON *paths = cJSON_CreateArray();

	errand_open(&x, "");
	node_remove(&x.task, errand_json(&x, "{'id': 7}"),
		errand_json(&x, nameless[_i].nodes), WAIT_NOT);
	for (size_t i = 0; i < x.plan.count; i++)
		json_append(paths, json_new_str(x.plan.steps[i]->path +
						strlen("/loadbalancers/7")));
	errand_check_json(paths, nameless[_i].paths);
	cJSON_Delete(paths);
	errand_close(&x);
}
END_TEST

START_TEST(long_ids_are_all_named)
{
	struct errand x;
	cJSON *nodes;
	char id[1001];

	errand_open(&x, "");
	nodes = errand_json(&x, "[]");
	memset(id, 'x', 1000);
	id[1000] = '\0';
	for (int i = 0; i < 10; i++)
		json_append(nodes, json_object(JSON_STR("id", id)));
	node_remove(&x.task, errand_json(&x, "{'id': 7}"), nodes, WAIT_NOT);
	ck_assert_uint_eq(x.plan.count, 1);
	ck_assert_uint_gt(strlen(x.plan.steps[0]->path), 10000);
	errand_close(&x);
}
END_TEST

START_TEST(removes_ten_at_a_time)
{
	cJSON *balancer, *nodes;
	const cJSON *object;
	struct errand x;

	errand_open(&x, "");
	balancer = errand_json(&x, "{'id': 7, 'status': 'ACTIVE', 'nodes': "
				   "[{'id': 99}]}");
	nodes = errand_json(&x, "[]");
	for (int i = 1; i <= removals[_i].nodes; i++) {
		json_append(nodes, json_object(JSON_INT("id", i)));
		json_append(json_member(balancer, "nodes"),
			json_object(JSON_INT("id", i)));
	}
	node_remove(&x.task, balancer, nodes, WAIT_NOT);
	ck_assert_uint_eq(x.plan.count, removals[_i].requests);
	if (removals[_i].last)
		ck_assert_str_eq(x.plan.steps[x.plan.count - 1]->path,
			removals[_i].last);
	if (x.plan.count) {
		object = x.plan.steps[x.plan.count - 1]->object;
		errand_check_json(json_member(object, "nodes"), "[{'id': 99}]");
	}
	errand_close(&x);
}
END_TEST

/* The id is in the path, and never in the body (load-balancers.md A3). */
START_TEST(changes_one)
{
	struct errand x;

	errand_open(&x, "");
	node_change(&x.task, errand_json(&x, NODES),
		errand_json(&x, "[{'id': 3, 'condition': 'DRAINING'}]"),
		WAIT_NOT);
	ck_assert_uint_eq(x.plan.count, 1);
	ck_assert_str_eq(x.plan.steps[0]->path, "/loadbalancers/7/nodes/3");
	errand_check_json(
		x.plan.steps[0]->body, "{'node': {'condition': 'DRAINING'}}");
	errand_close(&x);
}
END_TEST

START_TEST(changes_many)
{
	struct errand x;

	errand_open(&x, "");
	node_change(&x.task, errand_json(&x, NODES),
		errand_json(&x, "[{'id': 3, 'condition': 'DRAINING'}, {'id': "
				"'2', 'weight': 5}]"),
		WAIT_NOT);
	ck_assert_uint_eq(x.plan.count, 1);
	ck_assert_str_eq(x.plan.steps[0]->path, "/loadbalancers/7/nodes");
	errand_check_json(x.plan.steps[0]->body,
		"{'nodes': [{'id': '2', 'weight': 5}, {'id': 3, 'condition': "
		"'DRAINING'}]}");
	errand_close(&x);
}
END_TEST

#define BULK "/loadbalancers/7/nodes"

/* Something serves all the time, also where the changes are made one by one. */
START_TEST(what_comes_serves_before_what_goes)
{
	static const char *const paths[] = { BULK "/2", BULK "/5", BULK "/1",
		BULK "/3", BULK "/4" };
	struct errand x;
	struct step *refused;

	errand_open(&x, "");
	refused = balancer_change(&x.task, errand_json(&x, NODES), "PUT",
		"/nodes", errand_json(&x, "{'nodes': []}"), "changing",
		WAIT_NOT);
	refused->state = STEP_FAILED;
	plan_again(&x.plan);
	node_change(&x.task, errand_json(&x, NODES),
		errand_json(&x,
			"[{'id': 1, 'condition': 'DRAINING'}, {'id': 2, "
			"'condition': 'ENABLED'}, {'id': 3, 'type': "
			"'SECONDARY'}, {'id': 4, 'condition': 'DISABLED'}, "
			"{'id': 5, 'weight': 9}]"),
		WAIT_NOT);
	ck_assert_uint_eq(x.plan.count, 1 + COUNT(paths));
	for (size_t i = 0; i < COUNT(paths); i++)
		ck_assert_str_eq(x.plan.steps[1 + i]->path, paths[i]);
	errand_close(&x);
}
END_TEST

START_TEST(adds_all_in_one_request)
{
	struct errand x;

	errand_open(&x, "");
	node_add(&x.task, errand_json(&x, "{'id': 7}"),
		errand_json(&x, "[{'address': '10.0.0.1', 'port': 80}, "
				"{'address': '10.0.0.2', 'port': 80}]"),
		WAIT_NOT);
	ck_assert_uint_eq(x.plan.count, 1);
	ck_assert_str_eq(x.plan.steps[0]->method, "POST");
	errand_check_json(x.plan.steps[0]->body,
		"{'nodes': [{'address': '10.0.0.1', 'port': 80}, {'address': "
		"'10.0.0.2', 'port': 80}]}");
	ck_assert_int_eq(
		json_size(json_get(x.plan.steps[0]->object, "nodes")), 2);
	errand_close(&x);
}
END_TEST

#define GET "GET /balancer/loadbalancers/7 "
#define IN(status, nodes)                                                      \
	"200 {'loadBalancer': {'id': 7, 'status': '" status                    \
	"', 'nodes': [" nodes "]}}\n"
#define LB(nodes) IN("ACTIVE", nodes)
#define N(address, status)                                                     \
	"{'id': 1, 'address': '" address "', 'port': 80, 'status': '" status   \
	"'}"

/* Waiting for 10.0.0.1:80 and [::1]:80. */
static const struct {
	const char *script, *words;
	enum err_code code;
} waits[] = {
	{ GET LB(N("10.0.0.1", "ONLINE") ", " N("0:0:0:0:0:0:0:1", "ONLINE")),
		NULL, ERR_NONE },
	{ GET LB(N("10.0.0.1", "ONLINE")) GET LB(
		  N("10.0.0.1", "OFFLINE") ", " N("::1", "ONLINE"))
			GET LB(N("10.0.0.1", "ONLINE") ", " N("::1", "ONLINE")),
		NULL, ERR_NONE },
	{ GET "503\n" GET LB(N("10.0.0.1", "ONLINE") ", " N("::1", "ONLINE")),
		NULL, ERR_NONE },
	{ "+" GET LB(N("10.0.0.1", "ONLINE") ", " N("::1", "OFFLINE")),
		"::1:80|load balancer 7|OFFLINE", ERR_TIME },
	{ "+" GET LB(N("10.0.0.1", "ONLINE")), "::1:80|not there", ERR_TIME },
	{ "+" GET "200 {}", "no \"loadBalancer\"|load balancer 7", ERR_TIME },
	{ GET IN("PENDING_UPDATE", N("10.0.0.1", "ONLINE"))
			GET LB(N("10.0.0.1", "ONLINE") ", " N("::1", "ONLINE")),
		NULL, ERR_NONE },
	/* Asked once: there is nothing to wait for. */
	{ GET "404 {'message': 'Load balancer not found'}",
		"not found|waiting for the nodes of load balancer 7",
		ERR_ABSENT },
	{ GET "410 {'message': 'The loadbalancer is marked as deleted.'}",
		"marked as deleted", ERR_ABSENT },
	{ GET IN("PENDING_DELETE", N("10.0.0.1", "ONLINE")),
		"status of 'PENDING_DELETE'|load balancer 7", ERR_OTHER },
	{ GET IN("ERROR", N("10.0.0.1", "ONLINE") ", " N("::1", "ONLINE")),
		"status of 'ERROR'|delete it and make another", ERR_OTHER },
	{ GET IN("SUSPENDED", ""), "status of 'SUSPENDED'", ERR_OTHER },
};

START_TEST(waits_until_they_are_online)
{
	struct errand x;
	int rc;

	errand_open(&x, waits[_i].script);
	node_await_online(&x.task, errand_json(&x, "{'id': 7}"),
		errand_json(&x, "[{'address': '10.0.0.1', 'port': 80}, "
				"{'address': '::1', 'port': 80}]"));
	rc = errand_apply(&x, 20000);
	ck_assert_int_eq(rc, waits[_i].words ? -1 : 0);
	if (rc) {
		account_check_words(x.e->text, waits[_i].words);
		ck_assert_int_eq(x.e->code, waits[_i].code);
	}
	ck_assert(!plan_changes(&x.plan, false));
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("node");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, finds_nodes, 0, COUNT(finds));
	tcase_add_test(t, finds_none_where_there_are_none);
	tcase_add_loop_test(t, removes_ten_at_a_time, 0, COUNT(removals));
	tcase_add_loop_test(t, removes_only_what_has_an_id, 0, COUNT(nameless));
	tcase_add_test(t, long_ids_are_all_named);
	tcase_add_test(t, changes_one);
	tcase_add_test(t, changes_many);
	tcase_add_test(t, what_comes_serves_before_what_goes);
	tcase_add_test(t, adds_all_in_one_request);
	tcase_add_loop_test(t, waits_until_they_are_online, 0, COUNT(waits));
	suite_add_tcase(s, t);
	return s;
}
