/* SPDX-License-Identifier: Apache-2.0 */
#include "common/network.h"

#include <strings.h>

#include "common/str.h"

/* The provider's two, which every region has. */
static const struct {
	const char *label, *id;
} well_known[] = {
	{ "public", "00000000-0000-0000-0000-000000000000" },
	{ "private", "11111111-1111-1111-1111-111111111111" },
};

static cJSON *entry(const char *id, const char *label)
{
	return json_object(JSON_STR("uuid", id), JSON_STR("label", label));
}

static cJSON *find_well_known(const char *given)
{
	for (size_t i = 0; i < sizeof(well_known) / sizeof(*well_known); i++)
		if (!strcasecmp(given, well_known[i].label) ||
			streq(given, well_known[i].id))
			return entry(well_known[i].id, well_known[i].label);
	return NULL;
}

static int find_by_label(struct task *t, const char *label, const cJSON **known,
	cJSON **found, struct err *e)
{
	const cJSON *match = NULL;
	cJSON *list;
	int count = 0;

	if (!*known) {
		if (cloud_list(t->cloud, CLOUD_COMPUTE, "/os-networksv2",
			    "networks", "listing networks", &list, e) < 0)
			return -1;
		*known = list;
	}
	json_each (network, *known) {
		if (json_str(network, "id") &&
			streq(json_str(network, "label"), label)) {
			match = network;
			count++;
		}
	}
	if (count == 0)
		return err_set(
			e, ERR_ABSENT, "No matching network found (%s)", label);
	if (count > 1)
		return err_set(e, ERR_OTHER,
			"No matching network found (%s): %d networks have this "
			"label%s, give the id of one",
			label, count, cloud_where(t->cloud));
	*found = entry(json_str(match, "id"), label);
	return 0;
}

/* The id stands for the label of one that is not shown: whether it can be used,
 * the create will say. */
static int find_by_id(
	struct task *t, const char *id, cJSON **found, struct err *e)
{
	const cJSON *reply = NULL;
	const char *label = NULL;

	if (cloud_get(t->cloud, CLOUD_COMPUTE,
		    pool_printf(t->pool, "/os-networksv2/%s", id),
		    pool_printf(t->pool, "reading network %s", id), &reply,
		    e) == 0)
		label = json_str(reply, "network.label");
	else if (e->code != ERR_ABSENT)
		return -1;
	*found = entry(id, label ? label : id);
	return 0;
}

int network_find_all(struct task *t, const cJSON *given, const cJSON **networks,
	struct err *e)
{
	cJSON *list = pool_keep(t->pool, cJSON_CreateArray());
	const cJSON *known = NULL;

	json_each (item, given) {
		const char *name = json_scalar_text(item);
		cJSON *found = name ? find_well_known(name) : NULL;

		if (!name)
			return err_set(e, ERR_OTHER,
				"networks: each must be an id or a label");
		if (!found &&
			(str_is_uuid(name) ? find_by_id(t, name, &found, e)
					   : find_by_label(t, name, &known,
						     &found, e)) < 0)
			return -1;
		json_append(list, found);
	}
	*networks = list;
	return 0;
}
