/* SPDX-License-Identifier: Apache-2.0 */
/* What is done while a cloud waits, and what time it is there. */
#include <time.h>

#include "tests/common/account.h"
#include "tests/common/thing.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define MINUTE       60000
#define READ         "GET /compute/x "

/* Somebody who keeps a lease meanwhile. */
struct keeper {
	struct account *account;
	int calls, fail_at; /* fails at this call, 0: never */
	int64_t last, longest;
	bool asks; /* it makes a call of its own */
};

static int keep(void *context, struct err *e)
{
	struct keeper *k = context;
	struct cloud *c = &k->account->cloud;
	const cJSON *reply;
	int64_t now = cloud_now(c);

	if (k->calls && now - k->last > k->longest)
		k->longest = now - k->last;
	k->last = now;
	if (++k->calls == k->fail_at)
		return err_set(e, ERR_CHANGED, "the lease is somebody else's");
	if (!k->asks)
		return 0;
	return cloud_get(c, CLOUD_COMPUTE, "/lease", "renewing it", &reply, e);
}

static void employ(struct keeper *k, struct account *a)
{
	k->account = a;
	a->cloud.idle = keep;
	a->cloud.idle_context = k;
}

/* Milliseconds of a pause, and how often it is called at least and at most. */
static const struct {
	int64_t pause;
	int least, most;
} pauses[] = { { 0, 1, 1 }, { 100, 1, 1 }, { 1000, 1, 1 }, { 1001, 2, 2 },
	{ 5000, 5, 5 }, { 60000, 60, 60 } };

START_TEST(long_pauses_are_sliced)
{
	struct keeper k = { 0 };
	struct account a;
	int64_t before;

	account_open(&a, "");
	employ(&k, &a);
	before = a.canned.now;
	ck_assert_int_eq(cloud_pause(&a.cloud, pauses[_i].pause, &a.e), 0);
	ck_assert_int_eq(a.canned.now - before, pauses[_i].pause);
	ck_assert_int_ge(k.calls, pauses[_i].least);
	ck_assert_int_le(k.calls, pauses[_i].most);
	ck_assert_int_le(k.longest, 1000);
	account_close(&a);
}
END_TEST

/* Waited so far, at least, left; and the pause. */
static const struct {
	int64_t waited, least, left, pause;
} pauses_until_a_look[] = {
	{ 0, 1000, MINUTE, 1000 },
	{ 0, 0, MINUTE, 0 },
	{ 30000, 1000, MINUTE, 3000 },
	{ 3600000, 1000, MINUTE, 5000 },
	{ 30000, 1000, 200, 200 },
	{ 30000, 1000, 0, 0 },
	{ 30000, 1000, -5, 0 },
};

START_TEST(looks_are_the_rarer_the_longer_it_takes)
{
	struct account a;
	int64_t now;

	account_open(&a, "");
	now = a.canned.now;
	ck_assert_int_eq(
		cloud_until_look(&a.cloud, now - pauses_until_a_look[_i].waited,
			pauses_until_a_look[_i].least,
			now + pauses_until_a_look[_i].left),
		pauses_until_a_look[_i].pause);
	account_close(&a);
}
END_TEST

START_TEST(a_signal_ends_a_pause)
{
	struct account a;

	interrupt_catch();
	account_open(&a, "");
	raise(SIGTERM);
	ck_assert_int_eq(cloud_pause(&a.cloud, MINUTE, &a.e), -1);
	ck_assert_int_eq(a.e.code, ERR_INTERRUPTED);
	account_close(&a);
}
END_TEST

/* Between tries, too; what it asks for itself may have to be waited for, which
 * must not make it call itself. */
