/* SPDX-License-Identifier: Apache-2.0 */
/* Sending the steps of a plan: what refusals mean, and lost answers. */
#include "common/plan_group.h"
#include "common/progress.h"
#include "common/str.h"

/* How often a create is sent, looked for and sent again. */
#define SENDS_MAX 3

static void fail_step(struct step *s, const struct err *why)
{
	s->state = STEP_FAILED;
	*s->err = *why;
}

/* Waits until the one thing that the step changes can be changed. */
static int until_ready(const struct group *g, struct step *s, struct err *e)
{
	int64_t since = cloud_now(g->cloud);
	bool told = false;

	for (;;) {
		int rc = s->kind->ready(g->cloud, s, e);

		if (rc != 0)
			return rc < 0 ? -1 : 0;
		if (cloud_now(g->cloud) >= g->wait_until)
			return err_set(e, ERR_TIME,
				"%s was not ready in time for %s%s", s->thing,
				s->doing, cloud_where(g->cloud));
		if (!told)
			progress_say(g->cloud->progress,
				"waiting until %s takes a change", s->thing);
		told = true;
		if (group_pause(g, since, g->wait_until, e) < 0)
			return -1;
	}
}

static int wait_ready(const struct group *g, struct step *s, struct err *e)
{
	int64_t deadline;
	int rc;

	if (!s->kind->ready || s->ready)
		return 0;
	deadline = group_limit_looks(g);
	rc = until_ready(g, s, e);
	g->cloud->deadline = deadline;
	return rc;
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
	if (call->http.location)
		s->location = pool_copy(g->plan->pool, call->http.location);
	if (!s->kind->accepted ||
		s->kind->accepted(g->cloud, s, s->reply, &e) == 0)
		return;
	s->agreed = true;
	fail_step(s, &e);
	if (s->mark && s->kind->find_lost)
		s->state = STEP_LOST;
}

/* An answer that proves nothing: it may have been done all the same. */
static bool is_lost(const struct call *call)
{
	return call->http.fate == HTTP_UNKNOWN ||
	       (call->http.fate == HTTP_ANSWERED &&
		       http_passes(call->http.status));
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
	if (is_lost(call)) {
		s->state = STEP_LOST;
		s->took = true;
		return;
	}
	if (call->http.fate == HTTP_ANSWERED && s->kind->refusal &&
		!http_is_rate_limit(&call->http))
		refusal = s->kind->refusal(g->cloud, s, call);
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
	case REFUSAL_BEGUN:
		s->state = STEP_STARTED;
		s->since = cloud_now(g->cloud);
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
	int64_t deadline;
	int rc;

	for (size_t i = 0; i < count; i++) {
		calls[i] = (struct call){ .service = steps[i]->service,
			.method = steps[i]->method,
			.path = steps[i]->path,
			.body = steps[i]->body,
			.content_type = steps[i]->content_type,
			.doing = steps[i]->doing };
		group_tell_begin(g, steps[i]);
		steps[i]->sends++;
	}
	/* Nor is anything begun when the time to wait for it is over. */
	deadline = group_limit_looks(g);
	rc = cloud_run(g->cloud, calls, count, e);
	g->cloud->deadline = deadline;
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
	struct step **lost = group_steps(g, STEP_LOST, count);
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

/* It was not made, and can be sent again: unless the cloud has said yes. */
static void not_found(struct step *s)
{
	if (s->agreed) {
		s->state = STEP_FAILED;
		return;
	}
	s->took = false;
	send_again(s);
}

int group_find_lost(const struct group *g, struct err *e)
{
	int64_t since = cloud_now(g->cloud), end = since + PLAN_LIST_LAG;
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
			rc = group_pause(g, since, end, e);
	}
	for (size_t i = 0; rc == 0 && i < count; i++)
		not_found(lost[i]);
	if (rc < 0 && count > 0 && e->code != ERR_INTERRUPTED)
		err_add(e,
			"The answer to %s was lost, and looking for what it "
			"may have made failed",
			lost[0]->doing);
	for (size_t i = 0; rc < 0 && i < count; i++)
		*lost[i]->err = *e;
	mem_free(lost);
	return rc;
}

/* What has no mark of its own but changes something is found by reading and
 * planning anew: a POST, and whatever waits for its turn at one thing. Others
 * http.h has sent again, they stay lost. */
static int settle_lost(const struct group *g, struct err *e)
{
	size_t count;
	struct step **lost = group_steps(g, STEP_LOST, &count);
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		bool post = streq(lost[i]->method, "POST");

		if (lost[i]->kind->find_lost || !(post || lost[i]->kind->ready))
			continue;
		if (post && !lost[i]->target) {
			send_again(lost[i]);
			continue;
		}
		*e = *lost[i]->err;
		e->code = ERR_LOST;
		rc = -1;
	}
	mem_free(lost);
	return rc < 0 ? -1 : group_find_lost(g, e);
}

/* Sends these. Where they were sent before (refused as busy, or not done) that
 * is not at once, nor at all when the time is over. */
static int send_planned(const struct group *g, struct step **planned,
	size_t count, int64_t since, struct err *e)
{
	bool again = planned[0]->sends > 0;

	if (again && group_pause(g, since, g->wait_until, e) < 0)
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

int group_send(const struct group *g, struct err *e)
{
	int64_t since = cloud_now(g->cloud);
	size_t count = 1;
	int rc = 0;

	while (rc == 0 && count > 0) {
		struct step **planned = group_steps(g, STEP_PLANNED, &count);

		if (count > 0)
			rc = send_planned(g, planned, count, since, e);
		mem_free(planned);
	}
	return rc;
}
