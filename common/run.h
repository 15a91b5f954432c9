/* SPDX-License-Identifier: Apache-2.0 */
/* run - one module, one arguments file, one JSON object. */
#ifndef COMMON_RUN_H
#define COMMON_RUN_H

#include "common/http.h"

struct module;

/* Runs the module with the text of an arguments file (see
 * ansible-module-protocol.md 2.2). `connect' makes the transport. The printed
 * object is in `output', the caller's. Returns the exit status. */
int run_module(const struct module *module, const char *text, size_t length,
	struct transport *(*connect)(bool verify), char **output);

/* The module's argument spec: {"options": {...}, "constraints": {...}}; the
 * caller deletes it. */
cJSON *run_options(const struct module *module);

#endif
