/* SPDX-License-Identifier: Apache-2.0 */
/*
 * module - what a module's file defines, and the one header it includes.
 *
 * The file has a `struct params', a table of options, plan() and report(), and
 * at its end `const struct module module'. plan() reads, and appends steps with
 * the verbs below; applying them, check mode, diff mode and `changed' are
 * common code. report() turns what is there now into the result; it runs after
 * a failure of the steps too, with task->failure set.
 */
#ifndef COMMON_MODULE_H
#define COMMON_MODULE_H

#include "common/balancer.h"
#include "common/err.h"
#include "common/facts.h"
#include "common/image.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/network.h"
#include "common/node.h"
#include "common/opt.h"
#include "common/server.h"
#include "common/str.h"
#include "common/task.h"
#include "common/volume.h"

struct module {
	const char *name;
	const struct opt *opts;
	const struct opt_rule *rules; /* or NULL */
	size_t params_size;
	/* NULL, or further rows, which have no field: prepare() reads them. */
	const struct opt *more_opts;
	/* wait_timeout: 0 waits without limit, as `rax' always did. */
	bool zero_waits_forever;
	bool waits; /* it has steps, so that `progress' can tell of them */
	/* NULL, or what is done with the checked arguments before anything
	 * else: it may complete them, and may set task->offline. */
	int (*prepare)(struct task *task, cJSON *params, struct err *e);
	int (*plan)(struct task *task, struct err *e);
	/* NULL: plan_apply(). For work that is no list of requests: called when
	 * there are steps, or `works' is set, and no check mode. */
	int (*apply)(struct task *task, struct err *e);
	void (*report)(struct task *task);
};

#define MODULE_OPTS(table) .opts = (table), .params_size = sizeof(struct params)

#endif
