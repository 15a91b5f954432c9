/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan tells whoever watches: beginnings, states, ends. */
#include <stdio.h>

#include "common/plan_group.h"
#include "common/progress.h"
#include "common/str.h"

void group_tell_begin(const struct group *g, struct step *s)
{
	if (s->told.begun)
		return;
	s->told.begun = true;
	s->told.since = cloud_now(g->cloud);
	progress_say(g->cloud->progress, "%s", s->doing);
}

/* Of a thing that goes away no state is told: it is that of before. */
static bool goes_away(const struct step *s)
{
	return streq(s->method, "DELETE") || (s->was && !s->becomes);
}

static void tell_state(const struct group *g, struct step *s)
{
	const char *status = json_str(s->object, "status");
	int64_t part = json_int(s->object, "progress", -1);
	char text[64], percent[16] = "";

	if (!status || goes_away(s))
		return;
	if (part >= 0 && part < 100)
		snprintf(percent, sizeof(percent), " %d%%", (int)part);
	snprintf(text, sizeof(text), "%.40s%s", status, percent);
	if (streq(text, s->told.state))
		return;
	s->told.state = pool_copy(g->plan->pool, text);
	progress_say(g->cloud->progress, "%s: %s", s->thing, text);
}

/* Whoever takes one change after the other is not waited for between them. */
static bool is_awaited(const struct step *s)
{
	return s->wait == WAIT_USABLE && !goes_away(s) && !s->kind->ready;
}

static void tell_end(const struct group *g, struct step *s)
{
	struct progress *p = g->cloud->progress;
	int64_t now = cloud_now(g->cloud);
	double seconds =
		s->told.begun ? (double)(now - s->told.since) / 1000 : 0;
	const char *status = json_str(s->object, "status");

	s->told.ended = true;
	if (s->state == STEP_LATE)
		progress_say(p,
			"%s is not ready after %.1f s, the time is over",
			s->thing, seconds);
	else if (s->state != STEP_DONE)
		progress_say(p, "%s failed after %.1f s: %s", s->doing, seconds,
			s->err->text);
	else if (status && is_awaited(s))
		progress_say(p, "%s is %.40s after %.1f s", s->thing, status,
			seconds);
	else
		progress_say(p, "%s: done after %.1f s", s->doing, seconds);
}

void group_tell(const struct group *g, bool last)
{
	for (size_t i = 0; i < g->count; i++) {
		struct step *s = g->steps[i];

		if (s->told.ended)
			continue;
		if (s->state == STEP_STARTED)
			tell_state(g, s);
		else if (s->state == STEP_DONE || s->state == STEP_FAILED ||
			 s->state == STEP_LATE ||
			 (s->state == STEP_LOST && last))
			tell_end(g, s);
	}
}
