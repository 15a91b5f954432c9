/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of a service: tokens that expire, and the words of a failure. */
#include <stdio.h>

#include "tests/common/account.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define AGAIN        LOGIN ACCESS("tok-2", SERVICES)
#define A            "GET /compute/a "
#define B            "POST /compute/b "
#define C            "DELETE /balancer/c "

/* Three calls at once: their statuses, and how often a login was made. */
static const struct {
	const char *script;
	long status[3];
	int logins;
} batches[] = {
	{ LOGGED_IN A "200 {}\n" B "202 {}\n" C "204", { 200, 202, 204 }, 1 },
	{ LOGGED_IN A "404\n" B "500\n" C "204", { 404, 500, 204 }, 1 },
	/* Expired: those that were refused again, and no other. */
	{ LOGGED_IN A "401\n" B "401\n" C "401\n" AGAIN A "200 {}\n" B
		      "202 {}\n" C "204",
		{ 200, 202, 204 }, 2 },
	{ LOGGED_IN A "401\n" B "202 {}\n" C "401\n" AGAIN A "200 {}\n" C "204",
		{ 200, 202, 204 }, 2 },
	{ LOGGED_IN A "200 {}\n" B "cut\n" C "401\n" AGAIN C "204",
		{ 200, 0, 204 }, 2 },
	/* Once, then it is given up. */
	{ LOGGED_IN A "401\n" B "401\n" C "204\n" AGAIN A "401\n" B "401",
		{ 401, 401, 204 }, 2 },
	{ LOGGED_IN A "401\n" B "202 {}\n" C "204\n" AGAIN A "503\n" A "401",
		{ 401, 202, 204 }, 2 },
};

START_TEST(runs_calls)
{
	cJSON *body = json_literal("{'b': 1}");
	struct call calls[3] = {
		{ .service = CLOUD_COMPUTE, .method = "GET", .path = "/a" },
		{ .service = CLOUD_COMPUTE,
			.method = "POST",
			.path = "/b",
			.body = body },
		{ .service = CLOUD_BALANCER, .method = "DELETE", .path = "/c" },
	};
	struct account a;
	int logins = 0;

	account_open(&a, batches[_i].script);
	ck_assert_int_eq(cloud_run(&a.cloud, calls, 3, &a.e), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(calls[i].http.status, batches[_i].status[i]);
		ck_assert(cloud_succeeded(&calls[i]) ==
			  (calls[i].http.status / 100 == 2));
		cloud_clear(&calls[i]);
	}
	json_each (sent, a.canned.log) {
		char *token;

		if (streq(json_str(sent, "path"), "/v2.0/tokens")) {
			logins++;
			continue;
		}
		/* The token of the last login is the one that is sent. */
		token = mem_printf("tok-%d", logins);
		ck_assert_str_eq(json_str(sent, "token"), token);
		mem_free(token);
		if (streq(json_str(sent, "path"), "/compute/b"))
			ck_assert(json_equal(json_get(sent, "body"), body));
	}
	ck_assert_int_eq(logins, batches[_i].logins);
	cJSON_Delete(body);
	account_close(&a);
}
END_TEST

START_TEST(a_second_login_that_is_refused)
{
	const cJSON *reply = NULL;
	struct account a;

	account_open(&a, LOGGED_IN A "401\n" LOGIN "401\n" LOGIN "401");
	ck_assert_int_eq(cloud_get(&a.cloud, CLOUD_COMPUTE, "/a", "reading a",
				 &reply, &a.e),
		-1);
	ck_assert_int_eq(a.e.code, ERR_AUTH);
	ck_assert_ptr_null(reply);
	account_check_words(a.e.text, "!tok-1|!" ACCOUNT_SECRET);
	account_close(&a);
}
END_TEST

/* Each call is the first after its token has expired: not once for a run, but
 * once for a batch. */
