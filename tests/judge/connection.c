/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/connection.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

/* tcpi_state after the peer's FIN; the number is the kernel's, its name is in
 * a header that cannot stand beside linux/tcp.h. */
#define STATE_CLOSE_WAIT 8

static bool read_info(int fd, struct tcp_info *info)
{
	socklen_t size = sizeof(*info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) == 0 &&
	       size >= offsetof(struct tcp_info, tcpi_bytes_sent) +
			       sizeof(info->tcpi_bytes_sent);
}

struct connection_mark connection_mark(int fd)
{
	struct tcp_info info = { 0 };

	if (!read_info(fd, &info))
		return (struct connection_mark){ .known = false };
	return (struct connection_mark){ .known = true,
		.sent = info.tcpi_bytes_sent,
		.acknowledged = info.tcpi_bytes_acked };
}

/* Linux turns a reset that comes after a FIN into EPIPE, any other into
 * ECONNRESET. */
static bool has_fin(int fd, const struct tcp_info *info)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (info->tcpi_state == STATE_CLOSE_WAIT)
		return true;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
	       error == EPIPE;
}

bool connection_was_idle(int fd, const struct connection_mark *mark)
{
	struct tcp_info info = { 0 };

	if (!mark->known || !read_info(fd, &info))
		return false;
	if (info.tcpi_bytes_sent == mark->sent)
		return true;
	return info.tcpi_bytes_acked == mark->acknowledged &&
	       has_fin(fd, &info);
}

void connection_retire(int fd)
{
	shutdown(fd, SHUT_RDWR);
}

bool connection_is_usable(int fd)
{
	char bytes[1024];
	ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return true;
	for (int i = 0; got > 0 && i < 64; i++)
		got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	connection_retire(fd);
	return false;
}
