/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/choose.h"

#include <fnmatch.h>
#include <string.h>

#include "common/image.h"
#include "common/str.h"

/* How a bake that is replaced is called: NAME-replaced-TIME. */
#define REPLACED "-replaced-"

static const char *metadata_of(const cJSON *image, const char *key)
{
	return cJSON_GetStringValue(
		json_member(json_member(image, "metadata"), key));
}

/* The provider's own, which nobody can rename (images.md 1). */
static bool is_base(const cJSON *image)
{
	return streq(metadata_of(image, "image_type"), "base") ||
	       (!json_member(image, "server") &&
		       !metadata_of(image, MARK_DIGEST));
}

static const cJSON *server_from(const struct survey *s, const cJSON *image)
{
	const char *id = json_str(image, "id");

	json_each (server, s->servers) {
		if (streq(json_str(server, "image.id"), id))
			return server;
	}
	return NULL;
}

static bool is_same(const cJSON *image, const char *digest)
{
	return digest && metadata_of(image, MARK_BAKED) &&
	       streq(metadata_of(image, MARK_DIGEST), digest) &&
	       streq(json_str(image, "status"), "ACTIVE");
}

/* What a bake that was killed has left of this name is no image yet. */
static bool is_half_made(const cJSON *image)
{
	return metadata_of(image, MARK_LEASE) &&
	       !metadata_of(image, MARK_BAKED);
}

static void take_old(
	const struct survey *s, const cJSON *image, struct choice *c)
{
	const cJSON *server = server_from(s, image);
	bool ours = metadata_of(image, MARK_DIGEST) != NULL;

	if (server) {
		c->used = image;
		c->used_by = server;
	}
	if (!ours)
		c->foreign = image;
	json_append(
		server || !ours ? c->renamed : c->deleted, json_copy(image));
}

void choose_images(struct task *t, const struct survey *s, const char *name,
	const char *digest, struct choice *c)
{
	*c = (struct choice){ .renamed =
				      pool_keep(t->pool, cJSON_CreateArray()),
		.deleted = pool_keep(t->pool, cJSON_CreateArray()) };
	json_each (image, image_by_age(t, s->images)) {
		if (!streq(json_str(image, "name"), name) || is_base(image) ||
			is_half_made(image))
			continue;
		if (!c->same && is_same(image, digest))
			c->same = image;
		else
			take_old(s, image, c);
	}
}

static bool is_listed(const cJSON *list, const char *text)
{
	json_each (item, list) {
		if (streq(cJSON_GetStringValue(item), text))
			return true;
	}
	return false;
}

const cJSON *choose_pruned(struct task *t, const struct survey *s,
	const cJSON *keep, const char *current, int coming)
{
	cJSON *pruned = pool_keep(t->pool, cJSON_CreateArray());
	int64_t newest = json_int(keep, "newest", 0);
	int64_t count = coming;
	const char *pattern = json_str(keep, "name");

	json_each (image, pattern ? image_by_age(t, s->images) : NULL) {
		const char *name = json_str(image, "name");
		const char *id = json_str(image, "id");
		bool replaced = name && strstr(name, REPLACED);

		if (!name || !metadata_of(image, MARK_BAKED) ||
			fnmatch(pattern, name, 0) != 0)
			continue;
		if (!replaced && count++ < newest)
			continue;
		if (server_from(s, image) || streq(name, current) ||
			is_listed(json_member(keep, "except"), id))
			continue;
		json_append(pruned, json_copy(image));
	}
	return pruned;
}
