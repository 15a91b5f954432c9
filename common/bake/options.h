/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options - a recipe as options of a task: Packer's words, for those who write
 * no template.
 */
#ifndef COMMON_BAKE_OPTIONS_H
#define COMMON_BAKE_OPTIONS_H

#include "common/opt.h"

/* They are read from the checked options, and bound to no field. */
extern const struct opt bake_opts[];

/* The checked options as a template, for template_read(); the caller deletes
 * it. */
cJSON *bake_options_tree(const cJSON *params);

/* The first of them that was given and means nothing beside a template; or
 * NULL. */
const char *bake_options_given(const cJSON *given);

#endif
