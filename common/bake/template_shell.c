/* SPDX-License-Identifier: Apache-2.0 */
/* Provisioners shell and shell-local (packer.md 1.6, 1.7). */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "common/bake/template_step.h"
#include "common/str.h"

static const struct decode_row shell_rows[] = {
	DECODE("binary", BOOL),
	DECODE("env_var_format", TEXT),
	DECODE("environment_vars", TEXTS, .late = TEMPLATE_TWICE),
	DECODE("execute_command", TEXT, .late = TEMPLATE_THEN),
	DECODE("expect_disconnect", BOOL),
	DECODE("inline", TEXTS, .late = TEMPLATE_TWICE),
	DECODE("inline_shebang", TEXT),
	DECODE("pause_after", DURATION, .no_ingredient = true),
	DECODE("remote_file", TEXT),
	DECODE("remote_folder", TEXT),
	DECODE("remote_path", TEXT),
	DECODE("script", TEXT),
	DECODE("scripts", TEXTS),
	DECODE("skip_clean", BOOL),
	DECODE("start_retry_timeout", DURATION, .no_ingredient = true),
	DECODE("use_env_var_file", BOOL),
	DECODE("valid_exit_codes", INTEGERS),
	DECODE_END,
};

const struct decode_row template_shell_local_rows[] = {
	DECODE("command", TEXT, .late = TEMPLATE_TWICE),
	DECODE("env_var_format", TEXT),
	DECODE("environment_vars", TEXTS, .late = TEMPLATE_TWICE),
	DECODE("execute_command", TEXTS, .late = TEMPLATE_THEN),
	DECODE("inline", TEXTS, .late = TEMPLATE_TWICE),
	DECODE("inline_shebang", TEXT),
	DECODE("only_on", TEXTS),
	DECODE("script", TEXT),
	DECODE("scripts", TEXTS),
	DECODE("tempfile_extension", TEXT),
	DECODE("use_linux_pathing", BOOL),
	DECODE("valid_exit_codes", INTEGERS),
	DECODE_END,
};

static void check_scripts(struct template_scope *scope, const cJSON *scripts)
{
	struct stat status;

	json_each (script, scripts) {
		if (stat(script->valuestring, &status) < 0)
			template_error(scope,
				"cannot read the script \"%s\": %s; a path is "
				"relative to the working directory%s",
				script->valuestring, strerror(errno),
				scope->job->wish->path
					? ", {{template_dir}} is the template's"
					: "");
	}
}

static void check_environment(
	struct template_scope *scope, const cJSON *options)
{
	json_each (entry, decoded_list(options, "environment_vars")) {
		const char *equals = strchr(entry->valuestring, '=');

		if (!equals || equals == entry->valuestring)
			template_error(scope,
				"environment_vars: \"%s\" must be \"KEY=VALUE\"",
				entry->valuestring);
	}
}

/* What puts in a key and a value, one %s each. */
static void check_format(struct template_scope *scope, const cJSON *options)
{
	const char *format = decoded_text(options, "env_var_format");
	int count = 0;

	for (const char *p = format; p && (p = strchr(p, '%')); p += 2) {
		count += p[1] == 's';
		if (p[1] != 's' && p[1] != '%') {
			count = -1;
			break;
		}
	}
	if (format && count != 2)
		template_unsupported(scope,
			"env_var_format must have one %%s for the key and one "
			"for the value, and no other %%");
}

static void check_shell(struct template_scope *scope, const cJSON *options)
{
	bool script = decoded_text(options, "script");
	bool scripts = decoded_list(options, "scripts");
	bool lines = decoded_list(options, "inline");

	if (script && scripts)
		template_error(scope, "script and scripts exclude each other; "
				      "put all into scripts");
	if (!script && !scripts && !lines)
		template_error(scope, "one of inline, script and scripts is "
				      "missing");
	if ((script || scripts) && lines)
		template_error(scope, "inline and script exclude each other; "
				      "make two provisioners of them");
	check_scripts(
		scope, template_both(scope, options, "scripts", "script"));
	check_environment(scope, options);
	check_format(scope, options);
}

void template_check_shell_local(
	struct template_scope *scope, const cJSON *options)
{
	static const char systems[] =
		"darwin|freebsd|linux|openbsd|solaris|windows";
	int forms = !!decoded_text(options, "command") +
		    !!decoded_text(options, "script") +
		    !!decoded_list(options, "scripts") +
		    !!decoded_list(options, "inline");

