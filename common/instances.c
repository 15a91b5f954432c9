/* SPDX-License-Identifier: Apache-2.0 */
#include "common/instances.h"

#include "common/facts.h"
#include "common/str.h"

/* The lists of the result, each with its ids. */
struct lists {
	cJSON *instances, *success, *error, *timeout;
};

/* The server of a step as the result shows it. The password is told only in
 * the answer to the create. */
static cJSON *facts_of(const struct step *s)
{
	const char *password = json_str(s->reply, "server.adminPass");
	cJSON *facts = facts_of_server(s->object);

	if (password)
		json_set_str(facts, "rax_adminpass", password);
	if (s->state == STEP_FAILED || s->state == STEP_LOST)
		json_set_str(facts, "msg", s->err->text);
	return facts;
}

/* A server that was refused has a name and a reason, but no id. */
static cJSON *facts_of_refused(const struct step *s)
{
	const char *name = json_str(s->object, "name");

	return json_object(JSON_TAKE("id", cJSON_CreateNull()),
		JSON_STR("name", name), JSON_STR("rax_name", name),
		JSON_STR("status", "ERROR"), JSON_STR("msg", s->err->text));
}

static cJSON *facts_of_deleted(const struct step *s, bool seen_gone)
{
	cJSON *facts = facts_of_server(s->object);

	if (seen_gone) {
		json_set_str(facts, "status", "DELETED");
		json_set_str(facts, "rax_status", "DELETED");
	}
	return facts;
}

/* Which list a step belongs to; steps that a check run has only planned are
 * predicted to succeed. */
static cJSON *list_for(const struct lists *l, const struct step *s, bool check)
{
	if (s->state == STEP_DONE || check)
		return l->success;
	return s->state == STEP_LATE ? l->timeout : l->error;
}

static void sort_step(struct lists *l, const struct step *s, bool check)
{
	cJSON *list = list_for(l, s, check);
	bool removes = streq(s->method, "DELETE");

	if (removes && list == l->success)
		json_append(list,
			facts_of_deleted(s,
				s->wait == WAIT_USABLE || !(s->took || check)));
	else
		json_append(list, s->id || check || removes
					  ? facts_of(s)
					  : facts_of_refused(s));
}

/* One that was there already, perhaps waited for meanwhile. */
static void sort_existing(
	struct lists *l, const struct task *t, const cJSON *server)
{
	for (size_t i = 0; i < t->plan->count; i++) {
		const struct step *s = t->plan->steps[i];

		if (s->method || !streq(s->id, json_str(server, "id")))
			continue;
		server = s->object;
		if (s->state == STEP_DONE || s->state == STEP_STARTED)
			break;
		json_append(list_for(l, s, false), facts_of(s));
		return;
	}
	json_append(l->instances, facts_of_server(server));
}

/* One that was gone already, or going. */
static void sort_gone(struct lists *l, const struct task *t, const char *id)
{
	for (size_t i = 0; i < t->plan->count; i++) {
		const struct step *s = t->plan->steps[i];

		if (s->method || !streq(s->id, id) || s->state == STEP_DONE ||
			s->state == STEP_STARTED)
			continue;
		json_append(list_for(l, s, false), facts_of(s));
		return;
	}
	json_append(l->success,
		json_object(JSON_STR("id", id), JSON_STR("rax_id", id),
			JSON_STR("status", "DELETED"),
			JSON_STR("rax_status", "DELETED")));
}

static void sort_all(struct lists *l, const struct task *t,
	const cJSON *existing, const cJSON *gone)
{
	for (size_t i = 0; i < t->plan->count; i++)
		if (t->plan->steps[i]->method)
			sort_step(l, t->plan->steps[i], !t->plan->applied);
	json_each (id, gone) {
		sort_gone(l, t, id->valuestring);
	}
	json_each (server, existing) {
		sort_existing(l, t, server);
	}
}

/* "create", "delete", or NULL when nothing changes. */
static const char *action_of(const struct task *t)
{
	for (size_t i = 0; i < t->plan->count; i++)
		if (t->plan->steps[i]->method)
			return streq(t->plan->steps[i]->method, "POST")
				       ? "create"
				       : "delete";
	return NULL;
}

static cJSON *ids_of(const cJSON *list)
{
	cJSON *ids = cJSON_CreateArray();

	json_each (facts, list) {
		json_append(ids, json_new_str(json_str(facts, "id")));
	}
	return ids;
}

void instances_report(struct task *t, const cJSON *existing, const cJSON *gone)
{
	const char *action = action_of(t);
	bool deleting = streq(action, "delete");
	const char *verb = deleting ? "delete" : "build";
	struct lists l = { cJSON_CreateArray(), cJSON_CreateArray(),
		cJSON_CreateArray(), cJSON_CreateArray() };
	cJSON *instances = cJSON_CreateArray();

	sort_all(&l, t, existing, gone);
	json_each (facts, deleting ? NULL : l.success) {
		json_append(instances, json_copy(facts));
	}
	while (l.instances->child)
		json_append(
			instances, cJSON_DetachItemFromArray(l.instances, 0));
	cJSON_Delete(l.instances);
	if (l.timeout->child)
		task_fail(t, "Timeout waiting for all servers to %s%s", verb,
			t->failure
				? pool_printf(t->pool, ": %s", t->failure->text)
				: "");
	else if (l.error->child)
		task_fail(t, "Failed to %s all servers: %s", verb,
			json_str(l.error->child, "msg"));
	task_result(t, "action",
		action ? json_new_str(action) : cJSON_CreateNull());
	task_result(t, "instance_ids",
		json_object(JSON_TAKE("instances", ids_of(instances)),
			JSON_TAKE("success", ids_of(l.success)),
			JSON_TAKE("error", ids_of(l.error)),
			JSON_TAKE("timeout", ids_of(l.timeout))));
	task_result(t, "instances", instances);
	task_result(t, "success", l.success);
	task_result(t, "error", l.error);
	task_result(t, "timeout", l.timeout);
}
