/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/app_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"

#define REPLY_MAX (1024 * 1024)

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" },
	{ 400, "Bad Request" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 413, "Content Too Large" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 503, "Service Unavailable" },
};

static const char *reason_of(int status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Status";
}

/* A header's value must not bring a line of its own. */
static void add_header(struct str *head, const char *name, const char *value)
{
	if (!value)
		return;
	str_addf(head, "%s: ", name);
	for (; *value; value++) {
		unsigned char byte = (unsigned char)*value;

		str_add_n(head, byte < 0x20 || byte == 0x7f ? "?" : value, 1);
	}
	str_add(head, "\r\n");
}

/* The pause that the query asks for in milliseconds, 0 when it does not; -1
 * when it is no number from 0 to the longest. */
static int64_t pause_of(const char *target)
{
	const char *query = strchr(target, '?');
	double seconds;
	char *end;

	while (query && !str_starts(query + 1, "seconds="))
		query = strchr(query + 1, '&');
	if (!query)
		return 0;
	query += strlen("?seconds=");
	seconds = strtod(query, &end);
	if (end == query || (*end && *end != '&') ||
		!(seconds >= 0 && seconds <= APP_REPLY_SECONDS_MAX))
		return -1;
	return (int64_t)(seconds * 1000);
}

static bool has_body(const struct app_request *r)
{
	return streq(r->method, "POST") || streq(r->method, "PUT");
}

static int status_of(const struct app_reply_server *server,
	const struct app_request *r, int64_t pause)
{
	const char *prefix = server->health_prefix;

	if (r->stage == APP_REQUEST_BAD)
		return r->error;
	if (!has_body(r) && !streq(r->method, "GET") &&
		!streq(r->method, "HEAD"))
		return 405;
	if (pause < 0)
		return 400;
	if (server->health_status && (!prefix || str_starts(r->target, prefix)))
		return server->health_status;
	return 200;
}

static char *body_of(
	const struct app_reply_server *server, const struct app_request *r)
{
	cJSON *body = json_object(JSON_STR("server", server->name),
		JSON_STR("image", server->image),
		JSON_TAKE("build", server->build ? json_new_str(server->build)
						 : cJSON_CreateNull()));
	char crc[9], *text;

	if (r->stage == APP_REQUEST_DONE) {
		json_set_str(body, "path", r->target);
		if (has_body(r)) {
			snprintf(crc, sizeof(crc), "%08x", r->crc);
			json_set(body, "received",
				json_new_int((int64_t)r->received));
			json_set_str(body, "crc32", crc);
		}
	}
	text = json_text(body);
	cJSON_Delete(body);
	return text;
}

void app_reply(const struct app_reply_server *server,
	const struct app_request *r, struct app_reply *reply)
{
	bool done = r->stage == APP_REQUEST_DONE;
	int64_t pause = done ? pause_of(r->target) : 0;
	int status = status_of(server, r, pause);
	char *body = body_of(server, r);
	size_t length = strlen(body);
	struct str *bytes = &reply->bytes;

	reply->close = !done || !r->keep_alive;
	str_init(bytes, REPLY_MAX);
	str_addf(bytes, "HTTP/1.1 %d %s\r\n", status, reason_of(status));
	str_addf(bytes,
		"Content-Type: application/json\r\n"
		"Content-Length: %zu\r\n",
		length);
	add_header(bytes, "X-Server", server->name);
	add_header(bytes, "X-Build", server->build);
	if (status == 405)
		str_add(bytes, "Allow: GET, HEAD, POST, PUT\r\n");
	if (reply->close)
		str_add(bytes, "Connection: close\r\n");
	else if (done)
		str_add(bytes, "Connection: keep-alive\r\n");
	str_add(bytes, "\r\n");
	reply->at_once = bytes->length + length / 2;
	if (!done || !streq(r->method, "HEAD"))
		str_add(bytes, body);
	reply->pause_ms = pause > 0 ? pause : 0;
	if (!reply->pause_ms || reply->at_once > bytes->length)
		reply->at_once = bytes->length;
	mem_free(body);
}
