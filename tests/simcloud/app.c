/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/app.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/json.h"
#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/address.h"
#include "tests/cloud/app_request.h"
#include "tests/simcloud/support/client.h"

Suite *suite(void);

static struct addresses *addresses;
static struct apps *apps;
static char here[ADDRESS_SIZE], there[ADDRESS_SIZE];
static uint16_t port;

static void set_up(void)
{
	struct err e;

	addresses = address_new(&e);
	apps = app_new(&e);
	ck_assert(addresses && apps);
	ck_assert_int_eq(address_take(addresses, here, &e), 0);
	ck_assert_int_eq(address_take(addresses, there, &e), 0);
	port = client_free_port(here);
}

static void tear_down(void)
{
	app_free(apps);
	address_free(addresses);
}

static struct app *start(const char *name, const char *build, const char *at)
{
	struct err e;
	struct app *app =
		app_start(apps, name, "app-42", build, &at, 1, port, &e);

	ck_assert_msg(app != NULL, "%s", e.text);
	return app;
}

#define FIXED "'server':'web1', 'image':'app-42', 'build':'42'"

/* Sent whole; the answer's status and body. */
static const struct {
	const char *request;
	int status;
	const char *body;
	bool closes;
} rows[] = {
	{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, "{" FIXED ", 'path':'/'}",
		.closes = false },
	{ "GET /any/path?x=%20y HTTP/1.1\r\nHost: a\r\n\r\n", 200,
		"{" FIXED ", 'path':'/any/path?x=%20y'}", .closes = false },
	{ "GET /?seconds=0 HTTP/1.1\r\nHost: a\r\n\r\n", 200,
		"{" FIXED ", 'path':'/?seconds=0'}", .closes = false },
	{ "GET /?a=1&seconds=0.05&b HTTP/1.1\r\nHost: a\r\n\r\n", 200,
		"{" FIXED ", 'path':'/?a=1&seconds=0.05&b'}", .closes = false },
	{ "GET /?wait_seconds=60 HTTP/1.1\r\nHost: a\r\n\r\n", 200,
		"{" FIXED ", 'path':'/?wait_seconds=60'}", .closes = false },
	{ "GET /?seconds=61 HTTP/1.1\r\nHost: a\r\n\r\n", 400,
		"{" FIXED ", 'path':'/?seconds=61'}", .closes = false },
	{ "GET /?seconds=nan HTTP/1.1\r\nHost: a\r\n\r\n", 400,
		"{" FIXED ", 'path':'/?seconds=nan'}", .closes = false },
	{ "GET /?seconds=-1 HTTP/1.1\r\nHost: a\r\n\r\n", 400,
		"{" FIXED ", 'path':'/?seconds=-1'}", .closes = false },
	{ "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 200,
		"{" FIXED ", 'path':'/'}", .closes = true },
	{ "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123456789",
		200,
		"{" FIXED ", 'path':'/p', 'received':9, 'crc32':'cbf43926'}",
		.closes = false },
	{ "PUT /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "3\r\nabc\r\n0\r\n\r\n",
		200,
		"{" FIXED ", 'path':'/p', 'received':3, 'crc32':'352441c2'}",
		.closes = false },
	{ "POST /p HTTP/1.1\r\nHost: a\r\n\r\n", 200,
		"{" FIXED ", 'path':'/p', 'received':0, 'crc32':'00000000'}",
		.closes = false },
	{ "DELETE /p HTTP/1.1\r\nHost: a\r\n\r\n", 405,
		"{" FIXED ", 'path':'/p'}", .closes = false },
	{ "GET / HTTP/1.1\r\n\r\n", 400, "{" FIXED "}", .closes = true },
	{ "\x16\x03\x01\n\n", 400, "{" FIXED "}", .closes = true },
};

static void check_body(const struct client_reply *reply, const char *literal)
{
	struct err e;
	cJSON *want = json_literal(literal);
	cJSON *have = json_parse(reply->body, reply->length, &e);

	ck_assert_msg(json_equal(want, have), "%s", reply->body);
	cJSON_Delete(want);
	cJSON_Delete(have);
}

