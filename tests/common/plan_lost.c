/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are lost, signals, and undoing what was made. */
#include "tests/common/thing.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define MINUTE       60000
#define NONE         LOOK THINGS("")
#define ONE_UP       LOOK THINGS(THING("1", "up"))

/* Creates whose answer does not come; how often they are sent in all. */
static const struct {
	const char *steps, *script;
	int rc, posts;
	const char *states, *words;
} rows[] = {
	/* It was made after all: found at once, or after some looks. */
	{ "m", MAKE "cut\n" ONE_UP, 0, 1, "D", "" },
	{ "m", MAKE "cut\n" NONE NONE ONE_UP, 0, 1, "D", "" },
	{ "n", MAKE "cut\n" LOOK THINGS(THING("1", "new")) ONE_UP, 0, 1, "D",
		"" },
	{ "n",
		MAKE "cut\n" LOOK THINGS(THING("1", "bad"))
			LOOK THINGS(THING("1", "bad")),
		-1, 1, "F", "thing 1 went bad" },
	/* The answers that prove nothing. */
	{ "m", MAKE "500 oops\n" ONE_UP, 0, 1, "D", "" },
	{ "m", MAKE "502\n" ONE_UP, 0, 1, "D", "" },
	{ "m", MAKE "503\n" ONE_UP, 0, 1, "D", "" },
	{ "m", MAKE "504\n" ONE_UP, 0, 1, "D", "" },
	/* Nor does a success that names nothing; but that is not repeated. */
	{ "m", MAKE "202 {}\n" ONE_UP, 0, 1, "D", "" },
	{ "m", MAKE "202\n+" NONE, -1, 1, "F", "no id in the answer" },
	/* And those that do: it was not done. */
	{ "m", MAKE "501 no", -1, 1, "F", "no (making thing 1" },
	{ "m", "+" MAKE "refused", -1, HTTP_TRIES, "F", "Connection refused" },
	/* It was not made: sent again, but not for ever. */
	{ "m", MAKE "cut\n" MAKE MADE("1") "+" NONE, 0, 2, "D", "" },
	{ "m", MAKE "cut\n" MAKE "cut\n" MAKE MADE("1") "+" NONE, 0, 3, "D",
		"" },
	{ "m", "+" MAKE "cut\n+" NONE, -1, 3, "F",
		"Empty reply from server (making thing 1" },
	/* In a group: only those that are lost are looked for and repeated. */
	{ "MMM",
		MAKE MADE("1") MAKE "cut\n" MAKE MADE("3")
			LOOK THINGS(THING("1", "up") ", " THING("2", "up")),
		0, 3, "DDD", "" },
	{ "MMM",
		MAKE MADE("1") MAKE "cut\n" MAKE "403 no\n" LOOK THINGS(
			THING("1", "up") ", " THING("2", "up")),
		-1, 3, "DDF", "no (making thing 3" },
	{ "MM", MAKE "cut\n" MAKE "cut\n" MAKE MADE("2") "+" ONE_UP, 0, 3, "DD",
		"" },
	/* What other things have is not ours. */
	{ "m",
		MAKE "cut\n" MAKE MADE("1") "+" LOOK THINGS(
			"{'id': '1', 'mark': 'other', 'state': 'up'}"),
		0, 2, "D", "" },
};

static int count_posts(const struct job *job)
{
	char *log = job_log(job);
	int count = 0;

	for (const char *at = log; (at = strstr(at, "POST /things\n")); at++)
		count++;
	mem_free(log);
	return count;
}

START_TEST(looks_for_what_was_lost)
{
	struct job job;
	int rc;

	job_open(&job, rows[_i].script);
	for (int i = 0; rows[_i].steps[i]; i++)
		job_add(&job, rows[_i].steps[i], i + 1);
	rc = job_apply(&job, MINUTE);
	ck_assert_msg(
		rc == rows[_i].rc, "%s", rc ? job_text(&job) : "no failure");
	if (rc)
		account_check_words(job_text(&job), rows[_i].words);
	job_check_states(&job, rows[_i].states);
	ck_assert_int_eq(count_posts(&job), rows[_i].posts);
	job_close(&job);
}
END_TEST

