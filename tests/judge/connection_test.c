/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/connection.h"

#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

Suite *suite(void);

/* A connection with one exchange behind it. */
struct pair {
	int client, server;
};

static void send_bytes(int fd, const char *bytes, size_t length)
{
	ck_assert_int_eq(
		send(fd, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

static void receive_bytes(int fd, size_t length)
{
	char bytes[64];

	ck_assert_int_eq(recv(fd, bytes, length, MSG_WAITALL), (ssize_t)length);
}

static struct pair connected(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(in);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct pair pair = { .client = socket(AF_INET, SOCK_STREAM, 0) };

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&in, size), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(
		getsockname(listener, (struct sockaddr *)&in, &size), 0);
	ck_assert_int_eq(connect(pair.client, (struct sockaddr *)&in, size), 0);
	pair.server = accept(listener, NULL, NULL);
	ck_assert_int_ge(pair.server, 0);
	close(listener);
	send_bytes(pair.client, "hello", 5);
	receive_bytes(pair.server, 5);
	send_bytes(pair.server, "answer", 6);
	receive_bytes(pair.client, 6);
	return pair;
}

static void close_with_reset(int fd)
{
	const struct linger none = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(fd);
}

/* Until the end of the connection can be read, which is read as a client
 * would. */
static void read_end(int fd)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	char byte;

	ck_assert_int_eq(poll(&readable, 1, 10000), 1);
	ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
}

/* What the server does before and after the request "again" is sent. */
enum act { NOTHING, CLOSE, RESET, READ_CLOSE, READ_RESET };

static const struct {
	const char *what;
	enum act before, after;
	bool sends, idle;
} cases[] = {
	{ "closed, then sent: crossed", CLOSE, NOTHING, true, true },
	{ "closed, nothing sent", CLOSE, NOTHING, false, true },
	{ "reset, nothing sent", RESET, NOTHING, false, true },
	{ "sent, read, closed", NOTHING, READ_CLOSE, true, false },
	{ "sent, read, reset", NOTHING, READ_RESET, true, false },
	{ "sent, not read, closed", NOTHING, CLOSE, true, false },
	{ "sent, not read, reset", NOTHING, RESET, true, false },
};

static void act(int fd, enum act act)
{
	if (act == READ_CLOSE || act == READ_RESET)
		receive_bytes(fd, 5);
	if (act == CLOSE || act == READ_CLOSE)
		close(fd);
	if (act == RESET || act == READ_RESET)
		close_with_reset(fd);
}

START_TEST(tells_a_crossed_close_from_a_cut)
{
	struct pair pair = connected();
	struct connection_mark mark = connection_mark(pair.client);

	ck_assert(mark.known);
	act(pair.server, cases[_i].before);
	if (cases[_i].sends)
		send_bytes(pair.client, "again", 5);
	act(pair.server, cases[_i].after);
	read_end(pair.client);
	ck_assert_msg(connection_was_idle(pair.client, &mark) == cases[_i].idle,
		"%s", cases[_i].what);
	close(pair.client);
}
END_TEST

START_TEST(knows_nothing_without_a_mark)
{
	struct pair pair = connected();
	const struct connection_mark none = connection_mark(-1);

	close(pair.server);
	read_end(pair.client);
	ck_assert(!none.known);
	ck_assert(!connection_was_idle(pair.client, &none));
	close(pair.client);
}
END_TEST

START_TEST(an_idle_connection_is_usable)
{
	struct pair pair = connected();

	ck_assert(connection_is_usable(pair.client));
	send_bytes(pair.client, "again", 5);
	receive_bytes(pair.server, 5);
	close(pair.server);
	close(pair.client);
}
END_TEST

START_TEST(what_nobody_asked_for_makes_it_useless)
{
	struct pair pair = connected();
	struct pollfd readable = { .fd = pair.client, .events = POLLIN };
	char byte;

	send_bytes(pair.server, "late", 4);
	ck_assert_int_eq(poll(&readable, 1, 10000), 1);
	ck_assert(!connection_is_usable(pair.client));
	ck_assert_int_eq(recv(pair.client, &byte, 1, MSG_PEEK), 0);
	close(pair.server);
	close(pair.client);
}
END_TEST

START_TEST(a_closed_one_is_useless)
{
	struct pair pair = connected();
	struct pollfd readable = { .fd = pair.client, .events = POLLIN };

	if (_i)
		close_with_reset(pair.server);
	else
		close(pair.server);
	ck_assert_int_eq(poll(&readable, 1, 10000), 1);
	ck_assert(!connection_is_usable(pair.client));
	close(pair.client);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("judge/connection");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, tells_a_crossed_close_from_a_cut, 0,
		sizeof(cases) / sizeof(*cases));
	tcase_add_test(t, knows_nothing_without_a_mark);
	tcase_add_test(t, an_idle_connection_is_usable);
	tcase_add_test(t, what_nobody_asked_for_makes_it_useless);
	tcase_add_loop_test(t, a_closed_one_is_useless, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
