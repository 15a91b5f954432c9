/* SPDX-License-Identifier: Apache-2.0 */
/* What a bake looks at between the things that it does: files, other runs, its
 * image. An hour's work depends on each look, so one that fails is no verdict
 * yet. */
#include "common/bake/bake_part.h"
#include "common/bake/contents.h"
#include "common/bake/survey.h"
#include "common/image.h"
#include "common/str.h"

/* Milliseconds between looks at an image that was renamed. */
#define LOOK_AGAIN 1000

bool bake_try_again(struct bake *b, int64_t since, struct err *e)
{
	return cloud_try_again(b->task->cloud, since, b->task->wait_until, e);
}

/* What one of the bake's own steps may write here is up to the recipe, but none
 * has been run yet. */
int bake_see_recipe(struct bake *b, struct err *e)
{
	if (contents_unchanged(b->recipe->files, e) == 0)
		return 0;
	return err_more(e, "since the recipe was read: the image would not be "
			   "what its digest says; bake again");
}

int bake_see_files(struct bake *b, struct err *e)
{
	bool writes = false;

	if (contents_unchanged(b->recipe->files, e) == 0)
		return 0;
	for (size_t i = 0; i < b->recipe->count; i++)
		writes = writes || b->recipe->provisioners[i].type ==
					   PROVISIONER_SHELL_LOCAL;
	if (!writes)
		return err_more(e, "since the bake began: the image would not "
				   "be what its digest says; bake again");
	task_warn(b->task,
		"%s since the bake began, and the image may hold either: a "
		"file that a step makes wants `generated: true`.",
		e->text);
	return 0;
}

int bake_survey(struct bake *b, struct survey *survey, struct err *e)
{
	int64_t since = cloud_now(b->task->cloud);
	int rc;

	*survey = (struct survey){ 0 };
	do {
		survey_drop(b->task, survey);
		rc = survey_read(b->task, survey, e);
	} while (rc < 0 && bake_try_again(b, since, e));
	return rc;
}

/* One that overtook us, since it began later and was quicker, is no rival any
 * more. */
static bool is_made_by_now(const struct bake *b, const struct survey *survey)
{
	json_each (image, survey->images) {
		const char *id = json_str(image, "id");

		if (streq(json_str(image, "name"), b->recipe->image_name) &&
			mark_is_baked(json_member(image, "metadata")) &&
			!json_find(b->wish->renamed, "id", id) &&
			!json_find(b->wish->deleted, "id", id))
			return true;
	}
	return false;
}

int bake_give_way(struct bake *b, struct err *e)
{
	struct survey survey;
	const struct mark *rival;

	if (bake_survey(b, &survey, e) < 0)
		return -1;
	if (is_made_by_now(b, &survey))
		return err_set(e, ERR_CHANGED,
			"Another run has made image %s meanwhile",
			b->recipe->image_name);
	rival = survey_rival(&survey, b->mark.image, b->mark.run, &b->mark);
	if (!rival)
		return 0;
	if (str_starts(b->mark.digest, rival->digest) ||
		str_starts(rival->digest, b->mark.digest))
		return err_set(e, ERR_CHANGED,
			"Another run, which began earlier, bakes image %s from "
			"the same recipe",
			b->recipe->image_name);
	return err_set(e, ERR_OTHER,
		"Another run, which began earlier, bakes image %s from another "
		"recipe: try again when it has ended, or give one of them "
		"another name",
		b->recipe->image_name);
}

static int read_image(struct bake *b, const cJSON **image, struct err *e)
{
	int64_t since = cloud_now(b->task->cloud);
	int rc;

	do
		rc = image_get(b->task, b->image->id, image, e);
	while (rc < 0 && bake_try_again(b, since, e));
	return rc;
}

/* An image was seen to go with its server (packer.md 4.4). */
int bake_verify(struct bake *b, struct err *e)
{
	const char *status;

	if (read_image(b, &b->verified, e) < 0)
		return err_add(e,
			e->code == ERR_ABSENT
				? "The image did not outlive its server; try again"
				: "The image could not be verified");
	status = json_str(b->verified, "status");
	if (streq(status, "ACTIVE"))
		return 0;
	return err_set(e, ERR_OTHER,
		"Image %s is %s since its server was deleted; try again",
		b->image->id, status ? status : "of no status");
}

bool bake_is_finished(struct bake *b, const cJSON *image)
{
	if (!streq(json_str(image, "name"), b->recipe->image_name) ||
		!mark_is_baked(json_member(image, "metadata")))
		return false;
	b->finished = image;
	/* It is no leftover from now on, whatever happens. */
	b->image->took = false;
	b->is_finished = true;
	return true;
}

/* Without its name the next run would not find it, and bake again. */
int bake_see_finished(struct bake *b, struct err *e)
{
	struct task *t = b->task;
	int64_t end = cloud_now(t->cloud) + PLAN_LIST_LAG;

	for (;;) {
		const cJSON *image;
		const char *name;

		if (read_image(b, &image, e) < 0)
			return -1;
		if (bake_is_finished(b, image))
			return 0;
		name = json_str(image, "name");
		if (cloud_now(t->cloud) >= end)
			return err_set(e, ERR_OTHER,
				"Image %s is still called %s, though the cloud "
				"has agreed to rename it; try again",
				b->image->id, name ? name : "nothing");
		if (cloud_pause(t->cloud, LOOK_AGAIN, e) < 0)
			return -1;
	}
}
