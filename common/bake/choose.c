/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/choose.h"

#include <string.h>

#include "common/image.h"
#include "common/str.h"

static const char *metadata_of(const cJSON *image, const char *key)
{
	return cJSON_GetStringValue(
		json_member(json_member(image, "metadata"), key));
}

/* The provider's own, which nobody can rename. Not every answer says of which
 * server an image is (images.md 1). */
static bool is_base(const cJSON *image)
{
	const char *type = metadata_of(image, "image_type");

	if (type)
		return streq(type, "base");
	return !json_member(image, "server") &&
	       !metadata_of(image, MARK_DIGEST);
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

static bool is_baked(const cJSON *image)
{
	return mark_is_baked(json_member(image, "metadata"));
}

/* One of a list, newest first, whose marks were another's: a run makes one
 * image only, the oldest that has its id. */
static bool is_copy(const cJSON *image)
{
	const char *run = metadata_of(image, PLAN_MARK_KEY);

	if (mark_is_copied(
		    json_member(image, "metadata"), json_str(image, "id")))
		return true;
	for (const cJSON *older = image->next; run && older;
		older = older->next)
		if (is_baked(older) &&
			streq(metadata_of(older, PLAN_MARK_KEY), run))
			return true;
	return false;
}

static bool is_ours(const cJSON *image)
{
	return metadata_of(image, MARK_DIGEST) && !is_copy(image) &&
	       streq(metadata_of(image, MARK_IMAGE), json_str(image, "name"));
}

static bool is_same(const cJSON *image, const char *digest)
{
	return digest && is_ours(image) && is_baked(image) &&
	       streq(metadata_of(image, MARK_DIGEST), digest) &&
	       streq(json_str(image, "status"), "ACTIVE");
}

static void take_old(const struct survey *s, const cJSON *image,
	const cJSON *except, struct choice *c)
{
	const cJSON *server = server_from(s, image);
	bool ours = is_ours(image);
	bool stays =
		server || !ours || json_has_text(except, json_str(image, "id"));

	if (server) {
		c->used = image;
		c->used_by = server;
	}
	if (!ours)
		c->foreign = image;
	json_append(stays ? c->renamed : c->deleted, json_copy(image));
}

void choose_images(struct task *t, const struct survey *s, const char *name,
	const char *digest, const cJSON *except, struct choice *c)
{
	*c = (struct choice){ .renamed =
				      pool_keep(t->pool, cJSON_CreateArray()),
		.deleted = pool_keep(t->pool, cJSON_CreateArray()) };
	json_each (image, image_by_age(t, s->images)) {
		if (!streq(json_str(image, "name"), name) || is_base(image) ||
			mark_is_half_made(json_member(image, "metadata")))
			continue;
		if (!c->same && is_same(image, digest))
			c->same = image;
		else
			take_old(s, image, except, c);
	}
}

void choose_again(struct task *t, const struct survey *s, const cJSON **renamed,
	const cJSON **deleted)
{
	cJSON *used = pool_keep(t->pool, cJSON_CreateArray());
	cJSON *unused = pool_keep(t->pool, cJSON_CreateArray());

	json_each (image, *renamed) {
		json_append(used, json_copy(image));
	}
	json_each (image, *deleted) {
		json_append(server_from(s, image) ? used : unused,
			json_copy(image));
	}
	*renamed = used;
	*deleted = unused;
}

/* The whole text, by a pattern with * and ?. */
static bool matches(const char *pattern, const char *text)
{
	const char *star = NULL, *again = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			again = text;
		} else if (*pattern == '?') {
			pattern++;
			text++;
			while (((unsigned char)*text & 0xc0) == 0x80)
				text++;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++again;
		} else {
			return false;
		}
	}
	return !pattern[strspn(pattern, "*")];
}

/* Under which name one of a list, newest first, was baked; NULL if that is not
 * how it is called now, nor how a bake would have called it since: users rename
 * what they want to keep. */
static const char *name_of_bake(const cJSON *image)
{
	const char *name = json_str(image, "name");
	const char *baked = metadata_of(image, MARK_IMAGE);
	size_t length;

	if (!name || !baked || !is_baked(image) || is_copy(image))
		return NULL;
	if (streq(name, baked))
		return baked;
	length = str_whole(baked, MARK_REPLACED_NAME);
	return strncmp(name, baked, length) == 0 &&
			       str_starts(name + length, MARK_REPLACED)
		       ? baked
		       : NULL;
}

const cJSON *choose_pruned(struct task *t, const struct survey *s,
	const cJSON *keep, const char *current, bool coming)
{
	cJSON *pruned = pool_keep(t->pool, cJSON_CreateArray());
	const char *pattern = json_str(keep, "name");
	int64_t newest = json_int(keep, "newest", -1);
	int64_t count = coming ? 1 : 0;

	if (!pattern || newest < 0)
		return pruned;
	json_each (image, image_by_age(t, s->images)) {
		const char *name = json_str(image, "name");
		const char *baked = name_of_bake(image);

		if (!baked || !matches(pattern, name) ||
			(coming && streq(name, current)))
			continue;
		if (streq(name, baked) && count++ < newest)
			continue;
		if (server_from(s, image) || streq(name, current) ||
			json_has_text(json_member(keep, "except"),
				json_str(image, "id")))
			continue;
		json_append(pruned, json_copy(image));
	}
	return pruned;
}

bool choose_is_named(
	const struct survey *s, const char *run, const char *pattern)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct thing *thing = &s->things[i];

		if (thing->kind != THING_KEYPAIR &&
			streq(thing->mark.run, run) &&
			!matches(pattern,
				metadata_of(thing->object, MARK_IMAGE)))
			return false;
	}
	return true;
}
