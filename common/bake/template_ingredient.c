/* SPDX-License-Identifier: Apache-2.0 */
/* What of a provisioner makes the image what it is. Where its files lie here
 * does not, nor what of their modes nobody will see. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bake/contents.h"
#include "common/bake/template_step.h"
#include "common/str.h"

#define CONTENTS_ONLY "/"

/* What of a path has a say in what is called how on the server. */
static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return path;
	return slash[1] ? slash + 1 : CONTENTS_ONLY;
}

static void keep_bits(cJSON *entry, unsigned long bits)
{
	unsigned long mode = strtoul(json_str(entry, "mode"), NULL, 8);
	char text[8];

	snprintf(text, sizeof(text), "%lo", mode & bits & 07777);
	json_set_str(entry, "mode", text);
}

/* Of what was found at a path, what makes a difference. */
static cJSON *effect_of(const struct template_files *files, const char *path,
	const cJSON *contents)
{
	const char *name = files->named ? name_of(path) : NULL;
	cJSON *kept = json_copy(contents);

	json_each (entry, kept) {
		/* The directory there keeps its own mode. */
		bool is_above =
			streq(name, CONTENTS_ONLY) && !*json_str(entry, "name");

		keep_bits(entry, is_above ? 0 : files->modes);
	}
	return json_object(JSON_STR("name", name), JSON_TAKE("contents", kept));
}

static void add_file(const struct template_build *build,
	const struct template_scope *scope, const struct template_files *files,
	const char *path, cJSON *sums)
{
	struct err e;
	cJSON *contents = contents_of(path, &e);

	if (!contents) {
		template_fault(scope, "%s", e.text);
		return;
	}
	json_append(sums, effect_of(files, path, contents));
	json_append(build->files, json_object(JSON_STR("path", path),
					  JSON_TAKE("contents", contents)));
}

/* Whether what is at the path now is what is taken. */
static bool is_there(const struct template_files *files, const cJSON *options,
	const char *path)
{
	const char *direction = decoded_text(options, "direction");

	return !(direction && streq(direction, "download")) &&
	       !decoded_bool(options, "generated") &&
	       !(files->late && template_is_late(path));
}

/* In their order; `fixed' has the digest's texts of the paths. */
static void add_files(const struct template_build *build,
	struct template_scope *scope, const struct template_files *files,
	const cJSON *options, const cJSON *fixed, cJSON *sums)
{
	const cJSON *paths =
		template_both(scope, options, files->list, files->one);
	const cJSON *text = fixed ? fixed->child : NULL;

	json_each (path, paths) {
		const char *told = text ? text->valuestring : NULL;

		if (is_there(files, options, path->valuestring))
			add_file(build, scope, files, path->valuestring, sums);
		else
			json_append(sums,
				json_new_str(told ? told : path->valuestring));
		text = text ? text->next : NULL;
	}
}

void template_add_ingredients(const struct template_build *build,
	const char *label, const struct template_step_type *type,
	const cJSON *given, const cJSON *options)
{
	const struct template_files *files = &type->files;
	const struct decode_row *const tables[DECODE_TABLES + 1] = {
		type->rows
	};
	struct template_scope digest =
		template_build_scope(build, TEMPLATE_IN_STEP, label, true);
	struct template_scope loud =
		template_build_scope(build, TEMPLATE_IN_STEP, label, false);
	const cJSON *fixed =
		template_decode(&digest, tables, given, TEMPLATE_CORE_OPTIONS);
	cJSON *told = json_copy(fixed), *sums = cJSON_CreateArray();

	json_append(json_member(build->ingredients, "provisioners"),
		json_object(JSON_STR("type", type->name),
			JSON_TAKE("options", told), JSON_TAKE("files", sums)));
	/* A digest of a template that is refused is of no use. */
	if (!files->list || build->job->verdict->errors->child)
		return;
	json_remove(told, files->list);
	json_remove(told, files->one);
	add_files(build, &loud, files, options,
		template_both(&digest, fixed, files->list, files->one), sums);
}
