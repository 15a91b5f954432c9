/* SPDX-License-Identifier: Apache-2.0 */
/* rax_clb_nodes - add, change or remove nodes of a load balancer. */
#include <ctype.h>

#include "common/module.h"
#include "common/node_wish.h"

struct params {
	const char *address;
	const char *condition;
	const int64_t *load_balancer_id;
	const int64_t *node_id;
	const int64_t *port;
	const char *state;
	const char *type;
	const char *virtualenv;
	bool wait;
	int64_t wait_timeout;
	const int64_t *weight;
	const char *load_balancer;
	const cJSON *nodes;
	bool wait_online;
};

#define CONDITIONS "enabled|disabled|draining"
#define TYPES      "primary|secondary"

static const struct opt_rule node_rules[] = {
	{ .kind = OPT_ONE_OF, .names = "id|address" },
	{ .kind = OPT_TOGETHER, .names = "address|port" },
	{ .kind = OPT_END_OF_RULES },
};

/* A node may be given as a result shows it, capitals and status included. */
static const struct opt node_opts[] = {
	OPT_SUB("id", "str"),
	OPT_SUB("address", "str"),
	OPT_SUB("port", "int"),
	OPT_SUB("condition", "str",
		.choices = CONDITIONS "|ENABLED|DISABLED|DRAINING"),
	OPT_SUB("type", "str", .choices = TYPES "|PRIMARY|SECONDARY"),
	OPT_SUB("weight", "int"),
	OPT_SUB("status", "str"),
	OPT_END,
};

static const struct opt opts[] = {
	OPT_STR(address),
	OPT_STR(condition, .choices = CONDITIONS),
	OPT_INT(load_balancer_id),
	OPT_INT(node_id),
	OPT_INT(port),
	OPT_STR(state, .choices = "present|absent", .fallback = "present"),
	OPT_STR(type, .choices = TYPES),
	OPT_PATH(virtualenv),
	OPT_BOOL(wait, .fallback = "false"),
	OPT_INT(wait_timeout, .fallback = "30"),
	OPT_INT(weight),
	OPT_STR(load_balancer),
	OPT_LIST(nodes, "dict", .sub = node_opts, .sub_rules = node_rules),
	OPT_BOOL(wait_online, .fallback = "false"),
	OPT_END,
};

static const struct opt_rule rules[] = {
	{ .kind = OPT_EXCLUSIVE, .names = "load_balancer|load_balancer_id" },
	{ .kind = OPT_EXCLUSIVE, .names = "nodes|address" },
	{ .kind = OPT_EXCLUSIVE, .names = "nodes|node_id" },
	{ .kind = OPT_EXCLUSIVE, .names = "nodes|port" },
	{ .kind = OPT_EXCLUSIVE, .names = "nodes|condition" },
	{ .kind = OPT_EXCLUSIVE, .names = "nodes|type" },
	{ .kind = OPT_EXCLUSIVE, .names = "nodes|weight" },
	{ .kind = OPT_END_OF_RULES },
};

struct found {
	const cJSON *balancer;
	const cJSON *wishes;
	const cJSON *node; /* of the single form: as it was, or NULL */
};

static cJSON *in_capitals(const char *text)
{
	cJSON *value = json_new_str(text);

	for (char *c = value ? value->valuestring : NULL; c && *c; c++)
		*c = (char)toupper((unsigned char)*c);
	return value;
}

static cJSON *maybe_int(const int64_t *number)
{
	return number ? json_new_int(*number) : NULL;
}

static const char *maybe_text(struct task *t, const int64_t *number)
{
	return number ? pool_printf(t->pool, "%lld", (long long)*number) : NULL;
}

/* Condition, type and weight as the API has them. */
static cJSON *settings(const char *condition, const char *type, cJSON *weight)
{
	return json_object(JSON_TAKE("condition", in_capitals(condition)),
		JSON_TAKE("type", in_capitals(type)),
		JSON_TAKE("weight", weight));
}

/* Weight may be null in a node's dict. */
static cJSON *number_of(const cJSON *node, const char *key)
{
	const cJSON *value = json_member(node, key);

	return cJSON_IsNumber(value) ? json_copy(value) : NULL;
}

/* What is wanted, the one node of the single form or those of the list, as
 * [{"id", "address", "port", "settings"}]. */
