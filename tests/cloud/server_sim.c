/* SPDX-License-Identifier: Apache-2.0 */
/* What POST /_sim/config can do to servers. */
#include <math.h>

#include "common/str.h"
#include "tests/cloud/identity.h"
#include "tests/cloud/match.h"
#include "tests/cloud/network.h"
#include "tests/cloud/record.h"
#include "tests/cloud/server.h"
#include "tests/cloud/shape.h"

static const struct shape new_shape[] = { { "name", SHAPE_TEXT },
	{ "region", SHAPE_TEXT }, { "tenant", SHAPE_TEXT },
	{ "image", SHAPE_TEXT }, { "flavor", SHAPE_TEXT },
	{ "key_name", SHAPE_TEXT }, { "metadata", SHAPE_TEXTS },
	{ "count", SHAPE_COUNT }, { "age", SHAPE_SECONDS },
	{ "app", SHAPE_BOOL }, SHAPE_END };

/* What an entry of "servers" means, its defaults filled in. */
struct foreign {
	struct place *place;
	const struct image *image;
	const char *name, *flavor;
	int64_t count;
};

static int read_foreign(struct cloud *cloud, const cJSON *given,
	struct foreign *f, struct err *e)
{
	const char *region = json_str(given, "region");
	const char *tenant = json_str(given, "tenant");
	const char *image = json_str(given, "image");

	if (shape_check(given, new_shape, e) < 0)
		return -1;
	f->name = json_str(given, "name");
	f->flavor = json_str(given, "flavor");
	f->count = json_int(given, "count", 1);
	if (!f->name)
		return err_set(e, ERR_OTHER, "a server has no name");
	if (region && !cloud_region(region))
		return err_set(e, ERR_OTHER, "no region '%.50s'", region);
	f->place = cloud_place(cloud, region ? region : CLOUD_HOME_REGION,
		tenant ? tenant : identity_main_account->tenant);
	f->image = image_look_up(
		cloud, f->place, image ? image : "Debian 12 (Bookworm)");
	if (!f->image)
		return err_set(e, ERR_OTHER, "no image '%.100s' there",
			image ? image : "");
	f->flavor = f->flavor ? f->flavor : "general1-1";
	if (!flavor_find(f->flavor))
		return err_set(e, ERR_OTHER, "no flavor '%.50s'", f->flavor);
	return 0;
}

static void add_foreign(
	struct cloud *cloud, const cJSON *given, const struct foreign *f)
{
	struct server *s = server_add(cloud, f->place, f->name);

	s->user = mem_copy(identity_main_account->user);
	s->flavor = mem_copy(f->flavor);
	record_set_text(&s->image, f->image->id);
	server_set_image(s, f->image);
	record_set_text(&s->key_name, json_str(given, "key_name"));
	if (json_member(given, "metadata"))
		record_set_tree(&s->metadata,
			json_copy(json_member(given, "metadata")));
	s->networks = cJSON_CreateArray();
	json_append(s->networks, json_new_str(NETWORK_PUBLIC));
	json_append(s->networks, json_new_str(NETWORK_PRIVATE));
	server_build(cloud, s);
	if (json_member(given, "app"))
		s->no_app = !json_bool(given, "app");
	s->listed = 0;
	server_finish(cloud, s);
	s->created -= shape_seconds(given, "age", 0);
	s->updated = s->active = s->created;
	s->app_due = s->no_app ? 0 : cloud_now(cloud);
}

static int add_servers(struct cloud *cloud, const cJSON *value, struct err *e)
{
	struct foreign f;

	if (!cJSON_IsArray(value))
		return err_set(e, ERR_OTHER, "not a list");
	json_each (given, value) {
		if (read_foreign(cloud, given, &f, e) < 0)
			return -1;
	}
	json_each (given, value) {
		read_foreign(cloud, given, &f, e);
		for (int64_t i = 0; i < f.count; i++)
			add_foreign(cloud, given, &f);
	}
	return 0;
}

static const struct shape change_shape[] = { { "id", SHAPE_TEXT },
	{ "name", SHAPE_REGEX }, { "region", SHAPE_TEXT },
	{ "status", SHAPE_TEXT }, { "fault", SHAPE_TEXT },
	{ "task_state", SHAPE_ANY }, { "metadata", SHAPE_TEXTS },
	{ "app", SHAPE_BOOL }, { "health_status", SHAPE_COUNT },
	{ "health_path", SHAPE_TEXT }, { "access", SHAPE_TEXT },
	{ "delete", SHAPE_BOOL }, SHAPE_END };

static void change_app(
	struct cloud *cloud, struct server *s, const cJSON *given)
{
	const cJSON *app = json_member(given, "app");

