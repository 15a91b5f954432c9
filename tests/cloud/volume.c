/* SPDX-License-Identifier: Apache-2.0 */
/* The store of volumes. */
#include "tests/cloud/volume.h"

#include <math.h>

#include "common/str.h"
#include "tests/cloud/record.h"

struct volumes {
	struct volume *first;
};

#define FIELD(name) RECORD_FIELD(struct volume, name)

static const struct record_field fields[] = { FIELD(id), FIELD(name),
	FIELD(description), FIELD(type), FIELD(image), FIELD(image_name),
	FIELD(snapshot), FIELD(size), FIELD(metadata), FIELD(status),
	FIELD(end), FIELD(server), FIELD(device), FIELD(dies), FIELD(created),
	FIELD(due), RECORD_LAST };

static int start(struct cloud *cloud, struct err *e)
{
	(void)e;
	cloud->volumes = mem_new(sizeof(*cloud->volumes));
	return 0;
}

static void drop(struct volume **at)
{
	struct volume *v = *at;

	*at = v->next;
	record_clear(fields, v);
	mem_free(v);
}

static void stop(struct cloud *cloud)
{
	if (!cloud->volumes)
		return;
	while (cloud->volumes->first)
		drop(&cloud->volumes->first);
	mem_free(cloud->volumes);
	cloud->volumes = NULL;
}

static struct volume *add(struct cloud *cloud, struct place *place)
{
	struct volume *v = mem_new(sizeof(*v));
	struct volume **end = &cloud->volumes->first;

	while (*end)
		end = &(*end)->next;
	*end = v;
	v->place = place;
	return v;
}

struct volume *volume_first(struct cloud *cloud)
{
	return cloud->volumes->first;
}

struct volume *volume_next(struct volume *volume)
{
	return volume->next;
}

struct volume *volume_find(
	struct cloud *cloud, const struct place *place, const char *id)
{
	struct volume *v = cloud->volumes->first;

	while (v && !(v->place == place && streq(v->id, id)))
		v = v->next;
	return v;
}

struct volume *volume_add(struct cloud *cloud, struct place *place,
	int64_t size, const struct image *image)
{
	struct volume *v = add(cloud, place);

	v->id = cloud_uuid();
	v->size = size;
	v->type = mem_copy("SATA");
	v->metadata = cJSON_CreateObject();
	v->created = cloud_now(cloud);
	record_set_text(&v->image, image ? image->id : NULL);
	record_set_text(&v->image_name, image ? image->name : NULL);
	volume_change(cloud, v, "creating", "available");
	return v;
}

void volume_change(struct cloud *cloud, struct volume *volume,
	const char *status, const char *end)
{
	record_set_text(&volume->status, status);
	record_set_text(&volume->end, end);
	volume->due = cloud_now(cloud) + cloud->settings.volume_time;
	cloud_changed(cloud);
}

void volume_attach(
	struct volume *volume, const char *server, const char *device)
{
	record_set_text(&volume->server, server);
	record_set_text(&volume->device, device);
	record_set_text(&volume->status, "in-use");
	volume->due = 0;
}

void volume_server_gone(struct cloud *cloud, const char *server)
{
	for (struct volume *v = cloud->volumes->first; v; v = v->next) {
		if (!streq(v->server, server))
			continue;
		record_set_text(&v->server, NULL);
		record_set_text(&v->device, NULL);
		if (v->dies)
			volume_change(cloud, v, "deleting", NULL);
		else
			record_set_text(&v->status, "available");
	}
}

static double advance(struct cloud *cloud, double now)
{
	struct volume **at = &cloud->volumes->first;
	double due = INFINITY;

	while (*at) {
		struct volume *v = *at;

		if (v->due > now) {
			due = cloud_sooner(due, v->due);
		} else if (v->due > 0 && !v->end) {
			drop(at);
			continue;
		} else if (v->due > 0) {
			record_set_text(&v->status, v->end);
			v->due = 0;
		}
		at = &v->next;
	}
	return due;
}

static cJSON *show(struct cloud *cloud, const char *region)
{
	cJSON *list = cJSON_CreateArray();

	for (struct volume *v = cloud->volumes->first; v; v = v->next)
		if (v->place->region == region)
			json_append(
				list, json_object(JSON_STR("id", v->id),
					      JSON_STR("name", v->name),
					      JSON_INT("size", v->size),
					      JSON_STR("status", v->status),
					      JSON_STR("image", v->image),
					      JSON_STR("server", v->server)));
	return list;
}

static cJSON *save(struct cloud *cloud)
{
	cJSON *list = cJSON_CreateArray();

	for (struct volume *v = cloud->volumes->first; v; v = v->next)
		json_append(list,
			cloud_save_place(v->place, record_save(fields, v)));
	return list;
}

static int load(struct cloud *cloud, const cJSON *saved, struct err *e)
{
	json_each (item, saved) {
		struct place *place = cloud_load_place(cloud, item, e);
		struct volume *v = place ? add(cloud, place) : NULL;

		if (!v || record_load(fields, v, item, e) < 0)
			return -1;
		if (!v->id || !v->status)
			return err_set(e, ERR_OTHER, "a volume is incomplete");
	}
	return 0;
}

const struct part volume_part = {
	.name = "volumes",
	.start = start,
	.stop = stop,
	.advance = advance,
	.show = show,
	.save = save,
	.load = load,
};
