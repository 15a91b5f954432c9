/* SPDX-License-Identifier: Apache-2.0 */
/* A whole run of a module of our own. */
#include "common/run.h"

#include "common/module.h"
#include "tests/common/thing.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

struct params {
	const char *act;
	const char *pin;
	const cJSON *things;
	int64_t wait_timeout;
};

static const struct opt opts[] = {
	OPT_STR(act, .choices = "make|change|fail|warn|none",
		.fallback = "none"),
	OPT_STR(pin, .secret = true),
	OPT_LIST(things, "str"),
	OPT_INT(wait_timeout, .fallback = "300"),
	OPT_END,
};

/* A run makes its transport by a function without arguments. */
static struct canned canned;
static int connections, plans, reports;

static int make_plan(struct task *t, struct err *e)
{
	const struct params *p = t->params;

	if (++plans > 1 && task_given(t, "things") && streq(p->act, "change"))
		return err_set(e, ERR_OTHER, "planning anew failed");
	if (streq(p->act, "fail"))
		return err_set(e, ERR_OTHER, "no plan with %s",
			p->pin ? p->pin : "anything");
	if (streq(p->act, "warn"))
		task_warn(t, "beware of %s", p->pin ? p->pin : "dogs");
	json_each (thing, p->things) {
		thing_make(t->plan, thing->valuestring, true, WAIT_USABLE);
	}
	if (streq(p->act, "change"))
		box_change(t->plan, "PUT", "/box/x", WAIT_NOT);
	return 0;
}

static void make_report(struct task *t)
{
	reports++;
	task_result(t, "told", json_new_bool(true));
	if (t->failure)
		task_result(t, "why", json_new_str(t->failure->text));
}

static const struct module module = {
	.name = "probe",
	MODULE_OPTS(opts),
	.zero_waits_forever = true,
	.plan = make_plan,
	.report = make_report,
};

static struct transport *connect_canned(bool verify)
{
	(void)verify;
	connections++;
	return &canned.transport;
}

static struct transport *(*connect)(bool verify) = connect_canned;

#define ME                                                                     \
	"\"username\": \"me\", \"api_key\": \"s3cr3t-key\", \"region\": "      \
	"\"DFW\", \"auth_endpoint\": \"http://cloud/v2.0\""

/* The printed object, the caller's; `text' is an arguments file. */
static cJSON *run(const char *text, const char *script, int *status)
{
	/* An exact copy lets the sanitizer see a byte read beyond the end. */
	size_t length = strlen(text);
	char *exact = memcpy(malloc(length + !length), text, length), *output;
	struct err e;
	cJSON *result;

	setenv("HOME", "/nonexistent", 1);
	unsetenv("RAX_USERNAME");
	unsetenv("RAX_API_KEY");
	unsetenv("RAX_CREDENTIALS");
	unsetenv("RAX_CREDS_FILE");
	unsetenv("RAX_REGION");
	interrupt_catch();
	canned_open(&canned, script);
	*status = run_module(&module, exact, length, connect, &output);
	free(exact);
	for (const char *c = output; *c; c++)
		ck_assert_msg(*c >= ' ' && *c < 0x7f, "no ASCII: %s", output);
	ck_assert_msg(!strstr(output, "s3cr3t") && !strstr(output, "tok-1"),
		"a secret in: %s", output);
	result = json_parse(output, strlen(output), &e);
	ck_assert_msg(cJSON_IsObject(result), "no object: %s", output);
	ck_assert_int_eq(*status, json_bool(result, "failed") ? 1 : 0);
	mem_free(output);
	canned_close(&canned);
	return result;
}

/* Arguments files that are none. */
static const char *const files[] = { "", " ", "[]", "7", "null", "\"{}\"",
	"NaN", "{", "{\"a\": }", "{} {}", "{\"act\": \"none\"", "\xff\xfe",
	"{a: 1}", "#!/bin/sh", "{\"a\": 1}}" };

START_TEST(refuses_other_files)
{
	int status;
	cJSON *result = run(files[_i], "", &status);

	ck_assert_int_eq(status, 1);
	account_check_words(json_str(result, "msg"), "arguments file");
	ck_assert_int_eq(connections, 0);
	cJSON_Delete(result);
}
END_TEST

START_TEST(refuses_deep_nesting)
{
	char text[1000] = "{\"things\": ";
	int status;
	cJSON *result;

	memset(text + strlen(text), '[', 500);
	result = run(text, "", &status);
	ck_assert_int_eq(status, 1);
	ck_assert_ptr_nonnull(json_str(result, "msg"));
	cJSON_Delete(result);
}
END_TEST

/* Arguments behind ME, and what the result has or, after !, has not; or the
 * message of the failure. */
