/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy_one - one balancer's processes: the current one, and those that only
 * serve what they have.
 *
 * Private to proxy*.c, and only for the thread of proxy.c.
 */
#ifndef CLOUD_PROXY_ONE_H
#define CLOUD_PROXY_ONE_H

#include "tests/cloud/proxy_process.h"

struct proxy_one {
	struct proxy_plan *plan; /* the last that was made so, or NULL */
	int listener;            /* at the plan's address and port, or -1 */
	struct proxy_process *current, *retired;
};

/* Makes it as the plan says, which is taken over. On failure it serves as
 * before, or not at all if its process does not do what it is told. */
int proxy_one_apply(struct proxy_one *one, struct proxy_plan *plan,
	const char *program, uint16_t nowhere, struct err *e);
/* Does what was left for later; whether some is left still. */
bool proxy_one_tidy(struct proxy_one *one);
/* False when its process has ended by itself; nothing carries traffic then. */
bool proxy_one_lives(struct proxy_one *one);
/* Every process is ended, every connection cut, the plan freed. */
void proxy_one_end(struct proxy_one *one);

/* A bound socket, or -1 with errno; port 0 is any free one. */
int proxy_one_bind(const char *address, uint16_t port);

struct proxy_plan *proxy_plan_copy(const struct proxy_plan *plan);
void proxy_plan_free(struct proxy_plan *plan);

#endif
