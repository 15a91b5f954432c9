/* SPDX-License-Identifier: Apache-2.0 */
/* node_wish - nodes as they are wanted: [{"id", "address", "port", "settings":
 * {"condition", "type", "weight"}}], what is not given left out. */
#ifndef COMMON_NODE_WISH_H
#define COMMON_NODE_WISH_H

#include "common/err.h"
#include "common/json.h"

/* What no balancer takes is refused before anything is asked: of several
 * changes, some would have been made when the API refuses the next. `listed':
 * they come from a list, of which messages speak, and where an address needs a
 * port. */
int node_wish_check(const cJSON *wishes, bool listed, struct err *e);

#endif
