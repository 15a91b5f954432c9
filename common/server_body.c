/* SPDX-License-Identifier: Apache-2.0 */
/* A server that is to be made: what is sent for it, and what it will be like.
 */
#include "common/server.h"
#include "common/str.h"

/* Items of metadata that a server can have (servers.md A1). */
#define METADATA_MAX 40

static cJSON *personality(const cJSON *files)
{
	cJSON *list = json_size(files) ? cJSON_CreateArray() : NULL;

	json_each (file, files) {
		json_append(
			list, json_object(JSON_STR("path", file->string),
				      JSON_STR("contents", file->valuestring)));
	}
	return list;
}

static cJSON *network_ids(const cJSON *networks)
{
	cJSON *list = networks ? cJSON_CreateArray() : NULL;

	json_each (network, networks) {
		json_append(list, json_object(JSON_STR(
					  "uuid", json_str(network, "uuid"))));
	}
	return list;
}

static cJSON *block_devices(const cJSON *device)
{
	cJSON *list = device ? cJSON_CreateArray() : NULL;

	if (list)
		json_append(list, json_copy(device));
	return list;
}

/* Metadata among them are added to the others: a server that lost its group
 * would be made again by the next run. */
static void add_extra(cJSON *server, const cJSON *extra)
{
	json_each (member, extra) {
		cJSON *into = json_member(server, member->string);

		if (!streq(member->string, "metadata") ||
			!cJSON_IsObject(member)) {
			json_set(server, member->string, json_copy(member));
			continue;
		}
		json_each (pair, member) {
			json_set(into, pair->string, json_copy(pair));
		}
	}
}

/* The mark goes into the metadata, whoever gave them, unless they are full
 * (design: a create that was lost is then not repeated). */
static const char *put_mark(
	struct task *t, const cJSON *server, const char *mark)
{
	cJSON *metadata = json_member(server, "metadata");

	if (!cJSON_IsObject(metadata) ||
		(json_size(metadata) >= METADATA_MAX &&
			!json_member(metadata, PLAN_MARK_KEY)))
		return NULL;
	if (!mark)
		mark = plan_mark(t->plan);
	json_set_str(metadata, PLAN_MARK_KEY, mark);
	return mark;
}

cJSON *server_body(
	struct task *t, const struct server_wish *w, const char **mark)
{
	cJSON *server = json_object(JSON_STR("name", w->name),
		JSON_STR("imageRef", w->image),
		JSON_STR("flavorRef", w->flavor),
		JSON_STR("key_name", w->key_name),
		JSON_TAKE("metadata", w->metadata ? json_copy(w->metadata)
						  : cJSON_CreateObject()),
		JSON_STR("OS-DCF:diskConfig", w->disk_config),
		JSON_TAKE("config_drive",
			w->config_drive ? json_new_bool(true) : NULL),
		JSON_STR("user_data", w->user_data),
		JSON_TAKE("networks", network_ids(w->networks)),
		JSON_TAKE("personality", personality(w->files)),
		JSON_TAKE("block_device_mapping_v2",
			block_devices(w->block_device)));

	add_extra(server, w->extra);
	*mark = put_mark(t, server, w->mark);
	return json_object(JSON_TAKE("server", server));
}

static cJSON *placeholder(const char *of, const char *what)
{
	char *text = mem_printf("<%s.%s>", of, what);
	cJSON *value = json_new_str(text);

	mem_free(text);
	return value;
}

static cJSON *predicted_addresses(const char *of, const cJSON *networks)
{
	cJSON *addresses = cJSON_CreateObject();

	json_each (network, networks) {
		const char *label = json_str(network, "label");
		cJSON *list = cJSON_CreateArray();

		json_append(list,
			json_object(JSON_TAKE("addr", placeholder(of, label)),
				JSON_INT("version", 4)));
		json_set(addresses, label, list);
	}
	return addresses;
}

/* The server as it will be; what only the cloud knows in angle brackets. */
const cJSON *server_predicted(struct task *t, const struct server_wish *w,
	const cJSON *body, const char *of)
{
	const char *name = json_str(body, "server.name");
	cJSON *image = w->image && *w->image
			       ? json_object(JSON_STR("id", w->image))
			       : json_new_str("");

	return pool_keep(t->pool,
		json_object(JSON_TAKE("id", placeholder(of, "id")),
			JSON_STR("name", name), JSON_STR("status", "ACTIVE"),
			JSON_TAKE("accessIPv4",
				json_find(w->networks, "label", "public")
					? placeholder(of, "public")
					: json_new_str("")),
			JSON_TAKE("addresses",
				predicted_addresses(of, w->networks)),
			JSON_TAKE("image", image),
			JSON_TAKE("flavor",
				json_object(JSON_STR("id", w->flavor))),
			JSON_STR("key_name", w->key_name),
			JSON_TAKE("metadata", w->metadata
						      ? json_copy(w->metadata)
						      : cJSON_CreateObject()),
			JSON_STR("OS-DCF:diskConfig", w->disk_config),
			JSON_TAKE("adminPass", placeholder(of, "adminPass"))));
}
