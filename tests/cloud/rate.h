/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rate - limits on how often a request may be made, by POST /_sim/config.
 *
 * A rule is {"service"?, "method"?, "path"? (POSIX extended regular expression
 * on path and query), "limit": N, "seconds": S, "retry_after": "seconds" |
 * "date" | "none"}. A request that N matching ones precede within S seconds is
 * over the limit and does not count.
 */
#ifndef CLOUD_RATE_H
#define CLOUD_RATE_H

#include <stdbool.h>

#include "common/err.h"
#include "common/json.h"

enum rate_form { RATE_SECONDS, RATE_DATE, RATE_NONE };

struct rates *rates_new(void);
void rates_free(struct rates *rates);
/* These rules in place of those that are there; all or none. */
int rates_set(struct rates *rates, const cJSON *rules, struct err *e);
cJSON *rates_show(const struct rates *rates);

/* Counts the request. False when it is over a limit: then when it may come
 * again, and in which form Retry-After shall say so. */
bool rates_allow(struct rates *rates, double now, const char *service,
	const char *method, const char *target, double *again,
	enum rate_form *form);

#endif
