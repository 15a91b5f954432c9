/* SPDX-License-Identifier: Apache-2.0 */
/* rax_image - an image of this name, baked from this recipe, exists; or none
 * does. */
#include <string.h>

#include "common/bake/bake.h"
#include "common/bake/choose.h"
#include "common/bake/duration.h"
#include "common/bake/manifest.h"
#include "common/bake/options.h"
#include "common/bake/recipe_read.h"
#include "common/bake/rival.h"
#include "common/bake/source.h"
#include "common/bake/survey.h"
#include "common/interrupt.h"
#include "common/module.h"

/* The shortest and the longest lease, in seconds. */
#define LEASE_LEAST 2
#define LEASE_MOST  86400

struct params {
	const char *name;
	const char *state;
	const char *template;
	const cJSON *variables;
	const cJSON *variable_files;
	const char *only;
	bool strict;
	bool seal;
	bool rebake;
	const cJSON *keep;
	const char *on_error;
	const char *older_than;
	const char *save_private_key;
	int64_t lease;
	int64_t wait_timeout;
};

static const struct opt keep_opts[] = {
	OPT_SUB("newest", "int", .required = true),
	OPT_SUB("name", "str", .required = true),
	OPT_SUB("except", "list", .elements = "str"),
	OPT_END,
};

static const struct opt opts[] = {
	OPT_STR(name),
	OPT_STR(state, .choices = "present|absent|validated|swept",
		.fallback = "present"),
	OPT_PATH(template),
	OPT_DICT(variables),
	OPT_LIST(variable_files, "path"),
	OPT_STR(only),
	OPT_BOOL(strict, .fallback = "false"),
	OPT_BOOL(seal, .fallback = "true"),
	OPT_BOOL(rebake, .fallback = "false"),
	OPT_DICT(keep, .sub = keep_opts),
	OPT_STR(on_error, .choices = "cleanup|abort", .fallback = "cleanup"),
	OPT_STR(older_than, .fallback = "0s"),
	OPT_PATH(save_private_key, .not_secret = true),
	OPT_INT(lease, .fallback = "600"),
	OPT_INT(wait_timeout, .fallback = "3600"),
	OPT_END,
};

static const struct opt_rule rules[] = {
	{ .kind = OPT_EXCLUSIVE, .names = "template|name" },
	{ .kind = OPT_REQUIRED_IF,
		.names = "template|name",
		.when = "state=present",
		.any = true },
	{ .kind = OPT_REQUIRED_IF,
		.names = "template|name",
		.when = "state=validated",
		.any = true },
	{ .kind = OPT_REQUIRED_IF, .names = "name", .when = "state=absent" },
	{ .kind = OPT_END_OF_RULES },
};

struct found {
	struct recipe *recipe;
	struct choice choice;
	struct bake_wish wish;
	struct bake *bake; /* NULL: nothing is to be baked */
	const cJSON *pruned;
	const cJSON *image;
	bool unlisted; /* it is there, but not in the recipe's manifest */
};

static bool bakes(const struct params *p)
{
	return streq(p->state, "present") || streq(p->state, "validated");
}

static int prepare(struct task *t, cJSON *params, struct err *e)
{
	const struct params *p = t->params;
	struct found *f = pool_alloc(t->pool, sizeof(*f));

	t->offline = streq(p->state, "validated");
	if (p->lease < LEASE_LEAST || p->lease > LEASE_MOST)
		return err_set(e, ERR_OTHER,
			"lease must be %d to %d seconds, not %lld", LEASE_LEAST,
			LEASE_MOST, (long long)p->lease);
	if (json_int(p->keep, "newest", 0) < 0)
		return err_set(e, ERR_OTHER,
			"keep: newest must be 0 or more, not %lld",
			(long long)json_int(p->keep, "newest", 0));
	t->found = f;
	if (!bakes(p))
		return 0;
	return recipe_read(t,
		&(struct recipe_wish){ .template = p->template,
			.variables = p->variables,
			.variable_files = p->variable_files,
			.only = p->only,
			.strict = p->strict,
			.bake = streq(p->state, "present") },
		params, &f->recipe, e);
}

