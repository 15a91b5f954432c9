/* SPDX-License-Identifier: Apache-2.0 */
/* opt_value - the values of one level, each against its own option: type,
 * type of elements, choices. */
#ifndef COMMON_OPT_VALUE_H
#define COMMON_OPT_VALUE_H

#include "common/opt_level.h"

/* Makes each value into what its option wants, in the order of the spec. Null
 * stays null unless the option is required or has a default. */
void opt_value_coerce(const struct opt_level *level);
void opt_value_choices(const struct opt_level *level);

#endif