START_TEST(answers)
{
	struct client_reply reply;
	int fd;

	start("web1", "42", here);
	fd = client_connect(here, port);
	ck_assert_int_ge(fd, 0);
	client_send(fd, rows[_i].request, strlen(rows[_i].request));
	reply = client_read(fd);
	ck_assert_int_eq(reply.status, rows[_i].status);
	ck_assert(reply.whole);
	ck_assert_ptr_nonnull(strstr(reply.head, "\r\nX-Server: web1\r\n"));
	ck_assert_ptr_nonnull(strstr(reply.head, "\r\nX-Build: 42\r\n"));
	ck_assert_ptr_nonnull(
		strstr(reply.head, "\r\nContent-Type: application/json\r\n"));
	check_body(&reply, rows[_i].body);
	client_free(&reply);

	/* What follows is answered as well, or the connection has ended. */
	reply = client_get(fd, "/next");
	ck_assert_int_eq(reply.status, rows[_i].closes ? 0 : 200);
	client_free(&reply);
	close(fd);
}
END_TEST

START_TEST(answers_one_after_the_other)
{
	static const char text[] = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
				   "POST /2?seconds=0.1 HTTP/1.1\r\nHost: a\r\n"
				   "Content-Length: 3\r\n\r\nabc"
				   "HEAD /3 HTTP/1.1\r\nHost: a\r\n\r\n";
	struct client_reply reply;
	int fd;

	start("web1", NULL, here);
	fd = client_connect(here, port);
	client_send(fd, text, sizeof(text) - 1);
	reply = client_read(fd);
	check_body(&reply,
		"{'server':'web1','image':'app-42','build':null,'path':'/1'}");
	ck_assert_ptr_null(strstr(reply.head, "X-Build"));
	client_free(&reply);
	reply = client_read(fd);
	check_body(&reply,
		"{'server':'web1','image':'app-42','build':null,"
		"'path':'/2?seconds=0.1','received':3,'crc32':'352441c2'}");
	client_free(&reply);
	shutdown(fd, SHUT_WR);
	reply = client_read(fd);
	ck_assert_int_eq(reply.status, 200);
	ck_assert_uint_eq(reply.length, 0);
	ck_assert_ptr_nonnull(strstr(reply.head, "\r\nContent-Length: 66\r\n"));
	client_free(&reply);
	close(fd);
}
END_TEST

/* Half of the body, and nothing more for now. */
static size_t read_half(int fd)
{
	char buffer[4096] = "";
	size_t used = 0;
	char *body;

	do {
		ssize_t n =
			recv(fd, buffer + used, sizeof(buffer) - 1 - used, 0);

		ck_assert_int_gt(n, 0);
		used += (size_t)n;
		body = strstr(buffer, "\r\n\r\n");
	} while (!body || !body[4]);
	ck_assert_int_eq(recv(fd, buffer, 1, MSG_DONTWAIT), -1);
	ck_assert_int_eq(errno, EAGAIN);
	return used - (size_t)(body + 4 - buffer);
}

#define SLOW "GET /?seconds=60 HTTP/1.1\r\nHost: a\r\n\r\n"

START_TEST(pauses_without_holding_up_others)
{
	struct client_reply reply;
	int slow[20];
	size_t half = 0;

	start("web1", "42", here);
	for (size_t i = 0; i < 20; i++) {
		slow[i] = client_connect(here, port);
		client_send(slow[i], SLOW, strlen(SLOW));
		half = read_half(slow[i]);
	}
	reply = client_ask(here, port, "/?seconds=.3");
	ck_assert_int_eq(reply.status, 200);
	ck_assert(reply.whole);
	ck_assert_uint_eq(half, reply.length / 2);
	client_free(&reply);
	/* A client that goes away in the pause is forgotten. */
	for (size_t i = 0; i < 20; i++)
		close(slow[i]);
	reply = client_ask(here, port, "/");
	ck_assert_int_eq(reply.status, 200);
	client_free(&reply);
}
END_TEST

