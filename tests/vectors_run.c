/* SPDX-License-Identifier: Apache-2.0 */
/* A line through our code, and its expectation in the same form. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/opt.h"
#include "common/opt_python.h"
#include "common/opt_rules.h"
#include "common/result.h"
#include "common/str.h"
#include "tests/vectors.h"

#define PASSWORD_WARNING "Module did not set no_log for "
#define PASSING_WARNING  "Passing `"
#define BOOLEANS         "<BOOLEANS>"

static void set_unless_empty(cJSON *object, const char *key, cJSON *list)
{
	if (list && list->child)
		json_set(object, key, list);
	else
		cJSON_Delete(list);
}

/* Members that are null are as good as absent in a deprecation. */
static cJSON *without_nulls(const cJSON *list)
{
	cJSON *copy = json_copy(list), *next;

	json_each (object, copy) {
		for (cJSON *member = object->child; member; member = next) {
			next = member->next;
			if (cJSON_IsNull(member))
				cJSON_Delete(cJSON_DetachItemViaPointer(
					object, member));
		}
	}
	return copy;
}

static bool supports_check_mode(const cJSON *line)
{
	return !json_bool(line, "check_mode") ||
	       json_bool(line, "constraints.supports_check_mode");
}

static cJSON *skipped(const char *module, const struct opt_checked *checked)
{
	char *text = mem_printf(
		"remote module (%s) does not support check mode", module);
	cJSON *result = result_exit(checked,
		json_object(JSON_BOOL("skipped", true), JSON_STR("msg", text)),
		NULL);

	mem_free(text);
	return result;
}

/* AnsibleModule looks at names only where the module then runs. */
static void drop_password_warnings(struct opt_checked *checked)
{
	cJSON *next;

	for (cJSON *w = checked->warnings->child; w; w = next) {
		next = w->next;
		if (str_starts(w->valuestring, PASSWORD_WARNING))
			cJSON_Delete(cJSON_DetachItemViaPointer(
				checked->warnings, w));
	}
}

/* The arguments as they are printed count only where something is hidden;
 * where nothing is they must be the parameters. */
static void add_params(
	cJSON *got, const struct opt_checked *checked, const cJSON *printed)
{
	const cJSON *shown = json_get(printed, "invocation.module_args");

	json_set(got, "params", json_copy(checked->params));
	if (checked->secrets->child || !json_equal(shown, checked->params))
		json_set(got, "module_args", json_copy(shown));
	set_unless_empty(got, "no_log_values", json_copy(checked->secrets));
}

/* What a failing module said is known from its output only, hence without the
 * secrets; what a running one did, from inside. */
static void add_notices(cJSON *got, const cJSON *from)
{
	set_unless_empty(
		got, "warnings", json_copy(json_member(from, "warnings")));
	set_unless_empty(got, "deprecations",
		without_nulls(json_member(from, "deprecations")));
}

static cJSON *run_arguments(
	const cJSON *line, const char *module, struct opt_checked *checked)
{
	const char *outcome = checked->failure             ? "fail"
			      : !supports_check_mode(line) ? "skip"
							   : "ok";
	cJSON *got = json_object(JSON_STR("outcome", outcome)), *printed;
	cJSON *inside = json_object(JSON_COPY("warnings", checked->warnings),
		JSON_COPY("deprecations", checked->deprecations));
	bool runs = streq(outcome, "ok");

	if (streq(outcome, "fail")) {
		printed = result_fail(checked, checked->failure, NULL, NULL);
	} else if (streq(outcome, "skip")) {
		drop_password_warnings(checked);
		printed = skipped(module, checked);
	} else {
		printed = result_exit(checked, NULL, NULL);
		add_params(got, checked, printed);
	}
	json_set(got, "msg", json_copy(json_member(printed, "msg")));
	add_notices(got, runs ? inside : printed);
	cJSON_Delete(printed);
	cJSON_Delete(inside);
	return got;
}

static cJSON *run_output(const cJSON *line, const struct opt_checked *checked)
{
	cJSON *result = json_copy(json_member(line, "result")), *printed;
	bool fail = streq(json_str(line, "call"), "fail_json");
	char *message = opt_python_str(json_member(result, "msg"));

	if (checked->failure) {
		fail = true;
		printed = result_fail(checked, checked->failure, NULL, NULL);
	} else if (fail) {
		json_remove(result, "msg");
		printed = result_fail(checked, message, result, NULL);
		result = NULL;
	} else {
		printed = result_exit(checked, result, NULL);
		result = NULL;
	}
	mem_free(message);
	cJSON_Delete(result);
	json_set(printed, "deprecations",
		without_nulls(json_member(printed, "deprecations")));
	return json_object(JSON_STR("outcome", "output"),
		JSON_TAKE("output", printed), JSON_INT("rc", fail ? 1 : 0));
}

