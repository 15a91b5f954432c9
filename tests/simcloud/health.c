/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/health.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/address.h"
#include "tests/cloud/app.h"
#include "tests/simcloud/support/client.h"

Suite *suite(void);

static struct addresses *addresses;
static struct apps *apps;
static struct health *health;
static char here[ADDRESS_SIZE];
static uint16_t port;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void note_change(void *context)
{
	(void)context;
	pthread_mutex_lock(&lock);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void wait_until(int64_t node, bool online)
{
	pthread_mutex_lock(&lock);
	while (health_online(health, node) != online)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void set_up(void)
{
	struct err e;

	addresses = address_new(&e);
	apps = app_new(&e);
	health = health_new(note_change, NULL, &e);
	ck_assert(addresses && apps && health);
	ck_assert_int_eq(address_take(addresses, here, &e), 0);
	port = client_free_port(here);
}

static void tear_down(void)
{
	health_free(health);
	app_free(apps);
	address_free(addresses);
}

static struct app *start_app(void)
{
	const char *at = here;
	struct err e;
	struct app *app =
		app_start(apps, "web1", "image", "1", &at, 1, port, &e);

	ck_assert_msg(app != NULL, "%s", e.text);
	return app;
}

static void watch(
	int64_t node, const struct health_monitor *monitor, bool online)
{
	struct err e;

	ck_assert_msg(health_watch(health, node, here, port, monitor, online,
			      &e) == 0,
		"%s", e.text);
}

/* One probe of an application whose paths below /bad answer 500. */
static const struct {
	struct health_monitor monitor;
	bool good;
} rows[] = {
	{ { .kind = HEALTH_CONNECT }, true },
	{ { .kind = HEALTH_HTTPS, .path = "/bad" }, true },
	{ { .kind = HEALTH_HTTP }, true },
	{ { .path = "/bad", .kind = HEALTH_HTTP }, true },
	{ { .path = "/ok", .status_regex = "^200$", .kind = HEALTH_HTTP },
		true },
	{ { .path = "/bad", .status_regex = "^200$", .kind = HEALTH_HTTP },
		false },
	{ { .path = "/bad",
		  .status_regex = "^[234][0-9][0-9]$",
		  .kind = HEALTH_HTTP },
		false },
	{ { .path = "/bad", .status_regex = "500|503", .kind = HEALTH_HTTP },
		true },
	{ { .path = "/ok",
		  .status_regex = "",
		  .body_regex = "",
		  .kind = HEALTH_HTTP },
		true },
	{ { .path = "/ok",
		  .body_regex = "^.*\"path\": \"/ok\".*$",
		  .kind = HEALTH_HTTP },
		true },
	{ { .path = "/ok",
		  .body_regex = "image",
		  .status_regex = "200",
		  .kind = HEALTH_HTTP },
		true },
	{ { .path = "/ok", .body_regex = "X-Server", .kind = HEALTH_HTTP },
		false },
	{ { .path = "/ok", .status_regex = "OK", .kind = HEALTH_HTTP }, false },
	{ { .path = "/?seconds=0.1",
		  .body_regex = "\\}$",
		  .kind = HEALTH_HTTP },
		true },
};

START_TEST(judges)
{
	struct health_monitor monitor = rows[_i].monitor;

	app_set_health(start_app(), "/bad", 500);
	monitor.delay = 3600;
	monitor.timeout = 20;
	monitor.attempts = 1;
	watch(1, &monitor, !rows[_i].good);
	wait_until(1, rows[_i].good);
}
END_TEST

/* What an answering side may do, one letter each: g 200, b 500, s nothing, c
 * close at once, h half a status line, e a body without end, n no HTTP. A
 * capital letter: from then on the node is seen online. */
static const struct {
	const char *script;
	int attempts;
	bool online; /* at first */
} scripts[] = {
	{ "bbbG", 3, false },
	{ "GGBBGBBbG", 3, false },
	{ "GBBGBBGBBb", 3, true },
	{ "bGbGb", 1, true },
	{ "cGcGhGnGs", 1, true },
	{ "SShG", 3, true },
	{ "eG", 1, true },
	{ "BBBBBBBBBbG", 10, true },
};

static const struct health_monitor scripted = { .kind = HEALTH_HTTP,
	.delay = 0.01,
	.timeout = 60,
	.path = "/health?x=1",
	.status_regex = "^200$",
	.body_regex = "fine",
	.host = "www.example.com" };

static int listen_here(void)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	inet_pton(AF_INET, here, &name.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

/* The connection of the next probe, its request read. */
static int next_probe(int listener)
{
	static const char request[] = "GET /health?x=1 HTTP/1.0\r\n"
				      "Host: www.example.com\r\n";
	char text[1024] = "";
	size_t used = 0;
	int fd = accept(listener, NULL, NULL);

	while (!strstr(text, "\r\n\r\n")) {
		ssize_t n = recv(fd, text + used, sizeof(text) - 1 - used, 0);

		ck_assert_int_gt(n, 0);
		used += (size_t)n;
	}
	ck_assert(str_starts(text, request));
	return fd;
}

static void act(int fd, char letter)
{
	static const char good[] = "HTTP/1.1 200 OK\r\n\r\nI am fine";
	static const char bad[] = "HTTP/1.1 500 Oh\r\n\r\nI am fine";
	static const char lines[] = "HTTP/1.1 200 OK\r\n\r\nno end";
	char byte;

	if (letter == 'g')
		client_send(fd, good, strlen(good));
	else if (letter == 'b')
		client_send(fd, bad, strlen(bad));
	else if (letter == 'h')
		client_send(fd, good, 12);
	else if (letter == 'n')
		client_send(fd, good + 9, strlen(good) - 9);
	else if (letter == 's')
		ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
	while (letter == 'e' && client_send(fd, lines, strlen(lines)))
		continue;
	close(fd);
}

/* A probe begins when the one before it was judged. */
START_TEST(counts_failures)
{
	const char *script = scripts[_i].script;
	struct health_monitor monitor = scripted;
	int listener = listen_here(), last;

	monitor.attempts = scripts[_i].attempts;
	/* Silence is waited for; nothing else may be late. */
	if (strpbrk(script, "sS"))
		monitor.timeout = 3;
	watch(1, &monitor, scripts[_i].online);
	for (size_t i = 0; script[i]; i++) {
		int fd = next_probe(listener);

		if (i > 0)
			ck_assert_msg(health_online(health, 1) ==
					      (script[i - 1] <= 'Z'),
				"after %zu", i);
		act(fd, (char)(script[i] | 0x20));
	}
	last = next_probe(listener);
	ck_assert_int_eq(
		health_online(health, 1), script[strlen(script) - 1] <= 'Z');
	close(last);
	close(listener);
}
END_TEST

START_TEST(waits_for_the_application)
{
	static const struct health_monitor monitor = { .kind = HEALTH_CONNECT,
		.delay = 0.01,
		.timeout = 5,
		.attempts = 2 };
	struct app *app;

	watch(1, &monitor, false);
	for (int i = 0; i < 5; i++) {
		ck_assert(!health_online(health, 1));
		app = start_app();
		wait_until(1, true);
		app_stop(app);
		wait_until(1, false);
	}
}
END_TEST

START_TEST(fails_what_is_not_here)
{
	static const char *const far[] = { "192.0.2.1", "::1", "db.example", "",
		"0.0.0.0" };
	static const struct health_monitor monitor = { .kind = HEALTH_CONNECT,
		.delay = 0.01,
		.timeout = 3600,
		.attempts = 2 };
	struct err e;

	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(
			health_watch(health, i, far[i], 80, &monitor, true, &e),
			0);
		wait_until(i, false);
	}
}
END_TEST

START_TEST(forgets)
{
	struct health_monitor monitor = scripted;
	struct timeval short_time = { .tv_usec = 300000 };
	int listener = listen_here();

	monitor.attempts = 1;
	watch(1, &monitor, true);
	close(next_probe(listener));
	health_forget(health, 1);
	ck_assert(!health_online(health, 1));
	health_forget(health, 2);
	/* One may have begun before it was forgotten. */
	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &short_time,
		sizeof(short_time));
	for (int i = 0; i < 3; i++)
		close(accept(listener, NULL, NULL));
	ck_assert_int_eq(accept(listener, NULL, NULL), -1);
	setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 0 },
		sizeof(struct timeval));
	watch(1, &monitor, false);
	act(next_probe(listener), 'g');
	wait_until(1, true);
	close(listener);
}
END_TEST

