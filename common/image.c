/* SPDX-License-Identifier: Apache-2.0 */
#include "common/image.h"

#include "common/facts.h"
#include "common/str.h"

static bool is_deleted(const cJSON *image)
{
	return streq(json_str(image, "status"), "DELETED");
}

int image_list(
	struct task *t, const char *name, const cJSON **images, struct err *e)
{
	const char *path = name ? pool_printf(t->pool, "/images/detail?name=%s",
					  cloud_escape(t->cloud, name))
				: "/images/detail";
	cJSON *list, *next;

	if (cloud_list(t->cloud, CLOUD_COMPUTE, path, "images",
		    "listing images", &list, e) < 0)
		return -1;
	for (cJSON *image = list->child; image; image = next) {
		next = image->next;
		if (!json_str(image, "id") || is_deleted(image) ||
			(name && !streq(json_str(image, "name"), name)))
			cJSON_Delete(cJSON_DetachItemViaPointer(list, image));
	}
	*images = list;
	return 0;
}

const cJSON *image_by_age(struct task *t, const cJSON *images)
{
	cJSON *oldest_first = json_sorted(images, "created", "id");
	cJSON *newest_first = pool_keep(t->pool, cJSON_CreateArray());

	while (oldest_first->child)
		json_append(
			newest_first, cJSON_DetachItemViaPointer(oldest_first,
					      oldest_first->child->prev));
	cJSON_Delete(oldest_first);
	return newest_first;
}

int image_get(
	struct task *t, const char *id, const cJSON **image, struct err *e)
{
	const char *path =
		pool_printf(t->pool, "/images/%s", cloud_escape(t->cloud, id));
	const cJSON *reply;

	if (cloud_get(t->cloud, CLOUD_COMPUTE, path,
		    pool_printf(t->pool, "reading image %s", id), &reply,
		    e) < 0)
		return -1;
	*image = json_member(reply, "image");
	if (!cJSON_IsObject(*image))
		return err_set(e, ERR_OTHER,
			"The answer has no \"image\" (reading image %s%s)", id,
			cloud_where(t->cloud));
	if (is_deleted(*image))
		return err_set(e, ERR_ABSENT, "Image %s is deleted", id);
	return 0;
}

/* The one image of the list, in words why not otherwise. */
static int only_one(struct task *t, const cJSON *images, const char *given,
	const char **id, struct err *e)
{
	const cJSON *first = images->child;

	if (first && first->next)
		return err_set(e, ERR_OTHER,
			"No matching image found (%s): %d images have this "
			"name%s, give the id of one: %s, %s%s",
			given, json_size(images), cloud_where(t->cloud),
			json_str(first, "id"), json_str(first->next, "id"),
			first->next->next ? ", ..." : "");
	*id = json_str(first, "id");
	return 0;
}

static int find_by_human_id(
	struct task *t, const char *given, const cJSON **matches, struct err *e)
{
	const cJSON *images;
	cJSON *found = pool_keep(t->pool, cJSON_CreateArray());

	if (image_list(t, NULL, &images, e) < 0)
		return -1;
	json_each (image, images) {
		const char *name = json_str(image, "name");
		char *human_id = name ? facts_human_id(name) : NULL;

		if (streq(human_id, given))
			json_append(found, json_copy(image));
		mem_free(human_id);
	}
	*matches = found;
	return 0;
}

int image_find(
	struct task *t, const char *given, const char **id, struct err *e)
{
	const cJSON *images;

	*id = str_is_uuid(given) ? given : NULL;
	if (*id)
		return 0;
	if (image_list(t, given, &images, e) < 0 ||
		only_one(t, images, given, id, e) < 0)
		return -1;
	if (!*id && (find_by_human_id(t, given, &images, e) < 0 ||
			    only_one(t, images, given, id, e) < 0))
		return -1;
	if (*id)
		return 0;
	return err_set(e, ERR_ABSENT, "No matching image found (%s)", given);
}
