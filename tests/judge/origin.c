/* SPDX-License-Identifier: Apache-2.0 */
/*
 * origin - an application that misbehaves on command, to test the judge.
 *
 *   origin [MODE [EVERY [MILLISECONDS [NAME]]]]
 *
 * It prints its port, a free one of 127.0.0.1, and at SIGTERM what came. A
 * fault is done to each EVERY-th request that it can be done to; a repeated
 * request is one whose target was seen before. A thread for each connection.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/judge/crc.h"

#define SERIAL_MAX 1000000

#define UNAVAILABLE                                                            \
	"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"            \
	"Connection: close\r\n\r\n"

struct origin {
	const struct mode *mode;
	unsigned long every;
	int milliseconds;
	const char *name;
	int listener;
	pthread_mutex_t lock; /* of the counts below */
	unsigned long requests, connections, faults, repeated, candidates;
	bool seen[SERIAL_MAX];
};

/* A request that was read, on its connection. */
struct exchange {
	struct origin *origin;
	int fd;
	unsigned long number; /* on this connection, from 0 */
	char head[8192];
	size_t head_length, extra; /* extra: bytes behind the head */
	char target[256];
	bool upload, close;
	size_t length, received;
	uint32_t crc;
	double seconds;
};

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

static bool answer_well(struct exchange *x)
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
	return answer_well(x);
}

static bool wrong_crc(struct exchange *x)
{
	x->crc ^= 1;
	return answer_well(x);
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

	return answer_well(x) && poll(&poll_fd, 1, x->origin->milliseconds) > 0;
}

static bool idle_reset(struct exchange *x)
{
	answer_well(x);
	usleep(5000);
	return reset(x);
}

static bool idle_408(struct exchange *x)
{
	answer_well(x);
	usleep(5000);
	send_text(x->fd, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n"
			 "Connection: close\r\n\r\n");
	return false;
}

/* Which requests it can be done to. */
enum candidates { ANY, REUSED, UPLOADS, SLOW, FAST };

/* What is done instead of answering well: `canned' is sent, `answer' is called;
 * neither: the connection is closed. */
