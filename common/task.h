/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task - one run of a module: what it was given, what it found, what it says.
 *
 * All that a task hands out lives in its pool and dies with it, so a module
 * neither frees nor keeps anything.
 */
#ifndef COMMON_TASK_H
#define COMMON_TASK_H

#include "common/cloud.h"
#include "common/plan.h"

struct module;

struct task {
	const struct module *module;
	const void *params; /* the module's struct params */
	const cJSON *given; /* the arguments as they came */
	bool check;         /* for the verbs of common/, not for modules */
	bool offline;       /* no request will be made: nobody logs in */
	bool works;         /* apply() is needed although there is no step */
	bool changed;       /* what is no step was changed, or would be */
	struct pool *pool;
	struct cloud *cloud;
	struct plan *plan;
	int64_t wait_until; /* the end of every wait */
	const void *found;  /* from plan() to report(), the module's own */
	const struct err *failure; /* in report(): what went wrong, or NULL */

	cJSON *result;
	cJSON *warnings;
	bool failed;
};

/* A key of the result; takes the tree over. */
void task_result(struct task *task, const char *key, cJSON *value);
/* A list of the result, behind what it says already; takes the tree over. Where
 * there is nothing to say there is no such key. */
void task_result_add(struct task *task, const char *key, cJSON *list);
/* A line of its own above the result. */
void task_warn(struct task *task, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Makes the task fail with this message. */
void task_fail(struct task *task, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The option was written in the task, whatever its default is. */
bool task_given(const struct task *task, const char *option);
/* Names something that only a real run would know: "<web3.private>". */
bool task_is_predicted(const struct task *task, const char *text);
/* An id as a segment of a path; a predicted one as it is. */
const char *task_path_id(const struct task *task, const char *id);

#endif
