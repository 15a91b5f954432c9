/* SPDX-License-Identifier: Apache-2.0 */
/* rax_facts - what is known of a server, or of several. */
#include "common/module.h"

struct params {
	const char *address;
	const char *id;
	const char *name;
	const cJSON *addresses;
	const cJSON *meta;
	const char *flavor;
	bool limits;
};

static const struct opt opts[] = {
	OPT_STR(address),
	OPT_STR(id),
	OPT_STR(name),
	OPT_LIST(addresses, "str"),
	OPT_DICT(meta),
	OPT_STR(flavor),
	OPT_BOOL(limits, .fallback = "false"),
	OPT_END,
};

static const struct opt_rule rules[] = {
	{ .kind = OPT_EXCLUSIVE, .names = "address|id|name" },
	{ .kind = OPT_END_OF_RULES },
};

struct found {
	const cJSON *one;     /* the server that address, id or name means */
	const cJSON *servers; /* those that addresses and meta mean, or NULL */
	const cJSON *limits;
	const cJSON *flavor;
};

static bool wants_one(const struct params *p)
{
	return p->address || p->id || p->name;
}

static bool wants_several(const struct params *p)
{
	return p->addresses || p->meta;
}

static bool is_meant(const struct params *p, const cJSON *server)
{
	return p->name ? streq(json_str(server, "name"), p->name)
		       : server_has_address(server, p->address);
}

/* An id that is not there is an empty answer; any other failure is one. */
static int find_by_id(
	struct task *t, const char *id, const cJSON **server, struct err *e)
{
	*server = NULL;
	if (server_get(t, id, server, e) < 0)
		return e->code == ERR_ABSENT ? 0 : -1;
	return 0;
}

static int find_one(const struct params *p, const cJSON *servers,
	const cJSON **one, struct err *e)
{
	*one = NULL;
	json_each (server, servers) {
		if (!is_meant(p, server))
			continue;
		if (*one)
			return err_set(e, ERR_OTHER,
				"Multiple servers found matching provided "
				"search parameters");
		*one = server;
	}
	return 0;
}

static bool has_any_address(const cJSON *server, const cJSON *addresses)
{
	json_each (address, addresses) {
		if (server_has_address(server, address->valuestring))
			return true;
	}
	return !addresses;
}

static const cJSON *find_several(
	struct task *t, const struct params *p, const cJSON *servers)
{
	const cJSON *meta = server_metadata_texts(t, p->meta);
	cJSON *matches = pool_keep(t->pool, cJSON_CreateArray());

	json_each (server, servers) {
		if (has_any_address(server, p->addresses) &&
			server_has_metadata(server, meta))
			json_append(matches, facts_of_server(server));
	}
	return matches;
}

static int find(struct task *t, const struct params *p, struct found *found,
	struct err *e)
{
	const char *query = p->name && !wants_several(p)
				    ? server_name_query(t, p->name)
				    : "";
	const cJSON *servers;

	if (p->id && find_by_id(t, p->id, &found->one, e) < 0)
		return -1;
	if (p->id && !wants_several(p))
		return 0;
	if (server_list(t, query, &servers, e) < 0)
		return -1;
	if (wants_one(p) && !p->id && find_one(p, servers, &found->one, e) < 0)
		return -1;
	if (wants_several(p))
		found->servers = find_several(t, p, servers);
	return 0;
}

static int plan(struct task *t, struct err *e)
{
	const struct params *p = t->params;
	struct found *found = pool_alloc(t->pool, sizeof(*found));

	/* The text of the Python module, whose three were all there were. */
	if (!wants_one(p) && !wants_several(p))
		return err_set(e, ERR_OTHER,
			"one of the following is required: address, id, name");
	if (find(t, p, found, e) < 0)
		return -1;
	if (p->limits && server_limits(t, &found->limits, e) < 0)
		return -1;
	if (p->flavor && server_flavor(t, p->flavor, &found->flavor, e) < 0)
		return -1;
	t->found = found;
	return 0;
}

static void report(struct task *t)
{
	const struct found *found = t->found;

	task_result(t, "ansible_facts",
		found->one ? facts_of_server(found->one)
			   : cJSON_CreateObject());
	task_result(t, "servers", json_copy(found->servers));
	task_result(t, "limits", json_copy(found->limits));
	task_result(t, "flavor", json_copy(found->flavor));
}

const struct module module = {
	.name = "rax_facts",
	MODULE_OPTS(opts),
	.rules = rules,
	.plan = plan,
	.report = report,
};
