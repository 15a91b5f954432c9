/* SPDX-License-Identifier: Apache-2.0 */
/* tally - the figures of a run. */
#ifndef JUDGE_TALLY_H
#define JUDGE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/judge/outcome.h"

/* Builds with a column of their own; the last column is for all others. */
#define TALLY_BUILDS  12
#define TALLY_COLUMNS (TALLY_BUILDS + 1)
/* Buckets of latencies in us: exact below 128, then 64 for each power of 2. */
#define TALLY_BUCKETS (64 * 60)

struct tally_second {
	uint32_t good[TALLY_COLUMNS];
	uint32_t failed;
};

/* To be read by whoever reports; written only by these functions. */
struct tally {
	int64_t start, stop; /* CLOCK_NEVER: not known yet */
	uint64_t sent, failed, unsent;
	uint64_t by_outcome[OUTCOME_COUNT];
	char builds[TALLY_COLUMNS][OUTCOME_NAME_SIZE];
	size_t column_count;
	struct tally_second *seconds;
	size_t second_count, second_size;
	int64_t last_good, longest_gap;
	uint64_t latencies[TALLY_BUCKETS], latency_count;
	int64_t latency_max;
	int64_t latest; /* the furthest behind schedule that the judge was */
};

struct tally *tally_new(int64_t start);
void tally_free(struct tally *tally);

/* A request that ended now. Only what was sent counts as sent. `fast': its
 * latency counts if it was answered rightly. */
void tally_add(struct tally *tally, const struct finding *finding, bool fast,
	int64_t started, int64_t now);
/* Something that was due at `due' is done only now. */
void tally_late(struct tally *tally, int64_t due, int64_t now);
/* Nothing is started from this time on, which may be to come: gaps end here. */
void tally_stop(struct tally *tally, int64_t when);

/* The latency in us that this share (0 to 1) of the good fast ones did not
 * exceed, to 2%; 0 if there were none. */
int64_t tally_percentile(const struct tally *tally, double share);

#endif
