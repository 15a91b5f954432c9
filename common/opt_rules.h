/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opt_rules - what options demand of each other.
 *
 * Each function looks at the parameters that are present (null counts, except
 * for required_by) and gives the message of the first rule that is broken,
 * which the caller frees, or NULL. What is malformed in a rule is ignored.
 */
#ifndef COMMON_OPT_RULES_H
#define COMMON_OPT_RULES_H

#include "common/json.h"

char *opt_rules_exclusive(const cJSON *groups, const cJSON *params);
char *opt_rules_together(const cJSON *groups, const cJSON *params);
char *opt_rules_one_of(const cJSON *groups, const cJSON *params);
char *opt_rules_if(const cJSON *rules, const cJSON *params);
char *opt_rules_by(const cJSON *rules, const cJSON *params);
/* The options of the spec that must be given. */
char *opt_rules_required(const cJSON *spec, const cJSON *params);

/* The list's strings in the order of their characters. */
void opt_rules_sort(cJSON *list);

#endif