START_TEST(tokens_may_expire_again)
{
	const cJSON *reply;
	struct account a;

	account_open(&a, LOGGED_IN A "401\n" AGAIN A "200 {}\n" A
				     "401\n" LOGIN ACCESS("tok-3", SERVICES) A
		"200 {'x': 1}");
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(cloud_get(&a.cloud, CLOUD_COMPUTE, "/a",
					 "reading a", &reply, &a.e),
			0);
	ck_assert_int_eq(json_int(reply, "x", 0), 1);
	account_close(&a);
}
END_TEST

/* What was perhaps done before the token expired stays in doubt. */
START_TEST(doubt_outlives_a_token)
{
	struct call call = {
		.service = CLOUD_BALANCER, .method = "DELETE", .path = "/c"
	};
	struct account a;

	account_open(&a, LOGGED_IN C "cut\n" C "401\n" AGAIN C "404");
	ck_assert_int_eq(cloud_run(&a.cloud, &call, 1, &a.e), 0);
	ck_assert_int_eq(call.http.status, 404);
	ck_assert(call.http.doubtful);
	cloud_clear(&call);
	account_close(&a);
}
END_TEST

/* A login that is not there says nothing about the thing. */
START_TEST(a_second_login_that_is_not_there)
{
	const cJSON *reply = NULL;
	struct account a;

	account_open(&a, LOGGED_IN A "401\n" LOGIN "404 no such page");
	ck_assert_int_eq(cloud_get(&a.cloud, CLOUD_COMPUTE, "/a", "reading a",
				 &reply, &a.e),
		-1);
	ck_assert_int_eq(a.e.code, ERR_OTHER);
	account_check_words(a.e.text, "no such page|logging in");
	account_close(&a);
}
END_TEST

/* A region that is not there is said each time. */
START_TEST(a_region_that_is_not_there)
{
	const cJSON *reply = NULL;
	struct account a;

	account_open(&a, "+" LOGGED_IN);
	a.login.region = "XYZ";
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(cloud_get(&a.cloud, CLOUD_COMPUTE, "/a",
					 "reading a", &reply, &a.e),
			-1);
		account_check_words(a.e.text, "XYZ is not a valid region");
	}
	account_close(&a);
}
END_TEST

#define WHERE "(reading a in DFW, account 700123: "

