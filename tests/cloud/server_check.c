/* SPDX-License-Identifier: Apache-2.0 */
/* What a create request asks for, checked. */
#include <string.h>

#include "common/str.h"
#include "tests/cloud/base64.h"
#include "tests/cloud/keypair.h"
#include "tests/cloud/limit.h"
#include "tests/cloud/metadata.h"
#include "tests/cloud/server.h"

#define NAME_MAX_LENGTH 255
#define PATH_MAX_LENGTH 255
#define USER_DATA_MAX   65535
#define HINTS_MAX       3
#define COUNT_MAX       100

bool server_check_name(struct call *call, const cJSON *name)
{
	if (!name || cJSON_IsNull(name))
		return call_fail(call, 400, "Server name is not defined");
	if (!cJSON_IsString(name))
		return call_fail(
			call, 400, "Server name is not a string or unicode");
	if (!*name->valuestring)
		return call_fail(call, 400,
			"Server name has a minimum character requirement of "
			"1.");
	if (strlen(name->valuestring) > NAME_MAX_LENGTH)
		return call_fail(
			call, 400, "Server name has more than 255 characters.");
	return true;
}

/* The id, or a URL that ends with it. */
static const char *id_of(const char *reference)
{
	const char *slash = strrchr(reference, '/');

	return slash ? slash + 1 : reference;
}

bool server_check_image(
	struct call *call, const cJSON *reference, const struct image **image)
{
	const char *text = cJSON_GetStringValue(reference);

	*image = NULL;
	if (!text)
		return call_fail(call, 400, "Missing imageRef attribute");
	*image = image_find(call->cloud, call->place, id_of(text));
	if (!*image)
		return call_fail(call, 400, "%s",
			str_is_uuid(id_of(text))
				? "Can not find requested image"
				: "Invalid imageRef provided.");
	if (!streq((*image)->status, "ACTIVE"))
		return call_fail(
			call, 400, "Image %s is not active.", (*image)->id);
	return true;
}

static bool is_class_excluded(
	const struct flavor *flavor, const struct image *image)
{
	const char *classes = json_str(image->metadata, "flavor_classes");
	char word[40];
	size_t length = strlen(flavor->class);

	if (!classes || length + 2 > sizeof(word))
		return false;
	word[0] = '!';
	memcpy(word + 1, flavor->class, length + 1);
	return strstr(classes, word) != NULL;
}

bool server_check_fit(struct call *call, const struct flavor *flavor,
	const struct image *image)
{
	if (flavor->ram < image->min_ram)
		return call_fail(call, 400,
			"Flavor's memory is too small for requested image.");
	if (flavor->disk < image->min_disk && !flavor_needs_volume(flavor))
		return call_fail(call, 400,
			"Flavor's disk is too small for requested image.");
	if (is_class_excluded(flavor, image))
		return call_fail(call, 400,
			"The requested image does not run on flavor class %s.",
			flavor->class);
	return true;
}

static bool check_flavor(
	struct call *call, const cJSON *reference, const struct flavor **flavor)
{
	const char *text = cJSON_GetStringValue(reference);

	if (!reference)
		return call_fail(call, 400, "Missing flavorRef attribute");
	*flavor = text ? flavor_find(id_of(text)) : NULL;
	if (!*flavor)
		return call_fail(call, 400, "Invalid flavorRef provided.");
	return true;
}

static bool check_boot(struct call *call, const struct server_wish *wish)
{
	if (wish->volume && flavor_refuses_volume(wish->flavor))
		return call_fail(call, 400,
			"Flavor %s cannot be booted from a volume.",
			wish->flavor->id);
	if (!wish->volume && flavor_needs_volume(wish->flavor))
		return call_fail(call, 400,
			"Flavor %s has no disk: it must be booted from a "
			"volume.",
			wish->flavor->id);
	if (wish->image)
		return server_check_fit(call, wish->flavor, wish->image);
	return true;
}

