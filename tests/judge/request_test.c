/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/request.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"

Suite *suite(void);

/* What the server does with the second request, and when. */
enum act {
	ANSWER,
	CLOSE_BEFORE, /* after libcurl found the connection alive */
	CLOSE_UNREAD, /* once it was sent */
	CLOSE_READ,
	RESET_READ,
	CLOSE_HALF_STATUS,
	CLOSE_IN_HEADERS,
};

/* A server and a client in one thread: each moment of an exchange is where the
 * test wants it. */
struct stage {
	struct options options;
	struct lanes *lanes;
	CURLM *multi;
	int listener, fd; /* fd: its connection, or -1 */
	char head[4096];
	size_t length;
	unsigned int connections, requests, sent;
	enum act act; /* ANSWER again once it is done */
};

static void end_connection(struct stage *stage, bool reset)
{
	const struct linger none = { .l_onoff = 1 };

	if (reset)
		setsockopt(
			stage->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(stage->fd);
	stage->fd = -1;
	stage->length = 0;
	stage->act = ANSWER;
}

static void answer(struct stage *stage)
{
	char target[64], *body, *all;

	ck_assert_int_eq(sscanf(stage->head, "GET %63s", target), 1);
	body = mem_printf("{\"server\": \"s\", \"build\": \"1\", "
			  "\"path\": \"%s\"}",
		target);
	all = mem_printf("HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
		strlen(body), body);
	ck_assert_int_eq(
		send(stage->fd, all, strlen(all), 0), (ssize_t)strlen(all));
	mem_free(body);
	mem_free(all);
}

static void serve_request(struct stage *stage)
{
	stage->length = 0;
	stage->requests++;
	if (stage->act == ANSWER) {
		answer(stage);
		return;
	}
	if (stage->act == CLOSE_HALF_STATUS)
		ck_assert_int_eq(send(stage->fd, "HTTP/1.1 2", 10, 0), 10);
	if (stage->act == CLOSE_IN_HEADERS)
		ck_assert_int_eq(
			send(stage->fd, "HTTP/1.1 200 OK\r\nA", 18, 0), 18);
	end_connection(stage, stage->act == RESET_READ);
}

/* What can be done without waiting. */
static void serve(struct stage *stage)
{
	ssize_t got;

	if (stage->fd < 0) {
		stage->fd = accept4(stage->listener, NULL, NULL, SOCK_NONBLOCK);
		if (stage->fd < 0)
			return;
		stage->connections++;
	}
	if (stage->act == CLOSE_UNREAD) {
		struct pollfd in = { .fd = stage->fd, .events = POLLIN };

		if (poll(&in, 1, 0) > 0)
			end_connection(stage, false);
		return;
	}
	got = recv(stage->fd, stage->head + stage->length,
		sizeof(stage->head) - 1 - stage->length, 0);
	if (got > 0)
		stage->length += (size_t)got;
	stage->head[stage->length] = '\0';
	if (strstr(stage->head, "\r\n\r\n"))
		serve_request(stage);
}

/* libcurl tells that it takes a kept connection, which it has just looked at,
 * before it sends; and of every head that it has sent. */
static int watch(
	CURL *easy, curl_infotype type, char *text, size_t size, void *data)
{
	struct stage *stage = data;

	(void)easy;
	if (type == CURLINFO_HEADER_OUT)
		stage->sent++;
	if (type == CURLINFO_TEXT && stage->act == CLOSE_BEFORE &&
		memmem(text, size, "existing", 8)) {
		ck_assert_int_ge(stage->fd, 0);
		end_connection(stage, false);
	}
	return 0;
}

/* One request from its beginning to its end. */
static struct finding exchange(struct stage *stage, enum act act)
{
	const struct schedule_due due = { .kind = SCHEDULE_GET };
	struct request *request =
		request_new(&stage->options, &due, stage->sent, stage->lanes);
	struct finding finding;
	CURLMsg *message = NULL;
	int left;

	ck_assert_ptr_nonnull(request);
	stage->act = act;
	curl_easy_setopt(request->easy, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(request->easy, CURLOPT_DEBUGFUNCTION, watch);
	curl_easy_setopt(request->easy, CURLOPT_DEBUGDATA, stage);
	curl_multi_add_handle(stage->multi, request->easy);
	while (!message) {
		curl_multi_perform(stage->multi, &left);
		serve(stage);
		message = curl_multi_info_read(stage->multi, &left);
	}
	request_done(request, message->data.result, &finding);
	curl_multi_remove_handle(stage->multi, request->easy);
	request_free(request);
	return finding;
}

static void set_stage(struct stage *stage)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(in);

	*stage = (struct stage){ .fd = -1 };
	stage->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(
		bind(stage->listener, (struct sockaddr *)&in, size), 0);
	ck_assert_int_eq(listen(stage->listener, 8), 0);
	ck_assert_int_eq(
		getsockname(stage->listener, (struct sockaddr *)&in, &size), 0);
	stage->options = (struct options){ .keepalive = 1,
		.deadline = 10,
		.address = "127.0.0.1",
		.port = ntohs(in.sin_port) };
	snprintf(stage->options.authority, sizeof(stage->options.authority),
		"127.0.0.1:%u", (unsigned int)stage->options.port);
	stage->lanes = lanes_new(&stage->options);
	stage->multi = curl_multi_init();
}

static void clear_stage(struct stage *stage)
{
	curl_multi_cleanup(stage->multi);
	lanes_free(stage->lanes);
	if (stage->fd >= 0)
		close(stage->fd);
	close(stage->listener);
}

/* The second request, on the connection of the first: what becomes of it, and
 * how many requests and connections the server saw by then. */
static const struct {
	enum act act;
	enum outcome outcome;
	unsigned int requests, connections, sent;
	uint64_t crossed;
} cases[] = {
	{ ANSWER, OUTCOME_OK, 2, 1, 2, 0 },
	{ CLOSE_BEFORE, OUTCOME_OK, 2, 2, 3, 1 },
	{ CLOSE_UNREAD, OUTCOME_RESET, 1, 1, 2, 0 },
	{ CLOSE_READ, OUTCOME_RESET, 2, 1, 2, 0 },
	{ RESET_READ, OUTCOME_RESET, 2, 1, 2, 0 },
	{ CLOSE_HALF_STATUS, OUTCOME_RESET, 2, 1, 2, 0 },
};

START_TEST(a_request_is_sent_once_on_a_kept_connection)
{
	struct stage stage;
	struct finding finding;

	set_stage(&stage);
	finding = exchange(&stage, ANSWER);
	ck_assert_int_eq(finding.outcome, OUTCOME_OK);
	finding = exchange(&stage, cases[_i].act);
	ck_assert_msg(finding.outcome == cases[_i].outcome, "%s: %s",
		outcome_name(finding.outcome), finding.reason);
	ck_assert_uint_eq(stage.requests, cases[_i].requests);
	ck_assert_uint_eq(stage.connections, cases[_i].connections);
	ck_assert_uint_eq(stage.sent, cases[_i].sent);
	ck_assert_uint_eq(lanes_crossed(stage.lanes), cases[_i].crossed);
	ck_assert_uint_eq(lanes_idle_closes(stage.lanes), cases[_i].crossed);
	/* And the lane is as good as new. */
	finding = exchange(&stage, ANSWER);
	ck_assert_int_eq(finding.outcome, OUTCOME_OK);
	clear_stage(&stage);
}
END_TEST

/* Each loss is another one: a lane has no memory of the last. */
START_TEST(losses_after_a_crossed_close_still_count)
{
	struct stage stage;

	set_stage(&stage);
	for (int i = 0; i < 3; i++) {
		exchange(&stage, ANSWER);
		ck_assert_int_eq(
			exchange(&stage, CLOSE_BEFORE).outcome, OUTCOME_OK);
		ck_assert_int_eq(
			exchange(&stage, CLOSE_READ).outcome, OUTCOME_RESET);
	}
	ck_assert_uint_eq(lanes_crossed(stage.lanes), 3);
	clear_stage(&stage);
}
END_TEST

START_TEST(an_idle_close_is_seen_before_sending)
{
	struct stage stage;

	set_stage(&stage);
	exchange(&stage, ANSWER);
	end_connection(&stage, _i);
	ck_assert_int_eq(exchange(&stage, ANSWER).outcome, OUTCOME_OK);
	ck_assert_uint_eq(stage.requests, 2);
	ck_assert_uint_eq(stage.sent, 2);
	ck_assert_uint_eq(lanes_idle_closes(stage.lanes), 1);
	ck_assert_uint_eq(lanes_crossed(stage.lanes), 0);
	clear_stage(&stage);
}
END_TEST

START_TEST(a_late_answer_is_not_the_next_ones)
{
	struct stage stage;

	set_stage(&stage);
	exchange(&stage, ANSWER);
	ck_assert_int_gt(
		send(stage.fd, "HTTP/1.1 408 Late\r\nContent-Length: 0\r\n\r\n",
			40, 0),
		0);
	end_connection(&stage, false);
	ck_assert_int_eq(exchange(&stage, ANSWER).outcome, OUTCOME_OK);
	ck_assert_uint_eq(stage.connections, 2);
	clear_stage(&stage);
}
END_TEST

START_TEST(an_end_within_the_headers_is_no_answer)
{
	struct stage stage;
	struct finding finding;

	set_stage(&stage);
	finding = exchange(&stage, CLOSE_IN_HEADERS);
	ck_assert_int_eq(finding.outcome, OUTCOME_TRUNCATED);
	ck_assert_ptr_nonnull(strstr(finding.reason, "within the headers"));
	ck_assert_uint_eq(stage.requests, 1);
	clear_stage(&stage);
}
END_TEST

/* A server's limit on idle connections is kept away from. */
START_TEST(a_connection_that_was_long_idle_is_not_used)
{
	struct stage stage;
	struct lane *lane;
	int first;

	set_stage(&stage);
	exchange(&stage, ANSWER);
	lane = lanes_take(stage.lanes);
	lane_give(lane);
	lane->idle_since -= LANE_IDLE_MAX + 1;
	first = stage.fd;
	stage.fd = -1;
	ck_assert_int_eq(exchange(&stage, ANSWER).outcome, OUTCOME_OK);
	ck_assert_uint_eq(stage.connections, 2);
	ck_assert_uint_eq(lanes_idle_closes(stage.lanes), 0);
	close(first);
	clear_stage(&stage);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("judge/request");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, a_request_is_sent_once_on_a_kept_connection, 0,
		sizeof(cases) / sizeof(*cases));
	tcase_add_test(t, losses_after_a_crossed_close_still_count);
	tcase_add_loop_test(t, an_idle_close_is_seen_before_sending, 0, 2);
	tcase_add_test(t, a_late_answer_is_not_the_next_ones);
	tcase_add_test(t, an_end_within_the_headers_is_no_answer);
	tcase_add_test(t, a_connection_that_was_long_idle_is_not_used);
	suite_add_tcase(s, t);
	return s;
}
