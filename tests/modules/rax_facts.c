/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake.h"

extern const struct module module;
Suite *suite(void);

#define WEB1                                                                   \
	"{'id': 's1', 'name': 'web.1', 'status': 'ACTIVE', 'accessIPv4': "     \
	"'203.0.113.9', 'image': {'id': 'i1'}, 'progress': 99.5,"              \
	" 'OS-EXT-STS:task_state': null, 'metadata': {'a': '1', "              \
	"'ansible-run': 'x'}, 'addresses': {'public': [{'addr': "              \
	"'2001:db8::9', 'version': 6}], 'private': [{'addr': '10.0.0.9', "     \
	"'version': 4}]}}"
#define WEB2                                                                   \
	"{'id': 's2', 'name': 'webx1', 'status': 'ACTIVE', 'image': '', "      \
	"'metadata': {}, 'addresses': {}}"
#define GONE "{'id': 's3', 'name': 'web.1', 'status': 'DELETED'}"

static const struct fake_case cases[] = {
	{ .given = "{}",
		.fails = "one of the following is required: address, "
			 "id, name" },
	{ .given = "{'limits': true}",
		.fails = "one of the following is required: address, id, "
			 "name" },
	{ .given = "{'id': 's1', 'name': 'x'}",
		.fails = "parameters are mutually exclusive: address|id|"
			 "name" },
	/* The name is escaped for the API, and compared again. */
	{ .given = "{'name': 'web.1'}",
		.cloud = "GET /servers/detail?name=%5Eweb%5C.1%24 200 "
			 "{'servers': [" WEB1 "," WEB2 "," GONE "]}",
		.result = "{'changed': false, 'ansible_facts': {'rax_id': "
			  "'s1', 'rax_human_id': 'web1', "
			  "'rax_os-ext-sts_task_state': null, "
			  "'rax_boot_source': 'local', 'status': 'ACTIVE', "
			  "'rax_networks': {'private': ['10.0.0.9'], "
			  "'public': ['2001:db8::9']}, 'rax_metadata': "
			  "{'a': '1'}}}" },
	{ .given = "{'name': 'none'}",
		.cloud = "GET /servers/detail?name=%5Enone%24 200 "
			 "{'servers': []}",
		.result = "{'ansible_facts': {}}" },
	{ .given = "{'name': 'web.1'}",
		.cloud = "GET /servers/detail?name=%5Eweb%5C.1%24 200 "
			 "{'servers': [" WEB1 "," WEB1 "]}",
		.fails = "Multiple servers found matching provided search "
			 "parameters" },
	/* All pages; the host of a link is not followed. */
	{ .given = "{'address': '2001:0db8:0:0:0:0:0:9'}",
		.cloud = "GET /servers/detail 200 {'servers': [" WEB2 "], "
			 "'servers_links': [{'rel': 'next', 'href': "
			 "'http://elsewhere/x?marker=s2'}]}\n"
			 "GET /servers/detail?marker=s2 200 {'servers': [" WEB1
			 "]}",
		.result = "{'ansible_facts': {'rax_id': 's1'}}" },
	{ .given = "{'address': '1.2.3.4'}",
		.cloud = "GET /servers/detail 200 {'servers': [], "
			 "'servers_links': [{'rel': 'next', 'href': "
			 "'http://x/y?marker=1'}]}\n"
			 "GET /servers/detail?marker=1 200 {'servers': [], "
			 "'servers_links': [{'rel': 'next', 'href': "
			 "'http://x/y?marker=1'}]}",
		.fails = "does not end" },
	{ .given = "{'id': 's1'}",
		.cloud = "GET /servers/s1 404 {'itemNotFound': {'message': "
			 "'Instance could not be found'}}",
		.result = "{'ansible_facts': {}}" },
	/* Only absence is an empty answer. */
	{ .given = "{'id': '../../x y'}",
		.cloud = "GET /servers/..%2F..%2Fx%20y 403 {'forbidden': "
			 "{'message': 'No tok-1 for you'}}",
		.fails = "No ******** for you (reading server ../../x y in "
			 "DFW, account 700123: HTTP 403 Forbidden, request id "
			 "req-7)" },
	{ .given = "{'id': 's1'}",
		.cloud = "+GET /servers/s1 503 Service down",
		.fails = "Service down (reading server s1 in DFW, account "
			 "700123: HTTP 503 Service Unavailable, request id "
			 "req-7)" },
	{ .given = "{'id': 's1'}",
		.cloud = "GET /servers/s1 500\nGET /servers/s1 cut\n"
			 "GET /servers/s1 refused\nGET /servers/s1 200 "
			 "{'server': " WEB1 "}",
		.result = "{'ansible_facts': {'rax_id': 's1'}}" },
	{ .given = "{'id': 's1'}",
		.cloud = "GET /servers/s1 200 ['lying']",
		.fails = "has no \"server\"" },
	{ .given = "{'addresses': ['10.0.0.9', '9.9.9.9'], 'meta': {'a': 1}, "
		   "'limits': true}",
		.cloud = "GET /servers/detail 200 {'servers': [" WEB1 "," WEB2
			 "]}\n"
			 "GET /limits 200 {'limits': {'absolute': "
			 "{'maxTotalInstances': 100}}}",
		.result = "{'ansible_facts': {}, 'servers': [{'id': 's1'}], "
			  "'limits': {'maxTotalInstances': 100}}" },
	{ .given = "{'meta': {'a': '2'}}",
		.cloud = "GET /servers/detail 200 {'servers': [" WEB1 "]}",
		.result = "{'servers': []}" },
	{ .given = "{'name': 'web.1'}",
		.check = true,
		.cloud = "GET /servers/detail?name=%5Eweb%5C.1%24 200 "
			 "{'servers': [" WEB1 "]}",
		.result = "{'changed': false, 'requests': []}" },
};

START_TEST(runs)
{
	fake_check(&module, &cases[_i]);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("rax_facts");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, runs, 0, sizeof(cases) / sizeof(*cases));
	suite_add_tcase(s, t);
	return s;
}
