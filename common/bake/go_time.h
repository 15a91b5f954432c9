/* SPDX-License-Identifier: Apache-2.0 */
/* go_time - an instant in UTC, in the way of an example as Go has it. */
#ifndef COMMON_BAKE_GO_TIME_H
#define COMMON_BAKE_GO_TIME_H

#include <time.h>

#include "common/str.h"

/* Adds the instant as `layout' writes Go's reference time, Monday January 2nd
 * 2006 15:04:05. */
void go_time_add(
	struct str *s, const struct timespec *instant, const char *layout);
/* The same by % and a letter; those that Packer does not know stay. */
void go_time_strftime(
	struct str *s, const struct timespec *instant, const char *layout);

#endif
