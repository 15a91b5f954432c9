/* SPDX-License-Identifier: Apache-2.0 */
/* The store of servers. */
#include "tests/cloud/server.h"

#include <string.h>

#include "common/str.h"
#include "tests/cloud/address.h"
#include "tests/cloud/network.h"
#include "tests/cloud/record.h"
#include "tests/cloud/server_machine.h"

#define FIELD(name) RECORD_FIELD(struct server, name)

static const struct record_field fields[] = { FIELD(id), FIELD(name),
	FIELD(user), FIELD(image), FIELD(image_name), FIELD(build),
	FIELD(flavor), FIELD(old_flavor), FIELD(key_name), FIELD(disk_config),
	FIELD(address), FIELD(private_address), FIELD(access_address),
	FIELD(host), FIELD(config_drive), FIELD(metadata), FIELD(networks),
	FIELD(addresses), FIELD(fault), FIELD(status), FIELD(doing),
	FIELD(task), FIELD(created), FIELD(updated), FIELD(began), FIELD(due),
	FIELD(listed), FIELD(active), FIELD(doom), FIELD(app_due),
	FIELD(app_end), FIELD(sshd), FIELD(no_app), FIELD(app_life),
	FIELD(health_status), FIELD(health_path), FIELD(steps),
	FIELD(app_is_up), FIELD(was_machine), RECORD_LAST };

static int start(struct cloud *cloud, struct err *e)
{
	(void)e;
	cloud->servers = mem_new(sizeof(*cloud->servers));
	return 0;
}

static void stop(struct cloud *cloud)
{
	struct server *next;

	if (!cloud->servers)
		return;
	for (struct server *s = cloud->servers->first; s; s = next) {
		next = s->next;
		server_stop_app(s);
		server_machine_remove(cloud, s);
		record_clear(fields, s);
		mem_free(s);
	}
	cJSON_Delete(cloud->servers->steps);
	cJSON_Delete(cloud->servers->network_rules);
	mem_free(cloud->servers);
	cloud->servers = NULL;
}

bool server_is_gone(const struct server *s)
{
	return streq(s->status, "DELETED");
}

struct server *server_find(
	struct cloud *cloud, const struct place *place, const char *id)
{
	struct server *s = cloud->servers->first;

	while (s &&
		!(s->place == place && !server_is_gone(s) && streq(s->id, id)))
		s = s->next;
	return s;
}

struct server *server_of(struct call *call)
{
	struct server *s =
		server_find(call->cloud, call->place, call_param(call, "id"));

	if (!s)
		call_fail(call, 404, "Instance could not be found");
	return s;
}

static struct server *add(struct cloud *cloud, struct place *place)
{
	struct server *s = mem_new(sizeof(*s));

	s->place = place;
	s->next = cloud->servers->first;
	cloud->servers->first = s;
	cloud->servers->count++;
	return s;
}

struct server *server_add(
	struct cloud *cloud, struct place *place, const char *name)
{
	struct server *s = add(cloud, place);
	double now = cloud_now(cloud);

	s->id = cloud_uuid();
	s->name = mem_copy(name);
	s->host = mem_printf("%08x%s", cloud->servers->count * 2654435761u,
		"5c0ffee5c0ffee5c0ffee5c0ffee5c0ffee5c0ffee5c0ffe");
	s->metadata = cJSON_CreateObject();
	s->addresses = cJSON_CreateObject();
	s->created = s->updated = now;
	s->listed = now + cloud->settings.list_lag;
	return s;
}

bool server_takes_network(struct cloud *cloud, const char *id)
{
	for (struct server *s = cloud->servers->first; s; s = s->next) {
		if (server_is_gone(s))
			continue;
		json_each (item, s->networks) {
			if (streq(item->valuestring, id))
				return true;
		}
	}
	return false;
}

int64_t server_count(struct cloud *cloud, const struct place *place)
{
	int64_t count = 0;

	for (struct server *s = cloud->servers->first; s; s = s->next)
		count += s->place == place && !server_is_gone(s);
	return count;
}

int64_t server_ram(struct cloud *cloud, const struct place *place)
{
	int64_t ram = 0;

	for (struct server *s = cloud->servers->first; s; s = s->next) {
		const struct flavor *f = flavor_find(s->flavor);

		if (s->place == place && !server_is_gone(s) && f)
			ram += f->ram;
	}
	return ram;
}

static void add_address(cJSON *list, int version, const char *address)
{
	json_append(list, json_object(JSON_INT("version", version),
				  JSON_STR("addr", address)));
}

static bool take_real(struct cloud *cloud, char **field)
{
	char text[ADDRESS_SIZE];
	struct err e;

	if (address_take(cloud->addresses, text, &e) < 0)
		return false;
	record_set_text(field, text);
	return true;
}

