/* SPDX-License-Identifier: Apache-2.0 */
/* Applying a plan: sending, what refusals mean, lost answers, waiting. */
#include <string.h>

#include "common/interrupt.h"
#include "common/plan.h"
#include "common/str.h"

#define PAUSE_MAX 5000
/* How long a list may lag behind a create whose answer was lost. */
#define LOOK_FOR 5000
/* How often a create is sent, looked for and sent again. */
#define SENDS_MAX 3
#define UNDO_TIME 60000

/* Neighbouring steps that are applied at the same time. */
struct group {
	struct plan *plan;
	struct cloud *cloud;
	struct step **steps;
	size_t count;
	int64_t wait_until;
};

static struct group group_at(
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

/* The steps in this state, in an array that the caller frees. */
static struct step **steps_in(
	const struct group *g, enum step_state state, size_t *count)
{
	struct step **found = mem_array(g->count, sizeof(*found));

	*count = 0;
	for (size_t i = 0; i < g->count; i++)
		if (g->steps[i]->state == state)
			found[(*count)++] = g->steps[i];
	return found;
}

/* Between polls: a tenth of the time waited so far, within bounds, but not
 * beyond the end. */
static int pause_between_polls(
	const struct group *g, int64_t since, int64_t end, struct err *e)
{
	int64_t now = cloud_now(g->cloud);
	int64_t pause = (now - since) / 10;

	if (pause < g->steps[0]->kind->first_pause)
		pause = g->steps[0]->kind->first_pause;
	if (pause > PAUSE_MAX)
		pause = PAUSE_MAX;
	if (pause > end - now)
		pause = end > now ? end - now : 0;
	if (g->cloud->transport->pause(g->cloud->transport, pause) < 0)
		return err_set(e, ERR_INTERRUPTED, "interrupted by a signal");
	return 0;
}

static void fail_step(struct step *s, const struct err *why)
{
	s->state = STEP_FAILED;
	*s->err = *why;
}

/* Waits until the one thing that the step changes can be changed. */
static int wait_ready(const struct group *g, struct step *s, struct err *e)
{
	int64_t since = cloud_now(g->cloud);

	if (!s->kind->ready || s->ready)
		return 0;
	for (;;) {
		int rc = s->kind->ready(g->cloud, s, e);

		if (rc != 0)
			return rc < 0 ? -1 : 0;
		if (cloud_now(g->cloud) >= g->wait_until)
			return err_set(e, ERR_TIME,
				"%s was not ready in time for %s%s", s->thing,
				s->doing, cloud_where(g->cloud));
		if (pause_between_polls(g, since, g->wait_until, e) < 0)
			return -1;
	}
}

static void take_success(
	const struct group *g, struct step *s, struct call *call)
{
	struct err e;

	s->took = true;
	s->state = STEP_STARTED;
	s->since = cloud_now(g->cloud);
	if (call->http.reply)
		s->reply = pool_keep(g->plan->pool, call->http.reply);
	call->http.reply = NULL;
	if (s->kind->accepted &&
		s->kind->accepted(g->cloud, s, s->reply, &e) < 0)
		fail_step(s, &e);
}

/* An answer that proves nothing: a POST may have been done all the same. */
static bool is_lost(const struct step *s, const struct call *call)
{
	long status = call->http.status;

	if (call->http.fate == HTTP_UNKNOWN)
		return true;
	return streq(s->method, "POST") && call->http.fate == HTTP_ANSWERED &&
	       (status == 500 || status == 502 || status == 503 ||
		       status == 504);
}

static void take_outcome(
	const struct group *g, struct step *s, struct call *call)
{
	enum refusal refusal = REFUSAL_FINAL;

	if (cloud_succeeded(call)) {
		take_success(g, s, call);
		return;
	}
	cloud_fault(g->cloud, call, s->err);
	if (is_lost(s, call)) {
		s->state = STEP_LOST;
		s->took = true;
		return;
	}
	if (call->http.fate == HTTP_ANSWERED && s->kind->refusal &&
		!http_is_rate_limit(&call->http))
		refusal = s->kind->refusal(call);
	/* The refusal may be of what an earlier try has done. */
	s->took = s->took || call->http.doubtful;
	switch (refusal) {
	case REFUSAL_BUSY:
		s->state = STEP_PLANNED;
		s->ready = false;
		break;
	case REFUSAL_ALREADY:
		s->state = STEP_DONE;
		break;
	case REFUSAL_CHANGED:
		s->state = STEP_FAILED;
		s->err->code = ERR_CHANGED;
		break;
	case REFUSAL_FINAL:
		s->state = STEP_FAILED;
		break;
	}
}

static int send_steps(
	const struct group *g, struct step **steps, size_t count, struct err *e)
{
	struct call *calls = mem_array(count, sizeof(*calls));
	int rc;

	for (size_t i = 0; i < count; i++) {
		calls[i] = (struct call){ .service = steps[i]->service,
			.method = steps[i]->method,
			.path = steps[i]->path,
			.body = steps[i]->body,
			.doing = steps[i]->doing };
		steps[i]->sends++;
	}
	rc = cloud_run(g->cloud, calls, count, e);
	for (size_t i = 0; i < count; i++) {
		if (rc == 0 || calls[i].http.fate != HTTP_NOT_SENT)
			take_outcome(g, steps[i], &calls[i]);
		cloud_clear(&calls[i]);
	}
	mem_free(calls);
	return rc;
}

/* Those that are lost and can be found by their marks. */
static struct step **steps_to_find(const struct group *g, size_t *count)
{
	struct step **lost = steps_in(g, STEP_LOST, count);
	size_t all = *count;

	*count = 0;
	for (size_t i = 0; i < all; i++)
		if (lost[i]->mark && lost[i]->kind->find_lost)
			lost[(*count)++] = lost[i];
	return lost;
}

static void send_again(struct step *s)
{
	s->state = s->sends < SENDS_MAX ? STEP_PLANNED : STEP_FAILED;
}

/* Looks, for some seconds, for what lost steps have made; those that made
 * nothing may be sent again. */
static int find_lost(const struct group *g, struct err *e)
{
	int64_t since = cloud_now(g->cloud), end = since + LOOK_FOR;
	size_t count;
	struct step **lost = steps_to_find(g, &count);
	int rc = 0;

	while (rc == 0 && count > 0) {
		rc = lost[0]->kind->find_lost(g->cloud, lost, count, e);
		mem_free(lost);
		lost = steps_to_find(g, &count);
		if (rc < 0 || cloud_now(g->cloud) >= end)
			break;
		if (count > 0)
			rc = pause_between_polls(g, since, end, e);
	}
	for (size_t i = 0; rc == 0 && i < count; i++) {
		lost[i]->took = false;
		send_again(lost[i]);
	}
	mem_free(lost);
	return rc;
}

/* What has no mark of its own but changes something is found by reading and
 * planning anew. Whatever is no POST http.h has sent again: it stays lost. */
static int settle_lost(const struct group *g, struct err *e)
{
	size_t count;
	struct step **lost = steps_in(g, STEP_LOST, &count);
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		if (lost[i]->kind->find_lost || !streq(lost[i]->method, "POST"))
			continue;
		if (!lost[i]->target) {
			send_again(lost[i]);
			continue;
		}
		*e = *lost[i]->err;
		e->code = ERR_CHANGED;
		rc = -1;
	}
	mem_free(lost);
	return rc < 0 ? -1 : find_lost(g, e);
}

