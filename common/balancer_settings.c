/* SPDX-License-Identifier: Apache-2.0 */
/* Changing what a balancer is like: its settings, health monitor and session
 * persistence. */
#include "common/balancer.h"

void balancer_update(struct task *t, const cJSON *balancer,
	const cJSON *settings, enum step_wait wait)
{
	cJSON *was = pool_keep(t->pool, cJSON_CreateObject());
	cJSON *after = pool_keep(t->pool, json_copy(balancer));
	const cJSON *body = pool_keep(
		t->pool, json_object(JSON_COPY("loadBalancer", settings)));
	struct step *step;

	json_each (setting, settings) {
		json_set(was, setting->string,
			json_copy(json_member(balancer, setting->string)));
		json_set(after, setting->string, json_copy(setting));
	}
	/* The cloud then switches it off (load-balancers.md A2, update traps).
	 */
	if (json_member(settings, "protocol"))
		json_remove(after, "sessionPersistence");
	step = balancer_change(t, balancer, "PUT", "", body, "changing", wait);
	step->was = was;
	step->becomes = settings;
	step->object = after;
}

void balancer_set_monitor(struct task *t, const cJSON *balancer,
	const cJSON *was, const cJSON *monitor, enum step_wait wait)
{
	const cJSON *body =
		monitor ? pool_keep(t->pool, json_object(JSON_COPY(
						     "healthMonitor", monitor)))
			: NULL;
	struct step *step = balancer_change(t, balancer,
		monitor ? "PUT" : "DELETE", "/healthmonitor", body,
		monitor ? "setting the health monitor of"
			: "removing the health monitor of",
		wait);
	cJSON *after;

	step->was = was;
	step->becomes = monitor;
	after = balancer_so_far(t, balancer);
	json_set(after, "healthMonitor",
		monitor ? json_copy(monitor) : cJSON_CreateObject());
	step->object = after;
}

void balancer_set_persistence(struct task *t, const cJSON *balancer,
	const char *type, enum step_wait wait)
{
	const cJSON *value =
		type && *type
			? pool_keep(t->pool, json_object(JSON_STR(
						     "persistenceType", type)))
			: NULL;
	const cJSON *body =
		value ? pool_keep(t->pool,
				json_object(
					JSON_COPY("sessionPersistence", value)))
		      : NULL;
	struct step *step = balancer_change(t, balancer,
		value ? "PUT" : "DELETE", "/sessionpersistence", body,
		value ? "setting the session persistence of"
		      : "removing the session persistence of",
		wait);
	cJSON *after;

	step->was = json_member(balancer, "sessionPersistence");
	step->becomes = value;
	after = balancer_so_far(t, balancer);
	json_set(after, "sessionPersistence",
		value ? json_copy(value) : cJSON_CreateObject());
	step->object = after;
}
