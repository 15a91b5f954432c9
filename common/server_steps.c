/* SPDX-License-Identifier: Apache-2.0 */
/* Making and removing servers: the steps, and how to tell what became of
 * them. */
#include <string.h>

#include "common/server.h"
#include "common/str.h"

/* A cloud may refuse a longer expression, and none is needed: whose a server
 * is, its id says. */
#define PREFIX_MAX 64

/* The query that lists a group by as little as its names have in common. */
static const char *group_query(
	struct cloud *c, struct step *const *steps, size_t count)
{
	const char *first = json_str(steps[0]->object, "name");
	size_t common = first ? strlen(first) : 0;
	char *prefix;
	const char *query = "";

	for (size_t i = 1; i < count; i++) {
		const char *name = json_str(steps[i]->object, "name");
		size_t same = 0;

		while (name && same < common && name[same] == first[same])
			same++;
		common = same;
	}
	if (common > PREFIX_MAX)
		common = PREFIX_MAX;
	/* A prefix that means itself as a regular expression, too. */
	for (size_t i = 0; i < common; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			    "0123456789-_",
			    first[i]))
			common = i;
	if (!common)
		return "/servers/detail";
	prefix = mem_copy_n(first, common);
	query = pool_printf(c->pool, "/servers/detail?name=%%5E%s", prefix);
	mem_free(prefix);
	return query;
}

static int list_group(struct cloud *c, struct step *const *steps, size_t count,
	cJSON **servers, struct err *e)
{
	const char *doing = count == 1 ? steps[0]->doing
				       : pool_printf(c->pool, "%s and %zu more",
						 steps[0]->doing, count - 1);

	return cloud_list(c, CLOUD_COMPUTE, group_query(c, steps, count),
		"servers", doing, servers, e);
}

static const char *mark_of(const cJSON *server)
{
	return cJSON_GetStringValue(
		json_member(json_member(server, "metadata"), PLAN_MARK_KEY));
}

/* A copy, so that no poll's list needs to be kept. */
static void see(struct cloud *c, struct step *s, const cJSON *server)
{
	s->seen = true;
	s->object = pool_keep(c->pool, json_copy(server));
}

static int find_lost(
	struct cloud *c, struct step *const *steps, size_t count, struct err *e)
{
	cJSON *servers;

	if (list_group(c, steps, count, &servers, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		json_each (server, servers) {
			const char *id = json_str(server, "id");
			const char *mark = mark_of(server);

			if (!id || !streq(mark, steps[i]->mark))
				continue;
			steps[i]->state = STEP_STARTED;
			steps[i]->since = cloud_now(c);
			see(c, steps[i], server);
			steps[i]->id = json_str(steps[i]->object, "id");
		}
	}
	pool_drop(c->pool, servers);
	return 0;
}

/* What is known of a server that no look has shown yet. */
static const cJSON *unseen(struct cloud *c, const struct step *s)
{
	cJSON *server = pool_keep(c->pool, json_copy(s->object));

	json_set_str(server, "id", s->id);
	json_set_str(server, "status", "BUILD");
	json_set_str(server, "accessIPv4", "");
	json_set(server, "addresses", cJSON_CreateObject());
	json_remove(server, "adminPass");
	return server;
}

/* The reply names the id and the password; the password is said only here. */
static int accepted(
	struct cloud *c, struct step *s, const cJSON *reply, struct err *e)
{
	const cJSON *server = json_member(reply, "server");
	const char *id = json_str(server, "id");

