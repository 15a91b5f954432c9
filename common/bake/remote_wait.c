/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that sleeps, and lets the sessions work. */
#include <errno.h>
#include <libssh/server.h>
#include <poll.h>

#include "common/bake/remote_inside.h"
#include "common/interrupt.h"

/* A flood from one session must not starve the other, nor `idle'. */
#define STEPS 64
/* Without ssh_read_write_timeout, a peer that answers nothing for so many
 * keep-alives, and so long, is dead. */
#define KEEP_ALIVES 3
#define PATIENCE    30000
#define UNHEARD     500

static void work(struct remote_link *link)
{
	for (int i = 0; i < STEPS && link->event; i++)
		if (ssh_event_dopoll(link->event, 0) != 0)
			return;
}

static void add_link(
	struct pollfd *wanted, nfds_t *count, const struct remote_link *link)
{
	int fd = link->session ? (int)ssh_get_fd(link->session) : -1;
	short events = POLLIN;

	if (fd < 0)
		return;
	if (ssh_get_poll_flags(link->session) & SSH_WRITE_PENDING)
		events |= POLLOUT;
	wanted[(*count)++] = (struct pollfd){ .fd = fd, .events = events };
}

static int look_up(struct remote *remote, int64_t deadline, struct err *e)
{
	int64_t now = remote_now();

	if (interrupt_signal())
		return err_set(e, ERR_INTERRUPTED, "interrupted by a signal");
	if (remote->wish.idle && now >= remote->idle_at) {
		remote->idle_at = now + REMOTE_SLICE;
		if (remote->wish.idle(remote->wish.context, e) != 0)
			return -1;
		now = remote_now();
	}
	if (now >= deadline)
		return err_set(e, ERR_TIME, "the time is over");
	return 0;
}

int remote_wait(struct remote *remote, int fd, short events, int64_t deadline,
	struct err *e)
{
	struct pollfd wanted[5];
	nfds_t count = 0;
	int64_t left;

	if (look_up(remote, deadline, e) < 0)
		return -1;
	left = deadline - remote_now();
	wanted[count++] = (struct pollfd){ .fd = interrupt_descriptor(),
		.events = POLLIN };
	wanted[count++] = (struct pollfd){ .fd = fd, .events = events };
	if (remote->tunnel)
		wanted[count++] = (struct pollfd){ .fd = remote->tunnel->fd,
			.events = remote_tunnel_events(remote) };
	add_link(wanted, &count, &remote->server);
	add_link(wanted, &count, &remote->bastion);
	poll(wanted, count,
		left < 0              ? 0
		: left < REMOTE_SLICE ? (int)left
				      : REMOTE_SLICE);
	work(&remote->server);
	work(&remote->bastion);
	remote_tunnel_move(remote);
	return look_up(remote, deadline, e);
}

int remote_pause(struct remote *remote, int64_t milliseconds, int64_t deadline,
	struct err *e)
{
	int64_t end = remote_now() + milliseconds;

	while (remote_now() < end) {
		if (remote_is_connected(remote))
			remote_is_alive(remote);
		if (remote_wait(remote, -1, 0, deadline < end ? deadline : end,
			    e) < 0 &&
			(e->code != ERR_TIME || remote_now() < end ||
				end >= deadline))
			return -1;
	}
	return 0;
}

/* How long it may say nothing before it is asked, and before it is dead. */
static void limits(
	const struct recipe *recipe, int64_t *ask_after, int64_t *dead_after)
{
	*ask_after = recipe->ssh_keep_alive;
	*dead_after = recipe->ssh_read_write_timeout;
	if (*dead_after > 0) {
		/* A command that says nothing is no dead peer: ask. */
		if (*ask_after <= 0 || *ask_after > *dead_after / 3)
			*ask_after = *dead_after / 3 + 1;
	} else if (*ask_after > 0) {
		*dead_after = *ask_after * KEEP_ALIVES;
		if (*dead_after < PATIENCE)
			*dead_after = PATIENCE;
	}
}

bool remote_is_alive(struct remote *remote)
{
	struct remote_link *link = &remote->server;
	int64_t now = remote_now(), ask_after, dead_after;

	if (!remote_link_is_open(link))
		return false;
	/* While nobody listened (a pause between commands, a long `idle'),
	 * nothing could be heard. */
	if (now - link->looked_at > UNHEARD) {
		link->heard_at += now - link->looked_at;
		link->asked_at += now - link->looked_at;
	}
	link->looked_at = now;
	if (link->counter.in_bytes != link->heard) {
		link->heard = link->counter.in_bytes;
		link->heard_at = link->asked_at = now;
	}
	limits(remote->wish.recipe, &ask_after, &dead_after);
	if (ask_after > 0 && now - link->asked_at >= ask_after) {
		link->asked_at = now;
		/* While none blocks, one call may only take the last answer. */
		ssh_send_keepalive(link->session);
		ssh_send_keepalive(link->session);
	}
	return dead_after <= 0 || now - link->heard_at < dead_after;
}
