/* SPDX-License-Identifier: Apache-2.0 */
/* The real transport against a server that does as it should. */
#include <stdio.h>

#include "tests/common/served.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define LONG         20000

#define HEAD "HTTP/1.1 200 OK\r\n"

/* What is sent back for a path, and what the request then holds. */
static const struct answer {
	const char *path, *bytes;
	long status;
	const char *reply, *text; /* JSON with ' for ", or NULL */
} answers[] = {
	{ "/json", HEAD "Content-Length: 8\r\n\r\n{\"a\": 1}", 200, "{'a': 1}",
		NULL },
	{ "/list", HEAD "Content-Length: 6\r\n\r\n [ 1] ", 200, "[1]", NULL },
	{ "/scalar", HEAD "Content-Length: 4\r\n\r\ntrue", 200, "true", NULL },
	{ "/nothing", "HTTP/1.1 204 No Content\r\n\r\n", 204, NULL, NULL },
	{ "/empty", "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", 202,
		NULL, NULL },
	{ "/html",
		"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n"
		"Content-Length: 11\r\n\r\n<p>no</p>\r\n",
		403, NULL, "<p>no</p>\r\n" },
	{ "/lying",
		HEAD "Content-Type: application/json\r\n"
		     "Content-Length: 7\r\n\r\n{\"a\": 1",
		200, NULL, "{\"a\": 1" },
	{ "/fault",
		"HTTP/1.1 422 Unprocessable Entity\r\n"
		"Content-Type: text/plain\r\nContent-Length: 15\r\n\r\n"
		"{\"message\":\"m\"}",
		422, "{'message': 'm'}", NULL },
	{ "/chunked",
		HEAD "Transfer-Encoding: chunked\r\n\r\n"
		     "3\r\n{\"a\r\n1\r\n\"\r\n4;x=y\r\n: 1}\r\n0\r\n\r\n",
		200, "{'a': 1}", NULL },
	{ "/trailer",
		HEAD "Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
		     "2\r\n{}\r\n0\r\nX: 1\r\n\r\n",
		200, "{}", NULL },
	{ "/continue",
		"HTTP/1.1 100 Continue\r\n\r\n" HEAD
		"Content-Length: 2\r\n\r\n{}",
		200, "{}", NULL },
	{ "/until-closed", "HTTP/1.0 200 OK\r\n\r\n{\"a\": 1}", 200, "{'a': 1}",
		NULL },
	{ "/moved",
		"HTTP/1.1 302 Found\r\nLocation: /json\r\n"
		"Content-Length: 0\r\n\r\n",
		302, NULL, NULL },
	{ "/300",
		"HTTP/1.1 300 Multiple Choices\r\nContent-Length: 2\r\n\r\n{}",
		300, "{}", NULL },
	{ "/500", "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", 500, NULL,
		NULL },
};

static bool answer_from_table(int fd, const struct served_request *request,
	struct served_notes *notes)
{
	(void)notes;
	for (size_t i = 0; i < COUNT(answers); i++)
		if (streq(answers[i].path, request->path))
			return served_write(fd, answers[i].bytes) &&
			       !strstr(answers[i].bytes, "HTTP/1.0");
	return served_body(fd, "{}");
}

START_TEST(reads_answers)
{
	const struct answer *a = &answers[_i];
	cJSON *expected = a->reply ? json_literal(a->reply) : NULL;
	struct transport *t = http_curl(true);
	struct http_request r = { .method = "GET" };
	struct served s;
	char *url;

	served_open(&s, answer_from_table);
	r.url = url = served_url(&s, a->path);
	ck_assert_int_eq(served_send(t, &r, LONG), 0);
	ck_assert_msg(r.fate == HTTP_ANSWERED, "%s",
		r.failure ? r.failure : "no answer");
	ck_assert_int_eq(r.status, a->status);
	ck_assert(!expected == !r.reply);
	ck_assert(!expected || json_equal(expected, r.reply));
	ck_assert_pstr_eq(r.text, a->text);
	ck_assert_ptr_null(r.failure);
	ck_assert_int_eq(s.notes->requests, 1);
	http_clear(&r);
	mem_free(url);
	cJSON_Delete(expected);
	served_close(&s);
	t->free(t);
}
END_TEST

