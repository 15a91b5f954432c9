/* SPDX-License-Identifier: Apache-2.0 */
/* What a bake looks at: a cloud that fails for a while costs no bake. */
#include <unistd.h>

#include "common/bake/bake_part.h"
#include "tests/common/bake/account_of_bakes.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define FIVE(line)   line line line line line
#define KEYS         "GET /compute/os-keypairs "
#define READ         "GET /compute/images/7 "
#define NOBODY       LISTS("", "", "")
#define SERVER_5     "GET /compute/servers/5 "
#define AUTOMATED(status)                                                      \
	"200 {'server': {'id': '5', 'metadata': "                              \
	"{'rackconnect_automation_status': '" status "'}}}\n"
#define OURS                                                                   \
	"200 {'image': {'id': '7', 'name': 'app', 'status': 'ACTIVE', "        \
	"'metadata': {'ansible-baked': '2031-04-01T10:00:00Z'}}}\n"

struct baker {
	struct errand x;
	struct recipe recipe;
	struct bake_wish wish;
	struct step image, server;
	struct bake bake;
};

/* Its image is there; it may wait a minute. */
static void baker_open(struct baker *b, const char *script)
{
	*b = (struct baker){ .recipe = { .image_name = "app" },
		.image = { .id = "7", .thing = "image app" },
		.server = { .id = "5", .thing = "server app" } };
	errand_open(&b->x, script);
	b->wish.recipe = &b->recipe;
	b->x.task.wait_until = b->x.account.canned.now + MINUTE;
	b->bake = (struct bake){ .task = &b->x.task,
		.wish = &b->wish,
		.recipe = &b->recipe,
		.image = &b->image,
		.server = &b->server,
		.mark = { .run = RUN("bbbb"),
			.image = APP,
			.digest = DIGEST("1111"),
			.start = 995 } };
}

/* Three times as often as a request is repeated by itself. */
#define OUTAGE(line) FIVE(line) FIVE(line) FIVE(line)

static const struct {
	int (*look)(struct bake *bake, struct err *e);
	const char *script, *words; /* of the failure, or NULL */
	enum err_code code;
} looks[] = {
	{ bake_verify, READ OURS, NULL, ERR_NONE },
	{ bake_verify, OUTAGE(READ "503 down\n") READ OURS, NULL, ERR_NONE },
	{ bake_verify, OUTAGE(READ "cut\n") READ OURS, NULL, ERR_NONE },
	{ bake_verify, OUTAGE(READ "refused\n") READ OURS, NULL, ERR_NONE },
	{ bake_verify, OUTAGE(READ "500 oops\n") READ "404 gone\n",
		"did not outlive its server|gone|!wait_timeout", ERR_ABSENT },
	{ bake_verify, READ "403 no\n",
		"could not be verified|no (|!wait_timeout", ERR_OTHER },
	{ bake_verify, "+" READ "503 down",
		"could not be verified|down (reading image 7|HTTP 503|This "
		"went on until wait_timeout",
		ERR_OTHER },
	{ bake_verify, "+" READ "429;retry=1 slowly",
		"could not be verified|slowly|HTTP 429|This went on",
		ERR_OTHER },
	{ bake_verify, FIVE(READ "503 down\n") READ "signal\n", "signal",
		ERR_INTERRUPTED },
	{ bake_see_finished, OUTAGE(READ "503 down\n") READ OURS, NULL,
		ERR_NONE },
	{ bake_see_finished, "+" READ "503 down", "down|This went on",
		ERR_OTHER },
	{ bake_give_way, OUTAGE(KEYS "503 down\n") NOBODY, NULL, ERR_NONE },
	/* Of three lists the last one fails. */
	{ bake_give_way,
		KEYPAIRS("") SERVERS("")
			FIVE("GET /compute/images/detail 503 down\n") NOBODY,
		NULL, ERR_NONE },
	{ bake_give_way,
		OUTAGE(KEYS "503 down\n") LISTS(
			KEYPAIR(APP, "1111", "aaaa", "990", "1200"), "", ""),
		"began earlier", ERR_CHANGED },
	{ bake_give_way, "+" KEYS "503 down", "down|This went on", ERR_OTHER },
	{ bake_give_way, KEYS "403 no\n", "no (|!This", ERR_OTHER },
	{ bake_await_automation,
		SERVER_5 AUTOMATED("DEPLOYING") OUTAGE(SERVER_5 "503 down\n")
			SERVER_5 AUTOMATED("DEPLOYED"),
		NULL, ERR_NONE },
	{ bake_await_automation, OUTAGE(SERVER_5 "cut\n") SERVER_5 "404 gone\n",
		"gone|!This went on", ERR_ABSENT },
	{ bake_await_automation, "+" SERVER_5 "503 down", "down|This went on",
		ERR_OTHER },
};

