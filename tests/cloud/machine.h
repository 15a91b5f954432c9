/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine - simcloud's side of its keeper (keeper.h): servers that are
 * machines.
 */
#ifndef CLOUD_MACHINE_H
#define CLOUD_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/json.h"

struct machines;

/* Starts the keeper and waits until it can make machines, or says why it
 * cannot: machines_why(). Before there are threads. ssh_port 0: 22 where that
 * may be listened on, 2222 otherwise. NULL: the keeper broke down. */
struct machines *machines_start(uint16_t ssh_port, struct err *e);
/* None, for this reason. */
struct machines *machines_none(const char *why);
/* No report comes any more, orders are not carried out, and all of them end. */
void machines_stop(struct machines *machines);
/* After that. Everything of them is gone when this returns, and so is every
 * other child of this process; -1 when the keeper had ended by itself. NULL is
 * fine for this and the next. */
int machines_end(struct machines *machines, struct err *e);
void machines_free(struct machines *machines);

bool machines_there(const struct machines *machines);
const char *machines_why(const struct machines *machines);
uint16_t machines_ssh_port(const struct machines *machines);

/* From now on a thread hands over what the keeper reports. When the keeper
 * ends by itself, the process gets SIGTERM. */
int machines_listen(struct machines *machines,
	void (*report)(void *context, const cJSON *report), void *context,
	struct err *e);
/* An order, which is taken over; not carried out where there are none. */
void machines_order(struct machines *machines, cJSON *order);

#endif
