/* SPDX-License-Identifier: Apache-2.0 */
#include "common/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/mem.h"
#include "common/str.h"

#define FIRST_PAUSE      200
#define RATE_LIMIT_PAUSE 3000
#define NEVER            INT64_MAX

void http_clear(struct http_request *r)
{
	cJSON_Delete(r->reply);
	mem_free(r->text);
	mem_free(r->location);
	mem_free(r->request_id);
	mem_free(r->challenge);
	mem_free(r->retry_after);
	mem_free(r->failure);
	r->reply = NULL;
	r->text = r->location = r->request_id = r->challenge = NULL;
	r->retry_after = r->failure = NULL;
	r->status = 0;
	r->fate = HTTP_NOT_SENT;
}

const char *http_reason(long status)
{
	static const struct {
		long status;
		const char *reason;
	} reasons[] = {
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 409, "Conflict" },
		{ 410, "Gone" },
		{ 412, "Precondition Failed" },
		{ 413, "Request Entity Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Entity" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

/* Identity, Servers and Load Balancers wrap it in overLimit, the latter's own
 * limits on nodes and the like come flat and without a time. */
bool http_is_rate_limit(const struct http_request *r)
{
	const cJSON *fault = json_member(r->reply, "overLimit");
	const char *message = json_str(fault, "message");

	if (r->status == 429)
		return true;
	if (r->status != 413)
		return false;
	return r->retry_after || json_member(fault, "retryAfter") ||
	       json_member(fault, "retryAt") ||
	       (message && str_find_nocase(message, "retry"));
}

int64_t http_retry_after(const char *value, int64_t date)
{
	struct tm tm = { 0 };
	int64_t seconds;
	const char *end;

	if (str_int(value, &seconds))
		return seconds < 0       ? -1
		       : seconds > 86400 ? 86400000
					 : seconds * 1000;
	seconds = (int64_t)curl_getdate(value, NULL);
	if (seconds < 0) {
		end = strptime(value, "%Y-%m-%dT%H:%M:%S", &tm);
		if (!end)
			return -1;
		seconds = (int64_t)timegm(&tm);
	}
	if (seconds <= date)
		return 0;
	return seconds - date > 86400 ? 86400000 : (seconds - date) * 1000;
}

static const char *told_time(const struct http_request *r)
{
	const cJSON *fault = json_member(r->reply, "overLimit");
	const char *at = json_str(fault, "retryAfter");

	if (r->retry_after)
		return r->retry_after;
	return at ? at : json_str(fault, "retryAt");
}

static int64_t rate_limit_pause(const struct http_request *r)
{
	const char *told = told_time(r);
	int64_t pause = told ? http_retry_after(told, time(NULL)) : -1;

	return pause < 0 ? RATE_LIMIT_PAUSE : pause;
}

static bool passes(long status)
{
	return status == 500 || (status >= 502 && status <= 504);
}

/* Milliseconds until it may be sent again, or NEVER. */
static int64_t next_try(const struct http_request *r)
{
	bool again = r->fate == HTTP_NOT_SENT ||
		     (r->repeatable &&
			     (r->fate == HTTP_UNKNOWN || passes(r->status)));

	if (r->fate == HTTP_ANSWERED && http_is_rate_limit(r))
		return rate_limit_pause(r);
	if (!again || r->tries >= HTTP_TRIES)
		return NEVER;
	return FIRST_PAUSE << (r->tries - 1);
}

/* Sends what is due; says when the next one is, NEVER if none is left. */
static int run_due(struct transport *t, struct http_request *requests,
	int64_t *due, size_t count, int64_t deadline, int64_t *next)
{
	struct http_request **batch = mem_array(count, sizeof(*batch));
	int64_t now = t->now(t), pause;
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < count; i++) {
		if (due[i] > now)
			continue;
		http_clear(&requests[i]);
		requests[i].tries++;
		batch[n++] = &requests[i];
	}
	rc = t->send(t, batch, n, deadline);
	mem_free(batch);
	*next = NEVER;
	for (size_t i = 0; i < count; i++) {
		if (due[i] <= now) {
			pause = next_try(&requests[i]);
			due[i] = pause == NEVER ? NEVER : t->now(t) + pause;
		}
		if (due[i] < *next)
			*next = due[i];
	}
	return rc;
}

int http_run(struct transport *t, struct http_request *requests, size_t count,
	int64_t deadline, struct err *e)
{
	int64_t *due = mem_array(count, sizeof(*due));
	int64_t next = 0;
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		requests[i].tries = 0;
		if (!streq(requests[i].method, "POST"))
			requests[i].repeatable = true;
	}
	while (rc == 0 && next != NEVER && next < deadline) {
		if (next > t->now(t))
			rc = t->pause(t, next - t->now(t));
		if (rc == 0)
			rc = run_due(t, requests, due, count, deadline, &next);
	}
	mem_free(due);
	if (rc < 0)
		return err_set(e, ERR_INTERRUPTED, "interrupted by a signal");
	return 0;
}
