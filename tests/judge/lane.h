/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane - the connections that are kept alive, one request at a time on each.
 *
 * libcurl keeps connections by the host's name and takes the first idle one,
 * so that fast answers would all come over the same. A lane is a name of its
 * own, led to the one address; thus each has its own connection.
 */
#ifndef JUDGE_LANE_H
#define JUDGE_LANE_H

#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/judge/connection.h"
#include "tests/judge/options.h"

/* More than the wanted ones are opened while all are busy, up to this. */
#define LANE_MAX 512

/* A connection that was idle for longer is not used again (in us). A server
 * that closes one with a request just arrived, unread, resets it: nobody could
 * tell that from a loss, which it is counted as. So the judge stays away from
 * the time limits of servers, which are longer than this. */
#define LANE_IDLE_MAX 1000000

struct lanes;

struct lane {
	struct lanes *lanes;
	struct curl_slist *lead; /* for CURLOPT_CONNECT_TO */
	char host[32];
	int fd; /* -1: no connection */
	bool busy;
	int64_t idle_since;
	/* The request on it is about to be sent, or was. */
	bool sending;
	struct connection_mark mark; /* from before that */
	/* What is known of the connection that it lost while sending: the
	 * request was not on it. */
	bool was_idle;
};

struct lanes *lanes_new(const struct options *options);
void lanes_free(struct lanes *lanes);
/* Connections that the server closed while no request was on them, and how
 * many of these closes crossed a request, which was then sent again. */
uint64_t lanes_idle_closes(const struct lanes *lanes);
uint64_t lanes_crossed(const struct lanes *lanes);

/* An idle lane, in turn; a further one if all are busy; NULL if there are too
 * many. */
struct lane *lanes_take(struct lanes *lanes);
void lane_give(struct lane *lane);

/* Told of its socket as it is opened and before it is closed, and of a request
 * that is about to be sent. */
void lane_opened(struct lane *lane, int fd);
void lane_closing(struct lane *lane, int fd);
void lane_sending(struct lane *lane);

#endif
