/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts on the server. */
#include <stdlib.h>
#include <string.h>

#include "common/bake/provision_shell.h"
#include "common/file.h"
#include "common/str.h"

#define SCRIPT_MAX ((size_t)256 * 1024 * 1024)
#define TIDY_TIME  10000 /* ms */

static void hear(void *context, bool is_error, const char *line)
{
	struct script *s = context;
	size_t length = strlen(s->marker);

	if (!s->begun && strncmp(line, s->marker, length) == 0) {
		s->begun = true;
		s->pid = strtol(line + length, NULL, 10);
		return;
	}
	attempt_line(s->attempt, is_error, line);
}

/* ERR_LOST only where the script has not begun: it can be done again. */
static int start(struct attempt *a, void *context, struct err *e)
{
	struct script *s = context;
	const struct remote_command command = {
		.text = s->command, .line = hear, .context = s
	};

	if (shell_put(a, s, e) < 0)
		return -1;
	attempt_say(a, "running script %s", s->name);
	s->begun = false;
	s->pid = 0;
	s->end = (struct remote_end){ 0 };
	if (remote_run(a->p->remote, &command, a->deadline, &s->end, e) < 0) {
		if (e->code != ERR_LOST || !s->begun)
			return -1;
		s->end.disconnected = true;
	}
	if (s->end.disconnected && !s->begun)
		return err_set(e, ERR_LOST,
			"the connection broke before it could begin");
	s->signal = s->end.signal ? pool_copy(a->p->pool, s->end.signal) : NULL;
	return 0;
}

/* After a failure, as far as it goes without waiting. */
static void tidy(struct attempt *a, struct script *s)
{
	struct attempt brief = *a;
	struct err ignored;

	brief.deadline = remote_now() + TIDY_TIME;
	if (brief.deadline > a->whole)
		brief.deadline = a->whole;
	if (remote_is_connected(a->p->remote) && remote_now() < brief.deadline)
		shell_clean(&brief, s, &ignored);
}

/* What a script may end with when the server stops it: signals, also as a
 * shell or ssh tells of them. */
static bool looks_stopped(const struct script *s)
{
	static const int statuses[] = { 129, 130, 137, 143, 255 };

	if (s->signal)
		return true;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (s->end.status == statuses[i])
			return true;
	return false;
}

static const char *remedy(int status)
{
	if (status == 126)
		return "it, or the program in its first line, may not be run: "
		       "is its file system mounted noexec? (remote_folder)";
	if (status == 127)
		return "a command was not found, perhaps the program in its "
		       "first line";
	return "mend it, or name the status in valid_exit_codes";
}

static int judge(const struct attempt *a, const struct script *s, bool went,
	struct err *e)
{
	bool expected = a->step->expect_disconnect;

	if (s->end.disconnected && expected)
		return 0;
	if (s->end.disconnected) {
		err_set(e, ERR_OTHER,
			"script %s: the connection broke while it ran; if it "
			"restarts the server, say expect_disconnect: true",
			s->name);
		return attempt_add_tail(a, e);
	}
	if (!s->signal && attempt_is_valid(a, s->end.status))
		return 0;
	if (expected && went && looks_stopped(s))
		return 0;
	if (s->signal) {
		err_set(e, ERR_OTHER,
			"script %s was killed by signal %s; look for what "
			"killed it, perhaps a lack of memory",
			s->name, s->signal);
		return attempt_add_tail(a, e);
	}
	err_set(e, ERR_OTHER, "script %s ended with status %d; %s", s->name,
		s->end.status, remedy(s->end.status));
	return attempt_add_tail(a, e);
}

/* A script that was started to its very end. */
static int finish(struct attempt *a, struct script *s, struct err *e)
{
	bool went = false;
	int verdict;

	if (a->step->expect_disconnect && shell_settle(a, &went, e) < 0)
		return err_add(e, "after script %s", s->name);
	verdict = judge(a, s, went, e);
	if (verdict < 0) {
		tidy(a, s);
		return -1;
	}
	if (shell_clean(a, s, e) < 0)
		return err_add(e, "after script %s", s->name);
	return 0;
}

static int run(struct attempt *a, struct script *s, struct err *e)
{
	output_forget(&a->tail);
	if (attempt_persist(a, start, s, e) < 0) {
		if (e->code == ERR_TIME)
			shell_end(a, s);
		if (e->code != ERR_INTERRUPTED)
			tidy(a, s);
		err_add(e, "script %s", s->name);
		return attempt_add_tail(a, e);
	}
	return finish(a, s, e);
}

/* Lines that end as on Windows end as on Unix. */
static size_t without_returns(char *bytes, size_t length)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++)
		if (bytes[i] != '\r' || i + 1 == length || bytes[i + 1] != '\n')
			bytes[used++] = bytes[i];
	return used;
}

static int run_bytes(struct attempt *a, const char *name, char *bytes,
	size_t length, struct err *e)
{
	struct script s = { .name = name, .bytes = bytes, .length = length };

	if (!a->step->binary)
		s.length = without_returns(bytes, length);
	if (shell_prepare(a, &s, e) < 0)
		return err_add(e, "script %s", name);
	return run(a, &s, e);
}

static int run_file(struct attempt *a, const char *path, struct err *e)
{
	size_t length;
	char *bytes = file_read(path, SCRIPT_MAX, &length, e);
	int rc;

	if (!bytes)
		return err_add(e, "script %s", path);
	rc = run_bytes(a, path, bytes, length, e);
	mem_free(bytes);
	return rc;
}

int shell_attempt(struct attempt *a, struct err *e)
{
	if (json_size(a->step->lines) > 0) {
		const char *text = script_inline(a->p, a->step, e);
		char *bytes;
		int rc;

		if (!text)
			return -1;
		bytes = mem_copy(text);
		rc = run_bytes(a, "(inline)", bytes, strlen(bytes), e);
		mem_free(bytes);
		return rc;
	}
	json_each (script, a->step->scripts)
		if (run_file(a, script->valuestring, e) < 0)
			return -1;
	return 0;
}
