/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/app_request.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

#define HOST "Host: a\r\n"
#define POST "POST /p HTTP/1.1\r\n" HOST

/* `error' 0: the request is whole; what is left of the bytes is `rest'. A
 * NULL method: it is not whole yet. */
static const struct {
	const char *bytes, *method, *target;
	int error;
	uint64_t received;
	uint32_t crc;
	const char *rest;
	bool closes;
} requests[] = {
	{ "GET / HTTP/1.1\r\n" HOST "\r\n", "GET", .target = "/" },
	{ "GET / HTTP/1.1\n"
	  "Host: a\n\n",
		"GET", .target = "/" },
	{ "\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n", "GET", .target = "/" },
	{ "GET /a?b=%20&c#d HTTP/1.1\r\nhOsT:a\r\n\r\nGET", "GET",
		"/a?b=%20&c#d", .rest = "GET" },
	{ "GET / HTTP/1.1\r\n" HOST "Connection: x, Close\r\n\r\n", "GET", "/",
		.closes = true },
	{ "GET / HTTP/1.0\r\n\r\n", "GET", "/", .closes = true },
	{ "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET",
		.target = "/" },
	{ POST "Content-Length: 9\r\n\r\n123456789", "POST", "/p",
		.received = 9, .crc = 0xcbf43926 },
	{ POST "Content-Length: 0\r\n\r\n", "POST", .target = "/p" },
	{ POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabcd", "POST",
		"/p", .received = 3, .crc = 0x352441c2, .rest = "d" },
	{ POST "Transfer-Encoding: Chunked\r\n\r\n"
	       "4\r\n1234\r\n5;x=\"y\"\r\n56789\r\n0\r\n\r\nP",
		"POST", "/p", .received = 9, .crc = 0xcbf43926, .rest = "P" },
	{ POST "Transfer-Encoding: chunked\r\n\r\n"
	       "00009 \r\n123456789\r\n000\r\nTrailer: x\r\n\r\n",
		"POST", "/p", .received = 9, .crc = 0xcbf43926 },

	{ "GET / HTTP/1.1\r\n" HOST "\r", .method = NULL },
	{ POST "Content-Length: 3\r\n\r\nab", .method = NULL },
	{ POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
		.method = NULL },

	{ "GET / HTTP/1.1\r\n\r\n", .error = 400 },
	{ "GET  / HTTP/1.1\r\n" HOST "\r\n", .error = 400 },
	{ "GET / HTTP/1.1 \r\n" HOST "\r\n", .error = 400 },
	{ "GET / HTTP/2.0\r\n" HOST "\r\n", .error = 400 },
	{ "GET /\r\n" HOST "\r\n", .error = 400 },
	{ "GET\r\n\r\n", .error = 400 },
	{ " / HTTP/1.1\r\n" HOST "\r\n", .error = 400 },
	{ "G(T / HTTP/1.1\r\n" HOST "\r\n", .error = 400 },
	{ "GET /\x01 HTTP/1.1\r\n" HOST "\r\n", .error = 400 },
	{ "GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n", .error = 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X : y\r\n\r\n", .error = 400 },
	{ "GET / HTTP/1.1\r\n" HOST " folded: y\r\n\r\n", .error = 400 },
	{ "GET / HTTP/1.1\r\n" HOST ": y\r\n\r\n", .error = 400 },
	{ "GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", .error = 400 },
	{ POST "Content-Length: -1\r\n\r\n", .error = 400 },
	{ POST "Content-Length: 1x\r\n\r\n", .error = 400 },
	{ POST "Content-Length: \r\n\r\n", .error = 400 },
	{ POST "Content-Length: +1\r\n\r\n", .error = 400 },
	{ POST "Content-Length: 1, 1\r\n\r\n", .error = 400 },
	{ POST "Content-Length: 99999999999999999999\r\n\r\n", .error = 400 },
	{ POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", .error = 400 },
	{ POST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		.error = 400 },
	{ POST "Transfer-Encoding: gzip, chunked\r\n\r\n", .error = 400 },
	{ POST "Transfer-Encoding: identity\r\n\r\n", .error = 400 },
	{ "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
		.error = 400 },
	{ POST "Transfer-Encoding: chunked\r\n\r\nx\r\n", .error = 400 },
	{ POST "Transfer-Encoding: chunked\r\n\r\n0x1\r\na", .error = 400 },
	{ POST "Transfer-Encoding: chunked\r\n\r\n-1\r\na", .error = 400 },
	{ POST "Transfer-Encoding: chunked\r\n\r\n\r\n", .error = 400 },
	{ POST "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", .error = 400 },
	{ POST "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
		.error = 400 },
	{ POST "Content-Length: 16777217\r\n\r\n", .error = 413 },
	{ POST "Transfer-Encoding: chunked\r\n\r\n1000001\r\n", .error = 413 },
	{ POST "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1000000\r\n",
		.error = 413 },
};

static void check_row(int row, const struct app_request *r, const char *rest)
{
	if (requests[row].error) {
		ck_assert_int_eq(r->stage, APP_REQUEST_BAD);
		ck_assert_int_eq(r->error, requests[row].error);
		return;
	}
	if (!requests[row].method) {
		ck_assert_int_lt(r->stage, APP_REQUEST_DONE);
		return;
	}
	ck_assert_int_eq(r->stage, APP_REQUEST_DONE);
	ck_assert_str_eq(r->method, requests[row].method);
	ck_assert_str_eq(r->target, requests[row].target);
	ck_assert_uint_eq(r->received, requests[row].received);
	ck_assert_uint_eq(r->crc, requests[row].crc);
	ck_assert_int_eq(r->keep_alive, !requests[row].closes);
	ck_assert_str_eq(rest, requests[row].rest ? requests[row].rest : "");
}

/* Cut in two at every place, so that no state hangs on where bytes end; each
 * piece is an exact copy, so that a sanitizer sees what is read beyond. */
START_TEST(reads_however_it_is_cut)
{
	const char *bytes = requests[_i].bytes;
	size_t n = strlen(bytes);

	for (size_t cut = 0; cut <= n; cut++) {
		char *first = mem_copy_n(bytes, cut);
		char *second = mem_copy_n(bytes + cut, n - cut);
		struct app_request r;
		size_t used;

		app_request_init(&r);
		used = app_request_read(&r, first, cut);
		if (used == cut)
			used += app_request_read(&r, second, n - cut);
		check_row(_i, &r, bytes + used);
		app_request_free(&r);
		mem_free(first);
		mem_free(second);
	}
}
END_TEST

START_TEST(reads_byte_by_byte)
{
	const char *bytes = requests[_i].bytes;
	struct app_request r;

	app_request_init(&r);
	while (*bytes && app_request_read(&r, bytes, 1) == 1)
		bytes++;
	check_row(_i, &r, bytes);
	app_request_free(&r);
}
END_TEST

/* What may not grow without end, over and over. */
static const struct {
	const char *begin, *more;
	int error;
} endless[] = {
	{ "GET /", "a", 431 },
	{ "GET / HTTP/1.1\r\n", "X: y\r\n", 431 },
	{ "GET / HTTP/1.1\r\nX: ", "y", 431 },
	{ POST "Transfer-Encoding: chunked\r\n\r\n1;", "x", 400 },
	{ POST "Transfer-Encoding: chunked\r\n\r\n", "0", 400 },
	{ POST "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n", 431 },
	{ POST "Transfer-Encoding: chunked\r\n\r\n", "8\r\n12345678\r\n", 413 },
};

START_TEST(bounds_what_has_no_end)
{
	struct app_request r;
	size_t sent = 0;

	app_request_init(&r);
	app_request_read(&r, endless[_i].begin, strlen(endless[_i].begin));
	for (; r.stage < APP_REQUEST_DONE; sent++) {
		ck_assert_uint_lt(sent, APP_REQUEST_BODY_MAX);
		app_request_read(
			&r, endless[_i].more, strlen(endless[_i].more));
	}
	ck_assert_int_eq(r.stage, APP_REQUEST_BAD);
	ck_assert_int_eq(r.error, endless[_i].error);
	app_request_free(&r);
}
END_TEST

START_TEST(refuses_nul_bytes)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n";
	static const char line[] = POST "Transfer-Encoding: chunked\r\n\r\n"
					"0\0x\r\n\r\n";
	struct app_request r;

	app_request_init(&r);
	app_request_read(&r, head, sizeof(head) - 1);
	ck_assert_int_eq(r.error, 400);
	app_request_free(&r);
	app_request_init(&r);
	app_request_read(&r, line, sizeof(line) - 1);
	ck_assert_int_eq(r.error, 400);
	app_request_free(&r);
}
END_TEST

START_TEST(knows_who_waits_for_100)
{
	static const char text[] =
		POST "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n";
	struct app_request r;

	app_request_init(&r);
	app_request_read(&r, text, sizeof(text) - 1);
	ck_assert_int_eq(r.stage, APP_REQUEST_LENGTH);
	ck_assert(r.expects);
	app_request_free(&r);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("app_request");
	TCase *rows = tcase_create("rows"), *named = tcase_create("named");
	int n = sizeof(requests) / sizeof(*requests);

	tcase_set_timeout(rows, 60);
	tcase_add_loop_test(rows, reads_however_it_is_cut, 0, n);
	tcase_add_loop_test(rows, reads_byte_by_byte, 0, n);
	tcase_add_loop_test(rows, bounds_what_has_no_end, 0,
		sizeof(endless) / sizeof(*endless));
	tcase_add_test(named, refuses_nul_bytes);
	tcase_add_test(named, knows_who_waits_for_100);
	suite_add_tcase(s, rows);
	suite_add_tcase(s, named);
	return s;
}
