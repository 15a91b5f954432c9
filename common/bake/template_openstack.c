/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/template_openstack.h"

#include <string.h>
#include <strings.h>

#include "common/file.h"
#include "common/opt_unicode.h"
#include "common/str.h"

#define USER_DATA_MAX ((size_t)1024 * 1024)
#define METADATA_MAX  255

static const struct decode_row filter_rows[] = {
	DECODE("name", TEXT),
	DECODE("owner", TEXT),
	DECODE("tags", TEXTS),
	DECODE("visibility", TEXT),
	DECODE("properties", MAP),
	DECODE_END,
};

static const struct decode_row search_rows[] = {
	DECODE("filters", OPTIONS, .rows = filter_rows),
	DECODE("most_recent", BOOL),
	DECODE_END,
};

#define LOGIN(option, variables, ...)                                          \
	DECODE(option, TEXT, .environment = (variables),                       \
		.no_ingredient = true, __VA_ARGS__)

/* Which image and flavor are meant, however that is said, is known once the
 * cloud was asked (source.h). */
const struct decode_row template_openstack_rows[] = {
	/* Access. */
	LOGIN("api_key", "SDK_API_KEY", .secret = true),
	LOGIN("application_credential_id", "OS_APPLICATION_CREDENTIAL_ID",
		.unsupported = true),
	LOGIN("application_credential_name", "OS_APPLICATION_CREDENTIAL_NAME",
		.unsupported = true),
	LOGIN("application_credential_secret",
		"OS_APPLICATION_CREDENTIAL_SECRET", .secret = true,
		.unsupported = true),
	LOGIN("cacert", NULL, .unsupported = true),
	LOGIN("cert", NULL, .unsupported = true),
	LOGIN("cloud", NULL, .unsupported = true),
	LOGIN("domain_id", "OS_DOMAIN_ID"),
	LOGIN("domain_name", "OS_DOMAIN_NAME"),
	LOGIN("endpoint_type", NULL),
	LOGIN("identity_endpoint", "OS_AUTH_URL"),
	DECODE("insecure", BOOL, .no_ingredient = true),
	LOGIN("key", NULL, .unsupported = true),
	LOGIN("openstack_provider", NULL),
	LOGIN("password", "SDK_PASSWORD|OS_PASSWORD", .secret = true),
	LOGIN("project", NULL),
	LOGIN("provider", "SDK_PROVIDER"),
	LOGIN("proxy_url", NULL, .unsupported = true),
	LOGIN("region", "SDK_REGION|OS_REGION_NAME"),
	LOGIN("tenant_id", "OS_TENANT_ID|OS_PROJECT_ID"),
	LOGIN("tenant_name", "SDK_PROJECT|OS_TENANT_NAME|OS_PROJECT_NAME"),
	LOGIN("token", "OS_TOKEN", .secret = true, .unsupported = true),
	LOGIN("user_id", "OS_USERID", .unsupported = true),
	LOGIN("username", "SDK_USERNAME|OS_USERNAME"),
	/* Image. */
	DECODE("image_auto_accept_members", BOOL, .unsupported = true),
	DECODE("image_disk_format", TEXT, .unsupported = true),
	DECODE("image_members", TEXTS, .unsupported = true),
	DECODE("image_min_disk", INTEGER, .unsupported = true),
	DECODE("image_name", TEXT),
	DECODE("image_tags", TEXTS, .unsupported = true),
	DECODE("image_visibility", TEXT),
	DECODE("metadata", MAP, .no_ingredient = true),
	/* Server. */
	DECODE("availability_zone", TEXT, .no_ingredient = true),
	DECODE("config_drive", BOOL, .no_ingredient = true),
	DECODE("external_source_image_format", TEXT),
	DECODE("external_source_image_url", TEXT, .unsupported = true),
	DECODE("flavor", TEXT, .no_ingredient = true),
	DECODE("floating_ip", TEXT, .unsupported = true),
	DECODE("floating_ip_network", TEXT, .unsupported = true),
	DECODE("floating_ip_pool", TEXT, .unsupported = true),
	DECODE("force_delete", BOOL, .unsupported = true),
	DECODE("instance_floating_ip_net", TEXT, .unsupported = true),
	DECODE("instance_metadata", MAP, .no_ingredient = true),
	DECODE("instance_name", TEXT, .no_ingredient = true),
	DECODE("network_discovery_cidrs", TEXTS, .unsupported = true),
	DECODE("networks", TEXTS, .no_ingredient = true),
	DECODE("ports", TEXTS, .unsupported = true),
	DECODE("rackconnect_wait", BOOL, .no_ingredient = true),
	DECODE("reuse_ips", BOOL, .unsupported = true),
	DECODE("security_groups", TEXTS, .unsupported = true),
	DECODE("source_image", TEXT, .no_ingredient = true),
	DECODE("source_image_filter", OPTIONS, .rows = search_rows,
		.no_ingredient = true),
	DECODE("source_image_name", TEXT, .no_ingredient = true),
	DECODE("ssh_interface", TEXT, .no_ingredient = true),
	DECODE("ssh_ip_version", TEXT, .no_ingredient = true),
	DECODE("use_blockstorage_volume", BOOL, .unsupported = true),
	DECODE("use_floating_ip", BOOL),
	DECODE("user_data", TEXT),
	DECODE("user_data_file", TEXT),
	DECODE("volume_availability_zone", TEXT),
	DECODE("volume_name", TEXT),
	DECODE("volume_size", INTEGER),
	DECODE("volume_type", TEXT),
	DECODE_END,
};