/* Sends these. Where they were sent before (refused as busy, or not done) that
 * is not at once, nor at all when the time is over. */
static int send_planned(const struct group *g, struct step **planned,
	size_t count, int64_t since, struct err *e)
{
	bool again = planned[0]->sends > 0;

	if (again && pause_between_polls(g, since, g->wait_until, e) < 0)
		return -1;
	if (again && cloud_now(g->cloud) >= g->wait_until) {
		for (size_t i = 0; i < count; i++)
			planned[i]->state = STEP_FAILED;
		return 0;
	}
	if (wait_ready(g, planned[0], e) < 0) {
		if (e->code != ERR_INTERRUPTED)
			fail_step(planned[0], e);
		return -1;
	}
	if (send_steps(g, planned, count, e) < 0)
		return -1;
	return settle_lost(g, e);
}

/* Sends every step until it was taken, refused or lost for good. */
static int send_all(const struct group *g, struct err *e)
{
	int64_t since = cloud_now(g->cloud);
	size_t count = 1;
	int rc = 0;

	while (rc == 0 && count > 0) {
		struct step **planned = steps_in(g, STEP_PLANNED, &count);

		if (count > 0)
			rc = send_planned(g, planned, count, since, e);
		mem_free(planned);
	}
	return rc;
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
	if (e->code == ERR_INTERRUPTED || e->code == ERR_AUTH)
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

/* Waits for all that were accepted, as one group. */
static int wait_all(const struct group *g, struct err *e)
{
	int64_t since = cloud_now(g->cloud);
	size_t count;
	struct step **waiting = steps_in(g, STEP_STARTED, &count);
	int rc = 0;

	/* A look that only serves the result may fail. */
	if (count && waiting[0]->wait == WAIT_LOOK && waiting[0]->kind->look &&
		waiting[0]->kind->look(g->cloud, waiting, count, e) < 0 &&
		e->code == ERR_INTERRUPTED)
		rc = -1;
	while (rc == 0 && still_waited_for(waiting, count)) {
		mem_free(waiting);
		waiting = steps_in(g, STEP_STARTED, &count);
		if (cloud_now(g->cloud) >= g->wait_until) {
			for (size_t i = 0; i < count; i++)
				waiting[i]->state = STEP_LATE;
			break;
		}
		rc = pause_between_polls(g, since, g->wait_until, e);
		if (rc == 0)
			rc = look(g, waiting, count, e);
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
		if (s->state == STEP_LOST)
			err_more(e, "It may have been done all the same: look "
				    "before trying again.");
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

static int apply_group(struct group *g, struct err *e)
{
	if (send_all(g, e) < 0)
		return -1;
	leave_waiting_to_next(g);
	if (wait_all(g, e) < 0)
		return -1;
	return verdict(g, e);
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
	find_lost(g, &e);
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
		if (p->steps[i]->state == STEP_LOST)
			json_append(left, json_new_str(p->steps[i]->thing));
	plan_free(&undo);
}
