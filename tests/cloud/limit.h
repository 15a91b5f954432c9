/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit - the account's absolute limits on servers, and what is used of them.
 */
#ifndef CLOUD_LIMIT_H
#define CLOUD_LIMIT_H

#include "tests/cloud/route.h"

enum limit {
	LIMIT_INSTANCES,
	LIMIT_RAM, /* MB in total */
	LIMIT_KEYPAIRS,
	LIMIT_NETWORKS, /* isolated ones */
	LIMIT_SERVER_META,
	LIMIT_IMAGE_META,
	LIMIT_PERSONALITY,
	LIMIT_PERSONALITY_SIZE,
	LIMITS
};

extern const struct part limit_part;
extern const struct route limit_routes[];

int64_t limit_of(const struct cloud *cloud, enum limit limit);

#endif
