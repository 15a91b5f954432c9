/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/rate.h"

#include <check.h>
#include <stdlib.h>

#include "common/str.h"

Suite *suite(void);

static struct rates *rates;
static struct err e;
static double again;
static enum rate_form form;

static void set_up(void)
{
	e = (struct err){ 0 };
	rates = rates_new();
}

static void tear_down(void)
{
	rates_free(rates);
}

static int set(const char *text)
{
	cJSON *rules = json_literal(text);
	int result = rates_set(rates, rules, &e);

	cJSON_Delete(rules);
	return result;
}

static bool at(double now)
{
	return rates_allow(
		rates, now, "servers", "POST", "/servers", &again, &form);
}

START_TEST(a_window_slides)
{
	ck_assert_int_eq(set("[{'limit': 2, 'seconds': 10}]"), 0);
	ck_assert(at(100));
	ck_assert(at(105));
	ck_assert(!at(106));
	ck_assert_double_eq(again, 110);
	ck_assert_int_eq(form, RATE_SECONDS);
	/* what was refused does not count */
	ck_assert(!at(109.9));
	ck_assert(at(110));
	ck_assert(!at(114));
	ck_assert_double_eq(again, 115);
	ck_assert(at(115));
	ck_assert(at(200));
	ck_assert(at(200));
	ck_assert(!at(200));
}
END_TEST

START_TEST(only_what_matches_counts)
{
	ck_assert_int_eq(set("[{'service': 'images', 'limit': 0,"
			     " 'seconds': 1}, {'method': 'PUT', 'limit': 0,"
			     " 'seconds': 1}, {'path': '^/nodes', 'limit': 0,"
			     " 'seconds': 1}]"),
		0);
	ck_assert(at(0));
	ck_assert(!rates_allow(
		rates, 0, "servers", "PUT", "/servers", &again, &form));
	ck_assert(!rates_allow(
		rates, 0, "images", "GET", "/servers", &again, &form));
	ck_assert(!rates_allow(
		rates, 0, "servers", "GET", "/nodes/1", &again, &form));
}
END_TEST

START_TEST(of_two_rules_both_hold)
{
	ck_assert_int_eq(set("[{'limit': 10, 'seconds': 1},"
			     " {'limit': 1, 'seconds': 60,"
			     " 'retry_after': 'date'}]"),
		0);
	ck_assert(at(0));
	ck_assert(!at(1));
	ck_assert_double_eq(again, 60);
	ck_assert_int_eq(form, RATE_DATE);
}
END_TEST

static const char *const bad[] = { "{}", "[1]", "[{}]", "[{'limit': 1}]",
	"[{'seconds': 1}]", "[{'limit': -1, 'seconds': 1}]",
	"[{'limit': 10001, 'seconds': 1}]", "[{'limit': 1, 'seconds': -1}]",
	"[{'limit': 1, 'seconds': 1, 'x': 1}]",
	"[{'limit': 1, 'seconds': 1, 'path': '['}]",
	"[{'limit': 1, 'seconds': 1, 'retry_after': 'soon'}]" };

START_TEST(refuses_bad_rules)
{
	ck_assert_int_eq(set("[{'limit': 1, 'seconds': 1}]"), 0);
	ck_assert_int_eq(set(bad[_i]), -1);
	ck_assert(at(0));
	ck_assert(!at(0));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("rate");
	TCase *t = tcase_create("rate");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(
		t, refuses_bad_rules, 0, (int)(sizeof(bad) / sizeof(*bad)));
	tcase_add_test(t, a_window_slides);
	tcase_add_test(t, only_what_matches_counts);
	tcase_add_test(t, of_two_rules_both_hold);
	suite_add_tcase(s, t);
	return s;
}
