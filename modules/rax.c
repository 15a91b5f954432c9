/* SPDX-License-Identifier: Apache-2.0 */
/* rax - make or remove servers: one, several, or a group of a certain size. */
#include "common/instances.h"
#include "common/module.h"
#include "common/names.h"

struct params {
	bool auto_increment;
	bool boot_from_volume;
	const char *boot_volume;
	int64_t boot_volume_size;
	bool boot_volume_terminate;
	bool config_drive;
	int64_t count;
	int64_t count_offset;
	const char *disk_config;
	bool exact_count;
	const cJSON *extra_client_args;
	const cJSON *extra_create_args;
	const cJSON *files;
	const char *flavor;
	const char *group;
	const char *image;
	const cJSON *instance_ids;
	const char *key_name;
	const cJSON *meta;
	const char *name;
	const cJSON *networks;
	const char *state;
	const char *user_data;
	bool wait;
	int64_t wait_timeout;
};

static const struct opt opts[] = {
	OPT_BOOL(auto_increment, .fallback = "true"),
	OPT_BOOL(boot_from_volume, .fallback = "false"),
	OPT_STR(boot_volume),
	OPT_INT(boot_volume_size, .fallback = "100"),
	OPT_BOOL(boot_volume_terminate, .fallback = "false"),
	OPT_BOOL(config_drive, .fallback = "false"),
	OPT_INT(count, .fallback = "1"),
	OPT_INT(count_offset, .fallback = "1"),
	OPT_STR(disk_config, .choices = "auto|manual"),
	OPT_BOOL(exact_count, .fallback = "false"),
	OPT_DICT(extra_client_args, .fallback = "{}"),
	OPT_DICT(extra_create_args, .fallback = "{}"),
	OPT_DICT(files, .fallback = "{}"),
	OPT_STR(flavor),
	OPT_STR(group),
	OPT_STR(image),
	OPT_LIST(instance_ids, "str"),
	OPT_STR(key_name, .aliases = "keypair"),
	OPT_DICT(meta, .fallback = "{}"),
	OPT_STR(name),
	OPT_LIST(networks, "str", .fallback = "['public', 'private']"),
	OPT_STR(state, .choices = "present|absent", .fallback = "present"),
	OPT_STR(user_data, .secret = true),
	OPT_BOOL(wait, .fallback = "false"),
	OPT_INT(wait_timeout, .fallback = "300"),
	OPT_END,
};

/* What there is, and what the result calls it. */
struct found {
	const cJSON *existing; /* members that stay as they are */
	cJSON *gone;       /* ids that were to be deleted and are not there */
	const char *image; /* its id */
	const char *group;
	const cJSON *meta; /* texts, the group included */
};

static enum step_wait how_to_wait(const struct params *p)
{
	return p->wait ? WAIT_USABLE : WAIT_LOOK;
}

/* The Python module's checks of what its option table could not say. */
static int check_new(const struct params *p, struct err *e)
{
	const char *given = json_scalar_text(json_member(p->meta, "group"));

	if (!p->boot_from_volume && !p->boot_volume && !p->image)
		return err_set(e, ERR_OTHER,
			"image is required for the \"rax\" module");
	if (!p->name || !*p->name)
		return err_set(e, ERR_OTHER,
			"name is required for the \"rax\" module");
	if (!p->flavor || !*p->flavor)
		return err_set(e, ERR_OTHER,
			"flavor is required for the \"rax\" module");
	if (p->boot_from_volume && !p->image && !p->boot_volume)
		return err_set(e, ERR_OTHER,
			"image or boot_volume are required for the \"rax\" "
			"with boot_from_volume");
	if (p->boot_from_volume && p->image && p->boot_volume_size < 1)
		return err_set(e, ERR_OTHER,
			"boot_volume_size is required for the \"rax\" module "
			"with boot_from_volume and image");
	if (json_int(p->extra_create_args, "min_count", 1) != 1 ||
		json_int(p->extra_create_args, "max_count", 1) != 1)
		return err_set(e, ERR_OTHER,
			"extra_create_args: give count instead of min_count "
			"and max_count, which make servers that nobody tells "
			"apart");
	if (p->group && given && !streq(given, p->group))
		return err_set(e, ERR_OTHER,
			"group is %s, but the group in meta is %s: servers "
			"made so would not be found again",
			p->group, given);
	if (p->exact_count && !p->group && !json_member(p->meta, "group"))
		return err_set(e, ERR_OTHER,
			"\"group\" must be provided when using "
			"\"exact_count\"");
	return 0;
}

