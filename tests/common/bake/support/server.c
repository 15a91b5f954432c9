/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/bake/support/server_inside.h"

#include <check.h>
#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "common/mem.h"

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

void server_lose(struct server *server)
{
	server->connected = false;
	server->back_at = remote_now() + server->away;
}

const struct server_fault *server_note(struct server *server, char *line)
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
		server_lose(server);
	return fault;
}

int server_is_lost(struct err *e)
{
	return err_set(e, ERR_LOST, "the connection broke");
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
	const struct server_fault *fault =
		server_note(server, mem_copy("connect"));
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
