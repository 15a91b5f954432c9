/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - the requests that came, for GET /_sim/log.
 *
 * The latest LOG_MAX are kept. No header is in it, and no secret of a body.
 */
#ifndef CLOUD_LOG_H
#define CLOUD_LOG_H

#include <stddef.h>

#include "common/json.h"

#define LOG_MAX 100000

struct log *log_new(void);
void log_free(struct log *log);
void log_clear(struct log *log);

/* A request arrives. Its number is what log_end() wants. */
unsigned long log_begin(
	struct log *log, double time, const char *method, const char *target);
/* Which service it was for ("" for none; of "identity" only the way of logging
 * in is kept), the id that its reply carries, and
 * what it carried: a tree, or text when it was none, or neither. */
void log_content(struct log *log, unsigned long number, const char *service,
	const char *id, const cJSON *body, const char *text);
/* It was answered with so many bytes of body, or (status 0) cut. */
void log_end(struct log *log, unsigned long number, int status, size_t bytes);

/* {"requests": [...]}, oldest first; the status of one that is not answered
 * yet is null. */
cJSON *log_show(const struct log *log);

#endif
