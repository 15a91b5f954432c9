/* SPDX-License-Identifier: Apache-2.0 */
/* Applying: groups, refusals, waiting. What was lost is in plan_lost.c. */
#include "tests/common/thing.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define MINUTE       60000

/* What is planned, what becomes of it, and what is sent. */
struct expected {
	const char *steps, *script;
	int rc;
	const char *words, *states, *log;
};

#define GET_BOX "GET /box\n"
#define PUT_BOX "PUT /box/x\n"
#define POST_IT "POST /things\n"
#define GET_IT  "GET /things\n"

static const struct expected rows[] = {
	{ "m", MAKE MADE("1"), 0, "", "D", POST_IT },
	{ "mm", MAKE MADE("1") MAKE MADE("2"), 0, "", "DD", POST_IT POST_IT },
	{ "n", MAKE MADE("1") LOOK THINGS(THING("1", "up")), 0, "", "D",
		POST_IT GET_IT },
	{ "n",
		MAKE MADE("1") LOOK THINGS("") LOOK THINGS(THING("1", "new"))
			LOOK THINGS(THING("1", "up")),
		0, "", "D", POST_IT GET_IT GET_IT GET_IT },
	/* One after the other, or all at once, then waited for together. */
	{ "nn",
		MAKE MADE("1") LOOK THINGS(THING("1", "up")) MAKE MADE("2")
			LOOK THINGS(THING("2", "up")),
		0, "", "DD", POST_IT GET_IT POST_IT GET_IT },
	{ "NN",
		MAKE MADE("1") MAKE MADE("2")
			LOOK THINGS(THING("1", "up") ", " THING("2", "new"))
				LOOK THINGS(THING("2", "up")),
		0, "", "DD", POST_IT POST_IT GET_IT GET_IT },
	/* Another kind, or a step that is not together, ends a group. */
	{ "MMR", MAKE MADE("1") MAKE MADE("2") REMOVE "3 204", 0, "", "DDD",
		POST_IT POST_IT "DELETE /things/3\n" },
	/* A look that only serves the result may fail. */
	{ "l", MAKE MADE("1") LOOK THINGS(THING("1", "new")), 0, "", "D",
		POST_IT GET_IT },
	{ "l", MAKE MADE("1") LOOK "404", 0, "", "D", POST_IT GET_IT },
	/* A refusal ends it; what is behind stays planned. */
	{ "mm", MAKE "403 {'forbidden': {'message': 'Quota'}}", -1,
		"Quota (making thing 1 in DFW, account 700123: HTTP 403", "FP",
		POST_IT },
	{ "mmm", MAKE MADE("1") MAKE "400 no", -1, "no (making thing 2", "DFP",
		POST_IT POST_IT },
	/* Of a group, each has its own; the first failure is told. */
	{ "NNN",
		MAKE MADE("1") MAKE "403 no\n" MAKE MADE("3")
			LOOK THINGS(THING("1", "up") ", " THING("3", "bad")),
		-1, "no (making thing 2", "DFF",
		POST_IT POST_IT POST_IT GET_IT },
	{ "N", MAKE MADE("1") LOOK THINGS(THING("1", "bad")), -1,
		"thing 1 went bad", "F", POST_IT GET_IT },
	/* It is so already. */
	{ "r", REMOVE "1 404", 0, "", "D", "DELETE /things/1\n" },
	{ "b", BOX BOX_IS("ACTIVE") CHANGE "x 404", 0, "", "D",
		GET_BOX PUT_BOX },
	/* The world is another one: what is behind is not sent. */
	{ "bb", BOX BOX_IS("ACTIVE") CHANGE "x 409 other", -1, "", "FP",
		GET_BOX PUT_BOX },
	/* Busy: first and again; then it is sent. */
	{ "b", BOX BOX_IS("PENDING") BOX BOX_IS("ACTIVE") CHANGE "x 202", 0, "",
		"D", GET_BOX GET_BOX PUT_BOX },
	{ "b",
		BOX BOX_IS("ACTIVE") CHANGE "x " IMMUTABLE BOX BOX_IS("PENDING")
			BOX BOX_IS("ACTIVE") CHANGE "x 202",
		0, "", "D", GET_BOX PUT_BOX GET_BOX GET_BOX PUT_BOX },
	{ "b", BOX BOX_IS("ERROR"), -1, "the box is broken", "F", GET_BOX },
	{ "b", BOX BOX_IS("ACTIVE") CHANGE "x " IMMUTABLE BOX BOX_IS("ERROR"),
		-1, "the box is broken", "F", GET_BOX PUT_BOX GET_BOX },
	{ "b", BOX BOX_IS("ACTIVE") CHANGE "x 400 no", -1,
		"no (changing the box", "F", GET_BOX PUT_BOX },
	/* A look that fails is no verdict. */
	{ "n", MAKE MADE("1") LOOK "404 gone?\n" LOOK THINGS(THING("1", "up")),
		0, "", "D", POST_IT GET_IT GET_IT },
	/* Rate limits and errors of reads are waited out below. */
	{ "n",
		MAKE
		"413;retry=5 {'overLimit': {'message': 'Retry'}}\n" MAKE MADE(
			"1") LOOK "503\n" LOOK THINGS(THING("1", "up")),
		0, "", "D", POST_IT POST_IT GET_IT GET_IT },
};

