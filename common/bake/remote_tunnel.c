/* SPDX-License-Identifier: Apache-2.0 */
/* The way through the bastion: one end of a pair of sockets is for the server's
 * session, what goes through the other one is carried to and from a channel. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/bake/remote_inside.h"
#include "common/mem.h"

#define ROUNDS        64
#define CONNECT_LIMIT 20000

void remote_tunnel_close(struct remote *remote)
{
	struct remote_tunnel *tunnel = remote->tunnel;

	remote->tunnel = NULL;
	if (!tunnel)
		return;
	/* A dead session has freed nothing yet: its channels live as long. */
	ssh_channel_free(tunnel->channel);
	if (tunnel->fd >= 0)
		close(tunnel->fd);
	explicit_bzero(tunnel, sizeof(*tunnel));
	mem_free(tunnel);
}

/* The server's session sees that its connection is closed. */
static void hang_up(struct remote_tunnel *tunnel)
{
	close(tunnel->fd);
	tunnel->fd = -1;
}

static bool may_write(const struct remote *remote)
{
	const struct remote_tunnel *tunnel = remote->tunnel;

	return ssh_channel_window_size(tunnel->channel) > 0 &&
	       !(ssh_get_status(remote->bastion.session) & SSH_WRITE_PENDING);
}

short remote_tunnel_events(const struct remote *remote)
{
	const struct remote_tunnel *tunnel = remote->tunnel;
	short events = 0;

	if (tunnel->in_begin < tunnel->in_end)
		events |= POLLOUT;
	if (tunnel->out_begin == tunnel->out_end && may_write(remote))
		events |= POLLIN;
	return events;
}

/* From the channel to the server's session; how much it moved, -1: the end. */
static ssize_t move_in(struct remote_tunnel *tunnel)
{
	ssize_t n;

	if (tunnel->in_begin == tunnel->in_end) {
		n = ssh_channel_read_nonblocking(
			tunnel->channel, tunnel->in, sizeof(tunnel->in), 0);
		if (n < 0 || (n == 0 && ssh_channel_is_closed(tunnel->channel)))
			return -1;
		tunnel->in_begin = 0;
		tunnel->in_end = (size_t)n;
	}
	if (tunnel->in_begin == tunnel->in_end)
		return 0;
	n = send(tunnel->fd, tunnel->in + tunnel->in_begin,
		tunnel->in_end - tunnel->in_begin, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	tunnel->in_begin += (size_t)n;
	return n;
}

static ssize_t move_out(struct remote *remote)
{
	struct remote_tunnel *tunnel = remote->tunnel;
	size_t size;
	ssize_t n;

	if (!may_write(remote))
		return 0;
	if (tunnel->out_begin == tunnel->out_end) {
		n = recv(tunnel->fd, tunnel->out, sizeof(tunnel->out),
			MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		if (n == 0)
			return -1;
		tunnel->out_begin = 0;
		tunnel->out_end = (size_t)n;
	}
	size = tunnel->out_end - tunnel->out_begin;
	if (size > ssh_channel_window_size(tunnel->channel))
		size = ssh_channel_window_size(tunnel->channel);
	n = ssh_channel_write(tunnel->channel, tunnel->out + tunnel->out_begin,
		(uint32_t)size);
	if (n > 0)
		tunnel->out_begin += (size_t)n;
	return n;
}

void remote_tunnel_move(struct remote *remote)
{
	struct remote_tunnel *tunnel = remote->tunnel;

	for (int i = 0; tunnel && tunnel->fd >= 0 && i < ROUNDS; i++) {
		ssize_t in = move_in(tunnel),
			out = in < 0 ? 0 : move_out(remote);

		if (in < 0 || out < 0)
			hang_up(tunnel);
		if (in <= 0 && out <= 0)
			return;
	}
}

/* A session with the bastion, unless there is one already. */
static enum remote_try reach_bastion(
	struct remote *remote, int64_t deadline, struct err *e)
{
	const struct login_route *route = &remote->wish.recipe->bastion;
	enum remote_try result;
	int fd;

	if (remote_link_is_open(&remote->bastion))
		return TRY_OK;
	remote_link_close(&remote->bastion);
	result =
		remote_dial(remote, route->host, route->port, deadline, &fd, e);
	if (result == TRY_OK)
		result = remote_greet(remote, &remote->bastion, fd,
			&remote->bastion_pin, deadline, e);
	if (result == TRY_OK)
		result = remote_login(remote, &remote->bastion, deadline, e);
	if (result != TRY_OK)
		remote_link_close(&remote->bastion);
	if (result != TRY_OK && result != TRY_STOPPED)
		err_add(e, "the bastion %s port %lld", route->host,
			(long long)route->port);
	return result;
}

static enum remote_try open_channel(
	struct remote *remote, int64_t deadline, struct err *e)
{
	int64_t limit = remote_now() + CONNECT_LIMIT;
	ssh_channel channel = ssh_channel_new(remote->bastion.session);
	enum remote_try result = TRY_REFUSED;
	int rc;

	while ((rc = ssh_channel_open_forward(channel, remote->wish.address,
			(int)remote->wish.recipe->ssh.port, "127.0.0.1", 0)) ==
		SSH_AGAIN) {
		if (remote_now() >= limit ||
			!remote_link_is_open(&remote->bastion)) {
			result = TRY_SILENT;
			break;
		}
		if (remote_wait(remote, -1, 0, deadline, e) < 0) {
			result = TRY_STOPPED;
			break;
		}
	}
	if (rc == SSH_OK) {
		remote->tunnel = mem_new(sizeof(*remote->tunnel));
		remote->tunnel->channel = channel;
		remote->tunnel->fd = -1;
		return TRY_OK;
	}
	if (result != TRY_STOPPED)
		err_set(e, ERR_OTHER, "the bastion does not reach it: %s",
			result == TRY_SILENT
				? "no answer"
				: ssh_get_error(remote->bastion.session));
	/* What it may still be opening goes with the session. */
	if (result == TRY_REFUSED)
		ssh_channel_free(channel);
	else
		remote_link_close(&remote->bastion);
	return result;
}

enum remote_try remote_tunnel_open(
	struct remote *remote, int64_t deadline, int *fd, struct err *e)
{
	enum remote_try result = reach_bastion(remote, deadline, e);
	int ends[2];

	if (result == TRY_OK)
		result = open_channel(remote, deadline, e);
	if (result != TRY_OK)
		return result;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		    ends) < 0) {
		err_set(e, ERR_OTHER, "no sockets: %s", strerror(errno));
		remote_tunnel_close(remote);
		return TRY_HOPELESS;
	}
	remote->tunnel->fd = ends[0];
	*fd = ends[1];
	return TRY_OK;
}
