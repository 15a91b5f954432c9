/* SPDX-License-Identifier: Apache-2.0 */
/* keypair - the verbs of compute's key pairs (servers.md A7). */
#ifndef COMMON_KEYPAIR_H
#define COMMON_KEYPAIR_H

#include "common/task.h"

/* All of the user's, as a list of {"name", "public_key", ...} in the pool. */
int keypair_list(struct task *task, const cJSON **keypairs, struct err *e);

/* Appends the import of a public key under a name that nobody else uses: one
 * that is there already is what a lost answer has made. */
struct step *keypair_create(
	struct task *task, const char *name, const char *public_key);
struct step *keypair_delete(struct task *task, const char *name);

#endif
