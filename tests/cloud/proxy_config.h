/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy_config - what HAProxy is told at its start and by its runtime API.
 *
 * Private to proxy*.c. One frontend, f, and one backend, b.
 */
#ifndef CLOUD_PROXY_CONFIG_H
#define CLOUD_PROXY_CONFIG_H

#include "common/str.h"
#include "tests/cloud/proxy_process.h"

/* Names the server after its node and a number that no other one had. */
void proxy_config_name(struct proxy_server *server, unsigned long serial);
/* The configuration file with these servers in it. The descriptors are those
 * of the listening socket and of the runtime API's. */
void proxy_config(struct str *text, const struct proxy_plan *plan,
	const struct proxy_server *servers, int listener, int control,
	uint16_t nowhere);
/* "add server", without a state: it begins in maintenance. */
void proxy_config_add(
	struct str *text, const struct proxy_server *server, uint16_t nowhere);
/* What brings a server to its state, and cuts it if need be. */
void proxy_config_state(struct str *text, const struct proxy_server *server);

#endif