static int refuse_old(const struct found *f, struct err *e)
{
	const struct choice *c = &f->choice;
	const char *user = json_str(c->used_by, "name");

	if (c->used && c->used != c->foreign)
		return err_set(e, ERR_OTHER,
			"Image %s (%s) was baked from another recipe, and "
			"server %s runs from it: give the new one another name "
			"(another build_key), or set rebake: true, which bakes "
			"anew and renames the old one",
			f->recipe->image_name, json_str(c->used, "id"), user);
	return err_set(e, ERR_OTHER,
		"Image %s (%s) was not baked by rax_image%s%s%s: give the new "
		"one another name, or set rebake: true, which bakes anew and "
		"renames the old one",
		f->recipe->image_name, json_str(c->foreign, "id"),
		c->used ? ", and server " : "", c->used ? user : "",
		c->used ? " runs from it" : "");
}

/* What a run of this image that does not live any more has left. */
static bool is_left(
	const struct survey *s, const struct thing *thing, const void *image)
{
	return str_starts(thing->mark.image, image) &&
	       !survey_lives(s, thing->mark.run);
}

static void append_pruning(struct task *t, struct found *f)
{
	json_each (image, f->pruned) {
		image_delete(t, image, WAIT_USABLE);
	}
}

/* A run that was killed between giving the name and taking it away from the old
 * image has left both. */
static void append_healing(struct task *t, struct found *f)
{
	const struct params *p = t->params;
	struct bake_wish *w = &f->wish;

	if (f->choice.foreign && !p->rebake) {
		task_warn(t,
			"Another image of this name was not baked by "
			"rax_image: %s.",
			json_str(f->choice.foreign, "id"));
		return;
	}
	w->renamed = f->choice.renamed;
	w->deleted = f->choice.deleted;
	bake_put_away(t, w);
}

static int plan_present(struct task *t, struct err *e)
{
	const struct params *p = t->params;
	struct found *f = (struct found *)(uintptr_t)t->found;
	struct choice *c = &f->choice;
	struct survey s;

	f->bake = NULL;
	t->works = false;
	f->wish = (struct bake_wish){ .recipe = f->recipe,
		.lease = p->lease,
		.seal = p->seal,
		.save_private_key = p->save_private_key };
	if (source_find(t, &f->wish, e) < 0 ||
		rival_await(t, f->recipe->image_name, f->wish.digest, &s, e) <
			0)
		return -1;
	choose_images(t, &s, f->recipe->image_name, f->wish.digest,
		json_member(p->keep, "except"), c);
	if (!c->same && (c->used || c->foreign) && !p->rebake)
		return refuse_old(f, e);
	f->image = c->same;
	f->pruned = choose_pruned(
		t, &s, p->keep, f->recipe->image_name, c->same == NULL);
	survey_remove(
		t, &s, is_left, mark_of_name(t->pool, f->recipe->image_name));
	f->unlisted = false;
	if (c->same) {
		if (manifest_lacks(f->recipe, json_str(c->same, "id"),
			    &f->unlisted, e) < 0)
			return -1;
		append_healing(t, f);
		t->works = f->unlisted || json_size(f->pruned) > 0;
		t->changed = t->changed || (t->check && f->unlisted);
		if (t->check)
			append_pruning(t, f);
		return 0;
	}
	if (source_check(t, f->recipe, e) < 0 ||
		manifest_check(f->recipe, e) < 0)
		return -1;
	f->wish.renamed = c->renamed;
	f->wish.deleted = c->deleted;
	f->bake = bake_new(t, &f->wish);
	t->works = true;
	if (t->check) {
		bake_predict(f->bake);
		f->image = bake_image(f->bake);
		append_pruning(t, f);
	}
	return 0;
}

