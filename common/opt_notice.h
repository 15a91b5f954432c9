/* SPDX-License-Identifier: Apache-2.0 */
/* opt_notice - warnings and deprecations that options give rise to. */
#ifndef COMMON_OPT_NOTICE_H
#define COMMON_OPT_NOTICE_H

#include "common/opt_level.h"

/* Options that were given and are to be removed, at all levels. */
void opt_notice_removed(const struct opt_level *level);
/* Aliases of the option that were given and are to be removed. */
void opt_notice_aliases(const struct opt_level *level, const cJSON *option);
/* Options with the name of a password for which nobody said whether they are
 * secret. */
void opt_notice_passwords(const struct opt_level *level);

#endif
