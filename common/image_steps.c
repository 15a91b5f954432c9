/* SPDX-License-Identifier: Apache-2.0 */
/* Removing images through compute's door, and renaming them through that of
 * Cloud Images v2, since compute's knows no such thing. */
#include "common/image.h"
#include "common/str.h"

#define PATCH_TYPE "application/openstack-images-v2.1-json-patch"

/* 409 while it is still being made, or a server is being made from it. */
static enum refusal refused_delete(
	struct cloud *c, const struct step *s, const struct call *call)
{
	(void)c, (void)s;
	switch (call->http.status) {
	case 404:
	case 410:
		return REFUSAL_ALREADY;
	case 409:
		return REFUSAL_BUSY;
	default:
		return REFUSAL_FINAL;
	}
}

static void judge_old(struct step *s, const cJSON *image)
{
	if (!image || streq(json_str(image, "status"), "DELETED"))
		s->state = STEP_DONE;
}

static int look_at_one(struct cloud *c, struct step *s, struct err *e)
{
	cJSON *reply = NULL;

	if (cloud_read(c, s->service, s->path, s->doing, &reply, e) < 0) {
		if (e->code != ERR_ABSENT)
			return -1;
		s->state = STEP_DONE;
		return 0;
	}
	if (json_member(reply, "image"))
		judge_old(s, json_member(reply, "image"));
	cJSON_Delete(reply);
	return 0;
}

/* One list for a whole group: what is missing from it is gone. */
static int look_until_gone(
	struct cloud *c, struct step *const *steps, size_t count, struct err *e)
{
	const char *doing;
	cJSON *images;

	if (count == 1)
		return look_at_one(c, steps[0], e);
	doing = pool_printf(
		c->pool, "%s and %zu more", steps[0]->doing, count - 1);
	if (cloud_list(c, CLOUD_COMPUTE, "/images/detail", "images", doing,
		    &images, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		judge_old(steps[i], json_find(images, "id", steps[i]->id));
	pool_drop(c->pool, images);
	return 0;
}

static const struct step_kind deleting = {
	.first_pause = 500,
	.refusal = refused_delete,
	.look = look_until_gone,
};

static const struct step_kind renaming = { .first_pause = 500 };

/* "image golden-42 (ID)"; an answer may have left out either. */
static const char *thing_of(struct task *t, const cJSON *image, const char *id)
{
	const char *name = json_str(image, "name");

	return name ? pool_printf(t->pool, "image %s (%s)", name, id)
		    : pool_printf(t->pool, "image %s", id);
}

/* What both kinds have in common. One without an id, from an answer that lies,
 * fails without a request. */
static struct step *add_step(struct task *t, const cJSON *image,
	const struct step_kind *kind, const char *doing, enum step_wait wait)
{
	const char *id = json_str(image, "id");
	const char *known = id && *id ? id : "?";
	const char *thing = thing_of(t, image, known);
	struct step *step = plan_add(t->plan,
		&(struct step){ .kind = kind,
			.path = pool_printf(
				t->pool, "/images/%s", task_path_id(t, known)),
			.doing = pool_printf(t->pool, "%s %s", doing, thing),
			.thing = thing,
			.target = id,
			.id = id,
			.object = image,
			.together = true,
			.wait = wait });

	if (!id || !*id) {
		step->state = STEP_FAILED;
		err_set(step->err, ERR_OTHER,
			"The answer names no image id (%s%s)", step->doing,
			cloud_where(t->cloud));
	}
	return step;
}

struct step *image_delete(
	struct task *t, const cJSON *image, enum step_wait wait)
{
	struct step *step = add_step(t, image, &deleting, "deleting", wait);

	step->service = CLOUD_COMPUTE;
	step->method = "DELETE";
	step->was = image;
	return step;
}

/* A name as one segment of a JSON pointer (RFC 6901). */
static char *pointer_to(const char *name)
{
	struct str s;

	str_init(&s, HTTP_ANSWER_MAX);
	str_add(&s, "/");
	for (; *name; name++) {
		if (*name == '~')
			str_add(&s, "~0");
		else if (*name == '/')
			str_add(&s, "~1");
		else
			str_add_n(&s, name, 1);
	}
	return str_take(&s);
}

/* "add" replaces what is there, too; a name is always there. */
static const cJSON *patch_of(
	struct task *t, const char *name, const cJSON *properties)
{
	cJSON *patch = pool_keep(t->pool, cJSON_CreateArray());

	json_append(patch,
		json_object(JSON_STR("op", "replace"),
			JSON_STR("path", "/name"), JSON_STR("value", name)));
	json_each (property, properties) {
		char *pointer = pointer_to(property->string);

		json_append(patch, json_object(JSON_STR("op", "add"),
					   JSON_STR("path", pointer),
					   JSON_COPY("value", property)));
		mem_free(pointer);
	}
	return patch;
}

/* The image as it will be, as compute's door shows it. */
static const cJSON *renamed(struct task *t, const cJSON *image,
	const char *name, const cJSON *properties)
{
	cJSON *after = pool_keep(t->pool, json_copy(image));
	cJSON *metadata = json_copy(json_member(after, "metadata"));

	if (!cJSON_IsObject(metadata)) {
		cJSON_Delete(metadata);
		metadata = cJSON_CreateObject();
	}
	json_each (property, properties) {
		json_set(metadata, property->string, json_copy(property));
	}
	json_set_str(after, "name", name);
	json_set(after, "metadata", metadata);
	return after;
}

struct step *image_rename(struct task *t, const cJSON *image, const char *name,
	const cJSON *properties)
{
	struct step *step = add_step(t, image, &renaming, "renaming", WAIT_NOT);

	step->service = CLOUD_IMAGE;
	step->method = "PATCH";
	step->content_type = PATCH_TYPE;
	step->body = patch_of(t, name, properties);
	step->was = image;
	step->becomes = renamed(t, image, name, properties);
	step->object = step->becomes;
	return step;
}
