/* SPDX-License-Identifier: Apache-2.0 */
/* The real transport when a signal comes. */
#include "common/interrupt.h"
#include "tests/common/served.h"

Suite *suite(void);

#define LONG  20000
#define SHORT 6000
#define MANY  (HTTP_WINDOW + 5)

/* Sends the signal when a whole window of requests is there, or the one of
 * /one; then answers, or waits until the other side goes. */
static bool answer_with_signal(int fd, const struct served_request *request,
	struct served_notes *notes)
{
	if (!str_starts(request->path, "/many") ||
		request->in_all == HTTP_WINDOW) {
		kill(notes->tester, SIGTERM);
		notes->signalled = true;
	}
	if (strstr(request->path, "answered")) {
		/* An answer before the signal would let another one begin. */
		while (!notes->signalled)
			usleep(1000);
		usleep(100000);
		return served_body(fd, "{\"made\": 1}");
	}
	while (served_read(fd, &(struct served_request){ 0 }, notes))
		;
	return false;
}

static const struct {
	const char *method, *path;
	int64_t time;
	enum http_fate fate;
	long status;
} rows[] = {
	/* A read is dropped at once. */
	{ "GET", "/one", LONG, HTTP_UNKNOWN, 0 },
	/* A write may finish, so that what it made is known. */
	{ "POST", "/one-answered", LONG, HTTP_ANSWERED, 200 },
	{ "DELETE", "/one-answered", LONG, HTTP_ANSWERED, 200 },
	/* But not for ever. */
	{ "POST", "/one", SHORT, HTTP_UNKNOWN, 0 },
};

