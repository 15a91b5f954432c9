/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ini - files as Python's ConfigParser reads them, without interpolation: a %
 * is a %, which ConfigParser's own readers of secrets want too.
 */
#ifndef COMMON_INI_H
#define COMMON_INI_H

#include "common/err.h"
#include "common/json.h"

#define INI_FILE_MAX (1024 * 1024)

/* {"section": {"option": "value"}}, options in lower case, in the order of the
 * file; the caller deletes it. NULL with a message that names the file and the
 * line, but shows nothing of it: it may be a secret. */
cJSON *ini_read(const char *path, struct err *e);

#endif