cJSON *vectors_run(const cJSON *line, const cJSON *spec)
{
	const char *module = json_str(line, "module");
	struct opt_checked checked;
	struct err e;
	cJSON *got;

	module = module ? module : "module";
	opt_check(module, spec, json_member(line, "constraints"),
		json_member(line, "args"), &checked, &e);
	got = json_member(line, "call") ? run_output(line, &checked)
					: run_arguments(line, module, &checked);
	opt_checked_free(&checked);
	opt_python_normalise(got);
	return got;
}

/* {"$float": "inf"} and the like become the value. */
static cJSON *stand_in(const cJSON *value)
{
	const char *number = json_str(value, "$float");
	cJSON *copy;

	if (number)
		return json_new_double(strtod(number, NULL));
	if (!cJSON_IsArray(value) && !cJSON_IsObject(value))
		return json_copy(value);
	copy = cJSON_IsArray(value) ? cJSON_CreateArray()
				    : cJSON_CreateObject();
	json_each (item, value) {
		if (item->string)
			cJSON_AddItemToObject(
				copy, item->string, stand_in(item));
		else
			cJSON_AddItemToArray(copy, stand_in(item));
	}
	return copy;
}

/* ansible-core 2.19 has objects of its own where a module prints plain ones. */
static cJSON *plain_warning(const cJSON *value)
{
	const cJSON *message = json_get(value, "event.msg");

	return json_copy(message ? message : value);
}

static cJSON *plain_deprecation(const cJSON *value)
{
	if (!json_str(value, "event.msg"))
		return json_copy(value);
	if (str_starts(json_str(value, "event.msg"), PASSING_WARNING))
		return NULL;
	return json_object(JSON_STR("msg", json_str(value, "event.msg")),
		JSON_COPY("version", json_member(value, "version")),
		JSON_COPY("date", json_member(value, "date")),
		JSON_COPY("collection_name",
			json_get(value, "deprecator.resolved_name")));
}

static void make_plain(
	cJSON *object, const char *key, cJSON *(*plain)(const cJSON *value))
{
	const cJSON *list = json_member(object, key);
	cJSON *copy = cJSON_CreateArray(), *clean;

	json_each (value, list)
		json_append(copy, plain(value));
	clean = without_nulls(copy);
	cJSON_Delete(copy);
	if (list)
		json_remove(object, key);
	set_unless_empty(object, key, clean);
}

static void make_all_plain(cJSON *object)
{
	make_plain(object, "warnings", plain_warning);
	make_plain(object, "deprecations", plain_deprecation);
}

static bool all_strings(const cJSON *list)
{
	json_each (item, list) {
		if (!cJSON_IsString(item))
			return false;
	}
	return cJSON_IsArray(list);
}

cJSON *vectors_expected(const cJSON *expectation)
{
	cJSON *expected = stand_in(expectation);
	cJSON *secrets = json_member(expected, "no_log_values");

	if (all_strings(secrets))
		opt_rules_sort(secrets);
	make_all_plain(cJSON_IsObject(json_member(expected, "output"))
			       ? json_member(expected, "output")
			       : expected);
	opt_python_normalise(expected);
	return expected;
}

/* The token in what is expected stands for any text. */
static bool messages_agree(const char *expected, const char *got)
{
	const char *token = strstr(expected, BOOLEANS);
	size_t before = token ? (size_t)(token - expected) : 0;
	size_t after = token ? strlen(token + strlen(BOOLEANS)) : 0;

	if (!token)
		return streq(expected, got);
	return strlen(got) >= before + after &&
	       !strncmp(expected, got, before) &&
	       streq(token + strlen(BOOLEANS), got + strlen(got) - after);
}

bool vectors_agree(const cJSON *expected, const cJSON *got)
{
	const char *wanted = json_str(expected, "msg");
	const char *message = json_str(got, "msg");
	cJSON *copy;
	bool agree;

	if (streq(json_str(expected, "outcome"), "crash"))
		return streq(json_str(got, "outcome"), "fail");
	copy = json_copy(got);
	if (wanted && message && messages_agree(wanted, message))
		json_set_str(copy, "msg", wanted);
	agree = json_equal(expected, copy);
	cJSON_Delete(copy);
	return agree;
}