/* The search without a word that Packer drops, or NULL: it says nothing. */
static const cJSON *find_filter(
	struct template_scope *scope, const cJSON *options)
{
	const cJSON *given = json_get(options, "source_image_filter.filters");
	const char *visibility = decoded_text(given, "visibility");
	cJSON *filter = pool_keep(scope->job->pool, cJSON_CreateObject());

	json_each (entry, given) {
		if (entry->child || decoded_text(given, entry->string))
			json_set(filter, entry->string, json_copy(entry));
	}
	if (visibility && !template_listed("public|private|shared|community",
				  visibility)) {
		template_warning(scope,
			"source_image_filter.filters.visibility: no image is "
			"\"%s\", the word is left out and the search is wider; "
			"use public, private, shared or community",
			visibility);
		json_remove(filter, "visibility");
	}
	return filter->child ? filter : NULL;
}

static void find_source(struct template_scope *scope, const cJSON *options,
	struct recipe *recipe)
{
	const char *url = decoded_text(options, "external_source_image_url");
	int count;

	recipe->source_image = decoded_text(options, "source_image");
	recipe->source_image_name = decoded_text(options, "source_image_name");
	recipe->source_filter = find_filter(scope, options);
	recipe->most_recent =
		json_bool(options, "source_image_filter.most_recent");
	count = !!recipe->source_image + !!recipe->source_image_name +
		!!recipe->source_filter + !!url;
	if (count == 0)
		template_error(scope,
			"source_image is missing; give it, source_image_name "
			"or source_image_filter");
	else if (count > 1)
		template_error(scope,
			"only one of source_image, source_image_name, "
			"source_image_filter and external_source_image_url can "
			"be given, not %d; take the others out",
			count);
}