static bool take_public(struct cloud *cloud, struct server *s, cJSON *list)
{
	char *v6 = mem_printf("2001:db8:%x::%x",
		(unsigned)(s->place->region[0] << 8 | s->place->region[1]),
		cloud->servers->count);
	bool taken = take_real(cloud, &s->address);

	if (taken) {
		add_address(list, 4, s->address);
		add_address(list, 6, v6);
		record_set_text(&s->access_address, s->address);
	}
	mem_free(v6);
	return taken;
}

static bool take_in(struct cloud *cloud, struct server *s, const char *id)
{
	struct network *network = network_find(cloud, s->place, id);
	cJSON *list = cJSON_CreateArray();
	bool taken = true;
	char *address;

	if (!network) {
		cJSON_Delete(list);
		return true; /* it went meanwhile */
	}
	if (streq(id, NETWORK_PUBLIC)) {
		taken = take_public(cloud, s, list);
	} else if (streq(id, NETWORK_PRIVATE)) {
		taken = take_real(cloud, &s->private_address);
		if (taken)
			add_address(list, 4, s->private_address);
	} else {
		address = network_new_address(network);
		if (address)
			add_address(list, 4, address);
		mem_free(address);
	}
	json_set(s->addresses, network->label, list);
	return taken;
}

bool server_take_addresses(struct cloud *cloud, struct server *s)
{
	json_each (item, s->networks) {
		if (!take_in(cloud, s, item->valuestring))
			return false;
	}
	return true;
}

static cJSON *show_one(
	const struct cloud *cloud, const struct server *s, double now)
{
	const char *task = server_task(s, now);

	return json_object(JSON_STR("id", s->id), JSON_STR("name", s->name),
		JSON_STR("tenant", s->place->tenant),
		JSON_STR("status", s->status), JSON_STR("task", task),
		JSON_STR("image", s->image),
		JSON_STR("image_name", s->image_name),
		JSON_STR("build", s->build), JSON_STR("flavor", s->flavor),
		JSON_STR("key_name", s->key_name),
		JSON_COPY("metadata", s->metadata),
		JSON_COPY("addresses", s->addresses),
		JSON_COPY("fault", s->fault), JSON_BOOL("app", s->app != NULL),
		JSON_TAKE("machine", server_machine_show(cloud, s)));
}

static cJSON *show(struct cloud *cloud, const char *region)
{
	cJSON *list = cJSON_CreateArray();
	double now = cloud_now(cloud);

	for (struct server *s = cloud->servers->first; s; s = s->next)
		if (s->place->region == region && !server_is_gone(s))
			json_append(list, show_one(cloud, s, now));
	return list;
}

static cJSON *save(struct cloud *cloud)
{
	cJSON *list = cJSON_CreateArray();

	for (struct server *s = cloud->servers->first; s; s = s->next)
		json_append(list,
			cloud_save_place(s->place, record_save(fields, s)));
	return list;
}

/* Another cloud that runs may have the addresses; then the servers get new
 * ones, as servers do that are moved. */
static void claim(struct cloud *cloud, struct server *s)
{
	struct err e;
	bool claimed = true;

	if (s->address)
		claimed = address_claim(cloud->addresses, s->address, &e) == 0;
	if (claimed && s->private_address)
		claimed = address_claim(cloud->addresses, s->private_address,
				  &e) == 0;
	if (claimed)
		return;
	record_set_tree(&s->addresses, cJSON_CreateObject());
	server_take_addresses(cloud, s);
}

static int load_one(struct cloud *cloud, const cJSON *item, struct err *e)
{
	struct place *place = cloud_load_place(cloud, item, e);
	struct server *s = place ? add(cloud, place) : NULL;

	if (!s || record_load(fields, s, item, e) < 0)
		return -1;
	if (!s->id || !s->name || !s->status || !s->flavor)
		return err_set(e, ERR_OTHER, "a server is incomplete");
	if (!s->metadata)
		s->metadata = cJSON_CreateObject();
	if (!s->addresses)
		s->addresses = cJSON_CreateObject();
	if (!server_is_gone(s))
		claim(cloud, s);
	/* A machine's own application went with its files. */
	if (s->app_is_up || (s->was_machine && streq(s->status, "ACTIVE")))
		s->app_due = s->no_app ? 0 : cloud_now(cloud);
	return 0;
}

static int load(struct cloud *cloud, const cJSON *saved, struct err *e)
{
	struct server *all = NULL, *next;

	json_each (item, saved) {
		if (load_one(cloud, item, e) < 0)
			return -1;
	}
	/* each was added in front */
	for (struct server *s = cloud->servers->first; s; s = next) {
		next = s->next;
		s->next = all;
		all = s;
	}
	cloud->servers->first = all;
	return 0;
}

const struct part server_part = {
	.name = "servers",
	.controls = server_controls,
	.start = start,
	.stop = stop,
	.advance = server_advance,
	.show = show,
	.save = save,
	.load = load,
};