/* Lists lag: it is looked for during some seconds before it is repeated. */
START_TEST(a_list_may_lag)
{
	struct job job;
	int64_t first, second;
	int last;

	job_open(&job, MAKE "cut\n" MAKE MADE("1") "+" NONE);
	job_add(&job, 'm', 1);
	ck_assert_int_eq(job_apply(&job, MINUTE), 0);
	last = canned_sent(&job.account.canned) - 1;
	first = canned_at(&job.account.canned, 1);
	second = canned_at(&job.account.canned, last);
	ck_assert_int_ge(second - first, 2000);
	ck_assert_int_le(second - first, 30000);
	ck_assert_int_ge(last, 5);
	job_close(&job);
}
END_TEST

/* Nothing that cannot be known is taken for not done. */
START_TEST(a_look_for_the_lost_that_fails)
{
	struct job job;

	job_open(&job, MAKE "cut\n" LOOK "403 not for you");
	job_add(&job, 'm', 1);
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	ck_assert_int_eq(count_posts(&job), 1);
	account_check_words(
		job_text(&job), "making thing 1 was lost|not for you|HTTP 403");
	job_check_states(&job, "L");
	ck_assert(plan_changes(&job.plan, false));
	job_close(&job);
}
END_TEST

/* Without a mark the world is looked at again, by planning anew. */
START_TEST(a_lost_post_without_a_mark)
{
	struct job job;

	job_open(&job, BOX BOX_IS("ACTIVE") "POST /compute/box/nodes cut");
	box_change(&job.plan, "POST", "/box/nodes", WAIT_NOT);
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	ck_assert_int_eq(job.account.e.code, ERR_LOST);
	ck_assert(job.plan.steps[0]->took);
	job_close(&job);
}
END_TEST

/* A kind that cannot look for it: its request may simply be sent again. */
START_TEST(a_lost_post_that_may_be_sent_again)
{
	static const struct step_kind plain = { .first_pause = THING_PAUSE };
	struct job job;
	struct step *step;

	job_open(&job, MAKE "cut\n" MAKE "202");
	step = thing_make(&job.plan, "1", false, WAIT_NOT);
	step->kind = &plain;
	step->mark = NULL;
	ck_assert_int_eq(job_apply(&job, MINUTE), 0);
	job_check_states(&job, "D");
	job_close(&job);
}
END_TEST

/* One of a group has no mark: it is not taken for another without one. */
START_TEST(a_lost_one_without_a_mark_among_others)
{
	struct job job;

	job_open(&job, MAKE "cut\n" MAKE "cut\n" LOOK THINGS(THING(
			       "1", "up") ", {'id': '9', 'state': 'up'}"));
	job_add(&job, 'M', 1);
	job_add(&job, 'M', 2);
	job.plan.steps[1]->mark = NULL;
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	job_check_states(&job, "DL");
	ck_assert_ptr_null(job.plan.steps[1]->id);
	account_check_words(
		job_text(&job), "making thing 2|may have been done");
	job_close(&job);
}
END_TEST

/* Before the world is planned anew it is known what was lost in it. */
START_TEST(a_lost_one_beside_a_changed_world)
{
	struct job job;

	job_open(&job, MAKE "cut\n" MAKE "409 other\n" ONE_UP);
	job_add(&job, 'M', 1);
	job_add(&job, 'M', 2);
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	ck_assert_int_eq(job.account.e.code, ERR_CHANGED);
	job_check_states(&job, "DF");
	ck_assert_str_eq(job.plan.steps[0]->id, "1");
	job_close(&job);
}
END_TEST

/* A change or removal is repeated by http.h; what stays unknown is said. */
START_TEST(a_lost_removal)
{
	struct job job;

	job_open(&job, "+" REMOVE "1 cut");
	job_add(&job, 'r', 1);
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	account_check_words(job_text(&job), "Empty reply|removing thing 1");
	job_check_states(&job, "L");
	ck_assert(plan_changes(&job.plan, false));
	job_close(&job);
}
END_TEST

/* What was made when the signal came, and what is done about it. Its place is
 * in the script. */
