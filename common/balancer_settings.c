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

/* A feature has a path of its own, where PUT sets and DELETE removes it. */
struct feature {
	const char *path, *key; /* of it, and of the balancer's member */
	const char *setting, *removing;
};

static void set_feature(struct task *t, const cJSON *balancer,
	const struct feature *feature, const cJSON *was, const cJSON *value,
	enum step_wait wait)
{
	cJSON *body = NULL, *after;
	struct step *step;

	if (value) {
		body = pool_keep(t->pool, cJSON_CreateObject());
		json_set(body, feature->key, json_copy(value));
	}
	step = balancer_change(t, balancer, value ? "PUT" : "DELETE",
		feature->path, body,
		value ? feature->setting : feature->removing, wait);
	step->was = was;
	step->becomes = value;
	after = balancer_so_far(t, balancer);
	json_set(after, feature->key,
		value ? json_copy(value) : cJSON_CreateObject());
	step->object = after;
}

void balancer_set_monitor(struct task *t, const cJSON *balancer,
	const cJSON *was, const cJSON *monitor, enum step_wait wait)
{
	static const struct feature health_monitor = { "/healthmonitor",
		"healthMonitor", "setting the health monitor of",
		"removing the health monitor of" };

	set_feature(t, balancer, &health_monitor, was, monitor, wait);
}

void balancer_set_persistence(struct task *t, const cJSON *balancer,
	const char *type, enum step_wait wait)
{
	static const struct feature persistence = { "/sessionpersistence",
		"sessionPersistence", "setting the session persistence of",
		"removing the session persistence of" };
	const cJSON *value =
		type && *type
			? pool_keep(t->pool, json_object(JSON_STR(
						     "persistenceType", type)))
			: NULL;

	set_feature(t, balancer, &persistence,
		json_member(balancer, "sessionPersistence"), value, wait);
}
