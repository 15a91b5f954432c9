/* SPDX-License-Identifier: Apache-2.0 */
/* The lease of a bake: renewed in time, and given up when it has ended. */
#include "common/bake/bake_part.h"
#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define LEASE        100 /* seconds */
#define FIFTH        20000
#define RENEW_SERVER "POST /compute/servers/5/metadata "
#define RENEW_IMAGE  "POST /compute/images/7/metadata "
#define OK           "200 {'metadata': {}}\n"
#define GONE         "404 {'itemNotFound': {'message': 'gone'}}\n"

struct lessee {
	struct errand x;
	struct bake_wish wish;
	struct step server, image;
	struct bake bake;
};

/* It is 1000 by the cloud's clock; the lease has just begun. */
static void lessee_open(struct lessee *l, const char *script)
{
	*l = (struct lessee){ .wish = { .lease = LEASE },
		.server = { .id = "5", .thing = "server web" },
		.image = { .id = "7", .thing = "image half" } };
	errand_open(&l->x, script);
	l->x.account.canned.now = 1000000;
	l->x.account.cloud.date = 1000;
	l->x.account.cloud.dated = 1000000;
	l->x.account.cloud.deadline = 100000000;
	l->bake = (struct bake){ .task = &l->x.task, .wish = &l->wish };
	lease_begin(&l->bake);
	l->bake.server = &l->server;
}

static void lessee_close(struct lessee *l)
{
	ck_assert_int_eq(l->x.account.cloud.deadline, 100000000);
	errand_close(&l->x);
}

/* Looks as often as a wait does, for so many milliseconds; -1 when it ends. */
static int keep_for(struct lessee *l, int64_t milliseconds)
{
	struct canned *c = &l->x.account.canned;
	int64_t end = c->now + milliseconds;

	while (c->now < end) {
		if (lease_keep(&l->bake, l->x.e) < 0)
			return -1;
		c->now += c->now + 1000 < end ? 1000 : end - c->now;
	}
	return lease_keep(&l->bake, l->x.e);
}

START_TEST(begins_by_the_clouds_clock)
{
	struct lessee l;

	lessee_open(&l, "");
	ck_assert_int_eq(l.bake.mark.start, 1000);
	ck_assert_int_eq(l.bake.mark.lease, 1000 + LEASE);
	l.x.account.canned.now += 7000;
	lease_begin(&l.bake);
	/* A run begins once. */
	ck_assert_int_eq(l.bake.mark.start, 1000);
	ck_assert_int_eq(l.bake.mark.lease, 1007 + LEASE);
	lessee_close(&l);
}
END_TEST

START_TEST(nothing_is_sent_before_a_fifth)
{
	struct lessee l;

	lessee_open(&l, "");
	ck_assert_int_eq(keep_for(&l, FIFTH - 1), 0);
	ck_assert_int_eq(canned_sent(&l.x.account.canned), 1);
	lessee_close(&l);
}
END_TEST

START_TEST(all_there_is_is_renewed)
{
	struct lessee l;
	cJSON *log;

	lessee_open(&l, RENEW_SERVER OK RENEW_IMAGE OK);
	l.bake.image = &l.image;
	ck_assert_int_eq(keep_for(&l, FIFTH), 0);
	log = l.x.account.canned.log;
	errand_check_json(json_get(log, "1.body"),
		"{'metadata': {'ansible-lease': '1120'}}");
	errand_check_json(json_get(log, "2.body"),
		"{'metadata': {'ansible-lease': '1120'}}");
	lessee_close(&l);
}
END_TEST

START_TEST(once_a_fifth)
{
	struct lessee l;

	lessee_open(&l, "+" RENEW_SERVER OK);
	ck_assert_int_eq(keep_for(&l, 1000 * LEASE * 10), 0);
	/* Login, and each fifth of ten leases, or a little later. */
	ck_assert_int_ge(canned_sent(&l.x.account.canned), 1 + 45);
	ck_assert_int_le(canned_sent(&l.x.account.canned), 1 + 50);
	lessee_close(&l);
}
END_TEST

/* How long it goes on with these answers: leases, or 0 for ever. */
static const struct {
	const char *script;
	bool image;
	int ends; /* in fifths, from the beginning; 0: does not */
	const char *words;
} answers[] = {
	{ "+" RENEW_SERVER OK, false, 0, NULL },
	{ "+" RENEW_SERVER "403 no", false, 5, "lease|ended|no (|server web" },
	{ "+" RENEW_SERVER "503 down", false, 5, "ended|down" },
	{ "+" RENEW_SERVER "cut", false, 5, "ended|server web" },
	{ "+" RENEW_SERVER "refused", false, 5, "ended" },
	/* Whoever waits for an answer does not wait beyond the end. */
	{ "+" RENEW_SERVER "slow", false, 5, "ended" },
	{ "+" RENEW_SERVER "429;retry=70 slow down", false, 5, "ended|slow" },
	/* Two fail, one does not. */
	{ RENEW_SERVER "403 a\n" RENEW_SERVER "403 b\n" RENEW_SERVER OK
		       "+" RENEW_SERVER "403 c",
		false, 8, "ended|c (" },
	{ "+" RENEW_SERVER OK "+" RENEW_IMAGE OK, true, 0, NULL },
	/* The server is gone, as it should: the image is what counts. */
	{ "+" RENEW_SERVER GONE "+" RENEW_IMAGE OK, true, 0, NULL },
	{ "+" RENEW_SERVER "410\n+" RENEW_IMAGE OK, true, 0, NULL },
	/* It is not listed yet, or was swept: then that is missed elsewhere. */
	{ "+" RENEW_SERVER OK "+" RENEW_IMAGE GONE, true, 0, NULL },
	{ "+" RENEW_SERVER GONE "+" RENEW_IMAGE GONE, true, 5, "ended|gone" },
	{ "+" RENEW_SERVER GONE, false, 5, "ended|gone" },
	/* A server refuses while its image is taken. */
	{ "+" RENEW_SERVER "409 busy\n+" RENEW_IMAGE OK, true, 0, NULL },
	{ "+" RENEW_SERVER OK "+" RENEW_IMAGE "409 saving", true, 5,
		"ended|saving" },
	{ "+" RENEW_SERVER "409 building", false, 5, "ended|building" },
	/* One that is there and was not renewed is unguarded when the other is
	 * gone. */
	{ "+" RENEW_SERVER OK "+" RENEW_IMAGE "403 no", true, 5,
		"ended|no (|image half" },
	{ "+" RENEW_SERVER "403 no\n+" RENEW_IMAGE OK, true, 5,
		"ended|no (|server web" },
};

