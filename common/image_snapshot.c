/* SPDX-License-Identifier: Apache-2.0 */
/* Making an image of a server: the step, and how to tell what became of it. */
#include <string.h>

#include "common/image.h"
#include "common/server.h"
#include "common/str.h"

static const char *mark_of(const cJSON *image)
{
	return cJSON_GetStringValue(
		json_member(json_member(image, "metadata"), PLAN_MARK_KEY));
}

static int list_named(
	struct cloud *c, const struct step *s, cJSON **images, struct err *e)
{
	const char *name = json_str(s->body, "createImage.name");

	return cloud_list(c, CLOUD_COMPUTE,
		pool_printf(c->pool, "/images/detail?name=%s",
			cloud_escape(c, name)),
		"images", s->doing, images, e);
}

/* By its id or, where no answer told that, by its mark. */
static const cJSON *find_own(const struct step *s, const cJSON *images)
{
	json_each (image, images) {
		const char *id = json_str(image, "id");

		if (id && (s->id ? streq(id, s->id)
				 : streq(mark_of(image), s->mark)))
			return image;
	}
	return NULL;
}

static void see(struct cloud *c, struct step *s, const cJSON *image)
{
	s->seen = true;
	s->object = pool_keep(c->pool, json_copy(image));
	s->id = json_str(s->object, "id");
}

static int find_lost(
	struct cloud *c, struct step *const *steps, size_t count, struct err *e)
{
	const cJSON *image;
	cJSON *images;

	for (size_t i = 0; i < count; i++) {
		if (list_named(c, steps[i], &images, e) < 0)
			return -1;
		image = find_own(steps[i], images);
		if (image) {
			steps[i]->state = STEP_STARTED;
			steps[i]->since = cloud_now(c);
			see(c, steps[i], image);
		}
		pool_drop(c->pool, images);
	}
	return 0;
}

/* Rackspace and Nova before 2.45 name the image in a header alone, later Nova
 * in the body (images.md 1). */
static int accepted(
	struct cloud *c, struct step *s, const cJSON *reply, struct err *e)
{
	const char *slash = s->location ? strrchr(s->location, '/') : NULL;
	const char *id = json_str(reply, "image_id");

	if (!id && slash && slash[1])
		id = slash + 1;
	if (id) {
		s->id = id;
		return 0;
	}
	return err_set(e, ERR_OTHER,
		"The answer names no image id (%s%s); look for the image "
		"before trying again",
		s->doing, cloud_where(c));
}

/* The server is busy with another task. */
static enum refusal refused(
	struct cloud *c, const struct step *s, const struct call *call)
{
	(void)c, (void)s;
	return call->http.status == 409 ? REFUSAL_BUSY : REFUSAL_FINAL;
}

static int server_is_idle(
	struct cloud *c, const struct step *s, bool *idle, struct err *e)
{
	const char *path =
		pool_printf(c->pool, "/servers/%s", cloud_escape(c, s->target));
	cJSON *reply;

	if (cloud_read(c, CLOUD_COMPUTE, path, s->doing, &reply, e) < 0)
		return -1;
	*idle = !json_str(reply, "server.OS-EXT-STS:task_state");
	cJSON_Delete(reply);
	return 0;
}

static void went_wrong(
	struct cloud *c, struct step *s, const char *why, const cJSON *image)
{
	const char *fault = json_str(image, "fault.message");
	char *words = cloud_censored(c, fault ? fault : "");

	s->state = STEP_FAILED;
	err_set(s->err, ERR_OTHER, "%s%s%s (%s, %s%s)", why, *words ? " " : "",
		words, s->thing, s->id ? s->id : "no id", cloud_where(c));
	mem_free(words);
}

#define LOST_HINT                                                               \
	"The cloud did not keep the image; try again, and ask Rackspace if it " \
	"happens again."

static const struct {
	const char *status, *why;
} failures[] = {
	{ "ERROR", "The image went to ERROR." },
	{ "KILLED", "The image was killed. " LOST_HINT },
	{ "DELETED", "The image was deleted while it was saved. " LOST_HINT },
	{ "PENDING_DELETE",
		"The image was deleted while it was saved. " LOST_HINT },
};

static void judge(struct cloud *c, struct step *s, const cJSON *images)
{
	const cJSON *image = find_own(s, images);
	const char *status = json_str(image, "status");

	if (!image && s->seen)
		went_wrong(c, s,
			"The image has disappeared while it was saved. " LOST_HINT,
			NULL);
	else if (!image && cloud_now(c) - s->since > PLAN_LIST_LAG)
		went_wrong(c, s, "The image did not appear. " LOST_HINT, NULL);
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
		if (streq(status, failures[i].status))
			went_wrong(c, s, failures[i].why, image);
	if (image && s->state == STEP_STARTED &&
		(!s->seen || !streq(status, json_str(s->object, "status"))))
		see(c, s, image);
}

static int look(
	struct cloud *c, struct step *const *steps, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		struct step *s = steps[i];
		bool idle = false;
		cJSON *images;

		if (list_named(c, s, &images, e) < 0)
			return -1;
		judge(c, s, images);
		pool_drop(c->pool, images);
		if (s->state != STEP_STARTED || !s->seen ||
			!streq(json_str(s->object, "status"), "ACTIVE"))
			continue;
		if (server_is_idle(c, s, &idle, e) < 0)
			return -1;
		if (idle)
			s->state = STEP_DONE;
	}
	return 0;
}

static const struct step_kind creating = {
	.first_pause = 100,
	.lags = true,
	.refusal = refused,
	.accepted = accepted,
	.find_lost = find_lost,
	.look = look,
};

struct step *image_create(struct task *t, const char *server, const char *name,
	const cJSON *metadata)
{
	const cJSON *image =
		pool_keep(t->pool, json_object(JSON_STR("name", name),
					   JSON_COPY("metadata", metadata)));
	const cJSON *body = pool_keep(
		t->pool, json_object(JSON_COPY("createImage", image)));

	return plan_add(t->plan,
		&(struct step){ .kind = &creating,
			.service = CLOUD_COMPUTE,
			.method = "POST",
			.path = pool_printf(t->pool, "/servers/%s/action",
				task_path_id(t, server)),
			.body = body,
			.mark = cJSON_GetStringValue(
				json_member(metadata, PLAN_MARK_KEY)),
			.doing = pool_printf(t->pool, "making image %s", name),
			.thing = pool_printf(t->pool, "image %s", name),
			.target = server,
			.becomes = body,
			.object = image,
			.wait = WAIT_USABLE });
}
