/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer - whether an answer that came whole is the right one.
 *
 * Right is: status 200; a JSON object whose `path' is the request's own
 * target, whose `server' and `build' are texts that are not empty; for an
 * upload, `received' and `crc32' are those of the body that was sent.
 */
#ifndef JUDGE_ANSWER_H
#define JUDGE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/judge/outcome.h"

/* A longer answer is a wrong one. */
#define ANSWER_MAX 65536

struct answer {
	long status;
	const char *body;
	size_t length;
	/* Its end was announced, by a length or by chunks. Otherwise the end of
	 * the connection was its end, and only the JSON tells a whole one. */
	bool bounded;
};

struct answer_wanted {
	const char *target;
	bool upload;
	uint64_t received;
	uint32_t crc;
};

/* Fills in the finding. */
void answer_judge(const struct answer *answer,
	const struct answer_wanted *wanted, struct finding *finding);

#endif