/* What the cloud answers to GET /a, the code of the failure, and its words. */
static const struct {
	const char *outcome;
	enum err_code code;
	long status;
	const char *words;
} faults[] = {
	{ "404 {'itemNotFound': {'code': 404, 'message': 'Instance could not "
	  "be found'}}",
		ERR_ABSENT, 404,
		"Instance could not be found " WHERE
		"HTTP 404 Not Found, request id req-7)" },
	{ "410 {'code': 410, 'message': 'The loadbalancer is marked as "
	  "deleted.'}",
		ERR_ABSENT, 410,
		"The loadbalancer is marked as deleted. " WHERE
		"HTTP 410 Gone" },
	{ "422 {'code': 422, 'message': 'immutable'}", ERR_OTHER, 422,
		"immutable " WHERE "HTTP 422 Unprocessable Entity" },
	{ "400 {'message': ['JSON does not match the expected schema', "
	  "'really']}",
		ERR_OTHER, 400,
		"JSON does not match the expected schema|really|HTTP 400" },
	{ "400 {'code': 400, 'message': 'Validation Failure', 'details': 'The "
	  "object is not valid', 'validationErrors': {'messages': ['Node "
	  "weight is invalid.', 'Bad port.']}}",
		ERR_OTHER, 400,
		"Validation Failure|Node weight is invalid.|Bad port." },
	{ "400 {'error': {'code': 400, 'message': 'enveloped'}}", ERR_OTHER,
		400, "enveloped " WHERE },
	{ "400 {'code': 400, 'badRequest': {'message': 'second'}}", ERR_OTHER,
		400, "second " WHERE },
	{ "403 Networks (0000) not allowed", ERR_OTHER, 403,
		"Networks (0000) not allowed " WHERE "HTTP 403 Forbidden" },
	{ "400 <html><head><title>Bad Gateway</title></head></html>", ERR_OTHER,
		400, "Bad Gateway|HTTP 400 Bad Request" },
	{ "400", ERR_OTHER, 400, WHERE "HTTP 400 Bad Request, request id" },
	{ "404", ERR_ABSENT, 404, WHERE "HTTP 404 Not Found" },
	{ "409 {}", ERR_OTHER, 409, WHERE "HTTP 409 Conflict" },
	{ "400 []", ERR_OTHER, 400, WHERE },
	{ "400 {'message': null}", ERR_OTHER, 400, WHERE },
	{ "400 {'message': {'deep': 'x'}}", ERR_OTHER, 400, WHERE },
	{ "400 {'badRequest': 'text'}", ERR_OTHER, 400, WHERE },
	{ "400 {'badRequest': {'message': 7}}", ERR_OTHER, 400, WHERE },
	{ "400 {'validationErrors': {'messages': 'x'}, 'message': [[], 5]}",
		ERR_OTHER, 400, WHERE },
	{ "299 {}", ERR_NONE, 0, NULL },
	{ "304", ERR_OTHER, 304, WHERE "HTTP 304" },
	{ "418 short", ERR_OTHER, 418, "short " WHERE "HTTP 418" },
	/* What the cloud says is data. */
	{ "400 %s%n%100000d \x1b[2J", ERR_OTHER, 400,
		"%s%n%100000d \\x1b[2J (|!\x1b" },
	{ "400 {'message': 'a tok-1 b s3cr3t-key c'}", ERR_OTHER, 400,
		"a ******** b ******** c" },
	{ "400 <p>tok-1s3cr3t-key</p>", ERR_OTHER, 400,
		"<p>****************</p>" },
	/* No answer. */
	{ "slow", ERR_TIME, 0, "Timeout was reached|reading a in DFW" },
	{ "413 {'message': 'Nodes must not exceed 25 per load balancer.'}",
		ERR_OTHER, 413, "Nodes must not exceed 25|!rate limit" },
};

START_TEST(says_what_went_wrong)
{
	char *script = mem_printf(LOGGED_IN A "%s", faults[_i].outcome);
	const cJSON *reply = NULL;
	struct account a;
	int rc;

	account_open(&a, script);
	rc = cloud_get(
		&a.cloud, CLOUD_COMPUTE, "/a", "reading a", &reply, &a.e);
	ck_assert_int_eq(rc, faults[_i].words ? -1 : 0);
	if (rc) {
		ck_assert_int_eq(a.e.code, faults[_i].code);
		ck_assert_int_eq(a.e.status, faults[_i].status);
		ck_assert(a.e.passes == !faults[_i].status);
		account_check_words(a.e.text, faults[_i].words);
		account_check_words(
			a.e.text, "!tok-1|!s3cr3t|!(null)|DFW|account 700123");
		ck_assert_ptr_null(reply);
	}
	account_close(&a);
	mem_free(script);
}
END_TEST

/* Repeated in vain. */
static const struct {
	const char *outcome, *words;
	enum err_code code;
} vain[] = {
	{ "503 Service down",
		"Service down " WHERE "HTTP 503 Service Unavailable",
		ERR_OTHER },
	{ "500 {'computeFault': {'message': 'oops'}}", "oops", ERR_OTHER },
	{ "cut", "Empty reply from server (reading a in DFW", ERR_OTHER },
	{ "refused", "Connection refused (reading a in DFW", ERR_OTHER },
	{ "429;retry=600 {'overLimit': {'message': 'OverLimit Retry...'}}",
		"OverLimit Retry...|HTTP 429|rate limit|600", ERR_OTHER },
};

