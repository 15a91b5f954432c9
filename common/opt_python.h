/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opt_python - what Python says of a JSON value: str(), repr(), type, truth
 * and equality, since AnsibleModule's messages and coercions rest on them.
 */
#ifndef COMMON_OPT_PYTHON_H
#define COMMON_OPT_PYTHON_H

#include <stdbool.h>

#include "common/json.h"
#include "common/str.h"

/* Both belong to the caller. */
char *opt_python_str(const cJSON *value);
char *opt_python_repr(const cJSON *value);
/* "str", "int", "float", "bool", "list", "dict" or "NoneType". */
const char *opt_python_type(const cJSON *value);
bool opt_python_is_float(const cJSON *number);
bool opt_python_true(const cJSON *value);
/* As == does: 1, 1.0 and True are equal. */
bool opt_python_equal(const cJSON *a, const cJSON *b);
/* Whether the list holds a value equal to this one. */
bool opt_python_contains(const cJSON *list, const cJSON *value);
/* Every number in the tree becomes what Python would print for it: 1e5 is
 * 100000.0, -0 is 0. */
void opt_python_normalise(cJSON *tree);
/* The items' str() with separators between them, added to the text. */
void opt_python_join(struct str *s, const cJSON *list, const char *separator);

#endif
