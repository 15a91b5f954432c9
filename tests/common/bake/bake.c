/* SPDX-License-Identifier: Apache-2.0 */
/* Cleaning up after a bake: all that it has made goes, or is named; nothing
 * else does. */
#include "common/bake/bake_part.h"
#include "common/censor.h"
#include "common/image.h"
#include "common/keypair.h"
#include "common/server.h"
#include "tests/common/bake/account_of_bakes.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define OWN          "aaaa", "990", "1200"
#define MAKE         "POST /compute/servers "
#define MADE         MAKE "202 {'server': {'id': '5'}}\n"
#define DELETE       "DELETE /compute/servers/5 "
#define MINE         SERVER("5", MARKED("app", "1111", OWN))
#define LIST         "GET /compute/servers/detail?name=%5Eweb "
#define GONE         LIST "200 {'servers': []}\n"
#define NOTHING      LISTS("", "", "")
#define FIVE(line)   line line line line line
/* What each try of a request is answered, as often as it is repeated. */
#define DOWN        FIVE(DELETE "503 down\n")
#define MINE_LISTED "+" KEYPAIRS("") "+" SERVERS(MINE) "+" IMAGES("")

struct baker {
	struct errand x;
	struct recipe recipe;
	struct bake_wish wish;
	struct bake bake;
};

/* It has got as far as its server, or nobody knows whether. */
static void baker_open(struct baker *b, const char *script)
{
	*b = (struct baker){ .recipe = { .image_name = "app" } };
	errand_open(&b->x, script);
	b->wish.recipe = &b->recipe;
	b->bake = (struct bake){ .task = &b->x.task,
		.wish = &b->wish,
		.recipe = &b->recipe,
		.mark = { .run = RUN("aaaa"), .image = APP } };
	b->bake.server = server_create(&b->x.task,
		&(struct server_wish){ .name = "web",
			.image = "i",
			.flavor = "2",
			.mark = RUN("aaaa") },
		WAIT_NOT);
	plan_apply(&b->x.plan, &b->x.account.cloud, b->x.account.canned.now + 1,
		b->x.e);
}

/* Words of each text, or NULL; the last lines answer the cleaning. */
static const struct {
	const char *script, *removed, *left;
	int deletions;
} cleanings[] = {
	/* Refused from the start: it was never there. */
	{ MAKE "403 no\n" NOTHING, NULL, NULL, 0 },
	{ MADE LISTS("", MINE, "") DELETE "204\n" GONE, "server web (5)", NULL,
		1 },
	/* No list shows it yet, and deleting it comes too early. */
	{ MADE NOTHING DELETE "404\n" DELETE "404\n" DELETE "204\n",
		"server web (5)", NULL, 3 },
	/* Another run's thing, and an ordinary server. */
	{ MADE LISTS(KEYPAIR(APP, "1111", "bbbb", "990", "995"),
		  MINE ", {'id': '6'}, " SERVER(
			  "7", MARKED("app", "1111", "bbbb", "990", "995")),
		  IMAGE("8", MARKED("app", "1111", "bbbb", "990", "995")))
			DELETE "204\n" GONE,
		"server web (5)", NULL, 1 },
	/* It stays: named once, however often it was tried. */
	{ MADE "+" KEYPAIRS("") "+" SERVERS(MINE) "+" IMAGES("") "+" DELETE
								 "403 no",
		NULL, "server web (5)|no (", 3 },
	/* Refused, and then not. */
	{ MADE "+" KEYPAIRS("") "+" SERVERS(MINE) "+" IMAGES("") DELETE
		"403 no\n" DELETE "204\n" GONE,
		"server web (5)", NULL, 2 },
	/* An outage is waited for, longer than what does not pass. */
	{ MADE MINE_LISTED DOWN DOWN DOWN DOWN DELETE "204\n" GONE,
		"server web (5)", NULL, 21 },
	{ MADE MINE_LISTED "+" DELETE "503 down", NULL, "server web (5)|down (",
		-1 },
	/* No list at all: what is known goes all the same, and is looked for.
	 */
	{ MADE "GET /compute/os-keypairs 403 no\n" DELETE "204\n" NOTHING
	       "+" DELETE "404",
		"server web (5)", NULL, -1 },
};

