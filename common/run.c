/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run.h"

#include <string.h>

#include "common/censor.h"
#include "common/interrupt.h"
#include "common/module.h"
#include "common/progress.h"
#include "common/result.h"

/* Seconds that a module without wait_timeout may go on; milliseconds that
 * logging in and reading get beside a short one. */
#define DEFAULT_TIMEOUT 300
#define LEAST_TIMEOUT   60000
#define LONGEST_TIMEOUT (10 * 365 * 24 * 3600)
/* How often a plan is made anew because the world has changed. Because an
 * answer was lost it is as long as there is time: what changes a thing is not
 * made worse by being planned again. */
#define PLANS_MAX 6
/* Before the first time; doubled each time. */
#define FIRST_PAUSE   100
#define LONGEST_PAUSE 5000

struct run {
	struct task task;
	struct cloud cloud;
	struct plan plan;
	struct login login;
	struct opt_checked checked;
	cJSON *internal; /* the _ansible_ keys of the arguments */
	cJSON *given;    /* the others */
	int64_t began;
	struct err err;
};

static void add_spec(
	cJSON *spec, cJSON *constraints, const struct module *module)
{
	opt_add_spec(spec, login_opts);
	opt_add_spec(spec, module->opts);
	if (module->more_opts)
		opt_add_spec(spec, module->more_opts);
	if (module->waits)
		opt_add_spec(spec, progress_opts);
	opt_add_rules(constraints, login_rules);
	if (module->rules)
		opt_add_rules(constraints, module->rules);
}

cJSON *run_options(const struct module *module)
{
	cJSON *spec = cJSON_CreateObject();
	cJSON *constraints = cJSON_CreateObject();

	add_spec(spec, constraints, module);
	return json_object(JSON_TAKE("options", spec),
		JSON_TAKE("constraints", constraints));
}

static void move_member(cJSON *from, cJSON *item, cJSON *to)
{
	char *key = mem_copy(item->string);

	json_set(to, key, cJSON_DetachItemViaPointer(from, item));
	mem_free(key);
}

static int read_arguments(struct run *r, const char *text, size_t length)
{
	cJSON *arguments = json_parse(text, length, &r->err);
	cJSON *next;

	if (!arguments)
		return err_add(&r->err, "The arguments file is no JSON object");
	pool_keep(r->task.pool, arguments);
	if (!cJSON_IsObject(arguments))
		return err_set(&r->err, ERR_OTHER,
			"The arguments file is no JSON object");
	for (cJSON *item = arguments->child; item; item = next) {
		next = item->next;
		if (str_starts(item->string, "_ansible_"))
			move_member(arguments, item, r->internal);
	}
	r->given = arguments;
	r->task.given = arguments;
	r->task.check = json_bool(r->internal, "_ansible_check_mode");
	return 0;
}

static int check_arguments(struct run *r)
{
	const struct module *module = r->task.module;
	const char *name = json_str(r->internal, "_ansible_module_name");
	cJSON *options = run_options(module);
	int rc = opt_check(name ? name : module->name,
		json_member(options, "options"),
		json_member(options, "constraints"), r->given, &r->checked,
		&r->err);

	cJSON_Delete(options);
	return rc;
}

static void hide(struct run *r, const char *secret)
{
	if (secret && *secret)
		censor_add(r->cloud.secrets, secret, strlen(secret));
}

/* The marks of a plan can be told by a server, too. */
static void hide_marks(struct run *r)
{
	for (size_t i = r->plan.first; i < r->plan.count; i++)
		hide(r, r->plan.steps[i]->mark);
}

static void set_deadlines(struct run *r)
{
	int64_t seconds =
		json_int(r->checked.params, "wait_timeout", DEFAULT_TIMEOUT);
	int64_t now = cloud_now(&r->cloud);
	int64_t least;

	if (seconds == 0 && r->task.module->zero_waits_forever)
		seconds = LONGEST_TIMEOUT;
	seconds = seconds < 0 ? 0 : seconds;
	seconds = seconds > LONGEST_TIMEOUT ? LONGEST_TIMEOUT : seconds;
	least = seconds * 1000 + PLAN_LAST_LOOK;
	least = least < LEAST_TIMEOUT ? LEAST_TIMEOUT : least;
	r->task.wait_until = now + seconds * 1000;
	r->cloud.deadline = now + least;
}

