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
#include "tests/judge/origin.h"

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
	chosen = mode_can(x) && ++o->candidates % o->every == 0;
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
	return chosen ? mode_misbehave(x) : mode_answer_well(x);
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
		pthread_mutex_lock(&o->lock);
		o->connections++;
		pthread_mutex_unlock(&o->lock);
		if (x->fd < 0 ||
			pthread_create(&thread, NULL, serve_connection, x)) {
			perror("origin");
			exit(1);
		}
		pthread_detach(thread);
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

int main(int argc, char **argv)
{
	struct origin *o = mem_new(sizeof(*o));
	pthread_t thread;
	sigset_t signals;
	int signal;

	o->mode = mode_find(argc > 1 ? argv[1] : "well");
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
