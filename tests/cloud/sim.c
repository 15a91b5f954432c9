/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/sim.h"

#include <stdio.h>

#include "common/str.h"
#include "tests/cloud/fault.h"
#include "tests/cloud/identity.h"
#include "tests/cloud/log.h"
#include "tests/cloud/machine.h"
#include "tests/cloud/rate.h"
#include "tests/cloud/server_machine.h"
#include "tests/cloud/service.h"

static int set_faults(struct cloud *cloud, const cJSON *value, struct err *e)
{
	return faults_set(cloud->faults, value, false, e);
}

static int add_faults(struct cloud *cloud, const cJSON *value, struct err *e)
{
	return faults_set(cloud->faults, value, true, e);
}

static int set_rates(struct cloud *cloud, const cJSON *value, struct err *e)
{
	return rates_set(cloud->rates, value, e);
}

static int put_forward(struct cloud *cloud, const cJSON *value, struct err *e)
{
	double seconds = cJSON_IsNumber(value) ? value->valuedouble : -1;

	if (!(seconds >= 0 && seconds <= 1e9))
		return err_set(e, ERR_OTHER, "not a number from 0 to 1e9");
	cloud_forward(cloud, seconds);
	return 0;
}

static int clear_log(struct cloud *cloud, const cJSON *value, struct err *e)
{
	if (!cJSON_IsTrue(value))
		return err_set(e, ERR_OTHER, "not true");
	log_clear(cloud->log);
	return 0;
}

static const struct control own_controls[] = {
	{ "faults", set_faults, "[rule...]: these in place of all others" },
	{ "add_faults", add_faults, "[rule...]: these as well" },
	{ "rates", set_rates, "[rule...]: limits; beyond them 413" },
	{ "clock", put_forward, "S: puts the cloud's clock forward" },
	{ "clear_log", clear_log, "true: empties the log" },
	CONTROL_END,
};

static const struct control *find_in(
	const struct control *controls, const char *name)
{
	for (const struct control *c = controls; c && c->name; c++)
		if (streq(c->name, name))
			return c;
	return NULL;
}

static const struct control *find_control(const char *name)
{
	const struct control *found = find_in(own_controls, name);

	for (const struct part *const *p = cloud_parts; *p && !found; p++)
		found = find_in((*p)->controls, name);
	return found;
}

static int check_names(const cJSON *body, struct err *e)
{
	struct str unknown;

	str_init(&unknown, 1000);
	json_each (member, body) {
		if (!settings_can_config(member->string) &&
			!find_control(member->string))
			str_addf(&unknown, "%s%s", unknown.length ? ", " : "",
				member->string);
	}
	if (unknown.length)
		err_set(e, ERR_ABSENT, "unknown: %s", unknown.text);
	str_free(&unknown);
	return e->code == ERR_NONE ? 0 : -1;
}

static int apply(struct cloud *cloud, const cJSON *member, struct err *e)
{
	const struct control *control = find_control(member->string);

	if (!control)
		return settings_config(
			&cloud->settings, member->string, member, e);
	if (control->apply(cloud, member, e) < 0)
		return err_add(e, "%s", control->name);
	return 0;
}

static void configure(struct call *call)
{
	struct err e = { 0 };

	if (!cJSON_IsObject(call->body)) {
		call_fail(call, 400, "The body is no JSON object.");
		return;
	}
	if (check_names(call->body, &e) < 0) {
		call_fail(call, 400, "%s", e.text);
		return;
	}
	json_each (member, call->body) {
		if (apply(call->cloud, member, &e) < 0) {
			call_fail(call, 400, "%s", e.text);
			return;
		}
	}
	call_reply(call, 200, cJSON_CreateObject());
}

static void show_log(struct call *call)
{
	call_reply(call, 200, log_show(call->cloud->log));
	if (call_query(call, "clear"))
		log_clear(call->cloud->log);
}

static cJSON *show_region(struct cloud *cloud, const char *region)
{
	cJSON *all = cJSON_CreateObject();

	for (const struct part *const *p = cloud_parts; *p; p++)
		if ((*p)->show)
			json_set(all, (*p)->name, (*p)->show(cloud, region));
	return all;
}

static void show_state(struct call *call)
{
	struct cloud *cloud = call->cloud;
	cJSON *regions = cJSON_CreateObject();

	for (const char *const *r = cloud_regions; *r; r++)
		json_set(regions, *r, show_region(cloud, *r));
	call_reply(call, 200,
		json_object(JSON_TAKE("regions", regions),
			JSON_BOOL("machines", machines_there(cloud->machines)),
			JSON_STR("machines_why", machines_why(cloud->machines)),
			JSON_INT(
				"ssh_port", machines_ssh_port(cloud->machines)),
			JSON_TAKE("machine_counts",
				server_machine_show_all(cloud)),
			JSON_INT("tokens", (int64_t)identity_count(cloud)),
			JSON_TAKE("time", json_new_double(call->now)),
			JSON_TAKE("settings", settings_show(&cloud->settings)),
			JSON_TAKE("faults", faults_show(cloud->faults)),
			JSON_TAKE("rates", rates_show(cloud->rates))));
}

static const struct route routes[] = {
	{ "GET", "/log", show_log },
	{ "GET", "/state", show_state },
	{ "POST", "/config", configure },
	ROUTE_END,
};

static const struct service sim_service = {
	.name = "_sim",
	.fail = service_fail_flat,
	.tables = (const struct route *const[]){ routes, NULL },
};

bool sim_wants(const struct call *call)
{
	return call->n_segments && streq(call->segments[0], sim_service.name);
}

void sim_run(struct call *call)
{
	bool known;

	call->service = &sim_service;
	call->first = 1;
	call->route = route_find(sim_service.tables, call, &known);
	if (call->route)
		call->route->handle(call);
	else
		call_fail(call, known ? 405 : 404,
			"There are GET /_sim/log, GET /_sim/state and POST "
			"/_sim/config.");
}

static void help_of(const struct control *controls)
{
	for (const struct control *c = controls; c && c->name; c++)
		printf("  %-18s %s\n", c->name, c->help);
}

void sim_help(void)
{
	help_of(own_controls);
	for (const struct part *const *p = cloud_parts; *p; p++)
		help_of((*p)->controls);
}
