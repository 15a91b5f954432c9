/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes of a balancer. */
#include <string.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/balancer_check.h"
#include "tests/cloud/record.h"

#define PAGE_MAX 100

/* The marker is inclusive, as that of the balancers. */
static void list(struct call *call)
{
	struct balancer *b = balancer_of_part(call);
	int64_t limit = 0, marker = 0, skip = 0;
	cJSON *list;

	if (!b)
		return;
	str_int(call_query(call, "limit"), &limit);
	str_int(call_query(call, "marker"), &marker);
	str_int(call_query(call, "offset"), &skip);
	if (limit <= 0 || limit > PAGE_MAX)
		limit = PAGE_MAX;
	list = cJSON_CreateArray();
	for (struct balancer_node *node = b->nodes; node && limit;
		node = node->next) {
		if (node->id < marker || skip-- > 0)
			continue;
		json_append(list, balancer_show_node(b, node));
		limit--;
	}
	call_reply(call, 200, json_object(JSON_TAKE("nodes", list)));
}

/* The node {node} of the balancer; NULL when it has answered 404. */
static struct balancer_node *node_of(struct call *call, struct balancer *b)
{
	struct balancer_node *node =
		balancer_find_node(b, call_param_int(call, "node"));

	if (!node)
		call_fail(call, 404, "Node not found");
	return node;
}

static void get(struct call *call)
{
	struct balancer *b = balancer_of_part(call);
	struct balancer_node *node = b ? node_of(call, b) : NULL;

	if (node)
		call_reply(call, 200,
			json_object(JSON_TAKE(
				"node", balancer_show_node(b, node))));
}

static int64_t count(const struct balancer *b)
{
	int64_t n = 0;

	for (const struct balancer_node *node = b->nodes; node;
		node = node->next)
		n++;
	return n;
}

static bool has_duplicates(const struct balancer *b, const cJSON *nodes)
{
	json_each (node, nodes) {
		if (balancer_has_pair(b, node))
			return true;
		for (const cJSON *other = node->next; other;
			other = other->next)
			if (balancer_same_pair(node, other))
				return true;
	}
	return false;
}

/* All of them or none. */
static bool may_add(
	struct call *call, const struct balancer *b, const cJSON *nodes)
{
	const struct balancer_quirks *quirks = &call->cloud->balancers->quirks;

	if (!balancer_may_change(call, b))
		return false;
	if (has_duplicates(b, nodes))
		return call_fail(call, (int)quirks->duplicate_nodes,
			"Duplicate nodes detected. One or more nodes already "
			"configured on load balancer.");
	if (count(b) + json_size(nodes) > quirks->node_limit)
		return call_fail(call, 413,
			"Nodes must not exceed %lld per load balancer.",
			(long long)quirks->node_limit);
	return true;
}

static bool check_new(
	struct call *call, const struct balancer *b, const cJSON *nodes)
{
	cJSON *messages = cJSON_CreateArray();

	json_each (node, nodes) {
		check_node(node, true, messages);
		check_metadata(json_get(node, "metadata"), NULL, messages);
		if (!b->monitor && streq(json_str(node, "type"), "SECONDARY"))
			check_add(messages, "A SECONDARY node needs a health "
					    "monitor.");
	}
	return check_passed(call, messages);
}

static void add(struct call *call)
{
	const cJSON *nodes =
		schema_body(call, "nodes", SCHEMA_LIST, schema_node);
	struct balancer *b;
	cJSON *added;

	if (!nodes)
		return;
	if (!nodes->child) {
		schema_fail(call);
		return;
	}
	b = balancer_of_part(call);
	if (!b || !check_new(call, b, nodes) || !may_add(call, b, nodes))
		return;
	added = cJSON_CreateArray();
	json_each (given, nodes) {
		json_append(added,
			balancer_show_node(
				b, balancer_make_node(call->cloud, b, given)));
	}
	balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 202, json_object(JSON_TAKE("nodes", added)));
}

static void check_change(const struct balancer *b, const cJSON *given,
	bool by_id, cJSON *messages)
{
	if (!by_id && json_member(given, "id"))
		check_add(messages, "Node id field cannot be modified.");
	if (json_member(given, "address"))
		check_add(messages, "Node ip field cannot be modified.");
	if (json_member(given, "port"))
		check_add(messages, "Port field cannot be modified.");
	if (!schema_has(given, "condition") && !schema_has(given, "type") &&
		!schema_has(given, "weight") && !json_size(messages))
		check_add(messages, "Must provide something to update.");
	if (!b->monitor && streq(json_str(given, "type"), "SECONDARY"))
		check_add(messages, "A SECONDARY node needs a health monitor.");
	check_node(given, false, messages);
}

/* Without a monitor a node that is enabled counts as online. */
static void change(
	struct balancer *b, struct balancer_node *node, const cJSON *given)
{
	if (json_str(given, "condition"))
		record_set_text(&node->condition, json_str(given, "condition"));
	if (json_str(given, "type"))
		record_set_text(&node->type, json_str(given, "type"));
	node->weight = schema_int(given, "weight", node->weight);
	if (!b->monitor && streq(node->condition, "ENABLED"))
		node->online = true;
}

