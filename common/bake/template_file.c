/* SPDX-License-Identifier: Apache-2.0 */
/* Provisioners file, ansible and breakpoint (packer.md 1.7). */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/bake/template_step.h"
#include "common/str.h"

static const struct decode_row file_rows[] = {
	DECODE("destination", TEXT, .late = TEMPLATE_TWICE),
	DECODE("direction", TEXT),
	DECODE("generated", BOOL),
	DECODE("source", TEXT, .late = TEMPLATE_TWICE),
	DECODE("sources", TEXTS, .late = TEMPLATE_TWICE),
	DECODE_END,
};

static const struct decode_row ansible_rows[] = {
	DECODE("ansible_env_vars", TEXTS, .late = TEMPLATE_TWICE),
	DECODE("ansible_ssh_extra_args", TEXTS, .late = TEMPLATE_TWICE),
	DECODE("collections_path", TEXT),
	DECODE("command", TEXT),
	DECODE("empty_groups", TEXTS),
	DECODE("extra_arguments", TEXTS, .late = TEMPLATE_TWICE),
	DECODE("galaxy_command", TEXT),
	DECODE("galaxy_file", TEXT),
	DECODE("galaxy_force_install", BOOL),
	DECODE("groups", TEXTS),
	DECODE("host_alias", TEXT),
	DECODE("inventory_directory", TEXT),
	DECODE("inventory_file", TEXT),
	DECODE("inventory_file_template", TEXT, .late = TEMPLATE_THEN),
	DECODE("keep_inventory_file", BOOL),
	DECODE("local_port", INTEGER),
	DECODE("playbook_file", TEXT),
	DECODE("roles_path", TEXT),
	DECODE("sftp_command", TEXT),
	DECODE("skip_version_check", BOOL),
	DECODE("ssh_authorized_key_file", TEXT),
	DECODE("ssh_host_key_file", TEXT),
	DECODE("use_proxy", BOOL),
	DECODE("use_sftp", BOOL),
	DECODE("user", TEXT),
	DECODE_END,
};

static const struct decode_row breakpoint_rows[] = {
	DECODE("disable", BOOL),
	DECODE("note", TEXT),
	DECODE_END,
};

bool template_is_late(const char *text)
{
	return strstr(text, "{{") != NULL;
}

const cJSON *template_both(struct template_scope *scope, const cJSON *options,
	const char *list, const char *one)
{
	const cJSON *many = decoded_list(options, list);
	const char *text = decoded_text(options, one);
	cJSON *both;

	if (!text)
		return many;
	both = pool_keep(
		scope->job->pool, many ? json_copy(many) : cJSON_CreateArray());
	json_append(both, json_new_str(text));
	return both;
}

static bool is_download(const cJSON *options)
{
	const char *direction = decoded_text(options, "direction");

	return direction && streq(direction, "download");
}

static void check_sources(struct template_scope *scope, const cJSON *options,
	const cJSON *sources)
{
	struct stat status;

	if (is_download(options) || decoded_bool(options, "generated"))
		return;
	json_each (source, sources) {
		if (stat(source->valuestring, &status) == 0 ||
			(template_is_late(source->valuestring) &&
				!scope->job->wish->path))
			continue;
		template_error(scope,
			"cannot read the source \"%s\": %s; say generated: "
			"true if an earlier provisioner makes it",
			source->valuestring, strerror(errno));
	}
}

static void check_file(struct template_scope *scope, const cJSON *options)
{
	const cJSON *sources =
		template_both(scope, options, "sources", "source");
	const char *direction = decoded_text(options, "direction");

	if (direction && !template_listed("upload|download", direction))
		template_error(scope,
			"direction must be upload or download, not \"%s\"",
			direction);
	if (!sources)
		template_error(scope, "source is missing");
	if (!decoded_text(options, "destination"))
		template_error(scope, "destination is missing");
	check_sources(scope, options, sources);
}

static bool fill_file(struct template_scope *scope, const cJSON *options,
	struct provisioner *step)
{
	step->type = PROVISIONER_FILE;
	step->sources = template_both(scope, options, "sources", "source");
	step->destination = decoded_text(options, "destination");
	step->download = is_download(options);
	return true;
}

static void check_ansible(struct template_scope *scope, const cJSON *options)
{
	const char *playbook = decoded_text(options, "playbook_file");
	struct stat status;

	if (!playbook)
		template_error(scope, "playbook_file is missing");
	else if (stat(playbook, &status) < 0)
		template_error(scope, "cannot read the playbook \"%s\": %s",
			playbook, strerror(errno));
	else if (!S_ISREG(status.st_mode))
		template_error(
			scope, "the playbook \"%s\" is no file", playbook);
}

/* With nobody at a terminal, it would end the bake. */
static void check_breakpoint(struct template_scope *scope, const cJSON *options)
{
	if (!decoded_bool(options, "disable"))
		template_unsupported(scope,
			"a breakpoint waits for somebody at a terminal, and "
			"there is none; say disable: true or take it out");
}

static bool skip_breakpoint(struct template_scope *scope, const cJSON *options,
	struct provisioner *step)
{
	(void)scope;
	(void)options;
	(void)step;
	return false;
}

const struct template_step_type template_file = {
	.name = "file",
	.rows = file_rows,
	.check = check_file,
	.fill = fill_file,
	.files = { .list = "sources",
		.one = "source",
		.late = true,
		.named = true,
		.modes = 0777 },
};

const struct template_step_type template_ansible = {
	.name = "ansible",
	.rows = ansible_rows,
	.check = check_ansible,
};

const struct template_step_type template_breakpoint = {
	.name = "breakpoint",
	.rows = breakpoint_rows,
	.check = check_breakpoint,
	.fill = skip_breakpoint,
};
