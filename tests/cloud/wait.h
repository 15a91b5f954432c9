/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wait - connections that wait, all of them with one thread.
 *
 * A suspended connection holds up nobody. It is resumed when its time has
 * come; one that waits for ever, when its client goes away.
 */
#ifndef CLOUD_WAIT_H
#define CLOUD_WAIT_H

#include <microhttpd.h>
#include <stdbool.h>

#include "common/err.h"

/* One connection's place in the queue, a part of the caller's own struct. */
struct wait {
	struct wait *next;
	struct MHD_Connection *connection;
	double due; /* by clock_monotonic(); INFINITY: for ever */
};

struct waits *waits_new(struct err *e);
/* Resumes all that wait; from then on waits_add() refuses. */
void waits_end(struct waits *waits);
bool waits_ended(struct waits *waits);
void waits_free(struct waits *waits);

/* Called from the connection's handler: suspends the connection for so long.
 * The handler returns MHD_YES at once and is called again. False when the end
 * has come: the connection is not suspended. */
bool waits_add(struct waits *waits, struct wait *wait,
	struct MHD_Connection *connection, double seconds);

#endif