START_TEST(a_signal_while_it_waits)
{
	struct transport *t = http_curl(true);
	struct http_request r = { .method = rows[_i].method };
	struct served s;
	char *url;

	interrupt_catch();
	served_open(&s, answer_with_signal);
	r.url = url = served_url(&s, rows[_i].path);
	ck_assert_int_eq(served_send(t, &r, rows[_i].time), -1);
	ck_assert_int_eq(interrupt_signal(), SIGTERM);
	ck_assert_int_eq(r.fate, rows[_i].fate);
	ck_assert_int_eq(r.status, rows[_i].status);
	ck_assert(r.status || r.failure);
	ck_assert_int_eq(s.notes->requests, 1);
	http_clear(&r);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

/* Those of a window are under way; nothing is begun behind them. */
static const struct {
	const char *method, *path;
	int64_t time;
	enum http_fate fate;
} batches[] = {
	{ "GET", "/many", LONG, HTTP_UNKNOWN },
	{ "POST", "/many-answered", LONG, HTTP_ANSWERED },
	{ "POST", "/many", SHORT, HTTP_UNKNOWN },
};

START_TEST(a_signal_in_a_batch)
{
	struct http_request r[MANY] = { 0 }, *all[MANY];
	struct transport *t = http_curl(true);
	int not_sent = 0, as_expected = 0;
	struct served s;
	char *url;

	interrupt_catch();
	served_open(&s, answer_with_signal);
	url = served_url(&s, batches[_i].path);
	for (int i = 0; i < MANY; i++) {
		r[i] = (struct http_request){ .method = batches[_i].method,
			.url = url };
		r[i].repeatable = streq(r[i].method, "GET");
		all[i] = &r[i];
	}
	ck_assert_int_eq(
		t->send(t, all, MANY, t->now(t) + batches[_i].time), -1);
	for (int i = 0; i < MANY; i++) {
		not_sent += r[i].fate == HTTP_NOT_SENT;
		as_expected += r[i].fate == batches[_i].fate;
		http_clear(&r[i]);
	}
	ck_assert_int_eq(not_sent, MANY - HTTP_WINDOW);
	ck_assert_int_eq(as_expected, HTTP_WINDOW);
	ck_assert_int_eq(s.notes->requests, HTTP_WINDOW);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

/* After a signal nothing is begun, least of all something that costs money. */
static const char *const methods[] = { "GET", "POST", "DELETE" };

START_TEST(a_signal_before)
{
	struct transport *t = http_curl(true);
	struct http_request r = { .method = methods[_i] };
	struct served s;
	char *url;

	interrupt_catch();
	raise(SIGINT);
	served_open(&s, answer_with_signal);
	r.url = url = served_url(&s, "/one-answered");
	ck_assert_int_eq(served_send(t, &r, SHORT), -1);
	ck_assert_int_eq(s.notes->requests, 0);
	ck_assert_int_eq(r.fate, HTTP_NOT_SENT);
	http_clear(&r);
	mem_free(url);
	served_close(&s);
	t->free(t);
}
END_TEST

/* Undoing what was made: the signal is forgotten, and the transport works. */
START_TEST(after_the_signal_is_cleared)
{
	struct transport *t = http_curl(true);
	struct http_request r = { .method = "GET" };
	struct served s;
	char *url, *other;

	interrupt_catch();
	served_open(&s, answer_with_signal);
	url = served_url(&s, "/one");
	other = served_url(&s, "/many-answered");
	r.url = url;
	ck_assert_int_eq(served_send(t, &r, LONG), -1);
	http_clear(&r);
	interrupt_clear();
	r = (struct http_request){ .method = "DELETE", .url = other };
	ck_assert_int_eq(served_send(t, &r, LONG), 0);
	ck_assert_int_eq(r.status, 200);
	ck_assert_int_eq(t->pause(t, 10), 0);
	http_clear(&r);
	mem_free(url);
	mem_free(other);
	served_close(&s);
	t->free(t);
}
END_TEST

/* A body that nobody reads: the signal comes while it is being written. */
static void accept_and_signal(int listener)
{
	int fd = accept(listener, NULL, NULL);
	char byte;

	recv(fd, &byte, 1, MSG_PEEK);
	kill(getppid(), SIGTERM);
	while (fd >= 0)
		pause();
}

START_TEST(a_signal_while_it_writes)
{
	struct transport *t = http_curl(true);
	struct http_request r = { .method = "POST" };
	int port, listener = served_listen(&port);
	char *text = mem_new(30000001), *url;
	cJSON *body;
	pid_t child;

	interrupt_catch();
	memset(text, 'x', 30000000);
	r.body = body = json_new_str(text);
	r.url = url = mem_printf("http://127.0.0.1:%d/x", port);
	unsetenv("http_proxy");
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		accept_and_signal(listener);
	ck_assert_int_eq(served_send(t, &r, 5000), -1);
	ck_assert_int_eq(interrupt_signal(), SIGTERM);
	ck_assert_int_eq(r.fate, HTTP_UNKNOWN);
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	close(listener);
	http_clear(&r);
	cJSON_Delete(body);
	mem_free(url);
	mem_free(text);
	t->free(t);
}
END_TEST

START_TEST(a_signal_ends_a_pause)
{
	struct transport *t = http_curl(true);
	pid_t child;

	interrupt_catch();
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		usleep(50000);
		kill(getppid(), SIGHUP);
		_exit(0);
	}
	ck_assert_int_eq(t->pause(t, 60000), -1);
	ck_assert_int_eq(interrupt_signal(), SIGHUP);
	ck_assert_int_eq(t->pause(t, 60000), -1);
	ck_assert_int_eq(t->pause(t, 0), -1);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	t->free(t);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("http_curl_signal");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 30);
	tcase_add_loop_test(
		t, a_signal_while_it_waits, 0, sizeof(rows) / sizeof(*rows));
	tcase_add_loop_test(
		t, a_signal_in_a_batch, 0, sizeof(batches) / sizeof(*batches));
	tcase_add_loop_test(t, a_signal_before, 0, 3);
	tcase_add_test(t, after_the_signal_is_cleared);
	tcase_add_test(t, a_signal_while_it_writes);
	tcase_add_test(t, a_signal_ends_a_pause);
	suite_add_tcase(s, t);
	return s;
}
