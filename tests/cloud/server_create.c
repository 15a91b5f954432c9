/* SPDX-License-Identifier: Apache-2.0 */
/* Creating servers, and changing their names. */
#include <string.h>

#include "common/str.h"
#include "tests/cloud/fault.h"
#include "tests/cloud/keypair.h"
#include "tests/cloud/link.h"
#include "tests/cloud/network.h"
#include "tests/cloud/record.h"
#include "tests/cloud/server_machine.h"
#include "tests/cloud/shape.h"

#define BUILD_KEY "build_key" /* of an image's metadata */

void server_set_image(struct server *s, const struct image *image)
{
	record_set_text(&s->image_name, image ? image->name : NULL);
	record_set_text(
		&s->build, image ? json_str(image->metadata, BUILD_KEY) : NULL);
}

/* What a rule of POST /_sim/config has in store for it. */
static void apply_fault(struct cloud *cloud, struct server *s)
{
	const cJSON *fault = faults_thing(cloud->faults, "server", s->name);

	if (!fault)
		return;
	if (json_str(fault, "fault"))
		record_set_text(&s->doom, json_str(fault, "fault"));
	if (json_bool(fault, "stuck"))
		s->due = 0;
	record_set_text(&s->sshd, json_str(fault, "sshd"));
	s->no_app = json_str(fault, "app") != NULL;
	s->app_life = shape_seconds(fault, "down_after", 0);
	s->health_status = json_int(fault, "health_status", 0);
	record_set_text(&s->health_path, json_str(fault, "health_path"));
}

void server_build(struct cloud *cloud, struct server *s)
{
	server_begin(cloud, s, "build");
	apply_fault(cloud, s);
	if (!server_take_addresses(cloud, s))
		record_set_text(&s->doom, "No addresses are left.");
}

static cJSON *given_to(
	struct call *call, const struct server_wish *wish, const char *password)
{
	const cJSON *server = json_member(call->body, "server");
	const char *key =
		wish->key_name ? keypair_public(call, wish->key_name) : NULL;

	return json_object(JSON_STR("key_name", wish->key_name),
		JSON_STR("key", key), JSON_STR("password", password),
		JSON_STR("user_data", json_str(server, "user_data")),
		JSON_COPY("files", json_member(server, "personality")));
}

static struct server *create_one(struct call *call,
	const struct server_wish *wish, const char *name, const char *password)
{
	struct server *s = server_add(call->cloud, call->place, name);

	record_set_text(&s->image, wish->image ? wish->image->id : NULL);
	server_set_image(s, wish->image ? wish->image : wish->volume_image);
	s->user = mem_copy(call->user);
	s->flavor = mem_copy(wish->flavor->id);
	s->disk_config = mem_copy(wish->disk_config);
	record_set_text(&s->key_name, wish->key_name);
	s->config_drive = wish->config_drive;
	if (cJSON_IsObject(wish->metadata))
		record_set_tree(&s->metadata, json_copy(wish->metadata));
	s->networks = json_copy(wish->networks);
	server_attach_volumes(call, s, wish);
	server_build(call->cloud, s);
	if (wish->unsatisfiable) {
		record_set_text(&s->doom, "No valid host was found.");
		record_set_text(&s->task, "scheduling");
	}
	server_machine_make(call->cloud, s,
		wish->image ? wish->image : wish->volume_image,
		given_to(call, wish, password));
	return s;
}

/* Twelve characters that nobody guesses. */
static char *new_password(struct pool *pool)
{
	char *uuid = cloud_uuid();
	char *password =
		pool_printf(pool, "%.4s%.4sX%.3s", uuid, uuid + 9, uuid + 32);

	mem_free(uuid);
	return password;
}

static void reply(
	struct call *call, const struct server *s, const char *password)
{
	const char *self = link_self(call, "servers", s->id);

	call_header(call, "Location", "%s", self);
	call_reply(call, 202,
		json_object(JSON_TAKE("server",
			json_object(JSON_STR("id", s->id),
				JSON_STR("adminPass", password),
				JSON_STR("OS-DCF:diskConfig", s->disk_config),
				JSON_TAKE("links",
					link_list(call, "servers", s->id))))));
}

/* Several of one request are numbered. */
static struct server *create_nth(struct call *call,
	const struct server_wish *wish, int64_t n, const char *password)
{
	return create_one(call, wish,
		wish->count == 1 ? wish->name
				 : pool_printf(call->pool, "%s-%lld",
					   wish->name, (long long)n),
		password);
}

/* However many there are, the reply describes the first. */
void server_create(struct call *call)
{
	const char *password = json_str(call->body, "server.adminPass");
	struct server_wish wish;
	struct server *first;

	if (!server_check(call, &wish))
		return;
	if (!password)
		password = new_password(call->pool);
	first = create_nth(call, &wish, 1, password);
	for (int64_t n = 2; n <= wish.count; n++)
		create_nth(call, &wish, n, password);
	reply(call, first, password);
}

void server_update(struct call *call)
{
	struct server *s = server_of(call);
	const cJSON *wish = json_member(call->body, "server");
	const cJSON *name = json_member(wish, "name");
	const char *address = json_str(wish, "accessIPv4");

	if (!s)
		return;
	if (!cJSON_IsObject(wish)) {
		call_fail(call, 400, "The request body is invalid");
		return;
	}
	if (name && !server_check_name(call, name))
		return;
	if (name)
		record_set_text(&s->name, name->valuestring);
	if (address)
		record_set_text(&s->access_address, address);
	s->updated = call->now;
	call_reply(call, 200,
		json_object(JSON_TAKE("server", server_details(call, s))));
}
