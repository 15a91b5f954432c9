/* SPDX-License-Identifier: Apache-2.0 */
/* Showing balancers, reading many of them, and their metadata; beyond what
 * modules/rax_clb.c shows. */
#include "common/balancer.h"
#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* What the Python modules made of a balancer (golden: clb-absent-nowait). */
#define SAME                                                                   \
	"'algorithm': 'LEAST_CONNECTIONS', 'created': {'time': "               \
	"'2026-11-23T14:01:47.251497Z'}, 'id': 50856, 'name': 'pdlb4', "       \
	"'nodeCount': 0, 'port': 80, 'protocol': 'HTTP', 'status': 'ACTIVE', " \
	"'timeout': 30, 'updated': {'time': '2026-11-23T14:01:47.251497Z'}"
#define PYTHON                                                                 \
	"'HUMAN_ID': false, 'NAME_ATTR': 'name', 'get_details': true, "        \
	"'human_id': null, 'loaded': true, "
#define OFF "'connection_logging': false, 'content_caching': false, "
#define IPS(version)                                                           \
	"[{'address': '127.0.0.1', 'id': 1111, '" version                      \
	"': 'IPV4', 'type': "                                                  \
	"'PUBLIC'}, {'address': '0000:0000:0000:0000:1111:111b:0000:0000', "   \
	"'id': 1111, '" version "': 'IPV6', 'type': 'PUBLIC'}]"

static const struct {
	const char *balancer, *facts;
} shown[] = {
	{ "{" SAME ", 'virtualIps': " IPS("ipVersion") "}",
		"{" PYTHON OFF SAME ", 'session_persistence': '', "
		"'virtual_ips': " IPS("ip_version") "}" },
	{ "{'id': 1, 'nodes': [], 'connectionLogging': {'enabled': true}, "
	  "'contentCaching': {'enabled': true}, 'sessionPersistence': "
	  "{'persistenceType': 'HTTP_COOKIE'}}",
		"{" PYTHON "'connection_logging': true, 'content_caching': "
		"true, 'session_persistence': 'HTTP_COOKIE', 'id': 1, 'nodes': "
		"[], 'virtual_ips': []}" },
};

/* Every member that the first has; the API's own names may stand beside. */
START_TEST(shows_what_the_python_modules_did)
{
	cJSON *balancer = json_literal(shown[_i].balancer);
	cJSON *expected = json_literal(shown[_i].facts);
	cJSON *facts = balancer_facts(balancer);
	char *text = json_text(facts);

	json_each (member, expected) {
		ck_assert_msg(
			json_equal(json_member(facts, member->string), member),
			"%s in: %s", member->string, text);
	}
	ck_assert_ptr_null(json_member(facts, "virtualIps"));
	mem_free(text);
	cJSON_Delete(facts);
	cJSON_Delete(expected);
	cJSON_Delete(balancer);
}
END_TEST

/* Metadata of which nothing would be left to show are not shown. */
static const struct {
	const char *metadata;
	bool shown;
} marked[] = {
	{ "[{'id': 1, 'key': 'ansible-run', 'value': 'm'}]", false },
	{ "[{'id': 1, 'key': 'ansible-run', 'value': 'm'}, {'id': 2, 'key': "
	  "'a', 'value': 'b'}]",
		true },
	{ "[]", true },
};

START_TEST(shows_no_empty_rest_of_metadata)
{
	cJSON *balancer = json_object(
		JSON_TAKE("metadata", json_literal(marked[_i].metadata)));
	cJSON *facts = balancer_facts(balancer);

	ck_assert((json_member(facts, "metadata") != NULL) == marked[_i].shown);
	cJSON_Delete(facts);
	cJSON_Delete(balancer);
}
END_TEST

/* A node as golden nodes-draining has it; its weight may not be shown. */
static const struct {
	const char *node;
	bool with_status;
	const char *facts;
} nodes[] = {
	{ "{'address': '10.2.2.3', 'port': 80, 'condition': 'DRAINING', "
	  "'type': 'PRIMARY', 'id': 188937, 'status': 'ONLINE', 'x': 1}",
		false,
		"{'address': '10.2.2.3', 'port': 80, 'condition': 'DRAINING', "
		"'type': 'PRIMARY', 'id': 188937, 'weight': 1}" },
	{ "{'address': '10.2.2.3', 'port': 80, 'condition': 'ENABLED', "
	  "'type': 'SECONDARY', 'id': 1, 'weight': 20, 'status': 'OFFLINE'}",
		true,
		"{'address': '10.2.2.3', 'port': 80, 'condition': 'ENABLED', "
		"'type': 'SECONDARY', 'id': 1, 'weight': 20, 'status': "
		"'OFFLINE'}" },
	{ "{}", true, "{'weight': 1}" },
};

