/* SPDX-License-Identifier: Apache-2.0 */
/* Applying a plan: groups, waiting for them, undoing. Sending is in
 * plan_send.c. */
#include <string.h>

#include "common/interrupt.h"
#include "common/plan_group.h"
#include "common/str.h"

#define UNDO_TIME 60000

struct group group_at(
	struct plan *p, struct cloud *cloud, size_t first, int64_t wait_until)
{
	size_t end = first + 1;

	while (end < p->count && p->steps[first]->together &&
		p->steps[end]->together &&
		p->steps[end]->kind == p->steps[first]->kind)
		end++;
	return (struct group){ .plan = p,
		.cloud = cloud,
		.steps = p->steps + first,
		.count = end - first,
		.wait_until = wait_until };
}

struct step **group_steps(
	const struct group *g, enum step_state state, size_t *count)
{
	struct step **found = mem_array(g->count, sizeof(*found));

	*count = 0;
	for (size_t i = 0; i < g->count; i++)
		if (g->steps[i]->state == state)
			found[(*count)++] = g->steps[i];
	return found;
}

int group_pause(
	const struct group *g, int64_t since, int64_t end, struct err *e)
{
	return cloud_pause(g->cloud,
		cloud_until_look(
			g->cloud, since, g->steps[0]->kind->first_pause, end),
		e);
}

/* Whether this ends a wait, and is no mere failure of a look. */
static bool ends_wait(const struct group *g, const struct err *e)
{
	return e->code == ERR_INTERRUPTED || g->cloud->idle_failed;
}

int64_t group_limit_looks(const struct group *g)
{
	int64_t before = g->cloud->deadline, now = cloud_now(g->cloud);
	int64_t last =
		(g->wait_until > now ? g->wait_until : now) + PLAN_LAST_LOOK;

	if (last < before)
		g->cloud->deadline = last;
	return before;
}

/* A look that fails is no verdict on what is looked at; if it was the last one,
 * it is the reason that is told. */
static int look(const struct group *g, struct step **waiting, size_t count,
	struct err *e)
{
	for (size_t i = 0; i < count; i++)
		waiting[i]->err->code = ERR_NONE;
	if (waiting[0]->kind->look(g->cloud, waiting, count, e) == 0)
		return 0;
	if (ends_wait(g, e) || e->code == ERR_AUTH)
		return -1;
	for (size_t i = 0; i < count; i++) {
		*waiting[i]->err = *e;
		waiting[i]->err->code = ERR_TIME;
	}
	return 0;
}

static bool still_waited_for(struct step **waiting, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		if (waiting[i]->state != STEP_STARTED)
			continue;
		if (waiting[i]->wait == WAIT_USABLE && waiting[i]->kind->look)
			any = true;
		else
			waiting[i]->state = STEP_DONE;
	}
	return any;
}

static bool all_seen(struct step **waiting, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!waiting[i]->seen && waiting[i]->state == STEP_STARTED)
			return false;
	return true;
}

/* A look that only serves the result may fail. What is not seen yet is looked
 * for again: the next run would not see it either, and make another. */
static int look_for_result(const struct group *g, struct step **waiting,
	size_t count, struct err *e)
{
	const struct step_kind *kind = waiting[0]->kind;
	int64_t since = cloud_now(g->cloud), end = since + PLAN_LIST_LAG;

	for (;;) {
		if (kind->look(g->cloud, waiting, count, e) < 0)
			return ends_wait(g, e) ? -1 : 0;
		if (!kind->lags || all_seen(waiting, count) ||
			cloud_now(g->cloud) >= end)
			return 0;
		if (group_pause(g, since, end, e) < 0)
			return -1;
	}
}

/* Waits for all that were accepted, as one group. */
static int wait_all(const struct group *g, struct err *e)
{
	int64_t since = cloud_now(g->cloud);
	size_t count;
	struct step **waiting = group_steps(g, STEP_STARTED, &count);
	int rc = 0;

	/* What was said on the way here is no reason for being late. */
	for (size_t i = 0; i < count; i++) {
		waiting[i]->err->code = ERR_NONE;
		group_tell_begin(g, waiting[i]);
	}
	if (count && waiting[0]->wait == WAIT_LOOK && waiting[0]->kind->look)
		rc = look_for_result(g, waiting, count, e);
	while (rc == 0 && still_waited_for(waiting, count)) {
		mem_free(waiting);
		waiting = group_steps(g, STEP_STARTED, &count);
		if (cloud_now(g->cloud) >= g->wait_until) {
			for (size_t i = 0; i < count; i++)
				waiting[i]->state = STEP_LATE;
			break;
		}
		rc = group_pause(g, since, g->wait_until, e);
		if (rc == 0)
			rc = look(g, waiting, count, e);
		group_tell(g, false);
	}
	mem_free(waiting);
	return rc;
}