START_TEST(an_outage_is_no_verdict)
{
	struct baker b;
	int64_t waited;
	int rc;

	interrupt_catch();
	baker_open(&b, looks[_i].script);
	b.x.account.cloud.deadline =
		b.x.account.canned.now + MINUTE + PLAN_LAST_LOOK;
	rc = looks[_i].look(&b.bake, b.x.e);
	ck_assert_msg(rc == (looks[_i].words ? -1 : 0), "%s", b.x.e->text);
	if (rc) {
		account_check_words(b.x.e->text, looks[_i].words);
		ck_assert_int_eq(b.x.e->code, looks[_i].code);
	}
	waited = b.x.account.canned.now - b.x.task.wait_until;
	ck_assert_int_le(waited, PLAN_LAST_LOOK + 5000);
	if (rc && strstr(b.x.e->text, "This went on"))
		ck_assert_int_ge(waited, 0);
	errand_close(&b.x);
}
END_TEST

/* Whoever waits an hour must not use up what the provider lets one ask. */
START_TEST(asks_seldom)
{
	struct baker b;

	baker_open(&b, "+" READ "503 down");
	b.x.task.wait_until += 59 * MINUTE;
	b.x.account.cloud.deadline = b.x.task.wait_until + PLAN_LAST_LOOK;
	ck_assert_int_eq(bake_verify(&b.bake, b.x.e), -1);
	ck_assert_int_le(
		errand_count(&b.x, "GET", "/compute/images/7"), 60 * 60);
	errand_close(&b.x);
}
END_TEST

/* At the n-th pause it has ended. */
static int lease(void *left, struct err *e)
{
	int *pauses = left;

	return --*pauses ? 0 : err_set(e, ERR_OTHER, "The lease has ended");
}

START_TEST(the_lease_is_kept_meanwhile)
{
	struct baker b;
	int pauses = 12;

	baker_open(&b, "+" READ "503 down");
	b.x.account.cloud.idle = lease;
	b.x.account.cloud.idle_context = &pauses;
	ck_assert_int_eq(bake_verify(&b.bake, b.x.e), -1);
	account_check_words(b.x.e->text, "The lease has ended|!This went on");
	ck_assert_int_lt(b.x.account.canned.now, b.x.task.wait_until);
	errand_close(&b.x);
}
END_TEST

static int interrupt(void *left, struct err *e)
{
	int *pauses = left;

	(void)e;
	if (!--*pauses)
		raise(SIGTERM);
	return 0;
}

START_TEST(a_signal_ends_it_at_once)
{
	struct baker b;
	int pauses = _i, sent;

	interrupt_catch();
	baker_open(&b, "+" READ "503 down");
	b.x.account.cloud.idle = interrupt;
	b.x.account.cloud.idle_context = &pauses;
	ck_assert_int_eq(bake_verify(&b.bake, b.x.e), -1);
	ck_assert_int_eq(b.x.e->code, ERR_INTERRUPTED);
	sent = errand_count(&b.x, "GET", "/compute/images/7");
	ck_assert_int_le(sent, _i);
	errand_close(&b.x);
}
END_TEST

/* Before anything is made it is an error even where a step may write here. */
START_TEST(a_file_that_has_changed)
{
	struct provisioner here = { .type = PROVISIONER_SHELL_LOCAL };
	const char *base = getenv("TMPDIR");
	char *path = mem_printf("%s/look.XXXXXX", base ? base : "/tmp");
	int fd = mkstemp(path);
	struct baker b;
	char *files;

	ck_assert_int_ge(fd, 0);
	baker_open(&b, "");
	files = mem_printf("[{'path': '%s', 'contents': []}]", path);
	b.recipe.files = errand_json(&b.x, files);
	ck_assert_int_eq(bake_see_recipe(&b.bake, b.x.e), -1);
	account_check_words(b.x.e->text, "has changed since the recipe was "
					 "read|bake again");
	ck_assert_int_eq(bake_see_files(&b.bake, b.x.e), -1);
	b.recipe.provisioners = &here;
	b.recipe.count = 1;
	ck_assert_int_eq(bake_see_recipe(&b.bake, b.x.e), -1);
	ck_assert_int_eq(bake_see_files(&b.bake, b.x.e), 0);
	ck_assert_int_eq(json_size(b.x.task.warnings), 1);
	mem_free(files);
	close(fd);
	unlink(path);
	mem_free(path);
	errand_close(&b.x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("bake_look");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, an_outage_is_no_verdict, 0, COUNT(looks));
	tcase_add_test(t, asks_seldom);
	tcase_add_test(t, the_lease_is_kept_meanwhile);
	tcase_add_loop_test(t, a_signal_ends_it_at_once, 1, 20);
	tcase_add_test(t, a_file_that_has_changed);
	suite_add_tcase(s, t);
	return s;
}