/* What goes out; {'a': 1} is the body. */
static const struct sent {
	struct http_request request;
	bool body;
	const char *has[8], *has_not[4];
} sent[] = {
	{ { .method = "GET", .token = "tok-1" }, false,
		{ "GET /x?a=b%20c HTTP/1.1\r\n", "\r\nX-Auth-Token: tok-1\r\n",
			"\r\nAccept: application/json\r\n" },
		{ "Content-Type", "Content-Length", "Expect" } },
	{ { .method = "GET" }, false, { "GET " },
		{ "X-Auth-Token", "Content-Type" } },
	{ { .method = "DELETE", .token = "t" }, false,
		{ "DELETE /x?a=b%20c HTTP/1.1\r\n" }, { "Content-Type" } },
	{ { .method = "POST", .token = "t" }, true,
		{ "POST /x?a=b%20c HTTP/1.1\r\n",
			"\r\nContent-Type: application/json\r\n",
			"\r\nContent-Length: 8\r\n", "\r\n\r\n{\"a\": 1}" },
		{ "Expect", "x-www-form-urlencoded" } },
	{ { .method = "PUT" }, true,
		{ "PUT /x?a=b%20c HTTP/1.1\r\n",
			"\r\nContent-Type: application/json\r\n",
			"\r\n\r\n{\"a\": 1}" },
		{ "Expect", "X-Auth-Token" } },
	{ { .method = "POST" }, false, { "POST ", "\r\nContent-Length: 0\r\n" },
		{ "Expect", "x-www-form-urlencoded", "chunked" } },
	{ { .method = "PATCH", .content_type = "application/x-patch" }, true,
		{ "PATCH ", "\r\nContent-Type: application/x-patch\r\n",
			"\r\n\r\n{\"a\": 1}" },
		{ "Content-Type: application/json" } },
};

