/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err - what went wrong, in words.
 *
 * The lowest level that knows says it with err_set(), each caller may put
 * what it was doing before it with err_add(); only main prints. A function
 * that can fail takes a struct err as its last parameter and returns -1.
 */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#include <stdarg.h>
#include <stdbool.h>

#define ERR_TEXT_MAX 16384

/* Codes exist only where a caller branches on them. */
enum err_code {
	ERR_NONE,
	ERR_OTHER,
	ERR_ABSENT,      /* the thing is not there (404, 410, no match) */
	ERR_AUTH,        /* the credentials were refused */
	ERR_TIME,        /* the deadline passed */
	ERR_INTERRUPTED, /* a signal asked us to stop */
	ERR_CHANGED,     /* the world is not as planned: plan again */
	ERR_LOST,        /* nobody knows whether it was done: plan again */
};

struct err {
	enum err_code code;
	long status; /* HTTP status of the answer that caused it, or 0 */
	bool passes; /* no answer, or one that is known to pass: if the same is
		      * asked again later, it may succeed */
	char text[ERR_TEXT_MAX];
};

/* Both return -1, so that a caller can return what they return. Control bytes
 * in what they print are escaped; text beyond ERR_TEXT_MAX is cut at a whole
 * UTF-8 character. err_add() puts "what: " before the text and keeps all
 * else. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int err_add(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Puts " what" after the text; for what completes it (where, the remedy). */
int err_more(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
