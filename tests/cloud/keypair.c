/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/keypair.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "tests/cloud/base64.h"
#include "tests/cloud/keygen.h"
#include "tests/cloud/limit.h"
#include "tests/cloud/md5.h"
#include "tests/cloud/record.h"

struct keypair {
	struct keypair *next;
	struct place *place;
	char *user, *name, *public_key, *fingerprint;
};

struct keypairs {
	struct keypair *first;
};

#define FIELD(name) RECORD_FIELD(struct keypair, name)

static const struct record_field fields[] = { FIELD(user), FIELD(name),
	FIELD(public_key), FIELD(fingerprint), RECORD_LAST };

static struct keypair *add(struct cloud *cloud, struct place *place)
{
	struct keypair *k = mem_new(sizeof(*k));
	struct keypair **end = &cloud->keypairs->first;

	while (*end)
		end = &(*end)->next;
	*end = k;
	k->place = place;
	return k;
}

static int start(struct cloud *cloud, struct err *e)
{
	(void)e;
	cloud->keypairs = mem_new(sizeof(*cloud->keypairs));
	return 0;
}

static void drop(struct keypair **at)
{
	struct keypair *k = *at;

	*at = k->next;
	record_clear(fields, k);
	mem_free(k);
}

static void stop(struct cloud *cloud)
{
	if (!cloud->keypairs)
		return;
	while (cloud->keypairs->first)
		drop(&cloud->keypairs->first);
	mem_free(cloud->keypairs);
	cloud->keypairs = NULL;
}

static cJSON *show_one(const struct keypair *k)
{
	return json_object(JSON_STR("name", k->name),
		JSON_STR("public_key", k->public_key),
		JSON_STR("fingerprint", k->fingerprint));
}

static cJSON *show(struct cloud *cloud, const char *region)
{
	cJSON *list = cJSON_CreateArray();

	for (struct keypair *k = cloud->keypairs->first; k; k = k->next)
		if (k->place->region == region)
			json_append(list, show_one(k));
	return list;
}

static cJSON *save(struct cloud *cloud)
{
	cJSON *list = cJSON_CreateArray();

	for (struct keypair *k = cloud->keypairs->first; k; k = k->next)
		json_append(list,
			cloud_save_place(k->place, record_save(fields, k)));
	return list;
}

static int load(struct cloud *cloud, const cJSON *saved, struct err *e)
{
	json_each (item, saved) {
		struct place *place = cloud_load_place(cloud, item, e);

		if (!place)
			return -1;
		if (record_load(fields, add(cloud, place), item, e) < 0)
			return -1;
	}
	return 0;
}

static bool is_own(const struct call *call, const struct keypair *k)
{
	return k->place == call->place && streq(k->user, call->user);
}

static struct keypair **find(const struct call *call, const char *name)
{
	struct keypair **at = &call->cloud->keypairs->first;

	while (*at && !(is_own(call, *at) && streq((*at)->name, name)))
		at = &(*at)->next;
	return at;
}

bool keypair_is_there(const struct call *call, const char *name)
{
	return *find(call, name) != NULL;
}

const char *keypair_public(const struct call *call, const char *name)
{
	const struct keypair *k = *find(call, name);

	return k ? k->public_key : NULL;
}

int64_t keypair_count(const struct call *call)
{
	int64_t count = 0;

	for (struct keypair *k = call->cloud->keypairs->first; k; k = k->next)
		count += is_own(call, k);
	return count;
}

static void list(struct call *call)
{
	cJSON *all = cJSON_CreateArray();

	for (struct keypair *k = call->cloud->keypairs->first; k; k = k->next)
		if (is_own(call, k))
			json_append(all,
				json_object(JSON_TAKE("keypair", show_one(k))));
	call_reply(call, 200, json_object(JSON_TAKE("keypairs", all)));
}

/* "ab:cd:..." of the key's bytes; NULL when it is no key: type, base64 of
 * bytes that begin with the type's length and name, comment. */
