/* SPDX-License-Identifier: Apache-2.0 */
/* One change at a time: how it begins, takes effect, and what comes of it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/balancer_check.h"
#include "tests/cloud/balancer_store.h"
#include "tests/cloud/record.h"

static void set_status(struct balancer *b, const char *status)
{
	record_set_text(&b->status, status);
}

bool balancer_may_change(struct call *call, const struct balancer *b)
{
	if (balancer_is(b, "ACTIVE"))
		return true;
	if (balancer_is(b, "DELETED"))
		return call_fail(call, 422,
			"The load balancer is deleted and considered "
			"immutable.");
	return call_fail(call, 422,
		"Load Balancer '%lld' has a status of '%s' and is considered "
		"immutable.",
		(long long)b->id, b->status);
}

void balancer_begin(struct cloud *cloud, struct balancer *b, const char *status)
{
	double now = cloud_now(cloud);

	set_status(b, status);
	b->due = now + cloud->settings.balancer_time;
	b->stale = 0;
	b->sent = false;
	if (streq(status, "PENDING_UPDATE"))
		b->stale = now + cloud->balancers->quirks.stale_active;
	if (!streq(status, "BUILD"))
		b->updated = now;
}

/* What the traffic gets of a node. One that is offline for the monitor gets
 * nothing new; what is open goes on. */
static enum proxy_state state_of(char condition, bool monitored, bool online)
{
	if (condition == 'D')
		return PROXY_CUT;
	if (monitored && !online)
		return PROXY_AWAY;
	return condition == 'E' ? PROXY_READY : PROXY_DRAIN;
}

static char letter_of(const char *condition)
{
	if (streq(condition, "ENABLED"))
		return 'E';
	return streq(condition, "DRAINING") ? 'R' : 'D';
}

static const char *balance_of(const char *algorithm)
{
	if (strstr(algorithm, "ROUND_ROBIN"))
		return "roundrobin";
	return strstr(algorithm, "LEAST_CONNECTIONS") ? "leastconn"
						      : "random(1)";
}

static enum proxy_mode mode_of(const struct balancer *b)
{
	const struct protocol *p = protocol_find(b->protocol);

	if (!balancer_address(b) || !p || p->udp || balancer_is(b, "SUSPENDED"))
		return PROXY_OFF;
	return streq(b->protocol, "HTTP") ? PROXY_HTTP : PROXY_TCP;
}

static void plan_node(struct proxy_node *planned, const struct balancer *b,
	const struct balancer_node *node)
{
	/* Equal weights that are not small are spread more evenly. */
	bool weighted = algorithm_is_weighted(b->algorithm);

	*planned = (struct proxy_node){ .id = node->id,
		.port = (uint16_t)node->port,
		.backup = streq(node->type, "SECONDARY"),
		.weight = weighted ? (int)node->weight : 100,
		.state = state_of(
			letter_of(node->condition), b->monitor, node->online) };
	snprintf(planned->address, sizeof(planned->address), "%s",
		node->address);
}

static void make_plan(struct balancer *b)
{
	struct balancer_effect *effect = &b->effect;
	const char *address = balancer_address(b);
	size_t n = 0;

	for (struct balancer_node *node = b->nodes; node; node = node->next)
		n++;
	mem_free(effect->plan.nodes);
	mem_free(effect->conditions);
	effect->monitored = b->monitor;
	effect->conditions = mem_new(n + 1);
	effect->plan = (struct proxy_plan){ .port = (uint16_t)b->port,
		.mode = mode_of(b),
		.balance = balance_of(b->algorithm),
		.timeout = (int)b->timeout,
		.cookie = streq(json_str(b->persistence, "persistenceType"),
			"HTTP_COOKIE"),
		.n = n,
		.nodes = mem_array(n, sizeof(*effect->plan.nodes)) };
	snprintf(effect->plan.address, sizeof(effect->plan.address), "%s",
		address ? address : "");
	n = 0;
	for (struct balancer_node *node = b->nodes; node; node = node->next) {
		effect->conditions[n] = letter_of(node->condition);
		plan_node(&effect->plan.nodes[n++], b, node);
	}
}

struct health_monitor balancer_monitor_of(
	const struct cloud *cloud, const cJSON *monitor)
{
	double scale = cloud->balancers->quirks.monitor_scale;
	const char *type = json_str(monitor, "type");

	return (struct health_monitor){
		.kind = streq(type, "HTTP")    ? HEALTH_HTTP
			: streq(type, "HTTPS") ? HEALTH_HTTPS
					       : HEALTH_CONNECT,
		.delay = (double)schema_int(monitor, "delay", 1) * scale,
		.timeout = (double)schema_int(monitor, "timeout", 1) * scale,
		.attempts = (int)schema_int(
			monitor, "attemptsBeforeDeactivation", 1),
		.path = json_str(monitor, "path"),
		.status_regex = json_str(monitor, "statusRegex"),
		.body_regex = json_str(monitor, "bodyRegex"),
		.host = json_str(monitor, "hostHeader"),
	};
}