static const struct mode {
	const char *name;
	bool (*answer)(struct exchange *x); /* returns whether to go on */
	enum candidates candidates;
	const char *canned;
} modes[] = {
	{ .name = "well", .answer = answer_well },
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

static bool is_candidate(const struct exchange *x)
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

/* Counts the request; true if this one is to be treated badly. */
static bool count(struct exchange *x)
{
	struct origin *o = x->origin;
	unsigned long serial =
		strtoul(str_starts(x->target, "/judge/") ? x->target + 7 : "",
			NULL, 10);
	bool chosen;

	pthread_mutex_lock(&o->lock);
	o->requests++;
	if (serial < SERIAL_MAX) {
		o->repeated += o->seen[serial];
		o->seen[serial] = true;
	}
	chosen = is_candidate(x) && ++o->candidates % o->every == 0;
	o->faults += chosen;
	pthread_mutex_unlock(&o->lock);
	return chosen;
}

/* The head of the next request; false at the end of the connection. */
static bool read_head(struct exchange *x)
{
	size_t have = x->extra;
	char *end;

	memmove(x->head, x->head + x->head_length, have);
	while (x->head[have] = '\0', !(end = strstr(x->head, "\r\n\r\n"))) {
		ssize_t got = recv(
			x->fd, x->head + have, sizeof(x->head) - 1 - have, 0);

		if (got <= 0)
			return false;
		have += (size_t)got;
	}
	x->head_length = (size_t)(end - x->head) + 4;
	x->extra = have - x->head_length;
	return true;
}

static void parse_head(struct exchange *x)
{
	const char *length = str_find_nocase(x->head, "\r\nContent-Length:");
	const char *close = str_find_nocase(x->head, "\r\nConnection: close");
	const char *end = x->head + x->head_length;
	const char *seconds;

	x->target[0] = '\0';
	sscanf(x->head, "%*15s %255s", x->target);
	x->upload = str_starts(x->head, "POST") || str_starts(x->head, "PUT");
	x->length = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
	x->close = close && close < end;
	seconds = strstr(x->target, "?seconds=");
	x->seconds = seconds ? strtod(seconds + 9, NULL) : 0;
	x->received = 0;
	x->crc = 0;
}

/* Reads the body up to this size; false if the other side ended first. */
static bool read_body(struct exchange *x, size_t wanted)
{
	char bytes[4096];

	while (x->received < wanted) {
		size_t left = wanted - x->received;
		ssize_t got = recv(x->fd, bytes,
			left < sizeof(bytes) ? left : sizeof(bytes), 0);

		if (got <= 0)
			return false;
		x->crc = crc_update(x->crc, bytes, (size_t)got);
		x->received += (size_t)got;
	}
	return true;
}

/* One request; false when its connection is over. */
static bool serve(struct exchange *x)
{
	size_t here;
	bool chosen, half;

	if (!read_head(x))
		return false;
	parse_head(x);
	chosen = count(x);
	here = x->extra < x->length ? x->extra : x->length;
	x->crc = crc_update(0, x->head + x->head_length, here);
	x->received = here;
	x->extra -= here;
	x->head_length += here;
	half = chosen && strstr(x->origin->mode->name, "-upload");
	if (!read_body(x, half ? x->length / 2 : x->length))
		return false;
	if (!chosen)
		return answer_well(x);
	if (x->origin->mode->canned)
		send_text(x->fd, x->origin->mode->canned);
	return x->origin->mode->answer && x->origin->mode->answer(x);
}

static void *serve_connection(void *data)
{
	struct exchange *x = data;

	while (serve(x))
		x->number++;
	close(x->fd);
	mem_free(x);
	return NULL;
}

static void *accept_all(void *data)
{
	struct origin *o = data;

	for (;;) {
		struct exchange *x = mem_new(sizeof(*x));
		pthread_t thread;

		x->origin = o;
		x->fd = accept(o->listener, NULL, NULL);
		if (x->fd < 0 ||
			pthread_create(&thread, NULL, serve_connection, x)) {
			perror("origin");
			exit(1);
		}
		pthread_detach(thread);
		pthread_mutex_lock(&o->lock);
		o->connections++;
		pthread_mutex_unlock(&o->lock);
	}
	return NULL;
}

static void fill_queue(const struct sockaddr_in *address)
{
	for (int i = 0; i < 4; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		connect(fd, (const struct sockaddr *)address, sizeof(*address));
	}
}

/* Prints the port. */
static bool open_listener(struct origin *o)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(in);
	bool full = streq(o->mode->name, "full");

	o->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (o->listener < 0 ||
		bind(o->listener, (struct sockaddr *)&in, size) < 0 ||
		getsockname(o->listener, (struct sockaddr *)&in, &size) < 0)
		return false;
	if (!streq(o->mode->name, "refuse") &&
		listen(o->listener, full ? 0 : 1024) < 0)
		return false;
	if (full)
		fill_queue(&in);
	printf("%d\n", ntohs(in.sin_port));
	fflush(stdout);
	return true;
}

static const struct mode *find_mode(const char *name)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (streq(modes[i].name, name))
			return &modes[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct origin *o = mem_new(sizeof(*o));
	pthread_t thread;
	sigset_t signals;
	int signal;

	o->mode = find_mode(argc > 1 ? argv[1] : "well");
	o->every = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	o->milliseconds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;
	o->name = argc > 4 ? argv[4] : "origin";
	pthread_mutex_init(&o->lock, NULL);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (!o->mode || !o->every || !open_listener(o)) {
		fputs("origin: bad arguments, or no port\n", stderr);
		return 2;
	}
	if (!streq(o->mode->name, "refuse") && !streq(o->mode->name, "full"))
		pthread_create(&thread, NULL, accept_all, o);
	sigwait(&signals, &signal);
	pthread_mutex_lock(&o->lock);
	printf("requests %lu connections %lu faults %lu repeated %lu\n",
		o->requests, o->connections, o->faults, o->repeated);
	fflush(stdout);
	_exit(0);
}