START_TEST(says_that_repeating_did_not_help)
{
	char *script = mem_printf(LOGGED_IN "+" A "%s", vain[_i].outcome);
	const cJSON *reply;
	struct account a;

	account_open(&a, script);
	a.cloud.deadline = 60000;
	ck_assert_int_eq(cloud_get(&a.cloud, CLOUD_COMPUTE, "/a", "reading a",
				 &reply, &a.e),
		-1);
	account_check_words(a.e.text, vain[_i].words);
	ck_assert_int_eq(a.e.code, vain[_i].code);
	ck_assert(a.e.passes);
	account_close(&a);
	mem_free(script);
}
END_TEST

START_TEST(no_json_is_no_success)
{
	const cJSON *reply = NULL;
	struct account a;

	account_open(&a, LOGGED_IN A "200 <html>welcome</html>\n" A "200");
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(cloud_get(&a.cloud, CLOUD_COMPUTE, "/a",
					 "reading a", &reply, &a.e),
			-1);
		account_check_words(a.e.text, "no JSON|reading a|DFW|200");
		ck_assert_int_eq(a.e.code, ERR_OTHER);
		ck_assert_ptr_null(reply);
	}
	account_close(&a);
}
END_TEST

/* A long text is cut, never in the middle of a character, and never so that
 * the start of a secret is left. */
static void check_cut(const struct account *a, size_t before)
{
	struct call call = { .doing = "reading a",
		.http = { .fate = HTTP_ANSWERED, .status = 400 } };
	char text[8001], *words;

	memset(text, 'x', sizeof(text));
	memcpy(text + before, ACCOUNT_SECRET, strlen(ACCOUNT_SECRET));
	text[8000] = '\0';
	call.http.reply = json_object(JSON_STR("message", text));
	words = cloud_words(&a->cloud, &call);
	ck_assert_uint_lt(strlen(words), 4096);
	ck_assert_msg(
		!strpbrk(words, ACCOUNT_SECRET), "%zu: %s", before, words);
	mem_free(words);
	cloud_clear(&call);
}

START_TEST(a_cut_shows_no_part_of_a_secret)
{
	struct account a;

	account_open(&a, "");
	for (size_t before = 0; before < 4200; before++)
		check_cut(&a, before);
	account_close(&a);
}
END_TEST

/* The transport cuts a text that is no JSON at 4 KiB, secret or not. */
START_TEST(a_text_cut_by_the_transport)
{
	char text[4097];
	struct account a;
	struct call call = {
		.http = { .fate = HTTP_ANSWERED, .status = 400, .text = text }
	};
	char *words;

	memset(text, 'x', sizeof(text));
	memcpy(text + 4096 - 6, ACCOUNT_SECRET, 6);
	text[4096] = '\0';
	account_open(&a, "");
	words = cloud_words(&a.cloud, &call);
	ck_assert_ptr_null(strstr(words, "s3cr3t"));
	mem_free(words);
	account_close(&a);
}
END_TEST

/* A list that is there to keep us busy. */
START_TEST(does_not_read_a_million_messages)
{
	struct call call = { .http = { .fate = HTTP_ANSWERED, .status = 400 } };
	cJSON *list = cJSON_CreateArray();
	struct account a;
	char text[20], *words;

	account_open(&a, "");
	for (int i = 0; i < 300000; i++) {
		snprintf(text, sizeof(text), "m%d.", i);
		json_append(list, json_new_str(text));
	}
	call.http.reply = json_object(JSON_TAKE("message", list));
	words = cloud_words(&a.cloud, &call);
	account_check_words(words, "m0. m1. m2.");
	ck_assert(!cloud_says(&call, "immutable"));
	mem_free(words);
	cloud_clear(&call);
	account_close(&a);
}
END_TEST

