/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network - os-networksv2: the two that everybody has, and isolated ones.
 */
#ifndef CLOUD_NETWORK_H
#define CLOUD_NETWORK_H

#include "tests/cloud/route.h"

#define NETWORK_PUBLIC  "00000000-0000-0000-0000-000000000000"
#define NETWORK_PRIVATE "11111111-1111-1111-1111-111111111111"

struct network {
	struct network *next;
	struct place *place; /* NULL: everybody's */
	char *id, *label, *cidr;
	int64_t handed_out; /* addresses */
};

extern const struct part network_part;
extern const struct route network_routes[];

struct network *network_find(
	struct cloud *cloud, const struct place *place, const char *id);
/* The next address of an isolated network; nothing listens there. The caller
 * frees it. */
char *network_new_address(struct network *network);

#endif