	if (id && *id) {
		s->id = id;
		s->object = unseen(c, s);
		return 0;
	}
	return err_set(e, ERR_OTHER,
		"The answer names no server id (%s%s); look for the server "
		"before trying again",
		s->doing, cloud_where(c));
}

/* Usable is ACTIVE with an address in each network that was asked for. */
static bool is_usable(const struct step *s, const cJSON *server)
{
	const cJSON *networks = json_get(s->body, "server.networks");
	const cJSON *addresses = json_member(server, "addresses");

	json_each (network, addresses) {
		if (!network->child)
			return false;
	}
	return streq(json_str(server, "status"), "ACTIVE") &&
	       json_size(addresses) >= (networks ? json_size(networks) : 1);
}

static void went_wrong(struct cloud *c, struct step *s, const char *why)
{
	s->state = STEP_FAILED;
	err_set(s->err, ERR_OTHER, "%s (%s, %s%s)", why, s->thing, s->id,
		cloud_where(c));
}

/* The id of another with its mark: it was sent again because lists lagged
 * longer than anybody looks. */
static const char *twin_of(const struct step *s, const cJSON *servers)
{
	json_each (server, s->mark && s->sends > 1 ? servers : NULL) {
		const char *id = json_str(server, "id");

		if (id && !streq(id, s->id) && streq(mark_of(server), s->mark))
			return id;
	}
	return NULL;
}

static void went_to_error(struct cloud *c, struct step *s, const cJSON *server)
{
	const char *fault = json_str(server, "fault.message");
	char *words = cloud_censored(c,
		fault ? fault
		      : "The server went to ERROR; the cloud does not say why");

	went_wrong(c, s, words);
	mem_free(words);
}

static void judge_new(struct cloud *c, struct step *s, const cJSON *servers)
{
	const cJSON *server = json_find(servers, "id", s->id);
	const char *status = json_str(server, "status");
	const char *twin = twin_of(s, servers);

	if (!server || streq(status, "DELETED")) {
		if (s->wait == WAIT_USABLE &&
			cloud_now(c) - s->since > PLAN_LIST_LAG)
			went_wrong(c, s, "The server has disappeared");
		return;
	}
	if (twin)
		went_wrong(c, s,
			pool_printf(c->pool,
				"The cloud has made it twice: delete %s, too",
				twin));
	else if (streq(status, "ERROR"))
		went_to_error(c, s, server);
	else if (is_usable(s, server))
		s->state = STEP_DONE;
	if (!s->seen || s->state != STEP_STARTED ||
		!streq(status, json_str(s->object, "status")) ||
		json_int(server, "progress", -1) !=
			json_int(s->object, "progress", -1))
		see(c, s, server);
}

static int look_at_new(
	struct cloud *c, struct step *const *steps, size_t count, struct err *e)
{
	cJSON *servers;

