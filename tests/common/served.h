/* SPDX-License-Identifier: Apache-2.0 */
/*
 * served - a small HTTP server on a free port of loopback, for suites of the
 * real transport: a process a connection, notes of what came in shared memory.
 */
#ifndef TESTS_COMMON_SERVED_H
#define TESTS_COMMON_SERVED_H

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/http.h"
#include "common/mem.h"
#include "common/str.h"

#define SERVED_NOTED 65536

struct served_notes {
	atomic_int connections, closed, requests, writes;
	atomic_int inside, most; /* requests that are being answered at once */
	pid_t tester;            /* whom a handler may send a signal */
	atomic_bool signalled;   /* it was sent one */
	char last[SERVED_NOTED]; /* the last request as it came, or its start */
};

/* One request: its number on its connection, from 1, and in all. */
struct served_request {
	char path[256];
	int number, in_all;
};

/* Answers one request; false closes the connection. */
typedef bool served_answer(int fd, const struct served_request *request,
	struct served_notes *notes);

struct served {
	int port;
	pid_t pid;
	struct served_notes *notes;
};

static inline bool served_write_n(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		bytes += n;
		length -= (size_t)n;
	}
	return true;
}

static inline bool served_write(int fd, const char *text)
{
	return served_write_n(fd, text, strlen(text));
}

/* 200 with this body, with a length. */
static inline bool served_body(int fd, const char *body)
{
	char *head = mem_printf(
		"HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", strlen(body));
	bool written = served_write(fd, head) && served_write(fd, body);

	mem_free(head);
	return written;
}

/* The next request closes the connection without FIN. */
static inline bool served_reset(int fd)
{
	struct linger hard = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	return false;
}

static inline bool served_read_more(int fd, struct str *raw)
{
	char chunk[16384];
	ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

	if (n > 0)
		str_add_n(raw, chunk, (size_t)n);
	return n > 0;
}

/* Reads a head and the body that it announces. */
static inline bool served_read(
	int fd, struct served_request *request, struct served_notes *notes)
{
	const char *length;
	struct str raw;
	size_t size = 0;

	str_init(&raw, 64 << 20);
	while (!strstr(raw.text, "\r\n\r\n")) {
		if (!served_read_more(fd, &raw)) {
			str_free(&raw);
			return false;
		}
	}
	length = str_find_nocase(raw.text, "\r\nContent-Length:");
	size = (size_t)(strstr(raw.text, "\r\n\r\n") + 4 - raw.text);
	size += length ? strtoul(length + 17, NULL, 10) : 0;
	while (raw.length < size && served_read_more(fd, &raw))
		;
	request->number++;
	request->in_all = ++notes->requests;
	notes->writes += !str_starts(raw.text, "GET ");
	sscanf(raw.text, "%*s %255s", request->path);
	snprintf(notes->last, SERVED_NOTED, "%s", raw.text);
	str_free(&raw);
	return true;
}

static inline void served_connection(
	int fd, served_answer *answer, struct served_notes *notes)
{
	struct served_request request = { 0 };
	bool goes_on = true;

	notes->connections++;
	while (goes_on && served_read(fd, &request, notes)) {
		int inside = ++notes->inside, most = notes->most;

		while (inside > most && !atomic_compare_exchange_weak(
						&notes->most, &most, inside))
			;
		goes_on = answer(fd, &request, notes);
		notes->inside--;
	}
	close(fd);
	notes->closed++;
}

static inline void served_loop(
	int listener, served_answer *answer, struct served_notes *notes)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		if (fork() == 0) {
			close(listener);
			served_connection(fd, answer, notes);
			_exit(0);
		}
		close(fd);
	}
}

static inline int served_listen(int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int small = 4096;

	ck_assert_int_ge(listener, 0);
	/* A peer that does not read is noticed soon. */
	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(listener, 64), 0);
	ck_assert_int_eq(
		getsockname(listener, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(address.sin_port);
	return listener;
}

static inline void served_open(struct served *s, served_answer *answer)
{
	int listener = served_listen(&s->port);

	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	s->notes = mmap(NULL, sizeof(*s->notes), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(s->notes, MAP_FAILED);
	s->notes->tester = getpid();
	s->pid = fork();
	ck_assert_int_ge(s->pid, 0);
	if (s->pid == 0)
		served_loop(listener, answer, s->notes);
	close(listener);
}

static inline void served_close(struct served *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	munmap(s->notes, sizeof(*s->notes));
}

/* The caller frees it. */
static inline char *served_url(const struct served *s, const char *path)
{
	return mem_printf("http://127.0.0.1:%d%s", s->port, path);
}

/* Sends one request with the real transport, for so long at most; as http_run()
 * would, but once. */
static inline int served_send(
	struct transport *t, struct http_request *request, int64_t milliseconds)
{
	struct http_request *const one[] = { request };

	if (!streq(request->method, "POST"))
		request->repeatable = true;
	return t->send(t, one, 1, t->now(t) + milliseconds);
}

#endif
