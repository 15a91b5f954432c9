/* SPDX-License-Identifier: Apache-2.0 */
/* Access lists and SSL termination: kept and shown, without an effect on
 * traffic. */
#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/balancer_check.h"
#include "tests/cloud/record.h"

static void list(struct call *call)
{
	const struct balancer *b = balancer_of_part(call);

	if (b)
		call_reply(call, 200,
			json_object(JSON_TAKE("accessList",
				b->access ? json_copy(b->access)
					  : cJSON_CreateArray())));
}

/* Appends. */
static void add(struct call *call)
{
	static const char *const members[] = { "address", "type", NULL };
	const cJSON *items =
		schema_body(call, "accessList", SCHEMA_LIST, schema_access);
	struct balancer *b = items ? balancer_of_part(call) : NULL;
	cJSON *messages;

	if (!b)
		return;
	messages = cJSON_CreateArray();
	check_access(items, b->access, messages);
	if (!check_passed(call, messages) || !balancer_may_change(call, b))
		return;
	balancer_add_items(call->cloud, &b->access, items, members);
	balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 202, NULL);
}

/* All of these or none. */
static void delete_items(
	struct call *call, struct balancer *b, const int64_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!balancer_find_item(b->access, ids[i])) {
			check_fail(call,
				"Access list item %lld is not a part of your "
				"loadbalancer",
				(long long)ids[i]);
			return;
		}
	if (!balancer_may_change(call, b))
		return;
	for (size_t i = 0; i < n; i++)
		cJSON_Delete(balancer_take_item(&b->access, ids[i]));
	balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 202, NULL);
}

/* Without ids: the whole list. */
static void delete_many(struct call *call)
{
	struct balancer *b;
	const int64_t *ids;
	size_t n;

	if (call_query(call, "id")) {
		ids = check_ids(call, "access list items", &n);
		b = ids ? balancer_of_part(call) : NULL;
		if (b)
			delete_items(call, b, ids, n);
		return;
	}
	b = balancer_of_part(call);
	if (!b || !balancer_may_change(call, b))
		return;
	record_set_tree(&b->access, NULL);
	balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 202, NULL);
}

static void delete_one(struct call *call)
{
	struct balancer *b = balancer_of_part(call);
	int64_t id = call_param_int(call, "item");

	if (b)
		delete_items(call, b, &id, 1);
}

/* Unlike everything else that a balancer has one of, 404 without it. */
static void get_ssl(struct call *call)
{
	const struct balancer *b = balancer_of_part(call);

	if (!b)
		return;
	if (b->ssl)
		call_reply(call, 200,
			json_object(JSON_COPY("sslTermination", b->ssl)));
	else
		call_fail(call, 404, "SSL termination not found");
}

static void check_ssl(
	const struct balancer *b, const cJSON *given, cJSON *messages)
{
	bool key = schema_has(given, "privatekey");
	bool certificate = schema_has(given, "certificate");
	int64_t port = schema_int(given, "securePort", b->ssl ? 443 : 0);
	const struct protocol *p = protocol_find(b->protocol);

	if (key != certificate || (!b->ssl && !key))
		check_add(messages, "Must provide a certificate and its "
				    "private key together.");
	if (schema_has(given, "intermediateCertificate") && !key)
		check_add(messages, "An intermediate certificate needs a "
				    "certificate and its private key.");
	if (port < 1 || port > 65535)
		check_add(messages, "Must provide a valid securePort.");
	if (streq(b->protocol, "HTTPS") || (p && p->udp))
		check_add(messages, "%s cannot have SSL termination.",
			b->protocol);
}

/* The key is never shown again. */
static void put_ssl(struct call *call)
{
	const cJSON *given =
		schema_body(call, "sslTermination", SCHEMA_OBJECT, schema_ssl);
	struct balancer *b = given ? balancer_of_part(call) : NULL;
	cJSON *messages;

	if (!b)
		return;
	messages = cJSON_CreateArray();
	check_ssl(b, given, messages);
	if (!check_passed(call, messages) || !balancer_may_change(call, b))
		return;
	if (!b->ssl)
		b->ssl = json_object(JSON_BOOL("enabled", true),
			JSON_BOOL("secureTrafficOnly", false));
	json_each (member, given) {
		if (!cJSON_IsNull(member) &&
			!streq(member->string, "privatekey"))
			json_set(b->ssl, member->string, json_copy(member));
	}
	balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 200,
		json_object(JSON_TAKE("sslTermination", cJSON_CreateObject())));
}

static void delete_ssl(struct call *call)
{
	struct balancer *b = balancer_of_part(call);

	if (!b)
		return;
	if (!b->ssl) {
		call_fail(call, 422, "SSL termination is not set.");
		return;
	}
	if (!balancer_may_change(call, b))
		return;
	record_set_tree(&b->ssl, NULL);
	balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 200, NULL);
}

#define ACCESS "/loadbalancers/{id}/accesslist"
#define SSL    "/loadbalancers/{id}/ssltermination"

const struct route balancer_access_routes[] = {
	{ "GET", ACCESS, list },
	{ "POST", ACCESS, add },
	{ "DELETE", ACCESS, delete_many },
	{ "DELETE", ACCESS "/{item}", delete_one },
	{ "GET", SSL, get_ssl },
	{ "PUT", SSL, put_ssl },
	{ "DELETE", SSL, delete_ssl },
	ROUTE_END,
};
