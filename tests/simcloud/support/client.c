/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simcloud/support/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"

#define REPLY_MAX (1024 * 1024)

int client_connect(const char *address, uint16_t port)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	struct timeval limit = { .tv_sec = 60 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	inet_pton(AF_INET, address, &name.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

uint16_t client_free_port(const char *address)
{
	struct sockaddr_in name = { .sin_family = AF_INET };
	socklen_t length = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, address, &name.sin_addr);
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
		getsockname(fd, (struct sockaddr *)&name, &length);
	close(fd);
	return ntohs(name.sin_port);
}

bool client_send(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent < 0)
			return false;
		bytes += sent;
		n -= (size_t)sent;
	}
	return true;
}

static bool receive(int fd, struct str *text, size_t most)
{
	char buffer[16384];
	ssize_t n = recv(
		fd, buffer, most < sizeof(buffer) ? most : sizeof(buffer), 0);

	if (n > 0)
		str_add_n(text, buffer, (size_t)n);
	return n > 0;
}

static size_t announced(const char *head)
{
	const char *length = str_find_nocase(head, "\r\ncontent-length:");

	return length ? strtoul(length + 17, NULL, 10) : 0;
}

struct client_reply client_read(int fd)
{
	struct client_reply reply = { .status = 0 };
	struct str head, body;
	size_t length;

	str_init(&head, REPLY_MAX);
	str_init(&body, REPLY_MAX);
	while (!str_find_nocase(head.text, "\r\n\r\n") && receive(fd, &head, 1))
		continue;
	if (str_find_nocase(head.text, "\r\n\r\n")) {
		length = announced(head.text);
		reply.status = (int)strtol(
			head.text + strcspn(head.text, " "), NULL, 10);
		while (body.length < length &&
			receive(fd, &body, length - body.length))
			continue;
		reply.whole = body.length == length;
	}
	reply.length = body.length;
	reply.closes = str_find_nocase(head.text, "\r\nconnection: close");
	reply.head = str_take(&head);
	reply.body = str_take(&body);
	return reply;
}

struct client_reply client_get(int fd, const char *path)
{
	char *text = mem_printf("GET %s HTTP/1.1\r\nHost: test\r\n\r\n", path);
	bool sent = client_send(fd, text, strlen(text));

	mem_free(text);
	return sent ? client_read(fd) : (struct client_reply){ .status = 0 };
}

struct client_reply client_ask(
	const char *address, uint16_t port, const char *path)
{
	struct client_reply reply = { .status = 0 };
	int fd = client_connect(address, port);

	if (fd < 0)
		return reply;
	reply = client_get(fd, path);
	close(fd);
	return reply;
}

void client_free(struct client_reply *reply)
{
	mem_free(reply->head);
	mem_free(reply->body);
	*reply = (struct client_reply){ .status = 0 };
}

bool client_was_reset(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) < 0 && errno == ECONNRESET;
}

struct thread {
	struct client_load *load;
	pthread_t id;
	atomic_ulong ended; /* requests */
};

struct client_load {
	char *address, *path;
	uint16_t port;
	unsigned int each, n;
	atomic_bool stop;
	atomic_ulong good;
	pthread_mutex_t lock; /* of the losses */
	unsigned long lost;
	char first_loss[256];
	struct thread *threads;
};

static void note_loss(struct client_load *load, const struct client_reply *r,
	const char *what)
{
	pthread_mutex_lock(&load->lock);
	if (!load->lost++)
		snprintf(load->first_loss, sizeof(load->first_loss),
			"%s: status %d, %zu bytes%s", what, r->status,
			r->length, r->whole ? "" : ", cut");
	pthread_mutex_unlock(&load->lock);
}

static void *press(void *argument)
{
	struct thread *thread = argument;
	struct client_load *load = thread->load;
	unsigned int used = 0;
	int fd = -1;

	while (!load->stop) {
		struct client_reply reply = { .status = 0 };
		bool reused = fd >= 0;

		if (!reused)
			fd = client_connect(load->address, load->port);
		if (fd >= 0)
			reply = client_get(fd, load->path);
		if (reply.status == 200 && reply.whole)
			load->good++;
		else
			note_loss(load, &reply,
				fd < 0   ? strerror(errno)
				: reused ? "kept"
					 : "new");
		if (fd >= 0 && (reply.closes || !reply.whole ||
				       (load->each && ++used == load->each))) {
			close(fd);
			fd = -1;
			used = 0;
		}
		client_free(&reply);
		thread->ended++;
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

struct client_load *client_load_start(const char *address, uint16_t port,
	const char *path, unsigned int threads, unsigned int each)
{
	struct client_load *load = mem_new(sizeof(*load));

	load->address = mem_copy(address);
	load->path = mem_copy(path);
	load->port = port;
	load->each = each;
	load->threads = mem_array(threads, sizeof(*load->threads));
	pthread_mutex_init(&load->lock, NULL);
	for (load->n = 0; load->n < threads; load->n++) {
		struct thread *thread = &load->threads[load->n];

		thread->load = load;
		if (pthread_create(&thread->id, NULL, press, thread) != 0)
			abort();
	}
	return load;
}

static void pause_shortly(void)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	nanosleep(&moment, NULL);
}

void client_load_wait(struct client_load *load, unsigned long n)
{
	unsigned long target = load->good + n;

	while (load->good < target)
		pause_shortly();
}

void client_load_turn(struct client_load *load)
{
	for (unsigned int i = 0; i < load->n; i++) {
		unsigned long target = load->threads[i].ended + 2;

		while (load->threads[i].ended < target)
			pause_shortly();
	}
}

struct client_counts client_load_stop(struct client_load *load)
{
	struct client_counts counts = { .good = 0 };

	load->stop = true;
	for (unsigned int i = 0; i < load->n; i++)
		pthread_join(load->threads[i].id, NULL);
	counts.good = load->good;
	counts.lost = load->lost;
	memcpy(counts.first_loss, load->first_loss, sizeof(counts.first_loss));
	pthread_mutex_destroy(&load->lock);
	mem_free(load->threads);
	mem_free(load->address);
	mem_free(load->path);
	mem_free(load);
	return counts;
}
