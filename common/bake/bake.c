/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/bake_part.h"

#include <string.h>

#include "common/bake/choose.h"
#include "common/bake/manifest.h"
#include "common/bake/survey.h"
#include "common/censor.h"
#include "common/interrupt.h"
#include "common/keypair.h"
#include "common/progress.h"
#include "common/server.h"
#include "common/str.h"

/* Milliseconds that the error-cleanup-provisioner gets. */
#define CLEANUP_TIME 60000
/* Lines and bytes of output that a result has, of each step. */
#define OUTPUT_LINES 2000
#define OUTPUT_BYTES (256 * 1024)

struct bake *bake_new(struct task *t, const struct bake_wish *wish)
{
	struct bake *b = pool_alloc(t->pool, sizeof(*b));

	*b = (struct bake){ .task = t,
		.wish = wish,
		.recipe = wish->recipe,
		.mark = { .run = plan_mark(t->plan),
			.image =
				mark_of_name(t->pool, wish->recipe->image_name),
			.digest = wish->digest },
		.times = pool_keep(t->pool, cJSON_CreateArray()),
		.output = pool_keep(t->pool, cJSON_CreateArray()),
		.removed = pool_keep(t->pool, cJSON_CreateArray()) };
	b->working_name = mark_working_name(t->pool, wish->recipe->image_name,
		t->check ? "<run>" : b->mark.run);
	return b;
}

static const cJSON *placeholder(struct task *t, const char *name)
{
	return pool_keep(t->pool,
		json_object(
			JSON_STR("id", pool_printf(t->pool, "<%s.id>", name)),
			JSON_STR("name", name)));
}

void bake_predict(struct bake *b)
{
	struct task *t = b->task;
	const cJSON *image = placeholder(t, b->recipe->image_name);

	if (bake_needs_keypair(b))
		bake_append_keypair(b);
	bake_append_server(b);
	bake_append_image(b, json_str(b->server->object, "id"));
	server_delete(t, b->server->object, WAIT_USABLE);
	bake_append_finish(b, image);
	if (b->keypair)
		keypair_delete(t, b->keypair->id);
	bake_put_away(b->task, b->wish);
	b->finished = image;
}

/* Applies what was appended last. */
static int apply(struct bake *b, struct err *e)
{
	struct task *t = b->task;
	int rc = plan_apply(t->plan, t->cloud, t->wait_until, e);

	plan_again(t->plan);
	return rc;
}

static bool may_pass(const struct step *s)
{
	return (s->state == STEP_LOST || s->state == STEP_FAILED) &&
	       s->err->passes;
}

/* The same, for what may be sent twice, as renaming and deleting may: what may
 * pass is sent again. */
static int apply_patiently(struct bake *b, struct err *e)
{
	struct plan *p = b->task->plan;
	struct cloud *c = b->task->cloud;
	int64_t since = cloud_now(c);
	int rc;

	for (;;) {
		rc = plan_apply(p, c, b->task->wait_until, e);
		if (rc == 0 || !bake_try_again(b, since, e))
			break;
		for (size_t i = p->first; i < p->count; i++)
			if (may_pass(p->steps[i]))
				p->steps[i]->state = STEP_PLANNED;
	}
	plan_again(p);
	return rc;
}

/* Another run may have been waited for since the recipe was read. */
static int make_keypair(struct bake *b, struct err *e)
{
	if (bake_see_recipe(b, e) < 0 || bake_make_keys(b, e) < 0)
		return -1;
	if (!bake_needs_keypair(b))
		return 0;
	bake_append_keypair(b);
	return apply(b, e) < 0 ? -1 : bake_give_way(b, e);
}

static int make_server(struct bake *b, struct err *e)
{
	const char *password;

	bake_append_server(b);
	if (apply(b, e) < 0)
		return -1;
	password = json_str(b->server->reply, "server.adminPass");
	if (password && *password)
		censor_add(b->task->cloud->secrets, password, strlen(password));
	if (!bake_needs_keypair(b))
		return bake_give_way(b, e);
	return 0;
}

static int log_in(struct bake *b, struct err *e)
{
	if (b->recipe->rackconnect_wait && bake_await_automation(b, e) < 0)
		return -1;
	return bake_find_address(b, e) < 0 ? -1 : bake_log_in(b, e);
}

