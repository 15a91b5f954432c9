/* SPDX-License-Identifier: Apache-2.0 */
/* instances - what became of each server of a plan, as `rax' has always told
 * it. */
#ifndef COMMON_INSTANCES_H
#define COMMON_INSTANCES_H

#include "common/task.h"

/* Sets action, instances, success, error, timeout and instance_ids from the
 * plan's steps; `existing' are servers that no step changes (one may have been
 * waited for), `gone' the ids of servers that were to be deleted and are not
 * there. Fails the task where a server is in error or timeout. */
void instances_report(
	struct task *task, const cJSON *existing, const cJSON *gone);

#endif
