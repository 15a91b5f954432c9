/* SPDX-License-Identifier: Apache-2.0 */
/* recipe_read - a task's recipe, from its template or its options. */
#ifndef COMMON_BAKE_RECIPE_READ_H
#define COMMON_BAKE_RECIPE_READ_H

#include "common/bake/recipe.h"
#include "common/task.h"

/* As the options are called; NULL where they were not given. */
struct recipe_wish {
	const char *template; /* a path; NULL: the options are the recipe */
	const cJSON *variables, *variable_files;
	const char *only;
	bool strict, bake; /* bake: or only validate */
};

/* Reads and checks it, without a network. `params' are the checked options;
 * they get the template's login where they have none. What Packer would say
 * goes into the result and into warnings; secrets are hidden from now on. The
 * recipe is NULL where none can be baked, which -1 says where `bake' is set. */
int recipe_read(struct task *task, const struct recipe_wish *wish,
	cJSON *params, struct recipe **recipe, struct err *e);

#endif
