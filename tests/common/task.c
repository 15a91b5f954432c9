/* SPDX-License-Identifier: Apache-2.0 */
#include "common/task.h"

#include <check.h>
#include <string.h>

#include "tests/common/account.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static struct task new_task(struct account *a, const char *given)
{
	account_open(a, "");
	return (struct task){ .pool = a->cloud.pool,
		.cloud = &a->cloud,
		.given = pool_keep(a->cloud.pool, json_literal(given)),
		.result = pool_keep(a->cloud.pool, cJSON_CreateObject()),
		.warnings = pool_keep(a->cloud.pool, cJSON_CreateArray()) };
}

START_TEST(says_its_result)
{
	struct account a;
	struct task t = new_task(&a, "{}");

	task_result(&t, "a", json_new_int(1));
	task_result(&t, "a", json_new_int(2));
	task_result(&t, "b", NULL);
	task_warn(&t, "%s is %d%% old", "web1\n", 7);
	task_warn(&t, "%s", "%s%n");
	ck_assert_int_eq(json_size(t.result), 1);
	ck_assert_int_eq(json_int(t.result, "a", 0), 2);
	ck_assert_str_eq(json_str(t.warnings, "0"), "web1\n is 7% old");
	ck_assert_str_eq(json_str(t.warnings, "1"), "%s%n");
	ck_assert(!t.failed);
	task_fail(&t, "no %s", "room");
	ck_assert(t.failed);
	ck_assert_str_eq(json_str(t.result, "msg"), "no room");
	account_close(&a);
}
END_TEST

START_TEST(adds_to_a_list)
{
	struct account a;
	struct task t = new_task(&a, "{}");
	char *text;

	task_result_add(&t, "left", cJSON_CreateArray());
	ck_assert_int_eq(json_size(t.result), 0);
	task_result_add(&t, "left", json_literal("['a', 'b']"));
	task_result_add(&t, "left", cJSON_CreateArray());
	task_result_add(&t, "left", json_literal("['c']"));
	text = json_text(t.result);
	ck_assert_str_eq(text, "{\"left\": [\"a\", \"b\", \"c\"]}");
	mem_free(text);
	account_close(&a);
}
END_TEST

static const struct {
	const char *given, *option;
	bool is;
} options[] = {
	{ "{}", "a", false },
	{ "{'a': 1}", "a", true },
	{ "{'a': false}", "a", true },
	{ "{'a': ''}", "a", true },
	{ "{'a': []}", "a", true },
	/* null is what Ansible makes of an omitted option in a template. */
	{ "{'a': null}", "a", false },
	{ "{'A': 1}", "a", false },
	{ "{'b': {'a': 1}}", "a", false },
};

START_TEST(knows_what_was_given)
{
	struct account a;
	struct task t = new_task(&a, options[_i].given);

	ck_assert(task_given(&t, options[_i].option) == options[_i].is);
	account_close(&a);
}
END_TEST

static const struct {
	const char *text;
	bool predicted;
	const char *path; /* in check mode */
} names[] = {
	{ "<web3.private>", true, "<web3.private>" },
	{ "<edge.id>", true, "<edge.id>" },
	{ "<10.0.0.3:80.id>", true, "<10.0.0.3:80.id>" },
	{ "<>", false, "%3C%3E" },
	{ "<", false, "%3C" },
	{ "", false, "" },
	{ "<web3", false, "%3Cweb3" },
	{ "web3>", false, "web3%3E" },
	{ "7", false, "7" },
	{ "a/b", false, "a%2Fb" },
};

START_TEST(knows_what_was_predicted)
{
	struct account a;
	struct task t = new_task(&a, "{}");
	char *escaped;
	struct str s;

	str_init(&s, 1000);
	str_add_url(&s, names[_i].text);
	escaped = str_take(&s);
	/* In a real run it is a name like any other. */
	ck_assert(!task_is_predicted(&t, names[_i].text));
	ck_assert_str_eq(task_path_id(&t, names[_i].text), escaped);
	t.check = true;
	ck_assert(task_is_predicted(&t, names[_i].text) == names[_i].predicted);
	ck_assert_str_eq(task_path_id(&t, names[_i].text), names[_i].path);
	ck_assert(!task_is_predicted(&t, NULL));
	mem_free(escaped);
	account_close(&a);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("task");
	TCase *t = tcase_create("all");

	tcase_add_test(t, says_its_result);
	tcase_add_test(t, adds_to_a_list);
	tcase_add_loop_test(t, knows_what_was_given, 0, COUNT(options));
	tcase_add_loop_test(t, knows_what_was_predicted, 0, COUNT(names));
	suite_add_tcase(s, t);
	return s;
}