/* Both the path and the contents, which are base64. */
static bool check_file(struct call *call, const cJSON *file)
{
	const char *path = json_str(file, "path");
	const char *contents = json_str(file, "contents");
	int64_t most = limit_of(call->cloud, LIMIT_PERSONALITY_SIZE);
	unsigned char *bytes;
	size_t length;

	if (!path || !contents)
		return call_fail(call, 400,
			"Bad personality format: missing %s",
			path ? "contents" : "path");
	if (strlen(path) > PATH_MAX_LENGTH)
		return call_fail(call, 403, "Personality file path too long");
	bytes = base64_decode(contents, &length);
	if (!bytes)
		return call_fail(call, 400,
			"Personality content for %s cannot be decoded", path);
	mem_free(bytes);
	if ((int64_t)length > most)
		return call_fail(
			call, 403, "Personality file content too long");
	return true;
}

bool server_check_personality(struct call *call, const cJSON *files)
{
	if (!files || cJSON_IsNull(files))
		return true;
	if (!cJSON_IsArray(files))
		return call_fail(call, 400, "Bad personality format");
	if (json_size(files) > limit_of(call->cloud, LIMIT_PERSONALITY))
		return call_fail(call, 403, "Personality file limit exceeded");
	json_each (file, files) {
		if (!check_file(call, file))
			return false;
	}
	return true;
}

static bool check_user_data(struct call *call, const cJSON *data)
{
	const char *text = cJSON_GetStringValue(data);
	unsigned char *bytes;
	size_t length;

	if (!data || cJSON_IsNull(data))
		return true;
	bytes = text ? base64_decode(text, &length) : NULL;
	if (!bytes)
		return call_fail(
			call, 400, "Userdata content cannot be decoded");
	mem_free(bytes);
	if (strlen(text) > USER_DATA_MAX)
		return call_fail(call, 400,
			"User data too large. User data must be no larger "
			"than %d bytes once base64 encoded. Your data is %zu "
			"bytes",
			USER_DATA_MAX, strlen(text));
	return true;
}

static bool check_disk_config(
	struct call *call, const cJSON *server, struct server_wish *wish)
{
	const cJSON *value = json_member(server, "OS-DCF:diskConfig");
	const char *text = cJSON_GetStringValue(value);

	wish->disk_config = text ? text : "AUTO";
	if (!value || cJSON_IsNull(value))
		return true;
	if (!streq(text, "AUTO") && !streq(text, "MANUAL"))
		return call_fail(call, 400,
			"OS-DCF:diskConfig must be either "
			"'MANUAL' or 'AUTO'.");
	if (streq(text, "AUTO") && wish->image &&
		streq(json_str(wish->image->metadata, "auto_disk_config"),
			"disabled"))
		return call_fail(call, 400,
			"Requested image %s has automatic disk resize "
			"disabled.",
			wish->image->id);
	return true;
}

static bool check_key(
	struct call *call, const cJSON *value, struct server_wish *wish)
{
	wish->key_name = cJSON_GetStringValue(value);
	if (!value || cJSON_IsNull(value))
		return true;
	if (!wish->key_name || !keypair_is_there(call, wish->key_name))
		return call_fail(call, 400, "Invalid key_name provided.");
	return true;
}

static bool check_config_drive(
	struct call *call, const cJSON *value, struct server_wish *wish)
{
	const char *text = json_scalar_text(value);

	if (!text || !*text)
		return true;
	wish->config_drive = strcasecmp(text, "true") == 0 || streq(text, "1");
	if (wish->config_drive || strcasecmp(text, "false") == 0 ||
		streq(text, "0"))
		return true;
	return call_fail(call, 400, "config_drive is no boolean");
}

static int64_t number_of(const cJSON *value)
{
	const char *text = json_scalar_text(value);
	int64_t number;

	if (!value || cJSON_IsNull(value))
		return 1;
	return text && str_int(text, &number) ? number : -1;
}

