/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/app_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/cloud/clock.h"

#define BUFFER_SIZE  65536
#define LINGER_MS    2000
#define ACCEPT_BATCH 64
#define NO_SLOT      UINT32_MAX

/* What becomes of a connection after a step. */
enum step {
	STEP_AGAIN,
	STEP_WAIT,
	STEP_OVER,
};

static int64_t now_ms(void)
{
	return (int64_t)(clock_monotonic() * 1000);
}

static uint32_t slot_take(struct apps *apps, struct app_socket *s)
{
	uint32_t slot;

	if (apps->free_slot == NO_SLOT) {
		uint32_t count = apps->slot_count ? apps->slot_count * 2 : 256;

		apps->slots =
			mem_resize(apps->slots, count, sizeof(*apps->slots));
		for (slot = apps->slot_count; slot < count; slot++)
			apps->slots[slot] = (struct app_slot){
				.next_free =
					slot + 1 < count ? slot + 1 : NO_SLOT,
			};
		apps->free_slot = apps->slot_count;
		apps->slot_count = count;
	}
	slot = apps->free_slot;
	apps->free_slot = apps->slots[slot].next_free;
	apps->slots[slot].socket = s;
	return slot;
}

static void slot_give(struct apps *apps, uint32_t slot)
{
	apps->slots[slot].socket = NULL;
	apps->slots[slot].generation++;
	apps->slots[slot].next_free = apps->free_slot;
	apps->free_slot = slot;
}

static int watch(struct app_socket *s, int operation, uint32_t events)
{
	struct apps *apps = s->app->apps;
	uint64_t generation = apps->slots[s->slot].generation;
	struct epoll_event event = { .events = events,
		.data.u64 = generation << 32 | s->slot };

	if (operation == EPOLL_CTL_MOD && s->events == events)
		return 0;
	s->events = events;
	return epoll_ctl(apps->epoll, operation, s->fd, &event);
}

static void wait_end(struct app_socket *s)
{
	struct apps *apps = s->app->apps;

	if (!s->waits)
		return;
	*(s->earlier ? &s->earlier->later : &apps->soonest) = s->later;
	*(s->later ? &s->later->earlier : &apps->latest) = s->earlier;
	s->waits = false;
}

/* The list is in the order of time; most belong at its end. */
static void wait_begin(struct app_socket *s, int64_t ms)
{
	struct apps *apps = s->app->apps;
	struct app_socket *before = apps->latest;

	s->due_ms = now_ms() + ms;
	while (before && before->due_ms > s->due_ms)
		before = before->earlier;
	s->earlier = before;
	s->later = before ? before->later : apps->soonest;
	*(s->earlier ? &s->earlier->later : &apps->soonest) = s;
	*(s->later ? &s->later->earlier : &apps->latest) = s;
	s->waits = true;
}

static void discard(struct app_socket *s)
{
	wait_end(s);
	slot_give(s->app->apps, s->slot);
	*(s->previous ? &s->previous->next : &s->app->sockets) = s->next;
	if (s->next)
		s->next->previous = s->previous;
	close(s->fd);
	app_request_free(&s->request);
	str_free(&s->reply.bytes);
	mem_free(s->rest);
	mem_free(s);
}

int app_socket_add(struct app *app, int fd, enum app_socket_state state)
{
	struct app_socket *s = mem_new(sizeof(*s));

	s->app = app;
	s->fd = fd;
	s->state = state;
	s->slot = slot_take(app->apps, s);
	s->next = app->sockets;
	if (s->next)
		s->next->previous = s;
	app->sockets = s;
	app_request_init(&s->request);
	if (watch(s, EPOLL_CTL_ADD, EPOLLIN) == 0)
		return 0;
	discard(s);
	return -1;
}

/* Disconnecting takes effect at once, even while a child that is about to
 * become another program still holds a copy of the descriptor; closing alone
 * would not. */
void app_socket_cut(struct app_socket *s)
{
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	struct linger reset = { .l_onoff = 1 };

	setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	connect(s->fd, &nobody, sizeof(nobody));
	discard(s);
}

/* Without a descriptor to spare, a connection that waits to be accepted would
 * be reported again and again: it is accepted with the reserve, and closed. */
