/* SPDX-License-Identifier: Apache-2.0 */
/* Making, changing and removing balancers: the steps, and how to tell what
 * became of them. */
#include <string.h>

#include "common/balancer.h"
#include "common/str.h"

/* Items of metadata that a balancer can have (load-balancers.md A4). */
#define METADATA_MAX 25

/* A node or an item of metadata that has gone meanwhile, and a region that
 * knows no change of many nodes at once, ask for a new plan. A 400 that does
 * not speak of the schema is about what was asked for: it stays. */
static bool is_about_lost_part(const struct call *call)
{
	const char *nodes = strstr(call->path, "/nodes");
	long status = call->http.status;

	if (!streq(call->method, "PUT"))
		return false;
	if (status == 404)
		return nodes || strstr(call->path, "/metadata/");
	if (status == 400)
		return streq(nodes, "/nodes") &&
		       cloud_says(call, "expected schema");
	return nodes && status == 405;
}

/* What is off cannot be switched off (load-balancers.md A6): after a lost
 * answer that is what the first request has done. */
static bool is_off_already(const struct call *call)
{
	return streq(call->method, "DELETE") && call->http.status == 422 &&
	       (strstr(call->path, "/sessionpersistence") ||
		       strstr(call->path, "/healthmonitor"));
}

/* The kinds of 422 and 413, and 400s that mean the same (load-balancers.md A1,
 * table of errors): told apart by their texts. */
static enum refusal refused(
	struct cloud *c, const struct step *s, const struct call *call)
{
	(void)c, (void)s;
	if (cloud_says(call, "duplicate nodes") ||
		cloud_says(call, "not a part of your loadbalancer") ||
		is_about_lost_part(call))
		return REFUSAL_CHANGED;
	if (cloud_says(call, "is deleted") || cloud_says(call, "DELETE' and") ||
		cloud_says(call, "DELETED' and") ||
		cloud_says(call, "ERROR' and") ||
		cloud_says(call, "SUSPENDED' and"))
		return REFUSAL_FINAL;
	if (cloud_says(call, "immutable") || cloud_says(call, "is not active"))
		return REFUSAL_BUSY;
	if ((streq(call->method, "DELETE") && call->http.status == 404) ||
		is_off_already(call))
		return REFUSAL_ALREADY;
	return REFUSAL_FINAL;
}

static bool is_pending(const char *status)
{
	return streq(status, "BUILD") ||
	       (status && str_starts(status, "PENDING") &&
		       !strstr(status, "DELETE"));
}

/* In the API's own words, as if the change had been sent. */
static int not_usable(struct cloud *c, const struct step *s, const char *status,
	struct err *e)
{
	return err_set(e, ERR_OTHER,
		"Load Balancer '%s' has a status of '%s' and is considered "
		"immutable. (%s%s)%s",
		s->target ? s->target : s->id, status ? status : "unknown",
		s->doing, cloud_where(c),
		streq(status, "ERROR")
			? " It takes no change any more: delete it and make "
			  "another."
		: streq(status, "SUSPENDED")
			? " Only the provider's support can undo that."
			: "");
}

/* 1 when it takes changes, 0 when it will, -1 when it never will. */
static int is_ready(struct cloud *c, const struct step *s, struct err *e)
{
	const cJSON *balancer;
	const char *status;

	if (balancer_read(c, s->target, s->doing, &balancer, e) < 0)
		return -1;
	status = json_str(balancer, "status");
	if (streq(status, "ACTIVE"))
		return 1;
	return is_pending(status) ? 0 : not_usable(c, s, status, e);
}

int balancer_look(struct cloud *c, struct step *s, struct err *e)
{
	const cJSON *balancer;
	const char *status;

	if (balancer_read(c, s->target ? s->target : s->id, s->doing, &balancer,
		    e) < 0) {
		/* One that was just made may not be shown yet. */
		if (e->code != ERR_ABSENT || !s->target)
			return -1;
		s->state = STEP_FAILED;
		*s->err = *e;
		return 0;
	}
	s->object = balancer;
	status = json_str(balancer, "status");
	if (!streq(status, "ACTIVE") && !is_pending(status)) {
		s->state = STEP_FAILED;
		not_usable(c, s, status, s->err);
	}
	return 0;
}

static int look_at_one(struct cloud *c, struct step *s, struct err *e)
{
	if (balancer_look(c, s, e) < 0)
		return -1;
	if (s->state != STEP_FAILED &&
		streq(json_str(s->object, "status"), "ACTIVE"))
		s->state = STEP_DONE;
	return 0;
}

static int look(
	struct cloud *c, struct step *const *steps, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (look_at_one(c, steps[i], e) < 0)
			return -1;
	return 0;
}

/* Whoever adds nodes wants to know their ids: from the answer, else by a look.
 * Until that the balancer is busy with the change. */
static int change_accepted(
	struct cloud *c, struct step *s, const cJSON *reply, struct err *e)
{
	cJSON *object = pool_keep(c->pool, json_copy(s->object));