static int prepare_module(struct run *r)
{
	const struct module *module = r->task.module;

	return module->prepare
		       ? module->prepare(&r->task, r->checked.params, &r->err)
		       : 0;
}

/* Check mode waits for nothing. */
static int open_progress(struct run *r)
{
	bool waits = r->task.module->waits && !r->task.check;
	const char *path =
		waits ? progress_path(r->checked.params, r->task.pool) : NULL;

	r->cloud.progress = progress_open(path, r->cloud.secrets, &r->err);
	return r->cloud.progress ? 0 : -1;
}

static int prepare(struct run *r, const char *text, size_t length,
	struct transport *(*connect)(bool verify))
{
	struct pool *pool = r->task.pool;
	void *params;

	if (read_arguments(r, text, length) < 0 || check_arguments(r) < 0)
		return -1;
	json_each (secret, r->checked.secrets) {
		hide(r, secret->valuestring);
	}
	params = pool_alloc(pool, r->task.module->params_size);
	opt_bind(r->task.module->opts, r->checked.params, params, pool);
	r->task.params = params;
	if (prepare_module(r) < 0)
		return -1;
	if (r->task.offline)
		return 0;
	if (login_resolve(r->checked.params, r->given, pool, &r->login,
		    &r->err) < 0) {
		hide(r, r->login.userinfo);
		return -1;
	}
	hide(r, r->login.secret);
	if (open_progress(r) < 0)
		return -1;
	r->cloud.login = &r->login;
	r->cloud.transport = connect(r->login.verify);
	r->began = cloud_now(&r->cloud);
	set_deadlines(r);
	return 0;
}

static bool has_work(const struct run *r)
{
	return r->plan.count > r->plan.first || r->task.works;
}

static int apply(struct run *r)
{
	struct task *t = &r->task;

	if (t->module->apply)
		return t->module->apply(t, &r->err);
	return plan_apply(&r->plan, &r->cloud, t->wait_until, &r->err);
}

/* Here even an empty list says something. */
static void tell(struct run *r, const char *key, cJSON *list)
{
	if (json_member(r->task.result, key))
		task_result_add(&r->task, key, list);
	else
		task_result(&r->task, key, list);
}

static void undo(struct run *r)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();

	plan_undo(&r->plan, &r->cloud, removed, left);
	if (removed->child)
		err_more(&r->err, "What this run had made was removed again.");
	if (left->child)
		err_more(&r->err,
			"Not everything that this run had made could be "
			"removed: see `left'.");
	tell(r, "removed", removed);
	tell(r, "left", left);
}

/* A world that has changed may still be changing: not at once. */
static int plan_again_later(struct run *r, int64_t *pause)
{
	progress_say(r->cloud.progress, "planning again: %s", r->err.text);
	plan_again(&r->plan);
	if (cloud_pause(&r->cloud, *pause, &r->err) < 0)
		return -1;
	*pause = *pause * 2 < LONGEST_PAUSE ? *pause * 2 : LONGEST_PAUSE;
	return 0;
}

/* Whether a plan that has failed is to be made anew. */
static bool is_worth_another(const struct run *r, int *changes)
{
	if (r->err.code == ERR_CHANGED)
		return ++*changes < PLANS_MAX;
	return r->err.code == ERR_LOST &&
	       cloud_now(&r->cloud) < r->task.wait_until;
}

/* Plans, and applies what was planned, anew when the world has changed. */
static int plan_and_apply(struct run *r)
{
	struct task *t = &r->task;
	int64_t pause = FIRST_PAUSE;
	int changes = 0, rc;

	for (;;) {
		if (t->module->plan(t, &r->err) < 0)
			return -1;
		hide_marks(r);
		if (t->check || !has_work(r))
			break;
		rc = apply(r);
		if (rc == 0)
			break;
		if (!is_worth_another(r, &changes)) {
			t->failure = &r->err;
			break;
		}
		if (plan_again_later(r, &pause) < 0)
			return -1;
	}
	if (!t->failure || t->failure->code != ERR_INTERRUPTED)
		t->module->report(t);
	return t->failure ? -1 : 0;
}

