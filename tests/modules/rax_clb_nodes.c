/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake.h"

extern const struct module module;
Suite *suite(void);

#define READ "GET /loadbalancers/7 "
#define LB(status, nodes)                                                      \
	"200 {'loadBalancer': {'id': 7, 'status': '" status                    \
	"', 'algorithm': 'RANDOM'" nodes "}}\n"
#define ACTIVE_TWO  READ LB("ACTIVE", TWO)
#define ACTIVE_NONE READ LB("ACTIVE", "")
#define PENDING_TWO READ LB("PENDING_UPDATE", TWO)
#define NODE(id, address, condition, status)                                   \
	"{'id': " id ", 'address': '" address                                  \
	"', 'port': 80, 'condition': '" condition                              \
	"', 'type': 'PRIMARY', 'status': '" status "'}"
#define TWO                                                                    \
	", 'nodes': [" NODE("31", "10.0.0.1", "ENABLED", "ONLINE") ", " NODE(  \
		"32", "10.0.0.2", "DRAINING", "OFFLINE") "]"
#define FIRST  "'load_balancer_id': 7, 'address': '10.0.0.1', 'port': 80"
#define SECOND "'load_balancer_id': 7, 'node_id': 32"
#define IMMUTABLE(status)                                                      \
	"422 {'message': 'Load Balancer \\u00277\\u0027 has a status of "      \
	"\\u0027" status "\\u0027 and is considered immutable.'}\n"

#define IMMUTABLE_PENDING IMMUTABLE("PENDING_UPDATE")
#define IMMUTABLE_ERROR   IMMUTABLE("ERROR")
#define ACTIVE_SECOND                                                          \
	READ LB("ACTIVE", ", 'nodes': [" NODE(                                 \
				  "32", "10.0.0.2", "ENABLED", "ONLINE") "]")