static char *fingerprint_of(const char *key)
{
	size_t type = strcspn(key, " "), length;
	char *encoded, *text = NULL;
	unsigned char *bytes, digest[MD5_SIZE];
	struct str s;

	if (!key[type])
		return NULL;
	encoded = mem_copy_n(key + type + 1, strcspn(key + type + 1, " \r\n"));
	bytes = base64_decode(encoded, &length);
	if (bytes && type > 0 && length > type + 4 && bytes[3] == type &&
		memcmp(bytes + 4, key, type) == 0) {
		md5_of(bytes, length, digest);
		str_init(&s, 64);
		for (size_t i = 0; i < MD5_SIZE; i++)
			str_addf(&s, "%s%02x", i ? ":" : "", digest[i]);
		text = str_take(&s);
	}
	mem_free(bytes);
	mem_free(encoded);
	return text;
}

static bool check_name(struct call *call, const char *name)
{
	if (!name || !*name || strlen(name) > 255)
		return call_fail(call, 400,
			"Keypair data is invalid: Keypair name must be string "
			"and between 1 and 255 characters long");
	for (const char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_- ", *p))
			return call_fail(call, 400,
				"Keypair data is invalid: Keypair name "
				"contains unsafe characters");
	if (keypair_is_there(call, name))
		return call_fail(
			call, 409, "Key pair '%s' already exists.", name);
	if (keypair_count(call) >= limit_of(call->cloud, LIMIT_KEYPAIRS))
		return call_fail(
			call, 403, "Quota exceeded, too many key pairs.");
	return true;
}

static void reply_new(
	struct call *call, const struct keypair *k, const char *private_key)
{
	cJSON *tree = show_one(k);

	json_set_str(tree, "user_id", k->user);
	if (private_key)
		json_set_str(tree, "private_key", private_key);
	call_reply(call, 200, json_object(JSON_TAKE("keypair", tree)));
}

static void create(struct call *call)
{
	const cJSON *wish = json_member(call->body, "keypair");
	const char *name = json_str(wish, "name");
	const char *given = json_str(wish, "public_key");
	char *fingerprint, *made = NULL, *public = NULL;
	struct keypair *k;
	struct err e;

	if (!check_name(call, name))
		return;
	if (!given && keygen_new(&made, &public, &e) < 0) {
		call_fail(call, 500, "%s", e.text);
		return;
	}
	fingerprint = fingerprint_of(given ? given : public);
	if (fingerprint) {
		k = add(call->cloud, call->place);
		k->user = mem_copy(call->user);
		k->name = mem_copy(name);
		k->public_key = mem_copy(given ? given : public);
		k->fingerprint = fingerprint;
		reply_new(call, k, made);
	} else {
		call_fail(call, 400,
			"Keypair data is invalid: failed to generate "
			"fingerprint");
	}
	mem_free(made);
	mem_free(public);
}

static void get(struct call *call)
{
	struct keypair *k = *find(call, call_param(call, "name"));

	if (k)
		call_reply(call, 200,
			json_object(JSON_TAKE("keypair", show_one(k))));
	else
		call_fail(call, 404, "Keypair %s not found for user %s",
			call_param(call, "name"), call->user);
}

static void delete (struct call *call)
{
	struct keypair **at = find(call, call_param(call, "name"));

	if (*at) {
		drop(at);
		call_reply(call, 202, NULL);
	} else {
		call_fail(call, 404, "Keypair %s not found for user %s",
			call_param(call, "name"), call->user);
	}
}

const struct route keypair_routes[] = {
	{ "GET", "/os-keypairs", list },
	{ "POST", "/os-keypairs", create },
	{ "GET", "/os-keypairs/{name}", get },
	{ "DELETE", "/os-keypairs/{name}", delete },
	ROUTE_END,
};

const struct part keypair_part = {
	.name = "keypairs",
	.start = start,
	.stop = stop,
	.show = show,
	.save = save,
	.load = load,
};
