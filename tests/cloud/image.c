/* SPDX-License-Identifier: Apache-2.0 */
/* The store of images. */
#include "tests/cloud/image.h"

#include <math.h>

#include <string.h>

#include "common/str.h"
#include "tests/cloud/fault.h"
#include "tests/cloud/machine.h"
#include "tests/cloud/record.h"

#define FIELD(name) RECORD_FIELD(struct image, name)

static const struct record_field fields[] = { FIELD(tenant), FIELD(id),
	FIELD(name), FIELD(status), FIELD(server), FIELD(metadata), FIELD(tags),
	FIELD(created), FIELD(updated), FIELD(listed), FIELD(began), FIELD(due),
	FIELD(min_disk), FIELD(min_ram), FIELD(size), FIELD(is_protected),
	FIELD(hidden), FIELD(vanish), FIELD(settled), FIELD(doom), FIELD(fault),
	RECORD_LAST };

static int start(struct cloud *cloud, struct err *e)
{
	(void)e;
	cloud->images = mem_new(sizeof(*cloud->images));
	image_add_first(cloud);
	return 0;
}

static void drop_all(struct images *images)
{
	struct image *next;

	for (struct image *i = images->first; i; i = next) {
		next = i->next;
		record_clear(fields, i);
		mem_free(i);
	}
	images->first = NULL;
}

static void stop(struct cloud *cloud)
{
	if (!cloud->images)
		return;
	drop_all(cloud->images);
	mem_free(cloud->images);
	cloud->images = NULL;
}

bool image_is_base(const struct image *image)
{
	return !image->tenant;
}

bool image_is_plain(const struct image *image)
{
	return strstr(image->name, "(no cloud-init)") != NULL;
}

bool image_server_copies(const struct cloud *cloud, const char *server)
{
	for (const struct image *i = cloud->images->first; i; i = i->next)
		if (i->copying && streq(i->server, server))
			return true;
	return false;
}

static bool is_gone(const struct image *image)
{
	return streq(image->status, "DELETED");
}

bool image_is_seen(const struct image *image, const struct place *place)
{
	return image->region == place->region && !is_gone(image) &&
	       (!image->tenant || streq(image->tenant, place->tenant));
}

struct image *image_find(
	struct cloud *cloud, const struct place *place, const char *id)
{
	struct image *i = cloud->images->first;

	while (i && !(image_is_seen(i, place) && streq(i->id, id)))
		i = i->next;
	return i;
}

struct image *image_look_up(
	struct cloud *cloud, const struct place *place, const char *text)
{
	struct image *found = image_find(cloud, place, text);
	int named = 0;

	for (struct image *i = cloud->images->first; i && !found; i = i->next)
		named += image_is_seen(i, place) && streq(i->name, text);
	for (struct image *i = cloud->images->first; i && named == 1;
		i = i->next)
		if (image_is_seen(i, place) && streq(i->name, text))
			return i;
	return found;
}

struct image *image_of(struct call *call)
{
	struct image *i =
		image_find(call->cloud, call->place, call_param(call, "id"));

	if (!i)
		call_fail(call, 404, "Image not found.");
	return i;
}

static void drop_files(struct cloud *cloud, struct image *image)
{
	if (image->has_files)
		machines_order(
			cloud->machines, json_object(JSON_STR("do", "drop"),
						 JSON_STR("image", image->id)));
	image->has_files = image->copying = false;
}

void image_delete(struct cloud *cloud, struct image *image)
{
	record_set_text(&image->status, "DELETED");
	image->due = 0;
	image->updated = cloud_now(cloud);
	drop_files(cloud, image);
}

static void apply_fault(struct cloud *cloud, struct image *image)
{
	const cJSON *fault = faults_thing(cloud->faults, "image", image->name);

	record_set_text(&image->doom, json_str(fault, "fault"));
	image->vanish = json_bool(fault, "vanish");
	if (json_bool(fault, "stuck"))
		image->due = 0;
}

/* What the server's image has comes along, as in Nova. */
static cJSON *snapshot_metadata(const cJSON *given, const struct image *base)
{
	cJSON *all = base && base->metadata ? json_copy(base->metadata)
					    : cJSON_CreateObject();

	json_set_str(all, "image_type", "snapshot");
	json_set_str(all, "os_type", "linux");
	json_set_str(all, "auto_disk_config", "True");
	json_set_str(all, "flavor_classes", "*,!onmetal");
	if (base)
		json_set_str(all, "base_image_ref", base->id);
	json_each (item, given) {
		json_set(all, item->string, json_copy(item));
	}
	return all;
}

