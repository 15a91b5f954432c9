/* SPDX-License-Identifier: Apache-2.0 */
/* file - small files, read whole. */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include <stddef.h>

#include "common/err.h"

/* The bytes of a file of at most `max', terminated as a C string; the caller
 * frees them. NULL with "cannot read FILE: why" otherwise; ERR_ABSENT when
 * there is no such file. */
char *file_read(const char *path, size_t max, size_t *length, struct err *e);

/* The path with a leading ~ replaced by HOME; the caller frees it. */
char *file_expand_home(const char *path);

#endif
