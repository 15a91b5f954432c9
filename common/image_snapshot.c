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

/* It is ours, whatever was thought of its making. */
static void see(struct cloud *c, struct step *s, const cJSON *image)
{
	s->seen = true;
	s->took = true;
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

	if ((!id || !*id) && slash)
		id = slash + 1;
	if (id && *id) {
		s->id = id;
		return 0;
	}
	return err_set(e, ERR_OTHER,
		"The answer names no image id (%s%s); look for the image "
		"before trying again",
		s->doing, cloud_where(c));
}

/* In ERROR it will never be taken: that is no task that ends. */
static bool is_broken(struct cloud *c, const struct step *s)
{
	const char *path =
		pool_printf(c->pool, "/servers/%s", cloud_escape(c, s->target));
	struct err ignored;
	cJSON *reply;
	bool broken;

	if (cloud_read(c, CLOUD_COMPUTE, path, s->doing, &reply, &ignored) < 0)
		return false;
	broken = streq(json_str(reply, "server.status"), "ERROR");
	cJSON_Delete(reply);
	return broken;
}

/* The server is busy with another task: or with the making of this very image,
 * when that was asked for before and the answer was lost. */
static enum refusal refused(
	struct cloud *c, const struct step *s, const struct call *call)
{
	enum refusal refusal = REFUSAL_BUSY;
	struct err ignored;
	cJSON *images;

	if (call->http.status != 409)
		return REFUSAL_FINAL;
	if (s->sends > 1 && s->mark &&
		list_named(c, s, &images, &ignored) == 0) {
		if (find_own(s, images))
			refusal = REFUSAL_BEGUN;
		pool_drop(c->pool, images);
	}
	if (refusal == REFUSAL_BUSY && is_broken(c, s))
		refusal = REFUSAL_FINAL;
	return refusal;
}

/* What the server is doing; NULL for nothing. One that was not there for as
 * long as answers may lag is gone, and busy with nothing. */
static int server_task(
	struct cloud *c, struct step *s, const char **task, struct err *e)
{
	const char *path =
		pool_printf(c->pool, "/servers/%s", cloud_escape(c, s->target));
	int64_t now;
	const char *state;
	cJSON *reply;

	*task = NULL;
	if (cloud_read(c, CLOUD_COMPUTE, path, s->doing, &reply, e) < 0) {
		now = cloud_now(c);
		if (e->code != ERR_ABSENT)
			return -1;
		if (!s->absent)
			s->absent = now;
		return now - s->absent < PLAN_LIST_LAG ? -1 : 0;
	}
	s->absent = 0;
	state = json_str(reply, "server.OS-EXT-STS:task_state");
	*task = state ? pool_copy(c->pool, state) : NULL;
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

	if (!image && cloud_now(c) - s->since > PLAN_LIST_LAG)
		went_wrong(c, s,
			s->seen ? "The image has disappeared while it was "
				  "saved. " LOST_HINT
				: "The image did not appear. " LOST_HINT,
			NULL);
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
		if (streq(status, failures[i].status))
			went_wrong(c, s, failures[i].why, image);
	if (image && s->state == STEP_STARTED &&
		(!s->seen || !streq(status, json_str(s->object, "status"))))
		see(c, s, image);
}

/* What is told if this look is the last one. */
static void tell_state(
	struct cloud *c, struct step *s, const cJSON *image, const char *task)
{
	const char *status = json_str(image, "status");
	char *words = cloud_censored(c, status ? status : "not listed");
	char *busy = cloud_censored(c, task ? task : "");

	err_set(s->err, ERR_TIME,
		"Timeout waiting for %s (%s): it is %s, %lld %% done%s%s (%s%s)",
		s->thing, s->id ? s->id : "no id", words,
		(long long)json_int(image, "progress", 0),
		task ? ", and its server is busy with " : "", busy, s->doing,
		cloud_where(c));
	mem_free(words);
	mem_free(busy);
}

static int look_at_one(struct cloud *c, struct step *s, struct err *e)
{
	const cJSON *image;
	const char *task = NULL;
	cJSON *images;
	int rc = 0;

	if (list_named(c, s, &images, e) < 0)
		return -1;
	judge(c, s, images);
	image = find_own(s, images);
	if (s->state == STEP_STARTED &&
		streq(json_str(image, "status"), "ACTIVE")) {
		rc = server_task(c, s, &task, e);
		if (rc == 0 && !task)
			s->state = STEP_DONE;
	}
	if (rc == 0 && s->state == STEP_STARTED)
		tell_state(c, s, image, task);
	pool_drop(c->pool, images);
	return rc;
}

static int look(
	struct cloud *c, struct step *const *steps, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (look_at_one(c, steps[i], e) < 0)
			return -1;
	return 0;
}

/* What was just made may not be there yet, or be busy being made. */
static enum refusal refused_undo(
	struct cloud *c, const struct step *s, const struct call *call)
{
	switch (call->http.status) {
	case 404:
	case 410:
		return cloud_now(c) - s->since < PLAN_LIST_LAG
			       ? REFUSAL_BUSY
			       : REFUSAL_ALREADY;
	case 409:
		return REFUSAL_BUSY;
	default:
		return REFUSAL_FINAL;
	}
}

static const struct step_kind undoing = {
	.first_pause = 500,
	.refusal = refused_undo,
};

static void undo(
	struct plan *plan, const struct cloud *c, const struct step *made)
{
	plan_add_removal(plan, &undoing, c, "/images", made);
}

static const struct step_kind creating = {
	.first_pause = 100,
	.lags = true,
	.refusal = refused,
	.accepted = accepted,
	.find_lost = find_lost,
	.look = look,
	.undo = undo,
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
