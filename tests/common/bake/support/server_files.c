/* SPDX-License-Identifier: Apache-2.0 */
/* Files. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/common/bake/support/server_inside.h"

/* 0: go on; 1: do it, but it is lost. */
static int begin(struct server *server, char *line, struct err *e)
{
	const struct server_fault *fault;
	bool connected = server->connected;

	fault = server_note(server, line);
	if (!connected || (fault && fault->kind == SERVER_LOSES_BEFORE))
		return server_is_lost(e);
	if (fault && fault->kind == SERVER_REFUSES)
		return err_set(e, ERR_OTHER, "Permission denied");
	return fault ? 1 : 0;
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
	return rc ? server_is_lost(e) : 0;
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
	return rc > 0 ? server_is_lost(e) : rc;
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
	return rc > 0 ? server_is_lost(e) : rc;
}