static int plan_absent(struct task *t, struct err *e)
{
	const struct params *p = t->params;
	const char *image = mark_of_name(t->pool, p->name);
	struct found *f = (struct found *)(uintptr_t)t->found;
	struct survey s;

	if (survey_read(t, &s, e) < 0)
		return -1;
	if (survey_rival(&s, image, NULL, NULL))
		return err_set(e, ERR_OTHER,
			"A run bakes image %s right now: try again when it has "
			"ended",
			p->name);
	survey_remove(t, &s, is_left, image);
	choose_images(t, &s, p->name, NULL, NULL, &f->choice);
	json_each (old, f->choice.renamed) {
		image_delete(t, old, WAIT_USABLE);
	}
	json_each (old, f->choice.deleted) {
		image_delete(t, old, WAIT_USABLE);
	}
	return 0;
}

struct sweep {
	int64_t started_before;
	const char *names; /* a pattern, or NULL for all */
};

static bool is_swept(
	const struct survey *s, const struct thing *thing, const void *context)
{
	const struct sweep *sweep = context;

	return thing->mark.start <= sweep->started_before &&
	       !survey_lives(s, thing->mark.run) &&
	       (!sweep->names ||
		       choose_is_named(s, thing->mark.run, sweep->names));
}

static int plan_swept(struct task *t, struct err *e)
{
	const struct params *p = t->params;
	struct sweep sweep = { .names = p->name };
	struct survey s;
	int64_t age;

	if (!duration_parse(p->older_than, &age) || age < 0)
		return err_set(e, ERR_OTHER,
			"older_than must be a time such as 90m or 24h, not %s",
			p->older_than);
	if (survey_read(t, &s, e) < 0)
		return -1;
	sweep.started_before = s.now - age / 1000;
	survey_remove(t, &s, is_swept, &sweep);
	return 0;
}

/* All of it was done before. */
static int plan_validated(struct task *t, struct err *e)
{
	(void)t, (void)e;
	return 0;
}

static const struct {
	const char *state;
	int (*plan)(struct task *t, struct err *e);
} states[] = {
	{ "present", plan_present },
	{ "absent", plan_absent },
	{ "swept", plan_swept },
	{ "validated", plan_validated },
};

static int plan(struct task *t, struct err *e)
{
	const struct params *p = t->params;

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (streq(states[i].state, p->state))
			return states[i].plan(t, e);
	return err_set(e, ERR_OTHER, "no such state: %s", p->state);
}

/* What is said next is a sentence of its own. */
static void end_sentence(struct err *e)
{
	size_t length = strlen(e->text);

	if (length && length + 1 < sizeof(e->text) &&
		!strchr(".?!", e->text[length - 1]))
		memcpy(e->text + length, ".", 2);
}

/* Deletions and renamings, each one whatever becomes of the others. */
static int apply_deletions(struct task *t, const char *key, struct err *e)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	int rc = survey_apply(t, t->wait_until, removed, left, e);

	task_result_add(t, key, removed);
	task_result_add(t, "left", left);
	if (rc < 0)
		end_sentence(e);
	return rc < 0 ? err_more(e, "Not everything could be removed: see "
				    "`left', and run again.")
		      : 0;
}

static void keep_all(struct task *t, struct bake *bake, struct err *e)
{
	cJSON *kept = cJSON_CreateArray();

	bake_tell(bake, kept);
	if (kept->child)
		err_more(e, "What it has made was kept, as on_error: abort "
			    "asks, and costs money: see `kept'.");
	task_result_add(t, "kept", kept);
	/* Whoever sees the signal would take it away. */
	interrupt_clear();
	interrupt_ignore();
}

static void remove_all(
	struct task *t, struct bake *bake, bool again, struct err *e)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();

	bake_clean(bake, again, removed, left);
	if (left->child)
		err_more(e, "Not everything that this run had made could be "
			    "removed: see `left'.");
	else if (removed->child)
		err_more(e, "What this run had made was removed again.");
	if (left->child)
		e->code = ERR_OTHER;
	task_result_add(t, "removed", removed);
	task_result_add(t, "left", left);
}

