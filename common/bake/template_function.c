/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/template_function.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/bake/go_time.h"
#include "common/opt_unicode.h"
#include "common/str.h"

/* All that one template may give to functions, lest a small template of many
 * long variables keeps us busy for hours. */
#define SPENT_MAX ((size_t)64 * 1024 * 1024)

/* Finding a variable among many is not for nothing either. */
#define CALL_COST 2000

#define EVERYWHERE                                                             \
	(TEMPLATE_IN_VARIABLES | TEMPLATE_IN_BUILDER | TEMPLATE_IN_STEP)

#define PACKER_VERSION "1.6.6"

struct call {
	struct template_scope *scope;
	const struct go_value *arguments;
	size_t count;
	struct go_value *result;
	struct err *err;
};

static enum go_outcome done(const struct call *c, const char *text)
{
	*c->result = (struct go_value){ GO_TEXT, text };
	return GO_DONE;
}

static enum go_outcome user(const struct call *c)
{
	struct template_job *job = c->scope->job;
	const char *name = c->arguments[0].text;
	const cJSON *value = json_member(
		c->scope->digest ? job->fixed_variables : job->variables, name);

	if (value)
		return done(c, value->valuestring);
	if (c->scope->place == TEMPLATE_IN_VARIABLES) {
		c->scope->awaited = name;
		return err_set(c->err, ERR_ABSENT, "no variable \"%s\"", name);
	}
	if (!json_member(job->declared, name))
		template_warning(c->scope,
			"no variable \"%s\" is declared, it is taken as empty; "
			"add it to \"variables\"",
			name);
	return done(c, "");
}

static enum go_outcome environment(const struct call *c)
{
	const char *value = getenv(c->arguments[0].text);

	if (value && !opt_unicode_is_utf8(value))
		return err_set(c->err, ERR_OTHER,
			"the environment variable %s is no UTF-8",
			c->arguments[0].text);
	return done(c, value ? pool_copy(c->scope->job->pool, value) : "");
}

static enum go_outcome timestamp(const struct call *c)
{
	return done(c, pool_printf(c->scope->job->pool, "%lld",
			       (long long)c->scope->job->start.tv_sec));
}

static enum go_outcome isotime(const struct call *c)
{
	struct str s;

	str_init(&s, GO_TEXT_MAX);
	go_time_add(&s, &c->scope->job->start,
		c->count ? c->arguments[0].text : "2006-01-02T15:04:05Z07:00");
	done(c, pool_copy(c->scope->job->pool, s.text));
	str_free(&s);
	return GO_DONE;
}

static enum go_outcome strftime_utc(const struct call *c)
{
	struct str s;

	str_init(&s, GO_TEXT_MAX);
	go_time_strftime(&s, &c->scope->job->start, c->arguments[0].text);
	done(c, pool_copy(c->scope->job->pool, s.text));
	str_free(&s);
	return GO_DONE;
}

/* The seconds first, so that ids sort by their age. */
static enum go_outcome uuid(const struct call *c)
{
	unsigned char random[12] = { 0 };
	char text[37];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return err_set(
			c->err, ERR_OTHER, "no random numbers for an uuid");
	snprintf(text, sizeof(text),
		"%08x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		(unsigned)(c->scope->job->start.tv_sec & 0xffffffff), random[0],
		random[1], random[2], random[3], random[4], random[5],
		random[6], random[7], random[8], random[9], random[10],
		random[11]);
	return done(c, pool_copy(c->scope->job->pool, text));
}

static enum go_outcome build_name(const struct call *c)
{
	return done(c, c->scope->build_name);
}

static enum go_outcome build_type(const struct call *c)
{
	return done(c, c->scope->build_type);
}

static enum go_outcome template_directory(const struct call *c)
{
	return done(c, c->scope->job->directory);
}

static enum go_outcome working_directory(const struct call *c)
{
	return done(c, c->scope->job->working);
}

static enum go_outcome packer_version(const struct call *c)
{
	return done(c, PACKER_VERSION);
}

static enum go_outcome later(const struct call *c)
{
	if (c->scope->late != TEMPLATE_NOW)
		return GO_LATER;
	c->scope->go.beyond = true;
	return err_set(c->err, ERR_OTHER,
		"what is only known of a running server is not filled in here");
}

static enum go_outcome build(const struct call *c)
{
	if (!template_is_fact(c->arguments[0].text))
		return err_set(c->err, ERR_OTHER, "build knows no \"%s\"",
			c->arguments[0].text);
	return later(c);
}

static enum go_outcome outside(const struct call *c)
{
	c->scope->go.beyond = true;
	return err_set(c->err, ERR_OTHER,
		"values kept in consul, vault or AWS are not supported; give "
		"the variable another way");
}

static enum go_outcome withdrawn(const struct call *c)
{
	return err_set(c->err, ERR_OTHER,
		"sed is withdrawn; use replace or replace_all");
}

