/* SPDX-License-Identifier: Apache-2.0 */
#include "common/volume.h"

#include <strings.h>

#include "common/str.h"

const char *volume_name(const cJSON *volume)
{
	const char *name = json_str(volume, "display_name");

	return name ? name : json_str(volume, "name");
}

int volume_find(
	struct task *t, const char *given, const char **id, struct err *e)
{
	const cJSON *match = NULL;
	cJSON *volumes;
	int count = 0;

	*id = given;
	if (str_is_uuid(given))
		return 0;
	if (cloud_list(t->cloud, CLOUD_VOLUME, "/volumes/detail", "volumes",
		    "listing volumes", &volumes, e) < 0)
		return -1;
	json_each (volume, volumes) {
		if (streq(volume_name(volume), given)) {
			match = volume;
			count++;
		}
	}
	*id = json_str(match, "id");
	if (count == 1 && *id)
		return 0;
	return err_set(e, count ? ERR_OTHER : ERR_ABSENT,
		"No matching volume found (%s): %d volumes have this name%s",
		given, count, cloud_where(t->cloud));
}

/* The API prints it as a text (other-services.md 1). */
static bool is_bootable(const cJSON *volume)
{
	const char *text = json_scalar_text(json_member(volume, "bootable"));

	return text && !strcasecmp(text, "true");
}

int volume_of_server(struct task *t, const cJSON *server, const cJSON **volume,
	struct err *e)
{
	const char *id = json_str(server, "id");
	const cJSON *reply;

	*volume = NULL;
	if (!id)
		return 0;
	if (cloud_get(t->cloud, CLOUD_COMPUTE,
		    pool_printf(t->pool, "/servers/%s/os-volume_attachments",
			    cloud_escape(t->cloud, id)),
		    pool_printf(
			    t->pool, "reading the volumes of server %s", id),
		    &reply, e) < 0)
		return e->code == ERR_ABSENT ? 0 : -1;
	json_each (attachment, json_member(reply, "volumeAttachments")) {
		const char *volume_id = json_str(attachment, "volumeId");
		const cJSON *found;

		if (!volume_id)
			continue;
		if (cloud_get(t->cloud, CLOUD_VOLUME,
			    pool_printf(t->pool, "/volumes/%s",
				    cloud_escape(t->cloud, volume_id)),
			    pool_printf(
				    t->pool, "reading volume %s", volume_id),
			    &found, e) < 0)
			return -1;
		if (is_bootable(json_member(found, "volume")))
			*volume = json_member(found, "volume");
	}
	return 0;
}