/* What a bake that failed has made goes again, or is named. */
static void give_up(struct task *t, struct bake *bake, struct err *e)
{
	const struct params *p = t->params;
	bool told = bake_image(bake) && !interrupt_signal();
	bool again;

	if (interrupt_signal())
		err_set(e, ERR_INTERRUPTED, "Interrupted by %s.",
			strsignal(interrupt_signal()));
	end_sentence(e);
	again = e->code == ERR_CHANGED;
	if (streq(p->on_error, "abort") && !again)
		keep_all(t, bake, e);
	else
		remove_all(t, bake, again, e);
	if (bake_image(bake) && !told)
		err_more(e, "The image %s is there.",
			json_str(bake_image(bake), "id"));
}

static int prune(struct task *t, struct found *f, struct err *e)
{
	plan_again(t->plan);
	append_pruning(t, f);
	return apply_deletions(t, "pruned", e);
}

/* Minutes have passed: what was to go may be in use by now. */
static int look_again(struct task *t, struct found *f, struct err *e)
{
	const struct params *p = t->params;
	cJSON *still = pool_keep(t->pool, cJSON_CreateArray());
	const cJSON *now;
	struct survey s;

	if (json_size(f->pruned) == 0)
		return 0;
	if (survey_read(t, &s, e) < 0)
		return err_add(e,
			"The image is there, but older ones were not pruned");
	now = choose_pruned(t, &s, p->keep, f->recipe->image_name, true);
	json_each (image, f->pruned) {
		if (json_find(now, "id", json_str(image, "id")))
			json_append(still, json_copy(image));
	}
	f->pruned = still;
	return 0;
}

/* What a user looks for first. */
static cJSON *shown(const cJSON *image)
{
	const char *size = "OS-EXT-IMG-SIZE:size";

	if (!image)
		return NULL;
	return json_object(JSON_STR("id", json_str(image, "id")),
		JSON_STR("name", json_str(image, "name")),
		JSON_STR("status", json_str(image, "status")),
		JSON_COPY("size", json_member(image, size)),
		JSON_STR("created", json_str(image, "created")),
		JSON_COPY("metadata", json_member(image, "metadata")));
}

static void report(struct task *t)
{
	const struct found *f = t->found;

	if (f->recipe && f->wish.digest) {
		task_result(t, "image", shown(f->image));
		task_result(t, "digest", json_new_str(f->wish.digest));
	}
	if (f->bake)
		bake_report(f->bake);
}

static int bake_and_prune(struct task *t, struct found *f, struct err *e)
{
	int rc = bake_run(f->bake, e);

	task_result_add(t, "removed", json_copy(bake_removed(f->bake)));
	if (rc < 0)
		give_up(t, f->bake, e);
	f->image = bake_image(f->bake);
	if (rc == 0)
		rc = look_again(t, f, e) < 0 ? -1 : prune(t, f, e);
	/* Nobody else does where a signal was the end. */
	if (rc < 0 && e->code == ERR_INTERRUPTED)
		report(t);
	return rc;
}

static int apply(struct task *t, struct err *e)
{
	struct found *f = (struct found *)(uintptr_t)t->found;

	if (apply_deletions(t, "removed", e) < 0)
		return -1;
	if (f->bake)
		return bake_and_prune(t, f, e);
	if (f->unlisted &&
		manifest_add(f->recipe, f->image, cloud_date(t->cloud), e) < 0)
		return -1;
	t->changed = t->changed || f->unlisted;
	return prune(t, f, e);
}

const struct module module = {
	.name = "rax_image",
	MODULE_OPTS(opts),
	.more_opts = bake_opts,
	.rules = rules,
	.waits = true,
	.prepare = prepare,
	.plan = plan,
	.apply = apply,
	.report = report,
};