static const struct function {
	const char *name;
	int places; /* where it may stand */
	size_t least, most;
	enum go_outcome (*call)(const struct call *c);
	const char *digest; /* what stands for it where it is new each time */
} functions[] = {
	{ "user", EVERYWHERE, 1, 1, user, NULL },
	{ "env", TEMPLATE_IN_VARIABLES, 1, 1, environment, NULL },
	{ "timestamp", EVERYWHERE, 0, 0, timestamp, "<timestamp>" },
	{ "isotime", EVERYWHERE, 0, 1, isotime, "<isotime>" },
	{ "strftime", EVERYWHERE, 1, 1, strftime_utc, "<strftime>" },
	{ "uuid", EVERYWHERE, 0, 0, uuid, "<uuid>" },
	{ "build_name", TEMPLATE_IN_BUILDER | TEMPLATE_IN_STEP, 0, 0,
		build_name, NULL },
	{ "build_type", TEMPLATE_IN_BUILDER | TEMPLATE_IN_STEP, 0, 0,
		build_type, NULL },
	{ "template_dir", EVERYWHERE, 0, 0, template_directory,
		"<template_dir>" },
	{ "pwd", EVERYWHERE, 0, 0, working_directory, "<pwd>" },
	{ "packer_version", TEMPLATE_IN_BUILDER | TEMPLATE_IN_STEP, 0, 0,
		packer_version, NULL },
	{ "build", TEMPLATE_IN_STEP, 1, 1, build, NULL },
	{ "consul_key", TEMPLATE_IN_VARIABLES, 1, 1, outside, NULL },
	{ "vault", TEMPLATE_IN_VARIABLES, 2, 2, outside, NULL },
	{ "aws_secretsmanager", TEMPLATE_IN_VARIABLES, 1, 2, outside, NULL },
	{ "sed", EVERYWHERE, 0, GO_ARGUMENTS, withdrawn, NULL },
};

static const char *nth_function(const void *names, size_t i)
{
	(void)names;
	return i < sizeof(functions) / sizeof(*functions) ? functions[i].name
							  : NULL;
}

static const struct function *find(const char *name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		if (streq(functions[i].name, name))
			return &functions[i];
	return NULL;
}

static int check(const struct template_scope *scope,
	const struct function *function, const struct go_value *arguments,
	size_t count, struct err *e)
{
	if (!(function->places & (int)scope->place))
		return err_set(e, ERR_OTHER, "%s cannot be used %s%s",
			function->name,
			scope->place == TEMPLATE_IN_VARIABLES
				? "inside \"variables\""
				: "here",
			function->places == TEMPLATE_IN_VARIABLES
				? "; give it to a variable inside \"variables\""
				: "");
	if (count < function->least || count > function->most)
		return err_set(e, ERR_OTHER, "%s takes %zu arguments, not %zu",
			function->name,
			count < function->least ? function->least
						: function->most,
			count);
	for (size_t i = 0; i < count; i++)
		if (arguments[i].kind != GO_TEXT)
			return err_set(e, ERR_OTHER,
				"an argument of %s must be a text in back-ticks",
				function->name);
	return 0;
}

enum go_outcome template_call(struct go_scope *go, const char *name,
	const struct go_value *arguments, size_t count, struct go_value *result,
	struct err *e)
{
	/* The first member of the scope is go's. */
	struct template_scope *scope = (struct template_scope *)go;
	struct template_job *job = scope->job;
	enum go_outcome outcome;
	const struct function *function = find(name);
	const struct call c = { scope, arguments, count, result, e };
	bool found;

	job->spent += CALL_COST;
	for (size_t i = 0; i < count; i++)
		job->spent += strlen(arguments[i].text);
	if (job->spent > SPENT_MAX)
		return err_set(e, ERR_OTHER,
			"the template's texts are too "
			"long all together");
	outcome = template_call_pure(
		job->pool, name, arguments, count, result, &found, e);
	if (found)
		return outcome;
	if (!function)
		return err_set(e, ERR_OTHER, "unknown function \"%s\"%s", name,
			template_guess(job->pool, name, nth_function, NULL));
	if (check(scope, function, arguments, count, e) < 0)
		return GO_REFUSED;
	if (scope->digest && function->digest)
		return done(&c, function->digest);
	outcome = function->call(&c);
	go->asked = go->asked || outcome == GO_DONE;
	return outcome;
}

enum go_outcome template_field(struct go_scope *go, const char *path,
	struct go_value *result, struct err *e)
{
	struct template_scope *scope = (struct template_scope *)go;

	(void)e;
	if (scope->late != TEMPLATE_NOW && template_is_fact(path))
		return GO_LATER;
	template_warning(scope,
		"nothing is known here as {{.%s}}, it becomes \"<no value>\"",
		path);
	/* No text: a function refuses it. */
	*result = (struct go_value){ GO_OTHER, "<no value>" };
	return GO_DONE;
}
