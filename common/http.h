/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http - many requests at once, repeated where that is safe.
 *
 * An array goes in and comes back filled. A transport sends (libcurl, or canned
 * replies in tests) and tells the time; here is what every request shares:
 * what may be repeated, when, and until when.
 */
#ifndef COMMON_HTTP_H
#define COMMON_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/json.h"

/* An answer larger than this is an error, not a list that fills the memory. */
#define HTTP_ANSWER_MAX (16 * 1024 * 1024)
/* Requests under way at once. */
#define HTTP_WINDOW 10

enum http_fate {
	HTTP_NOT_SENT, /* nothing can have happened */
	HTTP_UNKNOWN,  /* sent, but no whole answer came */
	HTTP_ANSWERED,
};

struct http_request {
	/* The wish; borrowed until the run is over. */
	const char *method, *url;
	const char *token;        /* X-Auth-Token, or NULL */
	const char *content_type; /* NULL: application/json */
	const cJSON *body;        /* NULL sends none */
	/* May be sent again although it may have been done: true for every
	 * method but POST unless said here (a login changes nothing). */
	bool repeatable;

	/* What came of it; http_clear() releases it. */
	enum http_fate fate;
	long status;    /* 0 without an answer */
	cJSON *reply;   /* the body, if it was JSON */
	char *text;     /* the body, if it was none: whole, since a cut
			 * secret would not be found */
	char *location; /* headers, NULL where missing */
	char *request_id;
	char *challenge;   /* WWW-Authenticate */
	char *retry_after; /* Retry-After or Reply-After, as it came */
	char *failure;     /* why there is no answer, in words */
	bool final;        /* there is none, and another try would not help */
	int64_t date;      /* Date, in seconds since the epoch; 0: none */
	int64_t dated;     /* when that came, on the transport's clock */
	/* Neither is reset by http_clear(). */
	int tries;
	bool doubtful; /* an earlier sending may have been done */
};

/* Times are milliseconds on a clock that only goes forward. */
struct transport {
	/* Sends all, at most HTTP_WINDOW at once, none longer than until the
	 * deadline; fills them in. Nothing is begun at the deadline or after a
	 * signal. What it sends twice by itself it says is doubtful. -1 when a
	 * signal ended it: then each has its fate all the same. */
	int (*send)(struct transport *transport,
		struct http_request *const *requests, size_t count,
		int64_t deadline);
	int64_t (*now)(struct transport *transport);
	/* -1 when a signal ended it early. */
	int (*pause)(struct transport *transport, int64_t milliseconds);
	void (*free)(struct transport *transport);
	/* NULL, or what http_run() calls in place of pause(); -1, with the
	 * reason, ends the run. */
	int (*wait)(void *context, int64_t milliseconds, struct err *e);
	void *wait_context;
};

/* The real one. `verify' false accepts any certificate. */
struct transport *http_curl(bool verify);
/* Whether the libcurl that is there has what http_curl() relies on: an older
 * one would be loaded, and go without some limits in silence. */
int http_curl_check(struct err *e);

/* Runs all of them until each has a final answer or the deadline has passed:
 * - reads and other repeatable requests again on 500, 502, 503, 504, a broken
 *   connection or silence, and anything again that found no connection,
 *   HTTP_TRIES times in all, after growing pauses (or a longer Retry-After);
 * - after a rate limit (429, or 413 that says so), which surely did nothing,
 *   anything again as often as the deadline allows, after Retry-After: 3 s
 *   where it is not told, growing pauses where it is 0 or over.
 * Nothing is begun at the deadline: what was never sent has the fate
 * HTTP_NOT_SENT and no tries. Each request carries its own outcome. -1 only
 * when a signal ended it, or the transport's wait(). */
#define HTTP_TRIES 5
int http_run(struct transport *transport, struct http_request *requests,
	size_t count, int64_t deadline, struct err *e);

/* A 413 is either a rate limit, which passes, or a limit on size or number,
 * which does not; 429 is always the first. */
bool http_is_rate_limit(const struct http_request *request);

/* 500, 502, 503, 504: it passes, and nobody knows what was done before it. */
bool http_passes(long status);

/* Retry-After as milliseconds from now: seconds, an HTTP date or an ISO 8601
 * date (load-balancers.md, other-services.md: all three are seen). `date' is
 * the wall clock in seconds. -1 when it is none of these. */
int64_t http_retry_after(const char *value, int64_t date);

/* Releases what came of it, not the wish. */
void http_clear(struct http_request *request);

/* "404 Not Found" */
const char *http_reason(long status);

#endif
