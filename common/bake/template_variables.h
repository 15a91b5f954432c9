/* SPDX-License-Identifier: Apache-2.0 */
/* template_variables - user variables (packer.md 1.3). */
#ifndef COMMON_BAKE_TEMPLATE_VARIABLES_H
#define COMMON_BAKE_TEMPLATE_VARIABLES_H

#include "common/bake/template_job.h"

/* Fills in the job's variables from the template's and what was given. */
void template_variables(struct template_job *job, const cJSON *root);

/* A JSON file that a human wrote, in the pool; NULL with errors said. */
const cJSON *template_load(
	const struct template_scope *scope, const char *path);

#endif
