/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <microhttpd.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/door.h"
#include "tests/cloud/wait.h"

#define THREADS         4
#define CONNECTIONS_MAX 8192
#define BACKLOG         1024
/* A connection on which nothing moves, and no request is being served. */
#define IDLE_SECONDS 120
/* More than this beyond a body that is too long is not even read. */
#define IGNORED_MAX ((size_t)16 << 20)

struct http {
	struct cloud *cloud;
	struct MHD_Daemon *daemon;
	struct waits *waits;
	uint16_t port;
};

enum step { STEP_NEW, STEP_READ, STEP_ARRIVED, STEP_SERVED, STEP_ANSWERED };

/* One request, from its first line on. */
struct exchange {
	enum step step;
	struct wait wait;
	struct visit visit;
	struct str body;
	size_t ignored;
};

static void *on_target(
	void *argument, const char *target, struct MHD_Connection *connection)
{
	struct http *http = argument;
	struct exchange *x = mem_new(sizeof(*x));

	(void)connection;
	x->visit.cloud = http->cloud;
	x->visit.pool = pool_new();
	x->visit.target = pool_copy(x->visit.pool, target);
	str_init(&x->body, DOOR_BODY_MAX);
	return x;
}

static const char *header(
	const struct exchange *x, struct MHD_Connection *c, const char *name)
{
	const char *value =
		MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);

	return value ? pool_copy(x->visit.pool, value) : NULL;
}

static void read_head(
	struct exchange *x, struct MHD_Connection *c, const char *method)
{
	struct visit *v = &x->visit;

	v->method = pool_copy(v->pool, method);
	v->token = header(x, c, "X-Auth-Token");
	v->session = header(x, c, "X-SessionId");
	v->content_type = header(x, c, "Content-Type");
}

/* MHD_NO closes the connection. */
static enum MHD_Result read_body(
	struct exchange *x, const char *data, size_t *size)
{
	str_add_n(&x->body, data, *size);
	if (x->body.full)
		x->ignored += *size;
	*size = 0;
	return x->ignored > IGNORED_MAX ? MHD_NO : MHD_YES;
}

/* The bytes of an answer from `position' on, as many as there is room for. */
static ssize_t produce(
	void *argument, uint64_t position, char *buffer, size_t room)
{
	const struct exchange *x = argument;
	const struct answer *a = &x->visit.answer;
	size_t end = door_answer_length(a);
	size_t n = 0, at = (size_t)position;

	if (x->visit.fault.cut == FAULT_MIDDLE)
		end /= 2;
	for (; n < room && at < end; n++, at++)
		buffer[n] = at < a->length ? a->text[at]
					   : a->repeat[(at - a->length) %
						       a->repeat_length];
	if (n > 0)
		return (ssize_t)n;
	return MHD_CONTENT_READER_END_WITH_ERROR;
}

static struct MHD_Response *response_of(struct exchange *x)
{
	const struct answer *a = &x->visit.answer;
	size_t length = door_answer_length(a);
	struct MHD_Response *r;

	if (x->visit.fault.cut == FAULT_MIDDLE || a->times)
		r = MHD_create_response_from_callback(
			length, 65536, produce, x, NULL);
	else
		r = MHD_create_response_from_buffer(length,
			mem_copy_n(a->text ? a->text : "", a->length),
			MHD_RESPMEM_MUST_FREE);
	if (a->type)
		MHD_add_response_header(r, "Content-Type", a->type);
	for (const struct header *h = a->headers; h; h = h->next)
		MHD_add_response_header(r, h->name, h->value);
	return r;
}

static enum MHD_Result answer(
	struct exchange *x, struct MHD_Connection *connection)
{
	const struct fault *f = &x->visit.fault;
	size_t length = door_answer_length(&x->visit.answer);
	struct MHD_Response *response;
	enum MHD_Result queued;

