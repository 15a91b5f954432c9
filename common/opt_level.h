/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opt_level - what opt_check() has at hand at one level: the arguments, or the
 * sub-options in one dictionary of theirs.
 */
#ifndef COMMON_OPT_LEVEL_H
#define COMMON_OPT_LEVEL_H

#include "common/opt.h"

struct opt_level {
	struct opt_checked *out;
	const cJSON *spec;
	/* Where the rules are: the constraints, or the parent option. */
	const cJSON *rules;
	cJSON *params;
	cJSON *aliases;      /* alias: option */
	const char *context; /* "p -> q"; NULL for the arguments */
	/* To put before a name: "p[0].q." in warnings, "p.q." where it is
	 * unknown; or "". */
	const char *prefix, *path;
	/* Names that no level knows, with their parents, and the options that
	 * the first of them could have been. Shared by all levels. */
	cJSON *unknown;
	struct str *supported;
};

/* Notes the first failure and takes the message over; NULL is none. The second
 * one says at which level it happened. */
void opt_level_fail(const struct opt_level *level, char *message);
void opt_level_fail_here(const struct opt_level *level, char *message);
/* Adds an item to a list, which takes it over, unless an equal one is there. */
void opt_level_note(cJSON *list, cJSON *item);
/* Whether the option has sub-options by its type. */
bool opt_level_has_dicts(const cJSON *option);

#endif
