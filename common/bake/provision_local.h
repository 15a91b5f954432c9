/* SPDX-License-Identifier: Apache-2.0 */
/* provision_local - a program that runs here; for provision_local*.c only. */
#ifndef COMMON_BAKE_PROVISION_LOCAL_H
#define COMMON_BAKE_PROVISION_LOCAL_H

#include <sys/types.h>

#include "common/bake/provision_parts.h"

struct program {
	char *const *words;           /* ended by NULL */
	const char *const *variables; /* "KEY=VALUE" beside our own; NULL */
	struct attempt *attempt;      /* gets its lines */
};

/* Runs it to its end, without input, and gives its status (of waitpid). Where
 * the time is over, a signal comes or idle says so, it is ended with its
 * process group: asked first, then killed. What it left in the background when
 * it ended by itself is left alone. */
int local_run(const struct program *program, int *status, struct err *e);

#endif
