/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thing - kinds of steps for suites of plan.h: things that are made, found by
 * their mark, waited for and removed, and a box that takes one change at a
 * time. GET /compute/things lists {"id", "mark", "state"}; a state is "new",
 * "up" or "bad". GET /compute/box shows {"box": {"state"}}: "ACTIVE",
 * "PENDING" or "ERROR".
 */
#ifndef TESTS_COMMON_THING_H
#define TESTS_COMMON_THING_H

#include <stdio.h>

#include "common/plan.h"
#include "tests/common/account.h"

#define THING_PAUSE 100
#define BOX_PAUSE   200

#define MAKE   "POST /compute/things "
#define REMOVE "DELETE /compute/things/"
#define LOOK   "GET /compute/things "
#define CHANGE "PUT /compute/box/"
#define BOX    "GET /compute/box "

#define MADE(id)      "202 {'thing': {'id': '" id "'}}\n"
#define THINGS(items) "200 {'things': [" items "]}\n"
#define THING(id, state)                                                       \
	"{'id': '" id "', 'mark': 'm" id "', 'state': '" state "'}"
#define BOX_IS(state) "200 {'box': {'state': '" state "'}}\n"
#define IMMUTABLE     "422 {'message': 'The box is immutable'}\n"

static inline int thing_list(
	struct cloud *cloud, const cJSON **things, struct err *e)
{
	const cJSON *reply;

	if (cloud_get(cloud, CLOUD_COMPUTE, "/things", "listing things", &reply,
		    e) < 0)
		return -1;
	*things = json_member(reply, "things");
	return 0;
}

static inline int thing_accepted(struct cloud *cloud, struct step *step,
	const cJSON *reply, struct err *e)
{
	(void)cloud;
	step->id = json_str(reply, "thing.id");
	return step->id ? 0 : err_set(e, ERR_OTHER, "no id in the answer");
}

static inline int thing_find_lost(struct cloud *cloud,
	struct step *const *steps, size_t count, struct err *e)
{
	const cJSON *things;

