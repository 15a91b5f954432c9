/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opt_dict - a dictionary given as a text: JSON, a Python literal, or
 * key=value items separated by commas or blanks.
 */
#ifndef COMMON_OPT_DICT_H
#define COMMON_OPT_DICT_H

#include "common/json.h"

/* The dictionary, which the caller deletes, or NULL and why not, in the words
 * of AnsibleModule. */
cJSON *opt_dict_parse(const char *text, const char **why);

#endif
