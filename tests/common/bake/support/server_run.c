/* SPDX-License-Identifier: Apache-2.0 */
/* Commands. */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/bake/output.h"
#include "common/interrupt.h"
#include "tests/common/bake/support/server_inside.h"

struct running {
	const struct remote_command *command;
	pid_t pid;
	int streams[2];
	struct pieces lines[2];
	bool cut;
};

static void hear(void *context, bool is_error, const char *line)
{
	struct running *r = context;

	if (r->cut)
		return;
	if (streq(line, SERVER_CUT))
		r->cut = true;
	else if (r->command->line)
		r->command->line(r->command->context, is_error, line);
}

/* A file without a name with what the command reads. */
static int input_of(
	const struct server *server, const struct remote_command *command)
{
	static const char here[] = "ROOT=''\n";
	FILE *file = tmpfile();
	const char *input = command->input;
	size_t skip = strlen(here);
	int fd;

	ck_assert_ptr_nonnull(file);
	if (input) {
		ck_assert_ptr_nonnull(server->seal_root);
		ck_assert(str_starts(input, here));
		fprintf(file, "ROOT='%s'\n", server->seal_root);
		fwrite(input + skip, 1, command->input_length - skip, file);
	}
	fflush(file);
	rewind(file);
	fd = dup(fileno(file));
	lseek(fd, 0, SEEK_SET);
	fclose(file);
	return fd;
}

static void become(const struct server *server,
	const struct remote_command *command, int pipes[2][2])
{
	int input = input_of(server, command);
	char *path = mem_printf("%s/bin:%s", server->home, getenv("PATH"));

	setsid();
	setenv("PATH", path, 1);
	signal(SIGPIPE, SIG_DFL);
	if (chdir(server->home) < 0)
		_exit(99);
	dup2(input, 0);
	dup2(pipes[0][1], 1);
	dup2(pipes[1][1], 2);
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	umask(022);
	execl("/bin/sh", "sh", "-c", command->text, (char *)NULL);
	_exit(99);
}

static void start(struct remote *remote, struct running *r)
{
	int pipes[2][2];

	ck_assert_int_eq(pipe2(pipes[0], O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(pipes[1], O_CLOEXEC), 0);
	ck_assert_uint_lt(remote->pids_count, PIDS_MAX);
	if (r->command->input)
		ck_assert_ptr_nonnull(remote->server.seal_root);
	r->pid = fork();
	ck_assert_int_ge(r->pid, 0);
	if (r->pid == 0)
		become(&remote->server, r->command, pipes);
	for (int i = 0; i < 2; i++) {
		close(pipes[i][1]);
		r->streams[i] = pipes[i][0];
		r->lines[i] = (struct pieces){
			.line = hear, .context = r, .is_error = i == 1
		};
	}
}

static void read_from(struct running *r, int i)
{
	char bytes[65536];
	ssize_t n = read(r->streams[i], bytes, sizeof(bytes));

	if (n > 0) {
		output_cut(&r->lines[i], bytes, (size_t)n);
		return;
	}
	output_end(&r->lines[i]);
	close(r->streams[i]);
	r->streams[i] = -1;
}

/* As in remote.h. */
static int listen_to(struct running *r, int64_t deadline, struct err *e)
{
	while (!r->cut && (r->streams[0] >= 0 || r->streams[1] >= 0)) {
		struct pollfd entries[3] = { { r->streams[0], POLLIN, 0 },
			{ r->streams[1], POLLIN, 0 },
			{ interrupt_descriptor(), POLLIN, 0 } };

		if (interrupt_signal())
			return err_set(e, ERR_INTERRUPTED, "interrupted");
		if (remote_now() >= deadline)
			return err_set(e, ERR_TIME, "the time is over");
		poll(entries, 3, 5);
		for (int i = 0; i < 2; i++)
			if (entries[i].revents)
				read_from(r, i);
	}
	return 0;
}

int remote_run(struct remote *remote, const struct remote_command *command,
	int64_t deadline, struct remote_end *end, struct err *e)
{
	struct server *server = &remote->server;
	struct running *r = mem_new(sizeof(*r));
	const struct server_fault *fault;
	bool connected = server->connected;
	int status = 0, rc;

	*end = (struct remote_end){ 0 };
	fault = server_note(server, mem_printf("run %s", command->text));
	r->command = command;
	if (!connected || (fault && fault->kind == SERVER_LOSES_BEFORE)) {
		mem_free(r);
		end->disconnected = connected;
		return connected ? 0 : server_is_lost(e);
	}
	start(remote, r);
	rc = listen_to(r, deadline, e);
	/* What is not at its end goes on, as on a server. */
	if (rc < 0 || r->cut)
		remote->pids[remote->pids_count++] = r->pid;
	else
		waitpid(r->pid, &status, 0);
	for (int i = 0; i < 2; i++) {
		if (r->streams[i] >= 0)
			close(r->streams[i]);
		pieces_forget(&r->lines[i]);
	}
	end->status = WEXITSTATUS(status);
	end->disconnected =
		r->cut || (fault && fault->kind == SERVER_LOSES_AFTER);
	if (WIFSIGNALED(status))
		end->signal = strsignal(WTERMSIG(status));
	if (fault && fault->kind == SERVER_KILLS)
		end->signal = "TERM";
	if (r->cut)
		server_lose(server);
	mem_free(r);
	return rc;
}
