/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/tally.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/judge/clock.h"
#include "tests/judge/report.h"

Suite *suite(void);

#define START INT64_C(7000000)

static void add(struct tally *tally, enum outcome outcome, const char *build,
	int64_t latency, int64_t when)
{
	struct finding finding = { .outcome = outcome };

	outcome_copy_name(finding.build, build);
	tally_add(tally, &finding, true, START + when - latency, START + when);
}

/* The summary as text; its exit status. */
static int summary(const struct report *report, char *text, size_t size)
{
	FILE *out = fmemopen(text, size, "w");
	int status = report_summary(out, report);

	fclose(out);
	return status;
}

START_TEST(every_request_is_counted_once)
{
	struct tally *tally = tally_new(START);

	for (enum outcome i = 0; i < OUTCOME_COUNT; i++)
		for (enum outcome j = 0; j <= i; j++)
			add(tally, i, "1", 10, 100);
	ck_assert_uint_eq(tally->by_outcome[OUTCOME_OK], 1);
	ck_assert_uint_eq(tally->unsent, OUTCOME_UNSENT + 1);
	ck_assert_uint_eq(tally->sent, tally->failed + 1);
	ck_assert_uint_eq(tally->failed, 2 + 3 + 4 + 5 + 6 + 7 + 8);
	ck_assert_uint_eq(tally->seconds[0].failed, tally->failed);
	tally_free(tally);
}
END_TEST

static const struct {
	int64_t good[4]; /* when, in us; ended by 0 */
	int64_t stop;
	const char *gap;
} gaps[] = {
	{ { 0 }, 5000000, "longest gap: 5.000 s" },
	{ { 1000, 0 }, 5000000, "longest gap: 4.999 s" },
	{ { 3000000, 4000000, 0 }, 5000000, "longest gap: 3.000 s" },
	{ { 1000000, 4500000, 0 }, 5000000, "longest gap: 3.500 s" },
	/* After the end nothing is due, so nothing is missing. */
	{ { 1000000, 2000000, 8000000, 0 }, 2500000, "longest gap: 1.000 s" },
	{ { 500000, 9000000, 0 }, 2500000, "longest gap: 2.000 s" },
};

START_TEST(finds_the_longest_gap)
{
	struct tally *tally = tally_new(START);
	const struct report report = { .tally = tally };
	char text[4096];

	tally_stop(tally, START + gaps[_i].stop);
	for (const int64_t *good = gaps[_i].good; *good; good++) {
		add(tally, OUTCOME_WRONG, "1", 10, *good - 500);
		add(tally, OUTCOME_OK, "1", 10, *good);
	}
	summary(&report, text, sizeof(text));
	ck_assert_msg(strstr(text, gaps[_i].gap), "%s", text);
	tally_free(tally);
}
END_TEST

START_TEST(percentiles_are_close_and_the_maximum_is_exact)
{
	struct tally *tally = tally_new(START);

	for (int64_t i = 1; i <= 100000; i++)
		add(tally, OUTCOME_OK, "1", i * 7, i);
	add(tally, OUTCOME_UNANSWERED, "1", 50000000, 1);
	ck_assert_double_eq_tol(
		(double)tally_percentile(tally, 0.5), 350000, 350000 * 0.02);
	ck_assert_double_eq_tol(
		(double)tally_percentile(tally, 0.99), 693000, 693000 * 0.02);
	ck_assert_int_eq(tally_percentile(tally, 1), 700000);
	tally_free(tally);
}
END_TEST

START_TEST(any_latency_has_a_bucket)
{
	static const int64_t latencies[] = { -5, 0, 1, 127, 128, 129, 4095,
		4096, INT64_C(1) << 40, INT64_C(1) << 50 };

	for (size_t i = 0; i < sizeof(latencies) / sizeof(*latencies); i++) {
		struct tally *tally = tally_new(START);
		int64_t exact = latencies[i] < 0 ? 0 : latencies[i];

		add(tally, OUTCOME_OK, "1", latencies[i], 1);
		ck_assert_int_eq(tally_percentile(tally, 0.5), exact);
		tally_free(tally);
	}
}
END_TEST

START_TEST(builds_beyond_the_columns_share_the_last)
{
	struct tally *tally = tally_new(START);
	uint32_t sum = 0;

	for (int i = 0; i < 100; i++) {
		char build[8];

		snprintf(build, sizeof(build), "%d", i % 50);
		add(tally, OUTCOME_OK, build, 10, 10);
	}
	ck_assert_uint_eq(tally->column_count, TALLY_COLUMNS);
	ck_assert_str_eq(tally->builds[TALLY_BUILDS], "others");
	for (size_t i = 0; i < TALLY_COLUMNS; i++)
		sum += tally->seconds[0].good[i];
	ck_assert_uint_eq(sum, 100);
	tally_free(tally);
}
END_TEST

