/* SPDX-License-Identifier: Apache-2.0 */
/* Several requests in one run, its deadline and its end by a signal. */
#include "common/http.h"

#include "tests/common/canned.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define HOUR         3600000

#define BATCH 6

/* Of six requests, /0 to /5: how often each is sent, and its status. */
static const struct {
	const char *methods; /* G, U (PUT), P (POST), D */
	const char *script;
	int sent[BATCH];
	long status[BATCH];
} batches[] = {
	{ "GGGGGG",
		"GET /0 200\nGET /1 200\nGET /2 200\nGET /3 200\nGET /4 200\n"
		"GET /5 200",
		{ 1, 1, 1, 1, 1, 1 }, { 200, 200, 200, 200, 200, 200 } },
	{ "PPPPPP",
		"POST /0 202\nPOST /1 cut\nPOST /2 503\nPOST /3 refused\n"
		"POST /3 202\nPOST /4 429;retry=9\nPOST /4 202\nPOST /5 413",
		{ 1, 1, 1, 2, 2, 1 }, { 202, 0, 503, 202, 202, 413 } },
	{ "GUPDGP",
		"GET /0 503\nGET /0 200\nPUT /1 cut\nPUT /1 202\nPOST /2 500\n"
		"DELETE /3 cut\nDELETE /3 404\n+GET /4 cut\nPOST /5 202",
		{ 2, 2, 1, 2, HTTP_TRIES, 1 }, { 200, 202, 500, 404, 0, 202 } },
};

static const char *method_of(char letter)
{
	switch (letter) {
	case 'U':
		return "PUT";
	case 'P':
		return "POST";
	case 'D':
		return "DELETE";
	default:
		return "GET";
	}
}

START_TEST(repeats_only_those_that_need_it)
{
	static const char *const urls[BATCH] = { CANNED_HOST "/0",
		CANNED_HOST "/1", CANNED_HOST "/2", CANNED_HOST "/3",
		CANNED_HOST "/4", CANNED_HOST "/5" };
	struct http_request r[BATCH] = { 0 };
	struct canned c;
	struct err e;
	int total = 0;

	for (size_t i = 0; i < BATCH; i++) {
		r[i].method = method_of(batches[_i].methods[i]);
		r[i].url = urls[i];
		total += batches[_i].sent[i];
	}
	canned_open(&c, batches[_i].script);
	ck_assert_int_eq(http_run(&c.transport, r, BATCH, HOUR, &e), 0);
	for (size_t i = 0; i < BATCH; i++) {
		ck_assert_int_eq(r[i].tries, batches[_i].sent[i]);
		ck_assert_int_eq(r[i].status, batches[_i].status[i]);
		http_clear(&r[i]);
	}
	ck_assert_int_eq(canned_sent(&c), total);
	canned_close(&c);
}
END_TEST

/* One that must wait an hour does not hold up one that may go soon. */
START_TEST(each_waits_for_itself)
{
	struct http_request r[2] = { { .method = "GET",
					     .url = CANNED_HOST "/slow" },
		{ .method = "GET", .url = CANNED_HOST "/quick" } };
	struct canned c;
	struct err e;

	canned_open(&c, "GET /slow 429;retry=600\nGET /slow 200\n"
			"GET /quick 503\nGET /quick 503\nGET /quick 200");
	http_run(&c.transport, r, 2, HOUR, &e);
	ck_assert_str_eq(json_str(c.log, "3.path"), "/quick");
	ck_assert_int_lt(canned_at(&c, 3), 5000);
	ck_assert_int_ge(canned_at(&c, 4), 600000);
	ck_assert_int_eq(r[0].status, 200);
	ck_assert_int_eq(r[1].status, 200);
	http_clear(&r[0]);
	http_clear(&r[1]);
	canned_close(&c);
}
END_TEST

