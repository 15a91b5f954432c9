/* SPDX-License-Identifier: Apache-2.0 */
/* The images that are there at the start, and those that are put there. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "tests/cloud/image.h"
#include "tests/cloud/record.h"
#include "tests/cloud/shape.h"

#define EVERYWHERE NULL

static const struct {
	const char *name, *region;
	int64_t min_disk, min_ram;
} first[] = {
	{ "Ubuntu 22.04 LTS (Jammy Jellyfish)", EVERYWHERE, 20, 512 },
	{ "Ubuntu 20.04 LTS (Focal Fossa)", EVERYWHERE, 20, 512 },
	{ "Debian 12 (Bookworm)", EVERYWHERE, 20, 512 },
	{ "CentOS Stream 9", EVERYWHERE, 20, 512 },
	{ "Windows Server 2022", EVERYWHERE, 40, 1024 },
	{ "CentOS 6 (no cloud-init)", EVERYWHERE, 20, 512 },
	/* of one name, as when the provider replaces one */
	{ "Fedora 39 (Cloud)", "IAD", 20, 512 },
	{ "Fedora 39 (Cloud)", "IAD", 20, 512 },
};

#define N_FIRST (sizeof(first) / sizeof(*first))

static struct image *add(struct cloud *cloud, const char *region,
	const char *id, const char *name)
{
	struct image *i = mem_new(sizeof(*i));

	i->region = region;
	i->id = id ? mem_copy(id) : cloud_uuid();
	i->name = mem_copy(name);
	i->status = mem_copy("ACTIVE");
	i->created = i->updated = cloud_now(cloud);
	i->min_disk = 20;
	i->min_ram = 512;
	i->size = 758777106;
	i->metadata = json_object(JSON_STR("image_type", "base"),
		JSON_STR("os_type",
			str_starts(name, "Windows") ? "windows" : "linux"),
		JSON_STR("auto_disk_config", "True"),
		JSON_STR("flavor_classes", "*,!onmetal"));
	i->next = cloud->images->first;
	cloud->images->first = i;
	return i;
}

/* Their ids are the same in each run, so that a playbook may name them. */
static void add_first(struct cloud *cloud, size_t row, int region)
{
	char *id = mem_printf(
		"1a2b3c4d-0000-4000-8000-00000000%d%03zu", region, row + 1);
	struct image *i =
		add(cloud, cloud_regions[region], id, first[row].name);

	mem_free(id);
	i->min_disk = first[row].min_disk;
	i->min_ram = first[row].min_ram;
}

void image_add_first(struct cloud *cloud)
{
	for (int r = 0; cloud_regions[r]; r++)
		for (size_t row = N_FIRST; row-- > 0;)
			if (!first[row].region ||
				streq(first[row].region, cloud_regions[r]))
				add_first(cloud, row, r);
}

static const struct shape new_shape[] = { { "name", SHAPE_TEXT },
	{ "id", SHAPE_TEXT }, { "region", SHAPE_TEXT },
	{ "tenant", SHAPE_TEXT }, { "metadata", SHAPE_TEXTS },
	{ "build", SHAPE_TEXT }, { "min_disk", SHAPE_COUNT },
	{ "min_ram", SHAPE_COUNT }, { "hidden", SHAPE_BOOL },
	{ "protected", SHAPE_BOOL }, { "status", SHAPE_TEXT }, SHAPE_END };

static const struct shape change_shape[] = { { "name", SHAPE_TEXT },
	{ "id", SHAPE_TEXT }, { "region", SHAPE_TEXT },
	{ "metadata", SHAPE_TEXTS }, { "hidden", SHAPE_BOOL },
	{ "protected", SHAPE_BOOL }, { "status", SHAPE_TEXT }, SHAPE_END };

static bool is_status(const char *status)
{
	static const char *const all[] = { "SAVING", "ACTIVE", "ERROR",
		"DELETED" };

	for (size_t i = 0; status && i < sizeof(all) / sizeof(*all); i++)
		if (streq(all[i], status))
			return true;
	return !status;
}

static int check(const cJSON *given, const struct shape *shape, struct err *e)
{
	const char *region = json_str(given, "region");

	if (shape_check(given, shape, e) < 0)
		return -1;
	if (region && !cloud_region(region))
		return err_set(e, ERR_OTHER, "no region '%.50s'", region);
	if (!is_status(json_str(given, "status")))
		return err_set(e, ERR_OTHER,
			"status is not SAVING, ACTIVE, ERROR or DELETED");
	return 0;
}

static void change(struct image *i, const cJSON *given)
{
	json_each (item, json_member(given, "metadata")) {
		json_set(i->metadata, item->string, json_copy(item));
	}
	if (json_member(given, "hidden"))
		i->hidden = json_bool(given, "hidden");
	if (json_member(given, "protected"))
		i->is_protected = json_bool(given, "protected");
	if (json_member(given, "status")) {
		record_set_text(&i->status, json_str(given, "status"));
		i->due = 0;
	}
}

static void add_given(
	struct cloud *cloud, const char *region, const cJSON *given)
{
	struct image *i = add(
		cloud, region, json_str(given, "id"), json_str(given, "name"));

	record_set_text(&i->tenant, json_str(given, "tenant"));
	if (i->tenant)
		json_set_str(i->metadata, "image_type", "snapshot");
	if (json_member(given, "build"))
		json_set_str(
			i->metadata, "build_key", json_str(given, "build"));
	i->min_disk = json_int(given, "min_disk", i->min_disk);
	i->min_ram = json_int(given, "min_ram", i->min_ram);
	change(i, given);
}

/* Without a region it comes to all of them. */
static int add_images(struct cloud *cloud, const cJSON *value, struct err *e)
{
	if (!cJSON_IsArray(value))
		return err_set(e, ERR_OTHER, "not a list");
	json_each (given, value) {
		if (check(given, new_shape, e) < 0)
			return -1;
		if (!json_str(given, "name"))
			return err_set(e, ERR_OTHER, "an image has no name");
	}
	json_each (given, value) {
		const char *only = cloud_region(json_str(given, "region"));

		for (const char *const *r = cloud_regions; *r; r++)
			if (!only || only == *r)
				add_given(cloud, *r, given);
	}
	return 0;
}

static bool is_meant(const struct image *i, const cJSON *given)
{
	const char *region = cloud_region(json_str(given, "region"));
	const char *id = json_str(given, "id");
	const char *name = json_str(given, "name");

	return (id || name) && (!region || region == i->region) &&
	       (!id || streq(id, i->id)) && (!name || streq(name, i->name));
}

static int change_images(struct cloud *cloud, const cJSON *value, struct err *e)
{
	bool found = false;

	if (check(value, change_shape, e) < 0)
		return -1;
	for (struct image *i = cloud->images->first; i; i = i->next) {
		if (!is_meant(i, value))
			continue;
		change(i, value);
		found = true;
	}
	return found ? 0 : err_set(e, ERR_OTHER, "there is no such image");
}

const struct control image_controls[] = {
	{ "images", add_images,
		"[{name, id?, region?, tenant?, metadata?, build?, ...}]: adds" },
	{ "image", change_images,
		"{id or name, region?, status?, metadata?, hidden?, ...}" },
	CONTROL_END,
};
