/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/schedule.h"

#include <check.h>

#include "tests/judge/clock.h"

Suite *suite(void);

#define START INT64_C(5000000)

static struct options options_of(double rate, double fresh, int64_t slow)
{
	return (struct options){
		.rate = rate, .fresh = fresh, .slow = slow, .slow_seconds = 2
	};
}

/* Takes all that is due by then; how many of each kind. */
static void take_all(struct schedule *schedule, int64_t now, size_t counts[4])
{
	struct schedule_due due;

	for (size_t i = 0; i < 4; i++)
		counts[i] = 0;
	while (schedule_take(schedule, now, &due)) {
		ck_assert_int_le(due.when, now);
		counts[due.kind]++;
	}
}

static const struct {
	double rate, fresh, seconds;
	size_t get, own;
} rates[] = {
	{ 250, 0.5, 10, 1250, 1250 },
	{ 250, 0, 4, 1000, 0 },
	{ 250, 1, 4, 0, 1000 },
	{ 300, 0.25, 4, 900, 300 },
	{ 0.5, 0.5, 10, 3, 2 },
	{ 333, 0.5, 3, 500, 499 },
	{ 5000, 0.5, 60, 150000, 150000 },
};

START_TEST(every_request_of_the_rate_is_due_once)
{
	struct options o = options_of(rates[_i].rate, rates[_i].fresh, 0);
	struct schedule *schedule;
	size_t counts[4];

	o.duration = rates[_i].seconds;
	schedule = schedule_new(&o, START);
	take_all(schedule, START + 1000 * CLOCK_SECOND, counts);
	ck_assert_uint_eq(counts[SCHEDULE_GET], rates[_i].get);
	ck_assert_uint_eq(counts[SCHEDULE_FRESH], rates[_i].own);
	ck_assert_int_eq(schedule_when(schedule), CLOCK_NEVER);
	schedule_free(schedule);
}
END_TEST

START_TEST(does_not_wait_for_slow_answers)
{
	const struct options o = options_of(100, 0.5, 0);
	struct schedule *schedule = schedule_new(&o, START);
	struct schedule_due due;

	for (int i = 0; i < 1000; i++) {
		ck_assert_int_eq(schedule_when(schedule), START + i * 10000);
		ck_assert(
			!schedule_take(schedule, START + i * 10000 - 1, &due));
		ck_assert(schedule_take(schedule, START + i * 10000, &due));
		ck_assert_int_eq(due.when, START + i * 10000);
	}
	schedule_free(schedule);
}
END_TEST

START_TEST(kinds_alternate)
{
	const struct options o = options_of(100, 0.5, 0);
	struct schedule *schedule = schedule_new(&o, START);
	struct schedule_due before, due;

	ck_assert(schedule_take(schedule, START + CLOCK_SECOND, &before));
	for (int i = 0; i < 50; i++) {
		ck_assert(schedule_take(schedule, START + CLOCK_SECOND, &due));
		ck_assert_int_ne(due.kind, before.kind);
		before = due;
	}
	schedule_free(schedule);
}
END_TEST

/* _i places: all are full from the first moment on, and half are uploads,
 * whichever of them ends. */
START_TEST(slow_places_are_always_full)
{
	const struct options o = options_of(0.01, 1, _i);
	struct schedule *schedule = schedule_new(&o, START);
	struct schedule_due due[16], fast;
	size_t uploads = 0, all = 0;

	for (int i = 0; i < _i; i++) {
		ck_assert(schedule_take(schedule, START, &due[i]));
		ck_assert(schedule_is_slow(due[i].kind));
		ck_assert_double_eq_tol(
			due[i].seconds, 2.0 * (i + 1) / _i, 1e-9);
		all += due[i].kind == SCHEDULE_UPLOAD;
	}
	ck_assert_uint_ge(all, (size_t)_i / 2);
	ck_assert_uint_le(all, ((size_t)_i + 1) / 2);
	ck_assert(schedule_take(schedule, START, &fast));
	ck_assert(!schedule_take(schedule, START + CLOCK_SECOND, &fast));
	for (int i = 0; i < 100; i++) {
		struct schedule_due *ended = &due[i * 7 % _i];

		all -= ended->kind == SCHEDULE_UPLOAD;
		schedule_ended(schedule, ended, START + i, false);
		ck_assert(schedule_take(schedule, START + i, ended));
		ck_assert_double_eq_tol(ended->seconds, 2, 1e-9);
		all += ended->kind == SCHEDULE_UPLOAD;
		uploads += ended->kind == SCHEDULE_UPLOAD;
		ck_assert_uint_ge(all, (size_t)_i / 2);
		ck_assert_uint_le(all, ((size_t)_i + 1) / 2);
	}
	ck_assert_uint_gt(uploads, 0);
	ck_assert_uint_lt(uploads, 100);
	schedule_free(schedule);
}
END_TEST

START_TEST(a_place_rests_after_a_failure)
{
	const struct options o = options_of(0.01, 1, 1);
	struct schedule *schedule = schedule_new(&o, START);
	struct schedule_due slow, due;

	ck_assert(schedule_take(schedule, START, &slow));
	ck_assert(schedule_take(schedule, START, &due));
	schedule_ended(schedule, &slow, START + 5, true);
	ck_assert(!schedule_take(schedule, START + SCHEDULE_REST, &due));
	ck_assert(schedule_take(schedule, START + 5 + SCHEDULE_REST, &due));
	schedule_free(schedule);
}
END_TEST

START_TEST(nothing_is_due_at_the_end)
{
	const struct options o = options_of(100, 0.5, 2);
	struct schedule *schedule = schedule_new(&o, START);
	struct schedule_due slow, due;
	size_t counts[4];

	ck_assert(schedule_take(schedule, START, &slow));
	schedule_end(schedule, START + CLOCK_SECOND);
	schedule_end(schedule, START + 9 * CLOCK_SECOND);
	ck_assert_int_eq(schedule_ends(schedule), START + CLOCK_SECOND);
	schedule_ended(schedule, &slow, START + CLOCK_SECOND, false);
	take_all(schedule, START + 5 * CLOCK_SECOND, counts);
	ck_assert_uint_eq(counts[SCHEDULE_GET] + counts[SCHEDULE_FRESH], 100);
	ck_assert_uint_eq(counts[SCHEDULE_SLOW] + counts[SCHEDULE_UPLOAD], 1);
	ck_assert(!schedule_take(schedule, CLOCK_NEVER, &due));
	schedule_free(schedule);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("judge/schedule");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, every_request_of_the_rate_is_due_once, 0,
		sizeof(rates) / sizeof(*rates));
	tcase_add_test(t, does_not_wait_for_slow_answers);
	tcase_add_test(t, kinds_alternate);
	tcase_add_loop_test(t, slow_places_are_always_full, 1, 10);
	tcase_add_test(t, a_place_rests_after_a_failure);
	tcase_add_test(t, nothing_is_due_at_the_end);
	suite_add_tcase(s, t);
	return s;
}