START_TEST(applies)
{
	const struct expected *x = &rows[_i];
	struct job job;
	char *log;
	int rc;

	job_open(&job, x->script);
	for (int i = 0; x->steps[i]; i++)
		job_add(&job, x->steps[i], i + 1);
	ck_assert(!job.plan.applied);
	rc = job_apply(&job, MINUTE);
	ck_assert_msg(rc == x->rc, "%s", rc ? job_text(&job) : "no failure");
	ck_assert(job.plan.applied);
	if (rc)
		account_check_words(job_text(&job), x->words);
	job_check_states(&job, x->states);
	log = job_log(&job);
	ck_assert_str_eq(log, x->log);
	mem_free(log);
	job_close(&job);
}
END_TEST

START_TEST(a_changed_world_has_its_code)
{
	struct job job;

	job_open(&job, BOX BOX_IS("ACTIVE") CHANGE
		"x 409 other\n" BOX BOX_IS("ACTIVE") CHANGE "y 202");
	job_add(&job, 'b', 1);
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	ck_assert_int_eq(job.account.e.code, ERR_CHANGED);
	/* What was appended so far is settled, whatever came of it. */
	plan_again(&job.plan);
	box_change(&job.plan, "PUT", "/box/y", WAIT_NOT);
	ck_assert_int_eq(job_apply(&job, MINUTE), 0);
	job_check_states(&job, "FD");
	ck_assert(!job.plan.steps[0]->took);
	ck_assert(job.plan.steps[1]->took);
	job_close(&job);
}
END_TEST

/* In one batch: what was accepted beside it is known, and can be undone. */
START_TEST(a_changed_world_beside_one_that_was_made)
{
	struct job job;

	job_open(&job, MAKE MADE("1") MAKE "409 other");
	job_add(&job, 'M', 1);
	job_add(&job, 'M', 2);
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	ck_assert_int_eq(job.account.e.code, ERR_CHANGED);
	ck_assert(job.plan.steps[0]->took);
	ck_assert_str_eq(job.plan.steps[0]->id, "1");
	ck_assert(!job.plan.steps[1]->took);
	ck_assert(plan_changes(&job.plan, false));
	job_close(&job);
}
END_TEST