typedef void say_fn(const struct template_scope *scope, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Clouds refuse what is longer: an image's after everything else was done. */
static void check_metadata(struct template_scope *scope, const cJSON *options,
	const char *label, say_fn *say)
{
	json_each (entry, json_member(options, label)) {
		if (!*entry->string)
			template_fault(scope, "%s: a key is empty", label);
		if (strlen(entry->string) > METADATA_MAX)
			say(scope, "%s: the key \"%s\" is longer than %d bytes",
				label, entry->string, METADATA_MAX);
		if (strlen(entry->valuestring) > METADATA_MAX)
			say(scope, "%s.%s is longer than %d bytes", label,
				entry->string, METADATA_MAX);
	}
}

static void check_image(struct template_scope *scope, const cJSON *options)
{
	const char *visibility = decoded_text(options, "image_visibility");

	if (visibility && strcasecmp(visibility, "public") != 0 &&
		strcasecmp(visibility, "private") != 0 &&
		strcasecmp(visibility, "shared") != 0 &&
		strcasecmp(visibility, "community") != 0)
		template_error(scope,
			"image_visibility must be public, private, shared or "
			"community, not \"%s\"",
			visibility);
	else if (visibility && strcasecmp(visibility, "private") != 0)
		template_unsupported(scope,
			"image_visibility \"%s\" is not supported, images are "
			"private; take it out",
			visibility);
	if (decoded_integer(options, "image_min_disk", 0) < 0)
		template_error(scope, "image_min_disk must not be negative");
	if (decoded_text(options, "image_disk_format") &&
		!decoded_bool(options, "use_blockstorage_volume"))
		template_error(scope, "image_disk_format needs "
				      "use_blockstorage_volume: true");
}

static void check_server(struct template_scope *scope, const cJSON *options)
{
	const char *version = decoded_text(options, "ssh_ip_version");

	if (version && !template_listed("4|6", version))
		template_error(scope,
			"ssh_ip_version must be 4 or 6, not "
			"\"%s\"",
			version);
	if (decoded_text(options, "ssh_keypair_name") &&
		!decoded_text(options, "ssh_private_key_file") &&
		!decoded_bool(options, "ssh_agent_auth"))
		template_error(scope,
			"ssh_keypair_name needs ssh_private_key_file, or "
			"ssh_agent_auth: true");
	if (!decoded_text(options, "flavor"))
		template_error(
			scope, "flavor is missing; give its id or its name");
	if (!decoded_text(options, "image_name"))
		template_error(scope, "image_name is missing; give the name "
				      "that the new image gets");
	/* Packer looks at the server's only. */
	check_metadata(scope, options, "instance_metadata", template_error);
	check_metadata(scope, options, "metadata", template_fault);
}

/* The file goes before the text, as with Packer. */
static const char *read_user_data(
	struct template_scope *scope, const cJSON *options)
{
	const char *path = decoded_text(options, "user_data_file"), *kept;
	size_t length;
	struct err e;
	char *text;

	if (!path)
		return decoded_text(options, "user_data");
	text = file_read(path, USER_DATA_MAX, &length, &e);
	if (!text) {
		template_fault(scope, "user_data_file: %s", e.text);
		return NULL;
	}
	if (strlen(text) != length || !opt_unicode_is_utf8(text))
		template_unsupported(scope,
			"user_data_file: %s is no text, which is not supported",
			path);
	kept = pool_copy(scope->job->pool, text);
	mem_free(text);
	return kept;
}

/* Otherwise it would be shown as a snapshot. */
static const cJSON *image_metadata(
	struct template_scope *scope, const cJSON *options)
{
	const cJSON *given = json_member(options, "metadata");
	cJSON *metadata = pool_keep(scope->job->pool,
		given ? json_copy(given) : cJSON_CreateObject());

	if (!json_member(metadata, "image_type"))
		json_set_str(metadata, "image_type", "image");
	return metadata;
}

void template_openstack(struct template_scope *scope, const cJSON *options,
	struct recipe *recipe)
{
	const char *version = decoded_text(options, "ssh_ip_version");

	find_source(scope, options, recipe);
	check_image(scope, options);
	check_server(scope, options);
	recipe->image_name = decoded_text(options, "image_name");
	recipe->image_metadata = image_metadata(scope, options);
	recipe->flavor = decoded_text(options, "flavor");
	recipe->instance_name = decoded_text(options, "instance_name");
	if (!recipe->instance_name)
		recipe->instance_name = recipe->image_name;
	recipe->instance_metadata = decoded_list(options, "instance_metadata");
	recipe->networks = decoded_list(options, "networks");
	recipe->user_data = read_user_data(scope, options);
	recipe->availability_zone = decoded_text(options, "availability_zone");
	recipe->config_drive = decoded_bool(options, "config_drive");
	recipe->rackconnect_wait = decoded_bool(options, "rackconnect_wait");
	recipe->ssh_interface = decoded_text(options, "ssh_interface");
	recipe->ssh_ip_version = version ? *version - '0' : 0;
}
