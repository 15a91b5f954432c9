/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and showing balancers; what changes them is in balancer_steps.c. */
#include "common/balancer.h"

#include <string.h>

#include "common/server.h"
#include "common/str.h"

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

const char *balancer_id(struct task *t, const cJSON *balancer)
{
	const char *id = json_scalar_text(json_member(balancer, "id"));

	return pool_copy(t->pool, id ? id : "");
}

bool balancer_is_going(const cJSON *balancer)
{
	const char *status = json_str(balancer, "status");

	/* The provider's own mock writes a hyphen. */
	return streq(status, "PENDING_DELETE") ||
	       streq(status, "PENDING-DELETE") || streq(status, "DELETED");
}

int balancer_list(struct task *t, const char *name, const cJSON **balancers,
	struct err *e)
{
	const char *path = name ? pool_printf(t->pool, "/loadbalancers?name=%s",
					  cloud_escape(t->cloud, name))
				: "/loadbalancers";
	cJSON *list, *next;

	if (cloud_list(t->cloud, CLOUD_BALANCER, path, "loadBalancers",
		    "listing load balancers", &list, e) < 0)
		return -1;
	for (cJSON *balancer = list->child; balancer; balancer = next) {
		next = balancer->next;
		if (streq(json_str(balancer, "status"), "DELETED") ||
			(name && !streq(json_str(balancer, "name"), name)))
			cJSON_Delete(
				cJSON_DetachItemViaPointer(list, balancer));
	}
	*balancers = list;
	return 0;
}

int balancer_read(struct cloud *c, const char *id, const char *doing,
	const cJSON **balancer, struct err *e)
{
	const cJSON *reply, *details;

	if (cloud_get(c, CLOUD_BALANCER,
		    pool_printf(
			    c->pool, "/loadbalancers/%s", cloud_escape(c, id)),
		    doing, &reply, e) < 0)
		return -1;
	details = json_member(reply, "loadBalancer");
	if (!cJSON_IsObject(details))
		return err_set(e, ERR_OTHER,
			"The answer has no \"loadBalancer\" (load balancer "
			"%s: %s%s)",
			id, doing, cloud_where(c));
	*balancer = details;
	return 0;
}

int balancer_get(
	struct task *t, const char *id, const cJSON **balancer, struct err *e)
{
	if (balancer_read(t->cloud, id,
		    pool_printf(t->pool, "reading load balancer %s", id),
		    balancer, e) < 0)
		return -1;
	if (streq(json_str(*balancer, "status"), "DELETED"))
		return err_set(
			e, ERR_ABSENT, "Load balancer %s is deleted", id);
	return 0;
}

/* What an earlier task of a check run has said that it would make. */
static const cJSON *predicted(struct task *t, const char *id, const char *name)
{
	return pool_keep(
		t->pool, json_object(JSON_STR("id", id), JSON_STR("name", name),
				 JSON_STR("status", "ACTIVE")));
}

static int find_by_name(
	struct task *t, const char *name, const cJSON **balancer, struct err *e)
{
	const cJSON *balancers, *match = NULL, *going = NULL;
	int count = 0;

	if (balancer_list(t, name, &balancers, e) < 0)
		return -1;
	json_each (other, balancers) {
		if (balancer_is_going(other)) {
			going = other;
		} else {
			match = other;
			count++;
		}
	}
	if (count > 1)
		return err_set(e, ERR_OTHER,
			"Multiple Load Balancers were matched by name, try "
			"using the Load Balancer ID instead");
	*balancer = NULL;
	match = match ? match : going;
	if (!match)
		return 0;
	if (balancer_get(t, balancer_id(t, match), balancer, e) < 0)
		return e->code == ERR_ABSENT ? 0 : -1;
	return 0;
}

int balancer_find(struct task *t, const char *given, const cJSON **balancer,
	struct err *e)
{
	if (task_is_predicted(t, given)) {
		*balancer = predicted(t, given, given);
		return 0;
	}
	if (is_number(given)) {
		if (balancer_get(t, given, balancer, e) == 0)
			return 0;
		if (e->code != ERR_ABSENT)
			return -1;
	}
	return find_by_name(t, given, balancer, e);
}

int balancer_need(struct task *t, const char *given, const cJSON **balancer,
	struct err *e)
{
	if (balancer_find(t, given, balancer, e) < 0)
		return -1;
	if (*balancer && !balancer_is_going(*balancer))
		return 0;
	if (!t->check)
		return err_set(e, ERR_ABSENT,
			"No loadbalancer was matched (%s%s)", given,
			cloud_where(t->cloud));
	task_warn(t,
		"There is no load balancer %s yet; predicted as if an earlier "
		"task made it",
		given);
	*balancer = predicted(t, pool_printf(t->pool, "<%s.id>", given), given);
	return 0;
}

