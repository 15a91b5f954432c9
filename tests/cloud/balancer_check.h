/* SPDX-License-Identifier: Apache-2.0 */
/*
 * balancer_check - what a request to the balancers may consist of.
 *
 * Two stages, as the service has them: the schema (names and types), which
 * knows only one answer, and validation, which collects its messages in a
 * list. Private to balancer*.c.
 */
#ifndef CLOUD_BALANCER_CHECK_H
#define CLOUD_BALANCER_CHECK_H

#include "tests/cloud/balancer_store.h"

enum schema_kind {
	SCHEMA_ANY,
	SCHEMA_TEXT,
	SCHEMA_INT,  /* or its text */
	SCHEMA_BOOL, /* or its text */
	SCHEMA_OBJECT,
	SCHEMA_LIST, /* of objects, at least one */
	SCHEMA_NULL,
};

struct schema {
	const char *name; /* NULL ends a table */
	enum schema_kind kind;
	const struct schema *sub; /* of the object or the list's objects */
};

/* The tables that several calls use. */
extern const struct schema schema_balancer[], schema_update[], schema_node[],
	schema_node_put[], schema_node_bulk[], schema_meta[], schema_meta_put[],
	schema_monitor[], schema_persistence[], schema_enabled[],
	schema_throttle[], schema_access[], schema_vip[], schema_ssl[];

/* The member `name' of the call's body, an object or a list of objects as in
 * the table; NULL when it has answered 400. Null members count as missing. */
const cJSON *schema_body(struct call *call, const char *name,
	enum schema_kind kind, const struct schema *table);
bool schema_is(const cJSON *object, const struct schema *table);
/* Answers that the body does not match; always false. */
bool schema_fail(struct call *call);

/* Values of a tree that matches. */
int64_t schema_int(const cJSON *object, const char *name, int64_t fallback);
bool schema_bool(const cJSON *object, const char *name, bool fallback);
bool schema_has(const cJSON *object, const char *name);

/* False, and the answer is given, when there are messages; the list is
 * released. */
bool check_passed(struct call *call, cJSON *messages);
/* One message; always false. */
bool check_fail(struct call *call, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void check_add(cJSON *messages, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

struct protocol {
	const char *name;
	int64_t port; /* 0: none is usual */
	bool udp;
};

extern const struct protocol protocols[]; /* ended by no name */
extern const char *const algorithms[];    /* ended by NULL */
const struct protocol *protocol_find(const char *name);
bool algorithm_is_weighted(const char *algorithm);

/* Each adds what is wrong to the messages. `b' is the balancer that the thing
 * is for, as it will be. */
void check_balancer(const cJSON *given, bool is_new, cJSON *messages);
void check_features(const struct balancer *b, cJSON *messages);
void check_node(const cJSON *node, bool is_new, cJSON *messages);
void check_monitor(
	const struct cloud *cloud, const cJSON *monitor, cJSON *messages);
void check_persistence(const char *type, const char *protocol, cJSON *messages);
void check_metadata(const cJSON *items, const cJSON *present, cJSON *messages);
void check_access(const cJSON *items, const cJSON *present, cJSON *messages);

/* The `id' parameters of a bulk delete, from the call's pool, or NULL when it
 * has answered 400: none, too many ("nodes"), or no numbers. */
const int64_t *check_ids(struct call *call, const char *what, size_t *n);

#endif
