/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/survey.h"

#include <string.h>

#include "common/image.h"
#include "common/keypair.h"
#include "common/server.h"
#include "common/str.h"

static struct thing *add(struct task *t, struct survey *s)
{
	if (s->count == s->size) {
		size_t size = s->size ? s->size * 2 : 16;
		struct thing *things =
			pool_alloc(t->pool, size * sizeof(*things));

		if (s->count)
			memcpy(things, s->things, s->count * sizeof(*things));
		s->things = things;
		s->size = size;
	}
	return &s->things[s->count++];
}

static void add_object(struct task *t, struct survey *s, enum thing_kind kind,
	const cJSON *object)
{
	const cJSON *metadata = json_member(object, "metadata");
	const char *id = json_str(object, "id");
	const char *name = json_str(object, "name");
	struct mark mark;

	if (!id || !mark_of_metadata(t->pool, metadata, &mark) ||
		(kind == THING_IMAGE && mark_is_baked(metadata)))
		return;
	*add(t, s) = (struct thing){ .kind = kind,
		.id = id,
		.label = pool_printf(t->pool, "%s %s (%s)",
			kind == THING_IMAGE ? "image" : "server",
			name ? name : "?", id),
		.mark = mark,
		.object = object };
}

static void add_keypair(struct task *t, struct survey *s, const cJSON *keypair)
{
	const char *name = json_str(keypair, "name");
	struct mark mark;

	if (!name || !mark_of_keypair(t->pool, name, &mark))
		return;
	*add(t, s) = (struct thing){ .kind = THING_KEYPAIR,
		.id = name,
		.label = pool_printf(t->pool, "key pair %s", name),
		.mark = mark,
		.object = keypair };
}

int survey_read(struct task *t, struct survey *s, struct err *e)
{
	*s = (struct survey){ 0 };
	if (keypair_list(t, &s->keypairs, e) < 0)
		return -1;
	/* A lease that is renewed behind the back of a slow list must not seem
	 * to have ended: nothing counts as later than what was read first. */
	s->now = cloud_date(t->cloud);
	if (server_list(t, "", &s->servers, e) < 0 ||
		image_list(t, NULL, &s->images, e) < 0)
		return -1;
	json_each (image, s->images) {
		add_object(t, s, THING_IMAGE, image);
	}
	json_each (server, s->servers) {
		add_object(t, s, THING_SERVER, server);
	}
	json_each (keypair, s->keypairs) {
		add_keypair(t, s, keypair);
	}
	return 0;
}

static void drop(struct task *t, const cJSON *list)
{
	if (list)
		pool_drop(t->cloud->pool, (cJSON *)(uintptr_t)list);
}

void survey_drop(struct task *t, struct survey *s)
{
	drop(t, s->keypairs);
	drop(t, s->servers);
	drop(t, s->images);
	*s = (struct survey){ 0 };
}

bool survey_lives(const struct survey *s, const char *run)
{
	for (size_t i = 0; i < s->count; i++)
		if (streq(s->things[i].mark.run, run) &&
			s->things[i].mark.lease > s->now)
			return true;
	return false;
}

static bool is_before(const struct mark *a, const struct mark *b)
{
	return a->start != b->start ? a->start < b->start
				    : strcmp(a->run, b->run) < 0;
}

const struct mark *survey_rival(const struct survey *s, const char *image,
	const char *own, const struct mark *before)
{
	const struct mark *first = NULL;

	for (size_t i = 0; i < s->count; i++) {
		const struct mark *m = &s->things[i].mark;

		if (!str_starts(m->image, image) || streq(m->run, own) ||
			(before && !is_before(m, before)) ||
			!survey_lives(s, m->run))
			continue;
		if (!first || is_before(m, first) ||
			(streq(m->run, first->run) && m->lease > first->lease))
			first = m;
	}
	return first;
}

static void append_delete(struct task *t, const struct thing *thing)
{
	switch (thing->kind) {
	case THING_IMAGE:
		image_delete(t, thing->object, WAIT_USABLE);
		break;
	case THING_SERVER:
		server_delete(t, thing->object, WAIT_USABLE);
		break;
	case THING_KEYPAIR:
		keypair_delete(t, thing->id);
		break;
	}
}

size_t survey_remove(struct task *t, const struct survey *s,
	bool (*wanted)(const struct survey *survey, const struct thing *thing,
		const void *context),
	const void *context)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (!wanted(s, &s->things[i], context))
			continue;
		append_delete(t, &s->things[i]);
		count++;
	}
	return count;
}

/* The steps from here on, as a plan of their own would see them: one that
 * fails does not keep the others from being tried, but a signal does. */
static void apply_rest(struct task *t, int64_t wait_until, struct err *e)
{
	struct plan *p = t->plan;
	size_t end = p->count;

	while (p->first < end) {
		size_t first = p->first, next = first;

		if (plan_apply(p, t->cloud, wait_until, e) == 0 ||
			e->code == ERR_INTERRUPTED)
			break;
		while (next < end && p->steps[next]->state != STEP_PLANNED)
			next++;
		p->first = next > first ? next : end;
	}
	p->first = end;
}

/* One that was busy until the time was over has used up the others' time, too:
 * what was accepted is looked at once more. */
static void look_again(struct task *t, size_t first)
{
	struct cloud *c = t->cloud;
	int64_t deadline = c->deadline, end = cloud_now(c) + PLAN_LAST_LOOK;
	struct err ignored;

	c->deadline = end < deadline ? end : deadline;
	for (size_t i = first; i < t->plan->count; i++) {
		struct step *s = t->plan->steps[i];

		if (s->state == STEP_LATE && s->kind->look)
			s->kind->look(c, &s, 1, &ignored);
	}
	c->deadline = deadline;
}

/* Why a thing is left; `last' is what ended it all. */
static void explain(struct task *t, const struct step *s,
	const struct err *last, struct err *why)
{
	if (s->err->code)
		*why = *s->err;
	else if (s->state == STEP_LATE)
		err_set(why, ERR_TIME, "Timeout waiting for its end (%s%s)",
			s->doing, cloud_where(t->cloud));
	else if (s->state == STEP_STARTED)
		err_set(why, last->code, "it goes, but was not waited for: %s",
			last->text);
	else
		err_set(why, last->code, "not tried: %s", last->text);
}

int survey_apply(struct task *t, int64_t wait_until, cJSON *removed,
	cJSON *left, struct err *e)
{
	size_t first = t->plan->first;
	struct err last = { 0 }, why;
	int rc = 0;

	apply_rest(t, wait_until, &last);
	if (last.code != ERR_INTERRUPTED)
		look_again(t, first);
	for (size_t i = first; i < t->plan->count; i++) {
		const struct step *s = t->plan->steps[i];

		if (s->state == STEP_DONE) {
			/* A list that lags shows it once more. */
			if (streq(s->method, "DELETE") &&
				!json_has_text(removed, s->thing))
				json_append(removed, json_new_str(s->thing));
			continue;
		}
		explain(t, s, &last, &why);
		json_append(left, json_new_str(pool_printf(t->pool, "%s: %s",
					  s->thing, why.text)));
		if (rc == 0)
			*e = last.code == ERR_INTERRUPTED ? last : why;
		rc = -1;
	}
	return rc;
}
