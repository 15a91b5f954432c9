/* SPDX-License-Identifier: Apache-2.0 */
#include "common/node.h"

#include <string.h>

#include "common/address.h"
#include "common/balancer.h"
#include "common/str.h"

/* Ids in one bulk delete. */
#define DELETE_MAX 10

static const char *id_of(const cJSON *node)
{
	const char *id = json_scalar_text(json_member(node, "id"));

	return id ? id : "";
}

const cJSON *node_find(const cJSON *balancer, const char *id,
	const char *address, int64_t port)
{
	if (!id && !address && !port)
		return NULL;
	json_each (node, json_member(balancer, "nodes")) {
		if (id && !streq(id_of(node), id))
			continue;
		if (address &&
			!address_same(json_str(node, "address"), address))
			continue;
		if (port && json_int(node, "port", 0) != port)
			continue;
		return node;
	}
	return NULL;
}

static bool same_id(const cJSON *a, const cJSON *b)
{
	return streq(id_of(a), id_of(b));
}

/* The nodes of the balancer as it will be, to be changed in place. */
static cJSON *nodes_of(cJSON *balancer)
{
	if (!json_member(balancer, "nodes"))
		json_set(balancer, "nodes", cJSON_CreateArray());
	return json_member(balancer, "nodes");
}

/* "<10.0.0.1:80.id>"; of "<web1.private>" it is "<web1.private:80.id>". */
static const char *predicted_id(struct task *t, const cJSON *node)
{
	const char *address = json_str(node, "address");
	int port = (int)json_int(node, "port", 0);

	if (!task_is_predicted(t, address))
		return pool_printf(t->pool, "<%s:%d.id>", address, port);
	return pool_printf(t->pool, "%.*s:%d.id>", (int)strlen(address) - 1,
		address, port);
}

struct step *node_add(struct task *t, const cJSON *balancer, const cJSON *nodes,
	enum step_wait wait)
{
	const cJSON *body =
		pool_keep(t->pool, json_object(JSON_COPY("nodes", nodes)));
	cJSON *after = balancer_so_far(t, balancer);
	struct step *step = balancer_change(t, balancer, "POST", "/nodes", body,
		json_size(nodes) == 1 ? "adding a node to" : "adding nodes to",
		wait);

	json_each (node, nodes) {
		cJSON *predicted = json_copy(node);

		json_set_str(predicted, "id", predicted_id(t, node));
		json_set_str(predicted, "status", "ONLINE");
		json_append(nodes_of(after), predicted);
	}
	step->becomes = nodes;
	step->object = after;
	return step;
}

/* The change without the id, which is in the path and cannot be changed. */
static cJSON *without_id(const cJSON *change)
{
	cJSON *copy = json_copy(change);

	json_remove(copy, "id");
	return copy;
}

/* What the nodes say now of the members that change. */
static const cJSON *before_change(
	struct task *t, const cJSON *balancer, const cJSON *changes)
{
	cJSON *list = pool_keep(t->pool, cJSON_CreateArray());

	json_each (change, changes) {
		cJSON *was = cJSON_CreateObject();

		json_each (node, json_member(balancer, "nodes")) {
			if (!same_id(node, change))
				continue;
			json_each (member, change) {
				json_set(was, member->string,
					json_copy(json_member(
						node, member->string)));
			}
		}
		json_append(list, was);
	}
	return list;
}

static const cJSON *after_change(
	struct task *t, const cJSON *balancer, const cJSON *changes)
{
	cJSON *after = balancer_so_far(t, balancer);

	json_each (change, changes) {
		json_each (node, json_member(after, "nodes")) {
			if (!same_id(node, change))
				continue;
			json_each (member, change) {
				json_set(node, member->string,
					json_copy(member));
			}
		}
	}
	return after;
}

static void change_some(struct task *t, const cJSON *balancer,
	const cJSON *changes, const char *method_path, cJSON *body,
	enum step_wait wait)
{
	const cJSON *after = after_change(t, balancer, changes);
	struct step *step = balancer_change(t, balancer, "PUT", method_path,
		pool_keep(t->pool, body),
		json_size(changes) == 1 ? "changing a node of"
					: "changing nodes of",
		wait);

	step->was = before_change(t, balancer, changes);
	step->becomes = changes;
	step->object = after;
}

static void change_each(struct task *t, const cJSON *balancer,
	const cJSON *changes, enum step_wait wait)
{
	json_each (change, changes) {
		cJSON *one = pool_keep(t->pool, cJSON_CreateArray());

		json_append(one, json_copy(change));
		change_some(t, balancer, one,
			pool_printf(t->pool, "/nodes/%s",
				task_path_id(t, id_of(change))),
			json_object(JSON_TAKE("node", without_id(change))),
			wait);
	}
}