	(void)e;
	json_set_str(object, "status", "PENDING_UPDATE");
	s->object = object;
	s->id = s->target;
	if (s->wait == WAIT_NOT && streq(s->method, "POST") &&
		!json_member(reply, "nodes"))
		s->wait = WAIT_LOOK;
	return 0;
}

static const struct step_kind changing = {
	.first_pause = 200,
	.refusal = refused,
	.accepted = change_accepted,
	.ready = is_ready,
	.look = look,
};

/* From ERROR it may be deleted; what is going already needs no second push. */
static int is_deletable(struct cloud *c, const struct step *s, struct err *e)
{
	const cJSON *balancer;

	if (balancer_read(c, s->target, s->doing, &balancer, e) < 0)
		return e->code == ERR_ABSENT ? 1 : -1;
	return is_pending(json_str(balancer, "status")) ? 0 : 1;
}

static enum refusal refused_delete(
	struct cloud *c, const struct step *s, const struct call *call)
{
	if (call->http.status == 404 || call->http.status == 410 ||
		cloud_says(call, "is deleted") ||
		cloud_says(call, "DELETED' and") ||
		cloud_says(call, "could not be found"))
		return REFUSAL_ALREADY;
	if (cloud_says(call, "DELETE' and") ||
		(call->http.status == 400 && cloud_says(call, "immutable")))
		return REFUSAL_BEGUN;
	return refused(c, s, call);
}

static int look_until_gone(
	struct cloud *c, struct step *const *steps, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		const cJSON *balancer;

		if (balancer_read(c, steps[i]->target, steps[i]->doing,
			    &balancer, e) < 0) {
			if (e->code != ERR_ABSENT)
				return -1;
			steps[i]->state = STEP_DONE;
			continue;
		}
		if (streq(json_str(balancer, "status"), "DELETED"))
			steps[i]->state = STEP_DONE;
	}
	return 0;
}

static const struct step_kind deleting = {
	.first_pause = 200,
	.refusal = refused_delete,
	.ready = is_deletable,
	.look = look_until_gone,
};

static int accepted(
	struct cloud *c, struct step *s, const cJSON *reply, struct err *e)
{
	const cJSON *balancer = json_member(reply, "loadBalancer");
	const char *id = json_scalar_text(json_member(balancer, "id"));

	if (!id || !*id)
		return err_set(e, ERR_OTHER,
			"The answer names no id (%s%s); look for the load "
			"balancer before trying again",
			s->doing, cloud_where(c));
	s->id = id;
	s->object = balancer;
	return 0;
}

/* Whether this balancer is the one that the step made. One that cannot be read
 * may be; one that is gone is not. */
static int is_lost_one(struct cloud *c, struct step *s, const char *id,
	bool *is, struct err *e)
{
	const cJSON *balancer;

	*is = false;
	if (balancer_read(c, id, s->doing, &balancer, e) < 0)
		return e->code == ERR_ABSENT ? 0 : -1;
	*is = streq(balancer_metadata(balancer, PLAN_MARK_KEY), s->mark);
	if (!*is)
		return 0;
	s->state = STEP_STARTED;
	s->since = cloud_now(c);
	s->id = id;
	s->object = balancer;
	return 0;
}

/* The list shows no metadata, so each of the name is read. */
static int find_lost_one(struct cloud *c, struct step *s, struct err *e)
{
	const char *name = json_str(s->body, "loadBalancer.name");
	bool is = false;
	cJSON *list;

	if (cloud_list(c, CLOUD_BALANCER,
		    pool_printf(c->pool, "/loadbalancers?name=%s",
			    cloud_escape(c, name)),
		    "loadBalancers", s->doing, &list, e) < 0)
		return -1;
	json_each (other, list) {
		const char *id = json_scalar_text(json_member(other, "id"));

		if (is || !id || !streq(json_str(other, "name"), name))
			continue;
		if (is_lost_one(c, s, id, &is, e) < 0)
			return -1;
	}
	return 0;
}

static int find_lost(
	struct cloud *c, struct step *const *steps, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (find_lost_one(c, steps[i], e) < 0)
			return -1;
	return 0;
}

static void undo(
	struct plan *plan, const struct cloud *c, const struct step *made)
{
	struct step *step =
		plan_add_removal(plan, &deleting, c, "/loadbalancers", made);

	/* Each waits until its own can be changed. */
	step->target = made->id;
	step->together = false;
}

static const struct step_kind creating = {
	.first_pause = 200,
	.refusal = refused,
	.accepted = accepted,
	.find_lost = find_lost,
	.look = look,
	.undo = undo,
};

static cJSON *metadata_list(const cJSON *metadata, const char *mark)
{
	cJSON *list = cJSON_CreateArray();

	json_each (pair, metadata) {
		if (!cJSON_IsNull(pair))
			json_append(list,
				json_object(JSON_STR("key", pair->string),
					JSON_STR("value", pair->valuestring)));
	}
	if (mark)
		json_append(list, json_object(JSON_STR("key", PLAN_MARK_KEY),
					  JSON_STR("value", mark)));
	return list;
}

