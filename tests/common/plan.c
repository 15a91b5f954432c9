/* SPDX-License-Identifier: Apache-2.0 */
/* The plan as data: what is shown of it, and marks. */
#include "tests/common/thing.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

START_TEST(keeps_copies_in_order)
{
	struct step step = { .kind = &thing_making, .thing = "a" };
	struct step *added[100];
	struct pool *pool = pool_new();
	struct plan plan;

	plan_init(&plan, pool);
	ck_assert(!plan_changes(&plan, false));
	ck_assert(!plan_changes(&plan, true));
	for (int i = 0; i < 100; i++) {
		step.sends = i;
		added[i] = plan_add(&plan, &step);
	}
	step.thing = "changed";
	ck_assert_uint_eq(plan.count, 100);
	for (int i = 0; i < 100; i++) {
		ck_assert_ptr_eq(plan.steps[i], added[i]);
		ck_assert_int_eq(added[i]->sends, i);
		ck_assert_str_eq(added[i]->thing, "a");
		ck_assert_ptr_nonnull(added[i]->err);
		ck_assert_int_eq(added[i]->err->code, ERR_NONE);
		ck_assert_int_eq(added[i]->state, STEP_PLANNED);
	}
	plan_free(&plan);
	plan_free(&plan);
	pool_free(pool);
}
END_TEST

/* In check mode what would change counts, else what has. */
START_TEST(knows_whether_it_changes)
{
	struct job job;
	struct step *step;

	job_open(&job, "");
	step = thing_make(&job.plan, "1", false, WAIT_NOT);
	ck_assert(plan_changes(&job.plan, true));
	ck_assert(!plan_changes(&job.plan, false));
	step->took = true;
	ck_assert(plan_changes(&job.plan, false));
	plan_again(&job.plan);
	ck_assert(plan_changes(&job.plan, false));
	job.account.canned.count = 0;
	job_close(&job);
}
END_TEST

/* Waiting for something is no change. */
START_TEST(a_wait_is_no_change)
{
	struct job job;
	cJSON *requests = NULL;

	job_open(&job, "");
	plan_add(&job.plan, &(struct step){ .kind = &box_changing,
				    .thing = "the box",
				    .doing = "waiting",
				    .service = CLOUD_COMPUTE,
				    .wait = WAIT_USABLE,
				    .state = STEP_STARTED });
	ck_assert(!plan_changes(&job.plan, true));
	ck_assert_int_eq(plan_requests(&job.plan, &job.account.cloud, &requests,
				 &job.account.e),
		0);
	ck_assert_int_eq(json_size(requests), 0);
	cJSON_Delete(requests);
	job.account.canned.count = 0;
	job_close(&job);
}
END_TEST

START_TEST(shows_its_requests)
{
	cJSON *requests = NULL, *expected;
	struct job job;
	char *shown;

	job_open(&job, "");
	thing_make(&job.plan, "1", false, WAIT_NOT);
	box_change(&job.plan, "PUT", "/box/x?a=b", WAIT_NOT)->service =
		CLOUD_BALANCER;
	thing_remove(&job.plan, "<web1.id>", false, WAIT_NOT);
	ck_assert_int_eq(plan_requests(&job.plan, &job.account.cloud, &requests,
				 &job.account.e),
		0);
	expected = json_literal(
		"[{'method': 'POST', 'path': '/compute/things', 'body': "
		"{'thing': {'metadata': {'ansible-run': 'm1'}}}}, {'method': "
		"'PUT', 'path': '/balancer/box/x?a=b'}, {'method': 'DELETE', "
		"'path': '/compute/things/<web1.id>'}]");
	shown = json_text(requests);
	ck_assert_msg(json_equal(requests, expected), "%s", shown);
	/* Showing is not sending. */
	ck_assert_int_eq(canned_sent(&job.account.canned), 1);
	mem_free(shown);
	cJSON_Delete(expected);
	cJSON_Delete(requests);
	job_close(&job);
}
END_TEST

START_TEST(a_service_that_is_not_there)
{
	cJSON *requests = NULL;
	struct account a;
	struct plan plan;
	struct step *step;

	account_open(
		&a, LOGIN ACCESS("tok-1", COMPUTE("DFW", "http://cloud/c")));
	plan_init(&plan, a.cloud.pool);
	step = box_change(&plan, "PUT", "/x", WAIT_NOT);
	step->service = CLOUD_VOLUME;
	step->ready = true;
	ck_assert_int_eq(plan_requests(&plan, &a.cloud, &requests, &a.e), -1);
	ck_assert_ptr_null(requests);
	ck_assert_int_eq(plan_apply(&plan, &a.cloud, 1000, &a.e), -1);
	account_check_words(a.e.text, "DFW|volume");
	plan_free(&plan);
	account_close(&a);
}
END_TEST

