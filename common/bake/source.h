/* SPDX-License-Identifier: Apache-2.0 */
/* source - what a bake begins with: source image, flavor and networks that a
 * recipe means, and the digest of all that goes into the image. */
#ifndef COMMON_BAKE_SOURCE_H
#define COMMON_BAKE_SOURCE_H

#include "common/bake/bake.h"

/* Fills in `source', `flavor', `networks' and `digest' (64 hexadecimal digits)
 * of a wish that has its recipe and `seal'; in the pool. A source image by id,
 * by name, or the one that the filter finds. */
int source_find(struct task *task, struct bake_wish *wish, struct err *e);

/* What else a bake needs, and would miss after half an hour only. */
int source_check(struct task *task, const struct recipe *recipe, struct err *e);

#endif
