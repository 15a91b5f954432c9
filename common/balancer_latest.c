/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a balancer when the steps are over, for results. */
#include "common/address.h"
#include "common/balancer.h"

const cJSON *balancer_added_node(
	const struct task *t, const char *address, int64_t port)
{
	const struct plan *p = t->plan;

	for (size_t i = p->first; i < p->count; i++) {
		json_each (node, json_member(p->steps[i]->reply, "nodes")) {
			if (address_same(json_str(node, "address"), address) &&
				json_int(node, "port", 0) == port)
				return node;
		}
	}
	return NULL;
}

/* A step that was refused, or never sent, has only predicted what would be. One
 * that was accepted or looked has the balancer's id. */
static bool knows(const struct step *s)
{
	switch (s->state) {
	case STEP_STARTED:
	case STEP_DONE:
	case STEP_LATE:
		return true;
	case STEP_FAILED:
		return s->id != NULL;
	default:
		return false;
	}
}

/* The node as the cloud has told it; one that was added and that it has not
 * told is known without its id and status. */
static cJSON *known_node(const struct task *t, const cJSON *node)
{
	const char *id = json_scalar_text(json_member(node, "id"));
	const cJSON *added;
	cJSON *known;

	if (!id || *id != '<')
		return json_copy(node);
	added = balancer_added_node(
		t, json_str(node, "address"), json_int(node, "port", 0));
	known = json_copy(added ? added : node);
	if (!added) {
		json_remove(known, "id");
		json_remove(known, "status");
	}
	return known;
}

const cJSON *balancer_latest(struct task *t, const cJSON *found)
{
	const struct plan *p = t->plan;
	const cJSON *latest = found;
	cJSON *known, *nodes;

	if (t->check)
		return p->count ? p->steps[p->count - 1]->object : found;
	for (size_t i = p->first; i < p->count && knows(p->steps[i]); i++)
		latest = p->steps[i]->object;
	if (!json_member(latest, "nodes"))
		return latest;
	nodes = cJSON_CreateArray();
	json_each (node, json_member(latest, "nodes")) {
		json_append(nodes, known_node(t, node));
	}
	known = pool_keep(t->pool, json_copy(latest));
	json_set(known, "nodes", nodes);
	return known;
}
