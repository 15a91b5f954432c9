/* SPDX-License-Identifier: Apache-2.0 */
/* rax_clb - make, change or remove a load balancer. */
#include "common/module.h"

struct params {
	const char *algorithm;
	const cJSON *meta;
	const char *name;
	int64_t port;
	const char *protocol;
	const char *state;
	int64_t timeout;
	const char *type;
	const char *vip_id;
	bool wait;
	int64_t wait_timeout;
	const cJSON *health_monitor;
	const char *session_persistence;
};

static const struct opt monitor_opts[] = {
	OPT_SUB("type", "str", .required = true,
		.choices = "CONNECT|HTTP|HTTPS|none"),
	OPT_SUB("delay", "int", .fallback = "10"),
	OPT_SUB("timeout", "int", .fallback = "10"),
	OPT_SUB("attempts", "int", .fallback = "3"),
	OPT_SUB("path", "str"),
	OPT_SUB("status_regex", "str"),
	OPT_END,
};

static const struct opt opts[] = {
	OPT_STR(algorithm,
		.choices = "RANDOM|LEAST_CONNECTIONS|ROUND_ROBIN|"
			   "WEIGHTED_LEAST_CONNECTIONS|WEIGHTED_ROUND_ROBIN",
		.fallback = "LEAST_CONNECTIONS"),
	OPT_DICT(meta, .fallback = "{}"),
	OPT_STR(name, .required = true),
	OPT_INT(port, .fallback = "80"),
	OPT_STR(protocol,
		.choices = "DNS_TCP|DNS_UDP|FTP|HTTP|HTTPS|IMAPS|IMAPv4|LDAP|"
			   "LDAPS|MYSQL|POP3|POP3S|SMTP|TCP|TCP_CLIENT_FIRST|"
			   "UDP|UDP_STREAM|SFTP",
		.fallback = "HTTP"),
	OPT_STR(state, .choices = "present|absent", .fallback = "present"),
	OPT_INT(timeout, .fallback = "30"),
	OPT_STR(type, .choices = "PUBLIC|SERVICENET", .fallback = "PUBLIC"),
	OPT_STR(vip_id),
	OPT_BOOL(wait, .fallback = "false"),
	OPT_INT(wait_timeout, .fallback = "300"),
	OPT_DICT(health_monitor, .sub = monitor_opts),
	OPT_STR(session_persistence,
		.choices = "HTTP_COOKIE|SOURCE_IP|SSL_ID|none"),
	OPT_END,
};

static enum step_wait how_to_wait(const struct params *p)
{
	return p->wait ? WAIT_USABLE : WAIT_LOOK;
}

static bool is_none(const char *text)
{
	return streq(text, "none");
}

/* The monitor as the API takes it, NULL for none. Its ranges are those of
 * load-balancers.md A8; the API's own message would come too late, after other
 * changes. */
static int api_monitor(struct task *t, const cJSON *given,
	const cJSON **monitor, struct err *e)
{
	const char *type = json_str(given, "type");
	int64_t delay = json_int(given, "delay", 0);
	int64_t timeout = json_int(given, "timeout", 0);
	int64_t attempts = json_int(given, "attempts", 0);
	const char *path = json_str(given, "path");
	const char *status_regex = json_str(given, "status_regex");
	bool asks = streq(type, "HTTP") || streq(type, "HTTPS");

	*monitor = NULL;
	if (is_none(type))
		return 0;
	if (delay < 1 || delay > 3600 || timeout < 1 || timeout > 300 ||
		attempts < 1 || attempts > 10)
		return err_set(e, ERR_OTHER,
			"health_monitor: delay must be 1 to 3600, timeout 1 to "
			"300 seconds, attempts 1 to 10");
	if (asks && path && path[0] != '/')
		return err_set(e, ERR_OTHER,
			"health_monitor: path must start with /, got: %s",
			path);
	path = path ? path : "/";
	status_regex = status_regex ? status_regex : "^[23][0-9][0-9]$";
	*monitor = pool_keep(t->pool,
		json_object(JSON_STR("type", type), JSON_INT("delay", delay),
			JSON_INT("timeout", timeout),
			JSON_INT("attemptsBeforeDeactivation", attempts),
			JSON_STR("path", asks ? path : NULL),
			JSON_STR("statusRegex", asks ? status_regex : NULL)));
	return 0;
}

/* Every member that is wanted is so already; the API adds others. */
static bool same_monitor(const cJSON *now, const cJSON *wanted)
{
	json_each (member, wanted) {
		if (!json_equal(member, json_member(now, member->string)))
			return false;
	}
	return true;
}

static int check_virtual_ips(
	const struct params *p, const cJSON *balancer, struct err *e)
{
	bool shared = false;

	json_each (vip, json_member(balancer, "virtualIps")) {
		const char *id = json_scalar_text(json_member(vip, "id"));

		shared = shared || streq(id, p->vip_id);
		if (!p->vip_id && !streq(json_str(vip, "type"), p->type))
			return err_set(e, ERR_OTHER,
				"Load balancer Virtual IP type cannot be "
				"changed");
	}
	if (p->vip_id && !shared)
		return err_set(e, ERR_OTHER,
			"Load balancer Virtual IP cannot be changed: it has "
			"none with the id %s",
			p->vip_id);
	return 0;
}