START_TEST(a_new_monitor_keeps_what_was_known)
{
	struct health_monitor monitor = scripted;
	int listener = listen_here();

	monitor.attempts = 1;
	monitor.delay = 3600;
	watch(1, &monitor, false);
	act(next_probe(listener), 'g');
	wait_until(1, true);
	monitor.attempts = 3;
	monitor.delay = 0.01;
	watch(1, &monitor, false);
	for (int i = 0; i < 3; i++) {
		int fd = next_probe(listener);

		ck_assert(health_online(health, 1));
		act(fd, 'b');
	}
	wait_until(1, false);
	close(listener);
}
END_TEST

START_TEST(refuses_bad_expressions)
{
	static const struct health_monitor bad[] = {
		{ .kind = HEALTH_HTTP, .status_regex = "[" },
		{ .kind = HEALTH_HTTP, .status_regex = "2", .body_regex = "(" },
	};
	struct err e;

	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(health_check(&bad[i], &e), -1);
		ck_assert_int_eq(
			health_watch(health, 1, here, port, &bad[i], true, &e),
			-1);
		ck_assert(!health_online(health, 1));
	}
	ck_assert_int_eq(health_check(&scripted, &e), 0);
}
END_TEST

START_TEST(looks_after_hundreds)
{
	enum { N = 400 };
	struct health_monitor monitor = { .kind = HEALTH_HTTP,
		.delay = 0.2,
		.timeout = 20,
		.attempts = 1,
		.status_regex = "200" };
	struct app *app = start_app();

	for (int i = 0; i < N; i++)
		watch(i, &monitor, i % 2);
	for (int i = 0; i < N; i++)
		wait_until(i, true);
	app_set_health(app, NULL, 500);
	for (int i = 0; i < N; i++)
		wait_until(i, false);
	for (int i = 0; i < N; i += 2)
		health_forget(health, i);
	app_set_health(app, NULL, 0);
	for (int i = 1; i < N; i += 2)
		wait_until(i, true);
	ck_assert(!health_online(health, 0));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("health");
	TCase *all = tcase_create("all");

	tcase_add_checked_fixture(all, set_up, tear_down);
	tcase_set_timeout(all, 120);
	tcase_add_loop_test(all, judges, 0, sizeof(rows) / sizeof(*rows));
	tcase_add_loop_test(
		all, counts_failures, 0, sizeof(scripts) / sizeof(*scripts));
	tcase_add_test(all, waits_for_the_application);
	tcase_add_test(all, fails_what_is_not_here);
	tcase_add_test(all, forgets);
	tcase_add_test(all, a_new_monitor_keeps_what_was_known);
	tcase_add_test(all, refuses_bad_expressions);
	tcase_add_test(all, looks_after_hundreds);
	suite_add_tcase(s, all);
	return s;
}
