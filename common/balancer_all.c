/* SPDX-License-Identifier: Apache-2.0 */
/* Many balancers with all their details, read at once. */
#include "common/balancer.h"
#include "common/str.h"

static struct call read_call(struct task *t, const char *id, const char *part)
{
	return (struct call){ .service = CLOUD_BALANCER,
		.method = "GET",
		.path = pool_printf(t->pool, "/loadbalancers/%s%s",
			cloud_escape(t->cloud, id), part),
		.doing = pool_printf(t->pool, "reading load balancer %s", id) };
}

/* Gone meanwhile is no failure; *balancer is NULL then. */
static int take(struct task *t, struct call *details, struct call *monitor,
	cJSON **balancer, struct err *e)
{
	const cJSON *found, *health;

	*balancer = NULL;
	if (!cloud_succeeded(details)) {
		cloud_fault(t->cloud, details, e);
		return e->code == ERR_ABSENT ? 0 : -1;
	}
	if (!cloud_succeeded(monitor)) {
		cloud_fault(t->cloud, monitor, e);
		if (e->code != ERR_ABSENT)
			return -1;
	}
	found = json_member(details->http.reply, "loadBalancer");
	if (!cJSON_IsObject(found))
		return err_set(e, ERR_OTHER,
			"The answer has no \"loadBalancer\" (%s%s)",
			details->doing, cloud_where(t->cloud));
	health = json_member(monitor->http.reply, "healthMonitor");
	*balancer = json_copy(found);
	json_set(*balancer, "healthMonitor",
		health ? json_copy(health) : cJSON_CreateObject());
	return 0;
}

int balancer_get_all(struct task *t, const cJSON *summaries,
	const cJSON **balancers, struct err *e)
{
	size_t count = (size_t)json_size(summaries), n = 0;
	struct call *calls = mem_array(2 * count, sizeof(*calls));
	cJSON *list = pool_keep(t->pool, cJSON_CreateArray());
	int rc;

	json_each (summary, summaries) {
		const char *id = balancer_id(t, summary);

		calls[n++] = read_call(t, id, "");
		calls[n++] = read_call(t, id, "/healthmonitor");
	}
	rc = cloud_run(t->cloud, calls, n, e);
	for (size_t i = 0; i < n; i += 2) {
		cJSON *balancer = NULL;

		if (rc == 0)
			rc = take(t, &calls[i], &calls[i + 1], &balancer, e);
		json_append(list, balancer);
		cloud_clear(&calls[i]);
		cloud_clear(&calls[i + 1]);
	}
	mem_free(calls);
	*balancers = list;
	return rc;
}
