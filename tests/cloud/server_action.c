/* SPDX-License-Identifier: Apache-2.0 */
/* POST /servers/{id}/action. */
#include <string.h>

#include "common/str.h"
#include "tests/cloud/limit.h"
#include "tests/cloud/link.h"
#include "tests/cloud/metadata.h"
#include "tests/cloud/record.h"
#include "tests/cloud/server_machine.h"

static bool check_image_request(struct call *call, const cJSON *given)
{
	const char *name = json_str(given, "name");

	if (!name || !*name)
		return call_fail(call, 400,
			"createImage entity requires name attribute");
	if (strlen(name) > 255)
		return call_fail(
			call, 400, "Image name has more than 255 characters.");
	return metadata_check(call, json_member(given, "metadata"),
		limit_of(call->cloud, LIMIT_IMAGE_META));
}

/* The new image is named in a header alone, on a host that nobody reaches. */
static void create_image(
	struct call *call, struct server *s, const cJSON *given)
{
	const struct flavor *flavor = flavor_find(s->flavor);
	const struct image *base;
	struct image *image;

	if (flavor && streq(flavor->class, "onmetal")) {
		call_fail(call, 400, "OnMetal servers cannot be imaged.");
		return;
	}
	if (!check_image_request(call, given))
		return;
	base = s->image ? image_find(call->cloud, call->place, s->image) : NULL;
	image = image_snapshot(call->cloud, s->place, json_str(given, "name"),
		json_member(given, "metadata"), s->id, base);
	server_machine_copy(call->cloud, s, image);
	server_begin(call->cloud, s, "image");
	call_header(call, "Location", "http://internal.invalid/v2/%s/images/%s",
		s->place->tenant, image->id);
	call_reply(call, 202, NULL);
}

static void reboot(struct call *call, struct server *s, const cJSON *given)
{
	const char *type = json_str(given, "type");

	if (!type || (strcasecmp(type, "SOFT") != 0 &&
			     strcasecmp(type, "HARD") != 0)) {
		call_fail(call, 400,
			"Argument 'type' for reboot is not HARD or SOFT");
		return;
	}
	server_begin(call->cloud, s,
		strcasecmp(type, "SOFT") == 0 ? "reboot_soft" : "reboot_hard");
	call_reply(call, 202, NULL);
}

static void rebuild(struct call *call, struct server *s, const cJSON *given)
{
	const struct flavor *flavor = flavor_find(s->flavor);
	const cJSON *metadata = json_member(given, "metadata");
	const cJSON *name = json_member(given, "name");
	const struct image *image;

	if (!server_check_image(call, json_member(given, "imageRef"), &image) ||
		(flavor && !server_check_fit(call, flavor, image)) ||
		(name && !server_check_name(call, name)) ||
		!server_check_personality(
			call, json_member(given, "personality")) ||
		!metadata_check(call, metadata,
			limit_of(call->cloud, LIMIT_SERVER_META)))
		return;
	record_set_text(&s->image, image->id);
	server_set_image(s, image);
	if (name)
		record_set_text(&s->name, name->valuestring);
	if (cJSON_IsObject(metadata))
		record_set_tree(&s->metadata, json_copy(metadata));
	server_begin(call->cloud, s, "rebuild");
	server_machine_rebuild(call->cloud, s, image,
		json_member(given, "personality"),
		json_str(given, "adminPass"));
	call_reply(call, 202,
		json_object(JSON_TAKE("server", server_details(call, s))));
}

static void resize(struct call *call, struct server *s, const cJSON *given)
{
	const struct flavor *flavor = flavor_find(json_str(given, "flavorRef"));

	if (!flavor || streq(flavor->id, s->flavor)) {
		call_fail(call, 400,
			flavor ? "When resizing, instances must change flavor!"
			       : "Unable to locate requested flavor.");
		return;
	}
	record_set_text(&s->old_flavor, s->flavor);
	record_set_text(&s->flavor, flavor->id);
	server_begin(call->cloud, s, "resize");
	call_reply(call, 202, NULL);
}

static void confirm_resize(
	struct call *call, struct server *s, const cJSON *given)
{
	(void)given;
	record_set_text(&s->old_flavor, NULL);
	record_set_text(&s->status, "ACTIVE");
	s->updated = call->now;
	call_reply(call, 204, NULL);
}

static void revert_resize(
	struct call *call, struct server *s, const cJSON *given)
{
	(void)given;
	record_set_text(&s->flavor, s->old_flavor);
	record_set_text(&s->old_flavor, NULL);
	server_begin(call->cloud, s, "revert");
	call_reply(call, 202, NULL);
}

static void power_off(struct call *call, struct server *s, const cJSON *given)
{
	(void)given;
	server_begin(call->cloud, s, "stop");
	call_reply(call, 202, NULL);
}

static void power_on(struct call *call, struct server *s, const cJSON *given)
{
	(void)given;
	server_begin(call->cloud, s, "start");
	call_reply(call, 202, NULL);
}

static void change_password(
	struct call *call, struct server *s, const cJSON *given)
{
	(void)s;
	if (json_str(given, "adminPass"))
		call_reply(call, 202, NULL);
	else
		call_fail(call, 400, "No adminPass was specified");
}

/* In which statuses an action is possible. */
static const struct {
	const char *name, *statuses;
	void (*act)(struct call *, struct server *, const cJSON *);
} actions[] = {
	{ "createImage", "ACTIVE|SHUTOFF", create_image },
	{ "reboot", "ACTIVE|SHUTOFF|ERROR", reboot },
	{ "rebuild", "ACTIVE|SHUTOFF|ERROR", rebuild },
	{ "resize", "ACTIVE|SHUTOFF", resize },
	{ "confirmResize", "VERIFY_RESIZE", confirm_resize },
	{ "revertResize", "VERIFY_RESIZE", revert_resize },
	{ "changePassword", "ACTIVE", change_password },
	{ "os-stop", "ACTIVE", power_off },
	{ "os-start", "SHUTOFF", power_on },
};

static bool check_state(struct call *call, const struct server *s,
	const char *name, const char *statuses)
{
	const char *task = server_task(s, call->now);

	if (task)
		return call_fail(call, 409,
			"Cannot '%s' instance %s while it is in task_state %s",
			name, s->id, task);
	if (!strstr(statuses, s->status))
		return call_fail(call, 409,
			"Cannot '%s' instance %s while it is in vm_state %s",
			name, s->id, s->status);
	return true;
}

void server_action(struct call *call)
{
	struct server *s = server_of(call);

	if (!s)
		return;
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		const cJSON *given = json_member(call->body, actions[i].name);

		if (!given)
			continue;
		if (check_state(call, s, actions[i].name, actions[i].statuses))
			actions[i].act(call, s, given);
		return;
	}
	call_fail(call, 400, "There is no such action");
}