static void put(struct call *call)
{
	const cJSON *given =
		schema_body(call, "node", SCHEMA_OBJECT, schema_node_put);
	struct balancer *b = given ? balancer_of_part(call) : NULL;
	struct balancer_node *node;
	cJSON *messages;

	if (!b)
		return;
	messages = cJSON_CreateArray();
	check_change(b, given, false, messages);
	if (!check_passed(call, messages))
		return;
	node = node_of(call, b);
	if (!node || !balancer_may_change(call, b))
		return;
	change(b, node, given);
	balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 202, NULL);
}

/* The ids that are not the balancer's, "31,77"; empty when all are. */
static const char *strangers(struct call *call, const struct balancer *b,
	const int64_t *ids, size_t n)
{
	struct str text;
	const char *kept;

	str_init(&text, 4096);
	for (size_t i = 0; i < n; i++)
		if (!balancer_find_node(b, ids[i]))
			str_addf(&text, "%s%lld", text.length ? "," : "",
				(long long)ids[i]);
	kept = pool_copy(call->pool, text.text);
	str_free(&text);
	return kept;
}

static bool know_all(struct call *call, const struct balancer *b,
	const int64_t *ids, size_t n)
{
	const char *unknown = strangers(call, b, ids, n);

	return !*unknown ||
	       check_fail(call,
		       "Node ids %s are not a part of your loadbalancer",
		       unknown);
}

static int64_t id_of(const cJSON *given)
{
	return schema_int(given, "id", schema_int(given, "nodeId", -1));
}

/* Old regions do not know this call. */
static bool refuse_bulk(struct call *call)
{
	int64_t status = call->cloud->balancers->quirks.bulk_node_put;

	if (status == 202)
		return false;
	if (status == 400)
		schema_fail(call);
	else
		call_fail(call, (int)status,
			status == 405 ? "Method Not Allowed" : "Not Found");
	return true;
}

static bool check_bulk(
	struct call *call, const struct balancer *b, const cJSON *nodes)
{
	int64_t *ids = pool_alloc(
		call->pool, ((size_t)json_size(nodes) + 1) * sizeof(*ids));
	cJSON *messages = cJSON_CreateArray();
	size_t n = 0;

	json_each (given, nodes) {
		ids[n++] = id_of(given);
		check_change(b, given, true, messages);
	}
	return check_passed(call, messages) && know_all(call, b, ids, n);
}

static void put_many(struct call *call)
{
	const cJSON *nodes;
	struct balancer *b;

	if (refuse_bulk(call))
		return;
	nodes = schema_body(call, "nodes", SCHEMA_LIST, schema_node_bulk);
	if (nodes && !nodes->child)
		schema_fail(call);
	b = nodes && nodes->child ? balancer_of_part(call) : NULL;
	if (!b || !check_bulk(call, b, nodes) || !balancer_may_change(call, b))
		return;
	json_each (given, nodes) {
		change(b, balancer_find_node(b, id_of(given)), given);
	}
	balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 202,
		json_object(JSON_TAKE("nodes", balancer_show_nodes(b))));
}

static void delete_one(struct call *call)
{
	struct balancer *b = balancer_of_part(call);
	struct balancer_node *node = b ? node_of(call, b) : NULL;

	if (!node || !balancer_may_change(call, b))
		return;
	balancer_drop_node(call->cloud, b, node);
	balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 202, NULL);
}

/* All or none. That it is busy is said in other words than elsewhere. */
static void delete_many(struct call *call)
{
	size_t n;
	const int64_t *ids = check_ids(call, "nodes", &n);
	struct balancer *b = ids ? balancer_of_part(call) : NULL;

	if (!b)
		return;
	if (!balancer_is(b, "ACTIVE")) {
		call_fail(call, 422, "LoadBalancer is not ACTIVE");
		return;
	}
	if (!know_all(call, b, ids, n))
		return;
	for (size_t i = 0; i < n; i++) {
		struct balancer_node *node = balancer_find_node(b, ids[i]);

		if (node)
			balancer_drop_node(call->cloud, b, node);
	}
	balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 202, NULL);
}

const struct route balancer_node_routes[] = {
	{ "GET", "/loadbalancers/{id}/nodes", list },
	{ "POST", "/loadbalancers/{id}/nodes", add },
	{ "PUT", "/loadbalancers/{id}/nodes", put_many },
	{ "DELETE", "/loadbalancers/{id}/nodes", delete_many },
	{ "GET", "/loadbalancers/{id}/nodes/{node}", get },
	{ "PUT", "/loadbalancers/{id}/nodes/{node}", put },
	{ "DELETE", "/loadbalancers/{id}/nodes/{node}", delete_one },
	ROUTE_END,
};
