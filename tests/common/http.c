/* SPDX-License-Identifier: Apache-2.0 */
#include "common/http.h"

#include <time.h>

#include "tests/common/canned.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define HOUR         3600000

/* Outcomes of one request after the other, and how often it is sent. The last
 * line answers whatever comes behind it. */
static const struct {
	const char *method;
	bool repeatable;
	const char *outcomes;
	int sent;
	long status; /* 0: no answer */
} rows[] = {
	{ "GET", false, "200", 1, 200 },
	{ "GET", false, "400", 1, 400 },
	{ "GET", false, "401", 1, 401 },
	{ "GET", false, "403", 1, 403 },
	{ "GET", false, "404", 1, 404 },
	{ "GET", false, "408", 1, 408 },
	{ "GET", false, "409", 1, 409 },
	{ "GET", false, "422", 1, 422 },
	{ "GET", false, "501", 1, 501 },
	{ "GET", false, "505", 1, 505 },
	{ "GET", false, "300", 1, 300 },
	{ "GET", false, "500", HTTP_TRIES, 500 },
	{ "GET", false, "502", HTTP_TRIES, 502 },
	{ "GET", false, "503", HTTP_TRIES, 503 },
	{ "GET", false, "504", HTTP_TRIES, 504 },
	{ "GET", false, "cut", HTTP_TRIES, 0 },
	{ "GET", false, "500 503 cut 504 200", 5, 200 },
	{ "GET", false, "cut refused cut refused 200", 5, 200 },
	{ "GET", false, "503 404", 2, 404 },
	{ "GET", false, "429 429 429 429 429 429 429 200", 8, 200 },
	{ "GET", false, "413;retry=1 503 429;retry=2 200", 4, 200 },
	/* A rate limit uses up no try. */
	{ "GET", false, "429 429 429 429 429 cut 503 200", 8, 200 },
	{ "POST", false, "429 429 429 429 429 429 refused 202", 8, 202 },
	{ "PUT", false, "cut 202", 2, 202 },
	{ "PUT", false, "500 202", 2, 202 },
	{ "DELETE", false, "cut 404", 2, 404 },
	{ "DELETE", false, "503 204", 2, 204 },
	/* Whatever may have been done is not sent twice. */
	{ "POST", false, "500", 1, 500 },
	{ "POST", false, "502", 1, 502 },
	{ "POST", false, "503", 1, 503 },
	{ "POST", false, "503;retry=1", 1, 503 },
	{ "POST", false, "504", 1, 504 },
	{ "POST", false, "cut", 1, 0 },
	{ "POST", false, "slow", 1, 0 },
	{ "POST", false, "413", 1, 413 },
	{ "POST", false, "422;retry=1", 1, 422 },
	{ "POST", false, "refused cut", 2, 0 },
	{ "POST", false, "refused 500", 2, 500 },
	{ "POST", false, "429;retry=1 cut", 2, 0 },
	/* What was surely not done is. */
	{ "POST", false, "refused refused 202", 3, 202 },
	{ "POST", false, "429 202", 2, 202 },
	{ "POST", false, "413;retry=1 429 202", 3, 202 },
	{ "POST", false, "refused 429;retry=1 refused 202", 4, 202 },
	/* A login changes nothing. */
	{ "POST", true, "503 cut 200", 3, 200 },
	{ "POST", true, "cut", HTTP_TRIES, 0 },
	{ "POST", true, "401", 1, 401 },
};

static char *script_of(const char *method, const char *outcomes)
{
	char *copy = mem_copy(outcomes), *rest = copy;
	struct str script;

	str_init(&script, 10000);
	for (char *outcome; (outcome = strsep(&rest, " "));)
		str_addf(&script, "%s%s /x %s\n", rest ? "" : "+", method,
			outcome);
	mem_free(copy);
	return str_take(&script);
}

START_TEST(repeats_what_may_be_repeated)
{
	struct http_request r = { .method = rows[_i].method,
		.url = CANNED_HOST "/x",
		.repeatable = rows[_i].repeatable };
	char *script = script_of(r.method, rows[_i].outcomes);
	struct canned c;
	struct err e;

	canned_open(&c, script);
	ck_assert_int_eq(http_run(&c.transport, &r, 1, HOUR, &e), 0);
	ck_assert_int_eq(canned_sent(&c), rows[_i].sent);
	ck_assert_int_eq(r.tries, rows[_i].sent);
	ck_assert_int_eq(r.status, rows[_i].status);
	ck_assert((r.fate == HTTP_ANSWERED) == (rows[_i].status != 0));
	ck_assert(rows[_i].status || r.failure);
	http_clear(&r);
	canned_close(&c);
	mem_free(script);
}
END_TEST

