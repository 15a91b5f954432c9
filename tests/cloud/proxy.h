/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy - what carries the traffic of balancers: one HAProxy process for each.
 *
 * The caller says what a balancer shall be (a plan), a thread makes it so and
 * then tells. Nodes come, change and go through HAProxy's runtime API alone;
 * what only its configuration can say (protocol, algorithm, timeout, cookie,
 * address, port) starts a new process, which takes over the listening socket,
 * and the old one serves its connections to their end. No request that no node
 * was cut under is lost by either.
 *
 * There is no file: configuration and sockets are inherited. HAProxy is killed
 * by the kernel when this process ends, however it ends.
 */
#ifndef CLOUD_PROXY_H
#define CLOUD_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "tests/cloud/address.h"

enum proxy_mode {
	PROXY_OFF, /* nothing listens */
	PROXY_HTTP,
	PROXY_TCP,
};

enum proxy_state {
	PROXY_READY,
	PROXY_DRAIN, /* nothing new but what its cookie sends there */
	PROXY_AWAY,  /* nothing new; what is open goes on */
	PROXY_CUT,   /* nothing, what is open is cut */
};

/* A node outside 127.0.0.0/8 is never connected to: nothing simulated leaves
 * the machine. Requests for it fail as if it refused them. */
struct proxy_node {
	int64_t id; /* never used again for another node */
	char address[64];
	uint16_t port;
	enum proxy_state state;
	bool backup; /* used only when no other is ready */
	int weight;  /* 1 to 256 */
};

struct proxy_plan {
	char address[ADDRESS_SIZE];
	uint16_t port;
	enum proxy_mode mode;
	const char *balance; /* HAProxy's name of the algorithm; a constant */
	int timeout;         /* seconds without a byte, either side */
	bool cookie;         /* a client stays with its node (HTTP only) */
	size_t n;
	struct proxy_node *nodes;
};

enum proxy_outcome {
	PROXY_PENDING,
	PROXY_DONE,
	PROXY_FAILED, /* it serves as before, or not at all */
};

/* `program' is HAProxy's path or NULL, without which all plans are DONE and
 * nothing happens. `changed' is called, from the thread and without locks,
 * whenever an outcome has changed. */
struct proxies *proxy_new(const char *program, void (*changed)(void *context),
	void *context, struct err *e);
/* Ends every process, and the thread. */
void proxy_free(struct proxies *proxies);
/* HAProxy's path, from PATH, or NULL; the caller frees it. */
char *proxy_find(void);

/* The balancer shall be so; the plan and its nodes are copied. */
void proxy_set(
	struct proxies *proxies, int64_t id, const struct proxy_plan *plan);
/* It is gone, its connections are cut. */
void proxy_remove(struct proxies *proxies, int64_t id);
/* What became of the last plan; the text says why it failed, the caller frees
 * it. `problem' may be NULL. */
enum proxy_outcome proxy_outcome(
	struct proxies *proxies, int64_t id, char **problem);

#endif