static const struct fake_case cases[] = {
	{ .given = "{'address': '10.0.0.1', 'port': 80}",
		.fails = "missing required arguments: load_balancer_id" },
	{ .given = "{" FIRST "}",
		.cloud = READ "404 {'message': 'Load balancer not found'}",
		.fails = "Load balancer not found (reading load balancer 7" },
	{ .given = "{'load_balancer_id': 7, 'address': '10.0.0.9'}",
		.cloud = ACTIVE_NONE,
		.fails = "You must include an address and a port when "
			 "creating a node." },
	{ .given = "{'load_balancer_id': 7, 'node_id': 5}",
		.cloud = ACTIVE_TWO,
		.fails = "Node 5 not found (available nodes: 31, 32)" },
	{ .given = "{'load_balancer_id': 7, 'node_id': 5}",
		.cloud = ACTIVE_NONE,
		.fails = "Node 5 not found" },
	{ .given = "{" FIRST ", 'condition': 'enabled'}",
		.cloud = ACTIVE_TWO,
		.result = "{'changed': false, 'state': 'present', 'node': "
			  "{'id': 31, 'condition': 'ENABLED', 'weight': "
			  "1}}" },
	/* A weight that the API does not show is not changed for ever. */
	{ .given = "{" FIRST ", 'weight': 20}",
		.cloud = ACTIVE_TWO,
		.result = "{'changed': false}" },
	{ .given = "{" SECOND ", 'condition': 'enabled'}",
		.cloud = ACTIVE_TWO "PUT /loadbalancers/7/nodes/32 202",
		.requests = "PUT /loadbalancers/7/nodes/32",
		.result = "{'changed': true, 'node': {'id': 32, 'condition': "
			  "'ENABLED'}}" },
	{ .given = "{'load_balancer_id': 7, 'address': '10.0.0.3', 'port': "
		   "80, 'weight': 5, 'wait': true}",
		.cloud = ACTIVE_TWO
		"POST /loadbalancers/7/nodes 202 {'nodes': [{'id': 33, "
		"'address': '10.0.0.3', 'port': 80, 'weight': 5, 'status': "
		"'ONLINE'}]}\n" PENDING_TWO ACTIVE_TWO,
		.requests = "POST /loadbalancers/7/nodes",
		.result = "{'changed': true, 'node': {'id': 33, 'weight': 5, "
			  "'status': 'ONLINE'}}" },
	/* It waits for its turn, whether `wait' is given or not. */
	{ .given = "{" SECOND ", 'condition': 'disabled'}",
		.cloud = PENDING_TWO PENDING_TWO ACTIVE_TWO
		"PUT /loadbalancers/7/nodes/32 " IMMUTABLE_PENDING ACTIVE_TWO
		"PUT /loadbalancers/7/nodes/32 202",
		.requests = "PUT /loadbalancers/7/nodes/32\n"
			    "PUT /loadbalancers/7/nodes/32" },
	{ .given = "{" SECOND ", 'condition': 'disabled'}",
		.cloud = ACTIVE_TWO
		"PUT /loadbalancers/7/nodes/32 " IMMUTABLE_ERROR,
		.requests = "PUT /loadbalancers/7/nodes/32",
		.fails = "has a status of 'ERROR' and is considered "
			 "immutable." },
	{ .given = "{" FIRST ", 'condition': 'draining', 'wait': true, "
		   "'wait_timeout': 2}",
		.cloud = ACTIVE_TWO "PUT /loadbalancers/7/nodes/31 202\n"
				    "+" PENDING_TWO,
		.requests = "PUT /loadbalancers/7/nodes/31",
		.fails = "Load balancer not active after 2s (current status: "
			 "pending_update)" },
	{ .given = "{" FIRST ", 'state': 'absent'}",
		.cloud = ACTIVE_TWO "DELETE /loadbalancers/7/nodes/31 404",
		.requests = "DELETE /loadbalancers/7/nodes/31",
		.result = "{'changed': false, 'state': 'absent'}" },
	{ .given = "{'load_balancer_id': 7, 'node_id': 99, 'state': "
		   "'absent'}",
		.cloud = ACTIVE_TWO,
		.result = "{'changed': false}" },
	/* Added by somebody else meanwhile: planned anew. */
	{ .given = "{'load_balancer_id': 7, 'address': '10.0.0.1', 'port': "
		   "80, 'condition': 'enabled'}",
		.cloud = ACTIVE_NONE
		"POST /loadbalancers/7/nodes 413 {'message': 'Duplicate nodes "
		"detected. One or more nodes already configured on load "
		"balancer.'}\n" ACTIVE_TWO,
		.requests = "POST /loadbalancers/7/nodes",
		.result = "{'changed': false}" },
	{ .given = "{'load_balancer_id': 7, 'address': '10.0.0.1', 'port': "
		   "80}",
		.cloud = ACTIVE_NONE
		"POST /loadbalancers/7/nodes cut\n" ACTIVE_TWO,
		.requests = "POST /loadbalancers/7/nodes",
		.result = "{'changed': true, 'node': {'id': 31}}" },
	{ .given = "{'load_balancer_id': 7, 'address': '10.0.0.5', 'port': "
		   "80}",
		.cloud = ACTIVE_TWO
		"POST /loadbalancers/7/nodes 413 {'message': 'Nodes must not "
		"exceed 25 per load balancer.'}",
		.requests = "POST /loadbalancers/7/nodes",
		.fails = "Nodes must not exceed 25" },
	/* Many nodes in one request each. */
	{ .given = "{'load_balancer_id': 7, 'nodes': [{'address': '10.0.0.1',"
		   " 'port': 80, 'condition': 'draining'}, {'address': "
		   "'10.0.0.2', 'port': 80, 'condition': 'enabled'}, "
		   "{'address': '10.0.0.3', 'port': 80}]}",
		.check = true,
		.cloud = ACTIVE_TWO,
		.requests = "PUT /loadbalancers/7/nodes\n"
			    "POST /loadbalancers/7/nodes",
		.result = "{'nodes': [{'id': 31, 'condition': 'DRAINING'}, "
			  "{'id': 32, 'condition': 'ENABLED'}, {'id': "
			  "'<10.0.0.3:80.id>'}]}" },
	/* A region without bulk changes: one by one. */
	{ .given = "{'load_balancer_id': 7, 'nodes': [{'address': '10.0.0.1',"
		   " 'port': 80, 'condition': 'disabled'}, {'id': 32, "
		   "'condition': 'disabled'}]}",
		.cloud = ACTIVE_TWO
		"PUT /loadbalancers/7/nodes 405\n" ACTIVE_TWO
		"PUT /loadbalancers/7/nodes/31 202\n" ACTIVE_TWO
		"PUT /loadbalancers/7/nodes/32 202\n" ACTIVE_TWO,
		.requests = "PUT /loadbalancers/7/nodes\n"
			    "PUT /loadbalancers/7/nodes/31\n"
			    "PUT /loadbalancers/7/nodes/32",
		.result = "{'changed': true}" },
	{ .given = "{'load_balancer_id': 7, 'state': 'absent', 'nodes': "
		   "[{'id': 31}, {'id': 32}, {'address': '10.9.9.9', 'port': "
		   "1}]}",
		.cloud = ACTIVE_TWO
		"DELETE /loadbalancers/7/nodes?id=31&id=32 400 {'message': "
		"'Validation Failure', 'validationErrors': {'messages': "
		"['Node ids 31 are not a part of your loadbalancer']}}\n" ACTIVE_SECOND
		"DELETE /loadbalancers/7/nodes/32 202\n" ACTIVE_NONE,
		.requests = "DELETE /loadbalancers/7/nodes?id=31&id=32\n"
			    "DELETE /loadbalancers/7/nodes/32",
		.result = "{'changed': true}" },
	{ .given = "{'load_balancer_id': 7, 'nodes': [{'address': '::1', "
		   "'port': 80}, {'address': '::1', 'port': 80}]}",
		.fails = "::1:80 is there twice" },
	{ .given = "{'load_balancer_id': 7, 'wait_online': true, "
		   "'wait_timeout': 3, 'node_id': 32}",
		.cloud = "+" ACTIVE_TWO,
		.fails = "Node 10.0.0.2:80 of load balancer 7 is not ONLINE "
			 "in time (its status is OFFLINE)" },
	{ .given = "{'load_balancer_id': 7, 'wait_online': true, "
		   "'node_id': 31}",
		.cloud = ACTIVE_TWO,
		.result = "{'changed': false}" },
	/* What earlier tasks of a check run have predicted. */
	{ .given = "{'load_balancer': '<edge.id>', 'nodes': [{'address': "
		   "'<web1.private>', 'port': 80, 'condition': 'draining'}]}",
		.check = true,
		.requests = "POST /loadbalancers/<edge.id>/nodes",
		.result = "{'nodes': [{'id': '<web1.private:80.id>'}]}" },
	{ .given = "{'load_balancer': '<edge.id>', 'nodes': [{'id': "
		   "'<web1.private:80.id>', 'condition': 'enabled'}]}",
		.check = true,
		.requests = "PUT /loadbalancers/<edge.id>/nodes/"
			    "<web1.private:80.id>",
		.result = "{'changed': true}" },
	{ .given = "{'load_balancer': 'edge', 'nodes': [{'address': "
		   "'10.0.0.1', 'port': 80}]}",
		.check = true,
		.cloud = "GET /loadbalancers?name=edge&limit=100 200 "
			 "{'loadBalancers': []}",
		.requests = "POST /loadbalancers/<edge.id>/nodes" },
	{ .given = "{'load_balancer': 'edge', 'nodes': [{'address': "
		   "'10.0.0.1', 'port': 80}]}",
		.cloud = "GET /loadbalancers?name=edge&limit=100 200 "
			 "{'loadBalancers': []}",
		.fails = "No loadbalancer was matched (edge in DFW, account "
			 "700123)" },
	{ .given = "{" FIRST ", 'virtualenv': '/x'}",
		.cloud = ACTIVE_TWO,
		.result = "{'warnings': ['virtualenv is accepted and ignored: "
			  "this module needs no Python']}" },
};

START_TEST(runs)
{
	fake_check(&module, &cases[_i]);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("rax_clb_nodes");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, runs, 0, sizeof(cases) / sizeof(*cases));
	suite_add_tcase(s, t);
	return s;
}
