/* SPDX-License-Identifier: Apache-2.0 */
/* The real transport against a server that breaks off, stalls or lies. */
#include <errno.h>

#include "common/interrupt.h"
#include "tests/common/served.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define LONG         20000
#define SHORT        2000
#define HEAD         "HTTP/1.1 200 OK\r\n"

/* Bytes that are sent before the connection is closed. */
static const struct {
	const char *path, *bytes;
	bool reset;
} breaks[] = {
	{ "/nothing", "", false },
	{ "/nothing-reset", "", true },
	{ "/half-head", "HTTP/1.1 200 OK\r\nContent-Le", false },
	{ "/head", HEAD "Content-Length: 8\r\n\r\n", false },
	{ "/half-body", HEAD "Content-Length: 8\r\n\r\n{\"a\"", false },
	{ "/half-body-reset", HEAD "Content-Length: 8\r\n\r\n{\"a\"", true },
	{ "/half-chunk", HEAD "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"a\"",
		false },
	{ "/no-last-chunk",
		HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", false },
	{ "/bad-chunk", HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
		false },
	{ "/no-http", "SSH-2.0-OpenSSH_9.2\r\n", false },
	{ "/garbage", "\x01\x02\x03\r\n\r\n", false },
	{ "/bad-length", HEAD "Content-Length: -8\r\n\r\n{}", false },
	{ "/gzip", HEAD "Content-Encoding: gzip\r\nContent-Length: 8\r\n\r\n{",
		false },
};

static bool answer_and_break(int fd, const struct served_request *request,
	struct served_notes *notes)
{
	(void)notes;
	for (size_t i = 0; i < COUNT(breaks); i++) {
		if (!streq(breaks[i].path, request->path))
			continue;
		served_write(fd, breaks[i].bytes);
		if (breaks[i].reset) {
			usleep(20000);
			served_reset(fd);
		}
	}
	return false;
}

/* Each for GET and for POST: no half answer passes for a whole one, and one
 * sending is one request. */
START_TEST(half_an_answer_is_none)
{
	struct transport *t = http_curl(true);
	struct http_request r = { .method = _i % 2 ? "POST" : "GET" };
	struct served s;
	char *url;

	served_open(&s, answer_and_break);
	r.url = url = served_url(&s, breaks[_i / 2].path);
	ck_assert_int_eq(served_send(t, &r, LONG), 0);
	ck_assert_int_eq(r.fate, HTTP_UNKNOWN);
	ck_assert_ptr_nonnull(r.failure);
	ck_assert_ptr_null(r.reply);
	ck_assert_int_eq(s.notes->requests, 1);
	http_clear(&r);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

/* The second request of a connection is read, and then the connection goes
 * without any byte: it may have been done. */
static bool answer_once(int fd, const struct served_request *request,
	struct served_notes *notes)
{
	(void)notes;
	if (request->number == 1)
		return served_body(fd, "{}");
	return streq(request->path, "/reset") ? served_reset(fd) : false;
}

static const struct {
	const char *method, *path;
} reused[] = { { "POST", "/close" }, { "POST", "/reset" }, { "GET", "/close" },
	{ "GET", "/reset" }, { "DELETE", "/close" } };

START_TEST(a_kept_connection_that_breaks)
{
	struct transport *t = http_curl(true);
	struct http_request first = { .method = "GET" };
	struct http_request r = { .method = reused[_i].method };
	struct served s;
	char *url;

	served_open(&s, answer_once);
	first.url = r.url = url = served_url(&s, reused[_i].path);
	served_send(t, &first, LONG);
	ck_assert_int_eq(first.status, 200);
	ck_assert_int_eq(served_send(t, &r, LONG), 0);
	/* Read twice, answered once: libcurl's own second try. */
	ck_assert(s.notes->requests < 3 || r.doubtful);
	if (streq(r.method, "POST")) {
		ck_assert_int_eq(s.notes->writes, 1);
		ck_assert_int_eq(r.fate == HTTP_ANSWERED,
			s.notes->connections == 2 && r.status == 200);
	}
	/* On the same connection the fate is unknown, on a new one it is
	 * answered; never was nothing sent. */
	ck_assert_int_ne(r.fate, HTTP_NOT_SENT);
	ck_assert_int_le(s.notes->requests, 3);
	http_clear(&first);
	http_clear(&r);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

/* Through http_run(): the POST stays one, the GET is repeated and succeeds. */
START_TEST(what_http_run_makes_of_it)
{
	struct transport *t = http_curl(true);
	struct http_request r[2] = { { .method = "GET" }, { .method = "GET" } };
	struct err e;
	struct served s;
	char *url;

	served_open(&s, answer_once);
	r[0].url = r[1].url = url = served_url(&s, "/reset");
	http_run(t, r, 1, t->now(t) + LONG, &e);
	r[1].method = _i ? "POST" : "GET";
	http_run(t, r + 1, 1, t->now(t) + LONG, &e);
	ck_assert_int_eq(s.notes->writes, _i);
	if (!_i)
		ck_assert_int_eq(r[1].status, 200);
	http_clear(&r[0]);
	http_clear(&r[1]);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

/* The server closes while nobody asks: a new connection, and no failure. */
static bool answer_and_close(int fd, const struct served_request *request,
	struct served_notes *notes)
{
	(void)request, (void)notes;
	served_body(fd, "{}");
	return false;
}

START_TEST(an_idle_connection_that_was_closed)
{
	struct transport *t = http_curl(true);
	struct served s;
	char *url;

	served_open(&s, answer_and_close);
	url = served_url(&s, "/x");
	for (int i = 0; i < 3; i++) {
		struct http_request r = { .method = i ? "POST" : "GET",
			.url = url };

		served_send(t, &r, LONG);
		ck_assert_int_eq(r.fate, HTTP_ANSWERED);
		http_clear(&r);
		while (s.notes->closed <= i)
			usleep(1000);
	}
	ck_assert_int_eq(s.notes->writes, 2);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

/* Silence at three places. */
static bool answer_slowly(int fd, const struct served_request *request,
	struct served_notes *notes)
{
	(void)notes;
	if (streq(request->path, "/body"))
		served_write(fd, HEAD "Content-Length: 100\r\n\r\n{");
	if (streq(request->path, "/drip"))
		served_write(fd, HEAD "Transfer-Encoding: chunked\r\n\r\n");
	while (streq(request->path, "/drip")) {
		if (!served_write(fd, "1\r\n \r\n"))
			break;
		usleep(10000);
	}
	while (served_read(fd, &(struct served_request){ 0 }, notes))
		;
	return false;
}

static const char *const silences[] = { "/none", "/body", "/drip" };

START_TEST(silence_lasts_until_the_deadline)
{
	struct transport *t = http_curl(true);
	struct http_request r = { .method = "GET" };
	struct served s;
	int64_t begun;
	char *url;

	served_open(&s, answer_slowly);
	r.url = url = served_url(&s, silences[_i]);
	begun = t->now(t);
	ck_assert_int_eq(served_send(t, &r, SHORT), 0);
	ck_assert_int_ge(t->now(t), begun + SHORT - 5);
	ck_assert_int_eq(r.fate, HTTP_UNKNOWN);
	ck_assert_ptr_nonnull(r.failure);
	ck_assert_ptr_null(r.reply);
	http_clear(&r);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

/* Where nothing can have happened. */
static const char *const nowhere[] = { "http://127.0.0.1:%d/x", /* refused */
	"https://127.0.0.1:%d/x", "http://", "http:///x", "not a url", "",
	"http://127.0.0.1:99999/", "file:///etc/passwd", "ftp://127.0.0.1:%d/",
	"gopher://127.0.0.1:%d/", "dict://127.0.0.1:%d/d:x",
	"http://127.0.0.1:%d/a\r\nX-Evil: 1" };

START_TEST(nothing_is_sent)
{
	struct transport *t = http_curl(true);
	struct http_request r = { .method = "POST" };
	char number[16], url[100];
	int port, listener = served_listen(&port);
	const char *at = strstr(nowhere[_i], "%d");

	close(listener);
	snprintf(number, sizeof(number), "%d", port);
	snprintf(url, sizeof(url), "%.*s%s%s",
		at ? (int)(at - nowhere[_i]) : (int)strlen(nowhere[_i]),
		nowhere[_i], at ? number : "", at ? at + 2 : "");
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	r.url = url;
	ck_assert_int_eq(served_send(t, &r, LONG), 0);
	ck_assert_int_eq(r.fate, HTTP_NOT_SENT);
	ck_assert_ptr_nonnull(r.failure);
	ck_assert_uint_gt(strlen(r.failure), 5);
	ck_assert(!r.reply && !r.text && !r.status);
	http_clear(&r);
	t->free(t);
}
END_TEST

#define MIB (1024 * 1024)

/* 17 MiB, with their length or without; or exactly the maximum. */
static bool answer_much(int fd, const struct served_request *request,
	struct served_notes *notes)
{
	bool chunked = streq(request->path, "/chunked");
	int mebibytes = streq(request->path, "/most") ? 16 : 17;
	char *bytes = mem_new(MIB + 2), *head;

	(void)notes;
	memset(bytes, ' ', MIB);
	memcpy(bytes + MIB, "\r\n", 2);
	head = mem_printf(HEAD "Content-Length: %d\r\n\r\n", mebibytes * MIB);
	served_write(
		fd, chunked ? HEAD "Transfer-Encoding: chunked\r\n\r\n" : head);
	for (int i = 0; i < mebibytes; i++) {
		if (!chunked && i == mebibytes - 1)
			bytes[MIB - 1] = '7';
		if (chunked && !served_write(fd, "100000\r\n"))
			break;
		if (!served_write_n(fd, bytes, chunked ? MIB + 2 : (size_t)MIB))
			break;
	}
	mem_free(head);
	mem_free(bytes);
	return chunked && served_write(fd, "0\r\n\r\n");
}

static const char *const much[] = { "/length", "/chunked", "/most" };

START_TEST(an_answer_has_a_maximum)
{
	struct transport *t = http_curl(true);
	struct http_request r = { .method = "GET" };
	struct served s;
	char *url;

	served_open(&s, answer_much);
	r.url = url = served_url(&s, much[_i]);
	served_send(t, &r, LONG);
	if (streq(much[_i], "/most")) {
		ck_assert_int_eq(r.fate, HTTP_ANSWERED);
		ck_assert_str_eq(json_scalar_text(r.reply), "7");
	} else {
		ck_assert_int_eq(r.fate, HTTP_UNKNOWN);
		ck_assert_ptr_null(r.reply);
		ck_assert_ptr_nonnull(strstr(r.failure, "16 MiB"));
	}
	http_clear(&r);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

/* Nor is what can never be sent tried again; what may yet be is. */
static const struct {
	const char *url;
	int tries;
} hopeless[] = {
	{ "not a url", 1 },
	{ "ftp://127.0.0.1/", 1 },
	{ "http://127.0.0.1:%d/", HTTP_TRIES },
};

START_TEST(what_cannot_be_sent_is_not_tried_again)
{
	struct transport *t = http_curl(true);
	struct http_request r = { .method = "POST" };
	char url[100];
	struct err e;
	int port, listener = served_listen(&port);

	close(listener);
	unsetenv("http_proxy");
	if (strstr(hopeless[_i].url, "%d"))
		snprintf(url, sizeof(url), "http://127.0.0.1:%d/", port);
	else
		snprintf(url, sizeof(url), "%s", hopeless[_i].url);
	r.url = url;
	ck_assert_int_eq(http_run(t, &r, 1, t->now(t) + LONG, &e), 0);
	ck_assert_int_eq(r.fate, HTTP_NOT_SENT);
	ck_assert_int_eq(r.tries, hopeless[_i].tries);
	http_clear(&r);
	t->free(t);
}
END_TEST

/* More than a window of them, of which the first take all the time: those
 * behind are not begun. */
START_TEST(nothing_is_begun_at_the_deadline)
{
	struct http_request r[HTTP_WINDOW + 3] = { 0 }, *all[HTTP_WINDOW + 3];
	struct transport *t = http_curl(true);
	struct served s;
	char *url;

	served_open(&s, answer_slowly);
	url = served_url(&s, "/none");
	for (int i = 0; i < HTTP_WINDOW + 3; i++) {
		r[i] = (struct http_request){ .method = "POST", .url = url };
		all[i] = &r[i];
	}
	ck_assert_int_eq(
		t->send(t, all, HTTP_WINDOW + 3, t->now(t) + SHORT), 0);
	for (int i = 0; i < HTTP_WINDOW + 3; i++) {
		ck_assert_int_eq(r[i].fate,
			i < HTTP_WINDOW ? HTTP_UNKNOWN : HTTP_NOT_SENT);
		ck_assert_ptr_nonnull(r[i].failure);
		http_clear(&r[i]);
	}
	while (s.notes->requests < HTTP_WINDOW)
		usleep(1000);
	ck_assert_int_eq(s.notes->requests, HTTP_WINDOW);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

/* Once is enough to know that it is too large. */
START_TEST(too_large_an_answer_is_not_asked_for_again)
{
	struct transport *t = http_curl(true);
	struct http_request r = { .method = "GET" };
	struct err e;
	struct served s;
	char *url;

	served_open(&s, answer_much);
	r.url = url = served_url(&s, "/length");
	http_run(t, &r, 1, t->now(t) + LONG, &e);
	ck_assert_ptr_nonnull(strstr(r.failure, "16 MiB"));
	ck_assert_int_eq(s.notes->requests, 1);
	http_clear(&r);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

/* Texts that are no JSON: kept whole, since half a secret would not be found.
 */
static bool answer_texts(int fd, const struct served_request *request,
	struct served_notes *notes)
{
	size_t length = strtoul(request->path + 2, NULL, 10);
	char *text = mem_new(length + 1);
	bool goes_on;

	(void)notes;
	memset(text, request->path[1], length);
	goes_on = served_body(fd, text);
	mem_free(text);
	return goes_on;
}

static const struct {
	const char *path;
	size_t kept;
} texts[] = {
	{ "/[4000", 4000 },
	{ "/[1000000", 1000000 },
	{ "/x4096", 4096 },
	{ "/x4097", 4097 },
	{ "/{99", 99 },
};

START_TEST(keeps_what_is_no_json)
{
	struct transport *t = http_curl(true);
	struct http_request r = { .method = "GET" };
	struct served s;
	char *url;

	served_open(&s, answer_texts);
	r.url = url = served_url(&s, texts[_i].path);
	served_send(t, &r, LONG);
	ck_assert_int_eq(r.status, 200);
	ck_assert_ptr_null(r.reply);
	ck_assert_uint_eq(strlen(r.text), texts[_i].kept);
	http_clear(&r);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("http_curl_broken");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, half_an_answer_is_none, 0, 2 * COUNT(breaks));
	tcase_add_loop_test(t, a_kept_connection_that_breaks, 0, COUNT(reused));
	tcase_add_loop_test(t, what_http_run_makes_of_it, 0, 2);
	tcase_add_test(t, an_idle_connection_that_was_closed);
	tcase_add_loop_test(
		t, silence_lasts_until_the_deadline, 0, COUNT(silences));
	tcase_add_loop_test(t, nothing_is_sent, 0, COUNT(nowhere));
	tcase_add_loop_test(t, an_answer_has_a_maximum, 0, COUNT(much));
	tcase_add_loop_test(
		t, what_cannot_be_sent_is_not_tried_again, 0, COUNT(hopeless));
	tcase_add_test(t, nothing_is_begun_at_the_deadline);
	tcase_add_test(t, too_large_an_answer_is_not_asked_for_again);
	tcase_add_loop_test(t, keeps_what_is_no_json, 0, COUNT(texts));
	suite_add_tcase(s, t);
	return s;
}