	x->step = STEP_ANSWERED;
	/* Without a body there is no middle. */
	if (f->cut == FAULT_BEFORE || f->cut == FAULT_AFTER || f->stall ||
		(f->cut == FAULT_MIDDLE && length < 2)) {
		door_leave(&x->visit, 0, 0);
		return MHD_NO;
	}
	if (f->cut == FAULT_MIDDLE)
		door_leave(&x->visit, 0, length / 2);
	else
		door_leave(&x->visit, x->visit.answer.status, length);
	response = response_of(x);
	queued = MHD_queue_response(
		connection, (unsigned)x->visit.answer.status, response);
	MHD_destroy_response(response);
	return queued;
}

/* The next step, and how long to wait before the one after it. */
static double proceed(struct exchange *x)
{
	struct visit *v = &x->visit;

	if (x->step == STEP_READ) {
		x->step = STEP_ARRIVED;
		v->body = x->body.text;
		v->length = x->body.length;
		v->too_long = x->body.full;
		return door_arrive(v);
	}
	x->step = STEP_SERVED;
	return v->fault.stall ? 0 : door_serve(v);
}

static enum MHD_Result on_request(void *argument,
	struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *data, size_t *size, void **own)
{
	struct http *http = argument;
	struct exchange *x = *own;

	(void)url;
	(void)version;
	if (x->step == STEP_NEW) {
		read_head(x, connection, method);
		x->step = STEP_READ;
		return MHD_YES;
	}
	if (*size)
		return read_body(x, data, size);
	/* What waited is not done when everything ends. */
	if (x->step > STEP_READ && waits_ended(http->waits))
		return MHD_NO;
	while (x->step < STEP_SERVED) {
		double seconds = proceed(x);

		if (seconds > 0)
			return waits_add(http->waits, &x->wait, connection,
				       seconds)
				       ? MHD_YES
				       : MHD_NO;
	}
	return answer(x, connection);
}

static void on_completed(void *argument, struct MHD_Connection *connection,
	void **own, enum MHD_RequestTerminationCode how)
{
	struct exchange *x = *own;

	(void)argument;
	(void)connection;
	(void)how;
	if (!x)
		return;
	if (x->step != STEP_ANSWERED)
		door_leave(&x->visit, 0, 0);
	str_free(&x->body);
	pool_free(x->visit.pool);
	mem_free(x);
	*own = NULL;
}

static int listen_on(uint16_t *port, struct err *e)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(*port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr *any = (struct sockaddr *)(void *)&address;
	socklen_t length = sizeof(address);
	int one = 1;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (s < 0 || bind(s, any, length) < 0 || listen(s, BACKLOG) < 0 ||
		getsockname(s, any, &length) < 0) {
		err_set(e, ERR_OTHER, "cannot listen on 127.0.0.1 port %u: %s",
			*port, strerror(errno));
		if (s >= 0)
			close(s);
		return -1;
	}
	*port = ntohs(address.sin_port);
	return s;
}

static struct MHD_Daemon *daemon_new(struct http *http, int listener)
{
	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD |
					MHD_ALLOW_SUSPEND_RESUME |
					MHD_USE_SUPPRESS_DATE_NO_CLOCK,
		0, NULL, NULL, on_request, http, MHD_OPTION_LISTEN_SOCKET,
		listener, MHD_OPTION_URI_LOG_CALLBACK, on_target, http,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
		MHD_OPTION_END);
}

struct http *http_start(struct cloud *cloud, uint16_t port, struct err *e)
{
	struct http *http = mem_new(sizeof(*http));
	int listener = listen_on(&port, e);

	http->cloud = cloud;
	http->port = port;
	cloud_lock(cloud);
	mem_free(cloud->url);
	cloud->url = mem_printf("http://127.0.0.1:%u", port);
	cloud_unlock(cloud);
	http->waits = listener < 0 ? NULL : waits_new(e);
	http->daemon = http->waits ? daemon_new(http, listener) : NULL;
	if (http->daemon)
		return http;
	if (http->waits) {
		err_set(e, ERR_OTHER, "cannot serve");
		waits_end(http->waits);
	}
	if (listener >= 0)
		close(listener);
	waits_free(http->waits);
	mem_free(http);
	return NULL;
}

uint16_t http_port(const struct http *http)
{
	return http->port;
}

void http_stop(struct http *http)
{
	if (!http)
		return;
	waits_end(http->waits);
	MHD_stop_daemon(http->daemon);
	waits_free(http->waits);
	mem_free(http);
}