START_TEST(shows_nodes)
{
	cJSON *node = json_literal(nodes[_i].node);
	cJSON *facts = balancer_node_facts(node, nodes[_i].with_status);

	errand_check_json(facts, nodes[_i].facts);
	cJSON_Delete(facts);
	cJSON_Delete(node);
}
END_TEST

#define ONE(id, more) "GET /balancer/loadbalancers/" id " " more "\n"
#define IS(id)        "200 {'loadBalancer': {'id': " id "}}"
#define MON(id, more)                                                          \
	"GET /balancer/loadbalancers/" id "/healthmonitor " more "\n"

static const struct {
	const char *summaries, *script, *balancers, *words;
} many[] = {
	{ "[]", "", "[]", NULL },
	{ "[{'id': 1}, {'id': '2'}]",
		ONE("1", IS("1")) MON("1", "200 {'healthMonitor': {'type': "
					   "'HTTP'}}") ONE("2", IS("2"))
			MON("2", "200 {'healthMonitor': {}}"),
		"[{'id': 1, 'healthMonitor': {'type': 'HTTP'}}, {'id': 2, "
		"'healthMonitor': {}}]",
		NULL },
	/* Gone meanwhile, or without a monitor. */
	{ "[{'id': 1}, {'id': 2}, {'id': 3}]",
		ONE("1", "404") MON("1", "404") ONE("2", "410 {'message': "
							 "'deleted'}")
			MON("2", "410") ONE("3", IS("3")) MON("3", "404"),
		"[{'id': 3, 'healthMonitor': {}}]", NULL },
	/* Whatever else fails is no absence. */
	{ "[{'id': 1}, {'id': 2}]",
		ONE("1", "403 no") MON("1", "200 {}") ONE("2", IS("2"))
			MON("2", "200 {}"),
		NULL, "no (reading load balancer 1" },
	{ "[{'id': 1}]", ONE("1", IS("1")) MON("1", "403 no"), NULL,
		"no (reading load balancer 1" },
	{ "[{'id': 1}]", ONE("1", "200 {}") MON("1", "200 {}"), NULL, "1" },
	{ "[{'id': 1}]", ONE("1", "200 <html>") MON("1", "200 {}"), NULL, "1" },
};

START_TEST(reads_many)
{
	const cJSON *balancers = NULL;
	struct errand x;
	int rc;

	errand_open(&x, many[_i].script);
	rc = balancer_get_all(
		&x.task, errand_json(&x, many[_i].summaries), &balancers, x.e);
	if (many[_i].balancers) {
		ck_assert_msg(rc == 0, "%s", rc ? x.e->text : "");
		errand_check_json(balancers, many[_i].balancers);
	} else {
		ck_assert_int_eq(rc, -1);
		account_check_words(x.e->text, many[_i].words);
	}
	errand_close(&x);
}
END_TEST

START_TEST(reads_limits)
{
	const cJSON *limits;
	struct errand x;

	errand_open(&x,
		"GET /balancer/loadbalancers/absolutelimits 200 {'absolute': "
		"[{'name': 'NODE_LIMIT', 'value': 25}, {'value': 3}, 7]}");
	ck_assert_int_eq(balancer_limits(&x.task, &limits, x.e), 0);
	errand_check_json(limits, "{'NODE_LIMIT': 25}");
	errand_close(&x);
}
END_TEST

#define META "{'id': 7, 'status': 'ACTIVE', 'metadata': ["
#define ITEM(id, key, value)                                                   \
	"{'id': " id ", 'key': '" key "', 'value': '" value "'}"

/* What is there, what is wanted, and the requests: METHOD path body. */
static const struct {
	const char *balancer, *wanted, *requests;
} changes[] = {
	{ META "]}", "{}", "" },
	{ META ITEM("1", "a", "1") "]}", "{'a': '1'}", "" },
	{ META ITEM("1", "a", "1") "]}", "{'a': '2'}",
		"PUT /metadata/1 {\"meta\": {\"value\": \"2\"}}\n" },
	{ META ITEM("1", "a", "1") "]}", "{}", "DELETE /metadata?id=1 \n" },
	{ "{'id': 7}", "{'a': '1', 'b': '2'}",
		"POST /metadata {\"metadata\": [{\"key\": \"a\", \"value\": "
		"\"1\"}, {\"key\": \"b\", \"value\": \"2\"}]}\n" },
	{ "{'id': 7}", "{'a': null}", "" },
	{ META ITEM("1", "a", "1") ", " ITEM("2", "b", "2") "]}",
		"{'a': null, 'b': '2'}", "DELETE /metadata?id=1 \n" },
	/* Ours are touched only when they are named; the mark never. */
	{ META ITEM("1", "ansible-live", "1") ", " ITEM(
		  "2", "ansible-run", "m") ", " ITEM("3", "x", "y") "]}",
		"{}", "DELETE /metadata?id=3 \n" },
	{ META ITEM("1", "ansible-live", "1") ", " ITEM("3", "x", "y") "]}",
		"{'ansible-live': null}", "DELETE /metadata?id=1 \n" },
	{ META ITEM("1", "ansible-live", "1") ", " ITEM("3", "x", "y") "]}",
		"{'ansible-live': '2', 'x': 'y'}",
		"PUT /metadata/1 {\"meta\": {\"value\": \"2\"}}\n" },
	{ META ITEM("2", "ansible-run", "m") "]}", "{'a': '1'}",
		"POST /metadata {\"metadata\": [{\"key\": \"a\", \"value\": "
		"\"1\"}]}\n" },
	/* Values and ids of other types; ids are escaped. */
	{ META "{'id': '5', 'key': 'n', 'value': 5}]}", "{'n': '5'}", "" },
	{ META "{'id': '', 'key': 'n', 'value': 5}, {'key': 'm'}]}", "{}", "" },
	{ META "{'id': 'a&b', 'key': 'n', 'value': 5}]}", "{}",
		"DELETE /metadata?id=a%26b \n" },
	/* Keys that differ by case are two. */
	{ META ITEM("1", "A", "1") "]}", "{'a': '1'}",
		"DELETE /metadata?id=1 \nPOST /metadata {\"metadata\": "
		"[{\"key\": \"a\", \"value\": \"1\"}]}\n" },
};

