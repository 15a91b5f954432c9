/* SPDX-License-Identifier: Apache-2.0 */
/*
 * balancer - Cloud Load Balancers v1.0: a part, and the service in front of it.
 *
 * A change is accepted only while a balancer is ACTIVE; it is shown at once,
 * and takes effect on the traffic when PENDING_UPDATE (or BUILD) ends: what
 * ACTIVE shows is what is served. POST /_sim/config steers it; the table of
 * balancer_steer.c says how.
 */
#ifndef CLOUD_BALANCER_H
#define CLOUD_BALANCER_H

#include "tests/cloud/service.h"

extern const struct part balancer_part;
extern const struct service balancer_service;

#endif
