/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/fault.h"

#include <check.h>
#include <stdlib.h>

#include "common/str.h"

Suite *suite(void);

static struct faults *faults;
static struct pool *pool;
static struct err e;

static void set_up(void)
{
	e = (struct err){ 0 };
	faults = faults_new();
	pool = pool_new();
}

static void tear_down(void)
{
	faults_free(faults);
	pool_free(pool);
}

static int set(const char *text, bool more)
{
	cJSON *rules = json_literal(text);
	int result = faults_set(faults, rules, more, &e);

	cJSON_Delete(rules);
	return result;
}

static struct fault meet(const char *method, const char *target)
{
	return faults_request(faults, method, target, "servers", pool);
}

/* One rule, and whether it acts on GET /x/servers?a=b of "servers". */
static const struct {
	const char *rule;
	bool acts;
} matches[] = {
	{ "[{'status': 500}]", true },
	{ "[{'status': 500, 'method': 'GET'}]", true },
	{ "[{'status': 500, 'method': 'POST'}]", false },
	{ "[{'status': 500, 'method': 'get'}]", false },
	{ "[{'status': 500, 'service': 'servers'}]", true },
	{ "[{'status': 500, 'service': 'images'}]", false },
	{ "[{'status': 500, 'path': 'servers'}]", true },
	{ "[{'status': 500, 'path': '^/servers'}]", false },
	{ "[{'status': 500, 'path': 'servers[?]a=(b|c)$'}]", true },
	{ "[{'status': 500, 'path': 'servers$'}]", false },
	{ "[{'status': 500, 'path': 'serv', 'method': 'PUT'}]", false },
	{ "[{'status': 500, 'after': 1}]", false },
	{ "[{'status': 500, 'times': 0}]", true },
	{ "[{'server': {'fault': 'x'}}]", false },
	{ "[{'image': {'fault': 'x'}}]", false },
	{ "[]", false },
};

START_TEST(matches_requests)
{
	ck_assert_int_eq(set(matches[_i].rule, false), 0);
	ck_assert_int_eq(
		meet("GET", "/x/servers?a=b").status == 500, matches[_i].acts);
}
END_TEST

static const char *const bad[] = {
	"{}",
	"[1]",
	"[{'nonsense': 1}]",
	"[{'method': 1}]",
	"[{'path': '('}]",
	"[{'path': 1}]",
	"[{'after': -1}]",
	"[{'times': 1.5}]",
	"[{'delay': -0.1}]",
	"[{'delay': NaN}]",
	"[{'late': Infinity}]",
	"[{'status': 199}]",
	"[{'status': 600}]",
	"[{'status': '500'}]",
	"[{'headers': {'a': 1}}]",
	"[{'headers': []}]",
	"[{'cut': 'through'}]",
	"[{'cut': true}]",
	"[{'stall': 1}]",
	"[{'raw': {}}]",
	"[{'raw_repeat': 'x'}]",
	"[{'raw_repeat': {'text': 1}}]",
	"[{'raw_repeat': {'texts': 'x'}}]",
	"[{'server': []}]",
	"[{'server': {'fault': 1}}]",
	"[{'server': {'name': '['}}]",
	"[{'server': {'app': 'some'}}]",
	"[{'server': {'sshd': 'some'}}]",
	"[{'server': {'sshd': 'late:'}}]",
	"[{'server': {'sshd': 'late:-1'}}]",
	"[{'server': {'sshd': 'late:1; reboot'}}]",
	"[{'server': {'health_status': 99}}]",
	"[{'server': {}, 'status': 500}]",
	"[{'image': {'stuck': 'yes'}}]",
};

START_TEST(refuses_bad_rules_and_keeps_the_old_ones)
{
	cJSON *now;

	ck_assert_int_eq(set("[{'status': 500}]", false), 0);
	ck_assert_int_eq(set(bad[_i], false), -1);
	ck_assert_int_ne(e.text[0], '\0');
	now = faults_show(faults);
	ck_assert_int_eq(json_size(now), 1);
	ck_assert_int_eq(json_int(now, "0.status", 0), 500);
	cJSON_Delete(now);
}
END_TEST

