/* SPDX-License-Identifier: Apache-2.0 */
/* volume - the verbs of block storage that a server needs
 * (other-services.md 1). */
#ifndef COMMON_VOLUME_H
#define COMMON_VOLUME_H

#include "common/task.h"

/* Its name: v1 says display_name, later versions name (other-services.md 1);
 * NULL if it has none. */
const char *volume_name(const cJSON *volume);
/* The id of the volume that a user means by id or name. */
int volume_find(
	struct task *task, const char *given, const char **id, struct err *e);
/* The volume that a server has booted from, or NULL where none is bootable. */
int volume_of_server(struct task *task, const cJSON *server,
	const cJSON **volume, struct err *e);

#endif
