/* SPDX-License-Identifier: Apache-2.0 */
/* run - sends what is due, judges what ends, until nothing is open. */
#ifndef JUDGE_RUN_H
#define JUDGE_RUN_H

#include <stdio.h>

#include "common/err.h"
#include "tests/judge/options.h"

/* Prints the summary on standard output; `log' may be NULL. The exit status; -1
 * if it could not begin. Signals are caught already (common/interrupt.h). */
int run(const struct options *options, FILE *log, struct err *e);

#endif
