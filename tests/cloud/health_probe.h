/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health_probe - one look at a node: connect, ask, read, judge.
 *
 * Private to health*.c. Nothing here waits.
 */
#ifndef CLOUD_HEALTH_PROBE_H
#define CLOUD_HEALTH_PROBE_H

#include <regex.h>

#include "common/str.h"
#include "tests/cloud/health.h"

/* What is asked of a node; made once for many probes. */
struct health_question {
	char *address;
	uint16_t port;
	enum health_kind kind;
	char *request; /* NULL: to connect is enough */
	bool has_status, has_body;
	regex_t status, body;
};

enum health_verdict {
	HEALTH_UNKNOWN, /* wait for `events' on `fd' */
	HEALTH_GOOD,
	HEALTH_BAD,
};

struct health_probe {
	int fd; /* -1: none is under way */
	short events;
	bool connected;
	struct str answer;
};

int health_question_init(struct health_question *q, const char *address,
	uint16_t port, const struct health_monitor *monitor, struct err *e);
void health_question_free(struct health_question *q);

enum health_verdict health_probe_begin(
	struct health_probe *p, const struct health_question *q);
enum health_verdict health_probe_go_on(
	struct health_probe *p, const struct health_question *q);
/* Also before its verdict; it may be begun again. */
void health_probe_end(struct health_probe *p);

#endif