/* An earlier plan of this run has seen it refused. */
static bool bulk_was_refused(const struct task *t)
{
	for (size_t i = 0; i < t->plan->first; i++) {
		const struct step *s = t->plan->steps[i];

		if (s->state == STEP_FAILED && streq(s->method, "PUT") &&
			json_member(s->body, "nodes"))
			return true;
	}
	return false;
}

static bool takes_away(const cJSON *change)
{
	const char *condition = json_str(change, "condition");

	return streq(condition, "DRAINING") || streq(condition, "DISABLED") ||
	       streq(json_str(change, "type"), "SECONDARY");
}

/* Those that bring a node to serve before those that take one away. */
static const cJSON *serving_first(struct task *t, const cJSON *changes)
{
	cJSON *ordered = pool_keep(t->pool, cJSON_CreateArray());

	for (int away = 0; away < 2; away++) {
		json_each (change, changes) {
			if (takes_away(change) == away)
				json_append(ordered, json_copy(change));
		}
	}
	return ordered;
}

void node_change(struct task *t, const cJSON *balancer, const cJSON *changes,
	enum step_wait wait)
{
	const cJSON *ordered = serving_first(t, changes);

	if (json_size(ordered) == 1 || bulk_was_refused(t))
		change_each(t, balancer, ordered, wait);
	else
		change_some(t, balancer, ordered, "/nodes",
			json_object(JSON_COPY("nodes", ordered)), wait);
}

/* The path that removes these. */
static const char *removal_path(struct task *t, const cJSON *nodes)
{
	struct str query;
	const char *path;

	if (json_size(nodes) == 1)
		return pool_printf(t->pool, "/nodes/%s",
			task_path_id(t, id_of(nodes->child)));
	str_init(&query, HTTP_ANSWER_MAX);
	json_each (node, nodes) {
		str_addf(&query, "%cid=%s", query.length ? '&' : '?',
			task_path_id(t, id_of(node)));
	}
	path = pool_printf(t->pool, "/nodes%s", query.text);
	str_free(&query);
	return path;
}

static void remove_some(struct task *t, const cJSON *balancer,
	const cJSON *nodes, enum step_wait wait)
{
	cJSON *after = balancer_so_far(t, balancer);
	cJSON *left = cJSON_CreateArray();
	struct step *step = balancer_change(t, balancer, "DELETE",
		removal_path(t, nodes), NULL,
		json_size(nodes) == 1 ? "removing a node from"
				      : "removing nodes from",
		wait);

	json_each (node, json_member(after, "nodes")) {
		bool removed = false;

		json_each (gone, nodes) {
			removed = removed || same_id(gone, node);
		}
		if (!removed)
			json_append(left, json_copy(node));
	}
	json_set(after, "nodes", left);
	step->was = nodes;
	step->object = after;
}

/* Without an id the path would mean all of them, or nobody knows what. */
void node_remove(struct task *t, const cJSON *balancer, const cJSON *nodes,
	enum step_wait wait)
{
	cJSON *some = pool_keep(t->pool, cJSON_CreateArray());

	json_each (node, nodes) {
		if (*id_of(node))
			json_append(some, json_copy(node));
		if (json_size(some) < DELETE_MAX)
			continue;
		remove_some(t, balancer, some, wait);
		some = pool_keep(t->pool, cJSON_CreateArray());
	}
	if (some->child)
		remove_some(t, balancer, some, wait);
}

static int look_for_online(
	struct cloud *c, struct step *const *steps, size_t count, struct err *e)
{
	struct step *s = steps[0];

	(void)count;
	if (balancer_look(c, s, e) < 0)
		return -1;
	if (s->state == STEP_FAILED)
		return 0;
	json_each (wanted, s->becomes) {
		const char *address = json_str(wanted, "address");
		int64_t port = json_int(wanted, "port", 0);
		const cJSON *node = node_find(s->object, NULL, address, port);
		const char *status = json_str(node, "status");

		if (streq(status, "ONLINE"))
			continue;
		err_set(s->err, ERR_TIME,
			"Node %s:%d of %s is not ONLINE in time (its status is "
			"%s): does its application answer the health monitor?",
			address, (int)port, s->thing,
			status ? status : "unknown, it is not there");
		return 0;
	}
	s->state = STEP_DONE;
	return 0;
}

static const struct step_kind awaiting_online = {
	.first_pause = 200,
	.look = look_for_online,
};

void node_await_online(
	struct task *t, const cJSON *balancer, const cJSON *nodes)
{
	struct step *step = balancer_change(t, balancer, NULL, "", NULL,
		"waiting for the nodes of", WAIT_USABLE);

	step->kind = &awaiting_online;
	step->state = STEP_STARTED;
	step->id = step->target;
	step->becomes = nodes;
}
