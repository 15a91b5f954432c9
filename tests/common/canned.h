/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canned - a transport of canned replies, for suites below the modules: no
 * sockets, a clock of its own that pauses move, and 1 ms for every sending.
 *
 * A script has one reply a line: `METHOD PATH OUTCOME BODY', the path without
 * the host. A line answers one request, in their order; after `+' it answers
 * any number. OUTCOME is a status, or `cut' (sent, but no answer comes),
 * `refused' (no connection), `slow' (nothing comes until the deadline) or
 * `signal' (one comes meanwhile); `;name=value' behind a status is a header,
 * one of retry, challenge, location, date (in seconds), its value with _ for a
 * blank. BODY is JSON
 * with ' for ", or else a text.
 * A request that no line answers fails the test, and canned_close() does where
 * a line was not used.
 */
#ifndef TESTS_COMMON_CANNED_H
#define TESTS_COMMON_CANNED_H

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/http.h"
#include "common/interrupt.h"
#include "common/mem.h"
#include "common/str.h"

#define CANNED_LINES 400
/* More sendings than this are a loop without a pause. */
#define CANNED_SENDINGS 20000
#define CANNED_HOST     "http://cloud"

struct canned_line {
	char *method, *path, *outcome, *body;
	bool forever;
	int used;
};

struct canned {
	struct transport transport;
	struct canned_line lines[CANNED_LINES];
	size_t count;
	char *script;
	int64_t now;
	int sendings;
	int begun_late; /* requests that began at or after the deadline */
	cJSON *log;     /* [{"method", "path", "token", "content_type",
			 * "body", "at"}] */
};

static inline void canned_parse(struct canned *c, const char *script)
{
	char *rest = c->script = mem_copy(script);

	for (char *text; (text = strsep(&rest, "\n"));) {
		struct canned_line *line = &c->lines[c->count];

		text += strspn(text, " \t");
		if (!*text)
			continue;
		ck_assert_uint_lt(++c->count, CANNED_LINES);
		line->forever = *text == '+';
		text += line->forever;
		line->method = strsep(&text, " ");
		line->path = strsep(&text, " ");
		line->outcome = strsep(&text, " ");
		line->body = text;
		ck_assert_msg(line->outcome, "bad line in the script");
	}
}

static inline struct canned_line *canned_find(
	struct canned *c, const char *method, const char *path)
{
	for (size_t i = 0; i < c->count; i++) {
		struct canned_line *line = &c->lines[i];

		if ((line->forever || !line->used) &&
			streq(line->method, method) && streq(line->path, path))
			return line;
	}
	return NULL;
}

static inline void canned_headers(
	const struct canned *c, struct http_request *r, const char *outcome)
{
	char *copy = mem_copy(outcome), *rest = copy;

	for (char *word; (word = strsep(&rest, ";"));) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = '\0';
		for (char *blank = value; (blank = strchr(blank, '_'));)
			*blank = ' ';
		if (streq(word, "retry"))
			r->retry_after = mem_copy(value);
		else if (streq(word, "challenge"))
			r->challenge = mem_copy(value);
		else if (streq(word, "location"))
			r->location = mem_copy(value);
		else if (streq(word, "date") && str_int(value, &r->date))
			r->dated = c->now;
		else
			ck_abort_msg("no such header: %s", word);
	}
	mem_free(copy);
}

static inline void canned_answer(const struct canned *c, struct http_request *r,
	const struct canned_line *line)
{
	r->fate = HTTP_ANSWERED;
	r->status = strtol(line->outcome, NULL, 10);
	ck_assert_msg(r->status, "bad outcome: %s", line->outcome);
	canned_headers(c, r, line->outcome);
	r->request_id = mem_copy("req-7");
	if (line->body && strchr("{[", *line->body) && *line->body)
		r->reply = json_literal(line->body);
	else if (line->body && *line->body)
		r->text = mem_copy(line->body);
}

static inline void canned_take(struct canned *c, struct http_request *r,
	struct canned_line *line, int64_t deadline)
{
	line->used++;
	if (streq(line->outcome, "cut")) {
		r->fate = HTTP_UNKNOWN;
		r->failure = mem_copy("Empty reply from server");
	} else if (streq(line->outcome, "refused")) {
		r->fate = HTTP_NOT_SENT;
		r->failure = mem_copy("Connection refused");
	} else if (streq(line->outcome, "slow")) {
		r->fate = HTTP_UNKNOWN;
		r->failure = mem_copy("Timeout was reached");
		c->now = deadline > c->now ? deadline : c->now;
	} else if (streq(line->outcome, "signal")) {
		r->fate = HTTP_UNKNOWN;
		r->failure = mem_copy("interrupted by a signal");
		raise(SIGTERM);
	} else {
		canned_answer(c, r, line);
	}
}

static inline void canned_send_one(
	struct canned *c, struct http_request *r, int64_t deadline)
{
	struct canned_line *line;
	const char *path = r->url + strlen(CANNED_HOST);

	ck_assert_msg(str_starts(r->url, CANNED_HOST "/"),
		"the URL of another host: %s", r->url);
	/* What a transport need not clear must not be left from before. */
	ck_assert(!r->reply && !r->text && !r->failure && !r->retry_after);
	json_append(c->log,
		json_object(JSON_STR("method", r->method),
			JSON_STR("path", path), JSON_STR("token", r->token),
			JSON_STR("content_type", r->content_type),
			JSON_COPY("body", r->body), JSON_INT("at", c->now)));
	c->begun_late += c->now >= deadline;
	line = canned_find(c, r->method, path);
	ck_assert_msg(line, "unexpected request: %s %s", r->method, path);
	canned_take(c, r, line, deadline);
}

static inline int canned_send(struct transport *transport,
	struct http_request *const *requests, size_t count, int64_t deadline)
{
	struct canned *c = (struct canned *)transport;

	ck_assert_msg(++c->sendings < CANNED_SENDINGS, "it never ends");
	for (size_t i = 0; i < count; i++)
		canned_send_one(c, requests[i], deadline);
	c->now++;
	return interrupt_signal() ? -1 : 0;
}

static inline int64_t canned_now(struct transport *transport)
{
	return ((struct canned *)transport)->now;
}

static inline int canned_pause(
	struct transport *transport, int64_t milliseconds)
{
	ck_assert_int_ge(milliseconds, 0);
	((struct canned *)transport)->now += milliseconds;
	return interrupt_signal() ? -1 : 0;
}

static inline void canned_free(struct transport *transport)
{
	(void)transport;
}

static inline void canned_open(struct canned *c, const char *script)
{
	*c = (struct canned){ .transport = { .send = canned_send,
				      .now = canned_now,
				      .pause = canned_pause,
				      .free = canned_free } };
	c->log = cJSON_CreateArray();
	canned_parse(c, script);
}

static inline void canned_close(struct canned *c)
{
	for (size_t i = 0; i < c->count; i++)
		ck_assert_msg(c->lines[i].used || c->lines[i].forever,
			"not asked for: %s %s", c->lines[i].method,
			c->lines[i].path);
	ck_assert_int_eq(c->begun_late, 0);
	cJSON_Delete(c->log);
	mem_free(c->script);
}

/* When request i began. */
static inline int64_t canned_at(const struct canned *c, int i)
{
	char path[32];

	snprintf(path, sizeof(path), "%d.at", i);
	return json_int(c->log, path, -1);
}

static inline int canned_sent(const struct canned *c)
{
	return json_size(c->log);
}

#endif