static int check(struct task *t, const struct params *p, struct err *e)
{
	if (p->extra_client_args->child)
		task_warn(t, "extra_client_args is accepted and ignored: there "
			     "is no Python client");
	if (p->count < 0)
		return err_set(e, ERR_OTHER, "count must be 0 or more");
	if (streq(p->state, "present"))
		return check_new(p, e);
	if (p->group && p->name && !p->instance_ids)
		task_warn(t, "with state absent and group, name is not looked "
			     "at: any member may be deleted");
	if (!p->instance_ids && !p->group && !p->name &&
		!json_member(p->meta, "group"))
		return err_set(e, ERR_OTHER,
			"name is required for the \"rax\" module with state "
			"absent, unless instance_ids or group is given");
	return 0;
}

/* With both, the volume is what it boots from. */
static bool boots_given_volume(const struct params *p)
{
	return p->boot_from_volume && p->boot_volume;
}

static int find_image(
	struct task *t, const struct params *p, struct found *f, struct err *e)
{
	if (!p->image || boots_given_volume(p))
		return 0;
	return image_find(t, p->image, &f->image, e);
}

static void find_meta(struct task *t, const struct params *p, struct found *f)
{
	cJSON *meta = pool_keep(
		t->pool, json_copy(server_metadata_texts(t, p->meta)));

	if (p->group && !json_member(meta, "group"))
		json_set_str(meta, "group", p->group);
	f->meta = meta;
	f->group = p->group ? p->group : json_str(meta, "group");
}

/* One that is being deleted is no server any more; whoever wants it gone waits
 * for that. */
static bool counts(struct task *t, const struct params *p, const cJSON *server)
{
	if (!server_is_going(server))
		return true;
	if (p->wait && streq(p->state, "absent"))
		server_await_gone(t, server);
	return false;
}

/* Servers of this very name, and of the flavor, image and metadata that were
 * given: metadata that the cloud has added does not count. */
static int find_by_name(struct task *t, const struct params *p, struct found *f,
	const cJSON **matches, struct err *e)
{
	cJSON *list = pool_keep(t->pool, cJSON_CreateArray());
	const cJSON *servers;

	if (server_list(t, server_name_query(t, p->name), &servers, e) < 0)
		return -1;
	json_each (server, servers) {
		bool same = true;

		if (!streq(json_str(server, "name"), p->name) ||
			!server_has_metadata(server, f->meta) ||
			(p->flavor && !streq(json_str(server, "flavor.id"),
					      p->flavor)))
			continue;
		if (server_boots_from(t, server, f->image,
			    f->image ? NULL : p->boot_volume, &same, e) < 0)
			return -1;
		if (same && counts(t, p, server))
			json_append(list, json_copy(server));
	}
	*matches = list;
	return 0;
}

/* Deletes the oldest of the list; the others stay. */
static void delete_oldest(struct task *t, const struct params *p,
	struct found *f, const cJSON *servers, int64_t count)
{
	cJSON *kept = pool_keep(t->pool, cJSON_CreateArray());

	json_each (server, server_by_age(t, servers)) {
		if (count-- > 0)
			server_delete(
				t, server, p->wait ? WAIT_USABLE : WAIT_NOT);
		else
			json_append(kept, json_copy(server));
	}
	f->existing = kept;
}

static int block_device(struct task *t, const struct params *p, struct found *f,
	const cJSON **device, struct err *e)
{
	bool from_image = f->image != NULL;
	const char *id = f->image;

	*device = NULL;
	if (!p->boot_from_volume)
		return 0;
	if (!from_image && volume_find(t, p->boot_volume, &id, e) < 0)
		return -1;
	*device = pool_keep(t->pool,
		json_object(JSON_STR("boot_index", "0"), JSON_STR("uuid", id),
			JSON_STR(
				"source_type", from_image ? "image" : "volume"),
			JSON_STR("destination_type", "volume"),
			JSON_TAKE("volume_size",
				from_image ? json_new_int(p->boot_volume_size)
					   : NULL),
			JSON_BOOL("delete_on_termination",
				p->boot_volume_terminate)));
	return 0;
}

/* What all servers of this run have in common. */
static int new_server(struct task *t, const struct params *p, struct found *f,
	struct server_wish *wish, struct err *e)
{
	*wish = (struct server_wish){ .image = p->boot_from_volume ? ""
								   : f->image,
		.flavor = p->flavor,
		.key_name = p->key_name,
		.disk_config = !p->disk_config                 ? NULL
			       : streq(p->disk_config, "auto") ? "AUTO"
							       : "MANUAL",
		.config_drive = p->config_drive || p->user_data,
		.metadata = f->meta,
		.extra = p->extra_create_args };
	if (network_find_all(t, p->networks, &wish->networks, e) < 0 ||
		server_read_files(t, p->files, &wish->files, e) < 0 ||
		block_device(t, p, f, &wish->block_device, e) < 0)
		return -1;
	return p->user_data ? server_read_user_data(
				      t, p->user_data, &wish->user_data, e)
			    : 0;
}

static int create(struct task *t, const struct params *p, struct found *f,
	const cJSON *names, struct err *e)
{
	struct server_wish wish;

	if (new_server(t, p, f, &wish, e) < 0)
		return -1;
	json_each (name, names) {
		wish.name = name->valuestring;
		server_create(t, &wish, how_to_wait(p));
	}
	return 0;
}

