/* SPDX-License-Identifier: Apache-2.0 */
/* Where a script goes, and the command that runs it. */
#include <string.h>

#include "common/bake/provision_shell.h"
#include "common/bake/template.h"
#include "common/str.h"

/* Whether the script is run as somebody who is neither root nor we, who must
 * be able to read it. */
static bool is_for_others(const char *execute)
{
	static const char *const words[] = { " -u", "--user", "su ", "runuser",
		"setpriv", "chroot", "doas" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strstr(execute, words[i]))
			return true;
	return false;
}

static const char *execute_of(const struct provisioner *step)
{
	if (step->execute_command && *step->execute_command)
		return step->execute_command;
	return step->use_env_var_file ? SCRIPT_EXECUTE_FILE : SCRIPT_EXECUTE;
}

/* A path in a command that a user wrote is left as it is, since there may be
 * quotes around it already. */
static void set_path(
	struct attempt *a, const char *name, const char *path, bool quote)
{
	char *word = quote ? remote_quote(path) : NULL;

	json_set_str(a->p->facts, name, word ? word : path);
	mem_free(word);
}

/* Commands begin in the home directory, and quotes would hide the ~. */
static const char *below_home(struct pool *pool, const char *path)
{
	return str_starts(path, "~/") ? pool_printf(pool, ".%s", path + 1)
				      : path;
}

static void place(struct attempt *a, struct script *s)
{
	const struct provisioner *step = a->step;
	struct pool *pool = a->p->pool;
	const char *folder = step->remote_folder;
	char *name = str_random();

	if (!folder || !*folder)
		folder = "/tmp";
	s->marker = pool_printf(pool, "rax_image-%s ", name);
	if (step->remote_path && *step->remote_path)
		s->path = step->remote_path;
	else if (step->remote_file && *step->remote_file)
		s->path = pool_printf(pool, "%s/%s", folder, step->remote_file);
	else
		s->path = pool_printf(pool, "%s/rax_image-%s.sh", folder, name);
	s->path = below_home(pool, s->path);
	s->variables_path = NULL;
	if (step->use_env_var_file)
		s->variables_path = pool_printf(pool, "%s/rax_image-%s.vars",
			below_home(pool, folder), name);
	mem_free(name);
}

int shell_prepare(struct attempt *a, struct script *s, struct err *e)
{
	const char *execute = execute_of(a->step);
	bool ours = streq(execute, SCRIPT_EXECUTE) ||
		    streq(execute, SCRIPT_EXECUTE_FILE);
	cJSON *environment = script_environment(a->p, a->step, e);
	const char *command;

	if (!environment)
		return -1;
	place(a, s);
	s->attempt = a;
	s->mode = is_for_others(execute) ? 0755 : 0700;
	s->variables = script_variables(a->p, a->step, environment);
	json_set_str(a->p->facts, "Vars", s->variables);
	set_path(a, "Path", s->path, ours);
	set_path(a, "EnvVarFile", s->variables_path ? s->variables_path : "",
		ours && s->variables_path);
	command = late_render(execute, a->p->facts, a->p->pool, e);
	if (!command)
		return err_add(e, "execute_command");
	s->command =
		pool_printf(a->p->pool, "echo %s$$; %s", s->marker, command);
	return 0;
}