static const cJSON *wishes(struct task *t, const struct params *p)
{
	cJSON *list = pool_keep(t->pool, cJSON_CreateArray());

	json_each (node, p->nodes) {
		json_append(list,
			json_object(JSON_STR("id", json_str(node, "id")),
				JSON_STR("address", json_str(node, "address")),
				JSON_TAKE("port", number_of(node, "port")),
				JSON_TAKE("settings",
					settings(json_str(node, "condition"),
						json_str(node, "type"),
						number_of(node, "weight")))));
	}
	if (!p->nodes)
		json_append(list,
			json_object(JSON_STR("id", maybe_text(t, p->node_id)),
				JSON_STR("address", p->address),
				JSON_TAKE("port", maybe_int(p->port)),
				JSON_TAKE("settings",
					settings(p->condition, p->type,
						maybe_int(p->weight)))));
	return list;
}

static int find_balancer(struct task *t, const struct params *p,
	const cJSON **balancer, struct err *e)
{
	if (p->load_balancer_id)
		return balancer_get(
			t, maybe_text(t, p->load_balancer_id), balancer, e);
	if (!p->load_balancer)
		return err_set(e, ERR_OTHER,
			"missing required arguments: load_balancer_id");
	return balancer_need(t, p->load_balancer, balancer, e);
}

static int node_is_missing(const cJSON *balancer, const char *id, struct err *e)
{
	const char *sign = " (available nodes: ";

	err_set(e, ERR_ABSENT, "Node %s not found", id);
	json_each (node, json_member(balancer, "nodes")) {
		char *so_far = mem_copy(e->text);

		err_set(e, ERR_ABSENT, "%s%s%lld%s", so_far, sign,
			(long long)json_int(node, "id", 0),
			node->next ? "" : ")");
		mem_free(so_far);
		sign = ", ";
	}
	return -1;
}

static cJSON *new_node(const cJSON *wish)
{
	cJSON *node = json_object(
		JSON_COPY("address", json_member(wish, "address")),
		JSON_COPY("port", json_member(wish, "port")),
		JSON_STR("condition", "ENABLED"), JSON_STR("type", "PRIMARY"));

	json_each (setting, json_member(wish, "settings")) {
		json_set(node, setting->string, json_copy(setting));
	}
	return node;
}

/* A weight that the API does not show cannot be compared: it is left alone, or
 * every run would change it. 1 is what it is where nobody has said otherwise.
 */
static bool cannot_be_compared(
	struct task *t, const cJSON *node, const cJSON *setting)
{
	if (!streq(setting->string, "weight") || json_member(node, "weight"))
		return false;
	if (!streq(json_scalar_text(setting), "1"))
		task_warn(t,
			"The weight of node %s is left alone: the API shows "
			"and uses it only with a weighted algorithm",
			json_str(node, "address"));
	return true;
}

/* The settings that differ, with the node's id; NULL if none does. */
static cJSON *change_of(struct task *t, const cJSON *node, const cJSON *wish)
{
	cJSON *change = json_object(JSON_COPY("id", json_member(node, "id")));

	json_each (setting, json_member(wish, "settings")) {
		if (!json_equal(json_member(node, setting->string), setting) &&
			!cannot_be_compared(t, node, setting))
			json_set(change, setting->string, json_copy(setting));
	}
	if (json_size(change) > 1)
		return change;
	cJSON_Delete(change);
	return NULL;
}

static enum step_wait how_to_wait(const struct params *p)
{
	if (p->wait || p->wait_online)
		return WAIT_USABLE;
	return p->nodes ? WAIT_LOOK : WAIT_NOT;
}

static bool all_online(struct task *t, const struct found *f)
{
	json_each (wish, f->wishes) {
		if (!streq(json_str(node_wish_find(t, f->balancer, wish),
				   "status"),
			    "ONLINE"))
			return false;
	}
	return true;
}

static void plan_online(struct task *t, const struct found *f)
{
	cJSON *nodes = pool_keep(t->pool, cJSON_CreateArray());

	json_each (wish, f->wishes) {
		const cJSON *node = node_wish_find(t, f->balancer, wish);
		const cJSON *from = node ? node : wish;

		json_append(nodes,
			json_object(JSON_COPY("address",
					    json_member(from, "address")),
				JSON_COPY("port", json_member(from, "port"))));
	}
	node_await_online(t, f->balancer, nodes);
}

