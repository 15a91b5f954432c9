/* SPDX-License-Identifier: Apache-2.0 */
/*
 * door - what happens to one request between its arrival and its answer.
 *
 * door_arrive(), then after its delay door_serve(), then after its delay the
 * answer is sent. Nothing here waits or knows of sockets.
 */
#ifndef CLOUD_DOOR_H
#define CLOUD_DOOR_H

#include "tests/cloud/fault.h"
#include "tests/cloud/route.h"

#define DOOR_BODY_MAX ((size_t)1 << 20)

struct answer {
	int status;
	const char *text; /* `length' bytes, then `repeat' n times */
	size_t length;
	const char *repeat;
	size_t repeat_length, times;
	const char *type; /* NULL without a body */
	struct header *headers;
};

struct visit {
	/* filled in by the caller, in the visit's pool */
	struct cloud *cloud;
	struct pool *pool;
	const char *method, *target;
	const char *token, *session, *content_type; /* headers, or NULL */
	const char *body; /* `length' bytes and a NUL */
	size_t length;
	bool too_long; /* the body is, and is not here */

	struct call call;
	struct fault fault;
	struct answer answer;
	unsigned long number; /* in the log; 0: not logged */
};

/* Returns the seconds until door_serve(); INFINITY: never. */
double door_arrive(struct visit *visit);
/* Does what was asked. Returns the seconds until the answer may be sent; it is
 * not to be sent when the fault's cut says so. */
double door_serve(struct visit *visit);
/* The visit is over: for the log. */
void door_leave(struct visit *visit, int status, size_t bytes);

size_t door_answer_length(const struct answer *answer);

#endif
