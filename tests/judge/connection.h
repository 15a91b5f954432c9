/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection - what TCP itself says of a connection that broke.
 *
 * A server may close a connection that is kept alive whenever no request is on
 * it, and cannot know that one is on its way (RFC 9112, 9.5). A request that
 * crossed such a close was never seen by anybody and may be sent again; any
 * other request on a connection that broke was lost. Which it was is no matter
 * of time: the close carries an acknowledgement of all that had arrived.
 */
#ifndef JUDGE_CONNECTION_H
#define JUDGE_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

struct connection_mark {
	bool known;
	uint64_t sent, acknowledged; /* bytes so far */
};

/* Where a connection is, before a request is sent on it. */
struct connection_mark connection_mark(int fd);

/* True only with proof that the request sent since the mark cannot have been
 * answered: nothing of it left this machine's TCP, or the peer had ended its
 * sending, in good order, before any byte of it arrived. To be asked before fd
 * is closed. */
bool connection_was_idle(int fd, const struct connection_mark *mark);

/* Of a connection on which no request is: true if it can still be used. One
 * that cannot, since the peer closed it or sent what nobody asked for (such as
 * a 408 before it closes), is retired. */
bool connection_is_usable(int fd);
/* Shuts it down, so that libcurl sees that it is of no use. */
void connection_retire(int fd);

#endif
