/* SPDX-License-Identifier: Apache-2.0 */
/* What the core takes of a provisioner (packer.md 1.5), whatever its type. */
#include <string.h>

#include "common/bake/template_step.h"
#include "common/bake/template_weak.h"
#include "common/str.h"

static const struct template_step_type *const types[] = { &template_shell,
	&template_file, &template_shell_local, &template_ansible,
	&template_breakpoint };

/* Packer's others. */
static const char other_types[] =
	"ansible-local|azure-dtlartifact|chef-client|chef-solo|converge|inspec|"
	"powershell|puppet-masterless|puppet-server|salt-masterless|sleep|"
	"windows-restart|windows-shell";

/* One provisioner, and what all builds have of it. */
struct step {
	const char *label;
	const cJSON *given;
	const char *type;
	int64_t pause_before, timeout;
	bool bad; /* there is no use in looking at it any more */
};

static const char *nth_type(const void *names, size_t i)
{
	(void)names;
	return i < sizeof(types) / sizeof(*types) ? types[i]->name : NULL;
}

static const struct template_step_type *find_type(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (streq(types[i]->name, name))
			return types[i];
	return NULL;
}

static void check_type(const struct template_scope *scope, struct step *step)
{
	const cJSON *type = json_member(step->given, "type");

	step->type = cJSON_IsString(type) ? type->valuestring : "";
	if (type && !cJSON_IsString(type))
		template_error(scope, "type must be a string");
	else if (!*step->type)
		template_error(scope, "type is missing; for example \"shell\"");
	else if (template_listed(other_types, step->type))
		template_unsupported(scope,
			"provisioners of this type are not supported; there "
			"are shell, file and shell-local");
	else if (!find_type(step->type))
		template_error(scope, "unknown type \"%s\"%s", step->type,
			template_guess(
				scope->job->pool, step->type, nth_type, NULL));
	step->bad = !find_type(step->type);
}

static void check_times(const struct template_scope *scope, struct step *step)
{
	const cJSON *pause = json_member(step->given, "pause_before");
	const cJSON *timeout = json_member(step->given, "timeout");

	if (pause && !cJSON_IsNull(pause))
		template_duration(
			scope, "pause_before", pause, &step->pause_before);
	if (timeout && !cJSON_IsNull(timeout))
		template_duration(scope, "timeout", timeout, &step->timeout);
	if (!scope->job->wish->path || !step->pause_before || !step->timeout)
		return;
	template_warning(scope,
		"timeout has no effect together with pause_before; put a sleep "
		"into a provisioner of its own instead");
	step->timeout = 0;
}

/* What is wrong with a provisioner before any builder is looked at. */
static struct step check_step(struct template_job *job, const char *place,
	const cJSON *given, const struct template_build *builds, size_t count)
{
	struct template_scope scope =
		template_scope(job, TEMPLATE_IN_STEP, place, false);
	struct step step = { .label = place, .given = given };

	if (!cJSON_IsObject(given)) {
		template_error(&scope, "must be an object");
		step.bad = true;
		return step;
	}
	check_type(&scope, &step);
	if (*step.type)
		step.label =
			pool_printf(job->pool, "%s (%s)", place, step.type);
	scope.label = step.label;
	check_times(&scope, &step);
	template_check_restriction(&scope, given, builds, count);
	return step;
}

/* The step's options for this builder. */
static const cJSON *overridden(
	const struct step *step, const struct template_build *build)
{
	const cJSON *all = json_member(step->given, "override");
	const cJSON *override = json_member(all, build->raw_name);
	cJSON *merged;

	if (!cJSON_IsObject(override))
		return step->given;
	merged = pool_keep(build->job->pool, json_copy(step->given));
	json_each (option, override)
		json_set(merged, option->string, json_copy(option));
	return merged;
}

static int64_t read_retries(struct template_scope *scope, const cJSON *given)
{
	const cJSON *value = json_member(given, "max_retries");
	char *text = value ? weak_text(value) : NULL;
	int64_t retries = 0;

	if (value && !cJSON_IsNull(value) &&
		(!text || (*text && !str_int(template_text(scope, "max_retries",
						     pool_copy(scope->job->pool,
							     text),
						     TEMPLATE_NOW),
					    &retries))))
		template_error(scope, "max_retries must be an integer");
	mem_free(text);
	return retries > 0 ? retries : 0;
}

/* The step for one build; false: nothing is to be done. */
static bool prepare(struct template_build *build, const struct step *step,
	struct provisioner *made, bool is_cleanup)
{
	const struct template_step_type *type = find_type(step->type);
	struct template_scope scope = template_build_scope(
		build, TEMPLATE_IN_STEP, step->label, false);
	const cJSON *given = overridden(step, build), *options;
	const struct decode_row *const tables[DECODE_TABLES + 1] = {
		type->rows
	};

	*made = (struct provisioner){ .label = step->label,
		.pause_before = step->pause_before,
		.timeout = step->timeout,
		.max_retries = read_retries(&scope, given) };
	options = template_decode(&scope, tables, given, TEMPLATE_CORE_OPTIONS);
	type->check(&scope, options);
	if (!type->fill)
		template_unsupported(&scope,
			"provisioners of this type are not supported; there "
			"are shell, file and shell-local");
	if (!type->fill || !type->fill(&scope, options, made))
		return false;
	if (build->alone && !is_cleanup)
		template_add_ingredients(
			build, step->label, type, given, options);
	return true;
}

static void prepare_all(struct template_build *builds, size_t count,
	const struct step *step, bool is_cleanup)
{
	for (size_t i = 0; i < count; i++) {
		struct recipe *recipe = builds[i].recipe;
		struct provisioner made;

		if (!builds[i].meant || step->bad ||
			!template_applies(step->given, &builds[i]) ||
			!prepare(&builds[i], step, &made, is_cleanup))
			continue;
		if (is_cleanup) {
			recipe->cleanup =
				pool_alloc(builds[i].job->pool, sizeof(made));
			*recipe->cleanup = made;
		} else {
			recipe->provisioners[recipe->count++] = made;
		}
	}
}

static void prepare_list(struct template_job *job, const cJSON *list,
	struct template_build *builds, size_t count)
{
	size_t length = (size_t)json_size(list);
	int number = 0;

	for (size_t i = 0; i < count; i++)
		builds[i].recipe->provisioners = pool_alloc(
			job->pool, (length + 1) * sizeof(struct provisioner));
	json_each (given, list) {
		struct step step = check_step(job,
			pool_printf(job->pool, "provisioner %d", ++number),
			given, builds, count);

		prepare_all(builds, count, &step, false);
	}
}

void template_provisioners(struct template_job *job, const cJSON *root,
	struct template_build *builds, size_t count)
{
	static const char cleanup[] = "error-cleanup-provisioner";
	struct template_scope scope =
		template_scope(job, TEMPLATE_IN_STEP, NULL, false);
	const cJSON *list = json_member(root, "provisioners");
	const cJSON *last = json_member(root, cleanup);

	if (list && !cJSON_IsNull(list) && !cJSON_IsArray(list))
		template_error(&scope, "provisioners: must be a list");
	if (cJSON_IsArray(list))
		prepare_list(job, list, builds, count);
	if (last && !cJSON_IsNull(last)) {
		struct step step =
			check_step(job, cleanup, last, builds, count);

		prepare_all(builds, count, &step, true);
	}
}
