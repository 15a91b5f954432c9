/* SPDX-License-Identifier: Apache-2.0 */
/* What is the same for all balancers: protocols, algorithms, limits. */
#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/balancer_check.h"

static void list_protocols(struct call *call)
{
	cJSON *list = cJSON_CreateArray();

	for (const struct protocol *p = protocols; p->name; p++)
		json_append(list, json_object(JSON_STR("name", p->name),
					  JSON_INT("port", p->port)));
	call_reply(call, 200, json_object(JSON_TAKE("protocols", list)));
}

static void list_algorithms(struct call *call)
{
	cJSON *list = cJSON_CreateArray();

	for (const char *const *a = algorithms; *a; a++)
		json_append(list, json_object(JSON_STR("name", *a)));
	call_reply(call, 200, json_object(JSON_TAKE("algorithms", list)));
}

static void list_domains(struct call *call)
{
	call_reply(call, 200,
		json_object(JSON_TAKE("allowedDomains", cJSON_CreateArray())));
}

static void add_limit(cJSON *list, const char *name, int64_t value)
{
	json_append(list,
		json_object(JSON_STR("name", name), JSON_INT("value", value)));
}

static void absolute_limits(struct call *call)
{
	const struct balancer_quirks *quirks = &call->cloud->balancers->quirks;
	cJSON *list = cJSON_CreateArray();

	add_limit(list, "IPV6_LIMIT", 25);
	add_limit(list, "LOADBALANCER_LIMIT", quirks->balancer_limit);
	add_limit(list, "BATCH_DELETE_LIMIT", 10);
	add_limit(list, "ACCESS_LIST_LIMIT", 100);
	add_limit(list, "NODE_LIMIT", quirks->node_limit);
	add_limit(list, "NODE_META_LIMIT", 25);
	add_limit(list, "LOADBALANCER_META_LIMIT", 25);
	add_limit(list, "CERTIFICATE_MAPPING_LIMIT", 20);
	call_reply(call, 200, json_object(JSON_TAKE("absolute", list)));
}

/* What the documents say; it is POST /_sim/config that sets real ones. */
static void rate_limits(struct call *call)
{
	static const struct {
		const char *verb;
		int64_t second, minute;
	} rows[] = { { "GET", 10, 600 }, { "PUT", 10, 600 }, { "POST", 5, 300 },
		{ "DELETE", 5, 300 } };
	cJSON *list = cJSON_CreateArray(), *rates = cJSON_CreateArray();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		json_append(list, json_object(JSON_STR("verb", rows[i].verb),
					  JSON_INT("value", rows[i].second),
					  JSON_STR("unit", "SECOND")));
		json_append(list, json_object(JSON_STR("verb", rows[i].verb),
					  JSON_INT("value", rows[i].minute),
					  JSON_STR("unit", "MINUTE")));
	}
	json_append(rates,
		json_object(JSON_STR("uri", "*"), JSON_STR("regex", ".*"),
			JSON_TAKE("limit", list)));
	call_reply(call, 200,
		json_object(JSON_TAKE(
			"limits", json_object(JSON_TAKE("rate", rates)))));
}

const struct route balancer_info_routes[] = {
	{ "GET", "/loadbalancers/protocols", list_protocols },
	{ "GET", "/loadbalancers/algorithms", list_algorithms },
	{ "GET", "/loadbalancers/alloweddomains", list_domains },
	{ "GET", "/loadbalancers/absolutelimits", absolute_limits },
	{ "GET", "/limits", rate_limits },
	{ "GET", "/loadbalancers/limits", rate_limits },
	ROUTE_END,
};
