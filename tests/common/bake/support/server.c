/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/bake/support/server.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/bake/output.h"
#include "common/interrupt.h"
#include "common/mem.h"

#define PIDS_MAX 64

struct remote {
	struct server server;
	pid_t pids[PIDS_MAX];
	size_t pids_count;
	struct remote_wish wish;
};

/* The clock has no context in remote.h. */
static int64_t clock_speed = 1, clock_ahead;

int64_t remote_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec * 1000 + now.tv_nsec / 1000000) * clock_speed +
	       clock_ahead;
}

struct remote *server_open(int64_t speed)
{
	static const char *const silent[] = { "systemctl", "busctl",
		"runlevel" };
	struct remote *remote = mem_new(sizeof(*remote));
	const char *folder = getenv("TMPDIR");
	char *home = mem_printf("%s/server.XXXXXX", folder ? folder : "/tmp");
	char *bin;

	clock_speed = speed;
	ck_assert_ptr_nonnull(mkdtemp(home));
	bin = mem_printf("%s/bin", home);
	ck_assert_int_eq(mkdir(bin, 0755), 0);
	mem_free(bin);
	remote->server.home = home;
	remote->server.connected = true;
	str_init(&remote->server.log, (size_t)8 * 1024 * 1024);
	for (size_t i = 0; i < sizeof(silent) / sizeof(*silent); i++)
		server_program(&remote->server, silent[i], "exit 0");
	return remote;
}

struct server *server_of(struct remote *remote)
{
	return &remote->server;
}

static int remove_one(
	const char *path, const struct stat *facts, int type, struct FTW *walk)
{
	(void)facts;
	(void)type;
	(void)walk;
	return remove(path);
}

void server_close(struct remote *remote)
{
	char *home = mem_copy(remote->server.home);

	for (size_t i = 0; i < remote->pids_count; i++) {
		kill(-remote->pids[i], SIGKILL);
		waitpid(remote->pids[i], NULL, 0);
	}
	nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	mem_free(home);
	str_free(&remote->server.log);
	remote_free(remote);
}

int server_count(const struct server *server, const char *text)
{
	int count = 0;
	const char *at = server->log.text;

	while ((at = strstr(at, text))) {
		count++;
		at = strchr(at, '\n');
		if (!at)
			break;
	}
	return count;
}

void server_program(
	const struct server *server, const char *name, const char *script)
{
	char *path = mem_printf("%s/bin/%s", server->home, name);
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fprintf(file, "#!/bin/sh\n%s\n", script);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
	mem_free(path);
}

char *server_names(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, NULL, alphasort);
	struct str s;

	str_init(&s, 65536);
	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.')
			str_addf(&s, "%s ", entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return str_take(&s);
}

static void lose(struct server *server)
{
	server->connected = false;
	server->back_at = remote_now() + server->away;
}

/* Writes down what is done; the fault that meets it, or NULL. */
static const struct server_fault *note(struct server *server, char *line)
{
	struct server_fault *fault = server->faults;

	str_addf(&server->log, "%s\n", line);
	for (; fault && fault->text; fault++) {
		if (!strstr(line, fault->text) || fault->times == 0)
			continue;
		if (fault->skip > 0) {
			fault->skip--;
			continue;
		}
		fault->times--;
		break;
	}
	mem_free(line);
	if (!fault || !fault->text)
		return NULL;
	if (fault->kind == SERVER_LOSES_BEFORE ||
		fault->kind == SERVER_LOSES_AFTER)
		lose(server);
	return fault;
}

static int is_lost(struct err *e)
{
	return err_set(e, ERR_LOST, "the connection broke");
}

/* 0: go on; 1: do it, but it is lost. */
static int begin(struct server *server, char *line, struct err *e)
{
	const struct server_fault *fault;
	bool connected = server->connected;

	fault = note(server, line);
	if (!connected || (fault && fault->kind == SERVER_LOSES_BEFORE))
		return is_lost(e);
	if (fault && fault->kind == SERVER_REFUSES)
		return err_set(e, ERR_OTHER, "Permission denied");
	return fault ? 1 : 0;
}

struct remote *remote_new(const struct remote_wish *wish)
{
	(void)wish;
	ck_abort_msg("server_open()");
}

void remote_free(struct remote *remote)
{
	char *home;

	memcpy(&home, &remote->server.home, sizeof(home));
	mem_free(home);
	mem_free(remote);
}

int remote_connect(struct remote *remote, int64_t deadline, struct err *e)
{
	struct server *server = &remote->server;
	const struct server_fault *fault = note(server, mem_copy("connect"));
	int64_t now = remote_now();

	server->connected = false;
	if (fault)
		return err_set(e, ERR_AUTH, "the login was refused");
	if (server->back_at > deadline) {
		clock_ahead += deadline - now;
		return err_set(e, ERR_TIME, "Connection refused");
	}
	if (server->back_at > now)
		clock_ahead += server->back_at - now;
	server->connected = true;
	return 0;
}

