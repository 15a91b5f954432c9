/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata - the calls on metadata that servers and images have in common.
 *
 * A tree is the thing's own object of texts, in place of which a new one may
 * be put. A call that changes it says so by returning true; it has answered in
 * either case.
 */
#ifndef CLOUD_METADATA_H
#define CLOUD_METADATA_H

#include "tests/cloud/route.h"

/* Whether this is metadata, of at most so many items; false when it has
 * answered with an error. NULL and null are fine. */
bool metadata_check(struct call *call, const cJSON *metadata, int64_t most);

void metadata_list(struct call *call, const cJSON *tree);
void metadata_get(struct call *call, const cJSON *tree);
bool metadata_merge(struct call *call, cJSON **tree, int64_t most);
bool metadata_replace(struct call *call, cJSON **tree, int64_t most);
bool metadata_put(struct call *call, cJSON **tree, int64_t most);
bool metadata_delete(struct call *call, cJSON **tree);

#endif
