/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/template_variables.h"

#include <string.h>

#include "common/file.h"
#include "common/str.h"

#define FILE_MAX  ((size_t)16 * 1024 * 1024)
#define CHAIN_MAX 100

struct resolving {
	struct template_scope scope;
	cJSON *raw;  /* {name: text} as given */
	cJSON *done; /* {name: text} */
	int depth;
};

static void say_repeated(
	const struct template_scope *scope, const char *path, cJSON *repeated)
{
	json_each (key, repeated)
		template_error(scope, "%s: the key %s; take one of them away",
			path, key->valuestring);
	cJSON_Delete(repeated);
}

const cJSON *template_load(const struct template_scope *scope, const char *path)
{
	static const char mark[] = "\xef\xbb\xbf";
	struct pool *pool = scope->job->pool;
	cJSON *repeated, *tree = NULL;
	size_t length;
	struct err e;
	char *text = file_read(path, FILE_MAX, &length, &e);

	if (!text) {
		template_error(scope, "%s", e.text);
		return NULL;
	}
	repeated = cJSON_CreateArray();
	if (length >= 3 && memcmp(text, mark, 3) == 0)
		template_error(scope,
			"%s is no JSON: it begins with a byte order mark at "
			"line 1, column 1 (byte 1); save it without one",
			path);
	else
		tree = json_parse_strict(text, length, repeated, &e);
	if (!tree && e.code != ERR_NONE)
		template_error(scope, "%s is no JSON: %s", path, e.text);
	mem_free(text);
	say_repeated(scope, path, repeated);
	return pool_keep(pool, tree);
}

/* What variables of the template have by default: null means that it is to be
 * given. */
static void take_defaults(struct resolving *r, const cJSON *variables)
{
	const struct template_scope *scope = &r->scope;

	json_each (variable, variables) {
		const char *name = variable->string;

		if (cJSON_IsString(variable))
			json_set_str(r->raw, name, variable->valuestring);
		else if (!cJSON_IsNull(variable))
			template_error(scope,
				"the default of \"%s\" must be a string or "
				"null; put it in quotes",
				name);
		json_set(scope->job->declared, name, json_new_bool(true));
	}
}

static void take_file(struct resolving *r, const char *path)
{
	const struct template_scope *scope = &r->scope;
	const cJSON *values = template_load(scope, path);

	if (values && !cJSON_IsObject(values))
		template_error(scope, "%s must be an object of strings", path);
	if (!cJSON_IsObject(values))
		return;
	json_each (value, values) {
		if (cJSON_IsString(value) || cJSON_IsNull(value))
			json_set_str(r->raw, value->string,
				cJSON_IsNull(value) ? "" : value->valuestring);
		else
			template_error(scope,
				"%s: \"%s\" must be a string; put it in quotes",
				path, value->string);
	}
}

static void take_given(struct resolving *r)
{
	const struct template_wish *wish = r->scope.job->wish;

	json_each (path, wish->variable_files) {
		if (cJSON_IsString(path))
			take_file(r, path->valuestring);
	}
	json_each (value, wish->variables) {
		const char *text = json_scalar_text(value);

		if (text || cJSON_IsNull(value))
			json_set_str(r->raw, value->string, text ? text : "");
		else
			template_error(&r->scope,
				"the value of \"%s\" must be a string",
				value->string);
	}
}

static void check_required(struct resolving *r, const cJSON *variables)
{
	json_each (variable, variables) {
		if (cJSON_IsNull(variable) &&
			!json_member(r->raw, variable->string))
			template_error(&r->scope,
				"\"%s\" is required and was not given; give it "
				"as a variable, or a default",
				variable->string);
	}
}

static void resolve(struct resolving *r, const char *name, const char *text);

/* The variable that another waits for; false if there is no use in it. */
static bool resolve_awaited(
	struct resolving *r, const char *name, const char *awaited)
{
	const cJSON *raw = json_member(r->raw, awaited);

	if (!raw) {
		if (!json_member(r->scope.job->declared, awaited))
			template_error(&r->scope,
				"\"%s\" uses \"%s\", which is not declared; "
				"declare it or give it",
				name, awaited);
		return false;
	}
	if (cJSON_IsNull(raw) || r->depth == CHAIN_MAX) {
		template_error(&r->scope,
			"\"%s\" uses \"%s\", which waits for it in its turn "
			"(or through more than %d others); break the circle",
			name, awaited, CHAIN_MAX);
		return false;
	}
	r->depth++;
	resolve(r, awaited, pool_copy(r->scope.job->pool, raw->valuestring));
	r->depth--;
	return json_member(r->done, awaited) != NULL;
}

/* What could not be resolved is empty, so that more can be looked at. */
static void resolve(struct resolving *r, const char *name, const char *text)
{
	const char *rendered, *awaited;
	struct err e;

	/* While it is being worked on, as a null. */
	json_set(r->raw, name, cJSON_CreateNull());
	do {
		rendered = template_try(&r->scope, text, &e);
		awaited = r->scope.awaited;
	} while (!rendered && awaited && resolve_awaited(r, name, awaited));
	if (!rendered && !awaited && r->scope.go.beyond)
		template_unsupported(&r->scope, "\"%s\": %s", name, e.text);
	else if (!rendered && !awaited)
		template_error(&r->scope, "\"%s\" cannot be rendered: %s", name,
			e.text);
	json_set_str(r->done, name, rendered ? rendered : "");
}

static cJSON *resolve_all(struct resolving *r)
{
	struct template_job *job = r->scope.job;
	cJSON *raw = json_copy(r->raw);

	r->done = pool_keep(job->pool, cJSON_CreateObject());
	if (r->scope.digest)
		job->fixed_variables = r->done;
	else
		job->variables = r->done;
	json_each (variable, raw) {
		if (!json_member(r->done, variable->string))
			resolve(r, variable->string, variable->valuestring);
	}
	cJSON_Delete(r->raw);
	r->raw = raw;
	return r->done;
}

/* Names that are not declared hide nothing, as with Packer. */
static void hide_sensitive(struct resolving *r, const cJSON *names)
{
	if (names && !cJSON_IsNull(names) && !cJSON_IsArray(names))
		template_error(&r->scope, "\"sensitive-variables\" must be a "
					  "list of names");
	if (!cJSON_IsArray(names))
		return;
	json_each (name, names) {
		if (!cJSON_IsString(name))
			template_error(&r->scope,
				"\"sensitive-variables\" must "
				"be a list of names");
		else if (json_member(r->done, name->valuestring))
			template_secret(r->scope.job,
				json_member(r->done, name->valuestring)
					->valuestring);
	}
}

void template_variables(struct template_job *job, const cJSON *root)
{
	const cJSON *variables = json_member(root, "variables");
	struct resolving r = {
		.scope = template_scope(
			job, TEMPLATE_IN_VARIABLES, "variables", false),
		.raw = cJSON_CreateObject(),
	};

	if (variables && !cJSON_IsNull(variables) && !cJSON_IsObject(variables))
		template_error(
			&r.scope, "must be an object of names and texts");
	if (cJSON_IsObject(variables))
		take_defaults(&r, variables);
	take_given(&r);
	if (cJSON_IsObject(variables))
		check_required(&r, variables);
	resolve_all(&r);
	hide_sensitive(&r, json_member(root, "sensitive-variables"));
	r.scope.digest = true;
	resolve_all(&r);
	cJSON_Delete(r.raw);
}
