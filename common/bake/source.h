/* SPDX-License-Identifier: Apache-2.0 */
/* source - what a bake begins with: the image and the flavor that a recipe
 * means, as ids. */
#ifndef COMMON_BAKE_SOURCE_H
#define COMMON_BAKE_SOURCE_H

#include "common/bake/recipe.h"
#include "common/task.h"

/* The source image: by id, by name, or the one that the filter finds. Texts in
 * the pool. */
int source_find_image(struct task *task, const struct recipe *recipe,
	const char **id, struct err *e);
/* The flavor, by its id or its name. */
int source_find_flavor(struct task *task, const struct recipe *recipe,
	const char **id, struct err *e);

#endif
