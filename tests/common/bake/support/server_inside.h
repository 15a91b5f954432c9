/* SPDX-License-Identifier: Apache-2.0 */
/* server_inside - for server*.c only. */
#ifndef TESTS_COMMON_BAKE_SUPPORT_SERVER_INSIDE_H
#define TESTS_COMMON_BAKE_SUPPORT_SERVER_INSIDE_H

#include <sys/types.h>

#include "common/mem.h"
#include "tests/common/bake/support/server.h"

#define PIDS_MAX 64

struct remote {
	struct server server;
	pid_t pids[PIDS_MAX]; /* of what goes on without us */
	size_t pids_count;
};

/* Writes down what is done, and frees it; the fault that meets it, or NULL. */
const struct server_fault *server_note(struct server *server, char *line);
void server_lose(struct server *server);
int server_is_lost(struct err *e);

#endif
