/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of names. The resolver blocks, so it is asked in a process of its
 * own, which a signal or the deadline can end. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/bake/remote_inside.h"
#include "common/mem.h"

#define ALL_SIZE (REMOTE_ADDRESSES_MAX * sizeof(struct sockaddr_storage))

/* The number of addresses. */
static size_t look_up(const char *address, int64_t port, int flags,
	struct sockaddr_storage *all)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = flags | AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	size_t count = 0;
	char service[24];

	snprintf(service, sizeof(service), "%lld", (long long)port);
	if (getaddrinfo(address, service, &hints, &list) != 0)
		return 0;
	for (const struct addrinfo *one = list; one; one = one->ai_next)
		if (count < REMOTE_ADDRESSES_MAX &&
			one->ai_addrlen <= sizeof(*all))
			memcpy(&all[count++], one->ai_addr, one->ai_addrlen);
	freeaddrinfo(list);
	return count;
}

static pid_t begin(const char *address, int64_t port,
	struct sockaddr_storage *all, int *reader)
{
	pid_t parent = getpid(), child;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	child = fork();
	if (child == 0) {
		size_t size;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		size = look_up(address, port, 0, all) * sizeof(*all);
		/* 2 KiB always fit into an empty pipe. */
		_exit(write(ends[1], all, size) != (ssize_t)size);
	}
	close(ends[1]);
	*reader = ends[0];
	if (child < 0)
		close(ends[0]);
	return child;
}

static void finish(pid_t child, int reader)
{
	close(reader);
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The number of addresses, 0 if there are none; -1 when it was stopped. */
static int ask(struct remote *remote, const char *address, int64_t port,
	int64_t deadline, struct sockaddr_storage *all, struct err *e)
{
	int reader = -1, stopped = 0;
	pid_t child = begin(address, port, all, &reader);
	ssize_t n;

	if (child < 0)
		return 0;
	while ((n = read(reader, all, ALL_SIZE)) < 0 && !stopped)
		stopped = remote_wait(remote, reader, POLLIN, deadline, e);
	finish(child, reader);
	if (stopped)
		return -1;
	return n < 0 ? 0 : (int)((size_t)n / sizeof(*all));
}

struct sockaddr_storage *remote_resolve(struct remote *remote,
	const char *address, int64_t port, int64_t deadline, size_t *count,
	struct err *e)
{
	struct sockaddr_storage *all =
		mem_array(REMOTE_ADDRESSES_MAX, sizeof(*all));
	int found = (int)look_up(address, port, AI_NUMERICHOST, all);

	if (!found)
		found = ask(remote, address, port, deadline, all, e);
	if (found == 0)
		err_set(e, ERR_ABSENT, "no address is known for \"%s\"",
			address);
	if (found <= 0) {
		mem_free(all);
		return NULL;
	}
	*count = (size_t)found;
	return all;
}
