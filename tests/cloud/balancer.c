/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/balancer.h"

#include <stdio.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/balancer_store.h"

static const struct balancer_quirks usual_quirks = { .monitor_scale = 1,
	.node_limit = 25,
	.balancer_limit = 25,
	.duplicate_nodes = 413,
	.bulk_node_put = 202,
	.deleted_details = 404,
	.metadata_locks = true };

/* A thread of the data plane knows more than it did. */
static void look_again(void *context)
{
	struct cloud *cloud = context;

	cloud_lock(cloud);
	if (!cloud->balancers->ended)
		balancer_follow(cloud);
	cloud_unlock(cloud);
}

static int start(struct cloud *cloud, struct err *e)
{
	struct balancers *all = mem_new(sizeof(*all));
	char *program = proxy_find();

	cloud->balancers = all;
	all->quirks = usual_quirks;
	all->last_id = 1000;
	all->last_node = 30000;
	all->last_other = 4000;
	if (!program)
		fprintf(stderr, "simcloud: haproxy is not on the PATH (it may "
				"be in /usr/sbin): balancers carry no "
				"traffic\n");
	all->proxies = proxy_new(program, look_again, cloud, e);
	mem_free(program);
	all->health = health_new(look_again, cloud, e);
	return all->proxies && all->health ? 0 : -1;
}

/* The threads may be about to tell something, for which they need the lock. */
static void stop(struct cloud *cloud)
{
	struct balancers *all = cloud->balancers;

	if (!all)
		return;
	all->ended = true;
	cloud_unlock(cloud);
	health_free(all->health);
	proxy_free(all->proxies);
	cloud_lock(cloud);
	while (all->first) {
		struct balancer *b = all->first;

		all->first = b->next;
		balancer_clear(b);
		mem_free(b);
	}
	mem_free(all);
	cloud->balancers = NULL;
}

static cJSON *show(struct cloud *cloud, const char *region)
{
	cJSON *list = cJSON_CreateArray();
	double now = cloud_now(cloud);

	for (struct balancer *b = cloud->balancers->first; b; b = b->next) {
		cJSON *shown;

		if (b->place->region != region || balancer_is(b, "DELETED"))
			continue;
		shown = balancer_details(b, now);
		json_set_str(shown, "status", b->status);
		json_set_str(shown, "tenant", b->place->tenant);
		if (b->problem)
			json_set_str(shown, "problem", b->problem);
		if (!json_get(shown, "nodes"))
			json_set(shown, "nodes", cJSON_CreateArray());
		json_append(list, shown);
	}
	return list;
}

const struct part balancer_part = {
	.name = "loadbalancers",
	.controls = balancer_controls,
	.start = start,
	.stop = stop,
	.advance = balancer_advance,
	.show = show,
	.save = balancer_save,
	.load = balancer_load,
};

static const struct route *const tables[] = { balancer_info_routes,
	balancer_call_routes, balancer_node_routes, balancer_meta_routes,
	balancer_part_routes, balancer_vip_routes, balancer_access_routes,
	NULL };

const struct service balancer_service = {
	.name = "loadbalancers",
	.catalog_name = "cloudLoadBalancers",
	.type = "rax:load-balancer",
	.root = "v1.0",
	.tenant = SERVICE_TENANT,
	.id_header = "X-Request-Id",
	.retry_member = "retryAfter",
	.fail = service_fail_flat,
	.tables = tables,
};

bool balancer_is(const struct balancer *b, const char *status)
{
	return streq(b->status, status);
}

struct balancer *balancer_find(
	struct cloud *cloud, const struct place *place, int64_t id)
{
	struct balancer *b = cloud->balancers->first;

	while (b && (b->id != id || b->place != place))
		b = b->next;
	return b;
}

struct balancer *balancer_of(struct call *call)
{
	struct balancer *b = balancer_find(
		call->cloud, call->place, call_param_int(call, "id"));

	if (!b)
		call_fail(call, 404, "Load balancer not found");
	return b;
}

struct balancer *balancer_of_part(struct call *call)
{
	struct balancer *b = balancer_of(call);

	if (!b || !balancer_is(b, "DELETED"))
		return b;
	call_fail(call, 410, "The loadbalancer is marked as deleted.");
	return NULL;
}

struct balancer *balancer_add(struct cloud *cloud, struct place *place)
{
	struct balancers *all = cloud->balancers;
	struct balancer *b = mem_new(sizeof(*b)), **link = &all->first;

	b->place = place;
	b->id = ++all->last_id;
	b->status = mem_copy("BUILD");
	b->created = cloud_now(cloud);
	b->listed = b->created + cloud->settings.list_lag;
	while (*link)
		link = &(*link)->next;
	*link = b;
	return b;
}

void balancer_drop(struct cloud *cloud, struct balancer *b)
{
	struct balancer **link = &cloud->balancers->first;

	while (*link != b)
		link = &(*link)->next;
	*link = b->next;
	balancer_give_vips(cloud, b);
	balancer_clear(b);
	mem_free(b);
}

struct balancer_node *balancer_add_node(struct cloud *cloud, struct balancer *b)
{
	struct balancer_node *node = mem_new(sizeof(*node));
	struct balancer_node **link = &b->nodes;

	node->id = ++cloud->balancers->last_node;
	node->weight = 1;
	node->online = !b->monitor;
	while (*link)
		link = &(*link)->next;
	*link = node;
	return node;
}

void balancer_drop_node(
	struct cloud *cloud, struct balancer *b, struct balancer_node *node)
{
	struct balancer_node **link = &b->nodes;

	while (*link != node)
		link = &(*link)->next;
	*link = node->next;
	health_forget(cloud->balancers->health, node->id);
	balancer_clear_node(node);
	mem_free(node);
}

struct balancer_node *balancer_find_node(const struct balancer *b, int64_t id)
{
	struct balancer_node *node = b->nodes;

	while (node && node->id != id)
		node = node->next;
	return node;
}

int64_t balancer_new_id(struct cloud *cloud)
{
	return ++cloud->balancers->last_other;
}
