/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/schedule.h"

#include "common/mem.h"
#include "tests/judge/clock.h"

struct place {
	int64_t when; /* its next request is due; CLOCK_NEVER: one is open */
	bool used;
};

struct schedule {
	int64_t start, end;
	double rate, fresh, slow_seconds;
	uint64_t fast;  /* fast requests taken */
	uint64_t slow;  /* slow ones taken */
	size_t uploads; /* of them open */
	size_t place_count;
	struct place places[];
};

struct schedule *schedule_new(const struct options *options, int64_t start)
{
	size_t count = (size_t)options->slow;
	struct schedule *schedule =
		mem_new(sizeof(*schedule) + count * sizeof(*schedule->places));

	schedule->start = start;
	schedule->end = options->duration > 0
				? start + clock_from_seconds(options->duration)
				: CLOCK_NEVER;
	schedule->rate = options->rate;
	schedule->fresh = options->fresh;
	schedule->slow_seconds = options->slow_seconds;
	schedule->place_count = count;
	for (size_t i = 0; i < count; i++)
		schedule->places[i].when = start;
	return schedule;
}

void schedule_free(struct schedule *schedule)
{
	mem_free(schedule);
}

const char *schedule_kind_name(enum schedule_kind kind)
{
	static const char *const names[] = {
		[SCHEDULE_GET] = "get",
		[SCHEDULE_FRESH] = "fresh",
		[SCHEDULE_SLOW] = "slow",
		[SCHEDULE_UPLOAD] = "upload",
	};

	return names[kind];
}

bool schedule_is_slow(enum schedule_kind kind)
{
	return kind == SCHEDULE_SLOW || kind == SCHEDULE_UPLOAD;
}

static int64_t fast_when(const struct schedule *schedule)
{
	return schedule->start +
	       clock_from_seconds((double)schedule->fast / schedule->rate);
}

/* The place that is due first, or NULL. */
static const struct place *first_place(const struct schedule *schedule)
{
	const struct place *first = NULL;

	for (size_t i = 0; i < schedule->place_count; i++)
		if (!first || schedule->places[i].when < first->when)
			first = &schedule->places[i];
	return first;
}

int64_t schedule_when(const struct schedule *schedule)
{
	const struct place *place = first_place(schedule);
	int64_t when = fast_when(schedule);

	if (place)
		when = clock_earlier(when, place->when);
	return when < schedule->end ? when : CLOCK_NEVER;
}

static void take_fast(struct schedule *schedule, struct schedule_due *due)
{
	double before = (double)schedule->fast * schedule->fresh;
	double after = (double)(schedule->fast + 1) * schedule->fresh;

	*due = (struct schedule_due){
		.kind = (uint64_t)after > (uint64_t)before ? SCHEDULE_FRESH
							   : SCHEDULE_GET,
		.when = fast_when(schedule),
	};
	schedule->fast++;
}

static void take_slow(
	struct schedule *schedule, size_t index, struct schedule_due *due)
{
	struct place *place = &schedule->places[index];
	/* Half of them, and of an odd number now the smaller half, now the
	 * larger one. */
	size_t uploads = (schedule->place_count + schedule->slow % 2) / 2;

	*due = (struct schedule_due){
		.kind = schedule->uploads < uploads ? SCHEDULE_UPLOAD
						    : SCHEDULE_SLOW,
		.when = place->when,
		.seconds = schedule->slow_seconds,
		.place = index,
	};
	if (!place->used)
		due->seconds *=
			(double)(index + 1) / (double)schedule->place_count;
	if (due->kind == SCHEDULE_UPLOAD)
		schedule->uploads++;
	schedule->slow++;
	place->used = true;
	place->when = CLOCK_NEVER;
}

bool schedule_take(
	struct schedule *schedule, int64_t now, struct schedule_due *due)
{
	const struct place *place = first_place(schedule);
	int64_t when = schedule_when(schedule);

	if (when > now || when == CLOCK_NEVER)
		return false;
	if (place && place->when == when)
		take_slow(schedule, (size_t)(place - schedule->places), due);
	else
		take_fast(schedule, due);
	return true;
}

void schedule_ended(struct schedule *schedule, const struct schedule_due *due,
	int64_t now, bool failed)
{
	if (!schedule_is_slow(due->kind))
		return;
	if (due->kind == SCHEDULE_UPLOAD)
		schedule->uploads--;
	schedule->places[due->place].when = now + (failed ? SCHEDULE_REST : 0);
}

void schedule_end(struct schedule *schedule, int64_t when)
{
	schedule->end = clock_earlier(schedule->end, when);
}

int64_t schedule_ends(const struct schedule *schedule)
{
	return schedule->end;
}
