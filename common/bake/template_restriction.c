/* SPDX-License-Identifier: Apache-2.0 */
/* `only', `except' and `override': which builders a step is for. */
#include "common/bake/template_build.h"
#include "common/str.h"

static bool is_builder(
	const char *name, const struct template_build *builds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (streq(name, builds[i].raw_name) ||
			streq(name, builds[i].name))
			return true;
	return false;
}

struct candidates {
	const struct template_build *builds;
	size_t count;
};

static const char *nth_builder(const void *names, size_t i)
{
	const struct candidates *c = names;

	return i < c->count ? c->builds[i].name : NULL;
}

static void check_name(const struct template_scope *scope, const char *option,
	const char *name, const struct candidates *c)
{
	if (!is_builder(name, c->builds, c->count))
		template_error(scope, "%s: there is no builder \"%s\"%s",
			option, name,
			template_guess(scope->job->pool, name, nth_builder, c));
}

/* One name, or a list of some. */
static bool check_names(const struct template_scope *scope, const cJSON *step,
	const char *option, const struct candidates *c)
{
	const cJSON *names = json_member(step, option);

	if (!names || cJSON_IsNull(names))
		return false;
	if (cJSON_IsString(names)) {
		check_name(scope, option, names->valuestring, c);
		return true;
	}
	if (!cJSON_IsArray(names) &&
		!(cJSON_IsObject(names) && !names->child)) {
		template_error(scope, "%s must be a list of builders", option);
		return false;
	}
	json_each (name, names) {
		if (cJSON_IsString(name))
			check_name(scope, option, name->valuestring, c);
		else
			template_error(
				scope, "%s must be a list of builders", option);
	}
	return names->child;
}

static void check_override(const struct template_scope *scope,
	const cJSON *step, const struct candidates *c)
{
	const cJSON *all = json_member(step, "override");

	if (!all || cJSON_IsNull(all) || (cJSON_IsArray(all) && !all->child))
		return;
	if (!cJSON_IsObject(all))
		template_error(scope, "override must be an object of builders");
	if (!cJSON_IsObject(all))
		return;
	json_each (override, all) {
		check_name(scope, "override", override->string, c);
		if (!cJSON_IsObject(override))
			template_error(scope,
				"override.%s must be an object of options",
				override->string);
	}
}

void template_check_restriction(const struct template_scope *scope,
	const cJSON *step, const struct template_build *builds, size_t count)
{
	const struct candidates c = { builds, count };
	bool only = check_names(scope, step, "only", &c);
	bool except = check_names(scope, step, "except", &c);

	if (only && except)
		template_error(scope, "only and except exclude each other");
	check_override(scope, step, &c);
}

static bool names_build(const cJSON *names, const struct template_build *build)
{
	if (cJSON_IsString(names))
		return streq(names->valuestring, build->raw_name) ||
		       streq(names->valuestring, build->name);
	json_each (name, names) {
		if (names_build(name, build))
			return true;
	}
	return false;
}

bool template_applies(const cJSON *step, const struct template_build *build)
{
	const cJSON *only = json_member(step, "only");

	if (only && only->child)
		return names_build(only, build);
	if (cJSON_IsString(only))
		return names_build(only, build);
	return !names_build(json_member(step, "except"), build);
}
