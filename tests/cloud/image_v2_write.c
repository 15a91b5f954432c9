/* SPDX-License-Identifier: Apache-2.0 */
/* Images through the door of Cloud Images v2: the writing side. */
#include <string.h>

#include "common/str.h"
#include "tests/cloud/image_v2.h"
#include "tests/cloud/record.h"

#define PATCH_TYPE "application/openstack-images-v2.1-json-patch"

static struct image *own_image(struct call *call)
{
	struct image *i = image_of(call);

	if (!i || !image_is_base(i))
		return i;
	call_fail(call, 403, "You are not permitted to modify this image.");
	return NULL;
}

static void delete (struct call *call)
{
	struct image *i = own_image(call);

	if (!i)
		return;
	if (i->is_protected) {
		call_fail(call, 403,
			"Image %s is protected and cannot be deleted.", i->id);
		return;
	}
	image_delete(call->cloud, i);
	call_reply(call, 204, NULL);
}

/* One operation of a patch; false when it has answered with an error. */
struct operation {
	const char *kind, *name;
	const cJSON *value;
};

static bool set_name(
	struct call *call, struct image *i, const struct operation *o)
{
	if (!cJSON_IsString(o->value) || strlen(o->value->valuestring) > 255)
		return call_fail(call, 400, "Invalid value for name");
	record_set_text(&i->name, o->value->valuestring);
	return true;
}

static bool set_number(
	struct call *call, int64_t *field, const struct operation *o)
{
	int64_t number;

	if (!json_is_int(o->value, &number) || number < 0)
		return call_fail(call, 400, "Invalid value for %s", o->name);
	*field = number;
	return true;
}

static bool set_property(
	struct call *call, struct image *i, const struct operation *o)
{
	if (streq(o->kind, "remove")) {
		if (!json_member(i->metadata, o->name))
			return call_fail(call, 409,
				"Property %s does not exist.", o->name);
		json_remove(i->metadata, o->name);
		return true;
	}
	if (!cJSON_IsString(o->value))
		return call_fail(call, 400, "Invalid value for %s", o->name);
	json_set(i->metadata, o->name, json_copy(o->value));
	return true;
}

static bool is_read_only(const char *name)
{
	static const char *const names[] = { "id", "status", "size", "owner",
		"checksum", "created_at", "updated_at", "self", "file",
		"schema", "visibility", "disk_format", "container_format",
		"instance_uuid" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (streq(names[i], name))
			return true;
	return str_starts(name, "com.rackspace");
}

static bool apply(struct call *call, struct image *i, const struct operation *o)
{
	if (is_read_only(o->name))
		return call_fail(
			call, 403, "Attribute '%s' is read-only.", o->name);
	if (streq(o->name, "name"))
		return set_name(call, i, o);
	if (streq(o->name, "min_disk"))
		return set_number(call, &i->min_disk, o);
	if (streq(o->name, "min_ram"))
		return set_number(call, &i->min_ram, o);
	if (streq(o->name, "protected")) {
		if (!cJSON_IsBool(o->value))
			return call_fail(call, 400, "Invalid value");
		i->is_protected = cJSON_IsTrue(o->value);
		return true;
	}
	return set_property(call, i, o);
}

static bool read_operation(
	struct call *call, const cJSON *given, struct operation *o)
{
	const char *path = json_str(given, "path");

	o->kind = json_str(given, "op");
	o->value = json_member(given, "value");
	if (!streq(o->kind, "add") && !streq(o->kind, "replace") &&
		!streq(o->kind, "remove"))
		return call_fail(call, 400,
			"Unable to find 'op' in JSON "
			"Schema change");
	if (!path || *path != '/' || !path[1] || strchr(path + 1, '/'))
		return call_fail(call, 400, "Malformed path");
	if (!o->value && !streq(o->kind, "remove"))
		return call_fail(call, 400, "Operation needs a value.");
	o->name = path + 1;
	return true;
}

static void patch(struct call *call)
{
	struct image *i;
	struct operation o = { 0 };

	if (!call->content_type || !streq(call->content_type, PATCH_TYPE)) {
		call_fail(call, 415, "Unsupported Content-Type");
		return;
	}
	i = own_image(call);
	if (!i)
		return;
	if (!cJSON_IsArray(call->body)) {
		call_fail(call, 400,
			"Request body must be a JSON array of "
			"operation objects.");
		return;
	}
	json_each (given, call->body) {
		if (!read_operation(call, given, &o) || !apply(call, i, &o))
			return;
	}
	i->updated = call->now;
	call_reply(call, 200, image_v2_show(call, i));
}

static int tag_index(const struct image *i, const char *tag)
{
	int index = 0;

	json_each (item, i->tags) {
		if (streq(item->valuestring, tag))
			return index;
		index++;
	}
	return -1;
}

static void put_tag(struct call *call)
{
	struct image *i = own_image(call);
	const char *tag = call_param(call, "tag");

	if (!i)
		return;
	if (!i->tags)
		i->tags = cJSON_CreateArray();
	if (tag_index(i, tag) < 0)
		json_append(i->tags, json_new_str(tag));
	call_reply(call, 204, NULL);
}

static void delete_tag(struct call *call)
{
	struct image *i = own_image(call);
	int index = i ? tag_index(i, call_param(call, "tag")) : -1;

	if (!i)
		return;
	if (index < 0) {
		call_fail(call, 404, "Tag not found");
		return;
	}
	cJSON_DeleteItemFromArray(i->tags, index);
	call_reply(call, 204, NULL);
}

const struct route image_v2_write_routes[] = {
	{ "DELETE", "/images/{id}", delete },
	{ "PATCH", "/images/{id}", patch },
	{ "PUT", "/images/{id}/tags/{tag}", put_tag },
	{ "DELETE", "/images/{id}/tags/{tag}", delete_tag },
	ROUTE_END,
};