static void check_one(const cJSON *texts, const char *words)
{
	char *shown = json_text(texts);

	ck_assert_msg(json_size(texts) == (words ? 1 : 0), "%s", shown);
	if (words)
		account_check_words(json_str(texts, "0"), words);
	mem_free(shown);
}

START_TEST(cleans_until_nothing_is_left)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct baker b;

	interrupt_catch();
	baker_open(&b, cleanings[_i].script);
	bake_clean(&b.bake, false, removed, left);
	check_one(removed, cleanings[_i].removed);
	check_one(left, cleanings[_i].left);
	if (cleanings[_i].deletions >= 0)
		ck_assert_int_eq(
			errand_count(&b.x, "DELETE", "/compute/servers/5"),
			cleanings[_i].deletions);
	/* What is gone again is no change. */
	ck_assert(
		plan_changes(&b.x.plan, false) == (cleanings[_i].left != NULL));
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&b.x);
}
END_TEST

/* The create was lost: lists show it late, and show it still when it goes. */
START_TEST(a_lost_server_is_found_and_told_once)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct baker b;

	interrupt_catch();
	baker_open(&b, MAKE "signal\n" NOTHING LISTS("", MINE, "") DELETE
		"204\n" GONE LISTS("", MINE, "") DELETE
		"404\n"
		"+" KEYPAIRS("") "+" SERVERS("") "+" IMAGES(""));
	ck_assert(b.bake.server->took);
	ck_assert_ptr_null(b.bake.server->id);
	bake_clean(&b.bake, false, removed, left);
	check_one(removed, "server web (5)");
	check_one(left, NULL);
	ck_assert_int_ge(b.x.account.canned.now, PLAN_LIST_LAG);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&b.x);
}
END_TEST

/* No answer came to the create, which is done only after it was looked for and
 * deleted in vain. */
START_TEST(a_lost_key_pair_is_found)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	const char *name = KEYPAIR_NAME(APP, "1111", OWN);
	struct baker b;
	char *deletion = mem_printf("DELETE /compute/os-keypairs/%s ", name);
	char *script = mem_printf(MAKE
		"403 no\n" NOTHING "%s404\n" LISTS(KEYPAIR(APP, "1111", OWN),
			"", "") "%s204\n"
				"+" KEYPAIRS("") "+" SERVERS("") "+" IMAGES(""),
		deletion, deletion);

	interrupt_catch();
	baker_open(&b, script);
	b.bake.keypair = keypair_create(&b.x.task, name, "key");
	b.bake.keypair->state = STEP_LOST;
	b.bake.keypair->took = true;
	bake_clean(&b.bake, false, removed, left);
	ck_assert_int_eq(json_size(left), 0);
	ck_assert_int_ge(b.x.account.canned.now, PLAN_LIST_LAG);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&b.x);
	mem_free(script);
	mem_free(deletion);
}
END_TEST

/* Whoever sends a signal does not wait until an outage is over. */
START_TEST(a_signal_wants_no_patience)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct baker b;

	interrupt_catch();
	baker_open(&b, MADE MINE_LISTED DOWN DOWN DOWN);
	raise(SIGTERM);
	bake_clean(&b.bake, false, removed, left);
	check_one(removed, NULL);
	check_one(left, "server web (5)|down (");
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&b.x);
}
END_TEST

/* It was asked to take its name, and nobody knows whether it has: what reading
 * it is answered, and what becomes of it. */
#define READ    "GET /compute/images/8 "
#define REMOVAL "DELETE /compute/images/8 204\n"
#define NAMED(name, baked)                                                     \
	READ "200 {'image': {'id': '8', 'name': '" name                        \
	     "', 'metadata': {'ansible-baked': '" baked "'}}}\n"

