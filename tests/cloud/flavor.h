/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flavor - the sizes of servers, of several classes.
 */
#ifndef CLOUD_FLAVOR_H
#define CLOUD_FLAVOR_H

#include "tests/cloud/route.h"

struct flavor {
	const char *id, *name;
	int ram, disk, vcpus, swap, ephemeral; /* MB, GB, -, MB, GB */
	double rxtx;
	const char *class;
};

extern const struct route flavor_routes[];

/* NULL: there is none. */
const struct flavor *flavor_find(const char *id);
/* Some classes have no disk of their own, some cannot boot from a volume. */
bool flavor_needs_volume(const struct flavor *flavor);
bool flavor_refuses_volume(const struct flavor *flavor);

#endif