/* The output of one step: the first lines, and how many there were. */
static void say_line(
	void *context, const char *label, bool is_error, const char *line)
{
	struct bake *b = context;
	cJSON *last = b->output->child ? b->output->child->prev : NULL;
	cJSON *lines = json_member(last, "lines");
	int64_t count = json_int(last, "count", 0);

	(void)is_error;
	progress_say(b->task->cloud->progress, "%s: %s", label, line);
	b->output_bytes += strlen(line);
	if (count < OUTPUT_LINES && b->output_bytes <= OUTPUT_BYTES)
		json_append(lines, json_new_str(line));
	json_set(last, "count", json_new_int(count + 1));
}

static void begin_output(struct bake *b, const char *label)
{
	b->output_bytes = 0;
	json_append(
		b->output, json_object(JSON_STR("provisioner", label),
				   JSON_INT("count", 0),
				   JSON_TAKE("lines", cJSON_CreateArray())));
}

static int provision(struct bake *b, struct err *e)
{
	int64_t left = b->task->wait_until - cloud_now(b->task->cloud);
	int64_t deadline = remote_now() + left;

	for (size_t i = 0; i < b->recipe->count; i++) {
		const struct provisioner *step = &b->recipe->provisioners[i];

		begin_output(b, step->label);
		progress_say(
			b->task->cloud->progress, "%s begins", step->label);
		if (provision_run(&b->provisioning, step, deadline, e) < 0)
			return -1;
	}
	return 0;
}

static int seal(struct bake *b, struct err *e)
{
	int64_t left = b->task->wait_until - cloud_now(b->task->cloud);
	cJSON *warnings = pool_keep(b->task->pool, cJSON_CreateArray());
	int rc = 0;

	if (b->wish->seal) {
		rc = provision_seal(&b->provisioning, b->key.public_key,
			remote_now() + left, warnings, e);
		json_each (warning, warnings) {
			task_warn(b->task, "%s", warning->valuestring);
		}
	}
	if (rc < 0)
		return -1;
	remote_free(b->remote);
	b->remote = NULL;
	return 0;
}

static int make_image(struct bake *b, struct err *e)
{
	if (bake_see_files(b, e) < 0 || lease_keep(b, e) < 0 ||
		bake_give_way(b, e) < 0)
		return -1;
	bake_append_image(b, b->server->id);
	return apply(b, e);
}

static int delete_server(struct bake *b, struct err *e)
{
	server_delete(b->task, b->server->object, WAIT_USABLE);
	if (apply_patiently(b, e) < 0)
		return -1;
	b->server->took = false;
	return 0;
}

static int delete_keypair(struct bake *b, struct err *e)
{
	if (!b->keypair)
		return 0;
	keypair_delete(b->task, b->keypair->id);
	if (apply_patiently(b, e) < 0)
		return -1;
	b->keypair->took = false;
	return 0;
}

/* An answer that says yes is not enough. */
static int finish(struct bake *b, struct err *e)
{
	if (bake_give_way(b, e) < 0)
		return -1;
	bake_append_finish(b, b->verified);
	b->may_be_finished = true;
	if (apply_patiently(b, e) < 0 || bake_see_finished(b, e) < 0)
		return -1;
	return 0;
}

static void note_removed(struct bake *b, size_t first)
{
	const struct plan *p = b->task->plan;

	for (size_t i = first; i < p->count; i++)
		if (p->steps[i]->state == STEP_DONE &&
			streq(p->steps[i]->method, "DELETE"))
			json_append(
				b->removed, json_new_str(p->steps[i]->thing));
}

/* Minutes have passed: servers may have been made from the old one since. */
static int replace(struct bake *b, struct err *e)
{
	struct bake_wish wish = *b->wish;
	struct survey survey = { 0 };
	size_t first = b->task->plan->count;
	int rc = 0;

	if (json_size(wish.deleted))
		rc = bake_survey(b, &survey, e);
	if (rc == 0) {
		choose_again(b->task, &survey, &wish.renamed, &wish.deleted);
		bake_put_away(b->task, &wish);
		rc = apply_patiently(b, e);
		note_removed(b, first);
	}
	return rc < 0 ? err_add(e, "The new image is there, but the old one "
				   "was not put away")
		      : 0;
}

static int write_manifest(struct bake *b, struct err *e)
{
	if (manifest_write(b->recipe, b->image->id, b->mark.run,
		    cloud_date(b->task->cloud), e) == 0)
		return 0;
	return err_add(e,
		"The image %s is there, but not in the manifest, which the "
		"next run adds it to",
		b->image->id);
}

