/* SPDX-License-Identifier: Apache-2.0 */
/* file - small files, read whole. */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include <stddef.h>

#include "common/err.h"

/* The bytes of a file of at most `max', terminated as a C string; the caller
 * frees them. NULL with "cannot read FILE: why" otherwise; ERR_ABSENT when
 * there is no such file. A pipe or a device is read too, as long as something
 * comes from it: nobody is waited for who has not opened it, and no longer than
 * a minute for the next byte. */
char *file_read(const char *path, size_t max, size_t *length, struct err *e);

/* The path with ~ or ~user at its beginning replaced by the home directory;
 * what is not known stays as it is. The caller frees it. */
char *file_expand_home(const char *path);

#endif