static void watch_nodes(struct cloud *cloud, struct balancer *b)
{
	struct health *health = cloud->balancers->health;
	struct health_monitor monitor = balancer_monitor_of(cloud, b->monitor);
	int64_t serial = b->monitor ? b->monitor_serial : 0;
	struct err e;

	for (struct balancer_node *node = b->nodes; node; node = node->next) {
		if (node->watched == serial)
			continue;
		if (!serial)
			health_forget(health, node->id);
		else if (health_watch(health, node->id, node->address,
				 (uint16_t)node->port, &monitor, node->online,
				 &e) < 0)
			fprintf(stderr, "simcloud: balancer %lld: %s\n",
				(long long)b->id, e.text);
		node->watched = serial;
	}
}

static void send_plan(struct cloud *cloud, struct balancer *b)
{
	proxy_set(cloud->balancers->proxies, b->id, &b->effect.plan);
	b->sent = true;
}

void balancer_take_effect(struct cloud *cloud, struct balancer *b)
{
	b->due = 0;
	watch_nodes(cloud, b);
	make_plan(b);
	send_plan(cloud, b);
}

void balancer_set_monitor(
	struct cloud *cloud, struct balancer *b, cJSON *monitor)
{
	record_set_tree(&b->monitor, monitor);
	b->monitor_serial = balancer_new_id(cloud);
	if (monitor)
		return;
	for (struct balancer_node *node = b->nodes; node; node = node->next)
		if (streq(node->condition, "ENABLED"))
			node->online = true;
}

/* The monitor's findings, as far as what takes effect now is monitored. */
static void follow_health(struct cloud *cloud, struct balancer *b)
{
	struct balancer_effect *effect = &b->effect;
	struct health *health = cloud->balancers->health;
	bool changed = false;

	for (struct balancer_node *node = b->nodes; node; node = node->next) {
		bool was = node->online;

		if (b->monitor && node->watched)
			node->online = health_online(health, node->id);
		node->coming = node->online && (node->coming || !was);
	}
	for (size_t i = 0; effect->monitored && i < effect->plan.n; i++) {
		struct proxy_node *planned = &effect->plan.nodes[i];
		enum proxy_state state = state_of(effect->conditions[i], true,
			health_online(health, planned->id));

		/* One that is being removed is not looked after any more. */
		if (state == planned->state ||
			!balancer_find_node(b, planned->id))
			continue;
		planned->state = state;
		changed = true;
	}
	if (changed)
		send_plan(cloud, b);
}

static void fail(struct balancer *b, char *problem)
{
	set_status(b, "ERROR");
	mem_free(b->problem);
	b->problem = problem;
	fprintf(stderr, "simcloud: load balancer %lld (%s) is in ERROR: %s\n",
		(long long)b->id, b->name, problem ? problem : "?");
}

static bool is_pending(const struct balancer *b)
{
	return balancer_is(b, "BUILD") || balancer_is(b, "PENDING_UPDATE");
}

static void follow_proxy(struct cloud *cloud, struct balancer *b)
{
	char *problem;
	enum proxy_outcome outcome =
		proxy_outcome(cloud->balancers->proxies, b->id, &problem);

	if (outcome == PROXY_FAILED &&
		(is_pending(b) || balancer_is(b, "ACTIVE"))) {
		fail(b, problem);
		b->due = 0;
		b->sent = false;
		return;
	}
	mem_free(problem);
	if (outcome != PROXY_DONE || !b->sent)
		return;
	b->sent = false;
	if (is_pending(b) && b->due <= 0 && !b->stuck)
		set_status(b, "ACTIVE");
}

/* What is shown as online serves. */
static void show_online(struct balancer *b)
{
	for (struct balancer_node *node = b->nodes; node; node = node->next)
		node->coming = node->coming && b->sent;
}

static void end(struct cloud *cloud, struct balancer *b)
{
	proxy_remove(cloud->balancers->proxies, b->id);
	for (struct balancer_node *node = b->nodes; node; node = node->next)
		health_forget(cloud->balancers->health, node->id);
	balancer_give_vips(cloud, b);
	b->due = 0;
	b->sent = false;
	set_status(b, "DELETED");
}

void balancer_force(struct cloud *cloud, struct balancer *b, const char *status)
{
	set_status(b, status);
	record_set_text(&b->problem, NULL);
	b->stale = 0;
	b->due = 0;
	b->stuck = is_pending(b) || balancer_is(b, "PENDING_DELETE");
	if (balancer_is(b, "DELETED"))
		end(cloud, b);
	else
		balancer_take_effect(cloud, b);
}

void balancer_follow(struct cloud *cloud)
{
	for (struct balancer *b = cloud->balancers->first; b; b = b->next) {
		if (balancer_is(b, "DELETED"))
			continue;
		follow_health(cloud, b);
		follow_proxy(cloud, b);
		show_online(b);
	}
}

double balancer_advance(struct cloud *cloud, double now)
{
	double due = INFINITY;

	for (struct balancer *b = cloud->balancers->first; b; b = b->next) {
		if (b->due <= 0 || b->stuck)
			continue;
		if (b->due > now)
			due = fmin(due, b->due);
		else if (balancer_is(b, "PENDING_DELETE"))
			end(cloud, b);
		else
			balancer_take_effect(cloud, b);
	}
	return due;
}
