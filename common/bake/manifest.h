/* SPDX-License-Identifier: Apache-2.0 */
/* manifest - Packer's list of what was built (packer.md 1.8). */
#ifndef COMMON_BAKE_MANIFEST_H
#define COMMON_BAKE_MANIFEST_H

#include "common/bake/recipe.h"
#include "common/err.h"

/* Appends the image to the file that the recipe names, which is made when it is
 * missing and replaced as a whole; without one does nothing, nor where it is in
 * there already. `time' is when it was built, in seconds since the epoch. */
int manifest_write(const struct recipe *recipe, const char *image,
	const char *run, int64_t time, struct err *e);

/* Whether that can be done, before the image is there. */
int manifest_check(const struct recipe *recipe, struct err *e);

/* The same for an image that another run has baked, as the API tells of it, as
 * if that had written it; `now' where it does not say when that was. */
int manifest_add(const struct recipe *recipe, const cJSON *image, int64_t now,
	struct err *e);

/* Whether the recipe wants an image that is there in the file, and it is not;
 * -1 where it cannot be put into it. */
int manifest_lacks(const struct recipe *recipe, const char *image, bool *lacks,
	struct err *e);

#endif
