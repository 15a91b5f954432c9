/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/bake/template_build.h"
#include "common/bake/template_openstack.h"
#include "common/str.h"

static const struct decode_row no_rows[] = { DECODE_END };

/* What only a task can say. */
static const struct decode_row task_rows[] = {
	DECODE("host_key", TEXT, .no_ingredient = true),
	DECODE_END,
};

void template_fault(const struct template_scope *scope, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = mem_vprintf(fmt, args);
	va_end(args);
	if (scope->job->wish->bake)
		template_error(scope, "%s", text);
	else
		template_warning(scope, "%s", text);
	mem_free(text);
}

struct template_scope template_build_scope(const struct template_build *build,
	enum template_place place, const char *label, bool digest)
{
	struct template_scope scope =
		template_scope(build->job, place, label, digest);

	scope.build_name = build->name;
	scope.build_type = build->type;
	return scope;
}

static void check_winrm(struct template_scope *scope, const cJSON *options)
{
	if (!decoded_text(options, "winrm_username"))
		template_error(scope, "winrm_username is missing");
	template_unsupported(
		scope, "communicator \"winrm\" is not supported, only ssh is");
}

static void check_communicator(struct template_scope *scope,
	const cJSON *options, bool root_by_default, struct recipe *recipe)
{
	const char *communicator = decoded_text(options, "communicator");

	if (!communicator || streq(communicator, "ssh"))
		template_ssh(scope, options, root_by_default, recipe);
	else if (streq(communicator, "winrm"))
		check_winrm(scope, options);
	else if (!streq(communicator, "none"))
		template_error(scope,
			"communicator must be ssh, winrm or none, not \"%s\"",
			communicator);
}

static void build_openstack(struct template_build *build,
	struct template_scope *scope, const cJSON *options)
{
	const char *communicator = decoded_text(options, "communicator");
	bool root = !scope->job->wish->path ||
		    template_login_is_old(build->builder, options);

	if (communicator && streq(communicator, "none"))
		template_unsupported(scope, "communicator \"none\" is not "
					    "supported, only ssh is");
	template_login(scope, build->builder, options, build->recipe);
	template_openstack(scope, options, build->recipe);
	check_communicator(scope, options, root, build->recipe);
	build->recipe->host_key = decoded_text(options, "host_key");
}

/* Which server a null builder logs into has to be said. */
static void build_null(struct template_build *build,
	struct template_scope *scope, const cJSON *options)
{
	const char *communicator = decoded_text(options, "communicator");
	bool winrm = communicator && streq(communicator, "winrm");

	build->recipe->bakes_nothing = true;
	check_communicator(scope, options, false, build->recipe);
	if (communicator && streq(communicator, "none"))
		return;
	if (!decoded_text(options, winrm ? "winrm_host" : "ssh_host"))
		template_error(scope, "%s is missing",
			winrm ? "winrm_host" : "ssh_host");
	if (winrm ? !decoded_text(options, "winrm_password")
		  : !decoded_text(options, "ssh_password") &&
				!decoded_text(
					options, "ssh_private_key_file") &&
				!decoded_bool(options, "ssh_agent_auth"))
		template_error(scope, "%s is missing",
			winrm ? "winrm_password"
			      : "ssh_password, ssh_private_key_file or "
				"ssh_agent_auth");
}

static const struct {
	const char *type;
	const struct decode_row *rows;
	void (*build)(struct template_build *build,
		struct template_scope *scope, const cJSON *options);
} types[] = {
	{ "openstack", template_openstack_rows, build_openstack },
	{ "null", no_rows, build_null },
};

/* Packer's others. */
static const char other_types[] =
	"alicloud-ecs|amazon-chroot|amazon-ebs|amazon-ebssurrogate|"
	"amazon-ebsvolume|amazon-instance|azure-arm|azure-chroot|azure-dtl|"
	"cloudstack|digitalocean|docker|file|googlecompute|hcloud|hyperone|"
	"hyperv-iso|hyperv-vmcx|jdcloud|linode|lxc|lxd|ncloud|oneandone|"
	"oracle-classic|oracle-oci|osc-bsu|osc-bsusurrogate|osc-bsuvolume|"
	"osc-chroot|parallels-iso|parallels-pvm|profitbricks|proxmox|"
	"proxmox-clone|proxmox-iso|qemu|scaleway|tencentcloud-cvm|triton|"
	"ucloud-uhost|vagrant|virtualbox-iso|virtualbox-ovf|virtualbox-vm|"
	"vmware-iso|vmware-vmx|vsphere-clone|vsphere-iso|yandex";

static const char *nth_type(const void *names, size_t i)
{
	(void)names;
	return i < sizeof(types) / sizeof(*types) ? types[i].type : NULL;
}

/* What of the builder makes the image what it is. */
static void take_ingredients(
	struct template_build *build, const struct decode_row *const *tables)
{
	struct template_scope scope = template_build_scope(
		build, TEMPLATE_IN_BUILDER, build->label, true);
	const cJSON *options =
		template_decode(&scope, tables, build->builder, "type|name");
	const char *user_data = build->recipe->user_data;
	cJSON *builder = json_copy(options);

	if (json_member(builder, "user_data_file"))
		json_set_str(builder, "user_data_file", user_data);
	json_set(build->ingredients, "builder", builder);
}

void template_builder(struct template_build *build)
{
	struct template_scope scope = template_build_scope(
		build, TEMPLATE_IN_BUILDER, build->label, false);
	const struct decode_row *tables[DECODE_TABLES + 1] = { NULL };
	size_t row = 0;

	while (row < sizeof(types) / sizeof(*types) &&
		!streq(types[row].type, build->type))
		row++;
	if (row == sizeof(types) / sizeof(*types)) {
		if (template_listed(other_types, build->type))
			template_unsupported(&scope,
				"builders of this type are not supported, only "
				"openstack is");
		else
			template_error(&scope, "unknown type \"%s\"%s",
				build->type,
				template_guess(build->job->pool, build->type,
					nth_type, NULL));
		return;
	}
	tables[0] = types[row].rows;
	tables[1] = template_ssh_rows;
	tables[2] = build->job->wish->path ? NULL : task_rows;
	types[row].build(build, &scope,
		template_decode(&scope, tables, build->builder, "type|name"));
	if (build->alone)
		take_ingredients(build, tables);
}
