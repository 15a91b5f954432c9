/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/tally.h"

#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/judge/clock.h"

struct tally *tally_new(int64_t start)
{
	struct tally *tally = mem_new(sizeof(*tally));

	tally->start = tally->last_good = start;
	tally->stop = CLOCK_NEVER;
	return tally;
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;
	mem_free(tally->seconds);
	mem_free(tally);
}

/* Seconds without any answer have a row, too. */
static struct tally_second *second_of(struct tally *tally, int64_t now)
{
	size_t index = now > tally->start
			       ? (size_t)((now - tally->start) / CLOCK_SECOND)
			       : 0;

	if (index >= tally->second_size) {
		size_t size = index * 2 + 64;

		tally->seconds = mem_resize(
			tally->seconds, size, sizeof(*tally->seconds));
		memset(tally->seconds + tally->second_size, 0,
			(size - tally->second_size) * sizeof(*tally->seconds));
		tally->second_size = size;
	}
	if (index >= tally->second_count)
		tally->second_count = index + 1;
	return &tally->seconds[index];
}

static size_t column_of(struct tally *tally, const char *build)
{
	size_t column = 0;

	while (column < tally->column_count &&
		!streq(tally->builds[column], build))
		column++;
	if (column < tally->column_count)
		return column;
	if (column >= TALLY_BUILDS) {
		column = TALLY_BUILDS;
		build = "others";
	}
	tally->column_count = column + 1;
	snprintf(tally->builds[column], sizeof(*tally->builds), "%s", build);
	return column;
}

static size_t bucket_of(int64_t latency)
{
	uint64_t value = latency > 0 ? (uint64_t)latency : 0;
	unsigned int shift;

	if (value < 128)
		return (size_t)value;
	shift = 57 - (unsigned int)__builtin_clzll(value);
	return (size_t)(shift * 64 + (value >> shift));
}

/* The largest latency that falls into it. */
static int64_t bucket_top(size_t bucket)
{
	size_t shift;

	if (bucket < 128)
		return (int64_t)bucket;
	shift = bucket / 64 - 1;
	return (int64_t)((((uint64_t)bucket - shift * 64 + 1) << shift) - 1);
}

static void add_latency(struct tally *tally, int64_t latency)
{
	tally->latencies[bucket_of(latency)]++;
	tally->latency_count++;
	if (latency > tally->latency_max)
		tally->latency_max = latency;
}

static void end_gap(struct tally *tally, int64_t now)
{
	int64_t end = clock_earlier(now, tally->stop);

	if (end - tally->last_good > tally->longest_gap)
		tally->longest_gap = end - tally->last_good;
}

void tally_add(struct tally *tally, const struct finding *finding, bool fast,
	int64_t started, int64_t now)
{
	tally->by_outcome[finding->outcome]++;
	if (finding->outcome == OUTCOME_UNSENT) {
		tally->unsent++;
		return;
	}
	tally->sent++;
	if (finding->outcome != OUTCOME_OK) {
		tally->failed++;
		second_of(tally, now)->failed++;
		return;
	}
	second_of(tally, now)->good[column_of(tally, finding->build)]++;
	end_gap(tally, now);
	tally->last_good = now;
	if (fast)
		add_latency(tally, now - started);
}

void tally_late(struct tally *tally, int64_t due, int64_t now)
{
	if (now - due > tally->latest)
		tally->latest = now - due;
}

void tally_stop(struct tally *tally, int64_t when)
{
	tally->stop = when;
}

int64_t tally_percentile(const struct tally *tally, double share)
{
	uint64_t count = 0;

	for (size_t i = 0; i < TALLY_BUCKETS; i++) {
		count += tally->latencies[i];
		if (count &&
			(double)count >= share * (double)tally->latency_count)
			return clock_earlier(bucket_top(i), tally->latency_max);
	}
	return 0;
}
