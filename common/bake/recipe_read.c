/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/recipe_read.h"

#include <stdlib.h>
#include <string.h>

#include "common/bake/options.h"
#include "common/bake/template.h"
#include "common/censor.h"
#include "common/str.h"

/* All of a list, for the message. */
static const char *joined(struct task *t, const cJSON *list)
{
	struct str s;
	const char *text;

	str_init(&s, ERR_TEXT_MAX / 2);
	json_each (item, list) {
		str_addf(&s, "%s%s", s.length ? "; " : "", item->valuestring);
	}
	text = pool_copy(t->pool, s.text);
	str_free(&s);
	return text;
}

static int check(struct task *t, const struct recipe_wish *w,
	const struct template_verdict *v, const struct recipe *recipe,
	struct err *e)
{
	if (json_size(v->errors))
		return err_set(e, ERR_OTHER, "The recipe is not valid: %s",
			joined(t, v->errors));
	if (w->strict && json_size(v->warnings))
		return err_set(e, ERR_OTHER,
			"The recipe has what strict does not let pass: %s",
			joined(t, v->warnings));
	if (w->bake && json_size(v->unsupported))
		return err_set(e, ERR_OTHER,
			"The recipe asks for what rax_image does not do: %s",
			joined(t, v->unsupported));
	if (w->bake && (!recipe || recipe->bakes_nothing))
		return err_set(e, ERR_OTHER,
			"The recipe has no builder that makes an image: give "
			"it one of type openstack");
	return 0;
}

/* The login of the template, where the task says no other. Which cloud is meant
 * the environment may say, too: so a template is tried on a simulated one. */
static void take_login(const struct recipe *r, cJSON *params)
{
	json_each (member, r->login) {
		const cJSON *own = json_member(params, member->string);
		bool elsewhere = streq(member->string, "auth_endpoint") &&
				 getenv("RAX_AUTH_ENDPOINT");

		if ((!own || cJSON_IsNull(own)) && !elsewhere)
			json_set(params, member->string, json_copy(member));
	}
}

static void hide_all(struct task *t, const cJSON *secrets)
{
	json_each (secret, secrets) {
		if (secret->valuestring && *secret->valuestring)
			censor_add_lines(
				t->cloud->secrets, secret->valuestring);
	}
}

/* All of it when only that was asked for, else what needs to be seen. */
static void report(struct task *t, const struct recipe_wish *w,
	const struct template_verdict *v)
{
	if (!w->bake || json_size(v->errors))
		task_result(t, "errors", json_copy(v->errors));
	if (!w->bake || json_size(v->unsupported))
		task_result(t, "unsupported", json_copy(v->unsupported));
	if (!w->bake)
		task_result(t, "recipe_warnings", json_copy(v->warnings));
	json_each (warning, v->warnings) {
		task_warn(t, "%s", warning->valuestring);
	}
}

/* The task, or the environment, says who pays (login.h). */
static bool has_login(const cJSON *params)
{
	static const char *const options[] = { "username", "api_key",
		"credentials" };
	static const char *const variables[] = { "RAX_USERNAME", "RAX_API_KEY",
		"RAX_CREDENTIALS", "RAX_CREDS_FILE" };

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (json_str(params, options[i]))
			return true;
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		if (getenv(variables[i]))
			return true;
	return false;
}

int recipe_read(struct task *t, const struct recipe_wish *w, cJSON *params,
	struct recipe **recipe, struct err *e)
{
	const char *host_key = json_str(params, "host_key");
	const char *extra = w->template ? bake_options_given(t->given) : NULL;
	struct template_wish wish = { .path = w->template,
		.variables = w->variables,
		.variable_files = w->variable_files,
		.only = w->only,
		.login_given = has_login(params),
		.bake = w->bake };
	struct template_verdict verdict;
	struct recipe *r;

	if (extra)
		return err_set(e, ERR_OTHER,
			"%s and template exclude each other: write it into the "
			"template",
			extra);
	if (!w->template)
		wish.tree = pool_keep(t->pool, bake_options_tree(params));
	r = template_read(&wish, t->pool, &verdict);
	hide_all(t, verdict.secrets);
	report(t, w, &verdict);
	if (r) {
		take_login(r, params);
		/* What is made for the bake is secret, too, and what is cut
		 * must be censored before. */
		r->secrets = t->cloud->secrets;
		r->host_key = host_key ? host_key : r->host_key;
	}
	*recipe = r;
	return check(t, w, &verdict, r, e);
}
