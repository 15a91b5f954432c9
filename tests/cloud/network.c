/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "tests/cloud/limit.h"
#include "tests/cloud/record.h"
#include "tests/cloud/server.h"

struct networks {
	struct network *first;
};

#define FIELD(name) RECORD_FIELD(struct network, name)

static const struct record_field fields[] = { FIELD(id), FIELD(label),
	FIELD(cidr), FIELD(handed_out), RECORD_LAST };

static struct network *add(
	struct cloud *cloud, struct place *place, const char *label)
{
	struct network *n = mem_new(sizeof(*n));
	struct network **end = &cloud->networks->first;

	while (*end)
		end = &(*end)->next;
	*end = n;
	n->place = place;
	record_set_text(&n->label, label);
	return n;
}

static int start(struct cloud *cloud, struct err *e)
{
	(void)e;
	cloud->networks = mem_new(sizeof(*cloud->networks));
	add(cloud, NULL, "public")->id = mem_copy(NETWORK_PUBLIC);
	add(cloud, NULL, "private")->id = mem_copy(NETWORK_PRIVATE);
	return 0;
}

static void drop(struct network **at)
{
	struct network *n = *at;

	*at = n->next;
	record_clear(fields, n);
	mem_free(n);
}

static void stop(struct cloud *cloud)
{
	if (!cloud->networks)
		return;
	while (cloud->networks->first)
		drop(&cloud->networks->first);
	mem_free(cloud->networks);
	cloud->networks = NULL;
}

static bool is_seen(const struct network *n, const struct place *place)
{
	return !n->place || n->place == place;
}

struct network *network_find(
	struct cloud *cloud, const struct place *place, const char *id)
{
	struct network *n = cloud->networks->first;

	while (n && !(is_seen(n, place) && streq(n->id, id)))
		n = n->next;
	return n;
}

static cJSON *show_one(const struct network *n)
{
	return json_object(JSON_STR("id", n->id), JSON_STR("label", n->label),
		JSON_STR("cidr", n->cidr));
}

static cJSON *show(struct cloud *cloud, const char *region)
{
	cJSON *list = cJSON_CreateArray();

	for (struct network *n = cloud->networks->first; n; n = n->next)
		if (n->place && n->place->region == region)
			json_append(list, show_one(n));
	return list;
}

static cJSON *save(struct cloud *cloud)
{
	cJSON *list = cJSON_CreateArray();

	for (struct network *n = cloud->networks->first; n; n = n->next) {
		if (n->place)
			json_append(list, cloud_save_place(n->place,
						  record_save(fields, n)));
	}
	return list;
}

static int load(struct cloud *cloud, const cJSON *saved, struct err *e)
{
	json_each (item, saved) {
		struct place *place = cloud_load_place(cloud, item, e);
		struct network *n = place ? add(cloud, place, NULL) : NULL;

		if (!n || record_load(fields, n, item, e) < 0)
			return -1;
	}
	return 0;
}

static bool split_cidr(const char *text, uint32_t *base, int *bits)
{
	char address[32];
	struct in_addr in;
	const char *slash = strchr(text, '/');
	int64_t number;

	if (!slash || (size_t)(slash - text) >= sizeof(address) ||
		!str_int(slash + 1, &number) || number < 8 || number > 30)
		return false;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (inet_pton(AF_INET, address, &in) != 1)
		return false;
	*bits = (int)number;
	*base = ntohl(in.s_addr) & ~(0xffffffffu >> *bits);
	return true;
}

char *network_new_address(struct network *network)
{
	uint32_t base, hosts, host;
	struct in_addr in;
	char text[INET_ADDRSTRLEN];
	int bits;

	if (!network->cidr || !split_cidr(network->cidr, &base, &bits))
		return NULL;
	/* .0 to .2 and the last are the network's own */
	hosts = (0xffffffffu >> bits) - 2;
	host = 3 + (uint32_t)(network->handed_out++ % (hosts > 1 ? hosts : 1));
	in.s_addr = htonl(base + host);
	inet_ntop(AF_INET, &in, text, sizeof(text));
	return mem_copy(text);
}

static void list(struct call *call)
{
	cJSON *all = cJSON_CreateArray();

	for (struct network *n = call->cloud->networks->first; n; n = n->next)
		if (is_seen(n, call->place))
			json_append(all, show_one(n));
	call_reply(call, 200, json_object(JSON_TAKE("networks", all)));
}

static void reply_one(struct call *call, const struct network *n)
{
	call_reply(call, 200, json_object(JSON_TAKE("network", show_one(n))));
}

static struct network *of_call(struct call *call)
{
	struct network *n =
		network_find(call->cloud, call->place, call_param(call, "id"));

	if (!n)
		call_fail(call, 404, "Network not found");
	return n;
}

static void get(struct call *call)
{
	const struct network *n = of_call(call);

	if (n)
		reply_one(call, n);
}

static int64_t count_isolated(const struct call *call)
{
	int64_t count = 0;

	for (struct network *n = call->cloud->networks->first; n; n = n->next)
		count += n->place == call->place;
	return count;
}

static void create(struct call *call)
{
	const cJSON *wish = json_member(call->body, "network");
	const char *label = json_str(wish, "label");
	const char *cidr = json_str(wish, "cidr");
	struct network *n;
	uint32_t base;
	int bits;

	if (!label || !*label || strlen(label) > 255) {
		call_fail(call, 400, "Network label is required");
		return;
	}
	if (!cidr || !split_cidr(cidr, &base, &bits)) {
		call_fail(call, 400, "CIDR is malformed.");
		return;
	}
	if (count_isolated(call) >= limit_of(call->cloud, LIMIT_NETWORKS)) {
		call_fail(call, 413, "Quota exceeded, too many networks");
		return;
	}
	n = add(call->cloud, call->place, label);
	n->id = cloud_uuid();
	n->cidr = mem_copy(cidr);
	reply_one(call, n);
}

static void delete (struct call *call)
{
	struct network *n = of_call(call);
	struct network **at = &call->cloud->networks->first;

	if (!n)
		return;
	if (!n->place || server_takes_network(call->cloud, n->id)) {
		call_fail(call, 403, "Network is in use or shared");
		return;
	}
	while (*at != n)
		at = &(*at)->next;
	drop(at);
	call_reply(call, 202, NULL);
}

const struct route network_routes[] = {
	{ "GET", "/os-networksv2", list },
	{ "POST", "/os-networksv2", create },
	{ "GET", "/os-networksv2/{id}", get },
	{ "DELETE", "/os-networksv2/{id}", delete },
	ROUTE_END,
};

const struct part network_part = {
	.name = "networks",
	.start = start,
	.stop = stop,
	.show = show,
	.save = save,
	.load = load,
};
