/* SPDX-License-Identifier: Apache-2.0 */
/* What whoever watches is told of a plan. */
#include <stdlib.h>
#include <unistd.h>

#include "common/balancer.h"
#include "common/file.h"
#include "common/image.h"
#include "common/progress.h"
#include "common/server.h"
#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define MINUTE       60000
#define STAMP        25 /* "2031-04-02T18:20:37.000Z " */
#define MAKE         "POST /compute/servers "
#define MADE         MAKE "202 {'server': {'id': '5'}}\n"
#define LIST         "GET /compute/servers/detail?name=%5Eweb1 "
#define IS(status, more)                                                       \
	"200 {'servers': [{'id': '5', 'name': 'web1', 'status': '" status      \
	"'" more "}]}\n"
#define UP IS("ACTIVE", ", 'progress': 100, 'addresses': {'n': [{}]}")
#define LB "GET /balancer/loadbalancers/7 "
#define LB_IS(status)                                                          \
	"200 {'loadBalancer': {'id': 7, 'status': '" status "'}}\n"
#define LB_PUT "PUT /balancer/loadbalancers/7 "

/* What is planned: s (a server is made), d (it is deleted), g (it goes already,
 * and is waited for), b (a balancer is changed), i (an image is deleted); and
 * what is told, without the time. */
static const struct {
	const char *steps, *script, *told;
} rows[] = {
	{ "s",
		MADE LIST IS("BUILD", "") LIST IS("BUILD", ", 'progress': 0")
			LIST IS("BUILD", ", 'progress': 40")
				LIST IS("BUILD", ", 'progress': 40") LIST UP,
		"creating server web1\n"
		"server web1: BUILD\n"
		"server web1: BUILD 0%\n"
		"server web1: BUILD 40%\n"
		"server web1 is ACTIVE after 0.5 s\n" },
	/* ACTIVE, but not usable yet. */
	{ "s",
		MADE LIST IS("ACTIVE", ", 'progress': 100, 'addresses': {}")
			LIST UP,
		"creating server web1\n"
		"server web1: BUILD\n"
		"server web1: ACTIVE\n"
		"server web1 is ACTIVE after 0.2 s\n" },
	/* Nothing steers a terminal, or fills the line. */
	{ "s", MADE LIST IS("\xc2\xa0\\nBUILD", "") LIST UP,
		"creating server web1\n"
		"server web1: BUILD\n"
		"server web1: \xc2\xa0\\x0aBUILD\n"
		"server web1 is ACTIVE after 0.2 s\n" },
	/* Failures, with the reason. */
	{ "s", MAKE "403 no",
		"creating server web1\n"
		"creating server web1 failed after 0.0 s: no (creating server "
		"web1 in DFW, account 700123: HTTP 403 Forbidden, request id "
		"req-7)\n" },
	{ "s", MADE LIST IS("ERROR", ", 'fault': {'message': 'No host'}"),
		"creating server web1\n"
		"server web1: BUILD\n"
		"creating server web1 failed after 0.1 s: No host (server "
		"web1, 5 in DFW, account 700123)\n" },
	/* A secret that comes back. */
	{ "s", MAKE "403 " ACCOUNT_SECRET " is no key for tok-1",
		"creating server web1\n"
		"creating server web1 failed after 0.0 s: ******** is no key "
		"for ******** (creating server web1 in DFW, account 700123: "
		"HTTP 403 Forbidden, request id req-7)\n" },
	/* Each of a group, when it is so. */
	{ "ss",
		MADE MAKE
		"202 {'server': {'id': '6'}}\n" LIST
		"200 {'servers': [{'id': '5', 'name': 'web1', 'status': 'ACTIVE', "
		"'addresses': {'n': [{}]}}, {'id': '6', 'name': 'web1', 'status': "
		"'BUILD'}]}\n" LIST
		"200 {'servers': [{'id': '6', 'name': 'web1', 'status': 'ACTIVE', "
		"'addresses': {'n': [{}]}}]}\n",
		"creating server web1\n"
		"creating server web1\n"
		"server web1: BUILD\n"
		"server web1 (2): BUILD\n"
		"server web1 is ACTIVE after 0.1 s\n"
		"server web1 (2) is ACTIVE after 0.2 s\n" },
	/* What goes away is not told as what it was. */
	{ "d",
		"DELETE /compute/servers/5 204\n" LIST IS("ACTIVE", "") LIST
		"200 {'servers': []}",
		"deleting server web1 (5)\n"
		"deleting server web1 (5): done after 0.2 s\n" },
	{ "g", LIST IS("ACTIVE", "") LIST "200 {'servers': []}",
		"waiting for server web1 (5)\n"
		"waiting for server web1 (5): done after 0.2 s\n" },
	{ "i", "DELETE /compute/images/9 404",
		"deleting image 9\n"
		"deleting image 9: done after 0.0 s\n" },
	/* Turns are waited for; of two changes the first is not waited for. */
	{ "bb",
		LB LB_IS("PENDING_UPDATE") LB LB_IS("PENDING_UPDATE")
			LB LB_IS("ACTIVE") LB_PUT "202\n" LB LB_IS("ACTIVE")
				LB_PUT "202\n" LB LB_IS("ACTIVE"),
		"waiting until load balancer 7 takes a change\n"
		"changing load balancer 7\n"
		"load balancer 7: PENDING_UPDATE\n"
		"changing load balancer 7: done after 0.0 s\n"
		"changing load balancer 7\n"
		"load balancer 7: PENDING_UPDATE\n"
		"changing load balancer 7: done after 0.2 s\n" },
	/* Long pauses are told, short ones are not. */
	{ "s", MAKE "429;retry=5\n" MAKE "429;retry=7\n" MADE LIST UP,
		"creating server web1\n"
		"the cloud is asked again in 7.0 s, as it wants or because it "
		"did not answer\n"
		"server web1: BUILD\n"
		"server web1 is ACTIVE after 12.1 s\n" },
	/* Lost for good, and lost and found. */
	{ "d", "+DELETE /compute/servers/5 cut",
		"deleting server web1 (5)\n"
		"deleting server web1 (5) failed after 3.0 s: Empty reply from "
		"server (deleting server web1 (5) in DFW, account 700123: no "
		"answer after 5 tries) It may have been done all the same: "
		"look before trying again.\n" },
};

