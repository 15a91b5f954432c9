/* SPDX-License-Identifier: Apache-2.0 */
#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "common/mem.h"
#include "common/opt_unicode.h"
#include "common/str.h"

/* How long a pipe may be silent; whoever writes into it may have to ask
 * somebody for a password first. */
#define PATIENCE_MS 60000

static int refuse(struct err *e, const char *path)
{
	return err_set(e, errno == ENOENT ? ERR_ABSENT : ERR_OTHER,
		"cannot read %s: %s", path, strerror(errno));
}

/* Waits for more, or for a signal. */
static int await(int fd)
{
	struct pollfd wanted[] = { { .fd = fd, .events = POLLIN },
		{ .fd = interrupt_descriptor(), .events = POLLIN } };
	int ready = poll(wanted, 2, PATIENCE_MS);

	if (ready == 0)
		errno = ETIMEDOUT;
	if (ready > 0 && wanted[1].revents)
		errno = EINTR;
	return ready > 0 && !wanted[1].revents ? 0 : -1;
}

static int read_all(int fd, struct str *bytes)
{
	char chunk[65536];
	ssize_t n;

	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n == 0)
			return 0;
		if (n > 0)
			str_add_n(bytes, chunk, (size_t)n);
		else if (errno != EAGAIN || await(fd) < 0)
			return -1;
		if (bytes->full) {
			errno = EFBIG;
			return -1;
		}
	}
}

char *file_read(const char *path, size_t max, size_t *length, struct err *e)
{
	/* Opening a pipe without a writer must not wait for one. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct str bytes;

	if (fd < 0) {
		refuse(e, path);
		return NULL;
	}
	str_init(&bytes, max);
	if (read_all(fd, &bytes) < 0) {
		refuse(e, path);
		str_free(&bytes);
	}
	close(fd);
	*length = bytes.length;
	return str_take(&bytes);
}

/* The home directory of a user, of our own for an empty name; NULL if there is
 * none. The caller frees it. */
static char *home_of(const char *name, size_t length)
{
	const char *home = length ? NULL : getenv("HOME");
	char *copy = mem_copy_n(name, length);
	const struct passwd *user = NULL;

	if (!home) {
		user = length ? getpwnam(copy) : getpwuid(getuid());
		home = user ? user->pw_dir : NULL;
	}
	mem_free(copy);
	return home && opt_unicode_is_utf8(home) ? mem_copy(home) : NULL;
}

char *file_expand_home(const char *path)
{
	size_t name = strcspn(path, "/"), length;
	char *home, *expanded;

	if (*path != '~')
		return mem_copy(path);
	home = home_of(path + 1, name - 1);
	if (!home)
		return mem_copy(path);
	length = strlen(home);
	while (length && home[length - 1] == '/')
		length--;
	expanded = mem_printf("%.*s%s", (int)length, home, path + name);
	mem_free(home);
	if (*expanded)
		return expanded;
	mem_free(expanded);
	return mem_copy("/");
}