static void plan_settings(
	struct task *t, const struct params *p, const cJSON *balancer)
{
	const cJSON *wanted = pool_keep(
		t->pool, json_object(JSON_STR("algorithm", p->algorithm),
				 JSON_INT("port", p->port),
				 JSON_STR("protocol", p->protocol),
				 JSON_INT("timeout", p->timeout)));
	cJSON *differs = pool_keep(t->pool, cJSON_CreateObject());

	json_each (setting, wanted) {
		const cJSON *now = json_member(balancer, setting->string);

		if (now && !json_equal(setting, now))
			json_set(differs, setting->string, json_copy(setting));
	}
	if (differs->child)
		balancer_update(t, balancer, differs, how_to_wait(p));
}

static int plan_monitor(struct task *t, const struct params *p,
	const cJSON *balancer, const cJSON *monitor, struct err *e)
{
	const cJSON *now;

	if (!p->health_monitor)
		return 0;
	if (balancer_monitor(t, balancer, &now, e) < 0)
		return -1;
	if (monitor ? !same_monitor(now, monitor) : now->child != NULL)
		balancer_set_monitor(t, balancer, now, monitor, how_to_wait(p));
	return 0;
}

/* A new protocol, planned before, may have switched it off. */
static void plan_persistence(
	struct task *t, const struct params *p, const cJSON *balancer)
{
	const cJSON *latest = balancer_so_far(t, balancer);
	const char *now =
		json_str(latest, "sessionPersistence.persistenceType");
	const char *wanted = p->session_persistence;

	if (!wanted || streq(now, wanted) || (is_none(wanted) && !now))
		return;
	balancer_set_persistence(
		t, latest, is_none(wanted) ? NULL : wanted, how_to_wait(p));
}

static int plan_change(struct task *t, const struct params *p,
	const cJSON *balancer, const cJSON *meta, const cJSON *monitor,
	struct err *e)
{
	if (check_virtual_ips(p, balancer, e) < 0)
		return -1;
	plan_settings(t, p, balancer);
	if (meta)
		balancer_set_metadata(t, balancer, meta, how_to_wait(p));
	if (plan_monitor(t, p, balancer, monitor, e) < 0)
		return -1;
	plan_persistence(t, p, balancer);
	if (p->wait && !streq(json_str(balancer, "status"), "ACTIVE") &&
		t->plan->count == t->plan->first)
		balancer_await(t, balancer);
	return 0;
}

static void plan_create(struct task *t, const struct params *p,
	const cJSON *meta, const cJSON *monitor)
{
	const char *persistence = p->session_persistence;

	balancer_create(t,
		&(struct balancer_wish){ .name = p->name,
			.protocol = p->protocol,
			.algorithm = p->algorithm,
			.vip_type = p->type,
			.vip_id = p->vip_id,
			.port = p->port,
			.timeout = p->timeout,
			.metadata = meta,
			.monitor = monitor,
			.persistence = persistence && !is_none(persistence)
					       ? persistence
					       : NULL },
		how_to_wait(p));
}

static int plan_present(struct task *t, const struct params *p,
	const cJSON *balancer, struct err *e)
{
	const cJSON *monitor = NULL;
	const cJSON *meta = task_given(t, "meta")
				    ? balancer_metadata_texts(t, p->meta)
				    : NULL;

	if (p->health_monitor &&
		api_monitor(t, p->health_monitor, &monitor, e) < 0)
		return -1;
	if (balancer && !balancer_is_going(balancer))
		return plan_change(t, p, balancer, meta, monitor, e);
	t->found = NULL;
	plan_create(t, p, meta, monitor);
	return 0;
}

static void plan_absent(
	struct task *t, const struct params *p, const cJSON *balancer)
{
	if (!balancer)
		return;
	if (!balancer_is_going(balancer))
		balancer_delete(t, balancer, p->wait ? WAIT_USABLE : WAIT_NOT);
	else if (p->wait)
		balancer_await(t, balancer);
}

static int plan(struct task *t, struct err *e)
{
	const struct params *p = t->params;
	const cJSON *balancer;

	if (p->timeout < 30)
		return err_set(e, ERR_OTHER,
			"\"timeout\" must be greater than or equal to 30");
	if (balancer_find(t, p->name, &balancer, e) < 0)
		return -1;
	t->found = balancer;
	if (streq(p->state, "present"))
		return plan_present(t, p, balancer, e);
	plan_absent(t, p, balancer);
	return 0;
}

static void report(struct task *t)
{
	const struct params *p = t->params;
	const cJSON *balancer = balancer_latest(t, t->found);
	const char *id;

	task_result(t, "balancer",
		balancer ? balancer_facts(balancer) : cJSON_CreateObject());
	if (!t->failure)
		return;
	id = balancer ? balancer_id(t, balancer) : p->name;
	if (t->failure->code == ERR_TIME && streq(p->state, "present"))
		task_fail(
			t, "Timeout waiting on %s (%s)", id, t->failure->text);
	else if (streq(json_str(balancer, "status"), "ERROR"))
		task_fail(t, "%s failed to build (%s)", id, t->failure->text);
}

const struct module module = {
	.name = "rax_clb",
	MODULE_OPTS(opts),
	.waits = true,
	.plan = plan,
	.report = report,
};
