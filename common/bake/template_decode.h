/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template_decode - options by tables: what is known, of what type, with
 * Packer's leniency (a number is a text, "true" a boolean, one text a list).
 */
#ifndef COMMON_BAKE_TEMPLATE_DECODE_H
#define COMMON_BAKE_TEMPLATE_DECODE_H

#include "common/bake/template_job.h"

enum decode_kind {
	DECODE_TEXT,
	DECODE_BOOL,
	DECODE_INTEGER,
	DECODE_DURATION, /* becomes milliseconds */
	DECODE_TEXTS,
	DECODE_INTEGERS,
	DECODE_MAP,     /* of texts */
	DECODE_OPTIONS, /* `rows' again */
};

struct decode_row {
	const char *name;
	enum decode_kind kind;
	enum template_late late;
	const char *environment; /* "A|B": the first that is set */
	bool unsupported;        /* if it is set to anything */
	bool secret;
	bool no_ingredient; /* changes nothing in the image's files */
	const struct decode_row *rows;
};

/* A table's rows: DECODE("region", TEXT, .secret = true), ..., DECODE_END. */
#define DECODE(option, type, ...)                                              \
	{                                                                      \
		.name = (option), .kind = DECODE_##type, __VA_ARGS__           \
	}
#define DECODE_END                                                             \
	{                                                                      \
		.name = NULL                                                   \
	}

/* Up to this many tables together. */
#define DECODE_TABLES 3

/* The options as {name: value}, values of the rows' kinds, in the pool. Options
 * in `skip' ("type|name") are not looked at. What is wrong is in the verdict
 * and left out. */
const cJSON *template_decode(struct template_scope *scope,
	const struct decode_row *const *tables, const cJSON *given,
	const char *skip);

/* One of the decoded: what is missing is NULL, 0 or false. */
const char *decoded_text(const cJSON *options, const char *name);
int64_t decoded_integer(
	const cJSON *options, const char *name, int64_t fallback);
bool decoded_bool(const cJSON *options, const char *name);
/* A list, NULL when it is empty. */
const cJSON *decoded_list(const cJSON *options, const char *name);

/* A duration that the core takes, which renders none. */
bool template_duration(const struct template_scope *scope, const char *option,
	const cJSON *given, int64_t *milliseconds);
/* Whether "a|b|c" has the name. */
bool template_listed(const char *names, const char *name);

#endif
