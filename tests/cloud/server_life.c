/* SPDX-License-Identifier: Apache-2.0 */
/* What servers do by themselves, and their applications. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/str.h"
#include "tests/cloud/address.h"
#include "tests/cloud/record.h"
#include "tests/cloud/server_machine.h"
#include "tests/cloud/volume.h"

#define TASKS_MAX 4
#define TIME(f)   offsetof(struct settings, f)

/* What a server can be doing: what is shown meanwhile (a NULL status: the one
 * it has), which tasks in turn, how long it takes, what it ends in. */
struct work {
	const char *name, *status, *end;
	const char *tasks[TASKS_MAX];
	size_t time;
	double share; /* of that time */
	bool app_goes, app_comes;
};

static const struct work works[] = {
	{ "build", "BUILD", "ACTIVE",
		{ "scheduling", "networking", "block_device_mapping",
			"spawning" },
		TIME(build_time), 1, false, true },
	{ "rebuild", "REBUILD", "ACTIVE", { "rebuilding", "rebuild_spawning" },
		TIME(build_time), 1, true, true },
	{ "reboot_soft", "REBOOT", "ACTIVE", { "rebooting" }, TIME(build_time),
		0.5, true, true },
	{ "reboot_hard", "HARD_REBOOT", "ACTIVE", { "rebooting_hard" },
		TIME(build_time), 0.5, true, true },
	{ "stop", NULL, "SHUTOFF", { "powering-off" }, TIME(build_time), 0.2,
		true, false },
	{ "start", NULL, "ACTIVE", { "powering-on" }, TIME(build_time), 0.5,
		false, true },
	{ "resize", "RESIZE", "VERIFY_RESIZE",
		{ "resize_prep", "resize_migrating", "resize_finish" },
		TIME(build_time), 1, true, true },
	{ "revert", "REVERT_RESIZE", "ACTIVE", { "resize_reverting" },
		TIME(build_time), 1, true, true },
	/* The image is ACTIVE a little before its server is idle again. */
	{ "image", NULL, NULL,
		{ "image_snapshot", "image_pending_upload", "image_uploading" },
		TIME(image_time), 1.25, false, false },
	{ "delete", NULL, "DELETED", { "deleting" }, TIME(delete_time), 1, true,
		false },
};

static const struct work *work_of(const char *name)
{
	for (size_t i = 0; i < sizeof(works) / sizeof(*works); i++)
		if (streq(works[i].name, name))
			return &works[i];
	return NULL;
}

/* From 0 to 1; what never ends stays in its middle. */
static double part_done(const struct server *s, double now)
{
	double part;

	if (s->due <= 0)
		return 0.6;
	part = s->due > s->began ? (now - s->began) / (s->due - s->began) : 1;
	return part < 0 ? 0 : part > 1 ? 1 : part;
}

const char *server_task(const struct server *s, double now)
{
	const struct work *work = work_of(s->doing);
	int n = 0, i;

	if (s->task || !work)
		return s->task;
	while (n < TASKS_MAX && work->tasks[n])
		n++;
	i = (int)(part_done(s, now) * n);
	return work->tasks[i < n ? i : n - 1];
}

int server_progress(const struct server *s, double now)
{
	if (streq(s->doing, "build") || streq(s->doing, "rebuild"))
		return (int)(99 * part_done(s, now));
	return 100;
}

void server_stop_app(struct server *s)
{
	app_stop(s->app);
	s->app = NULL;
	s->app_is_up = false;
	s->app_due = s->app_end = 0;
}

void server_apply_health(struct server *s)
{
	if (s->app)
		app_set_health(s->app, s->health_path, (int)s->health_status);
}

static void start_app(struct cloud *cloud, struct server *s)
{
	const char *addresses[2];
	size_t n = 0;
	struct err e;

	if (s->address)
		addresses[n++] = s->address;
	if (s->private_address)
		addresses[n++] = s->private_address;
	if (s->app || n == 0)
		return;
	s->app = app_start(cloud->apps, s->name, s->image_name, s->build,
		addresses, n, (uint16_t)cloud->settings.app_port, &e);
	if (!s->app)
		fprintf(stderr, "simcloud: no application for server %s: %s\n",
			s->name, e.text);
	server_apply_health(s);
	s->app_is_up = s->app != NULL;
	s->app_end = s->app_life > 0 ? s->app_due + s->app_life : 0;
}

static void give_addresses(struct cloud *cloud, struct server *s)
{
	if (s->address)
		address_give(cloud->addresses, s->address);
	if (s->private_address)
		address_give(cloud->addresses, s->private_address);
	record_set_text(&s->address, NULL);
	record_set_text(&s->private_address, NULL);
}

