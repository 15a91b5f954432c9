/* SPDX-License-Identifier: Apache-2.0 */
/* What could not be rendered before the server was there. */
#include <string.h>

#include "common/bake/template_function.h"
#include "common/str.h"

struct late_scope {
	struct go_scope go;
	const cJSON *facts;
};

static enum go_outcome find_fact(struct go_scope *go, const char *name,
	struct go_value *result, struct err *e)
{
	const struct late_scope *scope = (const struct late_scope *)go;
	const cJSON *fact = json_member(scope->facts, name);
	const char *text = fact ? json_scalar_text(fact) : NULL;

	if (!text)
		return err_set(
			e, ERR_OTHER, "nothing is known here as \"%s\"", name);
	*result = (struct go_value){ GO_TEXT, text };
	return GO_DONE;
}

static enum go_outcome call(struct go_scope *go, const char *name,
	const struct go_value *arguments, size_t count, struct go_value *result,
	struct err *e)
{
	enum go_outcome outcome;
	bool found;

	if (streq(name, "build") && count == 1)
		return find_fact(go, arguments[0].text, result, e);
	outcome = template_call_pure(
		go->pool, name, arguments, count, result, &found, e);
	if (found)
		return outcome;
	return err_set(e, ERR_OTHER,
		"%s cannot be used together with what is only known of a "
		"running server",
		name);
}

const char *late_render(
	const char *text, const cJSON *facts, struct pool *pool, struct err *e)
{
	struct late_scope scope = {
		.go = { .pool = pool, .call = call, .field = find_fact },
		.facts = facts,
	};
	const char *rendered = go_render(&scope.go, text, e);

	if (!rendered)
		err_add(e, "cannot render what is known only now");
	return rendered;
}
