/* SPDX-License-Identifier: Apache-2.0 */
/* TCP connections that do not block. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/bake/remote_inside.h"
#include "common/mem.h"

#define CONNECT_LIMIT 15000

static socklen_t length_of(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					      : sizeof(struct sockaddr_in);
}

/* Whether it is connected by now: 1, not yet: 0, or -1 with errno. */
static int progress(int fd)
{
	struct pollfd entry = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t length = sizeof(error);

	if (poll(&entry, 1, 0) < 1 || !entry.revents)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return -1;
	errno = error;
	return error ? -1 : 1;
}

static enum remote_try failed(int number, struct err *e)
{
	err_set(e, ERR_OTHER, "%s", strerror(number));
	if (number == ECONNREFUSED)
		return TRY_REFUSED;
	/* Addresses whose family is not there are as good as silent. */
	return TRY_SILENT;
}

static enum remote_try await(
	struct remote *remote, int fd, int64_t deadline, struct err *e)
{
	int64_t limit = remote_now() + CONNECT_LIMIT;
	int state;

	while ((state = progress(fd)) == 0) {
		if (remote_now() >= limit)
			return failed(ETIMEDOUT, e);
		if (remote_wait(remote, fd, POLLOUT, deadline, e) < 0)
			return TRY_STOPPED;
	}
	return state > 0 ? TRY_OK : failed(errno, e);
}

static enum remote_try dial_one(struct remote *remote,
	const struct sockaddr_storage *address, int64_t deadline, int *fd,
	struct err *e)
{
	enum remote_try result = TRY_OK;
	int one = 1;

	*fd = socket(address->ss_family,
		SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return failed(errno, e);
	setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(*fd, (const struct sockaddr *)address, length_of(address)) <
		0)
		result = errno == EINPROGRESS || errno == EINTR
				 ? await(remote, *fd, deadline, e)
				 : failed(errno, e);
	if (result != TRY_OK)
		close(*fd);
	return result;
}

enum remote_try remote_dial(struct remote *remote, const char *address,
	int64_t port, int64_t deadline, int *fd, struct err *e)
{
	enum remote_try result = TRY_NO_NAME;
	size_t count;
	struct sockaddr_storage *all =
		remote_resolve(remote, address, port, deadline, &count, e);

	remote->phase = TRY_SILENT;
	if (!all)
		return e->code == ERR_ABSENT ? TRY_NO_NAME : TRY_STOPPED;
	for (size_t i = 0; i < count; i++) {
		result = dial_one(remote, &all[i], deadline, fd, e);
		if (result == TRY_OK || result == TRY_STOPPED)
			break;
	}
	mem_free(all);
	return result;
}
