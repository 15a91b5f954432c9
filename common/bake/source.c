/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/source.h"

#include <string.h>

#include "common/bake/mark.h"
#include "common/image.h"
#include "common/network.h"
#include "common/server.h"
#include "common/sha256.h"
#include "common/str.h"

/* What the service compares itself (images.md 2). */
static const struct {
	const char *key, *parameter;
} parameters[] = {
	{ "name", "name" },
	{ "owner", "owner" },
	{ "visibility", "visibility" },
};

static const char *filter_path(struct task *t, const cJSON *filter)
{
	const char *path = "/images?status=active&member_status=accepted"
			   "&sort_key=created_at&sort_dir=desc";

	for (size_t i = 0; i < sizeof(parameters) / sizeof(*parameters); i++) {
		const char *value = json_str(filter, parameters[i].key);

		if (value)
			path = pool_printf(t->pool, "%s&%s=%s", path,
				parameters[i].parameter,
				cloud_escape(t->cloud, value));
	}
	return path;
}

/* Whether the service has filtered, in fact. What it calls visible may have
 * another word in the image. */
static bool has_names(const cJSON *image, const cJSON *filter)
{
	const char *name = json_str(filter, "name");
	const char *owner = json_str(filter, "owner");

	return (!name || streq(json_str(image, "name"), name)) &&
	       (!owner || streq(json_str(image, "owner"), owner));
}

static bool has_tags(const cJSON *image, const cJSON *wanted)
{
	json_each (tag, wanted) {
		bool found = false;

		json_each (own, json_member(image, "tags")) {
			found = found || json_equal(own, tag);
		}
		if (!found)
			return false;
	}
	return true;
}

/* Properties are members of the image, and always texts. */
static bool has_properties(const cJSON *image, const cJSON *wanted)
{
	json_each (property, wanted) {
		if (!streq(cJSON_GetStringValue(
				   json_member(image, property->string)),
			    json_scalar_text(property)))
			return false;
	}
	return true;
}

/* Marks are properties, too. What a bake is still making may go any time. */
static bool matches(const cJSON *image, const cJSON *filter)
{
	return json_str(image, "id") && !mark_is_half_made(image) &&
	       has_names(image, filter) &&
	       has_tags(image, json_member(filter, "tags")) &&
	       has_properties(image, json_member(filter, "properties"));
}

static bool is_newer(const cJSON *image, const cJSON *than)
{
	const char *created = json_str(image, "created_at");
	const char *other = json_str(than, "created_at");

	return created && (!other || strcmp(created, other) > 0);
}

static int find_by_filter(
	struct task *t, const struct recipe *r, const char **id, struct err *e)
{
	const cJSON *filter = r->source_filter;
	char *text = json_text(filter);
	const char *shown = pool_copy(t->pool, text);
	const cJSON *newest = NULL;
	int count = 0;
	cJSON *images;

	mem_free(text);
	if (cloud_list(t->cloud, CLOUD_IMAGE, filter_path(t, filter), "images",
		    "looking for the source image", &images, e) < 0)
		return -1;
	json_each (image, images) {
		if (!matches(image, filter))
			continue;
		if (count++ == 0 || is_newer(image, newest))
			newest = image;
	}
	*id = json_str(newest, "id");
	if (count == 1 || (count > 1 && r->most_recent))
		return 0;
	if (count > 1)
		return err_set(e, ERR_OTHER,
			"%d images match source_image_filter %s%s; say "
			"most_recent to take the newest, or filter more",
			count, shown, cloud_where(t->cloud));
	return err_set(e, ERR_ABSENT,
		"No image matches source_image_filter %s%s; look with "
		"rax_image_info what is there",
		shown, cloud_where(t->cloud));
}

static int find_by_name(
	struct task *t, const char *name, const char **id, struct err *e)
{
	const cJSON *images;

	if (image_list(t, name, &images, e) < 0)
		return -1;
	if (json_size(images) == 1) {
		*id = json_str(images, "0.id");
		return 0;
	}
	return err_set(e, ERR_ABSENT,
		"%d images are named %s%s; give the source image by its id",
		json_size(images), name, cloud_where(t->cloud));
}

