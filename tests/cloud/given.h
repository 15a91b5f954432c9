/* SPDX-License-Identifier: Apache-2.0 */
/*
 * given - what a new machine is given, as files that its boot script reads.
 */
#ifndef CLOUD_GIVEN_H
#define CLOUD_GIVEN_H

#include "common/err.h"
#include "common/json.h"

/* The directory, which is not there, with
 *
 *   hostname, key, password (as the shadow file has it), user_data,
 *   meta_data.json, files/N/path and files/N/contents
 *
 * from {"hostname", "key"?, "password"?, "user_data"? (base64), "meta_data",
 * "files"?: [{"path", "contents" (base64)}]}. */
int given_write(const char *directory, const cJSON *given, struct err *e);

#endif
