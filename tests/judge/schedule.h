/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedule - which request is due when.
 *
 * Fast requests are due at fixed times, whatever becomes of them. Slow ones
 * have places, each of which is filled again as soon as it is empty; a place
 * whose request failed rests first, so that a dead server is not flooded. The
 * first request of each place is shorter than the others, so that at any later
 * time the slow ones are of all ages. Nothing is due at the end or later.
 */
#ifndef JUDGE_SCHEDULE_H
#define JUDGE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/judge/options.h"

enum schedule_kind {
	SCHEDULE_GET,    /* on a connection that is kept alive */
	SCHEDULE_FRESH,  /* on a connection of its own */
	SCHEDULE_SLOW,   /* a slow answer */
	SCHEDULE_UPLOAD, /* a slow body */
};

/* Rest of a slow place after a failure. */
#define SCHEDULE_REST 100000

struct schedule_due {
	enum schedule_kind kind;
	int64_t when;
	double seconds; /* of a slow one */
	size_t place;   /* of a slow one, for schedule_ended() */
};

struct schedule;
struct schedule *schedule_new(const struct options *options, int64_t start);
void schedule_free(struct schedule *schedule);

const char *schedule_kind_name(enum schedule_kind kind);
bool schedule_is_slow(enum schedule_kind kind);

/* When the next is due; CLOCK_NEVER while there is none. */
int64_t schedule_when(const struct schedule *schedule);
/* Takes the next one, if it is due by now. */
bool schedule_take(
	struct schedule *schedule, int64_t now, struct schedule_due *due);
/* A slow one ended: its place is empty. */
void schedule_ended(struct schedule *schedule, const struct schedule_due *due,
	int64_t now, bool failed);

/* Brings the end forward to this time. */
void schedule_end(struct schedule *schedule, int64_t when);
/* CLOCK_NEVER while it is open. */
int64_t schedule_ends(const struct schedule *schedule);

#endif
