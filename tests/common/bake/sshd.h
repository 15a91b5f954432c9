/* SPDX-License-Identifier: Apache-2.0 */
/* A real sshd for tests of remote.h, on a free port of 127.0.0.1, with keys and
 * files of its own. It dies with the test. */
#ifndef TESTS_COMMON_BAKE_SSHD_H
#define TESTS_COMMON_BAKE_SSHD_H

#include <arpa/inet.h>
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/bake/remote.h"
#include "common/interrupt.h"
#include "common/mem.h"
#include "common/str.h"

struct sshd {
	char directory[200];
	struct remote_key host, user;
	struct recipe recipe; /* that logs in there */
	pid_t pid;
};

static inline void write_file(const char *path, const char *text, int mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* A socket that listens on a free port. */
static inline int listen_somewhere(int64_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, length), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	ck_assert_int_eq(
		getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static inline int64_t free_port(void)
{
	int64_t port;

	close(listen_somewhere(&port));
	return port;
}

static inline void sshd_write(
	const struct sshd *sshd, const char *name, const char *text)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", sshd->directory, name);
	write_file(path, text, 0600);
}

/* Keys and a recipe; it does not run yet. */
static inline void sshd_prepare(struct sshd *sshd)
{
	const char *base = getenv("TMPDIR");
	struct err e;

	memset(sshd, 0, sizeof(*sshd));
	snprintf(sshd->directory, sizeof(sshd->directory), "%s/sshd.XXXXXX",
		base ? base : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(sshd->directory));
	ck_assert_int_eq(remote_key_new(&sshd->host, &e), 0);
	ck_assert_int_eq(remote_key_new(&sshd->user, &e), 0);
	sshd_write(sshd, "host", sshd->host.private_key);
	sshd_write(sshd, "authorized", sshd->user.public_key);
	sshd->recipe.ssh.port = free_port();
	sshd->recipe.ssh.username = getpwuid(getuid())->pw_name;
	sshd->recipe.ssh_handshake_attempts = 1;
}

/* Whether somebody takes connections on the port, within ten seconds. */
static inline bool answers(int64_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)port) };
	bool connected = false;

	for (int i = 0; i < 3000 && !connected; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (i)
			usleep(20000);
		connected = connect(fd, (struct sockaddr *)&address,
				    sizeof(address)) == 0;
		close(fd);
	}
	return connected;
}

/* `more' goes before the rest of its configuration, since the first value
 * counts. The shell's home is the test's: what the user's own does, and how
 * long, is none of its business. */
static inline void sshd_start(struct sshd *sshd, const char *more)
{
	char path[300], *text;

	/* Its package lets the service's start make it. */
	if (getuid() == 0 && mkdir("/run/sshd", 0755) < 0)
		ck_assert_int_eq(errno, EEXIST);
	text = mem_printf("%s\nPort %lld\nListenAddress 127.0.0.1\n"
			  "HostKey %s/host\nAuthorizedKeysFile %s/authorized\n"
			  "PidFile none\nStrictModes no\nUsePAM no\n"
			  "PermitRootLogin yes\nPasswordAuthentication no\n"
			  "KbdInteractiveAuthentication no\nLogLevel ERROR\n"
			  "SetEnv HOME=%s\n",
		more, (long long)sshd->recipe.ssh.port, sshd->directory,
		sshd->directory, sshd->directory);
	sshd_write(sshd, "config", text);
	mem_free(text);
	snprintf(path, sizeof(path), "%s/config", sshd->directory);
	sshd->pid = fork();
	ck_assert_int_ge(sshd->pid, 0);
	if (sshd->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", "-e", "-f",
			path, (char *)NULL);
		_exit(127);
	}
	ck_assert(answers(sshd->recipe.ssh.port));
}

static inline void sshd_stop(struct sshd *sshd)
{
	int status;

	if (sshd->pid <= 0)
		return;
	ck_assert_int_eq(waitpid(sshd->pid, &status, WNOHANG), 0);
	kill(sshd->pid, SIGKILL);
	ck_assert_int_eq(waitpid(sshd->pid, &status, 0), sshd->pid);
	sshd->pid = 0;
}

/* A directory and all below it. */
static inline void remove_tree(const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		char *below = mem_printf("%s/%s", path, entry->d_name);

		if (!streq(entry->d_name, ".") && !streq(entry->d_name, "..") &&
			unlink(below) < 0)
			remove_tree(below);
		mem_free(below);
	}
	if (directory)
		closedir(directory);
	rmdir(path);
}

static inline void sshd_end(struct sshd *sshd)
{
	sshd_stop(sshd);
	remove_tree(sshd->directory);
	remote_key_free(&sshd->host);
	remote_key_free(&sshd->user);
}

static inline struct remote_wish sshd_wish(const struct sshd *sshd)
{
	return (struct remote_wish){ .recipe = &sshd->recipe,
		.address = "127.0.0.1",
		.private_key = sshd->user.private_key,
		.or_first = true };
}

static inline int64_t in_ms(int64_t milliseconds)
{
	return remote_now() + milliseconds;
}

#define CK_OK(call, e)                                                         \
	do {                                                                   \
		if ((call) != 0)                                               \
			ck_abort_msg("%s: %s", #call, (e).text);               \
	} while (0)

#define CK_SAYS(e, word)                                                       \
	do {                                                                   \
		if (!strstr((e).text, word))                                   \
			ck_abort_msg("no \"%s\" in: %s", word, (e).text);      \
	} while (0)

/* Logged in. */
static inline struct remote *sshd_log_in(const struct sshd *sshd)
{
	struct remote_wish wish = sshd_wish(sshd);
	struct remote *remote = remote_new(&wish);
	struct err e;

	CK_OK(remote_connect(remote, in_ms(30000), &e), e);
	return remote;
}

static inline int count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

#endif