static void refuse_one(struct app_socket *listener)
{
	struct apps *apps = listener->app->apps;

	close(apps->reserve);
	close(accept(listener->fd, NULL, NULL));
	apps->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void accept_some(struct app_socket *listener)
{
	int on = 1;

	for (int i = 0; i < ACCEPT_BATCH; i++) {
		int fd = accept4(
			listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE)
				refuse_one(listener);
			return;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		app_socket_add(listener->app, fd, APP_SOCKET_READING);
	}
}

static void begin_reply(struct app_socket *s)
{
	const struct app *app = s->app;
	const struct app_reply_server server = { app->name, app->image,
		app->build, app->health_prefix, app->health_status };

	app_reply(&server, &s->request, &s->reply);
	s->sent = 0;
	s->state = APP_SOCKET_SENDING;
}

/* What lies behind the request is kept for the next one. */
static void take_input(struct app_socket *s, const char *bytes, size_t n)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct app_request *r = &s->request;
	size_t used = app_request_read(r, bytes, n);
	char *rest = used < n ? mem_copy_n(bytes + used, n - used) : NULL;

	mem_free(s->rest);
	s->rest = rest;
	s->rest_length = n - used;
	if (r->stage >= APP_REQUEST_DONE) {
		begin_reply(s);
	} else if (r->stage > APP_REQUEST_HEAD && r->expects) {
		r->expects = false;
		send(s->fd, go_on, sizeof(go_on) - 1, MSG_NOSIGNAL);
	}
}

static enum step step_read(struct app_socket *s)
{
	char *buffer = s->app->apps->buffer;
	ssize_t n;

	if (s->rest_length) {
		take_input(s, s->rest, s->rest_length);
		return STEP_AGAIN;
	}
	n = recv(s->fd, buffer, BUFFER_SIZE, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		watch(s, EPOLL_CTL_MOD, EPOLLIN);
		return STEP_WAIT;
	}
	if (n <= 0)
		return STEP_OVER;
	take_input(s, buffer, (size_t)n);
	if (s->state != APP_SOCKET_READING)
		return STEP_AGAIN;
	/* Others have their turn before the rest of a long body. */
	watch(s, EPOLL_CTL_MOD, EPOLLIN);
	return STEP_WAIT;
}

static enum step finish_reply(struct app_socket *s)
{
	bool bad = s->request.stage == APP_REQUEST_BAD;

	str_free(&s->reply.bytes);
	if (bad) {
		/* To close with bytes unread would reset the connection, and
		 * the reply might be lost with it. */
		shutdown(s->fd, SHUT_WR);
		s->state = APP_SOCKET_LINGERING;
		watch(s, EPOLL_CTL_MOD, EPOLLIN);
		wait_begin(s, LINGER_MS);
		return STEP_AGAIN;
	}
	if (s->reply.close)
		return STEP_OVER;
	app_request_free(&s->request);
	app_request_init(&s->request);
	s->state = APP_SOCKET_READING;
	return STEP_AGAIN;
}

static enum step step_send(struct app_socket *s)
{
	const struct str *bytes = &s->reply.bytes;
	size_t end =
		s->sent < s->reply.at_once ? s->reply.at_once : bytes->length;
	ssize_t n =
		send(s->fd, bytes->text + s->sent, end - s->sent, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		watch(s, EPOLL_CTL_MOD, EPOLLOUT);
		return STEP_WAIT;
	}
	if (n < 0)
		return STEP_OVER;
	s->sent += (size_t)n;
	if (s->sent == bytes->length)
		return finish_reply(s);
	if (s->sent != s->reply.at_once)
		return STEP_AGAIN;
	s->state = APP_SOCKET_PAUSED;
	watch(s, EPOLL_CTL_MOD, 0);
	wait_begin(s, s->reply.pause_ms);
	return STEP_WAIT;
}

static enum step step_linger(struct app_socket *s)
{
	ssize_t n = recv(s->fd, s->app->apps->buffer, BUFFER_SIZE, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return STEP_WAIT;
	return n > 0 ? STEP_WAIT : STEP_OVER;
}

static void run(struct app_socket *s)
{
	enum step step = STEP_AGAIN;

	while (step == STEP_AGAIN) {
		if (s->state == APP_SOCKET_READING)
			step = step_read(s);
		else if (s->state == APP_SOCKET_SENDING)
			step = step_send(s);
		else if (s->state == APP_SOCKET_LINGERING)
			step = step_linger(s);
		else
			step = STEP_WAIT;
	}
	if (step == STEP_OVER)
		discard(s);
}

void app_socket_event(struct apps *apps, uint64_t data, uint32_t events)
{
	struct app_slot *slot = &apps->slots[data & UINT32_MAX];
	struct app_socket *s = slot->socket;

	if (!s || slot->generation != data >> 32)
		return;
	if (s->state == APP_SOCKET_LISTENING)
		accept_some(s);
	else if (s->state == APP_SOCKET_PAUSED &&
		 (events & (EPOLLHUP | EPOLLERR)))
		discard(s);
	else
		run(s);
}

int app_socket_due(struct apps *apps)
{
	while (apps->soonest) {
		struct app_socket *s = apps->soonest;
		int64_t left = s->due_ms - now_ms();

		if (left > 0)
			return (int)left;
		wait_end(s);
		if (s->state == APP_SOCKET_LINGERING) {
			discard(s);
			continue;
		}
		s->state = APP_SOCKET_SENDING;
		run(s);
	}
	return -1;
}
