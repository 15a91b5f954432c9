/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request - one request, from its first byte to the verdict on its answer.
 *
 * A request is sent once. libcurl would send it again, unasked, when a
 * connection that was kept alive breaks before the first byte of an answer;
 * here that is refused a second socket and a second sending, unless the
 * connection proves that the request was never on it (connection.h).
 */
#ifndef JUDGE_REQUEST_H
#define JUDGE_REQUEST_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/str.h"
#include "tests/judge/lane.h"
#include "tests/judge/outcome.h"
#include "tests/judge/schedule.h"

#define REQUEST_UPLOAD_SIZE 65536

struct request {
	struct request *next, *previous; /* of whoever keeps it in a list */
	uint64_t serial;
	struct schedule_due due;
	struct lane *lane; /* NULL: a connection of its own */
	struct timespec date;
	int64_t started, deadline;
	char target[64];

	CURL *easy;
	struct curl_slist *headers;
	char words[CURL_ERROR_SIZE];
	int shortage;       /* errno of a socket that we could not have */
	bool sent;          /* the sending has begun, or was about to */
	bool cut;           /* libcurl wanted to send it again */
	bool headers_ended; /* of the answer */
	bool chunked;
	struct str body;

	/* Of an upload. */
	size_t uploaded;
	uint32_t crc, random;
	bool paused;
};

/* Ready for curl_multi_add_handle(). NULL without memory for libcurl. */
struct request *request_new(const struct options *options,
	const struct schedule_due *due, uint64_t serial, struct lanes *lanes);
/* After curl_multi_remove_handle(). */
void request_free(struct request *request);

/* When the next piece of an upload is due; CLOCK_NEVER: none. */
int64_t request_piece_due(const struct request *request);
/* Sends it. */
void request_continue(struct request *request);

/* What became of it, when libcurl is done with it ... */
void request_done(
	struct request *request, CURLcode code, struct finding *finding);
/* ... or at its deadline. */
void request_overdue(const struct request *request, struct finding *finding);

#endif
