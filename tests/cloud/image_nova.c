/* SPDX-License-Identifier: Apache-2.0 */
/* Images through the door of the compute service. */
#include <string.h>

#include "common/str.h"
#include "tests/cloud/image.h"
#include "tests/cloud/limit.h"
#include "tests/cloud/link.h"
#include "tests/cloud/metadata.h"
#include "tests/cloud/page.h"

static void set_time(cJSON *tree, const char *name, double time)
{
	char *text = cloud_time_text(time);

	json_set_str(tree, name, text);
	mem_free(text);
}

static cJSON *summary(const struct call *call, const struct image *i)
{
	return json_object(JSON_STR("id", i->id), JSON_STR("name", i->name),
		JSON_TAKE("links", link_list(call, "images", i->id)));
}

static const char *disk_config(const struct image *i)
{
	const char *automatic = json_str(i->metadata, "auto_disk_config");

	return streq(automatic, "True") ? "AUTO" : "MANUAL";
}

static cJSON *details(const struct call *call, const struct image *i)
{
	cJSON *tree = summary(call, i);

	json_set_str(tree, "status", i->status);
	json_set(tree, "progress", json_new_int(image_progress(i, call->now)));
	json_set(tree, "minDisk", json_new_int(i->min_disk));
	json_set(tree, "minRam", json_new_int(i->min_ram));
	json_set_str(tree, "OS-DCF:diskConfig", disk_config(i));
	json_set(tree, "OS-EXT-IMG-SIZE:size", json_new_int(i->size));
	set_time(tree, "created", i->created);
	set_time(tree, "updated", i->updated);
	json_set(tree, "metadata", json_copy(i->metadata));
	json_set(tree, "fault", json_copy(i->fault));
	if (i->server)
		json_set(tree, "server",
			json_object(JSON_STR("id", i->server),
				JSON_TAKE("links", link_list(call, "servers",
							   i->server))));
	return tree;
}

/* The id, or a URL that ends with it. */
static bool is_server(const struct image *i, const char *wanted)
{
	const char *slash = strrchr(wanted, '/');

	return streq(i->server, slash ? slash + 1 : wanted);
}

static bool is_type(const struct image *i, const char *wanted)
{
	const char *type = json_str(i->metadata, "image_type");

	return type && strcasecmp(type, wanted) == 0;
}

static bool is_wanted(const struct call *call, const struct image *i)
{
	const char *name = call_query(call, "name");
	const char *status = call_query(call, "status");
	const char *server = call_query(call, "server");
	const char *type = call_query(call, "type");
	const char *since = call_query(call, "changes-since");
	double time;

	return (!name || streq(name, i->name)) &&
	       (!status || strcasecmp(status, i->status) == 0) &&
	       (!server || is_server(i, server)) &&
	       (!type || is_type(i, type)) &&
	       (!since || !cloud_time_read(since, &time) || i->updated >= time);
}

static void list(struct call *call,
	cJSON *(*show)(const struct call *, const struct image *))
{
	struct page page;

	if (!page_begin(&page, call, (size_t)call->cloud->settings.page))
		return;
	for (struct image *i = call->cloud->images->first; i; i = i->next) {
		if (!image_is_seen(i, call->place) || i->hidden ||
			i->listed > call->now || !page_past(&page, i->id) ||
			!is_wanted(call, i))
			continue;
		if (page_take(&page, i->id))
			json_append(page.list, show(call, i));
	}
	page_reply(&page, call, "images");
}

static void list_summaries(struct call *call)
{
	list(call, summary);
}

static void list_details(struct call *call)
{
	list(call, details);
}

static void get(struct call *call)
{
	const struct image *i = image_of(call);

	if (i)
		call_reply(call, 200,
			json_object(JSON_TAKE("image", details(call, i))));
}

/* Somebody else's, which a base image is, cannot be changed. */
static struct image *own_image(struct call *call)
{
	struct image *i = image_of(call);

	if (!i || !image_is_base(i))
		return i;
	call_fail(call, 403, "You are not allowed to change this image.");
	return NULL;
}

static void delete (struct call *call)
{
	struct image *i = own_image(call);

	if (!i)
		return;
	if (i->is_protected) {
		call_fail(call, 403, "Image is protected.");
		return;
	}
	image_delete(call->cloud, i);
	call_reply(call, 204, NULL);
}

static void meta_list(struct call *call)
{
	const struct image *i = image_of(call);

	if (i)
		metadata_list(call, i->metadata);
}

static void meta_get(struct call *call)
{
	const struct image *i = image_of(call);

	if (i)
		metadata_get(call, i->metadata);
}

static void meta_change(
	struct call *call, bool (*change)(struct call *, cJSON **, int64_t))
{
	struct image *i = own_image(call);
	int64_t most = limit_of(call->cloud, LIMIT_IMAGE_META);

	if (i && change(call, &i->metadata, most))
		i->updated = call->now;
}

static void meta_merge(struct call *call)
{
	meta_change(call, metadata_merge);
}

static void meta_replace(struct call *call)
{
	meta_change(call, metadata_replace);
}

static void meta_put(struct call *call)
{
	meta_change(call, metadata_put);
}

static void meta_delete(struct call *call)
{
	struct image *i = own_image(call);

	if (i && metadata_delete(call, &i->metadata))
		i->updated = call->now;
}

const struct route image_nova_routes[] = {
	{ "GET", "/images", list_summaries },
	{ "GET", "/images/detail", list_details },
	{ "GET", "/images/{id}", get },
	{ "DELETE", "/images/{id}", delete },
	{ "GET", "/images/{id}/metadata", meta_list },
	{ "POST", "/images/{id}/metadata", meta_merge },
	{ "PUT", "/images/{id}/metadata", meta_replace },
	{ "GET", "/images/{id}/metadata/{key}", meta_get },
	{ "PUT", "/images/{id}/metadata/{key}", meta_put },
	{ "DELETE", "/images/{id}/metadata/{key}", meta_delete },
	ROUTE_END,
};