START_TEST(pauses_grow)
{
	struct http_request r = { .method = "GET", .url = CANNED_HOST "/x" };
	struct canned c;
	struct err e;
	int64_t pause, before = 0;

	canned_open(&c, "+GET /x 503");
	http_run(&c.transport, &r, 1, HOUR, &e);
	ck_assert_int_eq(canned_sent(&c), HTTP_TRIES);
	for (int i = 1; i < HTTP_TRIES; i++) {
		pause = canned_at(&c, i) - canned_at(&c, i - 1);
		ck_assert_int_gt(pause, before);
		before = pause;
	}
	ck_assert_int_ge(canned_at(&c, 1), 100);
	ck_assert_int_lt(c.now, 60000);
	http_clear(&r);
	canned_close(&c);
}
END_TEST

/* How a rate limit tells its time, and the pause that follows. */
static const struct {
	const char *outcome;
	int64_t least, most;
} limits[] = {
	{ "429;retry=7", 7000, 7500 },
	{ "413;retry=7", 7000, 7500 },
	{ "429", 3000, 3500 },
	{ "429;retry=soon", 3000, 3500 },
	{ "429;retry=-1", 3000, 3500 },
	{ "429;retry=", 3000, 3500 },
	{ "413 {'overLimit': {'code': 413, 'message': 'OverLimit Retry...'}}",
		3000, 3500 },
	{ "413 {'overLimit': {'message': 'x', 'retryAfter': '7'}}", 7000,
		7500 },
	{ "413 {'overLimit': {'message': 'x', 'retryAt': '7'}}", 7000, 7500 },
	{ "413;retry=7 {'overLimit': {'message': 'x', 'retryAfter': '90'}}",
		7000, 7500 },
	/* It need not be a rate limit. */
	{ "503;retry=7", 7000, 7500 },
	{ "503;retry=0", 100, 500 },
	{ "503;retry=soon", 100, 500 },
};

START_TEST(waits_as_told)
{
	char *script =
		mem_printf("POST /x %s\nPOST /x 202", limits[_i].outcome);
	struct http_request r = {
		.method = "POST", .url = CANNED_HOST "/x", .repeatable = true
	};
	struct canned c;
	struct err e;

	canned_open(&c, script);
	http_run(&c.transport, &r, 1, HOUR, &e);
	ck_assert_int_eq(r.status, 202);
	ck_assert_int_ge(canned_at(&c, 1), limits[_i].least);
	ck_assert_int_le(canned_at(&c, 1), limits[_i].most);
	http_clear(&r);
	canned_close(&c);
	mem_free(script);
}
END_TEST

/* What may have been done before the last try stays in doubt. */
static const struct {
	const char *method, *outcomes;
	enum http_fate fate;
	bool doubtful;
} doubts[] = {
	{ "DELETE", "204", HTTP_ANSWERED, false },
	{ "DELETE", "404", HTTP_ANSWERED, false },
	{ "DELETE", "cut 404", HTTP_ANSWERED, true },
	{ "DELETE", "503 404", HTTP_ANSWERED, true },
	{ "DELETE", "cut 429 404", HTTP_ANSWERED, true },
	{ "DELETE", "429 refused 404", HTTP_ANSWERED, false },
	{ "PUT", "cut refused", HTTP_UNKNOWN, true },
	{ "PUT", "refused", HTTP_NOT_SENT, false },
	{ "POST", "429 cut", HTTP_UNKNOWN, false },
};

START_TEST(remembers_doubt)
{
	char *script = script_of(doubts[_i].method, doubts[_i].outcomes);
	struct http_request r = { .method = doubts[_i].method,
		.url = CANNED_HOST "/x",
		.doubtful = true };
	struct canned c;
	struct err e;

	canned_open(&c, script);
	http_run(&c.transport, &r, 1, HOUR, &e);
	ck_assert_int_eq(r.fate, doubts[_i].fate);
	ck_assert(r.doubtful == doubts[_i].doubtful);
	http_clear(&r);
	canned_close(&c);
	mem_free(script);
}
END_TEST

