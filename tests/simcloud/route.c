/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/route.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"

Suite *suite(void);

static struct call call;

static void set_up(void)
{
	call = (struct call){ .pool = pool_new(), .method = "GET" };
}

static void tear_down(void)
{
	pool_free(call.pool);
}

/* The segments, each in brackets, then the query; NULL: refused. */
static const struct {
	const char *target, *read;
} targets[] = {
	{ "/", "[]" },
	{ "/a", "[a]" },
	{ "/a//b/", "[a][][b][]" },
	{ "/a%2Fb/%41", "[a/b][A]" },
	{ "/a+b", "[a+b]" },
	{ "/a?x=1&y=2", "[a]x=1,y=2," },
	{ "/a?x=1+2%2B%26", "[a]x=1 2+&," },
	{ "/a?x&&=&y==", "[a]x=,=,y==," },
	{ "/a?b=/c/d?e", "[a]b=/c/d?e," },
	{ "/a?", "[a]" },
	{ "/%c3%a9%ff", "[\xc3\xa9\xff]" },
	{ "", NULL },
	{ "a", NULL },
	{ "*", NULL },
	{ "http://host/a", NULL },
	{ "/%", NULL },
	{ "/%4", NULL },
	{ "/%4g", NULL },
	{ "/%00", NULL },
	{ "/a?%zz=1", NULL },
	{ "/a?x=%00", NULL },
	{ "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", NULL },
};

START_TEST(reads_targets)
{
	int result = call_read_target(&call, targets[_i].target);
	struct str s;

	str_init(&s, 1000);
	for (size_t i = 0; i < call.n_segments; i++)
		str_addf(&s, "[%s]", call.segments[i]);
	for (size_t i = 0; i < call.n_query; i++)
		str_addf(&s, "%s=%s,", call.query[i].name, call.query[i].value);
	ck_assert_int_eq(result, targets[_i].read ? 0 : -1);
	if (targets[_i].read)
		ck_assert_str_eq(s.text, targets[_i].read);
	str_free(&s);
}
END_TEST

START_TEST(bounds_the_query)
{
	struct str s;

	str_init(&s, 10000);
	str_add(&s, "/a?");
	for (int i = 0; i < ROUTE_QUERY_MAX; i++)
		str_addf(&s, "k%d=v&", i);
	ck_assert_int_eq(call_read_target(&call, s.text), 0);
	ck_assert_uint_eq(call.n_query, ROUTE_QUERY_MAX);
	call.n_segments = call.n_query = 0;
	str_add(&s, "more=1");
	ck_assert_int_eq(call_read_target(&call, s.text), -1);
	str_free(&s);
}
END_TEST

static void handle(struct call *c)
{
	(void)c;
}

static const struct route table[] = {
	{ "GET", "", handle },
	{ "GET", "/things", handle },
	{ "POST", "/things", handle },
	{ "GET", "/things/detail", handle },
	{ "GET", "/things/{id}", handle },
	{ "DELETE", "/things/{id}", handle },
	{ "GET", "/things/{id}/parts/{part}", handle },
	ROUTE_END,
};
static const struct route second[] = {
	{ "GET", "/things/{other}", handle },
	{ "PATCH", "/things/{other}", handle },
	ROUTE_END,
};

/* Which path the route found has; NULL with known: another method has it. */
static const struct {
	const char *method, *target, *path;
	bool known;
} finds[] = {
	{ "GET", "/things", "/things", true },
	{ "POST", "/things", "/things", true },
	{ "PUT", "/things", NULL, true },
	{ "GET", "/things/detail", "/things/detail", true },
	{ "GET", "/things/detailed", "/things/{id}", true },
	{ "DELETE", "/things/detail", "/things/{id}", true },
	{ "PATCH", "/things/1", "/things/{other}", true },
	{ "GET", "/things/1/parts/2", "/things/{id}/parts/{part}", true },
	{ "GET", "/thing", NULL, false },
	{ "GET", "/things/", NULL, false },
	{ "GET", "/things//parts/2", NULL, false },
	{ "GET", "/things/1/parts", NULL, false },
	{ "GET", "/things/1/parts/2/3", NULL, false },
	{ "GET", "/", NULL, false },
	{ "get", "/things", NULL, true },
};

START_TEST(finds_routes)
{
	const struct route *const tables[] = { table, second, NULL };
	const struct route *found;
	bool known;

	call.method = finds[_i].method;
	ck_assert_int_eq(call_read_target(&call, finds[_i].target), 0);
	found = route_find(tables, &call, &known);
	ck_assert_pstr_eq(found ? found->path : NULL, finds[_i].path);
	ck_assert_int_eq(known, finds[_i].known);
}
END_TEST

START_TEST(a_prefix_is_left_out)
{
	const struct route *const tables[] = { table, NULL };
	bool known;

	ck_assert_int_eq(call_read_target(&call, "/x/y/things/7/parts/n"), 0);
	call.first = 2;
	call.route = route_find(tables, &call, &known);
	ck_assert_ptr_nonnull(call.route);
	ck_assert_str_eq(call_param(&call, "id"), "7");
	ck_assert_str_eq(call_param(&call, "part"), "n");
	ck_assert_str_eq(call_param(&call, "par"), "");
	ck_assert_int_eq(call_param_int(&call, "id"), 7);
	ck_assert_int_eq(call_param_int(&call, "part"), -1);
	call.n_segments = 2;
	ck_assert_str_eq(route_find(tables, &call, &known)->path, "");
}
END_TEST

START_TEST(ids_that_are_no_numbers)
{
	static const char *const ids[] = { "-7", "7x", "x", "+7", "0x7",
		"99999999999999999999" };
	const struct route *const tables[] = { table, NULL };
	char target[64];
	bool known;

	snprintf(target, sizeof(target), "/things/%s", ids[_i]);
	ck_assert_int_eq(call_read_target(&call, target), 0);
	call.route = route_find(tables, &call, &known);
	ck_assert_int_eq(call_param_int(&call, "id"), -1);
}
END_TEST

START_TEST(the_first_value_counts)
{
	ck_assert_int_eq(call_read_target(&call, "/a?x=1&x=2&X=3"), 0);
	ck_assert_str_eq(call_query(&call, "x"), "1");
	ck_assert_str_eq(call_query(&call, "X"), "3");
	ck_assert_ptr_null(call_query(&call, "y"));
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof(*(table)))

Suite *suite(void)
{
	Suite *s = suite_create("route");
	TCase *t = tcase_create("route");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, reads_targets, 0, ROWS(targets));
	tcase_add_loop_test(t, finds_routes, 0, ROWS(finds));
	tcase_add_loop_test(t, ids_that_are_no_numbers, 0, 6);
	tcase_add_test(t, bounds_the_query);
	tcase_add_test(t, a_prefix_is_left_out);
	tcase_add_test(t, the_first_value_counts);
	suite_add_tcase(s, t);
	return s;
}