static char *requests_of(const struct errand *x)
{
	struct str s;

	str_init(&s, 100000);
	for (size_t i = 0; i < x->plan.count; i++) {
		const struct step *step = x->plan.steps[i];
		char *body = step->body ? json_text(step->body) : mem_copy("");

		ck_assert(str_starts(step->path, "/loadbalancers/7/"));
		str_addf(&s, "%s %s %s\n", step->method,
			step->path + strlen("/loadbalancers/7"), body);
		mem_free(body);
	}
	return str_take(&s);
}

START_TEST(changes_metadata)
{
	struct errand x;
	char *requests;

	errand_open(&x, "");
	balancer_set_metadata(&x.task, errand_json(&x, changes[_i].balancer),
		errand_json(&x, changes[_i].wanted), WAIT_NOT);
	requests = requests_of(&x);
	ck_assert_str_eq(requests, changes[_i].requests);
	mem_free(requests);
	errand_close(&x);
}
END_TEST

/* Ten ids in a request, and never none, whose meaning nobody knows. */
START_TEST(removes_metadata_ten_at_a_time)
{
	struct errand x;
	cJSON *balancer, *items;

	errand_open(&x, "");
	balancer = errand_json(&x, META "]}");
	items = json_member(balancer, "metadata");
	for (int i = 1; i <= 20; i++)
		json_append(
			items, json_object(JSON_INT("id", i),
				       JSON_TAKE("key",
					       json_new_str(pool_printf(
						       x.task.pool, "k%d", i))),
				       JSON_STR("value", "v")));
	balancer_set_metadata(
		&x.task, balancer, errand_json(&x, "{}"), WAIT_NOT);
	ck_assert_uint_eq(x.plan.count, 2);
	for (size_t i = 0; i < 2; i++) {
		const char *path = x.plan.steps[i]->path;
		int ids = 0;

		for (const char *at = path; (at = strstr(at, "id=")); at++)
			ids++;
		ck_assert_int_eq(ids, 10);
	}
	errand_close(&x);
}
END_TEST

START_TEST(metadata_values)
{
	struct errand x;
	cJSON *balancer = json_literal(
		META ITEM("1", "a", "x") ", {'key': 'n', 'value': 5}, 7, "
					 "{'key': 7}]}");

	errand_open(&x, "");
	ck_assert_str_eq(balancer_metadata(balancer, "a"), "x");
	ck_assert_str_eq(balancer_metadata(balancer, "n"), "5");
	ck_assert_ptr_null(balancer_metadata(balancer, "A"));
	ck_assert_ptr_null(balancer_metadata(NULL, "a"));
	errand_check_json(
		balancer_metadata_texts(&x.task,
			errand_json(&x, "{'a': 1, 'b': null, 'c': [1, 2]}")),
		"{'a': '1', 'b': null, 'c': '1,2'}");
	cJSON_Delete(balancer);
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("balancer");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(
		t, shows_what_the_python_modules_did, 0, COUNT(shown));
	tcase_add_loop_test(
		t, shows_no_empty_rest_of_metadata, 0, COUNT(marked));
	tcase_add_loop_test(t, shows_nodes, 0, COUNT(nodes));
	tcase_add_loop_test(t, reads_many, 0, COUNT(many));
	tcase_add_test(t, reads_limits);
	tcase_add_loop_test(t, changes_metadata, 0, COUNT(changes));
	tcase_add_test(t, removes_metadata_ten_at_a_time);
	tcase_add_test(t, metadata_values);
	suite_add_tcase(s, t);
	return s;
}
