/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link - the addresses that replies of the compute service show.
 */
#ifndef CLOUD_LINK_H
#define CLOUD_LINK_H

#include "tests/cloud/route.h"

/* [{"rel": "self", ...}, {"rel": "bookmark", ...}] of a thing. */
cJSON *link_list(const struct call *call, const char *kind, const char *id);
/* The "self" of it; from the call's pool. */
const char *link_self(
	const struct call *call, const char *kind, const char *id);

#endif