/* The numbers of the rules that act, one request after the other. */
START_TEST(counts)
{
	static const int want[] = { 502, 501, 501, 502, 502, 0, 0 };
	cJSON *now;

	ck_assert_int_eq(set("[{'status': 501, 'after': 1, 'times': 2},"
			     " {'status': 502, 'times': 3}]",
				 false),
		0);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++)
		ck_assert_int_eq(meet("GET", "/").status, want[i]);
	now = faults_show(faults);
	ck_assert_int_eq(json_int(now, "0.seen", 0), 7);
	ck_assert_int_eq(json_int(now, "0.used", 0), 2);
	ck_assert_int_eq(json_int(now, "1.seen", 0), 5);
	ck_assert_int_eq(json_int(now, "1.used", 0), 3);
	cJSON_Delete(now);
}
END_TEST

START_TEST(acts_without_end)
{
	ck_assert_int_eq(set("[{'status': 503, 'times': 0}]", false), 0);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(meet("GET", "/").status, 503);
}
END_TEST

START_TEST(adds_and_replaces)
{
	ck_assert_int_eq(set("[{'status': 501}]", false), 0);
	ck_assert_int_eq(set("[{'status': 502}]", true), 0);
	ck_assert_int_eq(meet("GET", "/").status, 501);
	ck_assert_int_eq(meet("GET", "/").status, 502);
	ck_assert_int_eq(meet("GET", "/").status, 0);
	ck_assert_int_eq(set("[{'status': 503}]", false), 0);
	ck_assert_int_eq(meet("GET", "/").status, 503);
	ck_assert_int_eq(meet("GET", "/").status, 0);
}
END_TEST

START_TEST(says_all_that_is_to_be_done)
{
	struct fault f;

	ck_assert_int_eq(set("[{'delay': 0.5, 'late': 1, 'cut': 'middle',"
			     " 'status': 418, 'body': {'a': 1},"
			     " 'headers': {'X': 'y'}, 'stall': true,"
			     " 'raw_repeat': {'text': 'ab', 'times': 9},"
			     " 'content_type': 'text/plain'}]",
				 false),
		0);
	f = meet("GET", "/");
	/* what it says outlives the rules */
	ck_assert_int_eq(set("[]", false), 0);
	ck_assert_double_eq(f.delay, 0.5);
	ck_assert_double_eq(f.late, 1);
	ck_assert_int_eq(f.cut, FAULT_MIDDLE);
	ck_assert(f.stall);
	ck_assert_int_eq(f.status, 418);
	ck_assert_str_eq(f.body, "{\"a\": 1}");
	ck_assert_str_eq(json_str(f.headers, "X"), "y");
	ck_assert_str_eq(f.repeat, "ab");
	ck_assert_uint_eq(f.times, 9);
	ck_assert_str_eq(f.type, "text/plain");
}
END_TEST

START_TEST(a_body_alone_is_a_200)
{
	struct fault f;

	ck_assert_int_eq(set("[{'raw': 'x'}, {'cut': 'after'}]", false), 0);
	f = meet("GET", "/");
	ck_assert_int_eq(f.status, 200);
	ck_assert_str_eq(f.body, "x");
	ck_assert_str_eq(f.type, "application/json");
	f = meet("GET", "/");
	ck_assert_int_eq(f.status, 0);
	ck_assert_int_eq(f.cut, FAULT_AFTER);
}
END_TEST

START_TEST(things_have_rules_of_their_own)
{
	const cJSON *thing;

	ck_assert_int_eq(set("[{'server': {'name': '^web[0-9]+$',"
			     " 'fault': 'no'}, 'times': 2},"
			     " {'image': {'stuck': true}, 'after': 1}]",
				 false),
		0);
	ck_assert_ptr_null(faults_thing(faults, "server", "web"));
	thing = faults_thing(faults, "server", "web1");
	ck_assert_str_eq(json_str(thing, "fault"), "no");
	ck_assert_ptr_nonnull(faults_thing(faults, "server", "web2"));
	ck_assert_ptr_null(faults_thing(faults, "server", "web3"));
	ck_assert_ptr_null(faults_thing(faults, "image", "any"));
	ck_assert_ptr_nonnull(faults_thing(faults, "image", "any"));
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof(*(table)))

Suite *suite(void)
{
	Suite *s = suite_create("fault");
	TCase *t = tcase_create("fault");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, matches_requests, 0, ROWS(matches));
	tcase_add_loop_test(
		t, refuses_bad_rules_and_keeps_the_old_ones, 0, ROWS(bad));
	tcase_add_test(t, counts);
	tcase_add_test(t, acts_without_end);
	tcase_add_test(t, adds_and_replaces);
	tcase_add_test(t, says_all_that_is_to_be_done);
	tcase_add_test(t, a_body_alone_is_a_200);
	tcase_add_test(t, things_have_rules_of_their_own);
	suite_add_tcase(s, t);
	return s;
}
