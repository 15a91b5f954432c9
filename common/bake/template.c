/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/template.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bake/template_build.h"
#include "common/bake/template_variables.h"
#include "common/str.h"

#define BUILDERS_MAX 100
#define STEPS_MAX    1000

/* The version whose templates are read. */
static const int packer_version[] = { 1, 6, 6 };

static const struct {
	const char *name;
	int types; /* of cJSON; 0: whoever reads it says */
	const char *wanted;
	int most; /* entries, 0: any number */
} root_keys[] = {
	{ "builders", cJSON_Array, "a list", BUILDERS_MAX },
	{ "description", cJSON_String, "a string", 0 },
	{ "error-cleanup-provisioner", 0, NULL, 0 },
	{ "min_packer_version", cJSON_String, "a string", 0 },
	{ "post-processors", 0, NULL, STEPS_MAX },
	{ "provisioners", 0, NULL, STEPS_MAX },
	{ "push", cJSON_Object, "an object", 0 },
	{ "sensitive-variables", 0, NULL, 0 },
	{ "variables", 0, NULL, 0 },
};

static const char *nth_root_key(const void *names, size_t i)
{
	(void)names;
	return i < sizeof(root_keys) / sizeof(*root_keys) ? root_keys[i].name
							  : NULL;
}

static void check_root_key(const struct template_scope *scope, const cJSON *key)
{
	size_t row = 0, count = sizeof(root_keys) / sizeof(*root_keys);

	if (*key->string == '_') {
		if (!cJSON_IsString(key))
			template_error(scope,
				"the comment \"%s\" must be a string",
				key->string);
		return;
	}
	while (row < count && !streq(root_keys[row].name, key->string))
		row++;
	if (row == count)
		template_error(scope,
			"unknown key \"%s\"%s; a comment's key begins with _",
			key->string,
			template_guess(scope->job->pool, key->string,
				nth_root_key, NULL));
	else if (root_keys[row].types && !cJSON_IsNull(key) &&
		 !(key->type & root_keys[row].types))
		template_error(scope, "\"%s\" must be %s", key->string,
			root_keys[row].wanted);
	else if (root_keys[row].most && json_size(key) > root_keys[row].most)
		template_error(scope, "\"%s\" has more than %d entries",
			key->string, root_keys[row].most);
}

/* Its own name for "Builders" and the like, since Packer does not tell capital
 * letters from small ones; what is too long to be looked at is left out. */
static cJSON *normal_root(const struct template_scope *scope, const cJSON *root)
{
	cJSON *normal = pool_keep(scope->job->pool, cJSON_CreateObject());

	json_each (key, root) {
		char *name = mem_copy(key->string);
		bool fits = true;

		for (char *p = name; *name != '_' && *p; p++)
			*p = (char)tolower((unsigned char)*p);
		for (size_t i = 0; i < sizeof(root_keys) / sizeof(*root_keys);
			i++)
			fits = fits &&
			       (!streq(root_keys[i].name, name) ||
				       !root_keys[i].most ||
				       json_size(key) <= root_keys[i].most);
		if (fits)
			json_set(normal, name, json_copy(key));
		else
			check_root_key(scope, key);
		mem_free(name);
	}
	return normal;
}

/* What the template says it needs: "1.7" is later than what is read here. */
static void check_version(const struct template_scope *scope, const cJSON *root)
{
	const char *wanted = json_str(root, "min_packer_version");
	const char *p = wanted;
	bool later = false, decided = false;

	for (int i = 0; wanted && *wanted && i < 3; i++) {
		long part = strtol(p, NULL, 10);
		int have = packer_version[i];

		if (!isdigit((unsigned char)*p)) {
			template_error(scope,
				"min_packer_version: \"%s\" is no version, "
				"which is like \"1.6.6\"",
				wanted);
			return;
		}
		later = decided ? later : part > have;
		decided = decided || part != have;
		p += strspn(p, "0123456789");
		if (*p != '.')
			break;
		p++;
	}
	if (later)
		template_error(scope,
			"min_packer_version: templates of Packer 1.6.6 are "
			"read here, and this one is for %s or later",
			wanted);
}

