/* SPDX-License-Identifier: Apache-2.0 */
/* Taking away what a bake that failed has made. */
#include <unistd.h>

#include "common/bake/bake_part.h"
#include "common/bake/survey.h"
#include "common/image.h"
#include "common/interrupt.h"
#include "common/keypair.h"
#include "common/server.h"
#include "common/str.h"

/* Milliseconds that it may take. */
#define REMOVAL_TIME 180000
#define CLEAN_TRIES  3 /* of what does not pass, or after a signal */
#define CLEAN_PAUSE  1000

bool bake_may_exist(const struct step *made)
{
	return made && made->took;
}

/* Whoever waits for an image may tell of it as soon as it has its name: from
 * then on it stays. -1 where that cannot be seen. */
static int see_image(struct bake *b, struct err *e)
{
	const cJSON *image;
	int rc;

	if (b->is_finished || !b->may_be_finished)
		return 0;
	rc = image_get(b->task, b->image->id, &image, e);
	if (rc < 0 && e->code != ERR_ABSENT)
		return err_add(e, "%s (%s) may be finished, and stays",
			b->image->thing, b->image->id);
	b->may_be_finished = rc == 0 && bake_is_finished(b, image);
	return 0;
}

static bool image_stays(const struct bake *b)
{
	return b->is_finished || b->may_be_finished;
}

/* A list that lags may still show an image as it was before it was finished. */
static bool is_own(
	const struct survey *s, const struct thing *thing, const void *bake)
{
	const struct bake *b = bake;

	(void)s;
	return streq(thing->mark.run, b->mark.run) &&
	       !(image_stays(b) && thing->kind == THING_IMAGE);
}

static bool is_unseen(const struct step *made)
{
	return bake_may_exist(made) && !made->id;
}

/* A key pair has its id from the start: it may come later than it is looked
 * for. */
static bool is_doubtful(const struct step *made)
{
	return bake_may_exist(made) && made->state != STEP_DONE;
}

static bool is_planned(const struct plan *p, const char *id)
{
	for (size_t i = p->first; i < p->count; i++)
		if (streq(p->steps[i]->id, id))
			return true;
	return false;
}

/* What no list shows yet is deleted by its id; that it is not there is no proof
 * as long as it is so young. */
static void append_known(struct bake *b)
{
	struct task *t = b->task;
	const struct step *made[] = { image_stays(b) ? NULL : b->image,
		b->server };

	for (size_t i = 0; i < 2; i++)
		if (bake_may_exist(made[i]) && made[i]->id &&
			!is_planned(t->plan, made[i]->id))
			made[i]->kind->undo(t->plan, t->cloud, made[i]);
	if (bake_may_exist(b->keypair) && !is_planned(t->plan, b->keypair->id))
		keypair_delete(t, b->keypair->id);
}

/* What was made and is gone again is no change. A finished image is not. */
static void forget(struct bake *b)
{
	struct plan *p = b->task->plan;

	if (b->is_finished)
		return;
	for (size_t i = b->first_step; i < p->count; i++)
		p->steps[i]->took = false;
}

/* What is known and what is listed. */
static int clean_once(
	struct bake *b, int64_t end, cJSON *removed, cJSON *left, struct err *e)
{
	struct task *t = b->task;
	struct survey survey;
	int rc = see_image(b, e);

	if (rc < 0)
		json_append(left, json_new_str(e->text));
	plan_again(t->plan);
	if (survey_read(t, &survey, e) == 0)
		survey_remove(t, &survey, is_own, b);
	else
		rc = -1;
	append_known(b);
	if (survey_apply(t, end, removed, left, e) < 0)
		rc = -1;
	if (rc == 0)
		forget(b);
	return rc;
}

/* Until nothing is found any more; as long as lists may lag, where a create was
 * lost. What passes is waited for where there is patience. */
static void clean(struct bake *b, int64_t end, bool is_patient, cJSON *removed,
	cJSON *left)
{
	struct task *t = b->task;
	bool unseen = is_unseen(b->server) || is_unseen(b->image) ||
		      is_doubtful(b->keypair);
	int64_t lag = cloud_now(t->cloud) + PLAN_LIST_LAG;
	struct err e = { 0 };
	int rc, failures = 0;

	for (;;) {
		while (left->child)
			cJSON_DeleteItemFromArray(left, 0);
		rc = clean_once(b, end, removed, left, &e);
		failures += rc < 0;
		if (rc == 0 && (!unseen || cloud_now(t->cloud) >= lag))
			break;
		if (failures >= CLEAN_TRIES && !(is_patient && e.passes))
			break;
		if (cloud_now(t->cloud) >= end ||
			cloud_pause(t->cloud, CLEAN_PAUSE, &e) < 0)
			break;
	}
	if (rc < 0 && !left->child)
		json_append(left, json_new_str(e.text));
}

void bake_clean(struct bake *b, bool again, cJSON *removed, cJSON *left)
{
	struct cloud *c = b->task->cloud;
	int64_t deadline = c->deadline, end = cloud_now(c) + REMOVAL_TIME;
	/* Whoever sends a signal may kill what does not end soon. */
	bool is_patient = !interrupt_signal();

	/* Nothing paid for is left because somebody was impatient. */
	if (!again)
		interrupt_clear();
	interrupt_hold();
	c->deadline = end + PLAN_LAST_LOOK;
	clean(b, end, is_patient, removed, left);
	c->deadline = deadline;
	if (b->key_is_saved)
		unlink(b->wish->save_private_key);
	b->key_is_saved = false;
	interrupt_release(again && !left->child);
}
