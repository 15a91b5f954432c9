/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/bake/provision_local.h"
#include "common/interrupt.h"
#include "common/str.h"

#define TICK         100  /* ms */
#define GRACE        3000 /* ms, from SIGTERM to SIGKILL */
#define CHUNK        65536
#define FILES_MAX    65536
#define STREAMS      2
#define NOT_FOUND    127
#define NOT_RUNNABLE 126

struct running {
	struct attempt *attempt;
	pid_t pid;
	bool ended;
	int status;
	int streams[STREAMS]; /* our ends: standard output and error; or -1 */
	struct pieces lines[STREAMS];
};

/* Ours, without those that are set anew, and these. */
static char **environment(const char *const *variables)
{
	size_t count = 0, more = 0, n = 0;
	char **all;

	while (environ[count])
		count++;
	while (variables[more])
		more++;
	all = mem_array(count + more + 1, sizeof(*all));
	for (size_t i = 0; i < count; i++) {
		bool anew = false;

		for (size_t j = 0; j < more && !anew; j++) {
			size_t key = strcspn(variables[j], "=") + 1;

			anew = strncmp(environ[i], variables[j], key) == 0;
		}
		if (!anew)
			all[n++] = mem_copy(environ[i]);
	}
	for (size_t j = 0; j < more; j++)
		all[n++] = mem_copy(variables[j]);
	return all;
}

static void environment_free(char **all)
{
	for (size_t i = 0; all[i]; i++)
		mem_free(all[i]);
	mem_free(all);
}

static void complain(const char *word, const char *why)
{
	const char *parts[] = { "cannot run ", word, ": ", why, "\n" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0)
			return;
}

/* In the child: nothing of ours but what it is given. */
static void become(const struct program *program, char **variables,
	const int ends[STREAMS])
{
	long limit = sysconf(_SC_OPEN_MAX);
	int nothing = open("/dev/null", O_RDONLY);
	int reason;

	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
		dup2(ends[0], STDOUT_FILENO) < 0 ||
		dup2(ends[1], STDERR_FILENO) < 0)
		_exit(NOT_RUNNABLE);
	if (limit < 0 || limit > FILES_MAX)
		limit = FILES_MAX;
	for (int fd = STDERR_FILENO + 1; fd < limit; fd++)
		close(fd);
	execvpe(program->words[0], program->words, variables);
	reason = errno;
	complain(program->words[0], strerror(reason));
	_exit(reason == ENOENT ? NOT_FOUND : NOT_RUNNABLE);
}

static void close_all(int *ends, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (ends[i] >= 0)
			close(ends[i]);
		ends[i] = -1;
	}
}

static int begin(
	struct running *r, const struct program *program, struct err *e)
{
	int pipes[STREAMS][2] = { { -1, -1 }, { -1, -1 } };
	char **variables = environment(program->variables);

	if (pipe2(pipes[0], O_CLOEXEC) < 0 || pipe2(pipes[1], O_CLOEXEC) < 0)
		goto failed;
	r->pid = fork();
	if (r->pid < 0)
		goto failed;
	if (r->pid == 0)
		become(program, variables,
			(int[STREAMS]){ pipes[0][1], pipes[1][1] });
	setpgid(r->pid, r->pid);
	for (int i = 0; i < STREAMS; i++) {
		close(pipes[i][1]);
		r->streams[i] = pipes[i][0];
		fcntl(r->streams[i], F_SETFL, O_NONBLOCK);
		r->lines[i] = (struct pieces){ .line = attempt_line,
			.context = r->attempt,
			.is_error = i == 1,
			.secrets = r->attempt->p->recipe->secrets };
	}
	environment_free(variables);
	return 0;
failed:
	err_set(e, ERR_OTHER, "cannot start %s: %s", program->words[0],
		strerror(errno));
	close_all(pipes[0], 2);
	close_all(pipes[1], 2);
	environment_free(variables);
	return -1;
}

/* One chunk of a stream; whether there may be more now. */
static bool read_some(struct running *r, int i)
{
	char bytes[CHUNK];
	ssize_t n;

	if (r->streams[i] < 0)
		return false;
	n = read(r->streams[i], bytes, sizeof(bytes));
	if (n > 0) {
		output_cut(&r->lines[i], bytes, (size_t)n);
		return true;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	close_all(&r->streams[i], 1);
	return false;
}

static void reap(struct running *r)
{
	if (!r->ended && waitpid(r->pid, &r->status, WNOHANG) == r->pid)
		r->ended = true;
}

/* Until something comes or a tick is over. */
static void wait_and_read(struct running *r)
{
	struct pollfd entries[STREAMS + 1] = {
		{ r->streams[0], POLLIN, 0 },
		{ r->streams[1], POLLIN, 0 },
		{ interrupt_signal() ? -1 : interrupt_descriptor(), POLLIN, 0 },
	};
	bool silent = r->streams[0] < 0 && r->streams[1] < 0;

	poll(entries, STREAMS + 1, silent ? TICK / 10 : TICK);
	for (int i = 0; i < STREAMS; i++)
		if (entries[i].revents)
			read_some(r, i);
	reap(r);
}

/* What was written before the end; somebody in the background may go on for
 * ever, so no more than a pipe can hold. */
static void read_rest(struct running *r)
{
	for (int i = 0; i < STREAMS; i++) {
		for (int chunks = 0; chunks < 16 && read_some(r, i); chunks++)
			;
		output_end(&r->lines[i]);
	}
}

static bool group_lives(const struct running *r)
{
	return !r->ended || kill(-r->pid, 0) == 0;
}

static void end_all(struct running *r)
{
	int64_t limit = remote_now() + GRACE;

	kill(-r->pid, SIGTERM);
	while (group_lives(r) && remote_now() < limit)
		wait_and_read(r);
	if (!group_lives(r))
		return;
	kill(-r->pid, SIGKILL);
	while (!r->ended)
		wait_and_read(r);
}

int local_run(const struct program *program, int *status, struct err *e)
{
	struct running *r = mem_new(sizeof(*r));
	int64_t looked = 0;
	int rc;

	r->attempt = program->attempt;
	r->streams[0] = r->streams[1] = -1;
	rc = begin(r, program, e);
	if (rc < 0)
		goto out;
	while (rc == 0 && !r->ended) {
		wait_and_read(r);
		if (r->ended || remote_now() - looked < TICK)
			continue;
		rc = attempt_look(program->attempt, e);
		looked = remote_now();
	}
	if (rc < 0)
		end_all(r);
	read_rest(r);
	*status = r->status;
	close_all(r->streams, STREAMS);
out:
	mem_free(r);
	return rc;
}