static const char *builder_text(const struct template_scope *scope,
	const cJSON *builder, const char *key)
{
	const cJSON *value = json_member(builder, key);
	const char *text = value ? json_scalar_text(value) : NULL;

	if (value && !text && !cJSON_IsNull(value))
		template_error(scope, "%s must be a string", key);
	return text ? text : "";
}

static void read_builder(struct template_job *job, const cJSON *builder,
	struct template_build *builds, size_t index)
{
	struct template_build *build = &builds[index];
	struct template_scope scope = template_scope(job, TEMPLATE_IN_BUILDER,
		pool_printf(job->pool, "builder %zu", index + 1), false);

	*build = (struct template_build){ .job = job,
		.builder = builder,
		.name = "",
		.raw_name = "",
		.type = "",
		.recipe = pool_alloc(job->pool, sizeof(struct recipe)) };
	build->label = scope.label;
	if (!cJSON_IsObject(builder)) {
		template_error(&scope, "must be an object");
		return;
	}
	build->type = builder_text(&scope, builder, "type");
	if (!*build->type) {
		template_error(&scope, "type is missing; for example "
				       "\"openstack\"");
		return;
	}
	build->label = scope.label =
		pool_printf(job->pool, "%s (%s)", scope.label, build->type);
	build->raw_name = builder_text(&scope, builder, "name");
	if (!*build->raw_name)
		build->raw_name = build->type;
	build->name =
		template_text(&scope, "name", build->raw_name, TEMPLATE_NOW);
	for (size_t i = 0; i < index; i++)
		if (streq(builds[i].raw_name, build->raw_name))
			template_error(&scope,
				"there is another builder named \"%s\"; give "
				"it a \"name\" of its own",
				build->raw_name);
	build->meant = !job->wish->only ||
		       streq(job->wish->only, build->name) ||
		       streq(job->wish->only, build->raw_name);
}

/* How many are meant; the one of them, if it is just one. */
static struct template_build *choose(
	struct template_job *job, struct template_build *builds, size_t count)
{
	struct template_scope scope =
		template_scope(job, TEMPLATE_IN_BUILDER, NULL, false);
	struct template_build *chosen = NULL;
	size_t meant = 0;
	struct str names;

	str_init(&names, 1000);
	for (size_t i = 0; i < count; i++) {
		str_addf(&names, "%s%s", i ? ", " : "", builds[i].name);
		if (builds[i].meant && meant++ == 0)
			chosen = &builds[i];
	}
	if (job->wish->only && count && !meant)
		template_fault(&scope,
			"only: there is no builder \"%s\"; there are: %s",
			job->wish->only, names.text);
	if (job->wish->bake && meant > 1)
		template_error(&scope,
			"there are several builders (%s); say with only: which "
			"one is meant",
			names.text);
	str_free(&names);
	return meant == 1 ? chosen : NULL;
}

/* The declared variables, those that log in apart: a new password makes no
 * other image. Nor does where the login comes from: one that is empty counts as
 * little as one that is left out, and what it does is in the texts anyway. */
static void add_variables(struct template_build *build)
{
	struct template_job *job = build->job;
	cJSON *variables = cJSON_CreateObject();

	json_each (variable, job->declared) {
		const cJSON *value =
			json_member(job->fixed_variables, variable->string);

		if (value && *value->valuestring &&
			!json_has_text(
				build->recipe->login, value->valuestring) &&
			!streq(build->recipe->ssh.password,
				value->valuestring) &&
			!streq(build->recipe->bastion.password,
				value->valuestring))
			json_set_str(variables, variable->string,
				value->valuestring);
	}
	json_set(build->ingredients, "variables", variables);
}

static void start_ingredients(struct template_build *build)
{
	build->alone = true;
	build->ingredients = pool_keep(build->job->pool,
		json_object(JSON_TAKE("provisioners", cJSON_CreateArray())));
	build->files = pool_keep(build->job->pool, cJSON_CreateArray());
}

static struct recipe *finish(struct template_build *build)
{
	struct recipe *recipe = build->recipe;

