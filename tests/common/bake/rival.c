/* SPDX-License-Identifier: Apache-2.0 */
/* Two runs that bake one image: one waits, or fails at once. */
#include "common/bake/rival.h"
#include "tests/common/bake/account_of_bakes.h"

Suite *suite(void);

#define COUNT(table)     (sizeof(table) / sizeof(*(table)))
#define NOBODY           LISTS("", "", "")
#define BAKES(digest)    SERVER("5", MARKED("app", digest, "aaaa", "990", "1200"))
#define SOMEBODY(digest) LISTS("", BAKES(digest), "")
#define FIVE(line)       line line line line line
#define DOWN             "GET /compute/os-keypairs 503 down\n"
#define KEY_ONLY(digest)                                                       \
	LISTS(KEYPAIR(APP, digest, "aaaa", "990", "1200"), "", "")

static int await(struct errand *x, struct survey *s, int64_t wait)
{
	x->task.wait_until = x->account.canned.now + wait;
	return rival_await(&x->task, "app", DIGEST("1111"), s, x->e);
}

/* Until nobody bakes it any more; words of the failure, or NULL. */
static const struct {
	const char *script, *words;
	int looks; /* 0: any number */
	enum err_code code;
} waits[] = {
	{ NOBODY, NULL, 1, ERR_NONE },
	{ SOMEBODY("1111") SOMEBODY("1111") NOBODY, NULL, 3, ERR_NONE },
	/* Only its key pair is there yet, which has less of the digest. */
	{ KEY_ONLY("1111") NOBODY, NULL, 2, ERR_NONE },
	/* Killed: what it left is there, and its lease ends. */
	{ SOMEBODY("1111") "GET /compute/os-keypairs 200;date=1200 "
			   "{'keypairs': []}\n" SERVERS(BAKES("1111"))
				   IMAGES(""),
		NULL, 2, ERR_NONE },
	{ LISTS("", SERVER("5", MARKED("app", "2222", "aaaa", "9", "1000")),
		  ""),
		NULL, 1, ERR_NONE },
	/* Another recipe: at once. */
	{ SOMEBODY("2222"), "another recipe|app|200 s|another name", 1,
		ERR_OTHER },
	{ KEY_ONLY("2222"), "another recipe|app", 1, ERR_OTHER },
	{ SOMEBODY("1111") SOMEBODY("2222"), "another recipe", 2, ERR_OTHER },
	/* The second of another recipe gives way itself: the first counts. */
	{ LISTS("",
		  SERVER("6", MARKED("app", "2222", "bbbb", "991",
				      "1200")) ", " BAKES("1111"),
		  "") NOBODY,
		NULL, 2, ERR_NONE },
	/* Its first lease has ended long ago, and it lives. */
	{ LISTS(KEYPAIR(APP, "2222", "aaaa", "900", "950"),
		  SERVER("5", MARKED("app", "2222", "aaaa", "900", "1200")),
		  IMAGE("7", MARKED("app", "2222", "aaaa", "900", "960"))),
		"another recipe|200 s|!-", 1, ERR_OTHER },
	/* Another image is nobody's business; nor is what only looks so. */
	{ LISTS("", SERVER("5", MARKED("other", "2222", "aaaa", "990", "1200")),
		  ""),
		NULL, 1, ERR_NONE },
	{ LISTS("{'keypair': {'name': 'ansible-bake-" APP "'}}",
		  SERVER("5", "'metadata': {'ansible-bake': 'app', "
			      "'ansible-lease': '99999999999'}"),
		  ""),
		NULL, 1, ERR_NONE },
	/* A cloud that fails for a while ends no wait that has begun. */
	{ SOMEBODY("1111") FIVE(DOWN) FIVE(DOWN) NOBODY, NULL, 12, ERR_NONE },
	{ SOMEBODY("1111") KEYPAIRS("") FIVE("GET /compute/servers/detail 503 "
					     "down\n") NOBODY,
		NULL, 3, ERR_NONE },
	{ SOMEBODY("1111") "+" DOWN, "down|This went on until wait_timeout", 0,
		ERR_OTHER },
	{ SOMEBODY("1111") "GET /compute/os-keypairs 403 no", "no (|!This", 2,
		ERR_OTHER },
	{ FIVE(DOWN), "down|!This went on", 5, ERR_OTHER },
	{ "GET /compute/os-keypairs 403 no", "no (listing key pairs", 1,
		ERR_OTHER },
};