START_TEST(is_called_between_tries)
{
	struct keeper k = { .asks = true };
	const cJSON *reply;
	struct account a;

	account_open(&a, LOGGED_IN READ
		"429;retry=30\n" READ "200 {}\nGET /compute/lease 503\n"
		"GET /compute/lease 429;retry=2\n+GET /compute/lease 200 {}");
	employ(&k, &a);
	ck_assert_int_eq(cloud_get(&a.cloud, CLOUD_COMPUTE, "/x", "reading it",
				 &reply, &a.e),
		0);
	ck_assert_int_ge(k.calls, 25);
	ck_assert_int_ge(a.canned.now, 30000);
	ck_assert_int_le(a.canned.now, 33000);
	ck_assert(!a.cloud.idling);
	account_close(&a);
}
END_TEST

START_TEST(its_failure_ends_a_call)
{
	struct keeper k = { .fail_at = 3 };
	struct call calls[2] = {
		{ .method = "GET", .path = "/x", .doing = "reading it" },
		{ .method = "GET", .path = "/y", .doing = "reading it, too" },
	};
	struct account a;

	account_open(
		&a, LOGGED_IN READ "429;retry=30\nGET /compute/y 200 {'a': 1}");
	employ(&k, &a);
	ck_assert_int_eq(cloud_run(&a.cloud, calls, 2, &a.e), -1);
	ck_assert_int_eq(a.e.code, ERR_CHANGED);
	ck_assert_str_eq(a.e.text, "the lease is somebody else's");
	ck_assert_int_eq(calls[0].http.status, 429);
	ck_assert_int_eq(calls[1].http.status, 200);
	ck_assert_int_le(a.canned.now, 3000);
	cloud_clear(&calls[0]);
	cloud_clear(&calls[1]);
	account_close(&a);
}
END_TEST

/* Waits of a plan, where it fails: in a pause between looks, or while a look
 * is repeated, which by itself would be no verdict. */
static const struct {
	const char *script;
	char step;
	int fail_at;
} waits[] = {
	{ MAKE MADE("1") "+" LOOK THINGS(THING("1", "new")), 'n', 4 },
	{ MAKE MADE("1") LOOK "429;retry=60", 'n', 4 },
	{ MAKE MADE("1") LOOK "429;retry=60", 'l', 2 },
	{ "+" BOX BOX_IS("PENDING"), 'b', 4 },
	{ BOX BOX_IS("ACTIVE") "+" CHANGE "x " IMMUTABLE
			       "+" BOX BOX_IS("PENDING"),
		'b', 4 },
};

START_TEST(its_failure_ends_a_wait)
{
	struct keeper k = { .fail_at = waits[_i].fail_at };
	struct job job;

	job_open(&job, waits[_i].script);
	employ(&k, &job.account);
	job_add(&job, waits[_i].step, 1);
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	ck_assert_int_eq(job.account.e.code, ERR_CHANGED);
	account_check_words(job_text(&job), "somebody else's");
	ck_assert_int_eq(k.calls, k.fail_at);
	ck_assert_int_le(job.account.canned.now, 10000);
	job_close(&job);
}
END_TEST

START_TEST(a_long_wait_calls_each_second)
{
	struct keeper k = { 0 };
	struct job job;

	job_open(&job, MAKE MADE("1") "+" LOOK THINGS(THING("1", "new")));
	employ(&k, &job.account);
	job_add(&job, 'n', 1);
	ck_assert_int_eq(job_apply(&job, 10 * MINUTE), -1);
	ck_assert_int_eq(job.account.e.code, ERR_TIME);
	ck_assert_int_ge(k.calls, 590);
	ck_assert_int_le(k.longest, 1002);
	job_close(&job);
}
END_TEST

/* What this run has made is removed all the same. */
START_TEST(undoing_does_not_ask)
{
	struct keeper k = { .fail_at = 2 };
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct job job;

	interrupt_catch();
	job_open(&job, MAKE MADE("1") LOOK THINGS(THING("1", "new")) REMOVE
		"1 429;retry=9\n" REMOVE "1 204\n" LOOK THINGS(""));
	employ(&k, &job.account);
	job_add(&job, 'n', 1);
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	plan_undo(&job.plan, &job.account.cloud, removed, left);
	ck_assert_int_eq(json_size(removed), 1);
	ck_assert_int_eq(json_size(left), 0);
	ck_assert_int_eq(k.calls, 2);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	job_close(&job);
}
END_TEST

