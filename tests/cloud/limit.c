/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/limit.h"

#include "common/str.h"
#include "tests/cloud/keypair.h"
#include "tests/cloud/server.h"

static const struct {
	const char *name;
	int64_t value;
} names[LIMITS] = {
	[LIMIT_INSTANCES] = { "maxTotalInstances", 100 },
	[LIMIT_RAM] = { "maxTotalRAMSize", 131072 },
	[LIMIT_KEYPAIRS] = { "maxTotalKeypairs", 100 },
	[LIMIT_NETWORKS] = { "maxTotalPrivateNetworks", 10 },
	[LIMIT_SERVER_META] = { "maxServerMeta", 40 },
	[LIMIT_IMAGE_META] = { "maxImageMeta", 40 },
	[LIMIT_PERSONALITY] = { "maxPersonality", 5 },
	[LIMIT_PERSONALITY_SIZE] = { "maxPersonalitySize", 1000 },
};

struct limits {
	int64_t values[LIMITS];
};

int64_t limit_of(const struct cloud *cloud, enum limit limit)
{
	return cloud->limits->values[limit];
}

static int start(struct cloud *cloud, struct err *e)
{
	(void)e;
	cloud->limits = mem_new(sizeof(*cloud->limits));
	for (size_t i = 0; i < LIMITS; i++)
		cloud->limits->values[i] = names[i].value;
	return 0;
}

static void stop(struct cloud *cloud)
{
	mem_free(cloud->limits);
	cloud->limits = NULL;
}

static int find(const char *name)
{
	for (int i = 0; i < LIMITS; i++)
		if (streq(names[i].name, name))
			return i;
	return -1;
}

static int set_limits(struct cloud *cloud, const cJSON *value, struct err *e)
{
	int64_t number;

	if (!cJSON_IsObject(value))
		return err_set(e, ERR_OTHER, "not an object");
	json_each (item, value) {
		if (find(item->string) < 0)
			return err_set(e, ERR_OTHER, "no limit '%.100s'",
				item->string);
		if (!json_is_int(item, &number) || number < 0)
			return err_set(e, ERR_OTHER,
				"%s is no whole number >= 0", item->string);
	}
	json_each (item, value) {
		json_is_int(item, &cloud->limits->values[find(item->string)]);
	}
	return 0;
}

static cJSON *absolute(struct call *call)
{
	cJSON *tree = cJSON_CreateObject();

	for (int i = 0; i < LIMITS; i++)
		json_set(tree, names[i].name,
			json_new_int(call->cloud->limits->values[i]));
	json_set(tree, "totalInstancesUsed",
		json_new_int(server_count(call->cloud, call->place)));
	json_set(tree, "totalRAMUsed",
		json_new_int(server_ram(call->cloud, call->place)));
	json_set(tree, "totalKeyPairsUsed", json_new_int(keypair_count(call)));
	return tree;
}

static void get(struct call *call)
{
	call_reply(call, 200,
		json_object(JSON_TAKE("limits",
			json_object(JSON_TAKE("rate", cJSON_CreateArray()),
				JSON_TAKE("absolute", absolute(call))))));
}

const struct route limit_routes[] = {
	{ "GET", "/limits", get },
	ROUTE_END,
};

static const struct control controls[] = {
	{ "limits", set_limits,
		"{maxTotalInstances: N, ...}: see GET /limits" },
	CONTROL_END,
};

const struct part limit_part = {
	.name = "limits",
	.controls = controls,
	.start = start,
	.stop = stop,
};
