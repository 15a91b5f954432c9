/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/options.h"

#include "common/str.h"

#define SECRET     .secret = true
#define NOT_SECRET .not_secret = true

const struct opt bake_opts[] = {
	OPT_SUB("availability_zone", "str"),
	OPT_SUB("config_drive", "bool"),
	OPT_SUB("error_cleanup_provisioner", "dict"),
	OPT_SUB("flavor", "str"),
	OPT_SUB("host_key", "str", NOT_SECRET),
	OPT_SUB("instance_metadata", "dict"),
	OPT_SUB("instance_name", "str"),
	OPT_SUB("meta", "dict"),
	OPT_SUB("networks", "list", .elements = "str"),
	OPT_SUB("pause_before_connecting", "str"),
	OPT_SUB("provisioners", "list", .elements = "dict"),
	OPT_SUB("rackconnect_wait", "bool"),
	OPT_SUB("source_image", "str"),
	OPT_SUB("source_image_filter", "dict"),
	OPT_SUB("ssh_agent_auth", "bool"),
	OPT_SUB("ssh_bastion_agent_auth", "bool"),
	OPT_SUB("ssh_bastion_certificate_file", "path"),
	OPT_SUB("ssh_bastion_host", "str"),
	OPT_SUB("ssh_bastion_password", "str", SECRET),
	OPT_SUB("ssh_bastion_port", "int"),
	OPT_SUB("ssh_bastion_private_key_file", "path", NOT_SECRET),
	OPT_SUB("ssh_bastion_username", "str"),
	OPT_SUB("ssh_certificate_file", "path"),
	OPT_SUB("ssh_ciphers", "list", .elements = "str"),
	OPT_SUB("ssh_handshake_attempts", "int"),
	OPT_SUB("ssh_host", "str"),
	OPT_SUB("ssh_interface", "str"),
	OPT_SUB("ssh_ip_version", "str"),
	OPT_SUB("ssh_keep_alive_interval", "str"),
	OPT_SUB("ssh_key_exchange_algorithms", "list", .elements = "str",
		NOT_SECRET),
	OPT_SUB("ssh_keypair_name", "str", .aliases = "key_name", NOT_SECRET),
	OPT_SUB("ssh_password", "str", SECRET),
	OPT_SUB("ssh_port", "int"),
	OPT_SUB("ssh_private_key_file", "path", NOT_SECRET),
	OPT_SUB("ssh_pty", "bool"),
	OPT_SUB("ssh_read_write_timeout", "str"),
	OPT_SUB("ssh_timeout", "str"),
	OPT_SUB("ssh_username", "str", .fallback = "root"),
	OPT_SUB("user_data", "str", SECRET),
	OPT_SUB("user_data_file", "path"),
	OPT_END,
};

/* What a template has elsewhere, or under another name. */
static const char *const not_builders[] = {
	"error_cleanup_provisioner",
	"meta",
	"provisioners",
	"source_image_filter",
};

static bool is_of_builder(const char *name)
{
	for (size_t i = 0; i < sizeof(not_builders) / sizeof(*not_builders);
		i++)
		if (streq(name, not_builders[i]))
			return false;
	return true;
}

static bool is_given(const cJSON *value)
{
	return value && !cJSON_IsNull(value);
}

/* The newest one, as the filter of a task means. */
static cJSON *filter_tree(const cJSON *filter)
{
	if (!is_given(filter))
		return NULL;
	return json_object(
		JSON_COPY("filters", filter), JSON_BOOL("most_recent", true));
}

static cJSON *given_copy(const cJSON *value)
{
	return is_given(value) ? json_copy(value) : NULL;
}

static cJSON *builder_tree(const cJSON *params)
{
	cJSON *builder = json_object(JSON_STR("type", "openstack"),
		JSON_STR("name", "rax_image"),
		JSON_STR("image_name", json_str(params, "name")),
		JSON_TAKE("metadata", given_copy(json_member(params, "meta"))),
		JSON_TAKE("source_image_filter",
			filter_tree(
				json_member(params, "source_image_filter"))));

	for (const struct opt *o = bake_opts; o->name; o++) {
		const cJSON *value = json_member(params, o->name);

		if (is_of_builder(o->name) && is_given(value))
			json_set(builder, o->name, json_copy(value));
	}
	return builder;
}

cJSON *bake_options_tree(const cJSON *params)
{
	cJSON *builders = cJSON_CreateArray();

	json_append(builders, builder_tree(params));
	return json_object(JSON_TAKE("builders", builders),
		JSON_TAKE("provisioners",
			given_copy(json_member(params, "provisioners"))),
		JSON_TAKE("error-cleanup-provisioner",
			given_copy(json_member(
				params, "error_cleanup_provisioner"))));
}

/* By its name, or by the other one, which no row has more than one of. */
static bool was_given(const cJSON *given, const struct opt *o)
{
	return is_given(json_member(given, o->name)) ||
	       (o->aliases && is_given(json_member(given, o->aliases)));
}

const char *bake_options_given(const cJSON *given)
{
	if (is_given(json_member(given, "name")))
		return "name";
	for (const struct opt *o = bake_opts; o->name; o++)
		if (was_given(given, o) && !streq(o->name, "host_key"))
			return o->name;
	return NULL;
}