/* The cloud's clock is an hour, or ten years, off ours. */
#define THEN "1900000000"

START_TEST(the_cloud_has_a_clock)
{
	const cJSON *reply;
	struct account a;
	int64_t ours = (int64_t)time(NULL);

	account_open(&a,
		LOGGED_IN READ "200;date=" THEN " {}\n" READ "200 {}\n" READ
			       "cut\n" READ "403;date=1800000000 no");
	ck_assert_int_le(ours, cloud_date(&a.cloud));
	ck_assert_int_le(cloud_date(&a.cloud), (int64_t)time(NULL));
	cloud_get(&a.cloud, CLOUD_COMPUTE, "/x", "x", &reply, &a.e);
	ck_assert_int_eq(cloud_date(&a.cloud), 1900000000);
	/* It goes on with ours, and without a date it just goes on. */
	a.canned.now += 1800000;
	ck_assert_int_eq(cloud_date(&a.cloud), 1900001800);
	cloud_get(&a.cloud, CLOUD_COMPUTE, "/x", "x", &reply, &a.e);
	ck_assert_int_eq(cloud_date(&a.cloud), 1900001800);
	/* The last one counts, whatever it answers, and if it is earlier. */
	cloud_get(&a.cloud, CLOUD_COMPUTE, "/x", "x", &reply, &a.e);
	ck_assert_int_eq(cloud_date(&a.cloud), 1800000000);
	account_close(&a);
}
END_TEST

/* Of several at once the last to come, though it was not the last asked for:
 * the first is repeated, and gets its answer a minute after the second. */
START_TEST(the_last_answer_counts)
{
	struct call calls[2] = {
		{ .method = "GET", .path = "/x", .doing = "x" },
		{ .method = "GET", .path = "/y", .doing = "y" },
	};
	struct account a;

	account_open(&a,
		LOGGED_IN READ "429;retry=60\n" READ "200;date=1900000060\n"
			       "GET /compute/y 200;date=1900000000");
	ck_assert_int_eq(cloud_run(&a.cloud, calls, 2, &a.e), 0);
	ck_assert_int_eq(cloud_date(&a.cloud), 1900000060);
	cloud_clear(&calls[0]);
	cloud_clear(&calls[1]);
	account_close(&a);
}
END_TEST

/* A date of the cloud is waited for by the cloud's clock. */
START_TEST(retry_after_is_by_the_clouds_clock)
{
	const cJSON *reply;
	struct account a;

	account_open(&a, LOGGED_IN READ
		"429;date=1900000000;retry=2030-03-17T17:46:50Z\n" READ
		"200 {}");
	ck_assert_int_eq(
		cloud_get(&a.cloud, CLOUD_COMPUTE, "/x", "x", &reply, &a.e), 0);
	ck_assert_int_ge(a.canned.now, 10000);
	ck_assert_int_le(a.canned.now, 10010);
	account_close(&a);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("cloud_pause");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, long_pauses_are_sliced, 0, COUNT(pauses));
	tcase_add_loop_test(t, looks_are_the_rarer_the_longer_it_takes, 0,
		COUNT(pauses_until_a_look));
	tcase_add_test(t, a_signal_ends_a_pause);
	tcase_add_test(t, is_called_between_tries);
	tcase_add_test(t, its_failure_ends_a_call);
	tcase_add_loop_test(t, its_failure_ends_a_wait, 0, COUNT(waits));
	tcase_add_test(t, a_long_wait_calls_each_second);
	tcase_add_test(t, undoing_does_not_ask);
	tcase_add_test(t, the_cloud_has_a_clock);
	tcase_add_test(t, the_last_answer_counts);
	tcase_add_test(t, retry_after_is_by_the_clouds_clock);
	suite_add_tcase(s, t);
	return s;
}
