/* SPDX-License-Identifier: Apache-2.0 */
/* What a balancer has one of: session persistence, a health monitor, a
 * connection throttle, connection logging, content caching. The last three,
 * and persistence other than by cookie, have no effect on traffic. */
#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/balancer_check.h"
#include "tests/cloud/record.h"

static void changed(struct call *call, struct balancer *b)
{
	balancer_begin(call->cloud, b, "PENDING_UPDATE");
	call_reply(call, 202, NULL);
}

/* {"name": tree}; {"name": {}} when there is none. */
static void show(struct call *call, const char *name, const cJSON *tree)
{
	call_reply(call, 200,
		json_object(JSON_TAKE(
			name, tree ? json_copy(tree) : cJSON_CreateObject())));
}

/* Takes away what is there; 422 when nothing is. */
static void take_away(
	struct call *call, struct balancer *b, cJSON **tree, const char *what)
{
	if (!*tree) {
		call_fail(call, 422, "%s is not set.", what);
		return;
	}
	if (!balancer_may_change(call, b))
		return;
	record_set_tree(tree, NULL);
	changed(call, b);
}

static void get_persistence(struct call *call)
{
	const struct balancer *b = balancer_of_part(call);

	if (b)
		show(call, "sessionPersistence", b->persistence);
}

static void put_persistence(struct call *call)
{
	const cJSON *given = schema_body(
		call, "sessionPersistence", SCHEMA_OBJECT, schema_persistence);
	struct balancer *b = given ? balancer_of_part(call) : NULL;
	cJSON *messages;

	if (!b)
		return;
	messages = cJSON_CreateArray();
	check_persistence(
		json_str(given, "persistenceType"), b->protocol, messages);
	if (!check_passed(call, messages) || !balancer_may_change(call, b))
		return;
	record_set_tree(&b->persistence, json_copy(given));
	changed(call, b);
}

static void delete_persistence(struct call *call)
{
	struct balancer *b = balancer_of_part(call);

	if (b)
		take_away(call, b, &b->persistence, "Session persistence");
}

static void get_monitor(struct call *call)
{
	const struct balancer *b = balancer_of_part(call);

	if (b)
		show(call, "healthMonitor", b->monitor);
}

static void put_monitor(struct call *call)
{
	const cJSON *given = schema_body(
		call, "healthMonitor", SCHEMA_OBJECT, schema_monitor);
	struct balancer *b = given ? balancer_of_part(call) : NULL;
	const struct protocol *p = b ? protocol_find(b->protocol) : NULL;
	cJSON *messages;

	if (!b)
		return;
	messages = cJSON_CreateArray();
	check_monitor(call->cloud, given, messages);
	if (p && p->udp)
		check_add(
			messages, "%s cannot have a health monitor.", p->name);
	if (!check_passed(call, messages) || !balancer_may_change(call, b))
		return;
	balancer_set_monitor(call->cloud, b, json_copy(given));
	changed(call, b);
}

static void delete_monitor(struct call *call)
{
	struct balancer *b = balancer_of_part(call);

	if (!b)
		return;
	if (!b->monitor) {
		call_fail(call, 422, "A health monitor is not set.");
		return;
	}
	if (!balancer_may_change(call, b))
		return;
	balancer_set_monitor(call->cloud, b, NULL);
	changed(call, b);
}

static void get_throttle(struct call *call)
{
	const struct balancer *b = balancer_of_part(call);

	if (b)
		show(call, "connectionThrottle", b->throttle);
}

/* Later calls may give some of the members. */
static void put_throttle(struct call *call)
{
	const cJSON *given = schema_body(
		call, "connectionThrottle", SCHEMA_OBJECT, schema_throttle);
	struct balancer *b = given ? balancer_of_part(call) : NULL;
	int64_t most = schema_int(given, "maxConnections", 0);

	if (!b)
		return;
	if (most < 0 || most > 100000) {
		check_fail(call, "Must provide a valid maxConnections: "
				 "0-100000.");
		return;
	}
	if (!balancer_may_change(call, b))
		return;
	if (!b->throttle)
		b->throttle = cJSON_CreateObject();
	json_each (member, given) {
		json_set(b->throttle, member->string, json_copy(member));
	}
	changed(call, b);
}

static void delete_throttle(struct call *call)
{
	struct balancer *b = balancer_of_part(call);

	if (b)
		take_away(call, b, &b->throttle, "Connection throttle");
}

static void show_enabled(struct call *call, const char *name, bool enabled)
{
	call_reply(call, 200,
		json_object(JSON_TAKE(
			name, json_object(JSON_BOOL("enabled", enabled)))));
}

/* What a switch shall become; false when it has answered. */
static bool read_switch(
	struct call *call, const char *name, struct balancer **b, bool *enabled)
{
	const cJSON *given =
		schema_body(call, name, SCHEMA_OBJECT, schema_enabled);

	*b = given ? balancer_of_part(call) : NULL;
	*enabled = schema_bool(given, "enabled", false);
	if (!*b)
		return false;
	return schema_has(given, "enabled") ||
	       check_fail(call, "Must provide enabled.");
}

/* Whether it may be as `new' is. */
static bool may_become(
	struct call *call, const struct balancer *b, const struct balancer *new)
{
	cJSON *messages = cJSON_CreateArray();

	check_features(new, messages);
	return check_passed(call, messages) && balancer_may_change(call, b);
}

static void get_logging(struct call *call)
{
	const struct balancer *b = balancer_of_part(call);

	if (b)
		show_enabled(call, "connectionLogging", b->logging);
}

static void put_logging(struct call *call)
{
	struct balancer *b, new;
	bool enabled;

	if (!read_switch(call, "connectionLogging", &b, &enabled))
		return;
	new = *b;
	new.logging = enabled;
	if (!may_become(call, b, &new))
		return;
	b->logging = enabled;
	changed(call, b);
}

static void get_caching(struct call *call)
{
	const struct balancer *b = balancer_of_part(call);

	if (b)
		show_enabled(call, "contentCaching", b->caching);
}

static void put_caching(struct call *call)
{
	struct balancer *b, new;
	bool enabled;

	if (!read_switch(call, "contentCaching", &b, &enabled))
		return;
	new = *b;
	new.caching = enabled;
	if (!may_become(call, b, &new))
		return;
	b->caching = enabled;
	changed(call, b);
}

#define BALANCER "/loadbalancers/{id}"

const struct route balancer_part_routes[] = {
	{ "GET", BALANCER "/sessionpersistence", get_persistence },
	{ "PUT", BALANCER "/sessionpersistence", put_persistence },
	{ "DELETE", BALANCER "/sessionpersistence", delete_persistence },
	{ "GET", BALANCER "/healthmonitor", get_monitor },
	{ "PUT", BALANCER "/healthmonitor", put_monitor },
	{ "DELETE", BALANCER "/healthmonitor", delete_monitor },
	{ "GET", BALANCER "/connectionthrottle", get_throttle },
	{ "PUT", BALANCER "/connectionthrottle", put_throttle },
	{ "DELETE", BALANCER "/connectionthrottle", delete_throttle },
	{ "GET", BALANCER "/connectionlogging", get_logging },
	{ "PUT", BALANCER "/connectionlogging", put_logging },
	{ "GET", BALANCER "/contentcaching", get_caching },
	{ "PUT", BALANCER "/contentcaching", put_caching },
	ROUTE_END,
};
