/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/go_template.h"

#include <stdlib.h>
#include <string.h>

#include "common/bake/go_token.h"
#include "common/str.h"

#define NESTED_MAX 50

struct action {
	struct go_scope *scope;
	const char *at;
	struct go_token token; /* the next one */
	int depth;
	bool later;
	struct err *err;
};

static const char space[] = " \t\r\n";

static int read_pipeline(struct action *a, struct go_value *value);

static int next(struct action *a)
{
	if (go_token_next(&a->at, &a->token, a->scope->pool, a->err) < 0)
		return -1;
	if (a->token.kind != GO_TOKEN_BEYOND)
		return 0;
	a->scope->beyond = true;
	return err_set(a->err, ERR_OTHER,
		"variables and characters of Go's templates are not supported");
}

/* Words that Go knows, in any place. */
static bool is_beyond(const char *name)
{
	static const char *const words[] = { "if", "else", "end", "range",
		"with", "define", "block", "template", "break", "continue",
		"nil", "and", "call", "html", "index", "slice", "js", "len",
		"not", "or", "print", "printf", "println", "urlquery", "eq",
		"ge", "gt", "le", "lt", "ne" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (streq(name, words[i]))
			return true;
	return false;
}

static int settle(
	struct action *a, enum go_outcome outcome, struct go_value *value)
{
	if (outcome == GO_REFUSED)
		return -1;
	if (outcome == GO_LATER) {
		a->later = true;
		*value = (struct go_value){ GO_TEXT, "" };
	}
	return 0;
}

static int read_number(struct action *a, struct go_value *value)
{
	const char *text = a->token.text;
	int64_t whole;
	char *end;

	if (str_int(text, &whole)) {
		*value = (struct go_value){ GO_INTEGER,
			pool_printf(a->scope->pool, "%lld", (long long)whole) };
		return 0;
	}
	strtod(text, &end);
	if (*end || end == text)
		return err_set(a->err, ERR_OTHER, "bad number %s", text);
	*value = (struct go_value){ GO_OTHER, text };
	return 0;
}

static int read_parentheses(struct action *a, struct go_value *value)
{
	if (a->depth == NESTED_MAX)
		return err_set(a->err, ERR_OTHER, "too many parentheses");
	a->depth++;
	if (next(a) < 0 || read_pipeline(a, value) < 0)
		return -1;
	a->depth--;
	if (a->token.kind != GO_TOKEN_CLOSE)
		return err_set(a->err, ERR_OTHER, "( has no )");
	return 0;
}

static int refuse_beyond(struct action *a, const char *name)
{
	a->scope->beyond = true;
	return err_set(a->err, ERR_OTHER,
		"%s of Go's templates is not supported", name);
}

static int call(struct action *a, const char *name,
	const struct go_value *arguments, size_t count, struct go_value *value)
{
	if (is_beyond(name))
		return refuse_beyond(a, name);
	if (streq(name, "true") || streq(name, "false")) {
		*value = (struct go_value){ GO_OTHER, name };
		return 0;
	}
	return settle(a,
		a->scope->call(a->scope, name, arguments, count, value, a->err),
		value);
}

/* One value; the token behind it becomes the next. */
static int read_operand(struct action *a, struct go_value *value)
{
	int status = 0;

	switch (a->token.kind) {
	case GO_TOKEN_TEXT:
		*value = (struct go_value){ GO_TEXT, a->token.text };
		break;
	case GO_TOKEN_NUMBER:
		status = read_number(a, value);
		break;
	case GO_TOKEN_FIELD:
		status = settle(a,
			a->scope->field(a->scope, a->token.text, value, a->err),
			value);
		break;
	case GO_TOKEN_OPEN:
		status = read_parentheses(a, value);
		break;
	case GO_TOKEN_NAME:
		status = call(a, a->token.text, NULL, 0, value);
		break;
	default:
		return err_set(a->err, ERR_OTHER,
			"a value is missing between {{ and }}");
	}
	return status < 0 ? -1 : next(a);
}

static bool at_operand(const struct action *a)
{
	return a->token.kind != GO_TOKEN_END &&
	       a->token.kind != GO_TOKEN_CLOSE &&
	       a->token.kind != GO_TOKEN_PIPE;
}

/* A value, or a function and its arguments, of which the last is `piped', what
 * stood before the |. */
static int read_command(
	struct action *a, const struct go_value *piped, struct go_value *value)
{
	struct go_value arguments[GO_ARGUMENTS];
	const char *name = a->token.text;
	size_t count = 0;

	if (a->token.kind != GO_TOKEN_NAME) {
		if (piped)
			return err_set(a->err, ERR_OTHER,
				"no function stands behind |");
		if (read_operand(a, value) < 0)
			return -1;
		if (!at_operand(a))
			return 0;
		return err_set(
			a->err, ERR_OTHER, "what is no function has arguments");
	}
	if (next(a) < 0)
		return -1;
	while (at_operand(a)) {
		if (count == GO_ARGUMENTS - 1)
			return err_set(a->err, ERR_OTHER,
				"too many arguments of %s", name);
		if (!a->token.spaced && a->token.kind != GO_TOKEN_OPEN)
			return err_set(
				a->err, ERR_OTHER, "no space behind %s", name);
		if (read_operand(a, &arguments[count++]) < 0)
			return -1;
	}
	if (piped)
		arguments[count++] = *piped;
	return call(a, name, arguments, count, value);
}

static int read_pipeline(struct action *a, struct go_value *value)
{
	struct go_value before;

	if (read_command(a, NULL, value) < 0)
		return -1;
	while (a->token.kind == GO_TOKEN_PIPE) {
		before = *value;
		if (next(a) < 0 || read_command(a, &before, value) < 0)
			return -1;
	}
	return 0;
}

/* Where a value decides something, it is read like any other: what is wrong
 * with it is wrong for Go, too. */
static int read_action(struct action *a, struct go_value *value)
{
	const char *name = a->token.text;

	if (a->token.kind != GO_TOKEN_NAME ||
		(!streq(name, "if") && !streq(name, "with") &&
			!streq(name, "range")))
		return read_pipeline(a, value);
	if (next(a) < 0 || (at_operand(a) && read_pipeline(a, value) < 0))
		return -1;
	return refuse_beyond(a, name);
}

const char *go_escape(struct pool *pool, const char *text)
{
	static const char braces[] = "{{`{{`}}";
	const char *kept;
	struct str s;

	if (!strstr(text, "{{"))
		return text;
	str_init(&s, SIZE_MAX / 4);
	for (const char *found; (found = strstr(text, "{{"));
		text = found + 2) {
		str_add_n(&s, text, (size_t)(found - text));
		str_add(&s, braces);
	}
	str_add(&s, text);
	kept = pool_copy(pool, s.text);
	str_free(&s);
	return kept;
}

static void trim_end(struct str *s)
{
	while (s->length && strchr(space, s->text[s->length - 1]))
		s->text[--s->length] = 0;
}

/* A comment at `at', which is moved behind its }}; false: there is none. */
static bool skip_comment(const char **at, struct err *e, int *status)
{
	const char *end;

	if (strncmp(*at, "/*", 2) != 0)
		return false;
	end = strstr(*at, "*/");
	*status = 0;
	if (end && strncmp(end + 2, "}}", 2) == 0)
		*at = end + 4;
	else if (end && strncmp(end + 2, " -}}", 4) == 0)
		*at = end + 6 + strspn(end + 6, space);
	else
		*status = err_set(e, ERR_OTHER, "a comment has no */}}");
	return true;
}

/* What stands between {{, behind which `from' is, and }}. */
static int add_action(
	struct go_scope *scope, const char **from, struct str *s, struct err *e)
{
	struct action a = { .scope = scope, .at = *from, .err = e };
	struct go_value value = { GO_TEXT, "" };
	int status;

	if (a.at[0] == '-' && a.at[1] && strchr(space, a.at[1])) {
		trim_end(s);
		a.at += 1 + strspn(a.at + 1, space);
	}
	if (skip_comment(&a.at, e, &status)) {
		*from = a.at;
		return status;
	}
	scope->asked = false;
	if (next(&a) < 0 || read_action(&a, &value) < 0)
		return -1;
	if (a.later && scope->asked) {
		scope->beyond = true;
		return err_set(e, ERR_OTHER,
			"what is known now and what only a running server "
			"tells cannot be put together within one {{ }}");
	}
	if (a.token.kind != GO_TOKEN_END)
		return err_set(e, ERR_OTHER, "unexpected ) between {{ and }}");
	if (a.later) {
		str_add(s, "{{");
		str_add_n(s, *from, (size_t)(a.at - *from));
	} else if (scope->escape) {
		str_add(s, go_escape(scope->pool, value.text));
	} else {
		str_add(s, value.text);
	}
	*from = a.at;
	return 0;
}

const char *go_render(struct go_scope *scope, const char *text, struct err *e)
{
	const char *rendered = NULL;
	int status = 0;
	struct str s;

	if (!strstr(text, "{{"))
		return text;
	str_init(&s, GO_TEXT_MAX);
	for (const char *found;
		status == 0 && !s.full && (found = strstr(text, "{{"));) {
		str_add_n(&s, text, (size_t)(found - text));
		text = found + 2;
		status = add_action(scope, &text, &s, e);
	}
	str_add(&s, text);
	if (status == 0 && s.full)
		err_set(e, ERR_OTHER, "more than %zu bytes come out of it",
			GO_TEXT_MAX);
	else if (status == 0)
		rendered = pool_copy(scope->pool, s.text ? s.text : "");
	str_free(&s);
	return rendered;
}