static const struct {
	const char *arguments;
	const char *message;
	const char *members;
} rows[] = {
	{ "", NULL, "changed|told|invocation|!failed|!requests|!diff|!why" },
	{ ", \"_ansible_future\": {\"x\": [1]}, \"_ansible_\": null", NULL,
		"invocation|!_ansible_future|!failed" },
	{ ", \"_ansible_check_mode\": true", NULL,
		"changed|requests|invocation|!diff" },
	{ ", \"_ansible_diff\": true", NULL, "changed|diff|!requests" },
	{ ", \"_ansible_check_mode\": true, \"_ansible_diff\": true", NULL,
		"diff|requests" },
	/* What Ansible never sends is not taken for yes. */
	{ ", \"_ansible_check_mode\": null, \"_ansible_diff\": 0", NULL,
		"!requests|!diff" },
	{ ", \"_ansible_inject_invocation\": false", NULL, "!invocation" },
	{ ", \"_ansible_inject_invocation\": true", NULL, "invocation" },
	{ ", \"act\": \"warn\"", NULL, "warnings|told" },
	{ ", \"act\": \"fail\"", "no plan with anything",
		"failed|changed|invocation|!told" },
	{ ", \"act\": \"fail\", \"_ansible_inject_invocation\": false",
		"no plan with anything", "failed|!invocation" },
	{ ", \"bogus\": 1", "Unsupported parameters for (probe) module: bogus.",
		"failed|invocation" },
	{ ", \"bogus\": 1, \"_ansible_module_name\": \"rackspace.cloud.x\"",
		"Unsupported parameters for (rackspace.cloud.x) module: bogus.",
		"failed" },
	{ ", \"act\": \"bake\"",
		"value of act must be one of: make, change, fail, warn, none, "
		"got: bake",
		"failed" },
	{ ", \"wait_timeout\": NaN", "wait_timeout", "failed" },
	{ ", \"wait_timeout\": Infinity", "wait_timeout", "failed" },
	{ ", \"wait_timeout\": 1e400", "wait_timeout", "failed" },
	{ ", \"wait_timeout\": -5", NULL, "told" },
	{ ", \"wait_timeout\": 0", NULL, "told" },
	{ ", \"wait_timeout\": 9223372036854775807", NULL, "told" },
	{ ", \"wait_timeout\": -9223372036854775808", NULL, "told" },
	{ ", \"wait_timeout\": 123456789012345678901234567890", NULL, "told" },
	{ ", \"auth_endpoint\": \"x\"", "auth_endpoint", "failed" },
};

static void check_members(const cJSON *result, const char *members)
{
	char *copy = mem_copy(members), *rest = copy;
	char *shown = json_text(result);

	for (char *name; (name = strsep(&rest, "|"));)
		ck_assert_msg((json_member(result, name + (*name == '!')) !=
				      NULL) == (*name != '!'),
			"%s in: %s", name, shown);
	mem_free(shown);
	mem_free(copy);
}

START_TEST(runs)
{
	char *text = mem_printf("{" ME "%s}", rows[_i].arguments);
	int status;
	cJSON *result = run(text, "", &status);

	check_members(result, rows[_i].members);
	ck_assert_int_eq(status, rows[_i].message ? 1 : 0);
	if (rows[_i].message)
		account_check_words(json_str(result, "msg"), rows[_i].message);
	ck_assert(!json_bool(result, "changed"));
	cJSON_Delete(result);
	mem_free(text);
}
END_TEST

#define MAKE_TWO "{" ME ", \"act\": \"make\", \"things\": [\"1\", \"2\"]"
#define UP       LOOK THINGS(THING("1", "up") ", " THING("2", "up"))

START_TEST(applies_what_is_planned)
{
	int status;
	cJSON *result = run(MAKE_TWO ", \"_ansible_diff\": true}",
		LOGGED_IN MAKE MADE("1") MAKE MADE("2") UP, &status);

	ck_assert_int_eq(status, 0);
	ck_assert(json_bool(result, "changed"));
	ck_assert_int_eq(json_size(json_get(result, "diff")), 2);
	ck_assert_int_eq(plans, 1);
	ck_assert_int_eq(reports, 1);
	cJSON_Delete(result);
}
END_TEST

START_TEST(predicts_what_is_planned)
{
	int status;
	cJSON *result = run(MAKE_TWO ", \"_ansible_check_mode\": true}",
		LOGGED_IN, &status);

	ck_assert_int_eq(status, 0);
	ck_assert(json_bool(result, "changed"));
	ck_assert_int_eq(json_size(json_get(result, "requests")), 2);
	ck_assert_str_eq(
		json_str(result, "requests.1.path"), "/compute/things");
	ck_assert_ptr_nonnull(json_get(result, "requests.1.body.thing"));
	ck_assert_int_eq(plans, 1);
	ck_assert_int_eq(reports, 1);
	cJSON_Delete(result);
}
END_TEST

START_TEST(a_step_that_fails_is_reported)
{
	int status;
	cJSON *result = run(MAKE_TWO "}",
		LOGGED_IN MAKE MADE("1") MAKE
		"403 no room\n" LOOK THINGS(THING("1", "up")),
		&status);

	ck_assert_int_eq(status, 1);
	ck_assert(json_bool(result, "changed"));
	ck_assert_int_eq(reports, 1);
	account_check_words(json_str(result, "msg"), "no room (making thing 2");
	account_check_words(json_str(result, "why"), "no room");
	cJSON_Delete(result);
}
END_TEST