static const struct {
	const char *steps, *script, *removed, *left;
} undone[] = {
	/* Newest first. */
	{ "mmn",
		MAKE MADE("1") MAKE MADE("2") MAKE MADE("3") LOOK
		"signal\n" REMOVE "3 204\n" NONE REMOVE "2 204\n" NONE REMOVE
		"1 204\n" NONE,
		"['thing 3', 'thing 2', 'thing 1']", "[]" },
	/* Gone already. */
	{ "n", MAKE MADE("1") LOOK "signal\n" REMOVE "1 404\n", "['thing 1']",
		"[]" },
	/* It takes its time to go. */
	{ "n",
		MAKE MADE("1") LOOK "signal\n" REMOVE
				    "1 204\n" ONE_UP ONE_UP NONE,
		"['thing 1']", "[]" },
	/* One that cannot be removed does not keep the others. */
	{ "mn",
		MAKE MADE("1") MAKE MADE("2") LOOK
		"signal\n" REMOVE "2 403 no\n" REMOVE "1 204\n" NONE,
		"['thing 1']", "['thing 2']" },
	{ "mn",
		MAKE MADE("1") MAKE MADE("2") LOOK
		"signal\n+" REMOVE "2 500 no\n" REMOVE "1 204\n" NONE,
		"['thing 1']", "['thing 2']" },
	/* The signal came while it was being made: looked for first. */
	{ "m", MAKE "signal\n" ONE_UP REMOVE "1 204\n" NONE, "['thing 1']",
		"[]" },
	{ "m", MAKE "signal\n+" NONE, "[]", "[]" },
	{ "m", MAKE "signal\n+" LOOK "403 no", "[]", "['thing 1']" },
	{ "MM",
		MAKE "signal\n" MAKE MADE("2") ONE_UP REMOVE
		"2 204\n" NONE REMOVE "1 204\n" NONE,
		"['thing 2', 'thing 1']", "[]" },
	/* What was there before is not ours to touch, nor what was removed. */
	{ "rbm",
		REMOVE "1 204\n" BOX BOX_IS("ACTIVE") CHANGE
		"x 202\n" MAKE "signal\n" LOOK THINGS(THING("3", "up")) REMOVE
		"3 204\n" NONE,
		"['thing 3']", "[]" },
	/* Nothing was made. */
	{ "b", BOX "signal\n", "[]", "[]" },
	/* It went bad, or was late, but it is there and costs money. */
	{ "NN",
		MAKE MADE("1") MAKE MADE("2") LOOK THINGS(
			THING("1", "bad") ", " THING("2", "new")) LOOK
		"signal\n" REMOVE "2 204\n" NONE REMOVE "1 204\n" NONE,
		"['thing 2', 'thing 1']", "[]" },
};

static void check_list(const cJSON *list, const char *expected)
{
	cJSON *wanted = json_literal(expected);
	char *shown = json_text(list);

	ck_assert_msg(json_equal(list, wanted), "%s", shown);
	mem_free(shown);
	cJSON_Delete(wanted);
}

static void undo(struct job *job, const char *removed, const char *left)
{
	cJSON *gone = cJSON_CreateArray(), *there = cJSON_CreateArray();

	plan_undo(&job->plan, &job->account.cloud, gone, there);
	check_list(gone, removed);
	check_list(there, left);
	cJSON_Delete(gone);
	cJSON_Delete(there);
}

START_TEST(undoes_what_was_made)
{
	struct job job;

	interrupt_catch();
	job_open(&job, undone[_i].script);
	for (int i = 0; undone[_i].steps[i]; i++)
		job_add(&job, undone[_i].steps[i], i + 1);
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	ck_assert_int_eq(job.account.e.code, ERR_INTERRUPTED);
	undo(&job, undone[_i].removed, undone[_i].left);
	ck_assert_int_eq(interrupt_signal(), 0);
	job_close(&job);
}
END_TEST

/* The time of the run is over; undoing has its own. */
START_TEST(undoing_has_its_own_time)
{
	struct job job;

	job_open(&job, MAKE MADE("1") LOOK THINGS(THING("1", "new")) REMOVE
		"1 204\n" NONE);
	job_add(&job, 'n', 1);
	ck_assert_int_eq(job_apply(&job, 50), -1);
	job.account.canned.now = job.account.cloud.deadline + 100;
	undo(&job, "['thing 1']", "[]");
	job_close(&job);
}
END_TEST

START_TEST(undoing_has_an_end)
{
	struct job job;
	int64_t begin;

	job_open(&job, MAKE MADE("1") REMOVE "1 204\n+" ONE_UP);
	job_add(&job, 'm', 1);
	ck_assert_int_eq(job_apply(&job, MINUTE), 0);
	begin = job.account.canned.now;
	undo(&job, "[]", "['thing 1']");
	ck_assert_int_le(job.account.canned.now, begin + 5 * MINUTE);
	job_close(&job);
}
END_TEST

