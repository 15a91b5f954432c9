/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address - loopback addresses of a simulated cloud's own.
 *
 * Each cloud reserves free networks 127.x.y.0/24: an abstract unix socket of
 * that network's name, bound for as long as the process lives, is the
 * reservation. Nothing is left behind however the process ends, and any number
 * of clouds run side by side. All calls may come from any thread.
 */
#ifndef CLOUD_ADDRESS_H
#define CLOUD_ADDRESS_H

#include <stddef.h>

#include "common/err.h"

#define ADDRESS_SIZE 16 /* an IPv4 address as text, with its end */

/* Reserves the first network, searching from a random one. */
struct addresses *address_new(struct err *e);
void address_free(struct addresses *a);

/* The first network, such as "127.83.12.0/24"; lives as long as `a'. */
const char *address_network(const struct addresses *a);

/* An address that nobody has; a further network is reserved when all are used
 * up. -1 only when no network is free. */
int address_take(struct addresses *a, char text[ADDRESS_SIZE], struct err *e);
/* Takes this very address, as a state that was saved has it, in its network,
 * which is reserved for it if need be. -1 when somebody has the address or the
 * network. */
int address_claim(struct addresses *a, const char *text, struct err *e);
/* Takes it back. It is handed out again late: after every other one of the
 * networks at hand, and not within the first seconds. */
void address_give(struct addresses *a, const char *text);

#endif
