/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock - the cloud's time, and the thread that lets things happen when due.
 *
 * The time goes on as the machine's monotonic clock does, from the wall
 * clock's time at the start; only cloud_forward() makes it jump.
 */
#ifndef CLOUD_CLOCK_H
#define CLOUD_CLOCK_H

#include "tests/cloud/cloud.h"

/* `ahead' is what clock_ahead() was when the state was saved, or NULL. */
struct clock *clock_new(struct cloud *cloud, const cJSON *ahead);
/* The thread; without it things happen only when cloud_advance() is called. */
void clock_start(struct clock *clock);
void clock_free(struct clock *clock);

/* Seconds by which the clock was put forward. */
double clock_ahead(const struct clock *clock);

/* Seconds of the machine's monotonic clock, for waiting. */
double clock_monotonic(void);

#endif
