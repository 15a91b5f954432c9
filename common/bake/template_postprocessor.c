/* SPDX-License-Identifier: Apache-2.0 */
/* Post-processors (packer.md 1.8). */
#include <string.h>

#include "common/bake/template_build.h"
#include "common/str.h"

#define CORE_OPTIONS "type|name|only|except|keep_input_artifact"

static const struct decode_row manifest_rows[] = {
	DECODE("custom_data", MAP, .late = TEMPLATE_TWICE),
	DECODE("output", TEXT),
	DECODE("strip_path", BOOL),
	DECODE("strip_time", BOOL),
	DECODE_END,
};

static const char other_types[] =
	"alicloud-import|amazon-import|artifice|atlas|checksum|compress|"
	"digitalocean-import|docker-import|docker-push|docker-save|docker-tag|"
	"exoscale-import|googlecompute-export|googlecompute-import|"
	"ucloud-import|vagrant|vagrant-cloud|vsphere|vsphere-template|"
	"yandex-export|yandex-import";

static void take_manifest(struct template_build *build,
	struct template_scope *scope, const cJSON *options)
{
	const char *output = decoded_text(options, "output");
	struct recipe *recipe = build->recipe;

	if (!output)
		output = "packer-manifest.json";
	if (recipe->manifest && !streq(recipe->manifest, output))
		template_unsupported(scope,
			"more than one manifest is not supported; take \"%s\" "
			"or \"%s\" out",
			recipe->manifest, output);
	recipe->manifest = output;
	recipe->manifest_strip_time = decoded_bool(options, "strip_time");
	recipe->manifest_custom_data = decoded_list(options, "custom_data");
}

static void take_shell_local(struct template_build *build,
	struct template_scope *scope, const cJSON *options)
{
	(void)build;
	template_check_shell_local(scope, options);
	template_unsupported(scope,
		"shell-local is not supported as a post-processor; make a task "
		"of its own of it, behind this one");
}

static const struct postprocessor {
	const char *type;
	const struct decode_row *rows;
	void (*take)(struct template_build *build, struct template_scope *scope,
		const cJSON *options);
} types[] = {
	{ "manifest", manifest_rows, take_manifest },
	{ "shell-local", template_shell_local_rows, take_shell_local },
};

static const char *nth_type(const void *names, size_t i)
{
	(void)names;
	return i < sizeof(types) / sizeof(*types) ? types[i].type : NULL;
}

static const struct postprocessor *find_type(
	const struct template_scope *scope, const char *type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (streq(types[i].type, type))
			return &types[i];
	if (template_listed(other_types, type))
		template_unsupported(scope,
			"post-processors of this type are not supported, only "
			"manifest is");
	else
		template_error(scope, "unknown type \"%s\"%s", type,
			template_guess(scope->job->pool, type, nth_type, NULL));
	return NULL;
}

static void prepare(struct template_build *build, const char *label,
	const cJSON *given, const struct postprocessor *type)
{
	struct template_scope scope =
		template_build_scope(build, TEMPLATE_IN_STEP, label, false);
	const struct decode_row *const tables[DECODE_TABLES + 1] = {
		type->rows
	};

	if (!build->meant || !template_applies(given, build))
		return;
	type->take(build, &scope,
		template_decode(&scope, tables, given, CORE_OPTIONS));
}

static void read_one(struct template_job *job, const char *place,
	const cJSON *given, struct template_build *builds, size_t count)
{
	struct template_scope scope =
		template_scope(job, TEMPLATE_IN_STEP, place, false);
	const cJSON *type = json_member(given, "type");
	const cJSON *keep = json_member(given, "keep_input_artifact");
	const cJSON *name = json_member(given, "name");
	const struct postprocessor *found;

	if (!cJSON_IsString(type) || !*type->valuestring) {
		template_error(
			&scope, "type is missing; for example \"manifest\"");
		return;
	}
	scope.label =
		pool_printf(job->pool, "%s (%s)", place, type->valuestring);
	if (name && !cJSON_IsString(name) && !cJSON_IsNull(name))
		template_error(&scope, "name must be a string");
	if (keep && !cJSON_IsBool(keep) && !cJSON_IsNull(keep))
		template_error(&scope, "keep_input_artifact must be true or "
				       "false, without quotes");
	template_check_restriction(&scope, given, builds, count);
	found = find_type(&scope, type->valuestring);
	for (size_t i = 0; found && i < count; i++)
		prepare(&builds[i], scope.label, given, found);
}

static void read_item(struct template_job *job, const char *place,
	const cJSON *item, struct template_build *builds, size_t count)
{
	struct template_scope scope =
		template_scope(job, TEMPLATE_IN_STEP, place, false);

	if (cJSON_IsString(item)) {
		cJSON *named = pool_keep(job->pool,
			json_object(JSON_STR("type", item->valuestring)));

		read_one(job, place, named, builds, count);
	} else if (cJSON_IsObject(item)) {
		read_one(job, place, item, builds, count);
	} else {
		template_error(&scope, "must be a name or an object");
	}
}

/* A chain: one after the other, on the same image. */
static void read_chain(struct template_job *job, int number, const cJSON *chain,
	struct template_build *builds, size_t count)
{
	int place = 0;

	json_each (item, chain) {
		const char *label = pool_printf(
			job->pool, "post-processor %d.%d", number, ++place);
		struct template_scope scope =
			template_scope(job, TEMPLATE_IN_STEP, label, false);

		if (cJSON_IsArray(item))
			template_error(&scope, "a list within a list within "
					       "the list is one too many");
		else
			read_item(job, label, item, builds, count);
	}
}

void template_postprocessors(struct template_job *job, const cJSON *root,
	struct template_build *builds, size_t count)
{
	const cJSON *list = json_member(root, "post-processors");
	struct template_scope scope =
		template_scope(job, TEMPLATE_IN_STEP, "post-processors", false);
	int number = 0;

	if (list && !cJSON_IsNull(list) && !cJSON_IsArray(list))
		template_error(&scope, "must be a list");
	if (!cJSON_IsArray(list))
		return;
	json_each (item, list) {
		number++;
		if (cJSON_IsArray(item))
			read_chain(job, number, item, builds, count);
		else
			read_item(job,
				pool_printf(
					job->pool, "post-processor %d", number),
				item, builds, count);
	}
}
