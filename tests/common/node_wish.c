/* SPDX-License-Identifier: Apache-2.0 */
#include "common/node_wish.h"

#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* Wishes, and the message about them; NULL: none. */
static const struct {
	const char *wishes;
	bool listed;
	const char *fails;
} checks[] = {
	{ "[]", true, NULL },
	{ "[{'id': '5', 'settings': {'condition': 'DRAINING'}}]", true, NULL },
	{ "[{'address': 'a', 'port': 1, 'settings': {'weight': 1}}, "
	  "{'address': 'b', 'port': 65535, 'settings': {'weight': 100}}]",
		true, NULL },
	{ "[{'address': 'a', 'port': 0}]", true,
		"nodes: the port of a must be 1 to 65535, got: 0" },
	{ "[{'address': 'a', 'port': 65536}]", true,
		"nodes: the port of a must be 1 to 65535, got: 65536" },
	{ "[{'address': 'a'}]", true,
		"nodes: the port of a must be 1 to 65535, got: none" },
	{ "[{'address': 'a', 'port': 80}, {'id': '5', 'settings': {'weight': "
	  "101}}]",
		true,
		"nodes: the weight of node 5 must be 1 to 100, got: 101" },
	{ "[{'address': 'a', 'port': 80, 'settings': {'weight': 0}}]", false,
		"The weight of a must be 1 to 100, got: 0" },
	{ "[{'address': 'a', 'port': 80, 'settings': {'weight': "
	  "99999999999999999999}}]",
		false,
		"The weight of a must be 1 to 100, got: 99999999999999999999" },
	{ "[{'address': 'a', 'port': -1}]", false,
		"The port of a must be 1 to 65535, got: -1" },
	{ "[{'port': 70000}]", false,
		"The port of the node must be 1 to 65535, got: 70000" },
	{ "[{'address': 'a', 'port': 80}, {'address': 'b', 'port': 80}, "
	  "{'address': 'a', 'port': 81}, {'id': '5'}, {'id': '6'}]",
		true, NULL },
	{ "[{'address': 'a', 'port': 80}, {'address': 'b', 'port': 80}, "
	  "{'address': 'A', 'port': 80}]",
		true, "nodes: a:80 and A:80 are the same node, name it once" },
	{ "[{'address': 'a', 'port': 80}, {'address': 'a', 'port': 80}]", true,
		"nodes: a:80 is there twice, name it once" },
	{ "[{'address': '2001:db8::1', 'port': 80}, {'address': "
	  "'2001:0DB8:0::0001', 'port': 80}]",
		true,
		"nodes: 2001:db8::1:80 and 2001:0DB8:0::0001:80 are the same "
		"node, name it once" },
	{ "[{'id': '5'}, {'id': '5'}]", true,
		"nodes: node 5 is there twice, name it once" },
	{ "[{'id': '5', 'address': 'a', 'port': 80}, {'id': '5', 'address': "
	  "'b', 'port': 80}]",
		true, "nodes: node 5 is there twice, name it once" },
	/* Alone, the address may be enough to find it. */
	{ "[{'address': 'a'}]", false, NULL },
};

START_TEST(refuses_what_no_balancer_takes)
{
	cJSON *wishes = json_literal(checks[_i].wishes);
	struct err e;
	int rc = node_wish_check(wishes, checks[_i].listed, &e);

	ck_assert_int_eq(rc, checks[_i].fails ? -1 : 0);
	if (rc < 0)
		ck_assert_str_eq(e.text, checks[_i].fails);
	cJSON_Delete(wishes);
}
END_TEST

#define NODES                                                                   \
	"{'id': 7, 'nodes': [{'id': 5, 'address': 'a', 'port': 80}, {'id': 6, " \
	"'address': '0:0:0:0:0:0:0:1', 'port': 80}]}"

/* The same of nodes that are there. */
static const struct {
	const char *wishes, *fails;
} founds[] = {
	{ "[]", NULL },
	{ "[{'id': '5'}, {'id': '6'}, {'address': 'b', 'port': 80}]", NULL },
	{ "[{'id': '5', 'address': 'a', 'port': 80}, {'id': '9'}, {'id': '8'}]",
		NULL },
	{ "[{'id': '5'}, {'address': 'b', 'port': 80}, {'address': 'A', "
	  "'port': 80}]",
		"nodes: node 5 and A:80 are the same node, name it once" },
	{ "[{'address': '::1', 'port': 80}, {'id': '6'}]",
		"nodes: ::1:80 and node 6 are the same node, name it once" },
	/* One that has gone is found by its address. */
	{ "[{'id': '9', 'address': 'a', 'port': 80}, {'id': '5'}]",
		"nodes: a:80 and node 5 are the same node, name it once" },
	{ "[{'id': '5', 'address': 'b', 'port': 80}]",
		"nodes: node 5 is a:80, not b:80; name it by one of the two" },
};

START_TEST(refuses_one_node_for_two)
{
	struct errand x;
	int rc;

	errand_open(&x, "");
	rc = node_wish_check_found(&x.task, errand_json(&x, NODES),
		errand_json(&x, founds[_i].wishes), x.e);
	ck_assert_int_eq(rc, founds[_i].fails ? -1 : 0);
	if (rc < 0)
		ck_assert_str_eq(x.e->text, founds[_i].fails);
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("node_wish");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(
		t, refuses_what_no_balancer_takes, 0, COUNT(checks));
	tcase_add_loop_test(t, refuses_one_node_for_two, 0, COUNT(founds));
	suite_add_tcase(s, t);
	return s;
}
