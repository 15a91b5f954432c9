/* SPDX-License-Identifier: Apache-2.0 */
#include "common/result.h"

#include <check.h>

#include "common/mem.h"

Suite *suite(void);

/* Literals: the checked arguments as params, warnings, deprecations and
 * secrets; a result, and what is printed of it. */
static const struct {
	const char *params, *warnings, *deprecations, *secrets;
	const char *result, *printed;
} rows[] = {
	{ "{'a': 1}", "[]", "[]", "[]", "{'changed': true}",
		"{'changed': true, 'invocation': {'module_args': {'a': 1}}}" },
	{ "{'a': 1}", "[]", "[]", "[]", "{'invocation': 'mine'}",
		"{'invocation': 'mine'}" },
	{ "{}", "['one', 'two']", "[]", "[]",
		"{'warnings': ['two', 'three'], 'x': 1}",
		"{'warnings': ['one', 'two', 'three'], 'x': 1,"
		" 'invocation': {'module_args': {}}}" },
	{ "{}", "[]", "[]", "[]", "{'warnings': 'single'}",
		"{'warnings': ['single'], 'invocation': {'module_args': {}}}" },
	{ "{}", "[]", "[]", "[]", "{'warnings': [], 'deprecations': []}",
		"{'warnings': [], 'deprecations': [],"
		" 'invocation': {'module_args': {}}}" },
	{ "{}", "[]", "[{'msg': 'a', 'version': '9'}]", "[]",
		"{'deprecations': ['b', ['c', '2'], {'msg': 'a',"
		" 'version': '9'}]}",
		"{'deprecations': [{'msg': 'a', 'version': '9'},"
		" {'msg': 'b'}, {'msg': 'c', 'version': '2'}],"
		" 'invocation': {'module_args': {}}}" },
	{ "{'k': 's3cret'}", "['s3cret!']", "[{'msg': 'no s3cret'}]",
		"['s3cret']", "{'s3cret': 's3cret'}",
		"{'s3cret': 'VALUE_SPECIFIED_IN_NO_LOG_PARAMETER',"
		" 'invocation': {'module_args':"
		"  {'k': 'VALUE_SPECIFIED_IN_NO_LOG_PARAMETER'}},"
		" 'warnings': ['********!'],"
		" 'deprecations': [{'msg': 'no ********'}]}" },
};

static void is(cJSON *got, const char *wanted)
{
	cJSON *literal = json_literal(wanted);
	char *text = json_text(got), *wanted_text = json_text(literal);

	ck_assert_str_eq(text, wanted_text);
	mem_free(text);
	mem_free(wanted_text);
	cJSON_Delete(literal);
	cJSON_Delete(got);
}

START_TEST(finishes_results)
{
	struct opt_checked checked = {
		.params = json_literal(rows[_i].params),
		.warnings = json_literal(rows[_i].warnings),
		.deprecations = json_literal(rows[_i].deprecations),
		.secrets = json_literal(rows[_i].secrets),
	};

	is(result_exit(&checked, json_literal(rows[_i].result), NULL),
		rows[_i].printed);
	opt_checked_free(&checked);
}
END_TEST

START_TEST(fails)
{
	struct opt_checked checked = { .params = json_literal("{'k': 'pw'}"),
		.warnings = json_literal("[]"),
		.deprecations = json_literal("[]"),
		.secrets = json_literal("['pw']") };

	is(result_fail(&checked, "no pw", json_literal("{'rc': 2}"), NULL),
		"{'rc': 2, 'failed': true, 'msg': 'no ********',"
		" 'invocation': {'module_args':"
		"  {'k': 'VALUE_SPECIFIED_IN_NO_LOG_PARAMETER'}}}");
	is(result_fail(&checked, "x",
		   json_literal("{'failed': false, 'msg': 'y'}"), NULL),
		"{'failed': true, 'msg': 'x', 'invocation': {'module_args':"
		"  {'k': 'VALUE_SPECIFIED_IN_NO_LOG_PARAMETER'}}}");
	opt_checked_free(&checked);
}
END_TEST

START_TEST(takes_more_secrets_and_warnings)
{
	struct opt_checked checked = { .params = json_literal("{}"),
		.warnings = json_literal("['one']"),
		.deprecations = json_literal("[]"),
		.secrets = json_literal("['pw']") };
	cJSON *warnings = json_literal("['two token', 'one']");
	cJSON *secrets = json_literal("['token']");
	const struct result_extra extra = {
		.warnings = warnings, .secrets = secrets, .no_invocation = true
	};

	is(result_exit(&checked, json_literal("{'warnings': ['pw']}"), &extra),
		"{'warnings': ['one', 'two ********',"
		" 'VALUE_SPECIFIED_IN_NO_LOG_PARAMETER']}");
	is(result_exit(&checked, NULL, &extra),
		"{'warnings': ['one', 'two ********']}");
	cJSON_Delete(warnings);
	cJSON_Delete(secrets);
	opt_checked_free(&checked);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("result");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(
		t, finishes_results, 0, (int)(sizeof(rows) / sizeof(*rows)));
	tcase_add_test(t, fails);
	tcase_add_test(t, takes_more_secrets_and_warnings);
	suite_add_tcase(s, t);
	return s;
}
