/* SPDX-License-Identifier: Apache-2.0 */
/* contents - what files hold, as digests with names and modes. */
#ifndef COMMON_BAKE_CONTENTS_H
#define COMMON_BAKE_CONTENTS_H

#include "common/err.h"
#include "common/json.h"

/* Of a file, or of a directory and all below it: [{"name" below it, "mode",
 * "sha256" of a file}] in a fixed order, for the caller; empty where there is
 * nothing. NULL with an error that names what cannot be read. */
cJSON *contents_of(const char *path, struct err *e);

/* Whether files hold what they did: of [{"path", "contents"}], all of them. -1
 * with an error that names one that does not. */
int contents_unchanged(const cJSON *seen, struct err *e);

#endif
