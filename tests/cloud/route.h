/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route - a request on its way through a service, and the tables that lead it.
 *
 * A handler gets a struct call, looks into it with the functions here and
 * answers with one call_reply(), call_fail() or call_text(). It runs with the
 * cloud's lock held. Strings and trees that it is given live as long as the
 * call; what it allocates from call->pool does as well.
 */
#ifndef CLOUD_ROUTE_H
#define CLOUD_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"
#include "common/mem.h"
#include "tests/cloud/cloud.h"

#define ROUTE_SEGMENTS_MAX 16
#define ROUTE_QUERY_MAX    64

struct call;

/* A path is relative to the service's root, "/servers/{id}/metadata/{key}";
 * {name} stands for one segment that is not empty. The first row that matches
 * is taken, so fixed paths come before open ones. */
struct route {
	const char *method, *path;
	void (*handle)(struct call *call);
};

struct query {
	const char *name, *value;
};

struct header {
	struct header *next;
	const char *name, *value;
};

struct call {
	struct cloud *cloud;
	struct pool *pool;
	const struct service *service;
	const struct route *route;
	struct place *place; /* region and tenant; NULL without a region */
	const char *url;     /* of the service for that place */
	const char *user;    /* whose token it is; NULL without a token */
	double now;

	const char *method;
	const char *target; /* path and query as they were sent */
	const char *token, *session, *content_type; /* headers, or NULL */
	const char *segments[ROUTE_SEGMENTS_MAX];   /* of the path, decoded */
	size_t n_segments;
	size_t first; /* the segment at which the route's path begins */
	struct query query[ROUTE_QUERY_MAX]; /* decoded */
	size_t n_query;
	const char *body_text; /* NULL without a body */
	size_t body_length;
	const cJSON *body; /* NULL without a body and when it is no JSON */

	int status; /* 0 until it is answered */
	const cJSON *reply;
	const char *reply_text, *reply_type; /* in place of JSON */
	struct header *headers;
};

/* The decoded segment for {name}; never NULL in a handler. */
const char *call_param(const struct call *call, const char *name);
/* As a positive number, or -1, which no thing has as its id. */
int64_t call_param_int(const struct call *call, const char *name);
/* The value of the first such query parameter, or NULL. */
const char *call_query(const struct call *call, const char *name);

/* The answer. The tree is taken over; NULL sends no body. */
void call_reply(struct call *call, int status, cJSON *reply);
void call_text(
	struct call *call, int status, const char *type, const char *text);
/* An error in the service's own shape; always returns false, so that a check
 * can end with it. */
bool call_fail(struct call *call, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with another key for the body than the status's own. */
bool call_fail_as(struct call *call, int status, const char *key,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void call_header(struct call *call, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The path and query as sent (the target) are split and decoded into the
 * call, from its pool; 0, or -1 for a malformed one. An empty segment stays:
 * "/a//b/" has four. */
int call_read_target(struct call *call, const char *target);

/* The row for the call's method and path, looked up in one table after the
 * other, or NULL; *known tells whether another method would have matched. */
const struct route *route_find(const struct route *const *tables,
	const struct call *call, bool *known);

/* A row that ends a table. */
#define ROUTE_END                                                              \
	{                                                                      \
		.method = NULL                                                 \
	}

#endif
