/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim - the door for those who watch and steer the simulation: /_sim. No token
 * is needed, nothing of it is logged, faults and latency do not touch it.
 *
 * GET /_sim/log      {"requests": [{"n", "time", "method", "path", "status",
 *                    "service", "request", "bytes", "id"}...]}: all API
 *                    requests, oldest first. "path" has the query; "status" is
 *                    0 for a cut connection and null while it is not answered;
 *                    "request" is the body (parsed, or text, or null);
 *                    "bytes" is the length of the reply's body. With ?clear it
 *                    is emptied thereafter.
 * GET /_sim/state    everything there is: by region what each part shows, and
 *                    "settings", "faults", "rates", "tokens" (how many), "time"
 * POST /_sim/config  an object; its members are those of settings.h, those
 *                    here, and those of the parts. --help lists them all. An
 *                    unknown member is refused by its name, before anything
 *                    is changed.
 */
#ifndef CLOUD_SIM_H
#define CLOUD_SIM_H

#include "tests/cloud/route.h"

bool sim_wants(const struct call *call);
void sim_run(struct call *call);
/* A line for each member of POST /_sim/config that is no setting, on standard
 * output. */
void sim_help(void);

#endif