	if (thing_list(cloud, &things, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const cJSON *thing = json_find(things, "mark", steps[i]->mark);

		if (steps[i]->state != STEP_LOST || !thing)
			continue;
		steps[i]->state = STEP_STARTED;
		steps[i]->id = json_str(thing, "id");
		steps[i]->since = cloud_now(cloud);
	}
	return 0;
}

static inline int thing_look(struct cloud *cloud, struct step *const *steps,
	size_t count, struct err *e)
{
	const cJSON *things;

	if (thing_list(cloud, &things, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const cJSON *thing = json_find(things, "id", steps[i]->id);
		const char *state = json_str(thing, "state");

		ck_assert_int_eq(steps[i]->state, STEP_STARTED);
		steps[i]->object = thing;
		if (streq(state, "up"))
			steps[i]->state = STEP_DONE;
		if (!streq(state, "bad"))
			continue;
		steps[i]->state = STEP_FAILED;
		err_set(steps[i]->err, ERR_OTHER, "%s went bad",
			steps[i]->thing);
	}
	return 0;
}

static inline enum refusal thing_gone(
	struct cloud *cloud, const struct step *step, const struct call *call)
{
	(void)cloud, (void)step;
	return call->http.status == 404 ? REFUSAL_ALREADY : REFUSAL_FINAL;
}

static inline int thing_look_gone(struct cloud *cloud,
	struct step *const *steps, size_t count, struct err *e)
{
	const cJSON *things;

	if (thing_list(cloud, &things, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!json_find(things, "id", steps[i]->id))
			steps[i]->state = STEP_DONE;
	return 0;
}

static const struct step_kind thing_removing = {
	.first_pause = THING_PAUSE,
	.refusal = thing_gone,
	.look = thing_look_gone,
};

static inline struct step *thing_remove(
	struct plan *plan, const char *id, bool together, enum step_wait wait)
{
	return plan_add(
		plan, &(struct step){ .kind = &thing_removing,
			      .doing = pool_printf(
				      plan->pool, "removing thing %s", id),
			      .thing = pool_printf(plan->pool, "thing %s", id),
			      .service = CLOUD_COMPUTE,
			      .method = "DELETE",
			      .path = pool_printf(plan->pool, "/things/%s", id),
			      .id = pool_copy(plan->pool, id),
			      .target = pool_copy(plan->pool, id),
			      .together = together,
			      .wait = wait });
}

static inline void thing_undo(
	struct plan *undo, const struct cloud *cloud, const struct step *step)
{
	(void)cloud;
	thing_remove(undo, step->id, false, WAIT_USABLE);
}

static inline enum refusal thing_refused(
	struct cloud *cloud, const struct step *step, const struct call *call)
{
	(void)cloud, (void)step;
	return call->http.status == 409 ? REFUSAL_CHANGED : REFUSAL_FINAL;
}

static const struct step_kind thing_making = {
	.first_pause = THING_PAUSE,
	.refusal = thing_refused,
	.accepted = thing_accepted,
	.find_lost = thing_find_lost,
	.look = thing_look,
	.undo = thing_undo,
};

/* A thing whose mark is m<id>, since its id is to be <id>. */
static inline struct step *thing_make(
	struct plan *plan, const char *id, bool together, enum step_wait wait)
{
	const char *mark = pool_printf(plan->pool, "m%s", id);
	cJSON *body = pool_keep(plan->pool,
		json_object(JSON_TAKE("thing",
			json_object(JSON_TAKE("metadata",
				json_object(JSON_STR(PLAN_MARK_KEY, mark)))))));

	return plan_add(plan,
		&(struct step){ .kind = &thing_making,
			.doing = pool_printf(plan->pool, "making thing %s", id),
			.thing = pool_printf(plan->pool, "thing %s", id),
			.service = CLOUD_COMPUTE,
			.method = "POST",
			.path = "/things",
			.body = body,
			.becomes = body,
			.mark = mark,
			.together = together,
			.wait = wait });
}

static inline int box_ready(
	struct cloud *cloud, const struct step *step, struct err *e)
{
	const cJSON *reply;

	if (cloud_get(cloud, CLOUD_COMPUTE, "/box", "reading the box", &reply,
		    e) < 0)
		return -1;
	if (streq(json_str(reply, "box.state"), "ERROR"))
		return err_set(e, ERR_OTHER, "%s is broken", step->thing);
	return streq(json_str(reply, "box.state"), "ACTIVE");
}

static inline enum refusal box_refused(
	struct cloud *cloud, const struct step *step, const struct call *call)
{
	(void)cloud, (void)step;
	switch (call->http.status) {
	case 404:
		return REFUSAL_ALREADY;
	case 409:
		return REFUSAL_CHANGED;
	case 422:
		return REFUSAL_BUSY;
	default:
		return REFUSAL_FINAL;
	}
}

static inline int box_look(struct cloud *cloud, struct step *const *steps,
	size_t count, struct err *e)
{
	int ready = box_ready(cloud, steps[0], e);

	for (size_t i = 0; i < count && ready > 0; i++)
		steps[i]->state = STEP_DONE;
	return ready < 0 ? -1 : 0;
}

static const struct step_kind box_changing = {
	.first_pause = BOX_PAUSE,
	.refusal = box_refused,
	.ready = box_ready,
	.look = box_look,
};

static inline struct step *box_change(struct plan *plan, const char *method,
	const char *path, enum step_wait wait)
{
	return plan_add(plan, &(struct step){ .kind = &box_changing,
				      .doing = "changing the box",
				      .thing = "the box",
				      .service = CLOUD_COMPUTE,
				      .method = method,
				      .path = path,
				      .target = "box",
				      .wait = wait });
}

/* A plan of an account. */
struct job {
	struct account account;
	struct plan plan;
};

static inline void job_open(struct job *job, const char *script)
{
	char *whole = mem_printf(LOGGED_IN "%s", script);

	account_open(&job->account, whole);
	plan_init(&job->plan, job->account.cloud.pool);
	mem_free(whole);
}

/* Applies it, and waits for so many milliseconds at most. */
static inline int job_apply(struct job *job, int64_t wait)
{
	return plan_apply(&job->plan, &job->account.cloud,
		job->account.canned.now + wait, &job->account.e);
}

static inline void job_close(struct job *job)
{
	plan_free(&job->plan);
	account_close(&job->account);
}

static inline const char *job_text(const struct job *job)
{
	return job->account.e.text;
}

/* Appends one step: m (a thing is made), n (and waited for), l (and looked at),
 * r (one is removed), b (the box is changed); M, N, R together with their
 * neighbours. */
static inline void job_add(struct job *job, char letter, int number)
{
	char id[12];

	snprintf(id, sizeof(id), "%d", number);
	switch (letter) {
	case 'm':
	case 'M':
		thing_make(&job->plan, id, letter == 'M', WAIT_NOT);
		break;
	case 'n':
	case 'N':
		thing_make(&job->plan, id, letter == 'N', WAIT_USABLE);
		break;
	case 'l':
		thing_make(&job->plan, id, false, WAIT_LOOK);
		break;
	case 'r':
	case 'R':
		thing_remove(&job->plan, id, letter == 'R', WAIT_NOT);
		break;
	case 'b':
		box_change(&job->plan, "PUT", "/box/x", WAIT_NOT);
		break;
	default:
		ck_abort_msg("no step: %c", letter);
	}
}

/* A letter a step: P planned, L lost, S started, D done, F failed, T late. */
static inline void job_check_states(const struct job *job, const char *states)
{
	static const char letters[] = { [STEP_PLANNED] = 'P',
		[STEP_LOST] = 'L',
		[STEP_STARTED] = 'S',
		[STEP_DONE] = 'D',
		[STEP_FAILED] = 'F',
		[STEP_LATE] = 'T' };
	struct str have;

	str_init(&have, 1000);
	for (size_t i = 0; i < job->plan.count; i++)
		str_add_n(&have, &letters[job->plan.steps[i]->state], 1);
	ck_assert_str_eq(have.text, states);
	str_free(&have);
}

/* "METHOD path" of each request but logins, a line each, the part of the
 * catalog left out. */
static inline char *job_log(const struct job *job)
{
	struct str log;

	str_init(&log, 1 << 20);
	json_each (sent, job->account.canned.log) {
		const char *path = json_str(sent, "path");

		if (str_starts(path, "/compute"))
			str_addf(&log, "%s %s\n", json_str(sent, "method"),
				path + strlen("/compute"));
	}
	return str_take(&log);
}

#endif
