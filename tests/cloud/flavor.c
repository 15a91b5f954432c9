/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/flavor.h"

#include "common/str.h"
#include "tests/cloud/link.h"
#include "tests/cloud/page.h"

static const struct flavor flavors[] = {
	{ "2", "512MB Standard Instance", 512, 20, 1, 512, 0, 80, "standard1" },
	{ "3", "1GB Standard Instance", 1024, 40, 1, 1024, 0, 120,
		"standard1" },
	{ "4", "2GB Standard Instance", 2048, 80, 2, 2048, 0, 240,
		"standard1" },
	{ "5", "4GB Standard Instance", 4096, 160, 2, 2048, 0, 400,
		"standard1" },
	{ "compute1-15", "15 GB Compute v1", 15360, 0, 8, 0, 0, 1250,
		"compute1" },
	{ "compute1-4", "3.75 GB Compute v1", 3840, 0, 2, 0, 0, 312.5,
		"compute1" },
	{ "general1-1", "1 GB General Purpose v1", 1024, 20, 1, 0, 0, 200,
		"general1" },
	{ "general1-2", "2 GB General Purpose v1", 2048, 40, 2, 0, 0, 400,
		"general1" },
	{ "general1-4", "4 GB General Purpose v1", 4096, 80, 4, 0, 0, 800,
		"general1" },
	{ "general1-8", "8 GB General Purpose v1", 8192, 160, 8, 0, 0, 1600,
		"general1" },
	{ "io1-15", "15 GB I/O v1", 15360, 40, 4, 0, 150, 1250, "io1" },
	{ "memory1-15", "15 GB Memory v1", 15360, 0, 2, 0, 0, 625, "memory1" },
	{ "memory1-30", "30 GB Memory v1", 30720, 0, 4, 0, 0, 1250, "memory1" },
	{ "onmetal-general2-small", "OnMetal General Purpose Small v2", 32768,
		800, 12, 0, 0, 10000, "onmetal" },
	{ "performance1-1", "1 GB Performance", 1024, 20, 1, 0, 0, 200,
		"performance1" },
	{ "performance1-2", "2 GB Performance", 2048, 40, 2, 0, 20, 400,
		"performance1" },
};

#define N_FLAVORS (sizeof(flavors) / sizeof(*flavors))

const struct flavor *flavor_find(const char *id)
{
	for (size_t i = 0; i < N_FLAVORS; i++)
		if (streq(flavors[i].id, id))
			return &flavors[i];
	return NULL;
}

bool flavor_needs_volume(const struct flavor *flavor)
{
	return flavor->disk == 0;
}

bool flavor_refuses_volume(const struct flavor *flavor)
{
	return streq(flavor->class, "standard1") ||
	       streq(flavor->class, "onmetal");
}

static cJSON *summary(const struct call *call, const struct flavor *f)
{
	return json_object(JSON_STR("id", f->id), JSON_STR("name", f->name),
		JSON_TAKE("links", link_list(call, "flavors", f->id)));
}

static cJSON *swap_of(const struct flavor *f)
{
	return f->swap ? json_new_int(f->swap) : json_new_str("");
}

static cJSON *details(const struct call *call, const struct flavor *f)
{
	cJSON *tree = summary(call, f);
	cJSON *specs = json_object(JSON_STR("class", f->class),
		JSON_STR("disk_io_index", f->disk > 100 ? "80" : "40"),
		JSON_STR("number_of_data_disks", f->ephemeral ? "1" : "0"));

	json_set(tree, "ram", json_new_int(f->ram));
	json_set(tree, "disk", json_new_int(f->disk));
	json_set(tree, "vcpus", json_new_int(f->vcpus));
	json_set(tree, "swap", swap_of(f));
	json_set(tree, "rxtx_factor", json_new_double(f->rxtx));
	json_set(tree, "OS-FLV-EXT-DATA:ephemeral", json_new_int(f->ephemeral));
	json_set(tree, "OS-FLV-WITH-EXT-SPECS:extra_specs", specs);
	return tree;
}

static int64_t least(const struct call *call, const char *name)
{
	const char *text = call_query(call, name);
	int64_t number;

	return text && str_int(text, &number) ? number : 0;
}

static void list_flavors(struct call *call,
	cJSON *(*show)(const struct call *, const struct flavor *))
{
	struct page page;

	if (!page_begin(&page, call, (size_t)call->cloud->settings.page))
		return;
	for (const struct flavor *f = flavors; f < flavors + N_FLAVORS; f++) {
		if (!page_past(&page, f->id) ||
			f->ram < least(call, "minRam") ||
			f->disk < least(call, "minDisk"))
			continue;
		if (page_take(&page, f->id))
			json_append(page.list, show(call, f));
	}
	page_reply(&page, call, "flavors");
}

static void list_summaries(struct call *call)
{
	list_flavors(call, summary);
}

static void list_details(struct call *call)
{
	list_flavors(call, details);
}

static void get(struct call *call)
{
	const struct flavor *f = flavor_find(call_param(call, "id"));

	if (f)
		call_reply(call, 200,
			json_object(JSON_TAKE("flavor", details(call, f))));
	else
		call_fail(call, 404, "The resource could not be found.");
}

const struct route flavor_routes[] = {
	{ "GET", "/flavors", list_summaries },
	{ "GET", "/flavors/detail", list_details },
	{ "GET", "/flavors/{id}", get },
	ROUTE_END,
};
