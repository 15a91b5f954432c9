/* SPDX-License-Identifier: Apache-2.0 */
/* manifest - Packer's list of what was built (packer.md 1.8). */
#ifndef COMMON_BAKE_MANIFEST_H
#define COMMON_BAKE_MANIFEST_H

#include "common/bake/recipe.h"
#include "common/err.h"

/* Appends the image to the file that the recipe names, which is made when it is
 * missing and replaced as a whole; without one does nothing. `now' is seconds
 * since the epoch. */
int manifest_write(const struct recipe *recipe, const char *image,
	const char *run, int64_t now, struct err *e);

/* Whether that can be done, before the image is there. */
int manifest_check(const struct recipe *recipe, struct err *e);

#endif