	if (forms == 0)
		template_error(scope, "one of inline, script, scripts and "
				      "command is missing");
	if (forms > 1)
		template_error(scope,
			"only one of inline, script, scripts and command can "
			"be given, not %d; make several provisioners of them",
			forms);
	if (decoded_bool(options, "use_linux_pathing"))
		template_error(scope, "use_linux_pathing is for Windows only");
	json_each (name, decoded_list(options, "only_on")) {
		if (!template_listed(systems, name->valuestring))
			template_error(scope,
				"only_on: no system is called \"%s\"; there "
				"are darwin, freebsd, linux, openbsd, solaris "
				"and windows",
				name->valuestring);
	}
	check_scripts(
		scope, template_both(scope, options, "scripts", "script"));
	check_environment(scope, options);
	check_format(scope, options);
}

static const cJSON *exit_codes(
	struct template_scope *scope, const cJSON *options)
{
	const cJSON *codes = decoded_list(options, "valid_exit_codes");

	return codes ? codes : pool_keep(scope->job->pool, json_literal("[0]"));
}

static const char * or (const char *text, const char *fallback)
{
	return text ? text : fallback;
}

/* What both of them have. */
static void fill_both(struct template_scope *scope, const cJSON *options,
	struct provisioner *step)
{
	step->lines = decoded_list(options, "inline");
	step->scripts = template_both(scope, options, "scripts", "script");
	step->inline_shebang =
		or (decoded_text(options, "inline_shebang"), "/bin/sh -e");
	step->environment = decoded_list(options, "environment_vars");
	step->valid_exit_codes = exit_codes(scope, options);
	step->env_var_format =
		or (decoded_text(options, "env_var_format"), "%s='%s' ");
}

static bool fill_shell(struct template_scope *scope, const cJSON *options,
	struct provisioner *step)
{
	bool file = decoded_bool(options, "use_env_var_file");

	fill_both(scope, options, step);
	step->type = PROVISIONER_SHELL;
	step->use_env_var_file = file;
	if (file && !decoded_text(options, "env_var_format"))
		step->env_var_format = "export %s='%s'\n";
	step->execute_command =
		or (decoded_text(options, "execute_command"),
			   file ? SCRIPT_EXECUTE_FILE : SCRIPT_EXECUTE);
	step->binary = decoded_bool(options, "binary");
	step->skip_clean = decoded_bool(options, "skip_clean");
	step->expect_disconnect = decoded_bool(options, "expect_disconnect");
	step->start_retry_timeout =
		decoded_integer(options, "start_retry_timeout", 300 * 1000);
	step->pause_after = decoded_integer(options, "pause_after", 0);
	step->remote_path = decoded_text(options, "remote_path");
	step->remote_folder =
		or (decoded_text(options, "remote_folder"), "/tmp");
	step->remote_file = decoded_text(options, "remote_file");
	return true;
}

static bool fill_shell_local(struct template_scope *scope, const cJSON *options,
	struct provisioner *step)
{
	static const char execute[] =
		"['/bin/sh', '-c', '{{.Vars}} {{.Script}}']";
	const cJSON *only_on = decoded_list(options, "only_on");
	const char *command = decoded_text(options, "command");

	fill_both(scope, options, step);
	step->type = PROVISIONER_SHELL_LOCAL;
	if (command) {
		cJSON *lines = pool_keep(scope->job->pool, cJSON_CreateArray());

		json_append(lines, json_new_str(command));
		step->lines = lines;
	}
	step->execute_words = decoded_list(options, "execute_command");
	if (!step->execute_words)
		step->execute_words =
			pool_keep(scope->job->pool, json_literal(execute));
	step->tempfile_extension =
		or (decoded_text(options, "tempfile_extension"), "");
	step->not_here = only_on;
	json_each (name, only_on)
		step->not_here =
			step->not_here && !streq(name->valuestring, "linux");
	return true;
}

const struct template_step_type template_shell = {
	.name = "shell",
	.rows = shell_rows,
	.check = check_shell,
	.fill = fill_shell,
	/* Uploaded, a script has a mode of ours. */
	.files = { .list = "scripts", .one = "script" },
};

const struct template_step_type template_shell_local = {
	.name = "shell-local",
	.rows = template_shell_local_rows,
	.check = template_check_shell_local,
	.fill = fill_shell_local,
	/* It runs or it does not. */
	.files = { .list = "scripts", .one = "script", .modes = 0100 },
};
