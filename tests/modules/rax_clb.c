/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake.h"

#include "common/mem.h"

extern const struct module module;
Suite *suite(void);

#define LIST(items)                                                            \
	"GET /loadbalancers?name=edge&limit=100 200 {'loadBalancers': [" items \
	"]}\n"
#define SUMMARY(id, status)                                                    \
	"{'id': " id ", 'name': 'edge', 'status': '" status "'}"
#define NONE LIST("")
#define FOUND                                                                  \
	LIST(SUMMARY("7", "ACTIVE"))                                           \
	"GET /loadbalancers?name=edge&limit=100&marker=7 200 "                 \
	"{'loadBalancers': [" SUMMARY("7", "ACTIVE") "]}\n"
#define DETAILS(status, more)                                                  \
	"200 {'loadBalancer': {'id': 7, 'name': 'edge', 'protocol': "          \
	"'HTTP', 'port': 80, 'algorithm': 'LEAST_CONNECTIONS', 'timeout': "    \
	"30, 'status': '" status "', 'virtualIps': [{'id': 9, 'type': "        \
	"'PUBLIC', 'ipVersion': 'IPV4', 'address': '203.0.113.9'}]" more       \
	"}}\n"
#define READ             "GET /loadbalancers/7 "
#define IS(status, more) READ DETAILS(status, more)
#define META                                                                   \
	", 'metadata': [{'id': 1, 'key': 'team', 'value': 'blue'}, {'id': "    \
	"2, 'key': 'n', 'value': '5'}, {'id': 3, 'key': 'ansible-live', "      \
	"'value': '41'}, {'id': 4, 'key': 'ansible-run', 'value': 'm'}]"

#define ACTIVE       IS("ACTIVE", "")
#define ACTIVE_META  IS("ACTIVE", META)
#define BUILDING     IS("BUILD", "")
#define PENDING_META IS("PENDING_UPDATE", META)
#define GOING        IS("PENDING_DELETE", "")
#define BROKEN       IS("ERROR", "")