static bool check_count(
	struct call *call, const cJSON *server, struct server_wish *wish)
{
	int64_t least = number_of(json_member(server, "min_count"));
	int64_t most = number_of(json_member(server, "max_count"));

	wish->count = most > least ? most : least;
	if (least < 1 || most < 1 || wish->count > COUNT_MAX)
		return call_fail(
			call, 400, "min_count must be an integer value");
	return true;
}

/* Hints that name servers which are not there cannot be satisfied; that shows
 * only when the server is scheduled. */
static bool check_hints(struct call *call, struct server_wish *wish)
{
	const cJSON *hints = json_member(call->body, "os:scheduler_hints");

	json_each (hint, hints) {
		if (!str_starts(hint->string, "public_ip_zone:") ||
			!cJSON_IsArray(hint))
			continue;
		if (json_size(hint) > HINTS_MAX)
			return call_fail(call, 400,
				"At most %d ids are allowed in %s", HINTS_MAX,
				hint->string);
		json_each (id, hint) {
			const char *text = cJSON_GetStringValue(id);

			if (!text ||
				!server_find(call->cloud, call->place, text))
				wish->unsatisfiable = true;
		}
	}
	return true;
}

static bool check_quota(struct call *call, const struct server_wish *wish)
{
	int64_t servers = server_count(call->cloud, call->place);
	int64_t ram = server_ram(call->cloud, call->place);
	int64_t more = wish->flavor->ram * wish->count;
	int64_t most = limit_of(call->cloud, LIMIT_INSTANCES);
	int64_t most_ram = limit_of(call->cloud, LIMIT_RAM);

	if (servers + wish->count > most)
		return call_fail(call, 403,
			"Quota exceeded for instances: Requested %lld, but "
			"already used %lld of %lld instances",
			(long long)wish->count, (long long)servers,
			(long long)most);
	if (ram + more > most_ram)
		return call_fail(call, 403,
			"Quota exceeded for ram: Requested %lld, but already "
			"used %lld of %lld ram",
			(long long)more, (long long)ram, (long long)most_ram);
	return true;
}

static bool check_image_or_volume(
	struct call *call, const cJSON *server, struct server_wish *wish)
{
	const cJSON *reference = json_member(server, "imageRef");
	const char *text = cJSON_GetStringValue(reference);
	const cJSON *mappings = json_member(server, "block_device_mapping_v2");

	if (!server_check_volumes(call, wish, mappings))
		return false;
	if (wish->volume &&
		(!reference || cJSON_IsNull(reference) || streq(text, "")))
		return true;
	return server_check_image(call, reference, &wish->image);
}

bool server_check(struct call *call, struct server_wish *wish)
{
	const cJSON *server = json_member(call->body, "server");

	*wish = (struct server_wish){ .name = json_str(server, "name") };
	if (!cJSON_IsObject(server))
		return call_fail(call, 400, "The request body is invalid");
	wish->metadata = json_member(server, "metadata");
	return server_check_name(call, json_member(server, "name")) &&
	       check_image_or_volume(call, server, wish) &&
	       check_flavor(
		       call, json_member(server, "flavorRef"), &wish->flavor) &&
	       check_boot(call, wish) &&
	       server_check_personality(
		       call, json_member(server, "personality")) &&
	       check_user_data(call, json_member(server, "user_data")) &&
	       check_disk_config(call, server, wish) &&
	       check_config_drive(
		       call, json_member(server, "config_drive"), wish) &&
	       check_key(call, json_member(server, "key_name"), wish) &&
	       metadata_check(call, wish->metadata,
		       limit_of(call->cloud, LIMIT_SERVER_META)) &&
	       server_check_networks(call, json_member(server, "networks"),
		       &wish->networks) &&
	       check_count(call, server, wish) && check_hints(call, wish) &&
	       check_quota(call, wish);
}