bool remote_is_connected(const struct remote *remote)
{
	return remote->server.connected || remote->server.sticky;
}

enum remote_trust remote_trust(const struct remote *remote)
{
	(void)remote;
	return REMOTE_TRUST_KNOWN;
}

const char *remote_fingerprint(const struct remote *remote)
{
	(void)remote;
	return "";
}

struct running {
	const struct remote_command *command;
	pid_t pid;
	int streams[2];
	struct output_cutter cutters[2];
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
		r->cutters[i] = (struct output_cutter){
			.line = hear, .context = r, .is_error = i == 1
		};
	}
}

static void read_from(struct running *r, int i)
{
	char bytes[65536];
	ssize_t n = read(r->streams[i], bytes, sizeof(bytes));

	if (n > 0) {
		output_cut(&r->cutters[i], bytes, (size_t)n);
		return;
	}
	output_end(&r->cutters[i]);
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
	fault = note(server, mem_printf("run %s", command->text));
	r->command = command;
	if (!connected || (fault && fault->kind == SERVER_LOSES_BEFORE)) {
		mem_free(r);
		end->disconnected = connected;
		return connected ? 0 : is_lost(e);
	}
	start(remote, r);
	rc = listen_to(r, deadline, e);
	/* What is not at its end goes on, as on a server. */
	if (rc < 0 || r->cut)
		remote->pids[remote->pids_count++] = r->pid;
	else
		waitpid(r->pid, &status, 0);
	for (int i = 0; i < 2; i++)
		if (r->streams[i] >= 0)
			close(r->streams[i]);
	end->status = WEXITSTATUS(status);
	end->disconnected =
		r->cut || (fault && fault->kind == SERVER_LOSES_AFTER);
	if (WIFSIGNALED(status))
		end->signal = strsignal(WTERMSIG(status));
	if (fault && fault->kind == SERVER_KILLS)
		end->signal = "TERM";
	if (r->cut)
		lose(server);
	mem_free(r);
	return rc;
}

/* The path as the server sees it. */
static char *there(const struct server *server, const char *path)
{
	return path[0] == '/' ? mem_copy(path)
			      : mem_printf("%s/%s", server->home, path);
}

static int store(const struct server *server, const char *path,
	const char *bytes, size_t length, int mode, struct err *e)
{
	char *where = there(server, path);
	FILE *file;
	mode_t mask = umask(077);

	file = fopen(where, "w");
	umask(mask);
	if (!file) {
		err_set(e, ERR_OTHER, "cannot write %s: %s", path,
			strerror(errno));
		mem_free(where);
		return -1;
	}
	if (mode)
		fchmod(fileno(file), (mode_t)mode);
	fwrite(bytes, 1, length, file);
	fclose(file);
	mem_free(where);
	return 0;
}

int remote_put(struct remote *remote, const char *path, const char *bytes,
	size_t length, int mode, int64_t deadline, struct err *e)
{
	struct server *server = &remote->server;
	int rc =
		begin(server, mem_printf("put %s %o", path, (unsigned)mode), e);

	(void)deadline;
	if (rc < 0)
		return -1;
	if (store(server, path, bytes, length, mode, e) < 0)
		return -1;
	return rc ? is_lost(e) : 0;
}

static int copy(const char *from, const char *to, struct err *e)
{
	char *text = mem_printf("cp -- \"$0\" \"$1\"");
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", text, from, to, (char *)NULL);
		_exit(99);
	}
	mem_free(text);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status == 0 ? 0 : err_set(e, ERR_OTHER, "cannot copy %s", from);
}

int remote_upload(struct remote *remote, const char *local, const char *path,
	int64_t deadline, struct err *e)
{
	char *to;
	int rc = begin(
		&remote->server, mem_printf("upload %s %s", local, path), e);

	(void)deadline;
	if (rc < 0)
		return -1;
	to = there(&remote->server, path);
	if (copy(local, to, e) < 0)
		rc = -1;
	mem_free(to);
	return rc > 0 ? is_lost(e) : rc;
}

int remote_download(struct remote *remote, const char *path, const char *local,
	int64_t deadline, struct err *e)
{
	char *from;
	int rc = begin(
		&remote->server, mem_printf("download %s %s", path, local), e);

	(void)deadline;
	if (rc < 0)
		return -1;
	from = there(&remote->server, path);
	if (copy(from, local, e) < 0)
		rc = -1;
	mem_free(from);
	return rc > 0 ? is_lost(e) : rc;
}

char *remote_quote(const char *word)
{
	struct str s;

	str_init(&s, 1024 * 1024);
	str_add(&s, "'");
	for (; *word; word++) {
		if (*word == '\'')
			str_add(&s, "'\\''");
		else
			str_add_n(&s, word, 1);
	}
	str_add(&s, "'");
	return str_take(&s);
}

int remote_key_new(struct remote_key *key, struct err *e)
{
	(void)key;
	return err_set(e, ERR_OTHER, "no keys here");
}

void remote_key_free(struct remote_key *key)
{
	(void)key;
}
