/* SPDX-License-Identifier: Apache-2.0 */
/* Finding servers; what changes them is in server_steps.c. */
#include "common/server.h"

#include <string.h>

#include "common/address.h"
#include "common/opt_python.h"
#include "common/str.h"
#include "common/volume.h"

static bool is_deleted(const cJSON *server)
{
	return streq(json_str(server, "status"), "DELETED");
}

bool server_is_going(const cJSON *server)
{
	const char *task = cJSON_GetStringValue(
		json_member(server, "OS-EXT-STS:task_state"));

	return streq(task, "deleting") || streq(task, "soft-deleting");
}

int server_list(
	struct task *t, const char *query, const cJSON **servers, struct err *e)
{
	const char *path =
		*query ? pool_printf(t->pool, "/servers/detail?%s", query)
		       : "/servers/detail";
	cJSON *list, *next;

	if (cloud_list(t->cloud, CLOUD_COMPUTE, path, "servers",
		    "listing servers", &list, e) < 0)
		return -1;
	for (cJSON *server = list->child; server; server = next) {
		next = server->next;
		if (!cJSON_IsObject(server) || is_deleted(server))
			cJSON_Delete(cJSON_DetachItemViaPointer(list, server));
	}
	*servers = list;
	return 0;
}

const char *server_name_query(struct task *t, const char *name)
{
	char *pattern = mem_array(strlen(name) + 1, 2);
	char *to = pattern;
	const char *query;

	for (; *name; name++) {
		if (strchr("\\^$.|?*+()[]{}", *name))
			*to++ = '\\';
		*to++ = *name;
	}
	query = pool_printf(
		t->pool, "name=%%5E%s%%24", cloud_escape(t->cloud, pattern));
	mem_free(pattern);
	return query;
}

int server_get(
	struct task *t, const char *id, const cJSON **server, struct err *e)
{
	const char *path =
		pool_printf(t->pool, "/servers/%s", cloud_escape(t->cloud, id));
	const cJSON *reply;

	if (id[0] == '<' && !task_is_predicted(t, id))
		return err_set(e, ERR_OTHER,
			"%s is no id of a server: it is what a check run has "
			"predicted",
			id);
	if (cloud_get(t->cloud, CLOUD_COMPUTE, path,
		    pool_printf(t->pool, "reading server %s", id), &reply,
		    e) < 0)
		return -1;
	*server = json_member(reply, "server");
	if (!cJSON_IsObject(*server))
		return err_set(e, ERR_OTHER,
			"The answer has no \"server\" (reading server %s%s)",
			id, cloud_where(t->cloud));
	if (is_deleted(*server))
		return err_set(e, ERR_ABSENT, "Server %s is deleted", id);
	return 0;
}

int server_limits(struct task *t, const cJSON **limits, struct err *e)
{
	const cJSON *reply;

	if (cloud_get(t->cloud, CLOUD_COMPUTE, "/limits",
		    "reading compute's limits", &reply, e) < 0)
		return -1;
	*limits = json_get(reply, "limits.absolute");
	if (cJSON_IsObject(*limits))
		return 0;
	return err_set(e, ERR_OTHER,
		"The answer has no absolute limits (reading compute's "
		"limits%s)",
		cloud_where(t->cloud));
}

int server_flavor(
	struct task *t, const char *id, const cJSON **flavor, struct err *e)
{
	const cJSON *reply;

	*flavor = pool_keep(t->pool, cJSON_CreateObject());
	if (cloud_get(t->cloud, CLOUD_COMPUTE,
		    pool_printf(
			    t->pool, "/flavors/%s", cloud_escape(t->cloud, id)),
		    pool_printf(t->pool, "reading flavor %s", id), &reply,
		    e) < 0)
		return e->code == ERR_ABSENT ? 0 : -1;
	if (cJSON_IsObject(json_member(reply, "flavor")))
		*flavor = json_member(reply, "flavor");
	return 0;
}

bool server_has_metadata(const cJSON *server, const cJSON *wanted)
{
	const cJSON *metadata = json_member(server, "metadata");

	json_each (pair, wanted) {
		if (!json_equal(pair, json_member(metadata, pair->string)))
			return false;
	}
	return true;
}

bool server_has_address(const cJSON *server, const char *address)
{
	json_each (network, json_member(server, "addresses")) {
		json_each (entry, network) {
			if (address_same(json_str(entry, "addr"), address))
				return true;
		}
	}
	return false;
}

/* Lists were joined by commas and dicts written as JSON; the rest is what
 * Python's '%s' makes of it. */
static cJSON *metadata_text(const cJSON *value)
{
	struct str s;
	char *text = NULL;
	cJSON *result;

	if (cJSON_IsArray(value)) {
		str_init(&s, SIZE_MAX / 4);
		opt_python_join(&s, value, ",");
		text = str_take(&s);
	} else {
		text = cJSON_IsObject(value) ? json_text(value)
					     : opt_python_str(value);
	}
	result = json_new_str(text);
	mem_free(text);
	return result;
}

const cJSON *server_metadata_texts(struct task *t, const cJSON *metadata)
{
	cJSON *texts = pool_keep(t->pool, cJSON_CreateObject());

	json_each (pair, metadata) {
		json_set(texts, pair->string, metadata_text(pair));
	}
	return texts;
}

const cJSON *server_by_age(struct task *t, const cJSON *servers)
{
	return pool_keep(t->pool, json_sorted(servers, "created", "id"));
}

int server_boots_from(struct task *t, const cJSON *server, const char *image,
	const char *volume, bool *does, struct err *e)
{
	const char *own = json_str(server, "image.id");
	const cJSON *booted;

	*does = own ? !volume && (!image || streq(own, image))
		    : !volume && !image;
	if (own || *does)
		return 0;
	if (volume_of_server(t, server, &booted, e) < 0)
		return -1;
	if (image)
		*does = streq(
			json_str(booted, "volume_image_metadata.image_id"),
			image);
	else
		*does = streq(json_str(booted, "id"), volume) ||
			streq(volume_name(booted), volume);
	return 0;
}
