/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper's orders, also those that make no sense. */
#include "tests/cloud/keeper.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/mem.h"

Suite *suite(void);

static int door;
static pid_t keeper;
static char *directory;
static struct str in;

static void order(const char *text)
{
	char *line = mem_printf("%s\n", text);
	ssize_t length = (ssize_t)strlen(line);

	ck_assert_int_eq(
		send(door, line, (size_t)length, MSG_NOSIGNAL), length);
	mem_free(line);
}

/* The next report, or NULL at the end; the caller deletes it. */
static cJSON *report(void)
{
	char buffer[512], *end;
	struct err e = { 0 };
	cJSON *tree;
	ssize_t n;

	while (!(end = strchr(in.text, '\n'))) {
		n = recv(door, buffer, sizeof(buffer), 0);
		if (n <= 0)
			return NULL;
		str_add_n(&in, buffer, (size_t)n);
	}
	tree = json_parse(in.text, (size_t)(end - in.text), &e);
	ck_assert_msg(tree != NULL, "%s", e.text);
	in.length -= (size_t)(end + 1 - in.text);
	memmove(in.text, end + 1, in.length + 1);
	return tree;
}

static void reports(const char *wanted)
{
	cJSON *tree = report();
	char *text = json_text(tree);

	ck_assert_str_eq(text, wanted);
	mem_free(text);
	cJSON_Delete(tree);
}

static void start(void)
{
	int ends[2];
	cJSON *first;

	str_init(&in, 100000);
	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	fflush(stdout);
	keeper = fork();
	if (keeper == 0) {
		close(ends[0]);
		if (ends[1] != KEEPER_DOOR) {
			dup2(ends[1], KEEPER_DOOR);
			close(ends[1]);
		}
		_exit(keeper_main(2222));
	}
	close(ends[1]);
	door = ends[0];
	first = report();
	directory = mem_copy(json_str(first, "directory"));
	ck_assert_int_eq(access(directory, F_OK), 0);
	cJSON_Delete(first);
}

static void end(void)
{
	int status;

	close(door);
	ck_assert_int_eq(waitpid(keeper, &status, 0), keeper);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(access(directory, F_OK), -1);
	mem_free(directory);
	str_free(&in);
}

/* False where there are no sandboxes, which is said. */
static bool is_ready(void)
{
	cJSON *tree = report();
	bool ready = json_bool(tree, "ready");

	if (!ready) {
		printf("skipped: %s\n", json_str(tree, "why"));
		fflush(stdout);
		ck_assert_msg(!getenv("CI"), "%s", json_str(tree, "why"));
	}
	cJSON_Delete(tree);
	return ready;
}

#define DOWN "\"is\": \"down\", \"run\": "

START_TEST(bears_orders_without_sense)
{
	start();
	if (is_ready()) {
		order("{");
		order("[]");
		order("{\"do\": \"sing\", \"machine\": \"a\"}");
		order("{\"do\": \"run\"}");
		order("{\"do\": \"stop\", \"machine\": \"a\"}");
		order("{\"do\": \"drop\", \"image\": \"i\"}");
		order("{\"do\": \"remove\", \"machine\": \"a\"}");
		order("{\"do\": \"remove\", \"machine\": \"a\"}");
		order("{\"do\": \"run\", \"machine\": \"b\", \"run\": 4}");
		reports("{\"machine\": \"b\", " DOWN
			"4, \"why\": \"its files could not be made\"}");
		order("{\"do\": \"copy\", \"machine\": \"b\", "
		      "\"image\": \"j\"}");
		reports("{\"image\": \"j\", \"is\": \"bad\", "
			"\"why\": \"the server has no files\"}");
	}
	end();
}
END_TEST

#define PREPARE                                                                \
	"{\"do\": \"prepare\", \"machine\": \"m\", \"image\": \"none\", "      \
	"\"given\": {\"hostname\": \"m\", \"meta_data\": {}}}"
/* An address that nothing listens at matters to its sshd alone. */
#define RUN(n)                                                                 \
	"{\"do\": \"run\", \"machine\": \"m\", \"run\": " n                    \
	", \"name\": \"m\", \"hostname\": \"m\", \"sshd\": \"none\", "         \
	"\"address\": \"127.0.255.9\"}"
#define STOP "{\"do\": \"stop\", \"machine\": \"m\"}"
#define UP(n)                                                                  \
	"{\"machine\": \"m\", \"is\": \"up\", \"run\": " n ", \"boots\": false}"

START_TEST(runs_one_after_the_other)
{
	start();
	if (is_ready()) {
		order(PREPARE);
		order(RUN("1"));
		reports(UP("1"));
		/* A stop, and a start that has to wait for its end: in one
		 * piece, so that they come before that. */
		order(STOP "\n" RUN("2") "\n" STOP);
		reports("{\"machine\": \"m\", " DOWN "2}");
		reports("{\"machine\": \"m\", " DOWN "1, \"status\": 137}");
		order(RUN("3"));
		reports(UP("3"));
		order(PREPARE);
		order(RUN("4"));
		reports("{\"machine\": \"m\", " DOWN "3, \"status\": 137}");
		reports(UP("4"));
	}
	end();
}
END_TEST

START_TEST(says_what_it_could_not_prepare)
{
	cJSON *bad;

	start();
	if (is_ready()) {
		order("{\"do\": \"prepare\", \"machine\": \"m\", \"given\": "
		      "{\"hostname\": \"m\", \"user_data\": \"*\"}}");
		order(RUN("1"));
		bad = report();
		ck_assert_str_eq(json_str(bad, "is"), "bad");
		ck_assert_str_eq(
			json_str(bad, "why"), "user_data is no base64");
		cJSON_Delete(bad);
		bad = report();
		ck_assert_str_eq(json_str(bad, "is"), "down");
		cJSON_Delete(bad);
	}
	end();
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("keeper");
	TCase *t = tcase_create("keeper");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, bears_orders_without_sense);
	tcase_add_test(t, runs_one_after_the_other);
	tcase_add_test(t, says_what_it_could_not_prepare);
	suite_add_tcase(s, t);
	return s;
}
