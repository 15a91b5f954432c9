/* SPDX-License-Identifier: Apache-2.0 */
/* node - the verbs of a balancer's nodes (load-balancers.md A3). */
#ifndef COMMON_NODE_H
#define COMMON_NODE_H

#include "common/task.h"

/* The first node that has all of these; NULL and 0 stand for any, but all three
 * of them for none. */
const cJSON *node_find(const cJSON *balancer, const char *id,
	const char *address, int64_t port);

/* Adds all of [{"address", "port", "condition", ...}] in one request. */
struct step *node_add(struct task *task, const cJSON *balancer,
	const cJSON *nodes, enum step_wait wait);
/* Changes each of [{"id", "condition", ...}]: one request, or one for each
 * where the region refuses changes in bulk; those that drain, disable or make
 * secondary come last. */
void node_change(struct task *task, const cJSON *balancer, const cJSON *changes,
	enum step_wait wait);
/* Removes these nodes of the balancer, ten in a request. */
void node_remove(struct task *task, const cJSON *balancer, const cJSON *nodes,
	enum step_wait wait);
/* Waits, without any change, until each of [{"address", "port"}] is ONLINE. */
void node_await_online(
	struct task *task, const cJSON *balancer, const cJSON *nodes);

#endif
