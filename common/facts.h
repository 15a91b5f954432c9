/* SPDX-License-Identifier: Apache-2.0 */
/* facts - a server as the rax modules have always shown it. */
#ifndef COMMON_FACTS_H
#define COMMON_FACTS_H

#include "common/json.h"

/* The attributes as rax_<slug>, plus rax_human_id, rax_name_attr, rax_networks,
 * rax_boot_source, and bare id, accessIPv4, name and status (peer.md, Keep).
 * The caller deletes it. */
cJSON *facts_of_server(const cJSON *server);

/* novaclient's human_id: lower-case ASCII letters, digits and _ of the name
 * without blanks at its ends, runs of blanks and dashes in it as one dash. The
 * caller frees it. */
char *facts_human_id(const char *name);

#endif
