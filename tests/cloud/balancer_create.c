/* SPDX-License-Identifier: Apache-2.0 */
/* New balancers. */
#include <arpa/inet.h>
#include <stdio.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/balancer_check.h"
#include "tests/cloud/record.h"

/* The address in the one form that can be compared. */
static void plain_address(const char *address, char plain[INET6_ADDRSTRLEN])
{
	struct in6_addr in;

	if (inet_pton(AF_INET6, address, &in) == 1)
		inet_ntop(AF_INET6, &in, plain, INET6_ADDRSTRLEN);
	else
		snprintf(plain, INET6_ADDRSTRLEN, "%s", address);
}

static bool same_address(const char *a, const char *b)
{
	char one[INET6_ADDRSTRLEN] = "", two[INET6_ADDRSTRLEN] = "";

	plain_address(a, one);
	plain_address(b, two);
	return streq(one, two);
}

bool balancer_has_pair(const struct balancer *b, const cJSON *given)
{
	int64_t port = schema_int(given, "port", 0);

	for (const struct balancer_node *node = b->nodes; node;
		node = node->next)
		if (node->port == port &&
			same_address(node->address, json_str(given, "address")))
			return true;
	return false;
}

bool balancer_same_pair(const cJSON *a, const cJSON *b)
{
	return schema_int(a, "port", 0) == schema_int(b, "port", 0) &&
	       same_address(json_str(a, "address"), json_str(b, "address"));
}

static const char *text_or(
	const cJSON *given, const char *name, const char *fallback)
{
	const char *text = json_str(given, name);

	return text ? text : fallback;
}

struct balancer_node *balancer_make_node(
	struct cloud *cloud, struct balancer *b, const cJSON *given)
{
	static const char *const members[] = { "key", "value", NULL };
	struct balancer_node *node = balancer_add_node(cloud, b);

	node->address = mem_copy(json_str(given, "address"));
	node->port = schema_int(given, "port", 0);
	node->weight = schema_int(given, "weight", 1);
	node->condition = mem_copy(text_or(given, "condition", "ENABLED"));
	node->type = mem_copy(text_or(given, "type", "PRIMARY"));
	balancer_add_items(
		cloud, &node->metadata, json_get(given, "metadata"), members);
	return node;
}

static void take_settings(struct balancer *b, const cJSON *given)
{
	const struct protocol *p = protocol_find(json_str(given, "protocol"));

	record_set_text(&b->name, json_str(given, "name"));
	record_set_text(&b->protocol, p->name);
	record_set_text(&b->algorithm, text_or(given, "algorithm", "RANDOM"));
	b->port = schema_int(given, "port", p->port);
	b->timeout = schema_int(given, "timeout", 30);
	b->half_closed = schema_bool(given, "halfClosed", false);
	b->https_redirect = schema_bool(given, "httpsRedirect", false);
	b->logging = schema_bool(
		json_get(given, "connectionLogging"), "enabled", false);
	b->caching = schema_bool(
		json_get(given, "contentCaching"), "enabled", false);
}

/* A member that is given and has a value. */
static const cJSON *member(const cJSON *given, const char *name)
{
	return schema_has(given, name) ? json_member(given, name) : NULL;
}

static void take_parts(
	struct cloud *cloud, struct balancer *b, const cJSON *given)
{
	static const char *const meta[] = { "key", "value", NULL };
	static const char *const access[] = { "address", "type", NULL };

	if (member(given, "healthMonitor"))
		balancer_set_monitor(
			cloud, b, json_copy(member(given, "healthMonitor")));
	record_set_tree(&b->persistence,
		json_copy(member(given, "sessionPersistence")));
	record_set_tree(
		&b->throttle, json_copy(member(given, "connectionThrottle")));
	balancer_add_items(
		cloud, &b->metadata, json_get(given, "metadata"), meta);
	balancer_add_items(
		cloud, &b->access, json_get(given, "accessList"), access);
}

