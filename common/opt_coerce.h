/* SPDX-License-Identifier: Apache-2.0 */
/* opt_coerce - a value made into an option's type. */
#ifndef COMMON_OPT_COERCE_H
#define COMMON_OPT_COERCE_H

#include "common/json.h"

/* The value as `type', one of Ansible's words, which the caller deletes. NULL
 * if it cannot be, with the reason in AnsibleModule's words, which the caller
 * frees. */
cJSON *opt_coerce(const char *type, const cJSON *value, char **reason);

#endif
