/* SPDX-License-Identifier: Apache-2.0 */
/* report - the log and the summary, in wordings that other programs read. */
#ifndef JUDGE_REPORT_H
#define JUDGE_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "tests/judge/request.h"
#include "tests/judge/tally.h"

/* The first line of a log: the names of the columns. */
void report_header(FILE *log);
/* One line; `now' is when it ended. */
void report_request(FILE *log, const struct request *request,
	const struct finding *finding, int64_t now);

struct report {
	struct tally *tally; /* stopped */
	uint64_t idle_closes, crossed;
	int64_t minimum;
	int64_t behind;    /* us that the judge may be late */
	const char *fault; /* another one of the judge itself, or NULL */
	const char *first; /* of the failures, in words, or NULL */
};

/* Exit statuses; a fault of the judge itself outweighs a loss, which it may
 * have made up. */
enum { REPORT_GOOD = 0, REPORT_LOST = 1, REPORT_NO_PROOF = 3 };

/* Prints the summary; the exit status. */
int report_summary(FILE *out, const struct report *report);

#endif
