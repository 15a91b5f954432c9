/* SPDX-License-Identifier: Apache-2.0 */
/* rax_image_info - what is known of images, the newest first. */
#include "common/module.h"

struct params {
	const char *id;
	const cJSON *meta;
	const char *name;
};

static const struct opt opts[] = {
	OPT_STR(id),
	OPT_DICT(meta),
	OPT_STR(name),
	OPT_END,
};

static const struct opt_rule rules[] = {
	{ .kind = OPT_EXCLUSIVE, .names = "id|name" },
	{ .kind = OPT_END_OF_RULES },
};

static int find(struct task *t, const struct params *p, const cJSON **images,
	struct err *e)
{
	const cJSON *image;
	cJSON *one;

	if (!p->id)
		return image_list(t, p->name, images, e);
	one = pool_keep(t->pool, cJSON_CreateArray());
	if (image_get(t, p->id, &image, e) == 0)
		json_append(one, json_copy(image));
	else if (e->code != ERR_ABSENT)
		return -1;
	*images = one;
	return 0;
}

static int plan(struct task *t, struct err *e)
{
	const struct params *p = t->params;
	const cJSON *meta = server_metadata_texts(t, p->meta);
	cJSON *shown = pool_keep(t->pool, cJSON_CreateArray());
	const cJSON *images;

	if (find(t, p, &images, e) < 0)
		return -1;
	json_each (image, image_by_age(t, images)) {
		if (server_has_metadata(image, meta))
			json_append(shown, json_copy(image));
	}
	t->found = shown;
	return 0;
}

static void report(struct task *t)
{
	task_result(t, "images", json_copy(t->found));
}

const struct module module = {
	.name = "rax_image_info",
	MODULE_OPTS(opts),
	.rules = rules,
	.plan = plan,
	.report = report,
};