/* An answer that names no id: something may have been made, so it must not be
 * passed over in silence. */
START_TEST(what_has_no_id_is_found_or_said)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct job job;

	job_open(&job, MAKE "202 {}\n+" NONE);
	job_add(&job, 'm', 1);
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	ck_assert(plan_changes(&job.plan, false));
	plan_undo(&job.plan, &job.account.cloud, removed, left);
	ck_assert_int_eq(json_size(removed), 0);
	ck_assert_int_eq(json_size(left), 1);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	job_close(&job);
}
END_TEST

/* Many are looked for together, or undoing would take a time for each. */
START_TEST(many_lost_ones_are_looked_for_at_once)
{
	struct job job;
	int64_t begin;

	interrupt_catch();
	job_open(&job, MAKE "cut\n" MAKE "cut\n" MAKE "cut\n" MAKE "cut\n" MAKE
			    "signal\n+" NONE);
	for (int i = 0; i < 5; i++)
		job_add(&job, 'M', i + 1);
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	job_check_states(&job, "LLLLL");
	begin = job.account.canned.now;
	undo(&job, "[]", "[]");
	ck_assert_int_le(job.account.canned.now, begin + 2 * PLAN_LIST_LAG);
	job_close(&job);
}
END_TEST

/* What was only to be changed is not something that was left. */
START_TEST(a_lost_change_is_nothing_left)
{
	struct job job;

	interrupt_catch();
	job_open(&job, BOX BOX_IS("ACTIVE") CHANGE "x signal");
	job_add(&job, 'b', 1);
	ck_assert_int_eq(job_apply(&job, MINUTE), -1);
	job_check_states(&job, "L");
	ck_assert(plan_changes(&job.plan, false));
	undo(&job, "[]", "[]");
	job_close(&job);
}
END_TEST

/* A second signal, while it is undone: each thing is still accounted for. */
START_TEST(a_signal_while_it_is_undone)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct job job;

	interrupt_catch();
	job_open(&job,
		MAKE MADE("1") MAKE MADE("2") "+" REMOVE "2 signal\n+" REMOVE
					      "1 204\n+" NONE);
	job_add(&job, 'm', 1);
	job_add(&job, 'm', 2);
	ck_assert_int_eq(job_apply(&job, MINUTE), 0);
	plan_undo(&job.plan, &job.account.cloud, removed, left);
	ck_assert_int_eq(json_size(removed) + json_size(left), 2);
	ck_assert_str_eq(json_str(left, "0"), "thing 2");
	cJSON_Delete(removed);
	cJSON_Delete(left);
	job_close(&job);
}
END_TEST

/* What an earlier plan of this run has made counts as well. */
START_TEST(undoes_across_plans)
{
	struct job job;

	job_open(&job, MAKE MADE("1") MAKE MADE("2") REMOVE
		"2 204\n" NONE REMOVE "1 204\n" NONE);
	job_add(&job, 'm', 1);
	ck_assert_int_eq(job_apply(&job, MINUTE), 0);
	plan_again(&job.plan);
	job_add(&job, 'm', 2);
	ck_assert_int_eq(job_apply(&job, MINUTE), 0);
	undo(&job, "['thing 2', 'thing 1']", "[]");
	job_close(&job);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("plan_lost");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, looks_for_what_was_lost, 0, COUNT(rows));
	tcase_add_test(t, a_list_may_lag);
	tcase_add_test(t, a_look_for_the_lost_that_fails);
	tcase_add_test(t, a_lost_post_without_a_mark);
	tcase_add_test(t, a_lost_post_that_may_be_sent_again);
	tcase_add_test(t, a_lost_one_without_a_mark_among_others);
	tcase_add_test(t, a_lost_one_beside_a_changed_world);
	tcase_add_test(t, a_lost_removal);
	tcase_add_loop_test(t, undoes_what_was_made, 0, COUNT(undone));
	tcase_add_test(t, undoing_has_its_own_time);
	tcase_add_test(t, undoing_has_an_end);
	tcase_add_test(t, what_has_no_id_is_found_or_said);
	tcase_add_test(t, many_lost_ones_are_looked_for_at_once);
	tcase_add_test(t, a_lost_change_is_nothing_left);
	tcase_add_test(t, a_signal_while_it_is_undone);
	tcase_add_test(t, undoes_across_plans);
	suite_add_tcase(s, t);
	return s;
}