/* An id that is not there is better known before a server is made of it. */
static int check_image(struct task *t, const char *id, struct err *e)
{
	const cJSON *image;
	const char *status;

	if (image_get(t, id, &image, e) < 0)
		return -1;
	status = json_str(image, "status");
	if (streq(status, "ACTIVE"))
		return 0;
	return err_set(e, ERR_OTHER, "Image %s is %s, not ACTIVE%s", id,
		status ? status : "without a status", cloud_where(t->cloud));
}

static int find_image(
	struct task *t, const struct recipe *r, const char **id, struct err *e)
{
	int rc;

	if (r->source_filter)
		rc = find_by_filter(t, r, id, e);
	else if (r->source_image_name)
		rc = find_by_name(t, r->source_image_name, id, e);
	else
		rc = image_find(t, r->source_image, id, e);
	if (rc == 0)
		rc = check_image(t, *id, e);
	return rc < 0 ? err_add(e, "source image") : 0;
}

static int find_flavor(
	struct task *t, const struct recipe *r, const char **id, struct err *e)
{
	const cJSON *flavor;
	cJSON *flavors;

	if (server_flavor(t, r->flavor, &flavor, e) < 0)
		return -1;
	*id = json_str(flavor, "id");
	if (*id)
		return 0;
	if (cloud_list(t->cloud, CLOUD_COMPUTE, "/flavors/detail", "flavors",
		    "listing flavors", &flavors, e) < 0)
		return -1;
	*id = json_str(json_find(flavors, "name", r->flavor), "id");
	if (*id)
		return 0;
	return err_set(e, ERR_ABSENT,
		"There is no flavor %s%s, neither as an id nor as a name",
		r->flavor, cloud_where(t->cloud));
}

/* What the image is made of, whatever it is called and whoever pays. */
static const char *digest_of(struct task *t, const struct bake_wish *w)
{
	cJSON *all = json_object(JSON_STR("source_image", w->source),
		JSON_STR("flavor", w->flavor), JSON_BOOL("seal", w->seal),
		JSON_COPY("ingredients", w->recipe->ingredients));
	char *text = json_text(all);
	struct sha256 sum;
	char digits[65];

	sha256_init(&sum);
	sha256_add(&sum, text, strlen(text));
	sha256_end(&sum, digits);
	mem_free(text);
	cJSON_Delete(all);
	return pool_copy(t->pool, digits);
}

int source_find(struct task *t, struct bake_wish *w, struct err *e)
{
	const struct recipe *r = w->recipe;

	if (find_image(t, r, &w->source, e) < 0 ||
		find_flavor(t, r, &w->flavor, e) < 0)
		return -1;
	if (json_size(r->networks) &&
		network_find_all(t, r->networks, &w->networks, e) < 0)
		return -1;
	w->digest = digest_of(t, w);
	return 0;
}

/* Items of metadata that a thing can have where the account does not say so
 * (servers.md A1). */
#define METADATA_MAX 40

static int check_room(struct task *t, const cJSON *metadata, int added,
	const char *limit, const char *what, struct err *e)
{
	int wanted = json_size(metadata) + added;
	const cJSON *limits;
	int64_t most;

	if (wanted <= METADATA_MAX)
		return 0;
	if (server_limits(t, &limits, e) < 0)
		return -1;
	most = json_int(limits, limit, METADATA_MAX);
	if (wanted <= most)
		return 0;
	return err_set(e, ERR_OTHER,
		"%s: %d items, with those that a bake adds, are more than the "
		"%lld that the cloud takes; leave some out",
		what, wanted, (long long)most);
}

/* Only the images' own service can give an image its name. */
int source_check(struct task *t, const struct recipe *r, struct err *e)
{
	const char *path;

	if (cloud_wire_path(t->cloud, CLOUD_IMAGE, "/images", &path, e) < 0)
		return -1;
	if (check_room(t, r->instance_metadata, MARK_ITEMS, "maxServerMeta",
		    "instance_metadata", e) < 0)
		return -1;
	return check_room(t, r->image_metadata, MARK_IMAGE_ITEMS,
		"maxImageMeta", "metadata of the image", e);
}