static int late(const struct group *g, const struct step *s, struct err *e)
{
	if (s->err->code != ERR_NONE) {
		*e = *s->err;
		return -1;
	}
	return err_set(e, ERR_TIME, "Timeout waiting for %s (%s%s)", s->thing,
		s->doing, cloud_where(g->cloud));
}

/* The first thing that went wrong. */
static int verdict(const struct group *g, struct err *e)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct step *s = g->steps[i];

		if (s->state != STEP_FAILED && s->state != STEP_LOST)
			continue;
		*e = *s->err;
		return -1;
	}
	for (size_t i = 0; i < g->count; i++)
		if (g->steps[i]->state == STEP_LATE)
			return late(g, g->steps[i], e);
	return 0;
}

/* The next step on the same thing waits for it anyway, before it is sent. */
static void leave_waiting_to_next(const struct group *g)
{
	const struct step *s = g->steps[0];
	const struct step *last = g->plan->steps[g->plan->count - 1];

	if (g->count == 1 && s != last && s->kind->ready && s->target &&
		s->state == STEP_STARTED &&
		streq(g->steps[1]->target, s->target) && g->steps[1]->method)
		g->steps[0]->state = STEP_DONE;
}

#define DOUBT "It may have been done all the same: look before trying again."

static void tell_doubt(const struct group *g, struct err *e)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->steps[i]->state == STEP_LOST)
			err_more(g->steps[i]->err, DOUBT);
	if (e->code == ERR_LOST)
		err_more(e, DOUBT);
}

static int send_and_wait(struct group *g, struct err *e)
{
	int64_t deadline;
	int rc;

	e->code = ERR_NONE;
	rc = group_send(g, e);
	tell_doubt(g, e);
	group_tell(g, false);
	if (rc < 0)
		return -1;
	leave_waiting_to_next(g);
	deadline = group_limit_looks(g);
	rc = wait_all(g, e);
	g->cloud->deadline = deadline;
	return rc < 0 ? -1 : verdict(g, e);
}

static int apply_group(struct group *g, struct err *e)
{
	int rc = send_and_wait(g, e);

	group_tell(g, true);
	return rc;
}

int plan_apply(
	struct plan *p, struct cloud *cloud, int64_t wait_until, struct err *e)
{
	p->applied = true;
	for (size_t i = p->first; i < p->count;) {
		struct group g = group_at(p, cloud, i, wait_until);

		if (apply_group(&g, e) < 0)
			return -1;
		i += g.count;
	}
	return 0;
}

/* What was perhaps made, and what was made under an id that the answer did not
 * tell, is looked for by its mark. Only the second is surely there. */
static void find_what_was_made(const struct group *g)
{
	bool *made = mem_array(g->count, sizeof(*made));
	struct err e;

	for (size_t i = 0; i < g->count; i++) {
		struct step *s = g->steps[i];

		made[i] = s->state == STEP_FAILED && s->took && !s->id &&
			  s->kind->undo;
		if (made[i])
			s->state = STEP_LOST;
	}
	group_find_lost(g, &e);
	for (size_t i = 0; i < g->count; i++) {
		if (!made[i] || g->steps[i]->id)
			continue;
		g->steps[i]->took = true;
		g->steps[i]->state = STEP_LOST;
	}
	mem_free(made);
}

void plan_undo(struct plan *p, struct cloud *cloud, cJSON *removed, cJSON *left)
{
	struct plan undo;
	struct err e;

	interrupt_clear();
	cloud->idle = NULL;
	cloud->idle_failed = false;
	cloud->deadline = cloud_now(cloud) + UNDO_TIME;
	for (size_t i = 0; i < p->count;) {
		struct group g = group_at(p, cloud, i, cloud->deadline);

		find_what_was_made(&g);
		i += g.count;
	}
	plan_init(&undo, p->pool);
	for (size_t i = p->count; i-- > 0;)
		if (p->steps[i]->took && p->steps[i]->id &&
			p->steps[i]->kind->undo)
			p->steps[i]->kind->undo(&undo, cloud, p->steps[i]);
	for (size_t i = 0; i < undo.count;) {
		struct group g = group_at(&undo, cloud, i, cloud->deadline);

		apply_group(&g, &e);
		i += g.count;
	}
	for (size_t i = 0; i < undo.count; i++)
		json_append(undo.steps[i]->state == STEP_DONE ? removed : left,
			json_new_str(undo.steps[i]->thing));
	for (size_t i = 0; i < p->count; i++)
		if (p->steps[i]->state == STEP_LOST && p->steps[i]->kind->undo)
			json_append(left, json_new_str(p->steps[i]->thing));
	plan_free(&undo);
}