static const struct fake_case cases[] = {
	{ .given = "{}", .fails = "missing required arguments: name" },
	{ .given = "{'name': 'edge', 'timeout': 5}",
		.fails = "\"timeout\" must be greater than or equal to 30" },
	{ .given = "{'name': 'edge', 'health_monitor': {'type': 'HTTP', "
		   "'delay': 0}}",
		.cloud = NONE,
		.fails = "health_monitor: delay must be 1 to 3600" },
	{ .given = "{'name': 'edge'}",
		.cloud = NONE "POST /loadbalancers 202 {'loadBalancer': "
			      "{'id': 7}}\n" BUILDING,
		.requests = "POST /loadbalancers",
		.result = "{'changed': true, 'balancer': {'id': 7, 'status': "
			  "'BUILD', 'session_persistence': '', "
			  "'connection_logging': false, 'virtual_ips': "
			  "[{'ip_version': 'IPV4'}]}}" },
	{ .given = "{'name': 'edge', 'wait': true, 'session_persistence': "
		   "'HTTP_COOKIE', 'health_monitor': {'type': 'HTTP', "
		   "'path': '/health', 'delay': 1}, 'meta': {'a': 1}}",
		.check = true,
		.cloud = NONE,
		.requests = "POST /loadbalancers",
		.result = "{'balancer': {'id': '<edge.id>', 'virtual_ips': "
			  "[{'address': '<edge.address>'}]}, 'requests': "
			  "[{'body': {'loadBalancer': {'metadata': [{'key': "
			  "'a', 'value': '1'}], 'healthMonitor': {'type': "
			  "'HTTP', 'delay': 1, 'timeout': 10, "
			  "'attemptsBeforeDeactivation': 3, 'path': "
			  "'/health'}, 'sessionPersistence': "
			  "{'persistenceType': 'HTTP_COOKIE'}, "
			  "'virtualIps': [{'type': 'PUBLIC'}]}}}]}" },
	/* The same again; without meta the metadata are nobody's business. */
	{ .given = "{'name': 'edge'}",
		.cloud = FOUND ACTIVE_META,
		.result = "{'changed': false}" },
	{ .given = "{'name': 'edge', 'meta': {'n': 5, 'team': 'blue'}}",
		.cloud = FOUND ACTIVE_META,
		.result = "{'changed': false}" },
	/* The whole of the other keys; ansible- keys only when named. */
	{ .given = "{'name': 'edge', 'meta': {'n': 6, 'new': 'x'}}",
		.check = true,
		.cloud = FOUND ACTIVE_META,
		.requests = "DELETE /loadbalancers/7/metadata?id=1\n"
			    "PUT /loadbalancers/7/metadata/2\n"
			    "POST /loadbalancers/7/metadata",
		.result = "{'balancer': {'metadata': [{'key': 'n', 'value': "
			  "'6'}, {'key': 'ansible-live'}, {'key': 'new'}]}}" },
	{ .given = "{'name': 'edge', 'meta': {}}",
		.check = true,
		.cloud = FOUND ACTIVE_META,
		.requests = "DELETE /loadbalancers/7/metadata?id=1&id=2" },
	{ .given = "{'name': 'edge', 'meta': {'ansible-live': '42', "
		   "'ansible-previous': null}}",
		.check = true,
		.cloud = FOUND ACTIVE_META,
		.requests = "PUT /loadbalancers/7/metadata/3" },
	/* Settings and metadata in one run: ACTIVE in between. */
	{ .given = "{'name': 'edge', 'port': 81, 'meta': {'n': 5, 'team': "
		   "'red'}, 'wait': true}",
		.cloud = FOUND ACTIVE_META
		"PUT /loadbalancers/7 202\n" PENDING_META ACTIVE_META
		"PUT /loadbalancers/7/metadata/1 422 {'message': 'Load "
		"Balancer \\u00277\\u0027 has a status of "
		"\\u0027PENDING_UPDATE\\u0027 and is considered immutable.'}\n" ACTIVE_META
		"PUT /loadbalancers/7/metadata/1 200\n" ACTIVE_META,
		.requests = "PUT /loadbalancers/7\n"
			    "PUT /loadbalancers/7/metadata/1\n"
			    "PUT /loadbalancers/7/metadata/1",
		.result = "{'changed': true}" },
	{ .given = "{'name': 'edge', 'port': 81}",
		.cloud = FOUND ACTIVE
		"PUT /loadbalancers/7 422 {'message': 'Load Balancer "
		"\\u00277\\u0027 has a status of \\u0027ERROR\\u0027 and is "
		"considered immutable.'}\n",
		.requests = "PUT /loadbalancers/7",
		.fails = "has a status of 'ERROR' and is considered "
			 "immutable. (changing load balancer 7 in DFW, account "
			 "700123: HTTP 422" },
	{ .given = "{'name': 'edge', 'type': 'SERVICENET', 'port': 81}",
		.cloud = FOUND ACTIVE,
		.fails = "Load balancer Virtual IP type cannot be changed" },
	{ .given = "{'name': 'edge'}",
		.cloud = LIST(SUMMARY("7", "ACTIVE") ", " SUMMARY("8",
			"ACTIVE")) "GET /loadbalancers?name=edge&limit=100&marker=8 200 "
				   "{'loadBalancers': []}",
		.fails = "Multiple Load Balancers were matched by name, try "
			 "using the Load Balancer ID instead" },
	/* A server that ignores the marker sends the first page again. */
	{ .given = "{'name': 'edge', 'state': 'absent'}",
		.cloud = LIST(SUMMARY("7", "DELETED") ", " SUMMARY("8",
			"DELETED")) "GET /loadbalancers?name=edge&limit=100&marker=8 200 "
				    "{'loadBalancers': [" SUMMARY(
					    "7", "DELETED") "]}",
		.result = "{'changed': false, 'balancer': {}}" },
	{ .given = "{'name': '7', 'state': 'absent', 'wait': true}",
		.cloud =
			ACTIVE "DELETE /loadbalancers/7 202\n" GOING READ "404",
		.requests = "DELETE /loadbalancers/7",
		.result = "{'changed': true, 'balancer': {'id': 7}}" },
	{ .given = "{'name': '7', 'state': 'absent', 'wait': true, "
		   "'wait_timeout': 2}",
		.cloud = ACTIVE "DELETE /loadbalancers/7 202\n+" GOING,
		.requests = "DELETE /loadbalancers/7",
		.fails = "Timeout waiting" },
	{ .given = "{'name': 'edge', 'wait': true, 'wait_timeout': 2}",
		.cloud = NONE "POST /loadbalancers 202 {'loadBalancer': "
			      "{'id': 7}}\n+" BUILDING,
		.requests = "POST /loadbalancers",
		.fails = "Timeout waiting on 7",
		.result = "{'changed': true, 'balancer': {'status': "
			  "'BUILD'}}" },
	{ .given = "{'name': 'edge', 'wait': true}",
		.cloud = NONE "POST /loadbalancers 202 {'loadBalancer': "
			      "{'id': 7}}\n" BROKEN,
		.requests = "POST /loadbalancers",
		.fails = "7 failed to build" },
	{ .given = "{'name': 'edge', 'health_monitor': {'type': 'none'}}",
		.cloud = FOUND ACTIVE
		"GET /loadbalancers/7/healthmonitor 200 {'healthMonitor': "
		"{'type': 'CONNECT'}}\n"
		"DELETE /loadbalancers/7/healthmonitor 202\n" ACTIVE,
		.requests = "DELETE /loadbalancers/7/healthmonitor",
		.result = "{'changed': true}" },
};

START_TEST(runs)
{
	fake_check(&module, &cases[_i]);
}
END_TEST

/* The mark is random, so this balancer is found by a script that says nothing
 * of it only when none was made: then the create is sent again. */
START_TEST(a_lost_create_is_looked_for_before_it_is_repeated)
{
	cJSON *log;
	cJSON *result = fake_run(&module, "{'name': 'edge'}",
		NONE "POST /loadbalancers cut\n"
		     "+GET /loadbalancers?name=edge&limit=100 200 "
		     "{'loadBalancers': []}\n"
		     "POST /loadbalancers 202 {'loadBalancer': {'id': "
		     "7}}\n" BUILDING,
		false, &log);

	ck_assert(!json_bool(result, "failed"));
	ck_assert_int_ge(fake_elapsed(), 5000);
	cJSON_Delete(log);
	cJSON_Delete(result);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("rax_clb");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, runs, 0, sizeof(cases) / sizeof(*cases));
	tcase_add_test(t, a_lost_create_is_looked_for_before_it_is_repeated);
	suite_add_tcase(s, t);
	return s;
}
