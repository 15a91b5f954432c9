/* SPDX-License-Identifier: Apache-2.0 */
/* A server that may be about to restart, and a script that does not end. */
#include "common/bake/provision_shell.h"

#define PROBE_TIME 15000 /* ms, for a word from a server that may be dying */
#define KILL_TIME  10000 /* ms */
#define APART      2000  /* ms, between looks at a server that shuts down */
#define GOING_DOWN 75

/* Asks whether it shuts down: systemd, its logind, which may hold a shutdown
 * back for some seconds, then SysV init and its kin. */
static const char probe[] =
	"case $(systemctl is-system-running 2>/dev/null) in stopping) "
	"exit 75;; esac; "
	"case $(busctl get-property org.freedesktop.login1 "
	"/org/freedesktop/login1 org.freedesktop.login1.Manager "
	"PreparingForShutdown 2>/dev/null) in *true) exit 75;; esac; "
	"case $(runlevel 2>/dev/null) in *' 6'|*' 0') exit 75;; esac; exit 0";

/* Whether it answers, and is there to stay. */
static int is_there(struct attempt *a, int64_t until, bool *lost, bool *going,
	struct err *e)
{
	const struct remote_command command = { .text = probe };
	struct remote_end end = { 0 };
	int64_t limit;
	int rc;

	*lost = *going = false;
	if (!remote_is_connected(a->p->remote) &&
		attempt_reconnect(a, until, e) < 0)
		return -1;
	limit = remote_now() + PROBE_TIME;
	rc = remote_run(
		a->p->remote, &command, limit < until ? limit : until, &end, e);
	if (rc < 0 && e->code != ERR_LOST && e->code != ERR_TIME)
		return -1;
	*lost = rc < 0 || end.disconnected;
	*going = *lost || end.status == GOING_DOWN;
	return 0;
}

int shell_settle(struct attempt *a, bool *went, struct err *e)
{
	int64_t until = attempt_patience(a);
	bool lost, going;

	*went = !remote_is_connected(a->p->remote);
	for (;;) {
		if (is_there(a, until, &lost, &going, e) < 0)
			return -1;
		if (!going)
			return 0;
		*went = true;
		if (remote_now() + APART >= until)
			return err_set(e, ERR_TIME,
				"the server began to shut down and is not back "
				"in time (start_retry_timeout)");
		if (attempt_pause(a, APART, e) < 0)
			return -1;
		if (lost && attempt_reconnect(a, until, e) < 0)
			return -1;
	}
}

/* What still runs when its time is over: closing the channel ends nothing. The
 * server gave it a process group; root's processes in it take root. */
void shell_end(struct attempt *a, const struct script *s)
{
	int64_t limit = remote_now() + KILL_TIME;
	struct remote_command command = { 0 };
	struct remote_end end = { 0 };
	char *text;
	struct err ignored;

	if (s->pid <= 1 || !remote_is_connected(a->p->remote))
		return;
	text = mem_printf(
		"for s in TERM KILL; do "
		"kill -s $s -- -%ld 2>/dev/null || kill -s $s %ld 2>/dev/null; "
		"[ \"$(id -u)\" = 0 ] || "
		"sudo -n kill -s $s -- -%ld >/dev/null 2>&1; "
		"sleep 1; done",
		s->pid, s->pid, s->pid);
	command.text = text;
	if (limit > a->whole)
		limit = a->whole;
	if (remote_now() < limit)
		remote_run(a->p->remote, &command, limit, &end, &ignored);
	mem_free(text);
}
