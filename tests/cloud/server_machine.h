/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_machine - servers that are machines, and the images made of them.
 *
 * A server's status follows its life (server_life.c); where that needs the
 * machine to run, or to be at rest, it waits for it. A server without a
 * machine is a stand-in, and every function here does nothing for it.
 */
#ifndef CLOUD_SERVER_MACHINE_H
#define CLOUD_SERVER_MACHINE_H

#include "tests/cloud/server.h"

/* What a new server is given: {"key"?, "key_name"?, "password"?, "user_data"?,
 * "files"?}, see given.h. It becomes a machine where it can be one. */
void server_machine_make(struct cloud *cloud, struct server *s,
	const struct image *image, cJSON *given);
/* The image's files in place of what it has, with these `files', and this
 * password if it is not NULL. */
void server_machine_rebuild(struct cloud *cloud, struct server *s,
	const struct image *image, const cJSON *files, const char *password);
void server_machine_stop(struct cloud *cloud, struct server *s);
/* Its work cannot end yet: with `runs' not before the machine runs, which is
 * started for that, otherwise not before it is at rest. A machine that cannot
 * run takes the server to ERROR. */
bool server_machine_waits(struct cloud *cloud, struct server *s, bool runs);
/* Whether it serves by itself, by the image's own boot script. */
bool server_machine_boots(const struct server *s);
void server_machine_remove(struct cloud *cloud, struct server *s);

/* The image gets the server's files as they are now. */
void server_machine_copy(
	struct cloud *cloud, const struct server *s, struct image *image);

/* Takes the keeper's reports; the lock is not held. */
void server_machine_report(void *cloud, const cJSON *report);

/* What is shown of it: NULL for a stand-in; and of all, for /_sim/state. */
cJSON *server_machine_show(const struct cloud *cloud, const struct server *s);
cJSON *server_machine_show_all(const struct cloud *cloud);

#endif