static const struct {
	const char *script, *removed, *left;
	bool is_finished;
} endings[] = {
	{ NAMED("app", "2031-04-01T10:00:00Z") NOTHING, NULL, NULL, true },
	{ NAMED("half", "no") NOTHING REMOVAL, "image app (8)", NULL, false },
	{ NAMED("app", "no") NOTHING REMOVAL, "image app (8)", NULL, false },
	{ READ "404\n" NOTHING REMOVAL, "image app (8)", NULL, false },
	{ FIVE(READ "503 down\n") NOTHING NAMED("app", "2031-04-01T10:00:00Z")
			NOTHING,
		NULL, NULL, true },
	/* What cannot be seen may be in use. */
	{ "+" READ "403 no\n+" KEYPAIRS("") "+" SERVERS("") "+" IMAGES(IMAGE(
		  "8", "'ansible-baked': 'no', " MARKED("app", "1111", OWN))),
		NULL, "image app (8)|may be finished|no (", false },
};

START_TEST(an_image_that_may_be_finished)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	char *script = mem_printf(MAKE "403 no\n%s", endings[_i].script);
	struct baker b;

	interrupt_catch();
	baker_open(&b, script);
	b.bake.image = image_create(&b.x.task, "5", "app",
		errand_json(&b.x, "{'ansible-run': '" RUN("aaaa") "'}"));
	b.bake.image->id = "8";
	b.bake.image->thing = "image app (8)";
	b.bake.image->took = true;
	b.bake.may_be_finished = true;
	bake_clean(&b.bake, false, removed, left);
	check_one(removed, endings[_i].removed);
	check_one(left, endings[_i].left);
	ck_assert(b.bake.is_finished == endings[_i].is_finished);
	ck_assert((bake_image(&b.bake) != NULL) == endings[_i].is_finished);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&b.x);
	mem_free(script);
}
END_TEST

/* Whatever becomes of the bake behind that, and whatever a list still says. */
START_TEST(a_finished_image_stays)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct step image = { .id = "8", .thing = "image app" };
	struct baker b;

	interrupt_catch();
	baker_open(&b,
		MADE LISTS("", MINE,
			IMAGE("8", "'ansible-baked': 'no', " MARKED("app",
					   "1111", OWN))) DELETE "204\n" GONE);
	b.bake.image = &image;
	b.bake.is_finished = true;
	bake_clean(&b.bake, false, removed, left);
	check_one(removed, "server web (5)");
	check_one(left, NULL);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&b.x);
}
END_TEST

/* A signal that comes while it cleans: whether another bake is to follow, what
 * the server's deletion is answered, and what the signal is worth then. */
static const struct {
	bool again;
	const char *deleting, *left;
	int counts;
} signals[] = {
	{ true, DELETE "signal\n" DELETE "204\n" GONE, NULL, SIGTERM },
	{ false, DELETE "signal\n" DELETE "204\n" GONE, NULL, 0 },
	{ true, DELETE "signal\n+" DELETE "403 no", "server web (5)", 0 },
};

START_TEST(a_signal_waits_for_the_end)
{
	char *script = mem_printf(MADE
		"+" KEYPAIRS("") "+" SERVERS(MINE) "+" IMAGES("") "%s",
		signals[_i].deleting);
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct baker b;

	interrupt_catch();
	baker_open(&b, script);
	bake_clean(&b.bake, signals[_i].again, removed, left);
	check_one(left, signals[_i].left);
	ck_assert_int_eq(interrupt_signal(), signals[_i].counts);
	interrupt_clear();
	raise(SIGTERM);
	ck_assert_int_eq(interrupt_signal(), SIGTERM);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&b.x);
	mem_free(script);
}
END_TEST

/* One that came just before is for whoever bakes again; one that was the reason
 * is settled. */
START_TEST(a_signal_from_before)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct baker b;

	interrupt_catch();
	baker_open(&b, MADE LISTS("", MINE, "") DELETE "204\n" GONE);
	raise(SIGTERM);
	bake_clean(&b.bake, _i, removed, left);
	ck_assert_int_eq(interrupt_signal(), _i ? SIGTERM : 0);
	check_one(removed, "server web (5)");
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&b.x);
}
END_TEST