static int plan_present(struct task *t, const struct params *p,
	const struct found *f, struct err *e)
{
	cJSON *added = pool_keep(t->pool, cJSON_CreateArray());
	cJSON *changed = pool_keep(t->pool, cJSON_CreateArray());

	json_each (wish, f->wishes) {
		const cJSON *node = node_wish_find(t, f->balancer, wish);
		const char *id = json_str(wish, "id");

		if (!node && id && (!p->nodes || !json_member(wish, "address")))
			return node_is_missing(f->balancer, id, e);
		if (!node && (!json_member(wish, "address") ||
				     !json_member(wish, "port")))
			return err_set(e, ERR_OTHER,
				"You must include an address and a port when "
				"creating a node.");
		if (node)
			json_append(changed, change_of(t, node, wish));
		else
			json_append(added, new_node(wish));
	}
	/* What comes serves before what goes ends. */
	if (added->child)
		node_add(t, f->balancer, added, how_to_wait(p));
	if (changed->child)
		node_change(t, f->balancer, changed, how_to_wait(p));
	if (p->wait_online &&
		(changed->child || added->child || !all_online(t, f)))
		plan_online(t, f);
	return 0;
}

static void plan_absent(
	struct task *t, const struct params *p, const struct found *f)
{
	cJSON *removed = pool_keep(t->pool, cJSON_CreateArray());

	json_each (wish, f->wishes) {
		json_append(removed,
			json_copy(node_wish_find(t, f->balancer, wish)));
	}
	if (removed->child)
		node_remove(t, f->balancer, removed, how_to_wait(p));
}

static int plan(struct task *t, struct err *e)
{
	const struct params *p = t->params;
	struct found *f = pool_alloc(t->pool, sizeof(*f));

	if (p->virtualenv)
		task_warn(t, "virtualenv is accepted and ignored: this module "
			     "needs no Python");
	f->wishes = wishes(t, p);
	if (node_wish_check(f->wishes, p->nodes != NULL, e) < 0 ||
		find_balancer(t, p, &f->balancer, e) < 0 ||
		(p->nodes && node_wish_check_found(
				     t, f->balancer, f->wishes, e) < 0))
		return -1;
	if (!p->nodes)
		f->node = node_wish_find(t, f->balancer, f->wishes->child);
	t->found = f;
	if (streq(p->state, "present"))
		return plan_present(t, p, f, e);
	plan_absent(t, p, f);
	return 0;
}

/* What the answer to an add says of the node, with its status as it was seen
 * last; else the node as it was, with what was changed. */
static cJSON *single_node(struct task *t, const struct found *f)
{
	const cJSON *wish = f->wishes->child;
	const cJSON *now =
		node_wish_find(t, balancer_latest(t, f->balancer), wish);
	const cJSON *added = balancer_added_node(
		t, json_str(wish, "address"), json_int(wish, "port", 0));
	cJSON *facts;

	if (!f->node) {
		facts = balancer_node_facts(added ? added : now, true);
		json_set(
			facts, "status", json_copy(json_member(now, "status")));
		return facts;
	}
	facts = balancer_node_facts(f->node, false);
	json_each (setting, json_member(wish, "settings")) {
		json_set(facts, setting->string, json_copy(setting));
	}
	return facts;
}

static void report_failure(
	struct task *t, const struct params *p, const struct found *f)
{
	const char *status =
		json_str(balancer_latest(t, f->balancer), "status");
	char *lower = status ? mem_copy(status) : mem_copy("unknown");

	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	/* An answer that has caused it says more. */
	if (t->failure->code == ERR_TIME && !t->failure->status &&
		!streq(lower, "active"))
		task_fail(t,
			"Load balancer not active after %llds (current status: "
			"%s)",
			(long long)p->wait_timeout, lower);
	mem_free(lower);
}

static void report(struct task *t)
{
	const struct params *p = t->params;
	const struct found *f = t->found;
	const cJSON *balancer = balancer_latest(t, f->balancer);
	cJSON *nodes;

	task_result(t, "state", json_new_str(p->state));
	if (t->failure)
		report_failure(t, p, f);
	if (streq(p->state, "absent"))
		return;
	nodes = p->nodes ? cJSON_CreateArray() : NULL;
	if (!p->nodes && !t->failure)
		task_result(t, "node", single_node(t, f));
	json_each (wish, p->nodes ? f->wishes : NULL) {
		const cJSON *node = node_wish_find(t, balancer, wish);

		if (node)
			json_append(nodes, balancer_node_facts(node, true));
	}
	task_result(t, "nodes", nodes);
}

const struct module module = {
	.name = "rax_clb_nodes",
	MODULE_OPTS(opts),
	.rules = rules,
	.waits = true,
	.plan = plan,
	.report = report,
};