/* A virtual IP that is shared is named by its id alone; ids are numbers. */
static cJSON *virtual_ips(const struct balancer_wish *w)
{
	cJSON *list = cJSON_CreateArray();
	int64_t id;

	if (!w->vip_id)
		json_append(list, json_object(JSON_STR("type", w->vip_type)));
	else if (str_int(w->vip_id, &id))
		json_append(list, json_object(JSON_INT("id", id)));
	else
		json_append(list, json_object(JSON_STR("id", w->vip_id)));
	return list;
}

static const cJSON *create_body(
	struct task *t, const struct balancer_wish *w, const char *mark)
{
	cJSON *persistence = w->persistence && *w->persistence
				     ? json_object(JSON_STR("persistenceType",
					       w->persistence))
				     : NULL;

	return pool_keep(t->pool,
		json_object(JSON_TAKE("loadBalancer",
			json_object(JSON_STR("name", w->name),
				JSON_STR("protocol", w->protocol),
				JSON_INT("port", w->port),
				JSON_STR("algorithm", w->algorithm),
				JSON_INT("timeout", w->timeout),
				JSON_TAKE("virtualIps", virtual_ips(w)),
				JSON_TAKE("metadata",
					metadata_list(w->metadata, mark)),
				JSON_COPY("healthMonitor", w->monitor),
				JSON_TAKE(
					"sessionPersistence", persistence)))));
}

/* The balancer as it will be. */
static const cJSON *predicted(
	struct task *t, const struct balancer_wish *w, const cJSON *body)
{
	cJSON *balancer = json_copy(json_member(body, "loadBalancer"));
	cJSON *vip = json_get(balancer, "virtualIps.0");

	json_set_str(balancer, "id", pool_printf(t->pool, "<%s.id>", w->name));
	json_set_str(balancer, "status", "ACTIVE");
	json_set_str(
		vip, "address", pool_printf(t->pool, "<%s.address>", w->name));
	json_set_str(vip, "ipVersion", "IPV4");
	return pool_keep(t->pool, balancer);
}

struct step *balancer_create(
	struct task *t, const struct balancer_wish *w, enum step_wait wait)
{
	const char *mark = json_size(w->metadata) < METADATA_MAX
				   ? plan_mark(t->plan)
				   : NULL;
	const cJSON *body = create_body(t, w, mark);

	return plan_add(
		t->plan, &(struct step){ .kind = &creating,
				 .service = CLOUD_BALANCER,
				 .method = "POST",
				 .path = "/loadbalancers",
				 .body = body,
				 .mark = mark,
				 .doing = pool_printf(t->pool,
					 "creating load balancer %s", w->name),
				 .thing = pool_printf(
					 t->pool, "load balancer %s", w->name),
				 .becomes = body,
				 .object = predicted(t, w, body),
				 .wait = wait });
}

/* Whether this is the first step on a balancer that was just seen ACTIVE. */
static bool is_ready_now(const struct task *t, const cJSON *balancer)
{
	return t->plan->count == t->plan->first &&
	       streq(json_str(balancer, "status"), "ACTIVE");
}

cJSON *balancer_so_far(struct task *t, const cJSON *balancer)
{
	const char *id = balancer_id(t, balancer);
	const cJSON *latest = balancer;

	for (size_t i = t->plan->first; i < t->plan->count; i++)
		if (streq(t->plan->steps[i]->target, id))
			latest = t->plan->steps[i]->object;
	return pool_keep(t->pool, json_copy(latest));
}

struct step *balancer_change(struct task *t, const cJSON *balancer,
	const char *method, const char *path_behind_id, const cJSON *body,
	const char *doing, enum step_wait wait)
{
	const char *id = balancer_id(t, balancer);

	return plan_add(t->plan,
		&(struct step){ .kind = &changing,
			.service = CLOUD_BALANCER,
			.method = method,
			.path = pool_printf(t->pool, "/loadbalancers/%s%s",
				task_path_id(t, id), path_behind_id),
			.body = body,
			.doing = pool_printf(
				t->pool, "%s load balancer %s", doing, id),
			.thing = pool_printf(t->pool, "load balancer %s", id),
			.target = id,
			.ready = is_ready_now(t, balancer),
			.object = balancer_so_far(t, balancer),
			.wait = wait });
}

void balancer_delete(struct task *t, const cJSON *balancer, enum step_wait wait)
{
	struct step *step = balancer_change(
		t, balancer, "DELETE", "", NULL, "deleting", wait);

	step->kind = &deleting;
	step->was = balancer;
}

void balancer_await(struct task *t, const cJSON *balancer)
{
	struct step *step = balancer_change(
		t, balancer, NULL, "", NULL, "waiting for", WAIT_USABLE);

	if (balancer_is_going(balancer))
		step->kind = &deleting;
	step->state = STEP_STARTED;
	step->id = step->target;
}
