/* SPDX-License-Identifier: Apache-2.0 */
/* The cloud's beginning and end, its lock and its places. */
#include "tests/cloud/cloud.h"

#include <string.h>
#include <strings.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/address.h"
#include "tests/cloud/app.h"
#include "tests/cloud/clock.h"
#include "tests/cloud/fault.h"
#include "tests/cloud/log.h"
#include "tests/cloud/rate.h"

const char *const cloud_regions[] = { "DFW", "ORD", "IAD", "LON", "SYD", "HKG",
	NULL };

const char *cloud_region(const char *name)
{
	for (const char *const *r = cloud_regions; name && *r; r++)
		if (strcasecmp(*r, name) == 0)
			return *r;
	return NULL;
}

struct place *cloud_place(
	struct cloud *cloud, const char *region, const char *tenant)
{
	struct place *p;

	for (p = cloud->places; p; p = p->next)
		if (streq(p->region, region) && streq(p->tenant, tenant))
			return p;
	p = mem_new(sizeof(*p));
	p->region = cloud_region(region);
	p->tenant = mem_copy(tenant);
	p->next = cloud->places;
	cloud->places = p;
	return p;
}

cJSON *cloud_save_place(const struct place *place, cJSON *tree)
{
	json_set_str(tree, "region", place->region);
	json_set_str(tree, "tenant", place->tenant);
	return tree;
}

struct place *cloud_load_place(
	struct cloud *cloud, const cJSON *tree, struct err *e)
{
	const char *region = cloud_region(json_str(tree, "region"));
	const char *tenant = json_str(tree, "tenant");

	if (region && tenant)
		return cloud_place(cloud, region, tenant);
	err_set(e, ERR_OTHER, "something without a region and tenant");
	return NULL;
}

void cloud_lock(struct cloud *cloud)
{
	pthread_mutex_lock(&cloud->lock);
}

void cloud_unlock(struct cloud *cloud)
{
	pthread_mutex_unlock(&cloud->lock);
}

static int start_parts(struct cloud *cloud, const cJSON *saved, struct err *e)
{
	for (const struct part *const *p = cloud_parts; *p; p++) {
		const cJSON *own = json_member(saved, (*p)->name);

		if ((*p)->start((cloud), e) < 0)
			return err_add(e, "%s", (*p)->name);
		if (own && !cJSON_IsArray(own) && !cJSON_IsObject(own))
			return err_set(e, ERR_OTHER,
				"state of %s: neither a list nor an object",
				(*p)->name);
		if (own && (*p)->load && (*p)->load(cloud, own, e) < 0)
			return err_add(e, "state of %s", (*p)->name);
	}
	return 0;
}

struct cloud *cloud_new(const struct settings *s, const cJSON *saved,
	struct machines *machines, struct err *e)
{
	struct cloud *cloud = mem_new(sizeof(*cloud));
	int started;

	cloud->settings = *s;
	cloud->machines = machines;
	pthread_mutex_init(&cloud->lock, NULL);
	cloud->log = log_new();
	cloud->faults = faults_new();
	cloud->rates = rates_new();
	cloud->clock = clock_new(cloud, json_get(saved, "clock"));
	cloud->addresses = address_new(e);
	cloud->apps = cloud->addresses ? app_new(e) : NULL;
	cloud_lock(cloud);
	started = cloud->apps ? start_parts(cloud, saved, e) : -1;
	cloud_unlock(cloud);
	if (started < 0) {
		cloud_free(cloud);
		return NULL;
	}
	clock_start(cloud->clock);
	return cloud;
}

static void stop_parts(struct cloud *cloud)
{
	size_t n = 0;

	while (cloud_parts[n])
		n++;
	while (n > 0)
		cloud_parts[--n]->stop(cloud);
}

void cloud_free(struct cloud *cloud)
{
	struct place *next;

	if (!cloud)
		return;
	clock_free(cloud->clock);
	cloud_lock(cloud);
	stop_parts(cloud);
	cloud_unlock(cloud);
	app_free(cloud->apps);
	address_free(cloud->addresses);
	rates_free(cloud->rates);
	faults_free(cloud->faults);
	log_free(cloud->log);
	for (struct place *p = cloud->places; p; p = next) {
		next = p->next;
		mem_free(p->tenant);
		mem_free(p);
	}
	mem_free(cloud->url);
	pthread_mutex_destroy(&cloud->lock);
	mem_free(cloud);
}

cJSON *cloud_save(struct cloud *cloud)
{
	cJSON *all = json_object(
		JSON_TAKE("clock", json_new_double(clock_ahead(cloud->clock))));

	for (const struct part *const *p = cloud_parts; *p; p++)
		if ((*p)->save)
			json_set(all, (*p)->name, (*p)->save(cloud));
	return all;
}