	recipe->builder = build->name;
	add_variables(build);
	json_sort_members(build->ingredients);
	recipe->ingredients = build->ingredients;
	recipe->files = build->files;
	recipe->secrets = build->job->verdict->secrets;
	return recipe;
}

static struct recipe *read_builds(struct template_job *job, const cJSON *root)
{
	const cJSON *list = json_member(root, "builders");
	struct template_scope scope =
		template_scope(job, TEMPLATE_IN_BUILDER, NULL, false);
	size_t count = 0;
	struct template_build *builds, *chosen;

	if (!list || cJSON_IsNull(list) ||
		(cJSON_IsArray(list) && !list->child))
		template_error(&scope, "\"builders\" is missing or empty; add "
				       "one of type \"openstack\"");
	if (!cJSON_IsArray(list))
		list = NULL;
	builds = pool_alloc(
		job->pool, ((size_t)json_size(list) + 1) * sizeof(*builds));
	json_each (builder, list) {
		read_builder(job, builder, builds, count);
		count++;
	}
	chosen = choose(job, builds, count);
	if (chosen)
		start_ingredients(chosen);
	for (size_t i = 0; i < count; i++)
		if (builds[i].meant && *builds[i].type)
			template_builder(&builds[i]);
	template_provisioners(job, root, builds, count);
	template_postprocessors(job, root, builds, count);
	return chosen && !job->verdict->errors->child ? finish(chosen) : NULL;
}

/* Where template and process are; texts in the pool. */
static void find_directories(struct template_job *job)
{
	char *working = getcwd(NULL, 0), *directory = NULL;
	const char *path = job->wish->path;
	char *copy = mem_copy(path ? path : "."), *slash = strrchr(copy, '/');

	if (path && slash) {
		*slash = 0;
		directory = realpath(*copy ? copy : "/", NULL);
	}
	job->working = pool_copy(job->pool, working ? working : ".");
	job->directory =
		pool_copy(job->pool, directory ? directory : job->working);
	mem_free(copy);
	free(directory);
	free(working);
}

static bool is_hcl(const char *path)
{
	static const char *const ends[] = { ".pkr.hcl", ".pkr.json" };
	size_t length = strlen(path);

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (length > strlen(ends[i]) &&
			streq(path + length - strlen(ends[i]), ends[i]))
			return true;
	return false;
}

static const cJSON *load(struct template_job *job)
{
	struct template_scope scope =
		template_scope(job, TEMPLATE_IN_VARIABLES, NULL, false);
	const cJSON *root = job->wish->tree;

	if (job->wish->path && is_hcl(job->wish->path)) {
		template_error(&scope,
			"%s is a template in HCL2 by its name, and only JSON "
			"templates are read",
			job->wish->path);
		return NULL;
	}
	if (job->wish->path)
		root = template_load(&scope, job->wish->path);
	if (root && !cJSON_IsObject(root)) {
		template_error(&scope, "%s must be an object with \"builders\"",
			job->wish->path ? job->wish->path : "a template");
		return NULL;
	}
	return root;
}

struct recipe *template_read(const struct template_wish *wish,
	struct pool *pool, struct template_verdict *verdict)
{
	struct template_job job = {
		.wish = wish, .pool = pool, .verdict = verdict
	};
	struct template_scope scope =
		template_scope(&job, TEMPLATE_IN_VARIABLES, NULL, false);
	const cJSON *root;

	verdict->errors = pool_keep(pool, cJSON_CreateArray());
	verdict->warnings = pool_keep(pool, cJSON_CreateArray());
	verdict->unsupported = pool_keep(pool, cJSON_CreateArray());
	verdict->secrets = pool_keep(pool, cJSON_CreateArray());
	job.declared = pool_keep(pool, cJSON_CreateObject());
	clock_gettime(CLOCK_REALTIME, &job.start);
	find_directories(&job);
	root = load(&job);
	if (!root)
		return NULL;
	root = normal_root(&scope, root);
	json_each (key, root)
		check_root_key(&scope, key);
	check_version(&scope, root);
	template_variables(&job, root);
	return read_builds(&job, root);
}
