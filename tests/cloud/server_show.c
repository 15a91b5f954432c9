/* SPDX-License-Identifier: Apache-2.0 */
/* Servers as replies show them, alone and in lists. */
#include <string.h>

#include "common/str.h"
#include "tests/cloud/link.h"
#include "tests/cloud/match.h"
#include "tests/cloud/page.h"
#include "tests/cloud/server.h"

/* Deleted servers are listed for so long, by changes-since. */
#define KEPT (30 * 86400.0)

static void set_time(cJSON *tree, const char *name, double time)
{
	char *text = cloud_time_text(time);

	json_set_str(tree, name, text);
	mem_free(text);
}

cJSON *server_summary(const struct call *call, const struct server *s)
{
	return json_object(JSON_STR("id", s->id), JSON_STR("name", s->name),
		JSON_TAKE("links", link_list(call, "servers", s->id)));
}

static cJSON *reference(
	const struct call *call, const char *kind, const char *id)
{
	return json_object(JSON_STR("id", id),
		JSON_TAKE("links", link_list(call, kind, id)));
}

/* As the service groups them. */
static const char *vm_state(const struct server *s)
{
	static const struct {
		const char *status, *state;
	} states[] = { { "BUILD", "building" }, { "ERROR", "error" },
		{ "DELETED", "deleted" }, { "SHUTOFF", "stopped" },
		{ "VERIFY_RESIZE", "resized" }, { "SUSPENDED", "suspended" },
		{ "PAUSED", "paused" }, { "RESCUE", "rescued" } };

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (streq(states[i].status, s->status))
			return states[i].state;
	return "active";
}

static int power_state(const struct server *s)
{
	if (streq(s->status, "BUILD") || streq(s->status, "ERROR"))
		return 0;
	return streq(s->status, "SHUTOFF") ? 4 : 1;
}

/* A server that is being built has no addresses until its network is there. */
static bool has_addresses(const struct call *call, const struct server *s)
{
	return !streq(s->status, "BUILD") ||
	       server_progress(s, call->now) >= 50;
}

static void set_addresses(
	const struct call *call, cJSON *tree, const struct server *s)
{
	bool shown = has_addresses(call, s);
	const char *v6 = json_str(s->addresses, "public.1.addr");

	json_set(tree, "addresses",
		shown ? json_copy(s->addresses) : cJSON_CreateObject());
	json_set_str(tree, "accessIPv4",
		shown && s->access_address ? s->access_address : "");
	json_set_str(tree, "accessIPv6", shown && v6 ? v6 : "");
}

static void set_states(
	const struct call *call, cJSON *tree, const struct server *s)
{
	json_set_str(tree, "status", s->status);
	if (streq(s->status, "ACTIVE") || streq(s->status, "BUILD"))
		json_set(tree, "progress",
			json_new_int(server_progress(s, call->now)));
	json_set_str(tree, "OS-EXT-STS:vm_state", vm_state(s));
	json_set_str(tree, "OS-EXT-STS:task_state", server_task(s, call->now));
	json_set(tree, "OS-EXT-STS:power_state", json_new_int(power_state(s)));
	json_set(tree, "fault", json_copy(s->fault));
}

cJSON *server_details(const struct call *call, const struct server *s)
{
	cJSON *tree = server_summary(call, s);

	set_states(call, tree, s);
	set_addresses(call, tree, s);
	json_set(tree, "image",
		s->image ? reference(call, "images", s->image)
			 : json_new_str(""));
	json_set(tree, "flavor", reference(call, "flavors", s->flavor));
	json_set(tree, "metadata", json_copy(s->metadata));
	json_set_str(tree, "key_name", s->key_name);
	json_set_str(tree, "config_drive", s->config_drive ? "True" : "");
	json_set_str(tree, "hostId", s->host);
	json_set_str(tree, "tenant_id", s->place->tenant);
	json_set_str(tree, "user_id", s->user ? s->user : "");
	json_set_str(tree, "OS-DCF:diskConfig",
		s->disk_config ? s->disk_config : "AUTO");
	set_time(tree, "created", s->created);
	set_time(tree, "updated", s->updated);
	return tree;
}

