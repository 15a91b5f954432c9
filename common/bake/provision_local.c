/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts that run here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/bake/provision_local.h"
#include "common/bake/template.h"
#include "common/str.h"

/* What the step's own words are compared with: where nothing else is asked for,
 * variables go through the environment, which others cannot read. */
#define USUAL 3
static const char *const usual[USUAL] = { "/bin/sh", "-c",
	"{{.Vars}} {{.Script}}" };

static bool is_usual(const cJSON *words)
{
	size_t i = 0;

	if (json_size(words) == 0)
		return true;
	if (json_size(words) != USUAL)
		return false;
	json_each (word, words)
		if (!streq(word->valuestring, usual[i++]))
			return false;
	return true;
}

/* "KEY=VALUE", ended by NULL. */
static const char **assignments(struct pool *pool, const cJSON *environment)
{
	const char **all = pool_alloc(
		pool, ((size_t)json_size(environment) + 1) * sizeof(*all));
	size_t n = 0;

	json_each (variable, environment)
		all[n++] = pool_printf(
			pool, "%s=%s", variable->string, variable->valuestring);
	return all;
}

/* A path that a shell takes for a path and not for the name of a command. */
static const char *as_path(struct pool *pool, const char *script)
{
	return strchr(script, '/') ? script : pool_printf(pool, "./%s", script);
}

static void set_facts(struct attempt *a, const char *script, bool as_usual,
	const cJSON *environment)
{
	cJSON *facts = a->p->facts;
	char *word = as_usual ? remote_quote(script) : mem_copy(script);

	json_set_str(facts, "Script", word);
	json_set_str(facts, "Path", word);
	json_set_str(facts, "Command", word);
	json_set_str(facts, "EnvVarFile", "");
	json_set_str(facts, "Vars",
		as_usual ? "" : script_variables(a->p, a->step, environment));
	mem_free(word);
}

static char **render_words(struct attempt *a, struct err *e)
{
	const cJSON *given = a->step->execute_words;
	cJSON *standard = json_size(given) == 0
				  ? cJSON_CreateStringArray(usual, USUAL)
				  : NULL;
	size_t count = (size_t)json_size(standard ? standard : given), n = 0;
	char **words = pool_alloc(a->p->pool, (count + 1) * sizeof(*words));

	json_each (word, standard ? standard : given) {
		const char *text = late_render(
			word->valuestring, a->p->facts, a->p->pool, e);

		if (!text) {
			err_add(e, "execute_command");
			words = NULL;
			break;
		}
		words[n++] = pool_copy(a->p->pool, text);
	}
	cJSON_Delete(standard);
	return words;
}

static int judge(
	const struct attempt *a, const char *name, int status, struct err *e)
{
	int code = WEXITSTATUS(status);

	if (WIFSIGNALED(status)) {
		err_set(e, ERR_OTHER,
			"script %s was killed by signal %d (%s); look for what "
			"killed it, perhaps a lack of memory",
			name, WTERMSIG(status), strsignal(WTERMSIG(status)));
		return attempt_add_tail(a, e);
	}
	if (attempt_is_valid(a, code))
		return 0;
	err_set(e, ERR_OTHER, "script %s ended with status %d; %s", name, code,
		code == 126
			? "may it be executed? (chmod +x)"
			: "mend it, or name the status in valid_exit_codes");
	return attempt_add_tail(a, e);
}

static int run(
	struct attempt *a, const char *name, const char *script, struct err *e)
{
	cJSON *environment = script_environment(a->p, a->step, e);
	struct program program = { .attempt = a };
	int status;

	output_forget(&a->tail);
	if (!environment)
		return -1;
	set_facts(a, script, is_usual(a->step->execute_words), environment);
	program.variables = assignments(a->p->pool, environment);
	program.words = render_words(a, e);
	if (!program.words)
		return -1;
	attempt_say(a, "running script %s here", name);
	if (local_run(&program, &status, e) < 0) {
		err_add(e, "script %s", name);
		return attempt_add_tail(a, e);
	}
	return judge(a, name, status, e);
}

static int write_all(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length > 0) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

/* A file of ours that can be executed; its path has no file yet. */
static int write_script(char *path, int suffix, const char *text, struct err *e)
{
	int fd = mkstemps(path, suffix);
	bool good;

	if (fd < 0)
		return err_set(e, ERR_OTHER, "cannot make a file %s: %s", path,
			strerror(errno));
	good = write_all(fd, text) == 0 && fchmod(fd, 0700) == 0;
	good = close(fd) == 0 && good;
	if (good)
		return 0;
	err_set(e, ERR_OTHER, "cannot write %s: %s", path, strerror(errno));
	unlink(path);
	return -1;
}

static int run_lines(struct attempt *a, struct err *e)
{
	const char *extension = a->step->tempfile_extension;
	const char *folder = getenv("TMPDIR");
	const char *text = script_inline(a->p, a->step, e);
	char *path;
	int rc;

	if (!text)
		return -1;
	if (!extension)
		extension = "";
	if (strchr(extension, '/'))
		return err_set(e, ERR_OTHER,
			"tempfile_extension: %s is no ending of a name",
			extension);
	path = mem_printf("%s/rax_image-XXXXXX%s",
		folder && *folder ? folder : "/tmp", extension);
	rc = write_script(path, (int)strlen(extension), text, e);
	if (rc == 0) {
		rc = run(a, "(inline)", path, e);
		unlink(path);
	}
	mem_free(path);
	return rc;
}

int local_attempt(struct attempt *a, struct err *e)
{
	if (json_size(a->step->lines) > 0)
		return run_lines(a, e);
	json_each (script, a->step->scripts) {
		const char *path = as_path(a->p->pool, script->valuestring);

		if (access(path, F_OK) < 0)
			return err_set(e, ERR_OTHER, "script %s: %s",
				script->valuestring, strerror(errno));
		if (run(a, script->valuestring, path, e) < 0)
			return -1;
	}
	return 0;
}