int balancer_monitor(struct task *t, const cJSON *balancer,
	const cJSON **monitor, struct err *e)
{
	const char *id = balancer_id(t, balancer);
	const cJSON *reply;

	*monitor = pool_keep(t->pool, cJSON_CreateObject());
	if (task_is_predicted(t, id))
		return 0;
	if (cloud_get(t->cloud, CLOUD_BALANCER,
		    pool_printf(t->pool, "/loadbalancers/%s/healthmonitor",
			    cloud_escape(t->cloud, id)),
		    pool_printf(t->pool,
			    "reading the health monitor of load balancer %s",
			    id),
		    &reply, e) < 0)
		return e->code == ERR_ABSENT ? 0 : -1;
	if (json_member(reply, "healthMonitor"))
		*monitor = json_member(reply, "healthMonitor");
	return 0;
}

int balancer_limits(struct task *t, const cJSON **limits, struct err *e)
{
	cJSON *named = pool_keep(t->pool, cJSON_CreateObject());
	const cJSON *reply;

	if (cloud_get(t->cloud, CLOUD_BALANCER, "/loadbalancers/absolutelimits",
		    "reading the limits of load balancers", &reply, e) < 0)
		return -1;
	json_each (limit, json_member(reply, "absolute")) {
		const char *name = json_str(limit, "name");

		if (name)
			json_set(named, name,
				json_copy(json_member(limit, "value")));
	}
	*limits = named;
	return 0;
}

const cJSON *balancer_metadata_texts(struct task *t, const cJSON *given)
{
	cJSON *texts =
		pool_keep(t->pool, json_copy(server_metadata_texts(t, given)));

	json_each (pair, given) {
		if (cJSON_IsNull(pair))
			json_set(texts, pair->string, cJSON_CreateNull());
	}
	return texts;
}

const char *balancer_metadata(const cJSON *balancer, const char *key)
{
	const cJSON *item =
		json_find(json_member(balancer, "metadata"), "key", key);

	return json_scalar_text(json_member(item, "value"));
}

cJSON *balancer_node_facts(const cJSON *node, bool with_status)
{
	static const char *const keys[] = { "address", "port", "condition",
		"type", "id" };
	const cJSON *weight = json_member(node, "weight");
	cJSON *facts = cJSON_CreateObject();

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		json_set(facts, keys[i], json_copy(json_member(node, keys[i])));
	/* It is shown only while the algorithm is a weighted one. */
	json_set(facts, "weight", weight ? json_copy(weight) : json_new_int(1));
	if (with_status)
		json_set(facts, "status",
			json_copy(json_member(node, "status")));
	return facts;
}

static cJSON *virtual_ips(const cJSON *balancer)
{
	cJSON *list = cJSON_CreateArray();

	json_each (vip, json_member(balancer, "virtualIps")) {
		cJSON *shown = json_copy(vip);
		const cJSON *version = json_member(vip, "ipVersion");

		json_set(shown, "ip_version", json_copy(version));
		json_remove(shown, "ipVersion");
		json_append(list, shown);
	}
	return list;
}

/* The API shows none where there are none; our mark is never shown. */
static bool has_only_mark(const cJSON *metadata)
{
	json_each (item, metadata) {
		if (!streq(json_str(item, "key"), PLAN_MARK_KEY))
			return false;
	}
	return json_size(metadata) > 0;
}

cJSON *balancer_facts(const cJSON *balancer)
{
	const char *persistence =
		json_str(balancer, "sessionPersistence.persistenceType");
	cJSON *facts = json_object(JSON_BOOL("HUMAN_ID", false),
		JSON_STR("NAME_ATTR", "name"), JSON_BOOL("get_details", true),
		JSON_TAKE("human_id", cJSON_CreateNull()),
		JSON_BOOL("loaded", true));
	const cJSON *nodes = json_member(balancer, "nodes");
	cJSON *shown = nodes ? cJSON_CreateArray() : NULL;

	json_each (member, balancer) {
		json_set(facts, member->string, json_copy(member));
	}
	if (has_only_mark(json_member(balancer, "metadata")))
		json_remove(facts, "metadata");
	json_remove(facts, "virtualIps");
	json_set(facts, "virtual_ips", virtual_ips(balancer));
	json_each (node, nodes) {
		json_append(shown, balancer_node_facts(node, true));
	}
	json_set(facts, "nodes", shown);
	json_set(facts, "connection_logging",
		json_new_bool(
			json_bool(balancer, "connectionLogging.enabled")));
	json_set(facts, "content_caching",
		json_new_bool(json_bool(balancer, "contentCaching.enabled")));
	json_set_str(
		facts, "session_persistence", persistence ? persistence : "");
	return facts;
}