START_TEST(goes_on_as_long_as_it_may)
{
	struct lessee l;
	int64_t began;
	int rc;

	lessee_open(&l, answers[_i].script);
	l.bake.image = answers[_i].image ? &l.image : NULL;
	began = l.x.account.canned.now;
	rc = keep_for(&l, 10 * LEASE * 1000);
	ck_assert_int_eq(rc, answers[_i].ends ? -1 : 0);
	if (rc < 0) {
		ck_assert_int_eq(l.x.e->code, ERR_OTHER);
		account_check_words(l.x.e->text, answers[_i].words);
		ck_assert_int_ge(l.x.account.canned.now - began,
			(answers[_i].ends - 1) * FIFTH);
		ck_assert_int_le(l.x.account.canned.now - began,
			answers[_i].ends * FIFTH + 5000);
	}
	lessee_close(&l);
}
END_TEST

/* What is being made has no id: nothing can be renewed, and nothing is, but it
 * was made with a lease that ends. */
START_TEST(what_has_no_id_yet_waits)
{
	struct lessee l;

	lessee_open(&l, RENEW_SERVER OK);
	l.server.id = NULL;
	ck_assert_int_eq(keep_for(&l, 4 * FIFTH), 0);
	ck_assert_int_eq(canned_sent(&l.x.account.canned), 1);
	l.server.id = "5";
	ck_assert_int_eq(keep_for(&l, FIFTH - 2000), 0);
	l.server.id = NULL;
	ck_assert_int_eq(keep_for(&l, 3 * FIFTH), 0);
	ck_assert_int_eq(keep_for(&l, 4 * FIFTH), -1);
	account_check_words(l.x.e->text, "lease|ended|!(null)");
	lessee_close(&l);
}
END_TEST

/* A new lease for the image is none for the server. */
START_TEST(beginning_another_one_renews_nothing)
{
	struct lessee l;

	lessee_open(&l, "+" RENEW_SERVER "403 no");
	ck_assert_int_eq(keep_for(&l, 4 * FIFTH), 0);
	lease_begin(&l.bake);
	ck_assert_int_eq(l.bake.mark.lease, 1000 + 80 + LEASE);
	ck_assert_int_eq(keep_for(&l, FIFTH + 5000), -1);
	account_check_words(l.x.e->text, "ended|no (");
	lessee_close(&l);
}
END_TEST

START_TEST(before_there_is_a_server_nothing_can_end)
{
	struct lessee l;

	lessee_open(&l, "");
	l.bake.server = NULL;
	ck_assert_int_eq(keep_for(&l, 3 * LEASE * 1000), 0);
	lessee_close(&l);
}
END_TEST

START_TEST(a_signal_is_told_as_one)
{
	struct lessee l;

	interrupt_catch();
	lessee_open(&l, RENEW_SERVER OK RENEW_IMAGE "signal\n");
	l.bake.image = &l.image;
	ck_assert_int_eq(keep_for(&l, 2 * FIFTH), -1);
	ck_assert_int_eq(l.x.e->code, ERR_INTERRUPTED);
	lessee_close(&l);
}
END_TEST

START_TEST(ids_are_escaped)
{
	struct lessee l;

	lessee_open(&l, "POST /compute/servers/..%2F5/metadata " OK);
	l.server.id = "../5";
	ck_assert_int_eq(keep_for(&l, FIFTH), 0);
	lessee_close(&l);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("lease");
	TCase *t = tcase_create("all");

	tcase_add_test(t, begins_by_the_clouds_clock);
	tcase_add_test(t, nothing_is_sent_before_a_fifth);
	tcase_add_test(t, all_there_is_is_renewed);
	tcase_add_test(t, once_a_fifth);
	tcase_add_loop_test(t, goes_on_as_long_as_it_may, 0, COUNT(answers));
	tcase_add_test(t, what_has_no_id_yet_waits);
	tcase_add_test(t, beginning_another_one_renews_nothing);
	tcase_add_test(t, before_there_is_a_server_nothing_can_end);
	tcase_add_test(t, a_signal_is_told_as_one);
	tcase_add_test(t, ids_are_escaped);
	suite_add_tcase(s, t);
	return s;
}
