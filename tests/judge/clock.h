/* SPDX-License-Identifier: Apache-2.0 */
/* clock - microseconds on a clock that only goes forward. */
#ifndef JUDGE_CLOCK_H
#define JUDGE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_SECOND INT64_C(1000000)
/* Later than anything. */
#define CLOCK_NEVER INT64_MAX

static inline int64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec / 1000;
}

static inline int64_t clock_from_seconds(double seconds)
{
	return (int64_t)(seconds * (double)CLOCK_SECOND + 0.5);
}

static inline int64_t clock_earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

#endif
