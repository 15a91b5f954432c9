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
#define A_DAY            86400
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
	r->final = false;
	r->date = r->dated = 0;
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

/* ISO 8601 in UTC or with an offset ("Z", "+02:00", "-0600"), its fraction
 * ignored; -1 if it is another form. */
static int64_t iso_date(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int hours, minutes;
	int64_t seconds;

	if (!end)
		return -1;
	seconds = (int64_t)timegm(&tm);
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if ((*end == '+' || *end == '-') &&
		(sscanf(end + 1, "%2d:%2d", &hours, &minutes) == 2 ||
			sscanf(end + 1, "%2d%2d", &hours, &minutes) == 2))
		seconds += (*end == '-' ? 60 : -60) * (hours * 60 + minutes);
	return seconds;
}

int64_t http_retry_after(const char *value, int64_t date)
{
	int64_t seconds;

	if (str_int(value, &seconds))
		return seconds < 0       ? -1
		       : seconds > A_DAY ? A_DAY * 1000
					 : seconds * 1000;
	seconds = iso_date(value);
	if (seconds < 0)
		seconds = (int64_t)curl_getdate(value, NULL);
	if (seconds < 0)
		return -1;
	if (seconds <= date)
		return 0;
	return seconds - date > A_DAY ? A_DAY * 1000 : (seconds - date) * 1000;
}

static const char *told_time(const struct http_request *r)
{
	const cJSON *fault = json_member(r->reply, "overLimit");
	const char *at = json_str(fault, "retryAfter");

	if (r->retry_after)
		return r->retry_after;
	return at ? at : json_str(fault, "retryAt");
}

/* The pause behind the n-th failure. */
static int64_t growing_pause(int n)
{
	int64_t pause = FIRST_PAUSE;

	while (--n > 0 && pause < RATE_LIMIT_PAUSE)
		pause *= 2;
	return pause < RATE_LIMIT_PAUSE ? pause : RATE_LIMIT_PAUSE;
}

/* As the server tells it, by its own clock; -1 where it does not. */
static int64_t told_pause(const struct http_request *r)
{
	const char *told = told_time(r);

	return told ? http_retry_after(told, r->date ? r->date : time(NULL))
		    : -1;
}

/* A time that is 0 or over already (clocks differ) must not become a loop that
 * asks as fast as it can. */
static int64_t rate_limit_pause(const struct http_request *r)
{
	int64_t pause = told_pause(r), least = growing_pause(r->tries);

	if (pause < 0)
		return RATE_LIMIT_PAUSE;
	return pause > least ? pause : least;
}

bool http_passes(long status)
{
	return status == 500 || (status >= 502 && status <= 504);
}

/* It came to nothing, or to something that is known to pass. */
static bool may_have_been_done(const struct http_request *r)
{
	return r->fate == HTTP_UNKNOWN ||
	       (r->fate == HTTP_ANSWERED && http_passes(r->status));
}

/* One of a run, and when it is due. */
struct turn {
	struct http_request *request;
	int64_t due;
	int failures; /* tries that ended in no answer or in one that passes */
};

/* Milliseconds until it may be sent again, or NEVER. */
static int64_t next_try(struct turn *turn)
{
	const struct http_request *r = turn->request;
	int64_t pause, told;

	if (r->fate == HTTP_ANSWERED && http_is_rate_limit(r))
		return rate_limit_pause(r);
	if (r->fate != HTTP_NOT_SENT &&
		!(r->repeatable && may_have_been_done(r)))
		return NEVER;
	if (r->final || ++turn->failures >= HTTP_TRIES)
		return NEVER;
	pause = growing_pause(turn->failures);
	told = told_pause(r);
	return told > pause ? told : pause;
}

/* What the last try did not do an earlier one may have. */
static void keep_doubt(struct http_request *r)
{
	if (r->doubtful && r->fate == HTTP_NOT_SENT)
		r->fate = HTTP_UNKNOWN;
}

/* Sends what is due; says when the next one is, NEVER if none is left. */
static int run_due(struct transport *t, struct turn *turns, size_t count,
	int64_t deadline, int64_t *next)
{
	struct http_request **batch = mem_array(count, sizeof(*batch));
	int64_t now = t->now(t), pause;
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < count; i++) {
		struct http_request *r = turns[i].request;

		if (turns[i].due > now)
			continue;
		r->doubtful = r->doubtful || may_have_been_done(r);
		http_clear(r);
		r->tries++;
		batch[n++] = r;
	}
	rc = t->send(t, batch, n, deadline);
	mem_free(batch);
	*next = NEVER;
	for (size_t i = 0; i < count; i++) {
		if (turns[i].due <= now) {
			keep_doubt(turns[i].request);
			pause = next_try(&turns[i]);
			turns[i].due =
				pause == NEVER ? NEVER : t->now(t) + pause;
		}
		if (turns[i].due < *next)
			*next = turns[i].due;
	}
	return rc;
}

static struct turn *line_up(struct http_request *requests, size_t count)
{
	struct turn *turns = mem_array(count, sizeof(*turns));

	for (size_t i = 0; i < count; i++) {
		http_clear(&requests[i]);
		requests[i].tries = 0;
		requests[i].doubtful = false;
		if (!streq(requests[i].method, "POST"))
			requests[i].repeatable = true;
		turns[i].request = &requests[i];
	}
	return turns;
}

static int interrupted(struct err *e)
{
	return err_set(e, ERR_INTERRUPTED, "interrupted by a signal");
}

static int wait_for(struct transport *t, int64_t milliseconds, struct err *e)
{
	if (t->wait)
		return t->wait(t->wait_context, milliseconds, e);
	return t->pause(t, milliseconds) < 0 ? interrupted(e) : 0;
}

int http_run(struct transport *t, struct http_request *requests, size_t count,
	int64_t deadline, struct err *e)
{
	struct turn *turns = line_up(requests, count);
	int64_t next = count ? t->now(t) : NEVER;
	int rc = 0;

	while (rc == 0 && next < deadline) {
		if (next > t->now(t))
			rc = wait_for(t, next - t->now(t), e);
		if (rc < 0 || t->now(t) >= deadline)
			break;
		if (run_due(t, turns, count, deadline, &next) < 0)
			rc = interrupted(e);
	}
	mem_free(turns);
	for (size_t i = 0; i < count; i++)
		if (!requests[i].tries)
			requests[i].failure = mem_copy(
				rc < 0 ? e->text
				       : "the time was over before it was sent");
	return rc;
}