static void write_date(char *date, size_t size, bool iso)
{
	time_t then = time(NULL) + 100;
	struct tm tm;

	gmtime_r(&then, &tm);
	if (iso)
		strftime(date, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
	else
		strftime(date, size, "%a,_%d_%b_%Y_%H:%M:%S_GMT", &tm);
}

START_TEST(waits_until_a_date)
{
	char date[100], *script;
	struct http_request r = { .method = "GET", .url = CANNED_HOST "/x" };
	struct canned c;
	struct err e;

	write_date(date, sizeof(date), _i);
	script = mem_printf("GET /x 429;retry=%s\nGET /x 200", date);
	canned_open(&c, script);
	http_run(&c.transport, &r, 1, HOUR, &e);
	ck_assert_int_ge(canned_at(&c, 1), 95000);
	ck_assert_int_le(canned_at(&c, 1), 102000);
	http_clear(&r);
	canned_close(&c);
	mem_free(script);
}
END_TEST

/* 2031-04-02T18:20:07Z, and how far from it a text is. */
#define DATE 1932920407

static const struct {
	const char *value;
	int64_t milliseconds;
} times[] = {
	{ "0", 0 },
	{ "1", 1000 },
	{ "120", 120000 },
	{ "Wed, 02 Apr 2031 18:20:37 GMT", 30000 },
	{ "Wednesday, 02-Apr-31 18:20:37 GMT", 30000 },
	{ "Wed Apr  2 18:20:37 2031", 30000 },
	{ "Wed, 02 Apr 2031 18:20:07 GMT", 0 },
	{ "Wed, 02 Apr 2031 18:20:06 GMT", 0 },
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 0 },
	{ "2031-04-02T18:20:37Z", 30000 },
	{ "2031-04-02T12:20:37-06:00", 30000 },
	{ "2031-04-02T20:20:37+02:00", 30000 },
	{ "2031-04-02T20:20:37.412+0200", 30000 },
	{ "2031-04-02T17:50:37.1-00:30", 30000 },
	{ "2031-04-02T18:20:37.412Z", 30000 },
	{ "2031-04-02T18:20:06Z", 0 },
	{ "1994-11-06T08:49:37Z", 0 },
	{ "", -1 },
	{ " ", -1 },
	{ "-1", -1 },
	{ "-9223372036854775808", -1 },
	{ "soon", -1 },
	{ "1s", -1 },
	{ "0x10", -1 },
	{ "NaN", -1 },
	{ "2031-13-02T18:20:37Z", -1 },
	{ "2031-04-02T25:20:37Z", -1 },
	{ "2031-04-02Tsoon", -1 },
};

START_TEST(reads_times)
{
	int64_t have = http_retry_after(times[_i].value, DATE);

	ck_assert_int_eq(have, times[_i].milliseconds);
}
END_TEST

START_TEST(far_times_do_not_wrap_around)
{
	static const char *const far[] = { "9223372036854775807",
		"9223372036854776", "99999999999999999999999",
		"Thu, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59Z" };

	ck_assert_int_ge(http_retry_after(far[_i], DATE), _i == 2 ? -1 : 60000);
}
END_TEST

/* Answers that are rate limits, and such that are none. */
static const struct {
	const char *outcome;
	bool limit;
} kinds[] = {
	{ "429", true },
	{ "429 {'message': 'x'}", true },
	{ "429 <html>", true },
	{ "413 {'overLimit': {'code': 413, 'message': 'OverLimit Retry...', "
	  "'details': 'x', 'retryAfter': '2031-04-02T18:20:07Z'}}",
		true },
	{ "413;retry=5", true },
	{ "413;retry=5 <html>", true },
	{ "413", false },
	{ "413 <html>too large</html>", false },
	{ "413 {'code': 413, 'message': 'Nodes must not exceed 25 per load "
	  "balancer.'}",
		false },
	{ "413 {'message': 'Duplicate nodes detected. One or more nodes "
	  "already configured on load balancer.'}",
		false },
	{ "413 {'overLimit': {'code': 413, 'message': 'Maximum number of "
	  "metadata items exceeds 40'}}",
		false },
	{ "413 {'overLimit': 'text'}", false },
	{ "413 ['overLimit']", false },
	{ "503;retry=5", false },
	{ "403 {'overLimit': {'message': 'Retry'}}", false },
	{ "200;retry=5", false },
};

START_TEST(knows_rate_limits)
{
	char *script = mem_printf("GET /x %s", kinds[_i].outcome);
	struct canned c;
	struct http_request r = { .fate = HTTP_NOT_SENT };

	canned_open(&c, script);
	canned_answer(&c, &r, &c.lines[0]);
	ck_assert(http_is_rate_limit(&r) == kinds[_i].limit);
	http_clear(&r);
	cJSON_Delete(c.log);
	mem_free(c.script);
	mem_free(script);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("http");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, repeats_what_may_be_repeated, 0, COUNT(rows));
	tcase_add_test(t, pauses_grow);
	tcase_add_loop_test(t, waits_as_told, 0, COUNT(limits));
	tcase_add_loop_test(t, waits_until_a_date, 0, 2);
	tcase_add_loop_test(t, remembers_doubt, 0, COUNT(doubts));
	tcase_add_loop_test(t, reads_times, 0, COUNT(times));
	tcase_add_loop_test(t, far_times_do_not_wrap_around, 0, 5);
	tcase_add_loop_test(t, knows_rate_limits, 0, COUNT(kinds));
	suite_add_tcase(s, t);
	return s;
}