START_TEST(cuts_at_whole_characters)
{
	struct account a;
	struct call call = { .http = { .fate = HTTP_ANSWERED, .status = 400 } };
	size_t before = (size_t)_i, same = 0;
	char text[8001] = "aaa", *words;

	account_open(&a, "");
	for (size_t i = before; i + 3 < 8000; i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	call.http.reply = json_object(JSON_STR("message", text));
	words = cloud_words(&a.cloud, &call);
	ck_assert_uint_lt(strlen(words), strlen(text));
	while (words[same] == text[same])
		same++;
	ck_assert_uint_gt(same, 500);
	ck_assert_uint_eq((same - before) % 3, 0);
	mem_free(words);
	cloud_clear(&call);
	account_close(&a);
}
END_TEST

static const struct {
	const char *body, *what;
	bool says;
} sayings[] = {
	{ "{'message': 'LoadBalancer is not ACTIVE'}", "is not active", true },
	{ "{'message': 'x'}", "is not active", false },
	{ "{'overLimit': {'message': 'OverLimit Retry...'}}", "RETRY", true },
	{ "{'message': ['one', 'Two']}", "two", true },
	{ "{'message': 'm', 'validationErrors': {'messages': ['Node ids 31']}}",
		"node ids", true },
	{ "Networks (x) Not Allowed", "not allowed", true },
	{ "", "x", false },
};

START_TEST(knows_words_in_any_case)
{
	char *script = mem_printf("GET /x 400 %s", sayings[_i].body);
	struct call call = { 0 };
	struct canned c;

	canned_open(&c, script);
	canned_answer(&c, &call.http, &c.lines[0]);
	ck_assert(cloud_says(&call, sayings[_i].what) == sayings[_i].says);
	cloud_clear(&call);
	cJSON_Delete(c.log);
	mem_free(c.script);
	mem_free(script);
}
END_TEST

START_TEST(after_the_deadline)
{
	const cJSON *reply;
	struct account a;

	account_open(&a, LOGGED_IN A "200 {}");
	ck_assert_int_eq(cloud_get(&a.cloud, CLOUD_COMPUTE, "/a", "reading a",
				 &reply, &a.e),
		0);
	a.canned.now = a.cloud.deadline;
	ck_assert_int_eq(cloud_get(&a.cloud, CLOUD_COMPUTE, "/a", "reading a",
				 &reply, &a.e),
		-1);
	ck_assert_int_eq(a.e.code, ERR_TIME);
	account_check_words(a.e.text, "reading a|DFW|!(null)");
	account_close(&a);
}
END_TEST

START_TEST(small_things)
{
	const char *path;
	struct account a;

	account_open(&a, LOGGED_IN);
	ck_assert_int_eq(cloud_open(&a.cloud, &a.e), 0);
	ck_assert_str_eq(cloud_where(&a.cloud), " in DFW, account 700123");
	ck_assert_str_eq(cloud_escape(&a.cloud, "a/b ?"), "a%2Fb%20%3F");
	ck_assert_int_eq(cloud_wire_path(&a.cloud, CLOUD_BALANCER,
				 "/loadbalancers/7?a=b", &path, &a.e),
		0);
	ck_assert_str_eq(path, "/balancer/loadbalancers/7?a=b");
	ck_assert_int_eq(cloud_now(&a.cloud), a.canned.now);
	account_close(&a);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("cloud");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, runs_calls, 0, COUNT(batches));
	tcase_add_test(t, a_second_login_that_is_refused);
	tcase_add_test(t, tokens_may_expire_again);
	tcase_add_test(t, doubt_outlives_a_token);
	tcase_add_test(t, a_second_login_that_is_not_there);
	tcase_add_test(t, a_region_that_is_not_there);
	tcase_add_loop_test(t, says_what_went_wrong, 0, COUNT(faults));
	tcase_add_loop_test(
		t, says_that_repeating_did_not_help, 0, COUNT(vain));
	tcase_add_test(t, no_json_is_no_success);
	tcase_add_test(t, a_cut_shows_no_part_of_a_secret);
	tcase_add_test(t, a_text_cut_by_the_transport);
	tcase_add_test(t, does_not_read_a_million_messages);
	tcase_add_loop_test(t, cuts_at_whole_characters, 0, 3);
	tcase_add_loop_test(t, knows_words_in_any_case, 0, COUNT(sayings));
	tcase_add_test(t, after_the_deadline);
	tcase_add_test(t, small_things);
	suite_add_tcase(s, t);
	return s;
}
