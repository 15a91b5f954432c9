/* SPDX-License-Identifier: Apache-2.0 */
/* The metadata of balancers and of their nodes. */
#include <string.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/balancer_check.h"

/* Whose metadata the call is about: the list, NULL when it has answered. */
static cJSON **list_of(struct call *call, struct balancer **balancer)
{
	struct balancer *b = balancer_of_part(call);
	struct balancer_node *node;

	*balancer = b;
	if (!b)
		return NULL;
	if (!str_find_nocase(call->route->path, "/nodes/"))
		return &b->metadata;
	node = balancer_find_node(b, call_param_int(call, "node"));
	if (!node)
		call_fail(call, 404, "Node not found");
	return node ? &node->metadata : NULL;
}

static bool may_change(struct call *call, const struct balancer *b)
{
	return !call->cloud->balancers->quirks.metadata_locks ||
	       balancer_may_change(call, b);
}

static void changed(struct call *call, struct balancer *b, cJSON *reply)
{
	if (call->cloud->balancers->quirks.metadata_locks)
		balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 200, reply);
}

static void list(struct call *call)
{
	struct balancer *b;
	cJSON **items = list_of(call, &b);

	if (items)
		call_reply(call, 200,
			json_object(JSON_TAKE(
				"metadata", *items ? json_copy(*items)
						   : cJSON_CreateArray())));
}

/* A list, or one "meta": the documents have both. */
static const cJSON *given_items(struct call *call)
{
	const cJSON *one;
	cJSON *list;

	if (!json_member(call->body, "meta"))
		return schema_body(call, "metadata", SCHEMA_LIST, schema_meta);
	one = schema_body(call, "meta", SCHEMA_OBJECT, schema_meta);
	if (!one)
		return NULL;
	list = pool_keep(call->pool, cJSON_CreateArray());
	json_append(list, json_copy(one));
	return list;
}

/* Those at the end of the list. */
static cJSON *last_items(const cJSON *list, int n)
{
	cJSON *last = cJSON_CreateArray();
	int before = json_size(list) - n;

	json_each (item, list) {
		if (before-- <= 0)
			json_append(last, json_copy(item));
	}
	return last;
}

static void add(struct call *call)
{
	static const char *const members[] = { "key", "value", NULL };
	const cJSON *items = given_items(call);
	struct balancer *b;
	cJSON **present = items ? list_of(call, &b) : NULL;
	cJSON *messages;

	if (!present)
		return;
	messages = cJSON_CreateArray();
	if (!items->child)
		check_add(messages, "Must provide at least one metadata item.");
	check_metadata(items, *present, messages);
	if (!check_passed(call, messages) || !may_change(call, b))
		return;
	balancer_add_items(call->cloud, present, items, members);
	changed(call, b,
		json_object(JSON_TAKE(
			"metadata", last_items(*present, json_size(items)))));
}

/* The item {meta}; NULL when it has answered 404. */
static cJSON *item_of(struct call *call, const cJSON *items)
{
	cJSON *item = balancer_find_item(items, call_param_int(call, "meta"));

	if (!item)
		call_fail(call, 404, "Metadata item not found");
	return item;
}

static void get(struct call *call)
{
	struct balancer *b;
	cJSON **items = list_of(call, &b);
	const cJSON *item = items ? item_of(call, *items) : NULL;

	if (item)
		call_reply(call, 200, json_object(JSON_COPY("meta", item)));
}

/* The key stays what it is. */
static void put(struct call *call)
{
	const cJSON *given =
		schema_body(call, "meta", SCHEMA_OBJECT, schema_meta_put);
	const char *value = json_str(given, "value");
	struct balancer *b;
	cJSON **items = given ? list_of(call, &b) : NULL;
	cJSON *item = items ? item_of(call, *items) : NULL;
	cJSON *messages;

	if (!item)
		return;
	messages = cJSON_CreateArray();
	if (schema_has(given, "key") &&
		!streq(json_str(given, "key"), json_str(item, "key")))
		check_add(messages, "The metadata key cannot be modified.");
	if (!value || strlen(value) > 256)
		check_add(messages, "Must provide a value of at most 256 "
				    "characters.");
	if (!check_passed(call, messages) || !may_change(call, b))
		return;
	json_set_str(item, "value", value);
	changed(call, b, NULL);
}

static void delete_one(struct call *call)
{
	struct balancer *b;
	cJSON **items = list_of(call, &b);
	cJSON *item = items ? item_of(call, *items) : NULL;

	if (!item || !may_change(call, b))
		return;
	cJSON_Delete(balancer_take_item(items, json_int(item, "id", -1)));
	changed(call, b, NULL);
}

static void delete_all(struct call *call)
{
	struct balancer *b;
	cJSON **items = list_of(call, &b);

	if (!items || !may_change(call, b))
		return;
	cJSON_Delete(*items);
	*items = NULL;
	changed(call, b, NULL);
}

/* Without any id all of them go, as those of an access list do: what the
 * provider does then is not documented, and this is the worst. */
static void delete_many(struct call *call)
{
	const int64_t *ids;
	struct balancer *b;
	cJSON **items;
	size_t n;

	if (!call_query(call, "id")) {
		delete_all(call);
		return;
	}
	ids = check_ids(call, "metadata items", &n);
	items = ids ? list_of(call, &b) : NULL;
	if (!items)
		return;
	for (size_t i = 0; i < n; i++)
		if (!balancer_find_item(*items, ids[i])) {
			check_fail(call,
				"Metadata item %lld is not a part of your "
				"loadbalancer",
				(long long)ids[i]);
			return;
		}
	if (!may_change(call, b))
		return;
	for (size_t i = 0; i < n; i++)
		cJSON_Delete(balancer_take_item(items, ids[i]));
	changed(call, b, NULL);
}

#define META "/loadbalancers/{id}/metadata"
#define NODE "/loadbalancers/{id}/nodes/{node}/metadata"

const struct route balancer_meta_routes[] = {
	{ "GET", META, list },
	{ "POST", META, add },
	{ "DELETE", META, delete_many },
	{ "GET", META "/{meta}", get },
	{ "PUT", META "/{meta}", put },
	{ "DELETE", META "/{meta}", delete_one },
	{ "GET", NODE, list },
	{ "POST", NODE, add },
	{ "DELETE", NODE, delete_many },
	{ "GET", NODE "/{meta}", get },
	{ "PUT", NODE "/{meta}", put },
	{ "DELETE", NODE "/{meta}", delete_one },
	ROUTE_END,
};
