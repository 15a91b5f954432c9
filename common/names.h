/* SPDX-License-Identifier: Apache-2.0 */
/* names - server names that count: "web%02d" gives web01, web02, ... */
#ifndef COMMON_NAMES_H
#define COMMON_NAMES_H

#include "common/err.h"
#include "common/json.h"
#include "common/mem.h"

/* More than anybody makes at once; a slip of the pen is not to fill the memory.
 */
#define NAMES_MAX 10000

/* The first `count' names of the pattern, numbered from `offset' upwards, that
 * no server of the list has; a list of strings in the pool. A pattern has one
 * %d or %s, with a width or not, and %% for a per cent sign; without any, %d is
 * put behind it. */
int names_next(const char *pattern, int64_t offset, int64_t count,
	const cJSON *servers, struct pool *pool, const cJSON **names,
	struct err *e);

/* `count' times the same name. */
int names_repeat(const char *name, int64_t count, struct pool *pool,
	const cJSON **names, struct err *e);

#endif