static const struct {
	const char *name;
	int (*go)(struct bake *b, struct err *e);
} stages[] = {
	{ "key pair", make_keypair },
	{ "server", make_server },
	{ "login", log_in },
	{ "provision", provision },
	{ "seal", seal },
	{ "image", make_image },
	{ "delete server", delete_server },
	{ "verify", bake_verify },
	{ "delete key pair", delete_keypair },
	{ "finish", finish },
	{ "replace", replace },
	{ "manifest", write_manifest },
};

static void note_time(struct bake *b, int64_t began)
{
	double seconds = (double)(cloud_now(b->task->cloud) - began) / 1000.0;

	json_append(b->times,
		json_object(JSON_STR("name", b->doing),
			JSON_TAKE("seconds", json_new_double(seconds))));
}

/* The template's own cleaning up, while there is still somebody to do it. */
static void clean_by_recipe(struct bake *b)
{
	struct err e;

	if (!b->recipe->cleanup || !b->remote ||
		!remote_is_connected(b->remote) || interrupt_signal())
		return;
	begin_output(b, b->recipe->cleanup->label);
	if (provision_run(&b->provisioning, b->recipe->cleanup,
		    remote_now() + CLEANUP_TIME, &e) < 0)
		task_warn(b->task, "%s", e.text);
}

/* Where the server has ended, nobody can log in any more, and SSH does not know
 * why. */
static void tell_server(struct bake *b, struct err *e)
{
	struct err why;
	const cJSON *server;
	const char *fault;
	char *words;

	if (interrupt_signal())
		return;
	if (server_get(b->task, b->server->id, &server, &why) < 0) {
		if (why.code == ERR_ABSENT)
			err_more(e, "(its server is not there any more)");
		return;
	}
	if (server_is_going(server))
		err_more(e, "(its server is being deleted)");
	if (!streq(json_str(server, "status"), "ERROR"))
		return;
	fault = json_str(server, "fault.message");
	words = cloud_censored(
		b->task->cloud, fault ? fault : "the cloud does not say why");
	err_more(e, "(its server went to ERROR: %s)", words);
	mem_free(words);
}

int bake_run(struct bake *b, struct err *e)
{
	struct cloud *c = b->task->cloud;
	int rc = 0;

	b->provisioning = (struct provisioning){ .recipe = b->recipe,
		.pool = b->task->pool,
		.line = say_line,
		.idle = bake_watch,
		.context = b };
	b->first_step = b->task->plan->count;
	c->idle = lease_keep;
	c->idle_context = b;
	for (size_t i = 0; rc == 0 && i < sizeof(stages) / sizeof(*stages);
		i++) {
		int64_t began = cloud_now(c);

		b->doing = stages[i].name;
		progress_say(b->task->cloud->progress, "step: %s", b->doing);
		rc = stages[i].go(b, e);
		if (rc < 0 && b->remote)
			tell_server(b, e);
		note_time(b, began);
		b->provisioning.remote = b->remote;
	}
	if (rc < 0 && e->code != ERR_CHANGED) {
		clean_by_recipe(b);
		err_add(e, "baking image %s (step: %s)", b->recipe->image_name,
			b->doing);
	}
	c->idle = NULL;
	c->idle_failed = false;
	remote_free(b->remote);
	b->remote = NULL;
	remote_key_free(&b->key);
	remote_key_free(&b->host_key);
	return rc;
}

void bake_tell(struct bake *b, cJSON *kept)
{
	const struct step *made[] = { b->image, b->server, b->keypair };

	for (size_t i = 0; i < 3; i++)
		if (bake_may_exist(made[i]))
			json_append(
				kept, json_new_str(pool_printf(b->task->pool,
					      "%s (%s)", made[i]->thing,
					      made[i]->id ? made[i]->id
							  : "id not known")));
}

void bake_report(const struct bake *b)
{
	struct task *t = b->task;

	if (!b->times->child)
		return;
	task_result(t, "steps", json_copy(b->times));
	task_result(t, "output", json_copy(b->output));
	task_result(t, "address", json_new_str(b->address));
	task_result(t, "address_reason", json_new_str(b->address_reason));
}

const cJSON *bake_image(const struct bake *b)
{
	return b->finished;
}

const cJSON *bake_removed(const struct bake *b)
{
	return b->removed;
}
