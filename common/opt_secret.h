/* SPDX-License-Identifier: Apache-2.0 */
/* opt_secret - the values of no_log options, to be kept out of all output. */
#ifndef COMMON_OPT_SECRET_H
#define COMMON_OPT_SECRET_H

#include "common/opt_level.h"

/* Adds the strings and numbers anywhere in the value. */
void opt_secret_add(struct opt_checked *out, const cJSON *value);
/* Adds what the no_log options of this level and below hold, as it was given.
 * A value that cannot hold the sub-options that it should is a failure. */
void opt_secret_scan(const struct opt_level *level);
/* Leaves each secret once in the list. */
void opt_secret_finish(struct opt_checked *out);

#endif
