/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provision_parts - one try of a step, between provision.c and the file of each
 * type of step; for nobody else.
 */
#ifndef COMMON_BAKE_PROVISION_PARTS_H
#define COMMON_BAKE_PROVISION_PARTS_H

#include "common/bake/output.h"
#include "common/bake/provision.h"

struct attempt {
	struct provisioning *p;
	const struct provisioner *step;
	int64_t deadline; /* of this try */
	int64_t whole;    /* of all tries */
	struct output_tail tail;
};

/* The types. What they say is completed by the step's label. */
int shell_attempt(struct attempt *a, struct err *e);
int file_attempt(struct attempt *a, struct err *e);
int local_attempt(struct attempt *a, struct err *e);

/* A line of ours among those of the step. */
void attempt_say(const struct attempt *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A line of the step's output; `context' is the attempt. */
void attempt_line(void *context, bool is_error, const char *line);
/* ERR_TIME at once where the pause would not end in time. */
int attempt_pause(const struct attempt *a, int64_t milliseconds, struct err *e);
/* One round of a wait: ERR_INTERRUPTED, ERR_TIME, or idle's error. */
int attempt_look(const struct attempt *a, struct err *e);
/* How long a server may be away, at the latest until when. */
int64_t attempt_patience(const struct attempt *a);
/* Connects anew, while logins are refused, too: a server that boots does. */
int attempt_reconnect(const struct attempt *a, int64_t until, struct err *e);
/* Does `act' again on a new connection while it fails with ERR_LOST; the first
 * time, too, where there is no connection. */
int attempt_persist(struct attempt *a,
	int (*act)(struct attempt *a, void *context, struct err *e),
	void *context, struct err *e);
/* Puts the step's last lines into the message: (last lines: ...). */
int attempt_add_tail(const struct attempt *a, struct err *e);
/* Completes the message, whose code means nothing to who knows no server: only
 * ERR_TIME and ERR_INTERRUPTED stay. */
int attempt_failed(const struct attempt *a, struct err *e);
/* The end of a script is as it should be: by its status. */
bool attempt_is_valid(const struct attempt *a, int status);

/* Environment and contents of scripts; all in the pool. An environment is an
 * object of texts, in the order of its keys. */
cJSON *script_environment(
	struct provisioning *p, const struct provisioner *step, struct err *e);
/* All variables by the step's format, quotes in values escaped. */
const char *script_variables(struct provisioning *p,
	const struct provisioner *step, const cJSON *environment);
/* The script that is made of the step's lines. */
const char *script_inline(
	struct provisioning *p, const struct provisioner *step, struct err *e);

#endif
