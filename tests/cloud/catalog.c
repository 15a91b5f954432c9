/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/catalog.h"

#include <ctype.h>

/* Nobody answers at these; a client that picks them is wrong. */
static cJSON *endpoint(const struct cloud *cloud, const char *path,
	const char *tenant, const char *version)
{
	char *url = mem_printf("%s/%s/%s", cloud->url, path, tenant);
	cJSON *e = json_object(JSON_STR("tenantId", tenant),
		JSON_STR("publicURL", url), JSON_STR("versionId", version));

	mem_free(url);
	return e;
}

static cJSON *entry(const char *name, const char *type, cJSON *endpoints)
{
	return json_object(JSON_STR("name", name), JSON_STR("type", type),
		JSON_TAKE("endpoints", endpoints));
}

static cJSON *list_of(cJSON *item)
{
	cJSON *list = cJSON_CreateArray();

	json_append(list, item);
	return list;
}

/* One endpoint in each region; inside the data centre it has another name. */
static cJSON *files(const struct cloud *cloud, const char *tenant)
{
	cJSON *list = cJSON_CreateArray();

	for (const char *const *r = cloud_regions; *r; r++) {
		cJSON *e = endpoint(cloud, "files/v1", tenant, NULL);

		json_set_str(e, "region", *r);
		json_set_str(e, "internalURL", "http://snet-files.invalid/v1");
		json_append(list, e);
	}
	return entry("cloudFiles", "object-store", list);
}

static cJSON *service_entry(const struct cloud *cloud,
	const struct service *service, const char *tenant, struct pool *pool)
{
	cJSON *list = cJSON_CreateArray();

	for (const char *const *r = cloud_regions; *r; r++)
		json_append(list, json_object(JSON_STR("region", *r),
					  JSON_STR("tenantId", tenant),
					  JSON_STR("publicURL",
						  service_url(cloud, service,
							  *r, tenant, pool))));
	return entry(service->catalog_name, service->type, list);
}

cJSON *catalog_new(const struct cloud *cloud, const struct account *account,
	bool files_only, struct pool *pool)
{
	const char *tenant = account->tenant;
	cJSON *all = cJSON_CreateArray();

	json_append(all,
		files(cloud, pool_printf(pool, CATALOG_FILES_TENANT, tenant)));
	if (files_only)
		return all;
	json_append(
		all, entry("cloudServers", "compute",
			     list_of(endpoint(cloud, "first-generation/v1.0",
				     tenant, "1.0"))));
	for (const struct service *const *s = services; *s; s++)
		json_append(all, service_entry(cloud, *s, tenant, pool));
	json_append(all,
		entry("cloudDNS", "rax:dns",
			list_of(endpoint(cloud, "dns/v1.0", tenant, NULL))));
	return all;
}
