/* SPDX-License-Identifier: Apache-2.0 */
/* The networks and volumes that a create request names, checked. */
#include <string.h>

#include "common/str.h"
#include "tests/cloud/network.h"
#include "tests/cloud/server.h"
#include "tests/cloud/volume.h"

/* The network rules of managed accounts are refused by a gateway, in plain
 * text. */
static bool refuse(struct call *call, const char *text)
{
	call_text(call, 403, "text/plain", text);
	return false;
}

static bool has_text(const cJSON *list, const char *text)
{
	json_each (item, list) {
		if (streq(cJSON_GetStringValue(item), text))
			return true;
	}
	return false;
}

static bool is_isolated(const char *id)
{
	return !streq(id, NETWORK_PUBLIC) && !streq(id, NETWORK_PRIVATE);
}

static bool keeps_rules(struct call *call, const cJSON *ids)
{
	const cJSON *rules = call->cloud->servers->network_rules;
	int64_t wanted = json_int(rules, "isolated", -1), isolated = 0;

	json_each (item, json_member(rules, "forbidden")) {
		if (has_text(ids, item->valuestring))
			return refuse(call, pool_printf(call->pool,
						    "Networks (%s) not allowed",
						    item->valuestring));
	}
	json_each (item, json_member(rules, "required")) {
		if (!has_text(ids, item->valuestring))
			return refuse(call,
				pool_printf(call->pool,
					"Networks (%s) required but missing",
					item->valuestring));
	}
	json_each (item, ids) {
		isolated += is_isolated(item->valuestring);
	}
	if (wanted < 0 || isolated == wanted)
		return true;
	return refuse(call,
		pool_printf(call->pool,
			"Exactly %lld isolated network(s) must be attached",
			(long long)wanted));
}

static bool add_network(struct call *call, cJSON *ids, const cJSON *item)
{
	const char *id = json_str(item, "uuid");

	if (!id && json_str(item, "port"))
		return call_fail(call, 400, "Port %s could not be found.",
			json_str(item, "port"));
	if (!id)
		return call_fail(call, 400, "Bad networks format");
	if (!network_find(call->cloud, call->place, id))
		return call_fail(
			call, 400, "Network %s could not be found.", id);
	if (has_text(ids, id))
		return call_fail(call, 400,
			"Duplicate networks (%s) are not allowed", id);
	json_append(ids, json_new_str(id));
	return true;
}

bool server_check_networks(
	struct call *call, const cJSON *list, const cJSON **ids)
{
	cJSON *all = pool_keep(call->pool, cJSON_CreateArray());

	if (!list || cJSON_IsNull(list)) {
		json_append(all, json_new_str(NETWORK_PUBLIC));
		json_append(all, json_new_str(NETWORK_PRIVATE));
	} else if (!cJSON_IsArray(list)) {
		return call_fail(call, 400, "Bad networks format");
	}
	json_each (item, list) {
		if (!add_network(call, all, item))
			return false;
	}
	*ids = all;
	return keeps_rules(call, all);
}

static bool is_number(const cJSON *mapping, const char *name, int64_t *number)
{
	const char *text = json_scalar_text(json_member(mapping, name));

	return text && str_int(text, number);
}

static bool check_new_volume(struct call *call, const cJSON *mapping)
{
	int64_t size;

	if (is_number(mapping, "volume_size", &size) && size > 0 &&
		size <= 1024)
		return true;
	return call_fail(call, 400,
		"Block Device Mapping is Invalid: volume_size is required");
}

/* NULL: the call has failed. */
static const struct volume *available_volume(
	struct call *call, const cJSON *mapping)
{
	const char *id = json_str(mapping, "uuid");
	const struct volume *volume =
		id ? volume_find(call->cloud, call->place, id) : NULL;

	if (!volume)
		call_fail(call, 400,
			"Block Device Mapping is Invalid: failed to get "
			"volume %s.",
			id ? id : "None");
	else if (!streq(volume->status, "available"))
		call_fail(call, 400,
			"Block Device Mapping is Invalid: volume %s is not "
			"available.",
			id);
	else
		return volume;
	return NULL;
}

static bool is_boot(const cJSON *mapping)
{
	int64_t index;

	return is_number(mapping, "boot_index", &index) && index == 0;
}

static bool check_bootable(struct call *call, struct server_wish *wish,
	const struct volume *volume)
{
	if (!volume->image)
		return call_fail(call, 400,
			"Block Device Mapping is Invalid: volume %s is not "
			"bootable.",
			volume->id);
	wish->volume_image =
		image_find(call->cloud, call->place, volume->image);
	return true;
}

static bool check_mapping(
	struct call *call, struct server_wish *wish, const cJSON *mapping)
{
	const char *source = json_str(mapping, "source_type");
	const char *destination = json_str(mapping, "destination_type");
	bool boot = is_boot(mapping);
	const struct volume *volume;

	if (streq(destination, "local"))
		return true;
	if (boot)
		wish->volume = mapping;
	if (streq(source, "image"))
		return server_check_image(call, json_member(mapping, "uuid"),
			       &wish->volume_image) &&
		       check_new_volume(call, mapping);
	if (streq(source, "blank"))
		return check_new_volume(call, mapping);
	if (streq(source, "volume")) {
		volume = available_volume(call, mapping);
		return volume && (!boot || check_bootable(call, wish, volume));
	}
	return call_fail(call, 400,
		"Block Device Mapping is Invalid: "
		"source_type is not supported.");
}

bool server_check_volumes(
	struct call *call, struct server_wish *wish, const cJSON *list)
{
	if (!list || cJSON_IsNull(list))
		return true;
	if (!cJSON_IsArray(list))
		return call_fail(
			call, 400, "block_device_mapping_v2 must be a list");
	json_each (mapping, list) {
		if (!check_mapping(call, wish, mapping))
			return false;
	}
	wish->volumes = list;
	return true;
}

static struct volume *volume_for(
	struct call *call, const cJSON *mapping, const struct server_wish *wish)
{
	const char *source = json_str(mapping, "source_type");
	int64_t size = 0;

	if (streq(source, "volume"))
		return volume_find(
			call->cloud, call->place, json_str(mapping, "uuid"));
	is_number(mapping, "volume_size", &size);
	return volume_add(call->cloud, call->place, size,
		streq(source, "image") ? wish->volume_image : NULL);
}

void server_attach_volumes(
	struct call *call, struct server *s, const struct server_wish *wish)
{
	char letter = 'a';

	json_each (mapping, wish->volumes) {
		struct volume *v;

		if (streq(json_str(mapping, "destination_type"), "local"))
			continue;
		v = volume_for(call, mapping, wish);
		if (!v)
			continue;
		if (!is_boot(mapping) && letter < 'z')
			letter++;
		volume_attach(v, s->id,
			pool_printf(call->pool, "/dev/xvd%c",
				is_boot(mapping) ? 'a' : letter));
		v->dies = json_bool(mapping, "delete_on_termination");
	}
}