START_TEST(shows_differences)
{
	cJSON *old = json_literal("{'a': 1}"), *new = json_literal("{'a': 2}");
	cJSON *diff, *expected;
	struct step *step;
	struct job job;
	char *shown;

	job_open(&job, "");
	step = box_change(&job.plan, "PUT", "/box/x", WAIT_NOT);
	step->was = old;
	step->becomes = new;
	box_change(&job.plan, "POST", "/box", WAIT_NOT)->becomes = new;
	box_change(&job.plan, "DELETE", "/box", WAIT_NOT)->was = old;
	/* What only waits changes nothing. */
	box_change(&job.plan, NULL, "", WAIT_USABLE)->becomes = new;
	diff = plan_diff(&job.plan);
	expected = json_literal(
		"[{'before_header': 'the box', 'before': {'a': 1}, "
		"'after_header': 'the box', 'after': {'a': 2}}, "
		"{'before_header': 'the box', 'before': '', 'after_header': "
		"'the box', 'after': {'a': 2}}, {'before_header': 'the box', "
		"'before': {'a': 1}, 'after_header': 'the box', 'after': ''}]");
	shown = json_text(diff);
	ck_assert_msg(json_equal(diff, expected), "%s", shown);
	mem_free(shown);
	cJSON_Delete(diff);
	cJSON_Delete(expected);
	cJSON_Delete(old);
	cJSON_Delete(new);
	job.account.canned.count = 0;
	job_close(&job);
}
END_TEST

START_TEST(marks_are_random)
{
	struct pool *pool = pool_new();
	struct plan plan;
	const char *marks[50];

	plan_init(&plan, pool);
	for (int i = 0; i < 50; i++) {
		marks[i] = plan_mark(&plan);
		ck_assert_uint_eq(strlen(marks[i]), 32);
		ck_assert_uint_eq(strspn(marks[i], "0123456789abcdef"), 32);
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(marks[i], marks[k]);
	}
	plan_free(&plan);
	pool_free(pool);
}
END_TEST

static const struct {
	const char *tree, *shown;
} trees[] = {
	{ "{'a': 1}", "{'a': 1}" },
	{ "{'ansible-run': 'm'}", "{}" },
	{ "{'ansible-run': 'm', 'b': {'ansible-run': {'x': 1}, 'c': 2}}",
		"{'b': {'c': 2}}" },
	{ "[{'metadata': {'ansible-run': 'm', 'group': 'g'}}]",
		"[{'metadata': {'group': 'g'}}]" },
	{ "{'metadata': [{'id': 1, 'key': 'ansible-run', 'value': 'm'}, "
	  "{'id': 2, 'key': 'team', 'value': 'ansible-run'}]}",
		"{'metadata': [{'id': 2, 'key': 'team', 'value': "
		"'ansible-run'}]}" },
	{ "{'x': [{'key': 'ansible-run'}, {'key': 'ansible-run'}, [{'key': "
	  "'ansible-run'}]]}",
		"{'x': [[]]}" },
	{ "{'ansible-run-not': 1, 'ansible': 2, 'key': 'x'}",
		"{'ansible-run-not': 1, 'ansible': 2, 'key': 'x'}" },
	{ "['ansible-run']", "['ansible-run']" },
	{ "'text'", "'text'" },
};

START_TEST(hides_marks)
{
	cJSON *tree = json_literal(trees[_i].tree);
	cJSON *expected = json_literal(trees[_i].shown);
	char *shown;

	plan_hide_marks(tree);
	shown = json_text(tree);
	ck_assert_msg(json_equal(tree, expected), "%s", shown);
	mem_free(shown);
	cJSON_Delete(tree);
	cJSON_Delete(expected);
	plan_hide_marks(NULL);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("plan");
	TCase *t = tcase_create("all");

	tcase_add_test(t, keeps_copies_in_order);
	tcase_add_test(t, knows_whether_it_changes);
	tcase_add_test(t, a_wait_is_no_change);
	tcase_add_test(t, shows_its_requests);
	tcase_add_test(t, a_service_that_is_not_there);
	tcase_add_test(t, shows_differences);
	tcase_add_test(t, marks_are_random);
	tcase_add_loop_test(t, hides_marks, 0, COUNT(trees));
	suite_add_tcase(s, t);
	return s;
}
