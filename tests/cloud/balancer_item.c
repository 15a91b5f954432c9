/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of objects that have an id: virtual IPs, metadata, access lists. */
#include "tests/cloud/balancer_store.h"

cJSON *balancer_find_item(const cJSON *list, int64_t id)
{
	json_each (item, list) {
		if (json_int(item, "id", -1) == id)
			return item;
	}
	return NULL;
}

void balancer_add_items(struct cloud *cloud, cJSON **list, const cJSON *items,
	const char *const *members)
{
	json_each (item, items) {
		cJSON *kept =
			json_object(JSON_INT("id", balancer_new_id(cloud)));

		for (const char *const *m = members; *m; m++)
			json_set_str(kept, *m, json_str(item, *m));
		if (!*list)
			*list = cJSON_CreateArray();
		json_append(*list, kept);
	}
}

cJSON *balancer_take_item(cJSON **list, int64_t id)
{
	cJSON *item = balancer_find_item(*list, id);

	if (item)
		cJSON_DetachItemViaPointer(*list, item);
	if (*list && !(*list)->child) {
		cJSON_Delete(*list);
		*list = NULL;
	}
	return item;
}
