/* SPDX-License-Identifier: Apache-2.0 */
/* template_weak - one type taken for another, as Packer takes it. */
#ifndef COMMON_BAKE_TEMPLATE_WEAK_H
#define COMMON_BAKE_TEMPLATE_WEAK_H

#include "common/json.h"

/* A scalar as a text, which the caller frees; NULL for the rest. */
char *weak_text(const cJSON *value);
/* False: it is none. A fraction is cut off. */
bool weak_integer(const cJSON *value, int64_t *number);
bool weak_bool(const cJSON *value, bool *truth);

#endif
