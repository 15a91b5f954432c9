/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual IPs: taken at create, shared, added, given back. */
#include <stdio.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/address.h"
#include "tests/cloud/balancer_check.h"

static bool has_vip(const struct balancer *b, int64_t id)
{
	return balancer_find_item(b->vips, id);
}

/* The next balancer after `b' (NULL: the first) that has this virtual IP. */
static struct balancer *next_sharer(
	const struct cloud *cloud, struct balancer *b, int64_t id)
{
	b = b ? b->next : cloud->balancers->first;
	while (b && !has_vip(b, id))
		b = b->next;
	return b;
}

const char *balancer_address(const struct balancer *b)
{
	return json_str(json_find(b->vips, "ipVersion", "IPV4"), "address");
}

static void append_vip(struct balancer *b, int64_t id, const char *address,
	const char *type, const char *version)
{
	if (!b->vips)
		b->vips = cJSON_CreateArray();
	json_append(b->vips,
		json_object(JSON_INT("id", id), JSON_STR("address", address),
			JSON_STR("type", type),
			JSON_STR("ipVersion", version)));
}

static int append_v4(struct cloud *cloud, struct balancer *b, const char *type,
	cJSON *messages)
{
	char address[ADDRESS_SIZE];
	struct err e;

	if (address_take(cloud->addresses, address, &e) < 0) {
		check_add(messages, "%s", e.text);
		return -1;
	}
	append_vip(b, balancer_new_id(cloud), address, type, "IPV4");
	return 0;
}

/* Shown, but it carries no traffic. */
static void append_v6(struct cloud *cloud, struct balancer *b)
{
	int64_t id = balancer_new_id(cloud);
	char *address = mem_printf("2001:0db8:7901:0000:0000:0000:%04x:%04x",
		(unsigned int)(id >> 16) & 0xffff, (unsigned int)id & 0xffff);

	append_vip(b, 9000000 + id, address, "PUBLIC", "IPV6");
	mem_free(address);
}

static int take_new(struct cloud *cloud, struct balancer *b, const cJSON *wish,
	cJSON *messages)
{
	const char *type = json_str(wish, "type");
	const char *version = json_str(wish, "ipVersion");
	bool public = streq(type, "PUBLIC"), v4 = streq(version, "IPV4"),
	     v6 = streq(version, "IPV6");

	if ((!public && !streq(type, "SERVICENET")) ||
		(version && !v4 && !v6) || (!public && v6)) {
		check_add(messages, "Must provide a valid type and version for "
				    "the virtual ip.");
		return -1;
	}
	if (!v6 && append_v4(cloud, b, type, messages) < 0)
		return -1;
	if (public && !v4)
		append_v6(cloud, b);
	return 0;
}

static int share(struct cloud *cloud, struct balancer *b, const cJSON *wish,
	cJSON *messages)
{
	int64_t id = schema_int(wish, "id", -1);
	struct balancer *other = next_sharer(cloud, NULL, id);
	const cJSON *vip;

	while (other && other->place != b->place)
		other = next_sharer(cloud, other, id);
	if (!other || has_vip(b, id)) {
		check_add(messages, "Virtual ip %lld cannot be used.",
			(long long)id);
		return -1;
	}
	vip = balancer_find_item(other->vips, id);
	append_vip(b, id, json_str(vip, "address"), json_str(vip, "type"),
		json_str(vip, "ipVersion"));
	if (balancer_port_is_free(cloud, b, b->port, b->protocol))
		return 0;
	check_add(messages, "The port is in use on one of the virtual ips.");
	return -1;
}

int balancer_take_vips(struct cloud *cloud, struct balancer *b,
	const cJSON *wished, cJSON *messages)
{
	json_each (wish, wished) {
		int result = schema_has(wish, "id")
				     ? share(cloud, b, wish, messages)
				     : take_new(cloud, b, wish, messages);

		if (result < 0)
			return -1;
	}
	return 0;
}

/* A family of its own may have the same port, as may the two kinds of DNS. */
static bool can_share_port(const char *a, const char *b)
{
	const struct protocol *one = protocol_find(a), *two = protocol_find(b);

	return one && two && one->udp != two->udp;
}

bool balancer_port_is_free(const struct cloud *cloud, const struct balancer *b,
	int64_t port, const char *protocol)
{
	json_each (vip, b->vips) {
		int64_t id = json_int(vip, "id", 0);

		for (struct balancer *other = next_sharer(cloud, NULL, id);
			other; other = next_sharer(cloud, other, id))
			if (other != b && other->port == port &&
				!can_share_port(other->protocol, protocol))
				return false;
	}
	return true;
}

static void give(struct cloud *cloud, const cJSON *vip)
{
	if (!next_sharer(cloud, NULL, json_int(vip, "id", 0)) &&
		streq(json_str(vip, "ipVersion"), "IPV4"))
		address_give(cloud->addresses, json_str(vip, "address"));
}

void balancer_give_vips(struct cloud *cloud, struct balancer *b)
{
	cJSON *vips = b->vips;

	b->vips = NULL;
	json_each (vip, vips) {
		give(cloud, vip);
	}
	cJSON_Delete(vips);
}

static void list(struct call *call)
{
	const struct balancer *b = balancer_of_part(call);

	if (b)
		call_reply(call, 200,
			json_object(JSON_COPY("virtualIps", b->vips)));
}

/* Only another IPv6 can be added; the answer has no wrapper. */
static void add(struct call *call)
{
	struct balancer *b;

	if (!schema_is(call->body, schema_vip)) {
		schema_fail(call);
		return;
	}
	b = balancer_of_part(call);
	if (!b)
		return;
	if (!streq(json_str(call->body, "type"), "PUBLIC") ||
		!streq(json_str(call->body, "ipVersion"), "IPV6")) {
		check_fail(call, "Only a virtual ip of type PUBLIC and version "
				 "IPV6 can be added.");
		return;
	}
	if (!balancer_may_change(call, b))
		return;
	append_v6(call->cloud, b);
	balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 202,
		json_copy(json_get(b->vips, pool_printf(call->pool, "%d",
						    json_size(b->vips) - 1))));
}

/* All of these, or none. */
static void drop_vips(struct call *call, const int64_t *ids, size_t n)
{
	struct balancer *b = balancer_of_part(call);

	if (!b)
		return;
	for (size_t i = 0; i < n; i++)
		if (!has_vip(b, ids[i])) {
			call_fail(call, 404, "Virtual ip not found");
			return;
		}
	if ((size_t)json_size(b->vips) <= n) {
		check_fail(call, "The last virtual ip cannot be removed.");
		return;
	}
	if (!balancer_may_change(call, b))
		return;
	for (size_t i = 0; i < n; i++) {
		cJSON *vip = balancer_take_item(&b->vips, ids[i]);

		give(call->cloud, vip);
		cJSON_Delete(vip);
	}
	balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 202, NULL);
}

static void drop_one(struct call *call)
{
	int64_t id = call_param_int(call, "vip");

	drop_vips(call, &id, 1);
}

static void drop_many(struct call *call)
{
	size_t n;
	const int64_t *ids = check_ids(call, "virtual ips", &n);

	if (ids)
		drop_vips(call, ids, n);
}

const struct route balancer_vip_routes[] = {
	{ "GET", "/loadbalancers/{id}/virtualips", list },
	{ "POST", "/loadbalancers/{id}/virtualips", add },
	{ "DELETE", "/loadbalancers/{id}/virtualips", drop_many },
	{ "DELETE", "/loadbalancers/{id}/virtualips/{vip}", drop_one },
	ROUTE_END,
};