/* What a list request asks for. */
struct filter {
	regex_t name;
	bool named, since_given;
	double since;
	const char *status, *image, *flavor, *host;
};

static bool read_filter(struct call *call, struct filter *f)
{
	const char *name = call_query(call, "name");
	const char *since = call_query(call, "changes-since");

	*f = (struct filter){ .status = call_query(call, "status"),
		.image = call_query(call, "image"),
		.flavor = call_query(call, "flavor"),
		.host = call_query(call, "host") };
	f->since_given = since != NULL;
	if (since && !cloud_time_read(since, &f->since))
		return call_fail(call, 400, "Invalid changes-since value");
	if (name && match_compile(&f->name, name) != 0)
		return call_fail(call, 400, "Invalid name filter");
	f->named = name != NULL;
	return true;
}

/* An id, or a URL that ends with it. */
static bool is_id(const char *wanted, const char *id)
{
	const char *slash = wanted ? strrchr(wanted, '/') : NULL;

	return !wanted || streq(slash ? slash + 1 : wanted, id);
}

static bool is_wanted(
	const struct call *call, const struct filter *f, const struct server *s)
{
	bool old = server_is_gone(s) && s->updated < call->now - KEPT;

	if (server_is_gone(s) ? !f->since_given || old : s->listed > call->now)
		return false;
	if (f->since_given && s->updated < f->since)
		return false;
	if (f->named && regexec(&f->name, s->name, 0, NULL, 0) != 0)
		return false;
	return (!f->status || strcasecmp(f->status, s->status) == 0) &&
	       is_id(f->image, s->image) && is_id(f->flavor, s->flavor) &&
	       (!f->host || streq(f->host, s->host));
}

static void list(struct call *call,
	cJSON *(*show)(const struct call *, const struct server *))
{
	struct filter filter;
	struct page page;

	if (!read_filter(call, &filter))
		return;
	if (page_begin(&page, call, (size_t)call->cloud->settings.page)) {
		for (struct server *s = call->cloud->servers->first; s;
			s = s->next) {
			if (s->place != call->place ||
				!page_past(&page, s->id) ||
				!is_wanted(call, &filter, s))
				continue;
			if (page_take(&page, s->id))
				json_append(page.list, show(call, s));
		}
		page_reply(&page, call, "servers");
	}
	if (filter.named)
		regfree(&filter.name);
}

void server_list(struct call *call)
{
	list(call, server_summary);
}

void server_list_details(struct call *call)
{
	list(call, server_details);
}

static void get(struct call *call)
{
	const struct server *s = server_of(call);

	if (s)
		call_reply(call, 200,
			json_object(
				JSON_TAKE("server", server_details(call, s))));
}

static void delete (struct call *call)
{
	struct server *s = server_of(call);

	if (!s)
		return;
	if (!streq(s->doing, "delete"))
		server_begin(call->cloud, s, "delete");
	call_reply(call, 204, NULL);
}

static void list_addresses(struct call *call)
{
	const struct server *s = server_of(call);

	if (s)
		call_reply(call, 200,
			json_object(JSON_COPY("addresses", s->addresses)));
}

static void get_addresses(struct call *call)
{
	const struct server *s = server_of(call);
	const char *label = call_param(call, "label");
	const cJSON *found = s ? json_member(s->addresses, label) : NULL;

	if (found)
		call_reply(call, 200, json_object(JSON_COPY(label, found)));
	else if (s)
		call_fail(call, 404, "Instance does not have that network");
}

const struct route server_routes[] = {
	{ "GET", "/servers", server_list },
	{ "POST", "/servers", server_create },
	{ "GET", "/servers/detail", server_list_details },
	{ "GET", "/servers/{id}", get },
	{ "PUT", "/servers/{id}", server_update },
	{ "DELETE", "/servers/{id}", delete },
	{ "POST", "/servers/{id}/action", server_action },
	{ "GET", "/servers/{id}/ips", list_addresses },
	{ "GET", "/servers/{id}/ips/{label}", get_addresses },
	ROUTE_END,
};