void server_begin(struct cloud *cloud, struct server *s, const char *what)
{
	const struct work *work = work_of(what);
	double time;

	if (!work)
		abort();
	time = *(const double *)(const void *)((const char *)&cloud->settings +
					       work->time);
	record_set_text(&s->doing, what);
	s->waited = false;
	record_set_text(&s->task, NULL);
	if (work->status)
		record_set_text(&s->status, work->status);
	s->began = s->updated = cloud_now(cloud);
	s->due = s->began + time * work->share;
	if (work->app_goes) {
		server_stop_app(s);
		server_machine_stop(cloud, s);
	}
}

void server_fail(struct cloud *cloud, struct server *s, const char *fault)
{
	double now = cloud_now(cloud);
	char *created = cloud_time_text(now);

	server_stop_app(s);
	server_machine_stop(cloud, s);
	record_set_text(&s->status, "ERROR");
	record_set_text(&s->doing, NULL);
	s->due = 0;
	s->updated = now;
	record_set_tree(&s->fault,
		json_object(JSON_INT("code", 500), JSON_STR("created", created),
			JSON_STR("message", fault)));
	mem_free(created);
}

static void end_in(struct cloud *cloud, struct server *s,
	const struct work *work, double at)
{
	if (streq(s->doing, "image"))
		image_server_idle(cloud, s->id);
	record_set_text(&s->doing, NULL);
	record_set_text(&s->task, NULL);
	if (work->end)
		record_set_text(&s->status, work->end);
	s->due = 0;
	s->updated = at;
	if (work->app_comes) {
		record_set_tree(&s->fault, NULL);
		s->active = at;
		s->app_due = s->no_app ? 0 : at + cloud->settings.app_delay;
	}
	if (server_is_gone(s)) {
		image_server_gone(cloud, s->id);
		volume_server_gone(cloud, s->id);
		server_machine_remove(cloud, s);
		give_addresses(cloud, s);
	}
}

/* Its files are still being copied, or its machine does not run yet, or still
 * does. */
static bool has_to_wait(
	struct cloud *cloud, struct server *s, const struct work *work)
{
	if (streq(s->doing, "image"))
		return image_server_copies(cloud, s->id);
	return server_machine_waits(cloud, s, work->app_comes);
}

static void finish_work(struct cloud *cloud, struct server *s, double now)
{
	const struct work *work = work_of(s->doing);

	if (s->doom && streq(s->doing, "build")) {
		server_fail(cloud, s, s->doom);
	} else if (work && has_to_wait(cloud, s, work)) {
		s->waited = true;
		return;
	} else if (work) {
		end_in(cloud, s, work, s->waited ? now : s->due);
	}
	s->waited = false;
	s->due = 0;
}

void server_finish(struct cloud *cloud, struct server *s)
{
	s->due = s->began = cloud_now(cloud);
	finish_work(cloud, s, s->due);
	s->app_due = s->no_app ? 0 : s->active;
}

/* What the provider's automation writes into the metadata, some time after
 * the server became ACTIVE; one step of it may change its address. */
static double take_steps(struct cloud *cloud, struct server *s, double now)
{
	int64_t index = 0;

	if (s->active <= 0 || server_is_gone(s))
		return INFINITY;
	json_each (step, cloud->servers->steps) {
		const cJSON *after = json_member(step, "after");
		double due = s->active + (after ? after->valuedouble : 0);

		if (index++ < s->steps)
			continue;
		if (due > now)
			return due;
		json_each (item, json_member(step, "metadata")) {
			json_set(s->metadata, item->string, json_copy(item));
		}
		if (streq(json_str(step, "access"), "private"))
			record_set_text(&s->access_address, s->private_address);
		s->updated = now;
		s->steps = index;
	}
	return INFINITY;
}

static double later(double time, double now)
{
	return time > now ? time : INFINITY;
}

static double advance_one(struct cloud *cloud, struct server *s, double now)
{
	double steps;

	if (s->due > 0 && s->due <= now)
		finish_work(cloud, s, now);
	if (s->app_due > 0 && s->app_due <= now) {
		if (!server_machine_boots(s))
			start_app(cloud, s);
		s->app_due = 0;
	}
	if (s->app_end > 0 && s->app_end <= now)
		server_stop_app(s);
	steps = take_steps(cloud, s, now);
	steps = cloud_sooner(steps, later(s->due, now));
	steps = cloud_sooner(steps, later(s->app_due, now));
	return cloud_sooner(steps, later(s->app_end, now));
}

double server_advance(struct cloud *cloud, double now)
{
	double due = INFINITY;

	for (struct server *s = cloud->servers->first; s; s = s->next)
		if (!server_is_gone(s))
			due = cloud_sooner(due, advance_one(cloud, s, now));
	return due;
}