START_TEST(nothing_is_no_work)
{
	struct canned c;
	struct err e;

	canned_open(&c, "");
	ck_assert_int_eq(http_run(&c.transport, NULL, 0, HOUR, &e), 0);
	ck_assert_int_eq(canned_sent(&c), 0);
	canned_close(&c);
}
END_TEST

/* Requests are run again with what came of them before. */
START_TEST(a_request_can_be_run_again)
{
	struct http_request r = { .method = "GET", .url = CANNED_HOST "/x" };
	struct canned c;
	struct err e;

	canned_open(&c, "GET /x 503 down\nGET /x 404 {'a': 1}\nGET /x cut\n"
			"GET /x 200;location=/y {'b': 2}");
	http_run(&c.transport, &r, 1, HOUR, &e);
	ck_assert_int_eq(r.status, 404);
	ck_assert_int_eq(r.tries, 2);
	http_run(&c.transport, &r, 1, HOUR, &e);
	ck_assert_int_eq(r.status, 200);
	ck_assert_int_eq(r.tries, 2);
	ck_assert_int_eq(json_int(r.reply, "b", 0), 2);
	ck_assert_ptr_null(r.text);
	ck_assert_ptr_null(r.failure);
	http_clear(&r);
	ck_assert_int_eq(r.status, 0);
	ck_assert_ptr_null(r.location);
	http_clear(&r);
	canned_close(&c);
}
END_TEST

/* What there is time for, before the deadline. */
static const struct {
	const char *method, *script;
	int64_t deadline;
	int sent;
	long status;
} deadlines[] = {
	{ "GET", "+GET /x 429;retry=10", 35000, 4, 429 },
	{ "POST", "+POST /x 429;retry=10", 35000, 4, 429 },
	{ "GET", "GET /x 429;retry=3600", 60000, 1, 429 },
	{ "GET", "GET /x 429;retry=99999999", 60000, 1, 429 },
	{ "GET", "+GET /x slow", 60000, 1, 0 },
	{ "GET", "GET /x 503", 100, 1, 503 },
	{ "GET", "GET /x cut", 100, 1, 0 },
	{ "GET", "GET /x 200", 1, 1, 200 },
};

START_TEST(stops_at_the_deadline)
{
	struct http_request r = { .method = deadlines[_i].method,
		.url = CANNED_HOST "/x" };
	struct canned c;
	struct err e;

	canned_open(&c, deadlines[_i].script);
	ck_assert_int_eq(
		http_run(&c.transport, &r, 1, deadlines[_i].deadline, &e), 0);
	ck_assert_int_eq(canned_sent(&c), deadlines[_i].sent);
	ck_assert_int_eq(r.status, deadlines[_i].status);
	ck_assert_int_le(c.now, deadlines[_i].deadline + 1);
	http_clear(&r);
	canned_close(&c);
}
END_TEST

START_TEST(after_the_deadline_nothing_is_begun)
{
	struct http_request r = { .method = "POST", .url = CANNED_HOST "/x" };
	struct canned c;
	struct err e;

	canned_open(&c, "+POST /x 202");
	c.now = 5000;
	ck_assert_int_eq(http_run(&c.transport, &r, 1, 5000, &e), 0);
	ck_assert_int_eq(canned_sent(&c), 0);
	ck_assert_int_eq(r.fate, HTTP_NOT_SENT);
	ck_assert_int_eq(r.status, 0);
	ck_assert_ptr_nonnull(r.failure);
	http_clear(&r);
	canned_close(&c);
}
END_TEST

/* A time that is over (clocks differ) or 0 must not become a loop that asks
 * as fast as it can, until the deadline. */
static const char *const no_times[] = { "429;retry=0",
	"413;retry=0 {'overLimit': {'message': 'Retry'}}",
	"429;retry=Sun,_06_Nov_1994_08:49:37_GMT",
	"429;retry=1994-11-06T08:49:37Z" };

