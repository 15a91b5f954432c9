/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/health_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/cloud/match.h"

#define ANSWER_MAX 65536

static int compile(regex_t *regex, const char *text, bool *has, struct err *e)
{
	char why[128];
	int error;

	if (!text || !*text)
		return 0;
	error = match_compile(regex, text);
	if (error) {
		regerror(error, regex, why, sizeof(why));
		return err_set(e, ERR_OTHER, "'%s': %s", text, why);
	}
	*has = true;
	return 0;
}

/* HTTP/1.0, so that the answer ends with the connection. */
static char *request_of(const char *address, const struct health_monitor *m)
{
	return mem_printf("GET %s HTTP/1.0\r\nHost: %s\r\n"
			  "User-Agent: health monitor\r\n\r\n",
		m->path && *m->path ? m->path : "/",
		m->host && *m->host ? m->host : address);
}

int health_question_init(struct health_question *q, const char *address,
	uint16_t port, const struct health_monitor *monitor, struct err *e)
{
	*q = (struct health_question){ .port = port, .kind = monitor->kind };
	q->address = mem_copy(address);
	if (monitor->kind != HEALTH_HTTP)
		return 0;
	q->request = request_of(address, monitor);
	if (compile(&q->status, monitor->status_regex, &q->has_status, e) ==
			0 &&
		compile(&q->body, monitor->body_regex, &q->has_body, e) == 0)
		return 0;
	health_question_free(q);
	return -1;
}

void health_question_free(struct health_question *q)
{
	if (q->has_status)
		regfree(&q->status);
	if (q->has_body)
		regfree(&q->body);
	mem_free(q->address);
	mem_free(q->request);
	*q = (struct health_question){ .port = 0 };
}

enum health_verdict health_probe_begin(
	struct health_probe *p, const struct health_question *q)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
		.sin_port = htons(q->port) };

	p->connected = false;
	str_init(&p->answer, ANSWER_MAX);
	p->fd = -1;
	if (inet_pton(AF_INET, q->address, &name.sin_addr) != 1 ||
		ntohl(name.sin_addr.s_addr) >> 24 != 127)
		return HEALTH_BAD;
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0)
		return HEALTH_BAD;
	if (connect(p->fd, (struct sockaddr *)&name, sizeof(name)) < 0 &&
		errno != EINPROGRESS)
		return HEALTH_BAD;
	p->events = POLLOUT;
	return HEALTH_UNKNOWN;
}

/* The request is shorter than any socket's buffer is at first. */
static enum health_verdict ask(
	struct health_probe *p, const struct health_question *q)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ||
		error)
		return HEALTH_BAD;
	p->connected = true;
	if (!q->request)
		return HEALTH_GOOD;
	length = (socklen_t)strlen(q->request);
	if (send(p->fd, q->request, length, MSG_NOSIGNAL) != (ssize_t)length)
		return HEALTH_BAD;
	p->events = POLLIN;
	return HEALTH_UNKNOWN;
}

/* The status is judged when the head is there, the body at its end. */
static enum health_verdict judge(
	struct health_probe *p, const struct health_question *q, bool at_end)
{
	char *text = p->answer.text, *end = strstr(text, "\r\n\r\n");
	char status[4] = "";

	if (!end)
		return at_end ? HEALTH_BAD : HEALTH_UNKNOWN;
	if (!str_starts(text, "HTTP/1."))
		return HEALTH_BAD;
	snprintf(status, sizeof(status), "%s", text + strcspn(text, " \r") + 1);
	if (q->has_status && regexec(&q->status, status, 0, NULL, 0) != 0)
		return HEALTH_BAD;
	if (!q->has_body ||
		regexec(&q->body, end + strlen("\r\n\r\n"), 0, NULL, 0) == 0)
		return HEALTH_GOOD;
	return at_end ? HEALTH_BAD : HEALTH_UNKNOWN;
}

enum health_verdict health_probe_go_on(
	struct health_probe *p, const struct health_question *q)
{
	char buffer[8192];
	ssize_t n;

	if (!p->connected)
		return ask(p, q);
	n = recv(p->fd, buffer, sizeof(buffer), 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? HEALTH_UNKNOWN
							 : HEALTH_BAD;
	str_add_n(&p->answer, buffer, (size_t)n);
	return judge(p, q, n == 0 || p->answer.full);
}

void health_probe_end(struct health_probe *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	str_free(&p->answer);
}
