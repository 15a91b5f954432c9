/* SPDX-License-Identifier: Apache-2.0 */
/* node_wish - nodes as they are wanted: [{"id", "address", "port", "settings":
 * {"condition", "type", "weight"}}], what is not given left out. */
#ifndef COMMON_NODE_WISH_H
#define COMMON_NODE_WISH_H

#include "common/task.h"

/* What no balancer takes, and what is there twice, is refused before anything
 * is asked: of several changes, some would have been made when the API refuses
 * the next. `listed': they come from a list, of which messages speak, and where
 * an address needs a port. */
int node_wish_check(const cJSON *wishes, bool listed, struct err *e);

/* The node that is meant, or NULL. One that its id does not find any more may
 * have been removed and added again. */
const cJSON *node_wish_find(
	struct task *task, const cJSON *balancer, const cJSON *wish);

/* No two wishes of a list mean the same node, one by its id and one by its
 * address; and none has the id of one and the address of another. */
int node_wish_check_found(struct task *task, const cJSON *balancer,
	const cJSON *wishes, struct err *e);

#endif