START_TEST(a_stopped_one_resets_and_refuses)
{
	struct app *app = start("web1", "42", here);
	struct client_reply reply;
	int idle, slow, begun;

	start("web2", "42", there);
	idle = client_connect(here, port);
	reply = client_get(idle, "/");
	ck_assert(reply.whole);
	client_free(&reply);
	slow = client_connect(here, port);
	client_send(slow, SLOW, strlen(SLOW));
	read_half(slow);
	begun = client_connect(here, port);
	client_send(begun, "GET /", 5);

	app_stop(app);
	ck_assert_int_eq(client_connect(here, port), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
	ck_assert(client_was_reset(idle));
	ck_assert(client_was_reset(slow));
	ck_assert(client_was_reset(begun));
	reply = client_ask(there, port, "/");
	ck_assert_int_eq(reply.status, 200);
	client_free(&reply);
	close(idle);
	close(slow);
	close(begun);
	app_stop(start("web3", "42", here));
	app_stop(NULL);
}
END_TEST

static void check_status(const char *path, int status)
{
	struct client_reply reply = client_ask(here, port, path);

	ck_assert_int_eq(reply.status, status);
	ck_assert(reply.whole);
	client_free(&reply);
}

START_TEST(health_is_what_it_was_set_to)
{
	struct app *app = start("web1", "42", here);

	app_set_health(app, "/health", 500);
	check_status("/health", 500);
	check_status("/health?deep", 500);
	check_status("/other", 200);
	app_set_health(app, NULL, 503);
	check_status("/other", 503);
	app_set_health(app, NULL, 0);
	check_status("/health", 200);
}
END_TEST

static struct client_reply post(const char *extra, size_t length)
{
	int fd = client_connect(here, port);
	char *body = mem_new(length + 1);
	char *head = mem_printf("POST / HTTP/1.1\r\nHost: a\r\n%s"
				"Content-Length: %zu\r\n\r\n",
		extra, length);
	struct client_reply reply;

	memset(body, 'x', length);
	client_send(fd, head, strlen(head));
	client_send(fd, body, length);
	reply = client_read(fd);
	close(fd);
	mem_free(head);
	mem_free(body);
	return reply;
}

START_TEST(reads_long_bodies_but_no_longer_ones)
{
	struct client_reply reply;

	start("web1", "42", here);
	reply = post("", APP_REQUEST_BODY_MAX);
	ck_assert_int_eq(reply.status, 200);
	ck_assert_ptr_nonnull(strstr(reply.body, "\"received\": 16777216"));
	/* zlib.crc32(b"x" * 2 ** 24) */
	ck_assert_ptr_nonnull(strstr(reply.body, "\"crc32\": \"3a7ae8ff\""));
	client_free(&reply);
	reply = post("", APP_REQUEST_BODY_MAX + 1);
	ck_assert_int_eq(reply.status, 413);
	ck_assert(reply.whole && reply.closes);
	client_free(&reply);
	reply = post("Expect: 100-continue\r\n", 2000000);
	ck_assert_int_eq(reply.status, 100);
	client_free(&reply);
}
END_TEST

START_TEST(a_name_brings_no_header)
{
	struct client_reply reply;

	start("web1\r\nX-Evil: 1", "4\n2", here);
	reply = client_ask(here, port, "/");
	ck_assert_int_eq(reply.status, 200);
	ck_assert_ptr_null(strstr(reply.head, "\nX-Evil"));
	ck_assert_ptr_nonnull(strstr(reply.body, "web1\\r\\nX-Evil: 1"));
	client_free(&reply);
}
END_TEST

START_TEST(needs_all_its_addresses)
{
	const char *both[] = { there, here }, *bad[] = { there, "nowhere" };
	struct app *first = start("web1", "42", here);
	struct err e;

	ck_assert_ptr_null(
		app_start(apps, "web2", "i", NULL, both, 2, port, &e));
	ck_assert_ptr_nonnull(strstr(e.text, here));
	ck_assert_int_eq(client_connect(there, port), -1);
	ck_assert_ptr_null(
		app_start(apps, "web2", "i", NULL, bad, 2, port, &e));
	ck_assert_int_eq(client_connect(there, port), -1);
	app_stop(first);
	ck_assert_ptr_nonnull(
		app_start(apps, "web2", "i", NULL, both, 2, port, &e));
	check_status("/", 200);
}
END_TEST

START_TEST(plays_hundreds)
{
	enum { N = 300 };
	static char texts[N][2][ADDRESS_SIZE];
	struct client_reply reply;
	struct app *all[N];
	struct err e;
	char *name;

	for (int i = 0; i < N; i++) {
		const char *own[] = { texts[i][0], texts[i][1] };

		ck_assert_int_eq(address_take(addresses, texts[i][0], &e), 0);
		ck_assert_int_eq(address_take(addresses, texts[i][1], &e), 0);
		name = mem_printf("web%d", i);
		all[i] = app_start(apps, name, "i", "1", own, 2, port, &e);
		ck_assert_msg(all[i] != NULL, "%s", e.text);
		mem_free(name);
	}
	for (int i = 0; i < N; i += 2)
		app_stop(all[i]);
	for (int i = 0; i < N; i++) {
		reply = client_ask(texts[i][i / 2 % 2], port, "/");
		ck_assert_int_eq(reply.status, i % 2 ? 200 : 0);
		name = mem_printf("\"server\": \"web%d\"", i);
		ck_assert(i % 2 == 0 || strstr(reply.body, name));
		mem_free(name);
		client_free(&reply);
	}
}
END_TEST

/* Many come and go while others ask; nothing but the stopped ones fails. */
START_TEST(stands_coming_and_going_under_load)
{
	struct client_load *steady, *shaken;
	struct client_counts counts;

	start("web1", "42", here);
	steady = client_load_start(here, port, "/", 3, 50);
	shaken = client_load_start(there, port, "/?seconds=0.001", 3, 50);
	for (int i = 0; i < 50; i++) {
		struct app *app = start("web2", "42", there);

		client_load_wait(steady, 20);
		app_stop(app);
	}
	counts = client_load_stop(steady);
	ck_assert_msg(counts.lost == 0, "%s", counts.first_loss);
	counts = client_load_stop(shaken);
	ck_assert_uint_gt(counts.lost, 0);
}
END_TEST

/* How many of 60 connections are answered; the others must have been closed,
 * not left hanging. */
static int answered_of_60(void)
{
	struct client_reply reply;
	int fds[60], good = 0;

	for (int i = 0; i < 60; i++)
		fds[i] = client_connect(here, port);
	for (int i = 0; i < 60; i++) {
		reply = client_get(fds[i], "/");
		good += reply.whole;
		client_free(&reply);
		close(fds[i]);
	}
	return good;
}

START_TEST(runs_out_of_descriptors_and_goes_on)
{
	struct rlimit limit;
	int status, highest = dup(0);

	start("web1", "42", here);
	close(highest);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)highest + 12;
	fflush(stdout);
	if (fork() == 0)
		_exit(answered_of_60());
	setrlimit(RLIMIT_NOFILE, &limit);
	wait(&status);
	ck_assert(WIFEXITED(status));
	ck_assert_int_gt(WEXITSTATUS(status), 0);
	ck_assert_int_le(WEXITSTATUS(status), 60);
	check_status("/", 200);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("app");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_set_timeout(all, 120);
	tcase_add_loop_test(all, answers, 0, sizeof(rows) / sizeof(*rows));
	tcase_add_test(all, answers_one_after_the_other);
	tcase_add_test(all, pauses_without_holding_up_others);
	tcase_add_test(all, a_stopped_one_resets_and_refuses);
	tcase_add_test(all, health_is_what_it_was_set_to);
	tcase_add_test(all, reads_long_bodies_but_no_longer_ones);
	tcase_add_test(all, a_name_brings_no_header);
	tcase_add_test(all, needs_all_its_addresses);
	tcase_add_test(all, plays_hundreds);
	tcase_add_test(all, stands_coming_and_going_under_load);
	tcase_add_test(all, runs_out_of_descriptors_and_goes_on);
	suite_add_tcase(s, all);
	return s;
}