START_TEST(sends_requests)
{
	struct http_request r = sent[_i].request;
	cJSON *body = sent[_i].body ? json_literal("{'a': 1}") : NULL;
	struct transport *t = http_curl(true);
	struct served s;
	char *url;

	served_open(&s, answer_from_table);
	r.url = url = served_url(&s, "/x?a=b%20c");
	r.body = body;
	served_send(t, &r, LONG);
	for (size_t i = 0; i < 8 && sent[_i].has[i]; i++)
		ck_assert_msg(strstr(s.notes->last, sent[_i].has[i]),
			"%s is not in %s", sent[_i].has[i], s.notes->last);
	for (size_t i = 0; i < 4 && sent[_i].has_not[i]; i++)
		ck_assert_msg(
			!str_find_nocase(s.notes->last, sent[_i].has_not[i]),
			"%s is in %s", sent[_i].has_not[i], s.notes->last);
	http_clear(&r);
	cJSON_Delete(body);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

/* What an id from outside may be must not climb to another resource. */
static const char *const paths[] = { "/v2/servers/..", "/v2/servers/.",
	"/v2/../servers", "/v2//servers/", "/v2/servers/%2e%2e/x",
	"/v2/servers?name=%5Eweb%24&x=%26", "/v2/servers/..%2F..%2Fx" };

START_TEST(sends_the_path_as_it_is)
{
	char *line = mem_printf("GET %s HTTP/1.1\r\n", paths[_i]);
	struct transport *t = http_curl(true);
	struct http_request r = { .method = "GET" };
	struct served s;
	char *url;

	served_open(&s, answer_from_table);
	r.url = url = served_url(&s, paths[_i]);
	served_send(t, &r, LONG);
	ck_assert_msg(str_starts(s.notes->last, line), "%s became %s", line,
		s.notes->last);
	http_clear(&r);
	mem_free(url);
	mem_free(line);
	served_close(&s);
	t->free(t);
}
END_TEST

/* Headers, in any case, and the last request's only. */
static const struct {
	const char *headers;
	const char *location, *request_id, *challenge, *retry_after;
	int64_t date;
} headers[] = {
	{ "", NULL, NULL, NULL, NULL, 0 },
	{ "Location: http://x/y\r\nx-compute-request-id: req-1\r\n"
	  "WWW-AUTHENTICATE:  OS-MF sessionId='1', factor='PASSCODE' \r\n"
	  "retry-after: 7\r\n",
		"http://x/y", "req-1", "OS-MF sessionId='1', factor='PASSCODE'",
		"7", 0 },
	{ "Reply-After:\t2031-04-02T18:20:07Z\r\n", NULL, NULL, NULL,
		"2031-04-02T18:20:07Z", 0 },
	{ "Retry-After-Not: 1\r\nX-Location: 2\r\nLocation-X: 3\r\nX-Date: "
	  "Sun, 17 Mar 2030 17:46:40 GMT\r\n",
		NULL, NULL, NULL, NULL, 0 },
	{ "Location:\r\n", "", NULL, NULL, NULL, 0 },
	{ "date: Sun, 17 Mar 2030 17:46:40 GMT\r\n", NULL, NULL, NULL, NULL,
		1900000000 },
	{ "Date: Sunday, 17-Mar-30 17:46:40 GMT\r\n", NULL, NULL, NULL, NULL,
		1900000000 },
	/* The last one that is one counts. */
	{ "Date: Sun, 17 Mar 2030 17:46:40 GMT\r\nDate: soon\r\nDate:\r\n"
	  "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
	  "Date: Mon, 01 Jan 1900 00:00:00 GMT\r\n",
		NULL, NULL, NULL, NULL, 1900000000 },
};

static bool answer_with_headers(int fd, const struct served_request *request,
	struct served_notes *notes)
{
	long i = strtol(request->path + 1, NULL, 10);
	char *head = mem_printf("HTTP/1.1 202 Accepted\r\n%s"
				"Content-Length: 0\r\n\r\n",
		headers[i].headers);
	bool written = served_write(fd, head);

	(void)notes;
	mem_free(head);
	return written;
}

START_TEST(captures_headers)
{
	struct transport *t = http_curl(true);
	struct http_request r = { .method = "GET" };
	int64_t before = t->now(t);
	struct served s;
	char path[20], *url;

	served_open(&s, answer_with_headers);
	snprintf(path, sizeof(path), "/%d", _i);
	r.url = url = served_url(&s, path);
	served_send(t, &r, LONG);
	ck_assert_pstr_eq(r.location, headers[_i].location);
	ck_assert_pstr_eq(r.request_id, headers[_i].request_id);
	ck_assert_pstr_eq(r.challenge, headers[_i].challenge);
	ck_assert_pstr_eq(r.retry_after, headers[_i].retry_after);
	ck_assert_int_eq(r.date, headers[_i].date);
	if (r.date) {
		ck_assert_int_ge(r.dated, before);
		ck_assert_int_le(r.dated, t->now(t));
	}
	http_clear(&r);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

START_TEST(keeps_its_connection)
{
	struct transport *t = http_curl(true);
	cJSON *body = json_literal("{'a': 1}");
	struct served s;
	char *url;

	served_open(&s, answer_from_table);
	url = served_url(&s, "/json");
	for (int i = 0; i < 6; i++) {
		struct http_request r = { .method = i % 2 ? "POST" : "GET",
			.url = url,
			.body = i % 2 ? body : NULL };

		ck_assert_int_eq(served_send(t, &r, LONG), 0);
		ck_assert_int_eq(r.status, 200);
		http_clear(&r);
	}
	ck_assert_int_eq(s.notes->requests, 6);
	ck_assert_int_eq(s.notes->connections, 1);
	mem_free(url);
	cJSON_Delete(body);
	served_close(&s);
	t->free(t);
}
END_TEST

#define MANY (3 * HTTP_WINDOW)

/* A request waits until a whole window of them is there, and then for one more
 * that must not come. */
static bool answer_in_waves(int fd, const struct served_request *request,
	struct served_notes *notes)
{
	int wave = (request->in_all - 1) / HTTP_WINDOW + 1;

	while (notes->requests < wave * HTTP_WINDOW)
		usleep(1000);
	usleep(20000);
	return served_body(fd, "{}");
}

START_TEST(ten_at_once_and_not_more)
{
	struct http_request r[MANY] = { 0 }, *all[MANY];
	struct transport *t = http_curl(true);
	struct served s;
	char *url;

	served_open(&s, answer_in_waves);
	url = served_url(&s, "/x");
	for (int i = 0; i < MANY; i++) {
		r[i] = (struct http_request){
			.method = "GET", .url = url, .repeatable = true
		};
		all[i] = &r[i];
	}
	ck_assert_int_eq(t->send(t, all, MANY, t->now(t) + LONG), 0);
	for (int i = 0; i < MANY; i++) {
		ck_assert_int_eq(r[i].status, 200);
		http_clear(&r[i]);
	}
	ck_assert_int_eq(s.notes->most, HTTP_WINDOW);
	ck_assert_int_eq(s.notes->requests, MANY);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

START_TEST(a_large_body_arrives_whole)
{
	struct transport *t = http_curl(true);
	char *text = mem_new(3000001), *url;
	struct http_request r = { .method = "POST" };
	cJSON *body;
	struct served s;

	memset(text, 'x', 3000000);
	body = json_object(JSON_STR("a", text));
	served_open(&s, answer_from_table);
	r.url = url = served_url(&s, "/json");
	r.body = body;
	ck_assert_int_eq(served_send(t, &r, LONG), 0);
	ck_assert_int_eq(r.status, 200);
	ck_assert_ptr_nonnull(
		strstr(s.notes->last, "\r\nContent-Length: 3000009\r\n"));
	ck_assert_ptr_null(str_find_nocase(s.notes->last, "\nExpect"));
	http_clear(&r);
	cJSON_Delete(body);
	mem_free(text);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

START_TEST(its_clock_goes_forward)
{
	struct transport *t = http_curl(true);
	int64_t before = t->now(t), after;

	ck_assert_int_eq(t->pause(t, 0), 0);
	ck_assert_int_eq(t->pause(t, 20), 0);
	after = t->now(t);
	ck_assert_int_ge(after, before + 20);
	t->free(t);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("http_curl");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, reads_answers, 0, COUNT(answers));
	tcase_add_loop_test(t, sends_requests, 0, COUNT(sent));
	tcase_add_loop_test(t, sends_the_path_as_it_is, 0, COUNT(paths));
	tcase_add_loop_test(t, captures_headers, 0, COUNT(headers));
	tcase_add_test(t, keeps_its_connection);
	tcase_add_test(t, ten_at_once_and_not_more);
	tcase_add_test(t, a_large_body_arrives_whole);
	tcase_add_test(t, its_clock_goes_forward);
	suite_add_tcase(s, t);
	return s;
}
