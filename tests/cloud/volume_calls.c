/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of the block storage service, v1. */
#include <string.h>

#include "common/str.h"
#include "tests/cloud/record.h"
#include "tests/cloud/service.h"
#include "tests/cloud/volume.h"

#define PAGE_MAX    1000
#define SIZE_MAX_GB 1024

static cJSON *attachments_of(const struct volume *v)
{
	cJSON *list = cJSON_CreateArray();

	if (v->server)
		json_append(list, json_object(JSON_STR("id", v->id),
					  JSON_STR("volume_id", v->id),
					  JSON_STR("server_id", v->server),
					  JSON_STR("device", v->device)));
	return list;
}

/* v1 has names of its own, and its booleans are texts. */
static cJSON *show(const struct volume *v)
{
	char *created = cloud_time_text(v->created);
	cJSON *tree = json_object(JSON_STR("id", v->id),
		JSON_INT("size", v->size), JSON_STR("status", v->status),
		JSON_STR("volume_type", v->type),
		JSON_STR("availability_zone", "nova"),
		JSON_STR("created_at", created),
		JSON_STR("bootable", v->image ? "true" : "false"),
		JSON_TAKE("attachments", attachments_of(v)),
		JSON_COPY("metadata", v->metadata));

	mem_free(created);
	json_set_str(tree, "display_name", v->name);
	json_set_str(tree, "display_description", v->description);
	json_set_str(tree, "snapshot_id", v->snapshot);
	if (v->image)
		json_set(tree, "volume_image_metadata",
			json_object(JSON_STR("image_id", v->image),
				JSON_STR("image_name", v->image_name)));
	return tree;
}

static int64_t number(const struct call *call, const char *name, int64_t given)
{
	const char *text = call_query(call, name);
	int64_t value;

	return text && str_int(text, &value) && value >= 0 ? value : given;
}

static void list(struct call *call)
{
	int64_t skip = number(call, "offset", 0);
	int64_t left = number(call, "limit", PAGE_MAX);
	cJSON *all = cJSON_CreateArray();

	for (struct volume *v = volume_first(call->cloud); v;
		v = volume_next(v)) {
		if (v->place != call->place || skip-- > 0)
			continue;
		if (left-- > 0)
			json_append(all, show(v));
	}
	call_reply(call, 200, json_object(JSON_TAKE("volumes", all)));
}

static struct volume *of_call(struct call *call)
{
	struct volume *v =
		volume_find(call->cloud, call->place, call_param(call, "id"));

	if (!v)
		call_fail(call, 404, "The resource could not be found.");
	return v;
}

static void reply_one(struct call *call, const struct volume *v)
{
	call_reply(call, 200, json_object(JSON_TAKE("volume", show(v))));
}

static void get(struct call *call)
{
	const struct volume *v = of_call(call);

	if (v)
		reply_one(call, v);
}

static bool check_size(struct call *call, const cJSON *wish, int64_t *size)
{
	const char *text = json_scalar_text(json_member(wish, "size"));

	if (text && str_int(text, size) && *size > 0 && *size <= SIZE_MAX_GB)
		return true;
	return call_fail(call, 400,
		"Invalid input received: Volume size '%s' must be an integer "
		"and greater than 0",
		text ? text : "None");
}

static bool check_type(struct call *call, const char *type)
{
	if (!type || streq(type, "SATA") || streq(type, "SSD"))
		return true;
	return call_fail_as(call, 404, "item_not_found",
		"Volume type %s could not be found.", type);
}

static bool check_image(
	struct call *call, const char *id, const struct image **image)
{
	*image = id ? image_find(call->cloud, call->place, id) : NULL;
	if (!id || *image)
		return true;
	return call_fail(call, 400, "Invalid image identifier");
}

static void create(struct call *call)
{
	const cJSON *wish = json_member(call->body, "volume");
	const char *type = json_str(wish, "volume_type");
	const struct image *image;
	struct volume *v;
	int64_t size;

	if (!cJSON_IsObject(wish)) {
		call_fail(call, 400,
			"The server could not comply with the "
			"request since it is malformed.");
		return;
	}
	if (!check_size(call, wish, &size) || !check_type(call, type) ||
		!check_image(call, json_str(wish, "imageRef"), &image))
		return;
	if (json_str(wish, "snapshot_id")) {
		call_fail_as(call, 404, "item_not_found",
			"Snapshot %s could not be found.",
			json_str(wish, "snapshot_id"));
		return;
	}
	v = volume_add(call->cloud, call->place, size, image);
	record_set_text(&v->name, json_str(wish, "display_name"));
	record_set_text(&v->description, json_str(wish, "display_description"));
	if (type)
		record_set_text(&v->type, type);
	if (cJSON_IsObject(json_member(wish, "metadata")))
		record_set_tree(
			&v->metadata, json_copy(json_member(wish, "metadata")));
	reply_one(call, v);
}

static void update(struct call *call)
{
	struct volume *v = of_call(call);
	const cJSON *wish = json_member(call->body, "volume");
	const char *name = json_str(wish, "display_name");
	const char *description = json_str(wish, "display_description");

	if (!v)
		return;
	if (name)
		record_set_text(&v->name, name);
	if (description)
		record_set_text(&v->description, description);
	reply_one(call, v);
}

static void delete (struct call *call)
{
	struct volume *v = of_call(call);

	if (!v)
		return;
	if (!streq(v->status, "available") && !streq(v->status, "error")) {
		call_fail(call, 400,
			"Invalid volume: Volume status must be available or "
			"error, but current status is: %s",
			v->status);
		return;
	}
	volume_change(call->cloud, v, "deleting", NULL);
	call_reply(call, 202, NULL);
}

static void list_types(struct call *call)
{
	call_reply(call, 200,
		json_literal("{'volume_types': [{'id': 1, 'name': 'SATA', "
			     "'extra_specs': {}}, {'id': 2, 'name': 'SSD', "
			     "'extra_specs': {}}]}"));
}

static const struct route routes[] = {
	{ "GET", "/volumes", list },
	{ "POST", "/volumes", create },
	{ "GET", "/volumes/detail", list },
	{ "GET", "/volumes/{id}", get },
	{ "PUT", "/volumes/{id}", update },
	{ "DELETE", "/volumes/{id}", delete },
	{ "GET", "/types", list_types },
	ROUTE_END,
};

const struct service volume_service = {
	.name = "volumes",
	.catalog_name = "cloudBlockStorage",
	.type = "volume",
	.root = "v1",
	.tenant = SERVICE_TENANT,
	.id_header = "x-openstack-request-id",
	.retry_member = "retryAt",
	.fail = service_fail_wrapped,
	.tables = (const struct route *const[]){ routes, NULL },
};