START_TEST(pauses_grow)
{
	int64_t waited, pause, begin;
	struct job job;
	int sent;

	job_open(&job, MAKE MADE("1") "+" LOOK THINGS(THING("1", "new")));
	job_add(&job, 'n', 1);
	ck_assert_int_eq(job_apply(&job, 120000), -1);
	ck_assert_int_eq(job.account.e.code, ERR_TIME);
	account_check_words(job_text(&job), "thing 1|DFW");
	job_check_states(&job, "T");
	sent = canned_sent(&job.account.canned);
	begin = canned_at(&job.account.canned, 1);
	for (int i = 3; i < sent - 1; i++) {
		waited = canned_at(&job.account.canned, i - 1) - begin;
		pause = canned_at(&job.account.canned, i) - begin - waited;
		ck_assert_int_ge(pause, THING_PAUSE);
		ck_assert_int_ge(
			pause, waited / 10 > 5000 ? 5000 : waited / 10);
		ck_assert_int_le(pause, waited / 10 + THING_PAUSE + 5);
		ck_assert_int_le(pause, 5000 + 5);
	}
	ck_assert_int_le(job.account.canned.now, begin + 120000 + 10);
	ck_assert_int_ge(job.account.canned.now, begin + 120000 - 10);
	job_close(&job);
}
END_TEST

/* There is no time at all: what is wanted is sent, and not waited for. */
START_TEST(without_time_to_wait)
{
	struct job job;

	job_open(&job, MAKE MADE("1"));
	job_add(&job, 'n', 1);
	ck_assert_int_eq(job_apply(&job, 0), -1);
	ck_assert_int_eq(job.account.e.code, ERR_TIME);
	job_check_states(&job, "T");
	ck_assert(job.plan.steps[0]->took);
	job_close(&job);
}
END_TEST

START_TEST(a_thing_that_is_never_ready)
{
	struct job job;

	job_open(&job, "+" BOX BOX_IS("PENDING"));
	job_add(&job, 'b', 1);
	job_add(&job, 'b', 2);
	ck_assert_int_eq(job_apply(&job, 10000), -1);
	ck_assert_int_eq(job.account.e.code, ERR_TIME);
	job_check_states(&job, "FP");
	ck_assert(!plan_changes(&job.plan, false));
	account_check_words(job_text(&job), "the box|changing the box|DFW");
	job_close(&job);
}
END_TEST

/* It says that it is ready, and refuses: that must not become a loop without
 * a pause (load-balancers.md A1, stale ACTIVE). */
START_TEST(a_thing_that_lies_about_being_ready)
{
	struct job job;
	int sent;

	job_open(&job, "+" BOX BOX_IS("ACTIVE") "+" CHANGE "x " IMMUTABLE);
	job_add(&job, 'b', 1);
	ck_assert_int_eq(job_apply(&job, 10000), -1);
	account_check_words(job_text(&job), "immutable");
	sent = canned_sent(&job.account.canned);
	ck_assert_int_ge(sent, 5);
	ck_assert_int_le(sent, 2 * 10000 / BOX_PAUSE + 5);
	ck_assert_int_le(job.account.canned.now, 11000);
	job_close(&job);
}
END_TEST

/* Functions of a kind may be NULL. */
START_TEST(a_busy_thing_that_cannot_be_asked)
{
	struct step_kind kind = box_changing;
	struct job job;

	kind.ready = NULL;
	kind.look = NULL;
	job_open(&job, "+" CHANGE "x " IMMUTABLE);
	box_change(&job.plan, "PUT", "/box/x", WAIT_USABLE)->kind = &kind;
	ck_assert_int_eq(job_apply(&job, 10000), -1);
	account_check_words(job_text(&job), "immutable");
	ck_assert_int_le(
		canned_sent(&job.account.canned), 10000 / BOX_PAUSE + 5);
	job_close(&job);
}
END_TEST

static const struct step_kind bare = { .first_pause = THING_PAUSE };

START_TEST(a_kind_without_functions)
{
	struct job job;

	job_open(&job, MAKE "202\n" MAKE "422 no");
	thing_make(&job.plan, "1", false, WAIT_USABLE)->kind = &bare;
	thing_make(&job.plan, "2", false, WAIT_LOOK)->kind = &bare;
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	job_check_states(&job, "DF");
	account_check_words(job_text(&job), "no (making thing 2");
	job_close(&job);
}
END_TEST