#define CHANGED BOX BOX_IS("ACTIVE") CHANGE "x 409 not as planned\n"

START_TEST(plans_anew_when_the_world_has_changed)
{
	int status;
	cJSON *result = run("{" ME ", \"act\": \"change\"}",
		LOGGED_IN CHANGED CHANGED BOX BOX_IS("ACTIVE") CHANGE "x 202",
		&status);

	ck_assert_int_eq(status, 0);
	ck_assert(json_bool(result, "changed"));
	ck_assert_int_eq(plans, 3);
	ck_assert_int_eq(reports, 1);
	cJSON_Delete(result);
}
END_TEST

/* A world that never holds still: an end, and the cloud's last words. */
START_TEST(plans_anew_only_so_often)
{
	int status;
	cJSON *result = run("{" ME ", \"act\": \"change\"}",
		LOGGED_IN "+" BOX BOX_IS("ACTIVE") "+" CHANGE
						   "x 409 not as planned",
		&status);

	ck_assert_int_eq(status, 1);
	ck_assert(!json_bool(result, "changed"));
	ck_assert_int_ge(plans, 2);
	ck_assert_int_le(plans, 20);
	account_check_words(json_str(result, "msg"), "not as planned");
	/* Not as fast as it can. */
	ck_assert_int_ge(canned.now, 1000);
	cJSON_Delete(result);
}
END_TEST

/* Planning anew fails after a part was done: that part is not denied. */
START_TEST(a_plan_that_fails_after_a_change)
{
	int status;
	cJSON *result = run("{" ME
			    ", \"act\": \"change\", \"things\": [\"1\"]}",
		LOGGED_IN MAKE MADE("1") LOOK THINGS(THING("1", "up")) CHANGED,
		&status);

	ck_assert_int_eq(status, 1);
	ck_assert_int_eq(plans, 2);
	account_check_words(json_str(result, "msg"), "planning anew failed");
	ck_assert(json_bool(result, "changed"));
	cJSON_Delete(result);
}
END_TEST

START_TEST(a_signal_undoes)
{
	int status;
	cJSON *result = run(MAKE_TWO "}",
		LOGGED_IN MAKE MADE("1") MAKE "signal\n" LOOK THINGS(
			THING("1", "new") ", " THING("2", "new")) REMOVE
		"2 204\n" LOOK THINGS(THING("1", "new")) REMOVE "1 403 no\n",
		&status);

	ck_assert_int_eq(status, 1);
	account_check_words(json_str(result, "msg"), "Interrupted");
	ck_assert_int_eq(json_size(json_get(result, "removed")), 1);
	ck_assert_int_eq(json_size(json_get(result, "left")), 1);
	ck_assert_str_eq(json_str(result, "left.0"), "thing 1");
	cJSON_Delete(result);
}
END_TEST

static int no_pause(struct transport *transport, int64_t milliseconds)
{
	(void)transport, (void)milliseconds;
	raise(SIGTERM);
	return -1;
}

static struct transport *connect_impatient(bool verify)
{
	canned.transport.pause = no_pause;
	return connect_canned(verify);
}

/* A signal between two plans: what the first has made is undone. */
START_TEST(a_signal_before_it_plans_anew)
{
	int status;
	cJSON *result;

	connect = connect_impatient;
	result = run(
		"{" ME ", \"act\": \"change\"}", LOGGED_IN CHANGED, &status);
	ck_assert_int_eq(status, 1);
	ck_assert_int_eq(plans, 1);
	ck_assert_int_eq(reports, 0);
	account_check_words(json_str(result, "msg"), "Interrupted");
	ck_assert_int_eq(json_size(json_get(result, "left")), 0);
	cJSON_Delete(result);
}
END_TEST

START_TEST(shows_its_options)
{
	cJSON *options = run_options(&module);

	ck_assert_str_eq(json_str(options, "options.act.default"), "none");
	ck_assert_int_eq(
		json_size(json_get(options, "options.act.choices")), 5);
	ck_assert(json_bool(options, "options.pin.no_log"));
	ck_assert(json_bool(options, "options.api_key.no_log"));
	ck_assert_int_eq(
		json_size(json_get(options, "constraints.required_together")),
		1);
	cJSON_Delete(options);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("run");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, refuses_other_files, 0, COUNT(files));
	tcase_add_test(t, refuses_deep_nesting);
	tcase_add_loop_test(t, runs, 0, COUNT(rows));
	tcase_add_test(t, applies_what_is_planned);
	tcase_add_test(t, predicts_what_is_planned);
	tcase_add_test(t, a_step_that_fails_is_reported);
	tcase_add_test(t, plans_anew_when_the_world_has_changed);
	tcase_add_test(t, plans_anew_only_so_often);
	tcase_add_test(t, a_plan_that_fails_after_a_change);
	tcase_add_test(t, a_signal_undoes);
	tcase_add_test(t, a_signal_before_it_plans_anew);
	tcase_add_test(t, shows_its_options);
	suite_add_tcase(s, t);
	return s;
}
