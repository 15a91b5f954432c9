/* SPDX-License-Identifier: Apache-2.0 */
/* What the keeper is told to do, and when it can. */
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "tests/cloud/keeper.h"

void keeper_say(struct keeper *k, cJSON *report)
{
	char *text = json_text(report);

	str_addf(&k->out, "%s\n", text);
	mem_free(text);
	cJSON_Delete(report);
}

static struct thing *find(const struct keeper *k, const char *id, bool is_image)
{
	struct thing *t = k->things;

	while (t && (t->doomed || t->is_image != is_image || !streq(t->id, id)))
		t = t->next;
	return t;
}

struct thing *keeper_thing(struct keeper *k, const char *id, bool is_image)
{
	struct thing *t = find(k, id, is_image);

	if (t)
		return t;
	t = mem_new(sizeof(*t));
	t->id = mem_copy(id);
	t->is_image = is_image;
	t->directory = mem_printf("%s/%lu", k->directory, ++k->serial);
	t->output = -1;
	t->next = k->things;
	k->things = t;
	return t;
}

static void forget(struct keeper *k, struct thing *thing)
{
	struct thing **at = &k->things;

	while (*at != thing)
		at = &(*at)->next;
	*at = thing->next;
	cJSON_Delete(thing->plan);
	cJSON_Delete(thing->order);
	str_free(&thing->said);
	mem_free(thing->id);
	mem_free(thing->directory);
	mem_free(thing);
}

void keeper_forget_all(struct keeper *k)
{
	while (k->things)
		forget(k, k->things);
}

/* The image's tree, or that of a base image. */
static struct thing *source_of(struct keeper *k, const cJSON *plan)
{
	struct thing *image = find(k, json_str(plan, "image"), true);

	if (image && image->ready)
		return image;
	return json_bool(plan, "plain") ? k->plain : k->base;
}

/* A machine without files. */
static void refuse(struct keeper *k, struct thing *thing)
{
	keeper_say(
		k, json_object(JSON_STR("machine", thing->id),
			   JSON_STR("is", "down"),
			   JSON_COPY("run", json_member(thing->order, "run")),
			   JSON_STR("why", "its files could not be made")));
	cJSON_Delete(thing->order);
	thing->order = NULL;
}

static void prepare(struct keeper *k, struct thing *thing)
{
	cJSON *plan = thing->plan;

	thing->plan = NULL;
	keeper_copy(k, source_of(k, plan), thing, json_member(plan, "given"));
	cJSON_Delete(plan);
}

void keeper_step(struct keeper *k, struct thing *thing)
{
	bool ends = thing->doomed || thing->plan;

	if (thing->gone) {
		forget(k, thing);
		return;
	}
	if (ends && thing->pid > 0)
		keeper_kill(thing);
	if (thing->pid > 0 || thing->writer > 0 || (ends && thing->readers > 0))
		return;
	if (thing->doomed) {
		keeper_remove(k, thing);
	} else if (thing->plan) {
		prepare(k, thing);
	} else if (thing->order && thing->ready) {
		keeper_start(k, thing);
	} else if (thing->order) {
		refuse(k, thing);
	}
}

static void keep(cJSON **place, const cJSON *order)
{
	cJSON_Delete(*place);
	*place = order ? json_copy(order) : NULL;
}

static void order_prepare(
	struct keeper *k, struct thing *machine, const cJSON *order)
{
	(void)k;
	keep(&machine->plan, order);
	machine->ready = machine->bad = false;
}

static void order_run(
	struct keeper *k, struct thing *machine, const cJSON *order)
{
	(void)k;
	keep(&machine->order, order);
}

/* A run that has not begun ends, too. */
static void order_stop(
	struct keeper *k, struct thing *machine, const cJSON *order)
{
	(void)order;
	if (machine->order)
		keeper_say(k,
			json_object(JSON_STR("machine", machine->id),
				JSON_STR("is", "down"),
				JSON_COPY("run",
					json_member(machine->order, "run"))));
	keep(&machine->order, NULL);
	if (machine->pid > 0)
		keeper_kill(machine);
}

static void order_remove(
	struct keeper *k, struct thing *machine, const cJSON *order)
{
	order_stop(k, machine, order);
	keep(&machine->plan, NULL);
	machine->doomed = true;
}

/* The order is carried out at once: the image is of now. */
static void order_copy(
	struct keeper *k, struct thing *machine, const cJSON *order)
{
	struct thing *image = keeper_thing(k, json_str(order, "image"), true);

	if (machine->ready && !image->writer && !image->ready) {
		keeper_copy(k, machine, image, NULL);
		return;
	}
	keeper_say(k,
		json_object(JSON_STR("image", image->id), JSON_STR("is", "bad"),
			JSON_STR("why", "the server has no files")));
	image->bad = true;
}

static void order_drop(
	struct keeper *k, struct thing *image, const cJSON *order)
{
	(void)k;
	(void)order;
	image->doomed = true;
}

static const struct {
	const char *name;
	void (*obey)(struct keeper *, struct thing *, const cJSON *);
	bool is_image;
} orders[] = {
	{ "prepare", order_prepare, false },
	{ "run", order_run, false },
	{ "stop", order_stop, false },
	{ "remove", order_remove, false },
	{ "copy", order_copy, false },
	{ "drop", order_drop, true },
};

void keeper_obey(struct keeper *k, const cJSON *order)
{
	const char *what = json_str(order, "do");

	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		const char *id = json_str(
			order, orders[i].is_image ? "image" : "machine");
		struct thing *thing;

		if (!streq(what, orders[i].name) || !id)
			continue;
		thing = keeper_thing(k, id, orders[i].is_image);
		orders[i].obey(k, thing, order);
		keeper_step(k, thing);
		return;
	}
	fprintf(stderr, "simcloud: its keeper does not know '%s'\n",
		what ? what : "");
}
