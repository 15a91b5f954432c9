/* SPDX-License-Identifier: Apache-2.0 */
/* origin_mode - the ways in which an answer can be wrong, and the right one. */
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/judge/origin.h"

#define UNAVAILABLE                                                            \
	"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"            \
	"Connection: close\r\n\r\n"

static void send_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		bytes += sent;
		length -= (size_t)sent;
	}
}

static void send_text(int fd, const char *text)
{
	send_all(fd, text, strlen(text));
}

static bool reset(struct exchange *x)
{
	const struct linger none = { .l_onoff = 1 };

	setsockopt(x->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	return false;
}

/* The body of a right answer; the caller frees it. */
static char *right_body(const struct exchange *x)
{
	char *upload = x->upload ? mem_printf(", \"received\": %zu, "
					      "\"crc32\": \"%08" PRIx32 "\"",
					   x->received, x->crc)
				 : mem_copy("");
	char *body = mem_printf("{\"server\": \"%s\", \"image\": \"image-1\", "
				"\"build\": \"1\", \"path\": \"%s\"%s}",
		x->origin->name, x->target, upload);

	mem_free(upload);
	return body;
}

/* Sends the head and so much of the body. */
static void send_part(const struct exchange *x, const char *body, size_t part)
{
	char *head = mem_printf("HTTP/1.1 200 OK\r\nContent-Type: "
				"application/json\r\nContent-Length: "
				"%zu\r\n%s\r\n",
		strlen(body), x->close ? "Connection: close\r\n" : "");
	char *all = mem_printf("%s%.*s", head, (int)part, body);

	send_text(x->fd, all);
	mem_free(head);
	mem_free(all);
}

bool mode_answer_well(struct exchange *x)
{
	char *body = right_body(x);
	size_t half = x->seconds > 0 ? strlen(body) / 2 : strlen(body);

	send_part(x, body, half);
	if (x->seconds > 0)
		usleep((useconds_t)(x->seconds * 1e6));
	send_text(x->fd, body + half);
	mem_free(body);
	return !x->close;
}

static void answer_half(struct exchange *x)
{
	char *body = right_body(x);

	send_part(x, body, strlen(body) / 2);
	mem_free(body);
}

static void take_time(const struct exchange *x)
{
	if (x->seconds > 0)
		usleep((useconds_t)(x->seconds * 1e6));
}

/* Faults: each returns whether the connection is kept. */

/* A slow one at once. */
static bool too_soon(struct exchange *x)
{
	char *body = right_body(x);

	send_part(x, body, strlen(body));
	mem_free(body);
	return !x->close;
}

static bool reset_half(struct exchange *x)
{
	answer_half(x);
	/* What was sent must not be overtaken by the reset. */
	usleep(20000);
	return reset(x);
}

static bool close_half(struct exchange *x)
{
	answer_half(x);
	return false;
}

static bool send_chunks(struct exchange *x, const char *end)
{
	char *body = right_body(x);
	char *all = mem_printf("HTTP/1.1 200 OK\r\nTransfer-Encoding: "
			       "chunked\r\n\r\n%zx\r\n%s\r\n%s",
		strlen(body), body, end);

	take_time(x);
	send_text(x->fd, all);
	mem_free(body);
	mem_free(all);
	return *end && !x->close;
}

static bool chunks(struct exchange *x)
{
	return send_chunks(x, "0\r\nX-Trailer: 1\r\n\r\n");
}

static bool close_chunks(struct exchange *x)
{
	return send_chunks(x, "");
}

/* The answer ends with its connection. */
static bool unbounded(struct exchange *x)
{
	char *body = right_body(x);

	take_time(x);
	send_text(x->fd, "HTTP/1.1 200 OK\r\n\r\n");
	send_text(x->fd, body);
	mem_free(body);
	return false;
}

static bool wrong_path(struct exchange *x)
{
	size_t last = strlen(x->target) - 1;

	x->target[last] = x->target[last] == '1' ? '2' : '1';
	return mode_answer_well(x);
}

static bool wrong_crc(struct exchange *x)
{
	x->crc ^= 1;
	return mode_answer_well(x);
}

/* Until the other side has had enough. */
static bool stall(struct exchange *x)
{
	char byte;

	while (recv(x->fd, &byte, 1, 0) > 0)
		;
	return false;
}

/* No faults, but what a server may do. */

static bool idle_close(struct exchange *x)
{
	struct pollfd poll_fd = { .fd = x->fd, .events = POLLIN };

	return mode_answer_well(x) &&
	       poll(&poll_fd, 1, x->origin->milliseconds) > 0;
}

static bool idle_reset(struct exchange *x)
{
	mode_answer_well(x);
	usleep(5000);
	return reset(x);
}

static bool idle_408(struct exchange *x)
{
	mode_answer_well(x);
	usleep(5000);
	send_text(x->fd, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n"
			 "Connection: close\r\n\r\n");
	return false;
}

static const struct mode modes[] = {
	{ .name = "well", .answer = mode_answer_well },
	{ .name = "refuse" }, /* has a port, does not listen */
	{ .name = "full" },   /* takes no connection from a full queue */
	{ .name = "reset-before", .answer = reset },
	{ .name = "close-before" },
	{ .name = "reset-half", .answer = reset_half },
	{ .name = "close-half", .answer = close_half },
	{ .name = "close-headers", .canned = "HTTP/1.1 200 OK\r\nServ" },
	{ .name = "close-chunks", .answer = close_chunks },
	{ .name = "unbounded-half",
		.canned = "HTTP/1.1 200 OK\r\n\r\n{\"server\": \"s" },
	{ .name = "wrong-path", .answer = wrong_path },
	{ .name = "too-soon", .answer = too_soon, .candidates = SLOW },
	{ .name = "wrong-crc", .answer = wrong_crc, .candidates = UPLOADS },
	{ .name = "no-json",
		.canned = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
			  "Connection: close\r\n\r\nOK" },
	{ .name = "status-503", .canned = UNAVAILABLE },
	{ .name = "redirect",
		.canned = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
			  "Location: /judge/1\r\nConnection: close\r\n\r\n" },
	{ .name = "stall", .answer = stall },
	{ .name = "reset-reused", .answer = reset, .candidates = REUSED },
	{ .name = "close-reused", .candidates = REUSED },
	{ .name = "close-status-reused",
		.candidates = REUSED,
		.canned = "HTTP/1.1 2" },
	{ .name = "reset-upload",
		.answer = reset,
		.candidates = UPLOADS }, /* half of its body is read then */
	{ .name = "503-upload",
		.candidates = UPLOADS, /* likewise */
		.canned = UNAVAILABLE },
	{ .name = "chunks", .answer = chunks },
	{ .name = "unbounded", .answer = unbounded },
	{ .name = "idle-close", .answer = idle_close, .candidates = FAST },
	{ .name = "idle-reset", .answer = idle_reset, .candidates = FAST },
	{ .name = "idle-408", .answer = idle_408, .candidates = FAST },
};

const struct mode *mode_find(const char *name)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (streq(modes[i].name, name))
			return &modes[i];
	return NULL;
}

bool mode_can(const struct exchange *x)
{
	switch (x->origin->mode->candidates) {
	case REUSED:
		return x->number > 0;
	case UPLOADS:
		return x->upload;
	case SLOW:
		return !x->upload && x->seconds > 0;
	case FAST:
		return !x->upload && x->seconds <= 0;
	case ANY:
		break;
	}
	return true;
}

bool mode_misbehave(struct exchange *x)
{
	const struct mode *mode = x->origin->mode;

	if (mode->canned)
		send_text(x->fd, mode->canned);
	return mode->answer && mode->answer(x);
}