	if (list_group(c, steps, count, &servers, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		judge_new(c, steps[i], servers);
	pool_drop(c->pool, servers);
	return 0;
}

static const struct step_kind undoing;

static void undo(
	struct plan *plan, const struct cloud *c, const struct step *made)
{
	plan_add_removal(plan, &undoing, c, "/servers", made);
}

static const struct step_kind creating = {
	.first_pause = 100,
	.lags = true,
	.accepted = accepted,
	.find_lost = find_lost,
	.look = look_at_new,
	.undo = undo,
};

/* Gone already is what was wanted. */
static enum refusal refused_delete(
	struct cloud *c, const struct step *s, const struct call *call)
{
	(void)c, (void)s;
	return call->http.status == 404 || call->http.status == 410
		       ? REFUSAL_ALREADY
		       : REFUSAL_FINAL;
}

/* One that was only just made may not be seen yet, and come all the same. */
static enum refusal refused_undo(
	struct cloud *c, const struct step *s, const struct call *call)
{
	enum refusal refusal = refused_delete(c, s, call);

	return refusal == REFUSAL_ALREADY &&
			       cloud_now(c) - s->since < PLAN_LIST_LAG
		       ? REFUSAL_BUSY
		       : refusal;
}

/* A server that is missing from the list is gone: the list was complete, and
 * the server was in it, or read by its id, before. */
static int look_at_old(
	struct cloud *c, struct step *const *steps, size_t count, struct err *e)
{
	cJSON *servers;

	if (list_group(c, steps, count, &servers, e) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const cJSON *server = json_find(servers, "id", steps[i]->id);
		const char *status = json_str(server, "status");

		if (!server || streq(status, "DELETED"))
			steps[i]->state = STEP_DONE;
		else if (streq(status, "ERROR") &&
			 !json_str(server, "OS-EXT-STS:task_state") &&
			 !streq(json_str(steps[i]->was, "status"), "ERROR"))
			went_wrong(c, steps[i],
				"The server went to ERROR instead of away");
	}
	pool_drop(c->pool, servers);
	return 0;
}

static const struct step_kind deleting = {
	.first_pause = 100,
	.refusal = refused_delete,
	.look = look_at_old,
};

static const struct step_kind undoing = {
	.first_pause = 100,
	.refusal = refused_undo,
};

/* How many creates of this name are planned: equal names need a number. */
static int planned_before(const struct task *t, const char *name)
{
	int count = 0;

	for (size_t i = 0; i < t->plan->count; i++)
		if (streq(json_str(t->plan->steps[i]->body, "server.name"),
			    name))
			count++;
	return count;
}

struct step *server_create(
	struct task *t, const struct server_wish *w, enum step_wait wait)
{
	int before = planned_before(t, w->name);
	const char *of =
		before ? pool_printf(t->pool, "%s (%d)", w->name, before + 1)
		       : w->name;
	const char *mark;
	const cJSON *body = pool_keep(t->pool, server_body(t, w, &mark));

	return plan_add(
		t->plan, &(struct step){ .kind = &creating,
				 .service = CLOUD_COMPUTE,
				 .method = "POST",
				 .path = "/servers",
				 .body = body,
				 .mark = mark,
				 .doing = pool_printf(t->pool,
					 "creating server %s", w->name),
				 .thing = pool_printf(t->pool, "server %s", of),
				 .becomes = body,
				 .object = server_predicted(t, w, body, of),
				 .together = true,
				 .wait = wait });
}

/* "server web1 (5)"; an answer may have left out either. */
static const char *thing_of(struct task *t, const cJSON *server, const char *id)
{
	const char *name = json_str(server, "name");

	return name ? pool_printf(t->pool, "server %s (%s)", name, id)
		    : pool_printf(t->pool, "server %s", id);
}

/* One without an id, from an answer that lies, fails without a request. */
struct step *server_delete(
	struct task *t, const cJSON *server, enum step_wait wait)
{
	const char *id = json_str(server, "id");
	const char *known = id ? id : "?";
	const char *thing = thing_of(t, server, known);
	struct step *step = plan_add(t->plan,
		&(struct step){ .kind = &deleting,
			.service = CLOUD_COMPUTE,
			.method = "DELETE",
			.path = pool_printf(
				t->pool, "/servers/%s", task_path_id(t, known)),
			.doing = pool_printf(t->pool, "deleting %s", thing),
			.thing = thing,
			.target = id,
			.id = id,
			.was = server,
			.object = server,
			.together = true,
			.wait = wait });

	if (!id) {
		step->state = STEP_FAILED;
		err_set(step->err, ERR_OTHER,
			"The answer names no server id (%s%s)", step->doing,
			cloud_where(t->cloud));
	}
	return step;
}

struct step *server_await(struct task *t, const cJSON *server)
{
	const char *id = json_str(server, "id");
	const char *thing = thing_of(t, server, id ? id : "?");

	return plan_add(t->plan,
		&(struct step){ .kind = &creating,
			.doing = pool_printf(t->pool, "waiting for %s", thing),
			.thing = thing,
			.state = STEP_STARTED,
			.since = cloud_now(t->cloud),
			.id = id,
			.object = server,
			.together = true,
			.wait = WAIT_USABLE });
}

void server_await_gone(struct task *t, const cJSON *server)
{
	struct step *step = server_await(t, server);

	step->kind = &deleting;
	step->was = server;
}
