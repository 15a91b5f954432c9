/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a request: the second half of request.h. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "tests/judge/answer.h"
#include "tests/judge/clock.h"
#include "tests/judge/request.h"

/* What libcurl says; what is not here is "other". */
static const struct {
	CURLcode code;
	enum outcome outcome;
} by_code[] = {
	{ CURLE_GOT_NOTHING, OUTCOME_RESET },
	{ CURLE_RECV_ERROR, OUTCOME_RESET },
	{ CURLE_SEND_ERROR, OUTCOME_RESET },
	{ CURLE_SEND_FAIL_REWIND, OUTCOME_RESET },
	{ CURLE_PARTIAL_FILE, OUTCOME_TRUNCATED },
	{ CURLE_WRITE_ERROR, OUTCOME_WRONG },
	{ CURLE_WEIRD_SERVER_REPLY, OUTCOME_WRONG },
	{ CURLE_UNSUPPORTED_PROTOCOL, OUTCOME_WRONG },
};

/* Why there is no connection. */
static const struct {
	int error;
	enum outcome outcome;
} by_errno[] = {
	{ ECONNREFUSED, OUTCOME_REFUSED },
	{ ETIMEDOUT, OUTCOME_CONNECT_TIMEOUT },
	{ ECONNRESET, OUTCOME_RESET },
	{ EADDRNOTAVAIL, OUTCOME_UNSENT }, /* no port left */
	{ EADDRINUSE, OUTCOME_UNSENT },
	{ ENOBUFS, OUTCOME_UNSENT },
	{ ENOMEM, OUTCOME_UNSENT },
};

static enum outcome of_errno(int error)
{
	for (size_t i = 0; i < sizeof(by_errno) / sizeof(*by_errno); i++)
		if (by_errno[i].error == error)
			return by_errno[i].outcome;
	return OUTCOME_OTHER;
}

static enum outcome of_code(CURLcode code)
{
	for (size_t i = 0; i < sizeof(by_code) / sizeof(*by_code); i++)
		if (by_code[i].code == code)
			return by_code[i].outcome;
	return OUTCOME_OTHER;
}

static void judge_fault(
	const struct request *request, CURLcode code, struct finding *finding)
{
	const char *words =
		*request->words ? request->words : curl_easy_strerror(code);
	long error = 0;

	curl_easy_getinfo(request->easy, CURLINFO_OS_ERRNO, &error);
	if (request->cut)
		outcome_set(finding, OUTCOME_RESET,
			"the connection broke after the request was sent on "
			"it, before any answer");
	else if (request->shortage)
		outcome_set(finding, OUTCOME_UNSENT, "no socket: %s",
			strerror(request->shortage));
	else if (code == CURLE_COULDNT_CONNECT)
		outcome_set(finding, of_errno((int)error), "no connection: %s",
			error ? strerror((int)error) : words);
	else
		outcome_set(finding, of_code(code),
			"%s (%zu bytes of the "
			"answer came)",
			words, request->body.length);
}

/* A slow answer that was not slow has tried nothing. A tenth is left for clocks
 * that differ. */
static bool is_too_soon(const struct request *request)
{
	return request->due.kind == SCHEDULE_SLOW &&
	       clock_now() - request->started <
		       clock_from_seconds(request->due.seconds * 0.9);
}

static void judge_answer(const struct request *request, struct finding *finding)
{
	const struct answer_wanted wanted = { .target = request->target,
		.upload = request->due.kind == SCHEDULE_UPLOAD,
		.received = REQUEST_UPLOAD_SIZE,
		.crc = request->crc };
	struct answer answer = { .status = finding->status,
		.body = request->body.text ? request->body.text : "",
		.length = request->body.length };
	curl_off_t announced = -1;

	curl_easy_getinfo(
		request->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
	answer.bounded = request->chunked || announced >= 0;
	answer_judge(&answer, &wanted, finding);
	if (finding->outcome == OUTCOME_OK && wanted.upload &&
		request->uploaded != REQUEST_UPLOAD_SIZE)
		outcome_set(finding, OUTCOME_WRONG,
			"it was answered before it was sent");
	if (finding->outcome == OUTCOME_OK && is_too_soon(request))
		outcome_set(finding, OUTCOME_WRONG,
			"it was to take %g s, and did not",
			request->due.seconds);
}

void request_done(
	struct request *request, CURLcode code, struct finding *finding)
{
	*finding = (struct finding){ .outcome = OUTCOME_OK };
	curl_easy_getinfo(
		request->easy, CURLINFO_RESPONSE_CODE, &finding->status);
	if (code != CURLE_OK)
		judge_fault(request, code, finding);
	else if (!request->headers_ended)
		/* libcurl takes an end within the headers for a good one. */
		outcome_set(finding, OUTCOME_TRUNCATED,
			"the connection ended within the headers");
	else
		judge_answer(request, finding);
}

void request_overdue(const struct request *request, struct finding *finding)
{
	*finding = (struct finding){ .outcome = OUTCOME_OK };
	curl_easy_getinfo(
		request->easy, CURLINFO_RESPONSE_CODE, &finding->status);
	if (request->sent)
		outcome_set(finding, OUTCOME_UNANSWERED,
			"at its deadline %zu bytes of the answer had come",
			request->body.length);
	else
		outcome_set(finding, OUTCOME_CONNECT_TIMEOUT,
			"at its deadline there was no connection");
}
