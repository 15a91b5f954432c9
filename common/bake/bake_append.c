/* SPDX-License-Identifier: Apache-2.0 */
/* What a bake sends, as steps of the plan. */
#include <string.h>
#include <time.h>

#include "common/bake/bake_part.h"
#include "common/image.h"
#include "common/keypair.h"
#include "common/server.h"
#include "common/str.h"

bool bake_needs_keypair(const struct bake *b)
{
	const struct recipe *r = b->recipe;

	return !r->ssh.password && !r->ssh.private_key_file && !r->ssh.agent &&
	       !r->ssh_keypair_name;
}

void bake_append_keypair(struct bake *b)
{
	struct task *t = b->task;

	lease_begin(b);
	if (t->check)
		b->keypair = keypair_create(t, "<key pair>", "<public key>");
	else
		b->keypair =
			keypair_create(t, mark_keypair_name(t->pool, &b->mark),
				b->key.public_key);
}

/* The start, the lease and the run are known when they begin; only the last
 * step says that an image is finished. */
static cJSON *marked(struct bake *b, const cJSON *metadata, const char *baked)
{
	cJSON *all = metadata ? json_copy(metadata) : cJSON_CreateObject();

	json_remove(all, MARK_BAKED);
	json_set(all, MARK_BAKED, json_new_str(baked));
	mark_add(all, &b->mark, b->recipe->image_name, b->wish->digest);
	if (b->task->check) {
		json_set_str(all, MARK_START, "<start>");
		json_set_str(all, MARK_LEASE, "<lease>");
	}
	return pool_keep(b->task->pool, all);
}

static char *indented(const char *text)
{
	struct str s;

	str_init(&s, 64 * 1024);
	while (*text) {
		size_t length = strcspn(text, "\n");

		str_add(&s, "    ");
		str_add_n(&s, text, length);
		str_add(&s, "\n");
		text += length + (text[length] == '\n');
	}
	return str_take(&s);
}

/* cloud-init installs the host key that we expect then; where it is not there
 * nothing reads this. */
static char *cloud_config(const struct remote_key *key)
{
	char *private_key = indented(key->private_key);
	char *text = mem_printf("#cloud-config\n"
				"ssh_deletekeys: true\n"
				"ssh_keys:\n"
				"  ed25519_private: |\n%s"
				"  ed25519_public: %s\n",
		private_key, key->public_key);

	explicit_bzero(private_key, strlen(private_key));
	mem_free(private_key);
	return text;
}

static const char *user_data(struct bake *b)
{
	char *text, *encoded;
	const char *kept;

	if (b->recipe->user_data)
		text = mem_copy(b->recipe->user_data);
	else if (b->task->check)
		return "<user data with a host key>";
	else if (b->host_key.private_key)
		text = cloud_config(&b->host_key);
	else
		return NULL;
	encoded = str_base64(text, strlen(text));
	kept = pool_copy(b->task->pool, encoded);
	json_append(b->task->cloud->secrets, json_new_str(kept));
	explicit_bzero(text, strlen(text));
	mem_free(text);
	mem_free(encoded);
	return kept;
}

void bake_append_server(struct bake *b)
{
	const struct recipe *r = b->recipe;
	const char *data = user_data(b);
	const char *zone = r->availability_zone;

	lease_begin(b);
	b->server = server_create(b->task,
		&(struct server_wish){
			.name = r->instance_name,
			.image = b->wish->source,
			.flavor = b->wish->flavor,
			.key_name = b->keypair ? b->keypair->id
					       : r->ssh_keypair_name,
			.user_data = data,
			.config_drive = data || r->config_drive,
			.networks = b->wish->networks,
			.metadata = marked(b, r->instance_metadata, NULL),
			.extra = pool_keep(b->task->pool,
				json_object(
					JSON_STR("availability_zone", zone))),
			.mark = b->mark.run,
		},
		WAIT_USABLE);
}

void bake_append_image(struct bake *b, const char *server)
{
	lease_begin(b);
	b->image = image_create(b->task, server, b->working_name,
		marked(b, b->recipe->image_metadata, MARK_NOT_BAKED));
}

static struct tm now_of(struct task *t)
{
	time_t now = (time_t)cloud_date(t->cloud);
	struct tm utc;

	gmtime_r(&now, &utc);
	return utc;
}

void bake_append_finish(struct bake *b, const cJSON *image)
{
	struct tm now = now_of(b->task);
	char time[32] = "<time>";
	const cJSON *baked;

	if (!b->task->check)
		strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%SZ", &now);
	baked = pool_keep(b->task->pool,
		json_object(
			JSON_STR(MARK_BAKED, mark_baked(b->task->pool, time,
						     json_str(image, "id")))));
	image_rename(b->task, image, b->recipe->image_name, baked);
}

void bake_put_away(struct task *t, const struct bake_wish *w)
{
	struct tm now = now_of(t);
	char time[32] = "<time>";
	const char *name;

	if (!t->check)
		strftime(time, sizeof(time), "%Y%m%dT%H%M%SZ", &now);
	name = pool_printf(t->pool, "%.*s" MARK_REPLACED "%s",
		(int)str_whole(w->recipe->image_name, MARK_REPLACED_NAME),
		w->recipe->image_name, time);
	json_each (image, w->renamed) {
		image_rename(t, image, name, NULL);
	}
	json_each (image, w->deleted) {
		image_delete(t, image, WAIT_USABLE);
	}
}
