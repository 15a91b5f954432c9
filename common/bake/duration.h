/* SPDX-License-Identifier: Apache-2.0 */
/* duration - lengths of time as Go writes them: "1h30m", "1.5s", "300ms". */
#ifndef COMMON_BAKE_DURATION_H
#define COMMON_BAKE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* The whole text as milliseconds, or false: it is none, or too long. What is
 * not zero does not become zero. */
bool duration_parse(const char *text, int64_t *milliseconds);
/* Nanoseconds, as a bare number is taken. */
int64_t duration_of_nanoseconds(int64_t nanoseconds);

#endif
