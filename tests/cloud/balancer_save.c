/* SPDX-License-Identifier: Apache-2.0 */
/* Balancers between runs. */
#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/address.h"
#include "tests/cloud/balancer_store.h"
#include "tests/cloud/record.h"

#define FIELD(name) RECORD_FIELD(struct balancer, name)
static const struct record_field fields[] = { FIELD(id), FIELD(port),
	FIELD(timeout), FIELD(name), FIELD(protocol), FIELD(algorithm),
	FIELD(status), FIELD(half_closed), FIELD(https_redirect),
	FIELD(logging), FIELD(caching), FIELD(created), FIELD(listed),
	FIELD(updated), FIELD(vips), FIELD(monitor), FIELD(persistence),
	FIELD(throttle), FIELD(access), FIELD(metadata), FIELD(ssl), FIELD(due),
	FIELD(stuck), FIELD(problem), FIELD(monitor_serial),
	{ .kind = RECORD_END } };
#undef FIELD

#define FIELD(name) RECORD_FIELD(struct balancer_node, name)
static const struct record_field node_fields[] = { FIELD(id), FIELD(port),
	FIELD(weight), FIELD(address), FIELD(condition), FIELD(type),
	FIELD(online), FIELD(metadata), { .kind = RECORD_END } };
#undef FIELD

void balancer_clear_node(struct balancer_node *node)
{
	record_clear(node_fields, node);
}

void balancer_clear(struct balancer *b)
{
	while (b->nodes) {
		struct balancer_node *node = b->nodes;

		b->nodes = node->next;
		balancer_clear_node(node);
		mem_free(node);
	}
	record_clear(fields, b);
	mem_free(b->effect.plan.nodes);
	mem_free(b->effect.conditions);
}

static cJSON *save_one(const struct balancer *b)
{
	cJSON *saved = record_save(fields, b);
	cJSON *nodes = cJSON_CreateArray();

	for (const struct balancer_node *node = b->nodes; node;
		node = node->next)
		json_append(nodes, record_save(node_fields, node));
	json_set(saved, "nodes", nodes);
	json_set_str(saved, "region", b->place->region);
	json_set_str(saved, "tenant", b->place->tenant);
	return saved;
}

cJSON *balancer_save(struct cloud *cloud)
{
	const struct balancers *all = cloud->balancers;
	cJSON *list = cJSON_CreateArray();

	for (const struct balancer *b = all->first; b; b = b->next)
		if (!balancer_is(b, "DELETED"))
			json_append(list, save_one(b));
	return json_object(JSON_INT("last_id", all->last_id),
		JSON_INT("last_node", all->last_node),
		JSON_INT("last_other", all->last_other),
		JSON_TAKE("balancers", list));
}

static int load_node(struct cloud *cloud, struct balancer *b,
	const cJSON *saved, struct err *e)
{
	struct balancer_node *node = balancer_add_node(cloud, b);
	struct balancer_node *next = node->next;

	*node = (struct balancer_node){ .next = next };
	if (record_load(node_fields, node, saved, e) < 0)
		return -1;
	if (node->address && node->condition && node->type)
		return 0;
	return err_set(e, ERR_OTHER,
		"a node without address, condition or "
		"type");
}

/* The virtual IP keeps its address, unless somebody has it by now: then it
 * gets another one, under the same id. */
static int claim_vips(struct cloud *cloud, struct balancer *b, struct err *e)
{
	json_each (vip, b->vips) {
		const char *old = json_str(vip, "address");
		char address[ADDRESS_SIZE];
		bool shared = false;

		if (!old || !streq(json_str(vip, "ipVersion"), "IPV4"))
			continue;
		for (struct balancer *o = cloud->balancers->first;
			o && o != b && !shared; o = o->next)
			json_each (other, o->vips) {
				if (!json_equal(json_get(other, "id"),
					    json_get(vip, "id")))
					continue;
				shared = true;
				json_set_str(vip, "address",
					json_str(other, "address"));
			}
		if (shared || address_claim(cloud->addresses, old, e) == 0)
			continue;
		if (address_take(cloud->addresses, address, e) < 0)
			return -1;
		json_set_str(vip, "address", address);
	}
	return 0;
}

static int load_parts(struct cloud *cloud, struct balancer *b,
	const cJSON *saved, struct err *e)
{
	struct place *place = b->place;
	struct balancer *next = b->next;
	int64_t id = b->id;

	record_clear(fields, b);
	*b = (struct balancer){ .next = next, .place = place, .id = id };
	if (record_load(fields, b, saved, e) < 0)
		return -1;
	if (!b->name || !b->protocol || !b->algorithm || !b->status)
		return err_set(e, ERR_OTHER,
			"a balancer without name, "
			"protocol, algorithm or status");
	if (claim_vips(cloud, b, e) < 0)
		return -1;
	json_each (node, json_get(saved, "nodes")) {
		if (load_node(cloud, b, node, e) < 0)
			return -1;
	}
	return 0;
}

static int load_one(struct cloud *cloud, const cJSON *saved, struct err *e)
{
	const char *region = cloud_region(json_str(saved, "region"));
	const char *tenant = json_str(saved, "tenant");
	struct balancer *b;

	if (!region || !tenant)
		return err_set(e, ERR_OTHER,
			"a balancer without a region or "
			"tenant");
	b = balancer_add(cloud, cloud_place(cloud, region, tenant));
	if (load_parts(cloud, b, saved, e) < 0) {
		balancer_drop(cloud, b);
		return -1;
	}
	if (b->due <= 0)
		balancer_take_effect(cloud, b);
	return 0;
}

int balancer_load(struct cloud *cloud, const cJSON *saved, struct err *e)
{
	struct balancers *all = cloud->balancers;

	json_each (one, json_get(saved, "balancers")) {
		if (load_one(cloud, one, e) < 0)
			return -1;
	}
	all->last_id = json_int(saved, "last_id", all->last_id);
	all->last_node = json_int(saved, "last_node", all->last_node);
	all->last_other = json_int(saved, "last_other", all->last_other);
	return 0;
}