struct image *image_snapshot(struct cloud *cloud, struct place *place,
	const char *name, const cJSON *metadata, const char *server,
	const struct image *base)
{
	struct image *i = mem_new(sizeof(*i));
	double now = cloud_now(cloud);

	i->region = place->region;
	i->tenant = mem_copy(place->tenant);
	i->id = cloud_uuid();
	i->name = mem_copy(name);
	i->status = mem_copy("SAVING");
	i->server = mem_copy(server);
	i->metadata = snapshot_metadata(metadata, base);
	i->created = i->updated = i->began = now;
	i->listed = now + cloud->settings.list_lag;
	i->due = now + cloud->settings.image_time;
	i->min_disk = base ? base->min_disk : 20;
	i->min_ram = base ? base->min_ram : 512;
	apply_fault(cloud, i);
	i->next = cloud->images->first;
	cloud->images->first = i;
	return i;
}

void image_server_idle(struct cloud *cloud, const char *server)
{
	for (struct image *i = cloud->images->first; i; i = i->next)
		if (streq(i->server, server))
			i->settled = true;
}

void image_server_gone(struct cloud *cloud, const char *server)
{
	for (struct image *i = cloud->images->first; i; i = i->next)
		if (streq(i->server, server) && !i->settled && !is_gone(i))
			image_delete(cloud, i);
}

int image_progress(const struct image *i, double now)
{
	double all = i->due - i->began;

	if (!streq(i->status, "SAVING"))
		return streq(i->status, "ACTIVE") ? 100 : 0;
	if (!(i->due > now && all > 0))
		return 25;
	return (int)(99 * (now - i->began) / all);
}

static void finish(struct cloud *cloud, struct image *i)
{
	i->updated = i->due;
	i->due = 0;
	if (i->vanish) {
		record_set_text(&i->status, "DELETED");
		drop_files(cloud, i);
	} else if (i->doom) {
		record_set_text(&i->status, "ERROR");
		record_set_tree(
			&i->fault, json_object(JSON_INT("code", 500),
					   JSON_STR("message", i->doom)));
	} else {
		record_set_text(&i->status, "ACTIVE");
		i->size = 1905244160;
	}
}

static double advance(struct cloud *cloud, double now)
{
	double due = INFINITY;

	for (struct image *i = cloud->images->first; i; i = i->next) {
		if (i->due <= 0 || (i->due <= now && i->copying))
			continue;
		if (i->due <= now)
			finish(cloud, i);
		else
			due = cloud_sooner(due, i->due);
	}
	return due;
}

static cJSON *show(struct cloud *cloud, const char *region)
{
	cJSON *list = cJSON_CreateArray();

	for (struct image *i = cloud->images->first; i; i = i->next) {
		if (i->region != region || is_gone(i))
			continue;
		json_append(list, json_object(JSON_STR("id", i->id),
					  JSON_STR("name", i->name),
					  JSON_STR("status", i->status),
					  JSON_STR("tenant", i->tenant),
					  JSON_STR("server", i->server),
					  JSON_COPY("metadata", i->metadata)));
	}
	return list;
}

static cJSON *save(struct cloud *cloud)
{
	cJSON *list = cJSON_CreateArray();

	for (struct image *i = cloud->images->first; i; i = i->next) {
		cJSON *tree = record_save(fields, i);

		json_set_str(tree, "region", i->region);
		json_append(list, tree);
	}
	return list;
}

static int load(struct cloud *cloud, const cJSON *saved, struct err *e)
{
	struct image **end = &cloud->images->first;

	drop_all(cloud->images);
	json_each (item, saved) {
		struct image *i = mem_new(sizeof(*i));

		*end = i;
		end = &i->next;
		i->region = cloud_region(json_str(item, "region"));
		if (record_load(fields, i, item, e) < 0)
			return -1;
		if (!i->region || !i->id || !i->name || !i->status)
			return err_set(e, ERR_OTHER, "an image is incomplete");
	}
	return 0;
}

const struct part image_part = {
	.name = "images",
	.controls = image_controls,
	.start = start,
	.stop = stop,
	.advance = advance,
	.show = show,
	.save = save,
	.load = load,
};