START_TEST(waits_for_the_same_and_refuses_another)
{
	struct errand x;
	struct survey s;
	int rc;

	errand_open(&x, waits[_i].script);
	rc = await(&x, &s, MINUTE);
	ck_assert_int_eq(rc, waits[_i].words ? -1 : 0);
	if (rc) {
		account_check_words(x.e->text, waits[_i].words);
		ck_assert_int_eq(x.e->code, waits[_i].code);
	}
	if (waits[_i].looks)
		ck_assert_int_eq(
			errand_count(&x, "GET", "/compute/os-keypairs"),
			waits[_i].looks);
	errand_close(&x);
}
END_TEST

START_TEST(what_was_seen_last_is_told)
{
	struct errand x;
	struct survey s;

	errand_open(&x, SOMEBODY("1111") LISTS("", "{'id': '9'}",
				"{'id': '7', 'name': 'app'}"));
	ck_assert_int_eq(await(&x, &s, MINUTE), 0);
	ck_assert_str_eq(json_str(s.servers, "0.id"), "9");
	ck_assert_str_eq(json_str(s.images, "0.id"), "7");
	errand_close(&x);
}
END_TEST

START_TEST(waits_no_longer_than_it_may)
{
	struct errand x;
	struct survey s;
	int64_t began;

	errand_open(
		&x, "+" KEYPAIRS("") "+" SERVERS(BAKES("1111")) "+" IMAGES(""));
	began = x.account.canned.now;
	ck_assert_int_eq(await(&x, &s, MINUTE), -1);
	ck_assert_int_eq(x.e->code, ERR_TIME);
	account_check_words(x.e->text, "app|wait_timeout");
	ck_assert_int_ge(x.account.canned.now - began, MINUTE);
	ck_assert_int_le(x.account.canned.now - began, MINUTE + 6000);
	errand_close(&x);
}
END_TEST

/* Whoever waits an hour must not use up what the provider lets one ask. */
START_TEST(asks_seldom)
{
	struct errand x;
	struct survey s;

	errand_open(
		&x, "+" KEYPAIRS("") "+" SERVERS(BAKES("1111")) "+" IMAGES(""));
	ck_assert_int_eq(await(&x, &s, 10 * MINUTE), -1);
	ck_assert_int_le(errand_count(&x, "GET", "/compute/os-keypairs"), 200);
	errand_close(&x);
}
END_TEST

START_TEST(a_check_waits_for_nobody)
{
	struct errand x;
	struct survey s;

	errand_open(&x, SOMEBODY("1111"));
	x.task.check = true;
	ck_assert_int_eq(await(&x, &s, MINUTE), 0);
	ck_assert_int_eq(json_size(x.task.warnings), 1);
	ck_assert_uint_eq(s.count, 1);
	errand_close(&x);
}
END_TEST

START_TEST(a_check_refuses_another_recipe)
{
	struct errand x;
	struct survey s;

	errand_open(&x, SOMEBODY("2222"));
	x.task.check = true;
	ck_assert_int_eq(await(&x, &s, MINUTE), -1);
	account_check_words(x.e->text, "another recipe");
	errand_close(&x);
}
END_TEST

START_TEST(a_signal_ends_the_wait)
{
	struct errand x;
	struct survey s;

	interrupt_catch();
	errand_open(&x, SOMEBODY("1111") "GET /compute/os-keypairs signal\n");
	ck_assert_int_eq(await(&x, &s, MINUTE), -1);
	ck_assert_int_eq(x.e->code, ERR_INTERRUPTED);
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("rival");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(
		t, waits_for_the_same_and_refuses_another, 0, COUNT(waits));
	tcase_add_test(t, what_was_seen_last_is_told);
	tcase_add_test(t, waits_no_longer_than_it_may);
	tcase_add_test(t, asks_seldom);
	tcase_add_test(t, a_check_waits_for_nobody);
	tcase_add_test(t, a_check_refuses_another_recipe);
	tcase_add_test(t, a_signal_ends_the_wait);
	suite_add_tcase(s, t);
	return s;
}
