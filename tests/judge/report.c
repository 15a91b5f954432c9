/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/report.h"

#include <inttypes.h>
#include <string.h>

#include "tests/judge/clock.h"

#define ROW_MAX 60

void report_header(FILE *log)
{
	fputs("start\tkind\tmilliseconds\tresult\tstatus\tserver\tbuild\t"
	      "serial\treason\n",
		log);
}

static const char *or_dash(const char *text)
{
	return *text ? text : "-";
}

void report_request(FILE *log, const struct request *request,
	const struct finding *finding, int64_t now)
{
	double milliseconds = (double)(now - request->started) / 1000;

	fprintf(log, "%lld.%03ld\t%s\t%.1f\t%s\t%ld\t%s\t%s\t%" PRIu64 "\t%s\n",
		(long long)request->date.tv_sec,
		request->date.tv_nsec / 1000000,
		schedule_kind_name(request->due.kind), milliseconds,
		outcome_name(finding->outcome), finding->status,
		or_dash(finding->server), or_dash(finding->build),
		request->serial, or_dash(finding->reason));
}

static void print_counts(FILE *out, const struct tally *tally)
{
	fprintf(out, "requests sent: %" PRIu64 "\n", tally->sent);
	fprintf(out, "failed requests: %" PRIu64 "\n", tally->failed);
	for (enum outcome i = 0; i < OUTCOME_COUNT; i++)
		if (tally->by_outcome[i] && outcome_is_failure(i))
			fprintf(out, "%s: %" PRIu64 "\n", outcome_name(i),
				tally->by_outcome[i]);
}

static int column_width(const char *name)
{
	int length = (int)strlen(name);

	return length < 8 ? 8 : length;
}

static void print_row(
	FILE *out, const struct tally *tally, size_t first, size_t count)
{
	struct tally_second sum = { 0 };

	for (size_t i = first; i < first + count && i < tally->second_count;
		i++) {
		for (size_t j = 0; j < TALLY_COLUMNS; j++)
			sum.good[j] += tally->seconds[i].good[j];
		sum.failed += tally->seconds[i].failed;
	}
	fprintf(out, "%8zu", first);
	for (size_t i = 0; i < tally->column_count; i++)
		fprintf(out, "  %*" PRIu32, column_width(tally->builds[i]),
			sum.good[i]);
	fprintf(out, "  %8" PRIu32 "\n", sum.failed);
}

static void print_table(FILE *out, const struct tally *tally)
{
	size_t step = (tally->second_count + ROW_MAX - 1) / ROW_MAX;

	fprintf(out, "answers by build over time:\n%8s", "second");
	for (size_t i = 0; i < tally->column_count; i++)
		fprintf(out, "  %8s", tally->builds[i]);
	fprintf(out, "  %8s\n", "failures");
	for (size_t i = 0; i < tally->second_count; i += step)
		print_row(out, tally, i, step);
}

static void print_latency(FILE *out, const char *name, int64_t latency)
{
	if (latency)
		fprintf(out, "latency %s: %.1f ms\n", name,
			(double)latency / 1000);
	else
		fprintf(out, "latency %s: -\n", name);
}

static void print_times(FILE *out, const struct tally *tally)
{
	static const struct {
		const char *name;
		double share;
	} percentiles[] = { { "p50", 0.5 }, { "p99", 0.99 }, { "max", 1 } };
	int64_t tail = tally->stop - tally->last_good;
	int64_t gap = tail > tally->longest_gap ? tail : tally->longest_gap;

	fprintf(out, "longest gap: %.3f s\n", (double)gap / CLOCK_SECOND);
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(*percentiles); i++)
		print_latency(out, percentiles[i].name,
			tally_percentile(tally, percentiles[i].share));
}

/* How many promises the judge did not keep. */
static int print_judge(FILE *out, const struct report *report)
{
	const struct tally *tally = report->tally;
	int broken = 0;

	if (tally->latest > report->behind)
		broken += fprintf(out, "judge: behind schedule by %.3f s\n",
				  (double)tally->latest / CLOCK_SECOND) != 0;
	if (tally->unsent)
		broken += fprintf(out,
				  "judge: out of sockets, %" PRIu64
				  " requests not sent\n",
				  tally->unsent) != 0;
	if (tally->sent < (uint64_t)report->minimum)
		broken += fprintf(out,
				  "judge: too few requests, at least %" PRId64
				  " were wanted\n",
				  report->minimum) != 0;
	if (report->fault)
		broken += fprintf(out, "judge: %s\n", report->fault) != 0;
	return broken;
}

int report_summary(FILE *out, const struct report *report)
{
	const struct tally *tally = report->tally;

	print_counts(out, tally);
	print_table(out, tally);
	print_times(out, tally);
	fprintf(out, "idle connections closed by the server: %" PRIu64 "\n",
		report->idle_closes);
	if (report->crossed)
		fprintf(out,
			"requests that crossed such a close: %" PRIu64 "\n",
			report->crossed);
	if (report->first)
		fprintf(out, "first failure: %s\n", report->first);
	if (print_judge(out, report))
		return REPORT_NO_PROOF;
	return tally->failed ? REPORT_LOST : REPORT_GOOD;
}