START_TEST(a_rate_limit_without_a_wait_is_not_hammered)
{
	char *script = mem_printf("+POST /x %s", no_times[_i]);
	struct http_request r = { .method = "POST", .url = CANNED_HOST "/x" };
	struct canned c;
	struct err e;

	canned_open(&c, script);
	http_run(&c.transport, &r, 1, 60000, &e);
	ck_assert_int_ge(canned_sent(&c), 2);
	ck_assert_int_le(canned_sent(&c), 600);
	http_clear(&r);
	canned_close(&c);
	mem_free(script);
}
END_TEST

START_TEST(a_signal_ends_it)
{
	struct http_request r[3] = { { .method = "GET",
					     .url = CANNED_HOST "/0" },
		{ .method = "POST", .url = CANNED_HOST "/1" },
		{ .method = "GET", .url = CANNED_HOST "/2" } };
	struct canned c;
	struct err e;

	interrupt_catch();
	canned_open(&c, "GET /0 503\nPOST /1 signal\nGET /2 200");
	ck_assert_int_eq(http_run(&c.transport, r, 3, HOUR, &e), -1);
	ck_assert_int_eq(e.code, ERR_INTERRUPTED);
	ck_assert_int_eq(canned_sent(&c), 3);
	ck_assert_int_eq(r[0].status, 503);
	ck_assert_int_eq(r[1].fate, HTTP_UNKNOWN);
	ck_assert_int_eq(r[2].status, 200);
	for (int i = 0; i < 3; i++)
		http_clear(&r[i]);
	canned_close(&c);
}
END_TEST

static int interrupted_pause(struct transport *transport, int64_t milliseconds)
{
	(void)transport, (void)milliseconds;
	return -1;
}

START_TEST(a_signal_ends_a_pause)
{
	struct http_request r = { .method = "GET", .url = CANNED_HOST "/x" };
	struct canned c;
	struct err e;

	canned_open(&c, "GET /x 503 down");
	c.transport.pause = interrupted_pause;
	ck_assert_int_eq(http_run(&c.transport, &r, 1, HOUR, &e), -1);
	ck_assert_int_eq(e.code, ERR_INTERRUPTED);
	ck_assert_int_eq(r.status, 503);
	ck_assert_str_eq(r.text, "down");
	http_clear(&r);
	canned_close(&c);
}
END_TEST

/* A PUT that was perhaps done before the signal came is not "not sent". */
START_TEST(a_signal_leaves_the_doubt)
{
	struct http_request r = { .method = "PUT", .url = CANNED_HOST "/x" };
	struct canned c;
	struct err e;

	interrupt_catch();
	canned_open(&c, "PUT /x cut");
	c.transport.pause = interrupted_pause;
	ck_assert_int_eq(http_run(&c.transport, &r, 1, HOUR, &e), -1);
	ck_assert_int_eq(r.fate, HTTP_UNKNOWN);
	http_clear(&r);
	canned_close(&c);
}
END_TEST

START_TEST(reasons)
{
	ck_assert_str_eq(http_reason(404), "Not Found");
	ck_assert_str_eq(http_reason(422), "Unprocessable Entity");
	ck_assert_ptr_nonnull(http_reason(299));
	ck_assert_ptr_nonnull(http_reason(0));
	ck_assert_ptr_nonnull(http_reason(-1));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("http_batch");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(
		t, repeats_only_those_that_need_it, 0, COUNT(batches));
	tcase_add_test(t, each_waits_for_itself);
	tcase_add_test(t, nothing_is_no_work);
	tcase_add_test(t, a_request_can_be_run_again);
	tcase_add_loop_test(t, stops_at_the_deadline, 0, COUNT(deadlines));
	tcase_add_test(t, after_the_deadline_nothing_is_begun);
	tcase_add_loop_test(t, a_rate_limit_without_a_wait_is_not_hammered, 0,
		COUNT(no_times));
	tcase_add_test(t, a_signal_ends_it);
	tcase_add_test(t, a_signal_ends_a_pause);
	tcase_add_test(t, a_signal_leaves_the_doubt);
	tcase_add_test(t, reasons);
	suite_add_tcase(s, t);
	return s;
}