static int create_in_group(struct task *t, const struct params *p,
	struct found *f, const cJSON *servers, int64_t count, struct err *e)
{
	const cJSON *names;
	int rc = p->auto_increment
			 ? names_next(p->name, p->count_offset, count, servers,
				   t->pool, &names, e)
			 : names_repeat(p->name, count, t->pool, &names, e);

	return rc < 0 ? -1 : create(t, p, f, names, e);
}

static const cJSON *members_of(struct task *t, const struct params *p,
	const cJSON *servers, const char *group)
{
	cJSON *members = pool_keep(t->pool, cJSON_CreateArray());

	json_each (server, servers) {
		if (streq(json_str(server, "metadata.group"), group) &&
			counts(t, p, server))
			json_append(members, json_copy(server));
	}
	return members;
}

/* A group has a size with exact_count, loses `count' with state absent, and
 * grows by `count' otherwise. */
static int plan_group(
	struct task *t, const struct params *p, struct found *f, struct err *e)
{
	bool absent = streq(p->state, "absent");
	const cJSON *servers;
	int64_t missing = p->count;

	if (server_list(t, "", &servers, e) < 0)
		return -1;
	f->existing = members_of(t, p, servers, f->group);
	if (p->exact_count)
		missing -= json_size(f->existing);
	if (absent)
		delete_oldest(t, p, f, f->existing, p->count);
	else if (missing < 0)
		delete_oldest(t, p, f, f->existing, -missing);
	else if (missing > 0)
		return create_in_group(t, p, f, servers, missing, e);
	return 0;
}

static int plan_by_name(
	struct task *t, const struct params *p, struct found *f, struct err *e)
{
	const cJSON *names;
	int64_t size;

	if (find_by_name(t, p, f, &f->existing, e) < 0)
		return -1;
	size = json_size(f->existing);
	if (size >= p->count)
		return 0;
	if (names_repeat(p->name, p->count - size, t->pool, &names, e) < 0)
		return -1;
	return create(t, p, f, names, e);
}

static int plan_absent_ids(
	struct task *t, const struct params *p, struct found *f, struct err *e)
{
	const cJSON *servers = NULL;

	if (json_size(p->instance_ids) > 1 &&
		server_list(t, "", &servers, e) < 0)
		return -1;
	json_each (item, p->instance_ids) {
		const char *id = item->valuestring;
		const cJSON *server = json_find(servers, "id", id);

		if (task_is_predicted(t, id))
			server = pool_keep(
				t->pool, json_object(JSON_STR("id", id)));
		if (!server && server_get(t, id, &server, e) < 0) {
			if (e->code != ERR_ABSENT)
				return -1;
			json_append(f->gone, json_new_str(id));
			continue;
		}
		if (counts(t, p, server))
			server_delete(
				t, server, p->wait ? WAIT_USABLE : WAIT_NOT);
		else
			json_append(f->gone, json_new_str(id));
	}
	return 0;
}

static int plan_absent_name(
	struct task *t, const struct params *p, struct found *f, struct err *e)
{
	const cJSON *servers;

	if (find_by_name(t, p, f, &servers, e) < 0)
		return -1;
	delete_oldest(t, p, f, servers, p->count);
	f->existing = NULL;
	return 0;
}

/* What is still being built was made by somebody who did not wait. Where
 * servers are added to a group, the others are not this task's business. */
static void await_existing(
	struct task *t, const struct params *p, const struct found *f)
{
	bool adds = f->group && !p->exact_count;

	json_each (server, p->wait && !adds ? f->existing : NULL) {
		const char *status = json_str(server, "status");

		if (streq(status, "BUILD") || streq(status, "ERROR"))
			server_await(t, server);
	}
}

static int plan(struct task *t, struct err *e)
{
	const struct params *p = t->params;
	struct found *f = pool_alloc(t->pool, sizeof(*f));
	bool absent = streq(p->state, "absent");
	int rc;

	f->gone = pool_keep(t->pool, cJSON_CreateArray());
	t->found = f;
	if (check(t, p, e) < 0)
		return -1;
	find_meta(t, p, f);
	if (absent && p->instance_ids)
		return plan_absent_ids(t, p, f, e);
	if (find_image(t, p, f, e) < 0)
		return -1;
	if (f->group)
		rc = plan_group(t, p, f, e);
	else
		rc = absent ? plan_absent_name(t, p, f, e)
			    : plan_by_name(t, p, f, e);
	if (rc == 0 && !absent)
		await_existing(t, p, f);
	return rc;
}

static void report(struct task *t)
{
	const struct found *f = t->found;

	instances_report(t, f->existing, f->gone);
}

const struct module module = {
	.name = "rax",
	MODULE_OPTS(opts),
	.zero_waits_forever = true,
	.waits = true,
	.plan = plan,
	.report = report,
};
