/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome - what can become of a request, and what it was found out by.
 *
 * There is no outcome for a connection that the server closed between two
 * requests: that is its right, and no request was on it.
 */
#ifndef JUDGE_OUTCOME_H
#define JUDGE_OUTCOME_H

#include <stdbool.h>

enum outcome {
	OUTCOME_OK,
	OUTCOME_REFUSED,         /* no connection: nobody listens */
	OUTCOME_CONNECT_TIMEOUT, /* no connection by the deadline */
	OUTCOME_RESET,           /* cut: a reset, or an end without an answer */
	OUTCOME_UNANSWERED,      /* sent; no whole answer by the deadline */
	OUTCOME_TRUNCATED,       /* the answer ended in good order too early */
	OUTCOME_WRONG,           /* another status, or not what was asked for */
	OUTCOME_OTHER,
	OUTCOME_UNSENT, /* the judge had no means to send it */
	OUTCOME_COUNT,
};

#define OUTCOME_NAME_SIZE   72
#define OUTCOME_REASON_SIZE 256

struct finding {
	enum outcome outcome;
	long status; /* 0 without an answer */
	/* As the answer names them, "" if it does not; printable, and cut at
	 * their size. */
	char server[OUTCOME_NAME_SIZE], build[OUTCOME_NAME_SIZE];
	char reason[OUTCOME_REASON_SIZE]; /* in words; "" when it is right */
};

const char *outcome_name(enum outcome outcome);
/* A loss: neither a right answer nor the judge's own fault. */
bool outcome_is_failure(enum outcome outcome);

/* Notes outcome and reason; what cannot be printed in a line becomes '?'. */
void outcome_set(struct finding *finding, enum outcome outcome, const char *fmt,
	...) __attribute__((format(printf, 3, 4)));
/* The same for server and build. */
void outcome_copy_name(char name[OUTCOME_NAME_SIZE], const char *text);

#endif