	if (json_member(given, "health_status")) {
		s->health_status = json_int(given, "health_status", 0);
		record_set_text(
			&s->health_path, json_str(given, "health_path"));
		if (s->app)
			server_apply_health(s);
	}
	if (!app)
		return;
	server_stop_app(s);
	s->no_app = !cJSON_IsTrue(app);
	s->app_due = s->no_app ? 0 : cloud_now(cloud);
}

static void change_status(struct cloud *cloud, struct server *s,
	const char *status, const char *fault)
{
	if (streq(status, "ERROR")) {
		server_fail(
			cloud, s, fault ? fault : "No valid host was found.");
		return;
	}
	record_set_text(&s->doom, NULL);
	if (streq(status, "ACTIVE") && streq(s->status, "BUILD"))
		server_finish(cloud, s);
	record_set_text(&s->doing, NULL);
	record_set_text(&s->status, status);
	s->due = 0;
}

static void change_one(
	struct cloud *cloud, struct server *s, const cJSON *given)
{
	const char *status = json_str(given, "status");
	const char *fault = json_str(given, "fault");
	const char *access = json_str(given, "access");

	s->updated = cloud_now(cloud);
	if (status || fault)
		change_status(cloud, s, status ? status : "ERROR", fault);
	if (json_member(given, "task_state"))
		record_set_text(&s->task, json_str(given, "task_state"));
	json_each (item, json_member(given, "metadata")) {
		json_set(s->metadata, item->string, json_copy(item));
	}
	if (streq(access, "private"))
		record_set_text(&s->access_address, s->private_address);
	else if (access)
		record_set_text(&s->access_address, access);
	change_app(cloud, s, given);
	if (json_bool(given, "delete"))
		server_begin(cloud, s, "delete");
}

static bool is_meant(const struct server *s, const cJSON *given)
{
	const char *region = cloud_region(json_str(given, "region"));
	const char *id = json_str(given, "id");

	return !server_is_gone(s) && (!id || streq(id, s->id)) &&
	       (!region || region == s->place->region) &&
	       match_name(given, s->name);
}

static int change_servers(
	struct cloud *cloud, const cJSON *value, struct err *e)
{
	bool found = false;

	if (shape_check(value, change_shape, e) < 0)
		return -1;
	if (!json_member(value, "id") && !json_member(value, "name"))
		return err_set(e, ERR_OTHER, "neither id nor name");
	for (struct server *s = cloud->servers->first; s; s = s->next) {
		if (!is_meant(s, value))
			continue;
		change_one(cloud, s, value);
		found = true;
	}
	return found ? 0 : err_set(e, ERR_OTHER, "there is no such server");
}

static const struct shape step_shape[] = { { "after", SHAPE_SECONDS },
	{ "metadata", SHAPE_TEXTS }, { "access", SHAPE_TEXT }, SHAPE_END };

/* An object of texts is one step, at once. Servers that have taken steps of an
 * earlier list begin anew with this one. */
static int add_metadata(struct cloud *cloud, const cJSON *value, struct err *e)
{
	cJSON *steps;

	if (cJSON_IsObject(value)) {
		steps = cJSON_CreateArray();
		json_append(steps, json_object(JSON_COPY("metadata", value)));
	} else {
		steps = json_copy(value);
	}
	if (!cJSON_IsArray(steps))
		err_set(e, ERR_OTHER, "neither an object nor a list");
	json_each (step, steps) {
		shape_check(step, step_shape, e);
	}
	if (e->code != ERR_NONE) {
		cJSON_Delete(steps);
		return -1;
	}
	record_set_tree(&cloud->servers->steps, steps);
	for (struct server *s = cloud->servers->first; s; s = s->next)
		s->steps = 0;
	return 0;
}

static int set_network_rules(
	struct cloud *cloud, const cJSON *value, struct err *e)
{
	static const struct shape shape[] = { { "required", SHAPE_LIST },
		{ "forbidden", SHAPE_LIST }, { "isolated", SHAPE_COUNT },
		SHAPE_END };

	if (shape_check(value, shape, e) < 0)
		return -1;
	json_each (list, value) {
		json_each (id, list) {
			if (!cJSON_IsString(id))
				return err_set(e, ERR_OTHER,
					"%s is no list of ids", list->string);
		}
	}
	record_set_tree(&cloud->servers->network_rules, json_copy(value));
	return 0;
}

const struct control server_controls[] = {
	{ "servers", add_servers,
		"[{name, region?, image?, flavor?, metadata?, count?, age?, "
		"app?}]: adds, ACTIVE at once" },
	{ "server", change_servers,
		"{id or name (regex), status?, fault?, task_state?, metadata?, "
		"app?, health_status?, access?, delete?}" },
	{ "add_metadata", add_metadata,
		"{key: text} or [{after: S, metadata, access: private}]: to "
		"each server after ACTIVE" },
	{ "network_rules", set_network_rules,
		"{required?: [id], forbidden?: [id], isolated?: N}: 403" },
	CONTROL_END,
};
