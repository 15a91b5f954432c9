/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape - what an object given to POST /_sim/config may consist of.
 */
#ifndef CLOUD_SHAPE_H
#define CLOUD_SHAPE_H

#include "common/err.h"
#include "common/json.h"

enum shape_kind {
	SHAPE_ANY,
	SHAPE_TEXT,
	SHAPE_REGEX,   /* a POSIX extended regular expression */
	SHAPE_SECONDS, /* a number >= 0 */
	SHAPE_COUNT,   /* a whole number >= 0 */
	SHAPE_STATUS,  /* of HTTP: 200 to 599 */
	SHAPE_BOOL,
	SHAPE_OBJECT,
	SHAPE_LIST,
	SHAPE_TEXTS, /* an object whose values are texts */
};

struct shape {
	const char *name;
	enum shape_kind kind;
};

#define SHAPE_END                                                              \
	{                                                                      \
		.name = NULL                                                   \
	}

/* 0 when the value is an object, all its members are in the table (ended by a
 * row without a name) and are of that kind. */
int shape_check(const cJSON *value, const struct shape *rows, struct err *e);
/* A number that was checked. */
double shape_seconds(const cJSON *object, const char *name, double fallback);

#endif
