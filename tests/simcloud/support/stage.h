/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stage - some servers with applications, and balancers before them, for the
 * suites of the data plane.
 *
 * Server i (0 to STAGE_SERVERS - 1) is named "si" and listens on an address of
 * its own; node i of a plan is that server, with the id i + 1.
 */
#ifndef SIMCLOUD_STAGE_H
#define SIMCLOUD_STAGE_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "tests/cloud/address.h"
#include "tests/cloud/app.h"
#include "tests/cloud/proxy.h"
#include "tests/simcloud/support/client.h"

#define STAGE_SERVERS 4

struct stage {
	struct addresses *addresses;
	struct apps *apps;
	struct proxies *proxies;
	struct app *app[STAGE_SERVERS];
	char server[STAGE_SERVERS][ADDRESS_SIZE];
	uint16_t app_port;
	char vip[ADDRESS_SIZE];
	uint16_t port; /* free on the VIP */

	pthread_mutex_t lock;
	pthread_cond_t changed; /* an outcome */
	unsigned long changes;

	struct proxy_node nodes[STAGE_SERVERS];
	struct proxy_plan plan; /* HTTP, round robin, no node */
};

/* Everything is there but no balancer. HAProxy must be on the PATH: without
 * it this fails the test. */
struct stage *stage_new(void);
void stage_free(struct stage *stage);
void stage_start_app(struct stage *stage, int server);

/* The plan's nodes become those that are written here in order: r for ready,
 * d for draining, a for away, c for cut, - for no such node; upper case for a
 * backup. "rd-C": server 0 ready, 1 draining, 3 a cut backup. */
void stage_nodes(struct stage *stage, const char *states);
/* Sets the balancer's plan and waits for its outcome. */
enum proxy_outcome stage_try(struct stage *stage, int64_t id);
/* The same, which must succeed. */
void stage_set(struct stage *stage, int64_t id);
/* stage_nodes() and stage_set() of balancer 1. */
void stage_become(struct stage *stage, const char *states);
/* Waits for an outcome that is not `other'. */
enum proxy_outcome stage_wait_not(
	struct stage *stage, int64_t id, enum proxy_outcome other);

/* Asks the VIP once: the number of the server that answered, or, for anything
 * but a whole 200, -1. */
int stage_ask(const struct stage *stage);
/* How often each server answered of n requests; the rest, unanswered, is
 * returned. */
int stage_ask_often(
	const struct stage *stage, int n, int counts[STAGE_SERVERS]);
/* A connection to the VIP on which a slow request was begun, and answered
 * half; and the rest of that answer: whether it came. */
int stage_begin_slow(const struct stage *stage, const char *seconds);
bool stage_end_slow(int fd);

/* The server that a reply names, or -1. */
int stage_server_of(const struct client_reply *reply);

/* A moment, between two looks at what must become so. */
void stage_pause(void);

/* How many haproxy processes are children of this process, and the number of
 * one of them, unless NULL. */
int stage_processes(pid_t *one);

#endif