START_TEST(what_is_kept_is_told)
{
	cJSON *kept = cJSON_CreateArray();
	struct baker b;

	baker_open(&b, MADE);
	bake_tell(&b.bake, kept);
	check_one(kept, "server web (5)");
	cJSON_Delete(kept);
	errand_close(&b.x);
}
END_TEST

/* Whatever a user writes, it is no finished image before it is finished, nor
 * somebody else's. */
START_TEST(the_marks_are_ours)
{
	const struct step *image;
	const cJSON *metadata;
	struct baker b;
	struct mark mark;

	baker_open(&b, MADE);
	b.wish.digest = DIGEST("1111");
	b.wish.lease = 200;
	b.bake.mark.digest = DIGEST("1111");
	b.bake.working_name = "app-baking-aaaaaaaa";
	b.x.account.cloud.date = 1000;
	b.recipe.image_metadata = errand_json(&b.x,
		"{'purpose': 'golden', 'ansible-baked': 'x', 'ansible-lease': "
		"'9999999999', 'ansible-run': 'x', 'ansible-bake': 'other'}");
	bake_append_image(&b.bake, "5");
	image = b.bake.image;
	metadata = json_get(image->body, "createImage.metadata");
	ck_assert_str_eq(json_str(image->body, "createImage.name"),
		"app-baking-aaaaaaaa");
	ck_assert_str_eq(image->mark, RUN("aaaa"));
	ck_assert_str_eq(json_str(metadata, "purpose"), "golden");
	ck_assert(!mark_is_baked(metadata));
	ck_assert(mark_of_metadata(b.x.task.pool, metadata, &mark));
	ck_assert_str_eq(mark.run, RUN("aaaa"));
	ck_assert_str_eq(mark.image, APP);
	ck_assert_int_le(mark.lease, 1201);
	/* What was given is not changed. */
	ck_assert_int_eq(json_size(b.recipe.image_metadata), 5);
	errand_close(&b.x);
}
END_TEST

/* Whatever form it comes back in. */
START_TEST(a_password_is_hidden)
{
	struct recipe recipe = { .image_name = "app",
		.instance_name = "web",
		.ssh.password = "given" };
	struct bake_wish wish = { .recipe = &recipe,
		.source = "i",
		.flavor = "2",
		.lease = 200,
		.digest = DIGEST("1111") };
	struct errand x;
	struct bake *b;
	char *shown;

	errand_open(&x, MAKE
		"202 {'server': {'id': '5', 'adminPass': "
		"'Pass-word-1234'}}\n" LIST
		"200 {'servers': [{'id': '5', 'name': 'web', 'status': "
		"'ACTIVE', 'addresses': {'public': [{'version': 4}]}}]}\n" NOTHING);
	x.task.wait_until = x.account.canned.now + MINUTE;
	b = bake_new(&x.task, &wish);
	ck_assert_int_eq(bake_run(b, x.e), -1);
	account_check_words(x.e->text, "has no address");
	shown = censor_text("UGFzcy13b3JkLTEyMzQ=", x.account.cloud.secrets);
	ck_assert_msg(!strstr(shown, "cy13b3Jk"), "%s", shown);
	mem_free(shown);
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("bake");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(
		t, cleans_until_nothing_is_left, 0, COUNT(cleanings));
	tcase_add_test(t, a_lost_server_is_found_and_told_once);
	tcase_add_test(t, a_lost_key_pair_is_found);
	tcase_add_test(t, a_signal_wants_no_patience);
	tcase_add_loop_test(
		t, an_image_that_may_be_finished, 0, COUNT(endings));
	tcase_add_test(t, a_finished_image_stays);
	tcase_add_loop_test(t, a_signal_waits_for_the_end, 0, COUNT(signals));
	tcase_add_loop_test(t, a_signal_from_before, 0, 2);
	tcase_add_test(t, what_is_kept_is_told);
	tcase_add_test(t, a_password_is_hidden);
	tcase_add_test(t, the_marks_are_ours);
	suite_add_tcase(s, t);
	return s;
}
