/* SPDX-License-Identifier: Apache-2.0 */
/* network - the verbs of compute's networks (servers.md A8). */
#ifndef COMMON_NETWORK_H
#define COMMON_NETWORK_H

#include "common/task.h"

/* The networks that a user names by id, label, "public" or "private", as a
 * list of {"uuid", "label"} in the pool; an id that is not shown is its own
 * label. "No matching network found (X)" for a label that no network or several
 * have. */
int network_find_all(struct task *task, const cJSON *given,
	const cJSON **networks, struct err *e);

#endif
