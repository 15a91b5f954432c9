/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/link.h"

const char *link_self(const struct call *call, const char *kind, const char *id)
{
	return pool_printf(call->pool, "%s/%s/%s", call->url, kind, id);
}

static cJSON *link_new(const char *rel, const char *root, const char *tenant,
	const char *kind, const char *id)
{
	char *href = mem_printf("%s%s%s/%s/%s", root, tenant ? "/" : "",
		tenant ? tenant : "", kind, id);
	cJSON *link = json_object(JSON_STR("rel", rel), JSON_STR("href", href));

	mem_free(href);
	return link;
}

cJSON *link_list(const struct call *call, const char *kind, const char *id)
{
	cJSON *list = cJSON_CreateArray();

	json_append(list, link_new("self", call->url, NULL, kind, id));
	json_append(list, link_new("bookmark", call->cloud->url,
				  call->place->tenant, kind, id));
	return list;
}