/* Rows are merged, and still count everything. */
START_TEST(a_long_table_has_sixty_rows)
{
	struct tally *tally = tally_new(START);
	const struct report report = { .tally = tally };
	char text[16384], *row;
	unsigned long rows = 0, good = 0, failed = 0, a, b, c;

	for (int i = 0; i < 1000; i++) {
		add(tally, OUTCOME_OK, "1", 10, i * CLOCK_SECOND);
		if (i % 10 == 0)
			add(tally, OUTCOME_RESET, "", 10, i * CLOCK_SECOND);
	}
	tally_stop(tally, START + 1000 * CLOCK_SECOND);
	summary(&report, text, sizeof(text));
	row = strstr(text, "failures\n");
	ck_assert_ptr_nonnull(row);
	for (row += 9; sscanf(row, "%lu %lu %lu", &a, &b, &c) == 3;
		row = strchr(row, '\n') + 1) {
		rows++;
		good += b;
		failed += c;
	}
	ck_assert_uint_le(rows, 60);
	ck_assert_uint_ge(rows, 30);
	ck_assert_uint_eq(good, 1000);
	ck_assert_uint_eq(failed, 100);
	tally_free(tally);
}
END_TEST

/* What became of two requests, and what the judge did wrong. */
static const struct {
	enum outcome second;
	int64_t late, minimum;
	const char *fault;
	int status;
	const char *line;
} ends[] = {
	{ OUTCOME_OK, 1000000, 2, NULL, 0, "failed requests: 0\n" },
	{ OUTCOME_REFUSED, 0, 1, NULL, 1, "\nrefused: 1\n" },
	{ OUTCOME_CONNECT_TIMEOUT, 0, 1, NULL, 1, "\nconnect-timeout: 1\n" },
	{ OUTCOME_RESET, 0, 1, NULL, 1, "\nreset: 1\n" },
	{ OUTCOME_UNANSWERED, 0, 1, NULL, 1, "\nunanswered: 1\n" },
	{ OUTCOME_TRUNCATED, 0, 1, NULL, 1, "\ntruncated: 1\n" },
	{ OUTCOME_WRONG, 0, 1, NULL, 1, "\nwrong: 1\n" },
	{ OUTCOME_OTHER, 0, 1, NULL, 1, "\nother: 1\n" },
	{ OUTCOME_UNSENT, 0, 1, NULL, 3, "\njudge: out of sockets, 1 " },
	{ OUTCOME_OK, 1000001, 1, NULL, 3, "\njudge: behind schedule by 1." },
	{ OUTCOME_WRONG, 1500000, 1, NULL, 3, "failed requests: 1\n" },
	{ OUTCOME_OK, 0, 3, NULL, 3, "\njudge: too few requests" },
	{ OUTCOME_OK, 0, 1, "disk full", 3, "\njudge: disk full\n" },
};

START_TEST(the_exit_status_says_whose_fault_it_is)
{
	struct tally *tally = tally_new(START);
	const struct report report = { .tally = tally,
		.minimum = ends[_i].minimum,
		.behind = 1000000,
		.fault = ends[_i].fault };
	char text[4096];

	add(tally, OUTCOME_OK, "1", 10, 10);
	add(tally, ends[_i].second, "1", 10, 10);
	tally_late(tally, START, START + ends[_i].late);
	tally_stop(tally, START + 100);
	ck_assert_int_eq(summary(&report, text, sizeof(text)), ends[_i].status);
	ck_assert_msg(strstr(text, ends[_i].line), "%s", text);
	tally_free(tally);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("judge/tally");
	TCase *t = tcase_create("all");

	tcase_add_test(t, every_request_is_counted_once);
	tcase_add_loop_test(
		t, finds_the_longest_gap, 0, sizeof(gaps) / sizeof(*gaps));
	tcase_add_test(t, percentiles_are_close_and_the_maximum_is_exact);
	tcase_add_test(t, any_latency_has_a_bucket);
	tcase_add_test(t, builds_beyond_the_columns_share_the_last);
	tcase_add_test(t, a_long_table_has_sixty_rows);
	tcase_add_loop_test(t, the_exit_status_says_whose_fault_it_is, 0,
		sizeof(ends) / sizeof(*ends));
	suite_add_tcase(s, t);
	return s;
}