START_TEST(a_thing_that_was_seen_ready_is_not_asked)
{
	struct job job;

	job_open(&job, CHANGE "x 202");
	box_change(&job.plan, "PUT", "/box/x", WAIT_NOT)->ready = true;
	ck_assert_int_eq(job_apply(&job, MINUTE), 0);
	job_close(&job);
}
END_TEST

/* The account is refused while it is waited: that is no time-out. */
START_TEST(a_refused_login_ends_a_wait)
{
	struct job job;

	job_open(&job, MAKE MADE("1") LOOK "401\n" LOGIN "401\n" LOGIN "401");
	job_add(&job, 'n', 1);
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	ck_assert_int_eq(job.account.e.code, ERR_AUTH);
	ck_assert(job.plan.steps[0]->took);
	job_close(&job);
}
END_TEST

/* The last look failed: its reason is told, as a time-out. */
START_TEST(the_reason_of_the_last_look_is_told)
{
	struct job job;

	job_open(&job, MAKE MADE("1") "+" LOOK "404 lost its way");
	job_add(&job, 'n', 1);
	ck_assert_int_eq(job_apply(&job, 3000), -1);
	ck_assert_int_eq(job.account.e.code, ERR_TIME);
	account_check_words(job_text(&job), "lost its way");
	job_check_states(&job, "T");
	job_close(&job);
}
END_TEST

/* A look that hangs, or a thing that does not say whether it is ready, is not
 * waited for until the whole run must end. */
static const struct {
	const char *script;
	char step;
	const char *states;
} hanging[] = {
	{ MAKE MADE("1") "+" LOOK "slow", 'n', "T" },
	{ MAKE MADE("1") "+" LOOK "slow", 'l', "D" },
	{ "+" BOX "slow", 'b', "F" },
};

START_TEST(a_look_that_hangs)
{
	int64_t deadline;
	struct job job;

	job_open(&job, hanging[_i].script);
	deadline = job.account.cloud.deadline;
	job_add(&job, hanging[_i].step, 1);
	if (job_apply(&job, 10000) < 0)
		ck_assert_int_eq(job.account.e.code, ERR_TIME);
	job_check_states(&job, hanging[_i].states);
	ck_assert_int_le(job.account.canned.now, 10000 + PLAN_LAST_LOOK + 10);
	ck_assert_int_eq(job.account.cloud.deadline, deadline);
	job_close(&job);
}
END_TEST

/* What was refused on the way to a step that was late is not its reason. */
START_TEST(an_old_refusal_is_no_reason)
{
	struct job job;

	job_open(&job, BOX BOX_IS("ACTIVE") CHANGE
		"x " IMMUTABLE BOX BOX_IS("ACTIVE") CHANGE "x 202");
	box_change(&job.plan, "PUT", "/box/x", WAIT_USABLE);
	ck_assert_int_eq(job_apply(&job, BOX_PAUSE + 4), -1);
	job_check_states(&job, "T");
	ck_assert_int_eq(job.account.e.code, ERR_TIME);
	account_check_words(job_text(&job), "Timeout|!immutable");
	job_close(&job);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("plan_apply");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, applies, 0, COUNT(rows));
	tcase_add_test(t, a_changed_world_has_its_code);
	tcase_add_test(t, a_changed_world_beside_one_that_was_made);
	tcase_add_test(t, pauses_grow);
	tcase_add_test(t, without_time_to_wait);
	tcase_add_test(t, a_thing_that_is_never_ready);
	tcase_add_test(t, a_thing_that_lies_about_being_ready);
	tcase_add_test(t, a_busy_thing_that_cannot_be_asked);
	tcase_add_test(t, a_kind_without_functions);
	tcase_add_test(t, a_thing_that_was_seen_ready_is_not_asked);
	tcase_add_test(t, a_refused_login_ends_a_wait);
	tcase_add_test(t, the_reason_of_the_last_look_is_told);
	tcase_add_loop_test(t, a_look_that_hangs, 0, COUNT(hanging));
	tcase_add_test(t, an_old_refusal_is_no_reason);
	suite_add_tcase(s, t);
	return s;
}
