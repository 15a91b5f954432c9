/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compute - the service of servers, and of what else is behind its door.
 */
#ifndef CLOUD_COMPUTE_H
#define CLOUD_COMPUTE_H

#include "tests/cloud/service.h"

extern const struct service compute_service;

#endif
