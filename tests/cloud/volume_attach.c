/* SPDX-License-Identifier: Apache-2.0 */
/* The compute service's calls on volumes as disks of servers. */
#include <string.h>

#include "common/str.h"
#include "tests/cloud/record.h"
#include "tests/cloud/server.h"
#include "tests/cloud/volume.h"

static cJSON *show(const struct volume *v)
{
	return json_object(JSON_STR("id", v->id), JSON_STR("volumeId", v->id),
		JSON_STR("serverId", v->server), JSON_STR("device", v->device));
}

static void list(struct call *call)
{
	const struct server *s = server_of(call);
	cJSON *all;

	if (!s)
		return;
	all = cJSON_CreateArray();
	for (struct volume *v = volume_first(call->cloud); v;
		v = volume_next(v))
		if (streq(v->server, s->id))
			json_append(all, show(v));
	call_reply(call, 200, json_object(JSON_TAKE("volumeAttachments", all)));
}

/* The attached volume {volume} of server {id}, or NULL after 404. */
static struct volume *of_call(struct call *call)
{
	const struct server *s = server_of(call);
	struct volume *v = s ? volume_find(call->cloud, call->place,
				       call_param(call, "volume"))
			     : NULL;

	if (s && (!v || !streq(v->server, s->id))) {
		call_fail(call, 404, "volume_id not found: %s",
			call_param(call, "volume"));
		return NULL;
	}
	return v;
}

static void get(struct call *call)
{
	const struct volume *v = of_call(call);

	if (v)
		call_reply(call, 200,
			json_object(JSON_TAKE("volumeAttachment", show(v))));
}

/* The first letter after xvda that no volume of the server has. */
static const char *free_device(struct call *call, const char *server)
{
	bool taken[26] = { true };
	int i = 0;

	for (struct volume *v = volume_first(call->cloud); v;
		v = volume_next(v)) {
		const char *letter = v->device ? strrchr(v->device, 'd') : NULL;

		if (letter && streq(v->server, server) && letter[1] >= 'a' &&
			letter[1] <= 'z')
			taken[letter[1] - 'a'] = true;
	}
	while (i < 25 && taken[i])
		i++;
	return pool_printf(call->pool, "/dev/xvd%c", 'a' + i);
}

static void attach(struct call *call)
{
	const struct server *s = server_of(call);
	const cJSON *wish = json_member(call->body, "volumeAttachment");
	const char *id = json_str(wish, "volumeId");
	const char *device = json_str(wish, "device");
	struct volume *v;

	if (!s)
		return;
	if (!id) {
		call_fail(call, 400, "Invalid request body");
		return;
	}
	v = volume_find(call->cloud, call->place, id);
	if (!v) {
		call_fail(call, 404, "Volume %s could not be found.", id);
		return;
	}
	if (!streq(v->status, "available")) {
		call_fail(call, 400,
			"Invalid volume: status must be 'available'");
		return;
	}
	volume_attach(v, s->id, device ? device : free_device(call, s->id));
	volume_change(call->cloud, v, "attaching", "in-use");
	call_reply(
		call, 200, json_object(JSON_TAKE("volumeAttachment", show(v))));
}

static void detach(struct call *call)
{
	struct volume *v = of_call(call);

	if (!v)
		return;
	if (streq(v->device, "/dev/xvda")) {
		call_fail(call, 403, "Can't detach root device volume");
		return;
	}
	record_set_text(&v->server, NULL);
	record_set_text(&v->device, NULL);
	volume_change(call->cloud, v, "detaching", "available");
	call_reply(call, 202, NULL);
}

#define PATH "/servers/{id}/os-volume_attachments"

const struct route volume_attach_routes[] = {
	{ "GET", PATH, list },
	{ "POST", PATH, attach },
	{ "GET", PATH "/{volume}", get },
	{ "DELETE", PATH "/{volume}", detach },
	ROUTE_END,
};
