/* SPDX-License-Identifier: Apache-2.0 */
/* origin - a request to an application that misbehaves, and what it can do. */
#ifndef TESTS_JUDGE_ORIGIN_H
#define TESTS_JUDGE_ORIGIN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIAL_MAX 1000000

struct mode;

struct origin {
	const struct mode *mode;
	unsigned long every;
	int milliseconds;
	const char *name;
	int listener;
	pthread_mutex_t lock; /* of the counts below */
	unsigned long requests, connections, faults, repeated, candidates;
	bool seen[SERIAL_MAX];
};

/* A request that was read, on its connection. */
struct exchange {
	struct origin *origin;
	int fd;
	unsigned long number; /* on this connection, from 0 */
	char head[8192];
	size_t head_length, extra; /* extra: bytes behind the head */
	char target[256];
	bool upload, close;
	size_t length, received;
	uint32_t crc;
	double seconds;
};

/* Which requests it can be done to. */
enum candidates { ANY, REUSED, UPLOADS, SLOW, FAST };

/* What is done instead of answering well: `canned' is sent, `answer' is called;
 * neither: the connection is closed. */
struct mode {
	const char *name;
	bool (*answer)(struct exchange *x); /* returns whether to go on */
	enum candidates candidates;
	const char *canned;
};

/* The mode of this name; NULL if there is none. */
const struct mode *mode_find(const char *name);

/* Whether what the origin's mode does can be done to this request. */
bool mode_can(const struct exchange *x);

/* Does it. Returns whether the connection is kept, as mode_answer_well. */
bool mode_misbehave(struct exchange *x);

/* The right answer, as slow as it was asked for. */
bool mode_answer_well(struct exchange *x);

#endif