/* DRAINING is for nodes that are there already; a secondary one is of no use
 * without a monitor. */
static void check_new_nodes(const cJSON *given, bool is_ours, cJSON *messages)
{
	const cJSON *monitor = member(given, "healthMonitor");

	json_each (node, json_get(given, "nodes")) {
		check_node(node, true, messages);
		if (is_ours && streq(json_str(node, "condition"), "DRAINING"))
			check_add(messages,
				"Node condition DRAINING is not allowed when "
				"a load balancer is created.");
		if (!monitor && streq(json_str(node, "type"), "SECONDARY"))
			check_add(messages, "A SECONDARY node needs a health "
					    "monitor.");
	}
}

static void check_parts(
	const struct cloud *cloud, const cJSON *given, cJSON *messages)
{
	const cJSON *persistence = member(given, "sessionPersistence");

	if (member(given, "healthMonitor"))
		check_monitor(cloud, member(given, "healthMonitor"), messages);
	if (persistence)
		check_persistence(json_str(persistence, "persistenceType"),
			json_str(given, "protocol"), messages);
	check_metadata(json_get(given, "metadata"), NULL, messages);
	check_access(json_get(given, "accessList"), NULL, messages);
}

struct balancer *balancer_make(struct cloud *cloud, struct place *place,
	const cJSON *given, bool is_ours, cJSON *messages)
{
	struct balancer *b;

	check_balancer(given, true, messages);
	check_new_nodes(given, is_ours, messages);
	check_parts(cloud, given, messages);
	if (json_size(messages))
		return NULL;
	b = balancer_add(cloud, place);
	take_settings(b, given);
	take_parts(cloud, b, given);
	check_features(b, messages);
	if (json_size(messages) ||
		balancer_take_vips(cloud, b, json_get(given, "virtualIps"),
			messages) < 0) {
		balancer_drop(cloud, b);
		return NULL;
	}
	json_each (node, json_get(given, "nodes")) {
		balancer_make_node(cloud, b, node);
	}
	return b;
}

static bool has_twins(const cJSON *nodes)
{
	json_each (node, nodes) {
		for (const cJSON *other = node->next; other;
			other = other->next)
			if (json_str(node, "address") &&
				json_str(other, "address") &&
				balancer_same_pair(node, other))
				return true;
	}
	return false;
}

static bool within_limits(struct call *call, const cJSON *given)
{
	const struct balancers *all = call->cloud->balancers;
	int64_t n = 0;

	for (const struct balancer *b = all->first; b; b = b->next)
		n += b->place == call->place && !balancer_is(b, "DELETED");
	if (n >= all->quirks.balancer_limit)
		return call_fail(call, 413,
			"Load balancers must not exceed %lld per account.",
			(long long)all->quirks.balancer_limit);
	if (json_size(json_get(given, "nodes")) > all->quirks.node_limit)
		return call_fail(call, 413,
			"Nodes must not exceed %lld per load balancer.",
			(long long)all->quirks.node_limit);
	if (has_twins(json_get(given, "nodes")))
		return call_fail(call, (int)all->quirks.duplicate_nodes,
			"Duplicate nodes detected. One or more nodes already "
			"configured on load balancer.");
	return true;
}

void balancer_create(struct call *call)
{
	const cJSON *given = schema_body(
		call, "loadBalancer", SCHEMA_OBJECT, schema_balancer);
	cJSON *messages;
	struct balancer *b;

	if (!given || !within_limits(call, given))
		return;
	messages = cJSON_CreateArray();
	b = balancer_make(call->cloud, call->place, given, true, messages);
	if (!check_passed(call, messages) || !b)
		return;
	balancer_begin(call->cloud, b, "BUILD");
	call_reply(call, 202,
		json_object(JSON_TAKE(
			"loadBalancer", balancer_details(b, call->now))));
}
