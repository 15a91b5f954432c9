/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/log.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

static struct log *journal;

static void set_up(void)
{
	journal = log_new();
}

static void tear_down(void)
{
	log_free(journal);
}

static unsigned long add_of(
	const char *service, const char *body, const char *text)
{
	unsigned long n = log_begin(journal, 1, "POST", "/x?y");
	cJSON *tree = body ? json_literal(body) : NULL;

	log_content(journal, n, service, "req-1", tree, text);
	cJSON_Delete(tree);
	return n;
}

static unsigned long add(const char *body, const char *text)
{
	return add_of("servers", body, text);
}

static void shows(const char *path, const char *want)
{
	cJSON *all = log_show(journal);
	char *text = json_text(json_get(all, path));

	ck_assert_str_eq(text, want);
	mem_free(text);
	cJSON_Delete(all);
}

START_TEST(shows_what_came)
{
	unsigned long first = add("{'a': 1}", "{'a': 1}");
	unsigned long second = add(NULL, "x=1");

	ck_assert_uint_eq(second, first + 1);
	shows("requests.0.status", "null");
	log_end(journal, first, 201, 17);
	log_end(journal, second, 0, 3);
	shows("requests.0", "{\"n\": 1, \"time\": 1.0, \"method\": \"POST\", "
			    "\"path\": \"/x?y\", \"status\": 201, "
			    "\"service\": \"servers\", \"id\": \"req-1\", "
			    "\"request\": {\"a\": 1}, \"bytes\": 17}");
	shows("requests.1.status", "0");
	shows("requests.1.request", "\"x=1\"");
}
END_TEST

/* A body, and what is shown of it. */
static const struct {
	const char *body, *text, *shown;
} secrets[] = {
	{ "{'auth': {'a': 's3cret'}}", NULL, "{\"auth\": \"(not logged)\"}" },
	{ "{'auth': {}, 'b': [{'adminPass': 's3cret'}]}", NULL,
		"{\"auth\": \"(not logged)\", \"b\": [{\"adminPass\": "
		"\"(not logged)\"}]}" },
	{ "{'server': {'adminPass': 's3cret', 'metadata': {'auth': 'x'}}}",
		NULL,
		"{\"server\": {\"adminPass\": \"(not logged)\", "
		"\"metadata\": {\"auth\": \"x\"}}}" },
	{ NULL, "apiKey=s3cret", "\"(not logged)\"" },
	{ NULL, "{\"PASSWORD\": \"s3cret\"", "\"(not logged)\"" },
	{ NULL, NULL, "null" },
	{ "[]", NULL, "[]" },
};

START_TEST(hides_secrets)
{
	add(secrets[_i].body, secrets[_i].text);
	shows("requests.0.request", secrets[_i].shown);
}
END_TEST

static const struct {
	const char *body, *shown;
} logins[] = {
	{ "{'auth': {'RAX-KSKEY:apiKeyCredentials': {'username': 'u',"
	  " 'apiKey': 's3cret'}, 'tenantId': '7'}, 'more': 's3cret'}",
		"{\"auth\": {\"RAX-KSKEY:apiKeyCredentials\": \"(not "
		"logged)\", \"tenantId\": \"7\"}}" },
	{ "{'auth': 's3cret'}", "\"(not logged)\"" },
	{ "{'passwordCredentials': {'password': 's3cret'}}",
		"\"(not logged)\"" },
	{ "['s3cret']", "\"(not logged)\"" },
	{ "{'auth': {'token': ['s3cret'], 'apiKey': 's3cret'}}",
		"{\"auth\": {\"token\": \"(not logged)\", \"apiKey\": "
		"\"(not logged)\"}}" },
};

START_TEST(shows_only_the_way_of_a_login)
{
	add_of("identity", logins[_i].body, NULL);
	shows("requests.0.request", logins[_i].shown);
}
END_TEST

START_TEST(an_answer_may_come_after_it_was_cleared)
{
	unsigned long first = add(NULL, NULL);

	log_clear(journal);
	shows("requests", "[]");
	log_end(journal, first, 200, 0);
	log_content(journal, first, "servers", "x", NULL, "x");
	log_end(journal, first + 1, 200, 0);
	ck_assert_uint_eq(add(NULL, NULL), first + 1);
	shows("requests.0.n", "2");
	shows("requests.0.status", "null");
}
END_TEST

START_TEST(the_oldest_go)
{
	unsigned long n = 0;
	cJSON *all;

	for (int i = 0; i < LOG_MAX + 10; i++)
		n = add(NULL, NULL);
	ck_assert_uint_eq(n, LOG_MAX + 10);
	log_end(journal, 5, 200, 0);
	log_end(journal, n, 404, 0);
	all = log_show(journal);
	ck_assert_int_eq(json_size(json_get(all, "requests")), LOG_MAX);
	ck_assert_int_eq(json_int(all, "requests.0.n", 0), 11);
	cJSON_Delete(all);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(
		t, hides_secrets, 0, (int)(sizeof(secrets) / sizeof(*secrets)));
	tcase_add_loop_test(t, shows_only_the_way_of_a_login, 0,
		(int)(sizeof(logins) / sizeof(*logins)));
	tcase_add_test(t, shows_what_came);
	tcase_add_test(t, an_answer_may_come_after_it_was_cleared);
	tcase_add_test(t, the_oldest_go);
	suite_add_tcase(s, t);
	return s;
}
