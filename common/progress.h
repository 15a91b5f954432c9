/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress - what a long run is doing, a line at a time, in a file that
 * somebody watches (`progress:', or RAX_PROGRESS).
 *
 * A line is the time (UTC, ISO 8601 with milliseconds), a space and the text,
 * without secrets, control bytes escaped, cut where it is longer than a pipe
 * takes at once. Lines are appended and written at
 * once, whole, so that several runs may share a file. A file that cannot be
 * written is an error when it is opened and is left alone later.
 */
#ifndef COMMON_PROGRESS_H
#define COMMON_PROGRESS_H

#include "common/err.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/opt.h"

struct progress;

/* The row of every module that waits; and the path that it gives, or else the
 * environment, or NULL. */
extern const struct opt progress_opts[];
const char *progress_path(const cJSON *params, struct pool *pool);

/* `path' NULL: a progress that says nothing; never NULL on success. `secrets'
 * is borrowed and read at every line. */
struct progress *progress_open(
	const char *path, const cJSON *secrets, struct err *e);
void progress_close(struct progress *progress);
/* NULL says nothing, too. */
void progress_say(struct progress *progress, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
