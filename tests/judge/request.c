/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/judge/answer.h"
#include "tests/judge/clock.h"
#include "tests/judge/crc.h"

/* An upload goes out in this many pieces. */
#define PIECES     16
#define PIECE_SIZE (REQUEST_UPLOAD_SIZE / PIECES)

/* Whether the request may go out (again) on another connection. */
static bool may_send(struct request *request)
{
	if (!request->sent || (request->lane && request->lane->was_idle))
		return true;
	request->cut = true;
	return false;
}

static curl_socket_t open_socket(
	void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct request *request = data;
	int fd;

	(void)purpose;
	if (!may_send(request))
		return CURL_SOCKET_BAD;
	fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
		address->protocol);
	if (fd < 0) {
		request->shortage = errno;
		return CURL_SOCKET_BAD;
	}
	if (request->lane)
		lane_opened(request->lane, fd);
	return fd;
}

/* The data is that of the request which opened it, hence no request. */
static int close_socket(void *data, curl_socket_t fd)
{
	struct lane *lane = data;

	if (lane)
		lane_closing(lane, fd);
	return close(fd);
}

static int before_sending(
	void *data, char *ip, char *local_ip, int port, int local_port)
{
	struct request *request = data;

	(void)ip, (void)local_ip, (void)port, (void)local_port;
	if (!may_send(request))
		return CURL_PREREQFUNC_ABORT;
	request->sent = true;
	if (request->lane)
		lane_sending(request->lane);
	return CURL_PREREQFUNC_OK;
}

static size_t take_header(char *line, size_t size, size_t count, void *data)
{
	static const char chunked[] = "Transfer-Encoding:";
	struct request *request = data;
	size_t length = size * count;

	/* An interim answer (1xx) has headers of its own before the others;
	 * trailers come behind them. */
	if (length > 5 && !strncmp(line, "HTTP/", 5))
		request->headers_ended = request->chunked = false;
	else if (length > 0 && (line[0] == '\r' || line[0] == '\n'))
		request->headers_ended = true;
	else if (length > strlen(chunked) &&
		 !strncasecmp(line, chunked, strlen(chunked)))
		request->chunked = true;
	return length;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
	struct request *request = data;

	str_add_n(&request->body, bytes, size * count);
	return request->body.full ? 0 : size * count;
}

int64_t request_piece_due(const struct request *request)
{
	size_t piece = request->uploaded / PIECE_SIZE;

	if (!request->paused)
		return CLOCK_NEVER;
	return request->started + clock_from_seconds(request->due.seconds *
						     (double)piece / PIECES);
}

void request_continue(struct request *request)
{
	request->paused = false;
	curl_easy_pause(request->easy, CURLPAUSE_CONT);
}

/* One piece at a time, of bytes that differ from request to request. */
static size_t give_piece(char *bytes, size_t size, size_t count, void *data)
{
	struct request *request = data;
	size_t room = size * count;
	size_t left = PIECE_SIZE - request->uploaded % PIECE_SIZE;

	if (request->uploaded == REQUEST_UPLOAD_SIZE)
		return 0;
	request->paused = true;
	if (clock_now() < request_piece_due(request))
		return CURL_READFUNC_PAUSE;
	request->paused = false;
	if (room > left)
		room = left;
	for (size_t i = 0; i < room; i++) {
		request->random = request->random * 1664525 + 1013904223;
		bytes[i] = (char)(request->random >> 24);
	}
	request->crc = crc_update(request->crc, bytes, room);
	request->uploaded += room;
	return room;
}

static int refuse_to_rewind(void *data, curl_off_t offset, int origin)
{
	(void)data, (void)offset, (void)origin;
	return CURL_SEEKFUNC_FAIL;
}

static void add_header(struct request *request, const char *line)
{
	struct curl_slist *more = curl_slist_append(request->headers, line);

	if (more)
		request->headers = more;
}

static void set_upload(struct request *request)
{
	CURL *easy = request->easy;

	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(
		easy, CURLOPT_POSTFIELDSIZE, (long)REQUEST_UPLOAD_SIZE);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_piece);
	curl_easy_setopt(easy, CURLOPT_READDATA, request);
	curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, refuse_to_rewind);
	add_header(request, "Content-Type: application/octet-stream");
	add_header(request, "Expect:");
	request->random = (uint32_t)request->serial;
}

static void set_connection(
	struct request *request, const struct options *options)
{
	CURL *easy = request->easy;
	struct lane *lane = request->lane;
	char *url = lane ? mem_printf("http://%s:%u%s", lane->host,
				   (unsigned int)options->port, request->target)
			 : mem_printf("http://%s%s", options->authority,
				   request->target);
	char *host = mem_printf("Host: %s", options->authority);

	curl_easy_setopt(easy, CURLOPT_URL, url);
	add_header(request, host);
	mem_free(url);
	mem_free(host);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, lane);
	if (lane) {
		curl_easy_setopt(easy, CURLOPT_CONNECT_TO, lane->lead);
		curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, 1000000L);
		return;
	}
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	/* Half of them ask the server to close, half close by themselves. */
	if (request->serial / 2 % 2)
		add_header(request, "Connection: close");
}

static void set_callbacks(struct request *request)
{
	CURL *easy = request->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, request);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, request->words);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, request);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_sending);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, request);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, request);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, request);
}

static void set_protocol(CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(
		easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	/* Ours are the only time limits. */
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, 100000L);
}

struct request *request_new(const struct options *options,
	const struct schedule_due *due, uint64_t serial, struct lanes *lanes)
{
	struct request *request = mem_new(sizeof(*request));

	request->serial = serial;
	request->due = *due;
	request->easy = curl_easy_init();
	str_init(&request->body, ANSWER_MAX);
	if (!request->easy) {
		request_free(request);
		return NULL;
	}
	snprintf(request->target, sizeof(request->target), "/judge/%" PRIu64,
		serial);
	if (due->kind == SCHEDULE_SLOW)
		snprintf(request->target, sizeof(request->target),
			"/judge/%" PRIu64 "?seconds=%.3f", serial,
			due->seconds);
	/* Without a lane left it goes on a connection of its own. */
	if (due->kind == SCHEDULE_GET)
		request->lane = lanes_take(lanes);
	set_protocol(request->easy);
	set_callbacks(request);
	set_connection(request, options);
	if (due->kind == SCHEDULE_UPLOAD)
		set_upload(request);
	curl_easy_setopt(request->easy, CURLOPT_HTTPHEADER, request->headers);
	clock_gettime(CLOCK_REALTIME, &request->date);
	request->started = clock_now();
	request->deadline =
		request->started +
		clock_from_seconds(options->deadline + due->seconds);
	return request;
}

void request_free(struct request *request)
{
	if (!request)
		return;
	curl_easy_cleanup(request->easy);
	curl_slist_free_all(request->headers);
	str_free(&request->body);
	if (request->lane)
		lane_give(request->lane);
	mem_free(request);
}
