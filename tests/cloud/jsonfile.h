/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonfile - whole files of JSON.
 */
#ifndef CLOUD_JSONFILE_H
#define CLOUD_JSONFILE_H

#include "common/err.h"
#include "common/json.h"

/* NULL with ERR_ABSENT when there is none. */
cJSON *jsonfile_read(const char *path, struct err *e);
/* Atomically (by way of PATH.part), readable by the owner alone. */
int jsonfile_write(const char *path, const cJSON *value, struct err *e);

#endif