static void add_step(struct errand *x, char letter)
{
	const cJSON *server = errand_json(
		x, "{'id': '5', 'name': 'web1', 'status': 'ACTIVE'}");

	switch (letter) {
	case 's':
		server_create(&x->task,
			&(struct server_wish){ .name = "web1",
				.image = "i",
				.flavor = "2",
				.networks = errand_json(x, "[{'uuid': 'n'}]") },
			WAIT_USABLE);
		break;
	case 'd':
		server_delete(&x->task, server, WAIT_USABLE);
		break;
	case 'g':
		server_await_gone(&x->task, server);
		break;
	case 'b':
		balancer_change(&x->task, errand_json(x, "{'id': 7}"), "PUT",
			"", NULL, "changing", WAIT_USABLE);
		break;
	case 'i':
		image_delete(
			&x->task, errand_json(x, "{'id': '9'}"), WAIT_USABLE);
		break;
	default:
		ck_abort_msg("no step: %c", letter);
	}
}

static char *path;

static void watch(struct errand *x)
{
	const char *base = getenv("TMPDIR");
	int fd;

	path = mem_printf("%s/plan_tell-XXXXXX", base ? base : "/tmp");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	x->account.cloud.progress =
		progress_open(path, x->account.cloud.secrets, x->e);
	ck_assert_ptr_nonnull(x->account.cloud.progress);
}

/* What was told, without the times; the caller's. */
static char *told(struct errand *x)
{
	struct str bare;
	size_t length;
	char *text = file_read(path, 1 << 20, &length, x->e), *rest = text;

	ck_assert_ptr_nonnull(text);
	str_init(&bare, 1 << 20);
	for (char *line; *rest && (line = strsep(&rest, "\n"));) {
		ck_assert_uint_ge(strlen(line), STAMP);
		str_addf(&bare, "%s\n", line + STAMP);
	}
	mem_free(text);
	unlink(path);
	mem_free(path);
	progress_close(x->account.cloud.progress);
	return str_take(&bare);
}

START_TEST(tells_what_happens)
{
	struct errand x;
	char *text;

	errand_open(&x, rows[_i].script);
	watch(&x);
	for (const char *letter = rows[_i].steps; *letter; letter++)
		add_step(&x, *letter);
	errand_apply(&x, MINUTE);
	text = told(&x);
	ck_assert_str_eq(text, rows[_i].told);
	mem_free(text);
	errand_close(&x);
}
END_TEST

START_TEST(tells_that_the_time_is_over)
{
	struct errand x;
	char *text;

	errand_open(&x, MADE "+" LIST IS("BUILD", ""));
	watch(&x);
	add_step(&x, 's');
	ck_assert_int_eq(errand_apply(&x, 3000), -1);
	text = told(&x);
	account_check_words(text, "server web1: BUILD\n|server web1 is not "
				  "ready after 3.|, the time is over\n");
	mem_free(text);
	errand_close(&x);
}
END_TEST

START_TEST(tells_what_is_removed_again)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct errand x;
	char *text;

	interrupt_catch();
	errand_open(&x, MADE LIST "signal\nDELETE /compute/servers/5 204");
	watch(&x);
	add_step(&x, 's');
	ck_assert_int_eq(errand_apply(&x, MINUTE), -1);
	plan_undo(&x.plan, &x.account.cloud, removed, left);
	text = told(&x);
	ck_assert_str_eq(text, "creating server web1\n"
			       "server web1: BUILD\n"
			       "removing server web1 (5)\n"
			       "removing server web1 (5): done after 0.0 s\n");
	mem_free(text);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("plan_tell");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, tells_what_happens, 0, COUNT(rows));
	tcase_add_test(t, tells_that_the_time_is_over);
	tcase_add_test(t, tells_what_is_removed_again);
	suite_add_tcase(s, t);
	return s;
}
