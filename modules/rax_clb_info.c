/* SPDX-License-Identifier: Apache-2.0 */
/* rax_clb_info - what is known of load balancers. */
#include "common/module.h"

struct params {
	const char *id;
	const cJSON *meta;
	const char *name;
};

static const struct opt opts[] = {
	OPT_STR(id),
	OPT_DICT(meta),
	OPT_STR(name),
	OPT_END,
};

static const struct opt_rule rules[] = {
	{ .kind = OPT_EXCLUSIVE, .names = "id|name" },
	{ .kind = OPT_END_OF_RULES },
};

struct found {
	const cJSON *balancers;
	const cJSON *limits;
};

/* The summaries of those that name or id mean; without either, of all. */
static int find_summaries(struct task *t, const struct params *p,
	const cJSON **summaries, struct err *e)
{
	cJSON *one;

	if (!p->id)
		return balancer_list(t, p->name, summaries, e);
	one = pool_keep(t->pool, cJSON_CreateArray());
	json_append(one, json_object(JSON_STR("id", p->id)));
	*summaries = one;
	return 0;
}

static bool has_metadata(const cJSON *balancer, const cJSON *wanted)
{
	json_each (pair, wanted) {
		if (!streq(balancer_metadata(balancer, pair->string),
			    pair->valuestring))
			return false;
	}
	return true;
}

static int plan(struct task *t, struct err *e)
{
	const struct params *p = t->params;
	const cJSON *meta = server_metadata_texts(t, p->meta);
	struct found *found = pool_alloc(t->pool, sizeof(*found));
	cJSON *shown = pool_keep(t->pool, cJSON_CreateArray());
	const cJSON *summaries, *balancers;

	if (find_summaries(t, p, &summaries, e) < 0 ||
		balancer_get_all(t, summaries, &balancers, e) < 0 ||
		balancer_limits(t, &found->limits, e) < 0)
		return -1;
	json_each (balancer, balancers) {
		if (!streq(json_str(balancer, "status"), "DELETED") &&
			has_metadata(balancer, meta))
			json_append(shown, balancer_facts(balancer));
	}
	found->balancers = shown;
	t->found = found;
	return 0;
}

static void report(struct task *t)
{
	const struct found *found = t->found;

	task_result(t, "balancers", json_copy(found->balancers));
	task_result(t, "limits", json_copy(found->limits));
}

const struct module module = {
	.name = "rax_clb_info",
	MODULE_OPTS(opts),
	.rules = rules,
	.plan = plan,
	.report = report,
};
