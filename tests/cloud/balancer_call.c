/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of balancers, and each as a whole. */
#include <string.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/balancer_check.h"
#include "tests/cloud/record.h"

#define PAGE_MAX 100

static int64_t query_int(
	const struct call *call, const char *name, int64_t fallback)
{
	int64_t number;

	return str_int(call_query(call, name), &number) && number >= 0
		       ? number
		       : fallback;
}

static bool has_node_at(const struct balancer *b, const char *address)
{
	for (const struct balancer_node *node = b->nodes; node;
		node = node->next)
		if (streq(node->address, address))
			return true;
	return false;
}

/* An address of a node beats a name. */
static bool is_meant(const struct call *call, const struct balancer *b)
{
	const char *status = call_query(call, "status");
	const char *address = call_query(call, "nodeaddress");
	const char *name = call_query(call, "name");
	const char *since = call_query(call, "changes-since");
	double time;

	if (b->place != call->place || b->listed > call->now)
		return false;
	if (status && !streq(status, balancer_shown_status(b, call->now)))
		return false;
	if (!status && balancer_is(b, "DELETED") &&
		!call->cloud->balancers->quirks.list_deleted)
		return false;
	if (since && cloud_time_read(since, &time) &&
		(b->updated > 0 ? b->updated : b->created) < time)
		return false;
	if (address)
		return has_node_at(b, address);
	return !name || streq(b->name, name);
}

/* The marker is inclusive: the page begins with it. */
static void list(struct call *call)
{
	int64_t limit = query_int(call, "limit", PAGE_MAX);
	int64_t marker = query_int(call, "marker", 0);
	int64_t skip = query_int(call, "offset", 0);
	cJSON *list = cJSON_CreateArray();

	if (!limit || limit > PAGE_MAX)
		limit = PAGE_MAX;
	for (struct balancer *b = call->cloud->balancers->first; b && limit;
		b = b->next) {
		if (b->id < marker || !is_meant(call, b))
			continue;
		if (skip > 0) {
			skip--;
			continue;
		}
		json_append(list, balancer_summary(b, call->now));
		limit--;
	}
	call_reply(call, 200, json_object(JSON_TAKE("loadBalancers", list)));
}

static void get(struct call *call)
{
	struct balancer *b = balancer_of(call);
	int64_t status = call->cloud->balancers->quirks.deleted_details;

	if (!b)
		return;
	if (balancer_is(b, "DELETED") && status != 200)
		call_fail(call, (int)status,
			status == 410 ? "The loadbalancer is marked as "
					"deleted."
				      : "Load balancer not found");
	else
		call_reply(call, 200,
			json_object(JSON_TAKE("loadBalancer",
				balancer_details(b, call->now))));
}

/* The balancer as it would be, to be looked at; it owns nothing. */
static struct balancer imagine(const struct balancer *b, const cJSON *given)
{
	struct balancer new = *b;

	if (json_str(given, "name"))
		new.name = json_member(given, "name")->valuestring;
	if (json_str(given, "protocol"))
		new.protocol = json_member(given, "protocol")->valuestring;
	if (json_str(given, "algorithm"))
		new.algorithm = json_member(given, "algorithm")->valuestring;
	new.port = schema_int(given, "port", b->port);
	new.timeout = schema_int(given, "timeout", b->timeout);
	new.half_closed = schema_bool(given, "halfClosed", b->half_closed);
	new.https_redirect =
		schema_bool(given, "httpsRedirect", b->https_redirect);
	return new;
}

/* Another protocol switches session persistence off without a word. */
static void take_over(struct balancer *b, const struct balancer *new)
{
	if (!streq(b->protocol, new->protocol))
		record_set_tree(&b->persistence, NULL);
	record_set_text(&b->name, new->name);
	record_set_text(&b->protocol, new->protocol);
	record_set_text(&b->algorithm, new->algorithm);
	b->port = new->port;
	b->timeout = new->timeout;
	b->half_closed = new->half_closed;
	b->https_redirect = new->https_redirect;
}

static void update(struct call *call)
{
	const cJSON *given =
		schema_body(call, "loadBalancer", SCHEMA_OBJECT, schema_update);
	cJSON *messages;
	struct balancer *b, new;

	b = given ? balancer_of(call) : NULL;
	if (!b)
		return;
	new = imagine(b, given);
	messages = cJSON_CreateArray();
	if (!given->child)
		check_add(messages, "Must provide something to update.");
	check_balancer(given, false, messages);
	check_features(&new, messages);
	if (!check_passed(call, messages) || !balancer_may_change(call, b))
		return;
	if ((new.port != b->port || !streq(new.protocol, b->protocol)) &&
		!balancer_port_is_free(
			call->cloud, b, new.port, new.protocol)) {
		check_fail(call, "The port is in use on one of the virtual "
				 "ips.");
		return;
	}
	take_over(b, &new);
	balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 202, NULL);
}

static bool may_delete(const struct balancer *b)
{
	return balancer_is(b, "ACTIVE") || balancer_is(b, "ERROR");
}

static bool is_going(const struct balancer *b)
{
	return balancer_is(b, "PENDING_DELETE") || balancer_is(b, "DELETED");
}

/* 400, not 422, for those that are not there or are on their way out. */
static bool refuse_gone(struct call *call, const int64_t *ids, size_t n)
{
	struct str missing, going;
	bool refused;

	str_init(&missing, 1000);
	str_init(&going, 1000);
	for (size_t i = 0; i < n; i++) {
		const struct balancer *b =
			balancer_find(call->cloud, call->place, ids[i]);
		struct str *list =
			!b || balancer_is(b, "DELETED") ? &missing : &going;

		if (!b || is_going(b))
			str_addf(list, "%s%lld", list->length ? "," : "",
				(long long)ids[i]);
	}
	refused = missing.length || going.length;
	if (missing.length)
		call_fail(call, 400,
			"Must provide valid load balancers: %s could not be "
			"found.",
			missing.text);
	else if (going.length)
		call_fail(call, 400,
			"Must provide valid load balancers: %s are immutable "
			"and could not be processed.",
			going.text);
	str_free(&missing);
	str_free(&going);
	return refused;
}

static void delete_one(struct call *call)
{
	int64_t id = call_param_int(call, "id");
	struct balancer *b = balancer_of(call);

	if (!b || refuse_gone(call, &id, 1))
		return;
	if (!may_delete(b)) {
		balancer_may_change(call, b);
		return;
	}
	balancer_begin(call->cloud, b, "PENDING_DELETE");
	call_reply(call, 202, NULL);
}

/* All or none. */
static void delete_many(struct call *call)
{
	size_t n;
	const int64_t *ids = check_ids(call, "load balancers", &n);

	if (!ids || refuse_gone(call, ids, n))
		return;
	for (size_t i = 0; i < n; i++)
		if (!may_delete(
			    balancer_find(call->cloud, call->place, ids[i]))) {
			call_fail(call, 422, "LoadBalancer is not ACTIVE");
			return;
		}
	for (size_t i = 0; i < n; i++)
		balancer_begin(call->cloud,
			balancer_find(call->cloud, call->place, ids[i]),
			"PENDING_DELETE");
	call_reply(call, 202, NULL);
}

const struct route balancer_call_routes[] = {
	{ "GET", "/loadbalancers", list },
	{ "POST", "/loadbalancers", balancer_create },
	{ "DELETE", "/loadbalancers", delete_many },
	{ "GET", "/loadbalancers/{id}", get },
	{ "PUT", "/loadbalancers/{id}", update },
	{ "DELETE", "/loadbalancers/{id}", delete_one },
	ROUTE_END,
};
