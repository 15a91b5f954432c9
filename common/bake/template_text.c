/* SPDX-License-Identifier: Apache-2.0 */
/* A text of the template rendered, as far as that can be done now. */
#include <string.h>

#include "common/bake/template_function.h"
#include "common/str.h"

bool template_is_fact(const char *name)
{
	static const char *const facts[] = { "ID", "Host", "Port", "User",
		"Password", "ConnType", "PackerRunUUID", "PackerHTTPAddr",
		"PackerHTTPIP", "PackerHTTPPort", "SSHPublicKey",
		"SSHPrivateKey", "WinRMPassword", "Path", "Vars", "EnvVarFile",
		"Script", "Command" };

	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
		if (streq(name, facts[i]))
			return true;
	return false;
}

struct template_scope template_scope(struct template_job *job,
	enum template_place place, const char *label, bool digest)
{
	struct template_scope scope = {
		.go = { .pool = job->pool,
			.call = template_call,
			.field = template_field },
		.job = job,
		.place = place,
		.label = label,
		.build_name = "",
		.build_type = "",
		.digest = digest,
	};

	return scope;
}

const char *template_try(
	struct template_scope *scope, const char *text, struct err *e)
{
	scope->awaited = NULL;
	scope->go.beyond = false;
	scope->go.escape = scope->late == TEMPLATE_THEN;
	return go_render(&scope->go, text, e);
}

/* U+0000, as json.h has it in memory. */
static bool has_nul(const char *text)
{
	return strstr(text, "\xc0\x80") != NULL;
}

const char *template_text(struct template_scope *scope, const char *option,
	const char *text, enum template_late late)
{
	const char *rendered;
	struct err e;

	if (has_nul(text)) {
		template_error(scope,
			"%s has a NUL character, which no file "
			"name and no command can have",
			option);
		return text;
	}
	if (!scope->job->wish->path && late == TEMPLATE_TWICE)
		return go_escape(scope->job->pool, text);
	if (!scope->job->wish->path && late == TEMPLATE_NOW)
		return text;
	scope->late = late;
	rendered = template_try(scope, text, &e);
	if (rendered && has_nul(rendered))
		template_error(scope, "%s gets a NUL character", option);
	if (rendered)
		return rendered;
	if (scope->go.beyond)
		template_unsupported(scope, "%s: %s", option, e.text);
	else
		template_error(
			scope, "%s cannot be rendered: %s", option, e.text);
	return text;
}
