/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keypair - the users' SSH public keys, in each region their own.
 */
#ifndef CLOUD_KEYPAIR_H
#define CLOUD_KEYPAIR_H

#include "tests/cloud/route.h"

extern const struct part keypair_part;
extern const struct route keypair_routes[];

/* Whether the caller has a key of that name there. */
bool keypair_is_there(const struct call *call, const char *name);
/* Its public key, as authorized_keys has it, or NULL. */
const char *keypair_public(const struct call *call, const char *name);
int64_t keypair_count(const struct call *call);

#endif
