/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match - which requests a rule is for: its "method", "path" (a POSIX extended
 * regular expression, searched in path and query) and "service", each of them
 * optional.
 */
#ifndef CLOUD_MATCH_H
#define CLOUD_MATCH_H

#include <regex.h>
#include <stdbool.h>

#include "common/json.h"

struct match {
	const char *method, *service; /* of the rule; NULL: any */
	regex_t *path;                /* NULL: any */
};

/* The rule was checked with shape.h, MATCH_SHAPE being among its rows, and
 * outlives the match. */
struct match match_new(const cJSON *rule);
void match_free(struct match *match);
bool match_request(const struct match *match, const char *method,
	const char *target, const char *service);

#define MATCH_SHAPE                                                            \
	{ "method", SHAPE_TEXT }, { "path", SHAPE_REGEX },                     \
	{                                                                      \
		"service", SHAPE_TEXT                                          \
	}

/* A name that a rule's regular expression is searched in; no "name" matches
 * all. */
bool match_name(const cJSON *rule, const char *name);
/* The same for one expression. A bad one matches nothing. */
bool match_regex(const char *regex, const char *text);

/* regcomp(), an extended one without positions, of an expression that comes
 * from outside. glibc writes out what is to be repeated, so one that would fill
 * the memory is REG_ESPACE: longer than 255 bytes, a number over 99 in an
 * interval, or an interval behind a group or another interval. */
int match_compile(regex_t *compiled, const char *regex);

#endif