static bool changes(const struct run *r, bool check)
{
	return r->task.changed || plan_changes(&r->plan, check);
}

static int show_plan(struct run *r)
{
	cJSON *requests;

	task_result(
		&r->task, "changed", json_new_bool(changes(r, r->task.check)));
	if (json_bool(r->internal, "_ansible_diff"))
		task_result(&r->task, "diff", plan_diff(&r->plan));
	if (!r->task.check)
		return 0;
	if (plan_requests(&r->plan, &r->cloud, &requests, &r->err) < 0)
		return -1;
	task_result(&r->task, "requests", requests);
	return 0;
}

static int run_task(struct run *r)
{
	int rc = plan_and_apply(r);

	if (rc < 0 && interrupt_signal()) {
		err_set(&r->err, ERR_INTERRUPTED, "Interrupted by %s.",
			strsignal(interrupt_signal()));
		undo(r);
	}
	if (show_plan(r) < 0)
		rc = -1;
	plan_hide_marks(r->task.result);
	return rc;
}

/* To whoever watches. Without a transport nothing has begun. */
static void tell_end(struct run *r, const char *failure)
{
	double seconds;

	if (!r->cloud.transport)
		return;
	seconds = (double)(cloud_now(&r->cloud) - r->began) / 1000;
	progress_say(r->cloud.progress, "%s has ended after %.1f s: %s%s",
		r->task.module->name, seconds,
		failure             ? "failed: "
		: changes(r, false) ? "changed"
				    : "nothing has changed",
		failure ? failure : "");
}

static char *finish(struct run *r, bool failed)
{
	const cJSON *inject =
		json_member(r->internal, "_ansible_inject_invocation");
	struct result_extra extra = { .warnings = r->task.warnings,
		.secrets = r->cloud.secrets,
		.no_invocation = inject && !cJSON_IsTrue(inject) };
	const char *own = json_str(r->task.result, "msg");
	const char *message = r->checked.failure ? r->checked.failure
			      : own              ? own
						 : r->err.text;
	cJSON *result;
	char *text;

	tell_end(r, failed ? message : NULL);
	result = failed ? result_fail(
				  &r->checked, message, r->task.result, &extra)
			: result_exit(&r->checked, r->task.result, &extra);
	text = json_text(result);
	cJSON_Delete(result);
	return text;
}

static void init(struct run *r, const struct module *module)
{
	struct pool *pool = pool_new();

	r->internal = cJSON_CreateObject();
	r->cloud.pool = pool;
	r->cloud.secrets = cJSON_CreateArray();
	plan_init(&r->plan, pool);
	r->task = (struct task){ .module = module,
		.pool = pool,
		.cloud = &r->cloud,
		.plan = &r->plan,
		.result = cJSON_CreateObject(),
		.warnings = cJSON_CreateArray() };
	task_result(&r->task, "changed", json_new_bool(false));
}

static void release(struct run *r)
{
	plan_free(&r->plan);
	progress_close(r->cloud.progress);
	if (r->cloud.transport)
		r->cloud.transport->free(r->cloud.transport);
	opt_checked_free(&r->checked);
	cJSON_Delete(r->internal);
	cJSON_Delete(r->cloud.secrets);
	cJSON_Delete(r->task.warnings);
	pool_free(r->task.pool);
	mem_free(r);
}

int run_module(const struct module *module, const char *text, size_t length,
	struct transport *(*connect)(bool verify), char **output)
{
	struct run *r = mem_new(sizeof(*r));
	bool failed;

	init(r, module);
	failed = prepare(r, text, length, connect) < 0 || run_task(r) < 0 ||
		 r->task.failed;
	*output = finish(r, failed);
	release(r);
	return failed ? 1 : 0;
}
