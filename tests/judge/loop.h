/* SPDX-License-Identifier: Apache-2.0 */
/* loop - libcurl's transfers on an epoll descriptor, and a signal's. */
#ifndef JUDGE_LOOP_H
#define JUDGE_LOOP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct loop;

/* `wake' is a descriptor that ends a wait when it becomes readable. */
struct loop *loop_new(int wake, struct err *e);
void loop_free(struct loop *loop);

/* The multi handle; whoever adds or removes transfers does it here. */
CURLM *loop_multi(struct loop *loop);

/* Waits until something comes, at most until this time, and lets libcurl work
 * on all that has come. A wake-up is for one time only. False when libcurl or
 * the kernel cannot go on: no transfer will ever end then. */
bool loop_wait(struct loop *loop, int64_t until);

#endif
