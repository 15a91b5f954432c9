/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault - what goes wrong on purpose.
 *
 * A rule is a JSON object of POST /_sim/config {"faults": [...]}. Which
 * requests it is for: "method", "path" (POSIX extended regular expression,
 * searched in path and query), "service", all of them optional. When: "after"
 * (it lets the first n matches pass), "times" (default 1; 0: always). The
 * first rule that matches and is not used up acts; it does one or more of
 *
 *   "delay": S        wait before it is done
 *   "late": S         wait between doing it and the reply
 *   "status": N, "body": JSON or text, "headers": {}, "content_type": text
 *                     answer this instead of doing it
 *   "raw": text       this body as it is, with status (200) and content type
 *   "raw_repeat": {"text": T, "times": N}   T N times, after "raw"
 *   "cut": "before"   closed without doing it
 *          "after"    done, then closed without a reply
 *          "middle"   closed after half of the reply
 *   "done": true      with "status" and the like: it is done nevertheless
 *   "stall": true     no answer until the client goes away; not done
 *
 * A rule for things in place of requests has one of these members instead:
 *
 *   "server": {"name": regex, ...}   for servers that are created from then on:
 *       "fault": text (to ERROR), "stuck": true (stays in BUILD),
 *       "app": "none", "down_after": S (seconds after it came up),
 *       "health_status": N, "health_path": prefix; and of a machine
 *       "sshd": "none", "silent" (it accepts and says nothing), "other-key"
 *       (than user_data has) or "late:S" (whole seconds)
 *   "image": {"name": regex, ...}    for images of servers: "fault": text
 *       (to ERROR), "stuck": true (stays SAVING), "vanish": true (404)
 */
#ifndef CLOUD_FAULT_H
#define CLOUD_FAULT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/json.h"
#include "common/mem.h"

enum fault_cut { FAULT_NO_CUT, FAULT_BEFORE, FAULT_AFTER, FAULT_MIDDLE };

/* What is to be done to one request. All zero: nothing. */
struct fault {
	double delay, late;
	enum fault_cut cut;
	bool stall;
	int status;           /* 0: the request is served */
	bool done;            /* it is served, but answered so */
	const char *body;     /* NULL: none */
	const char *repeat;   /* NULL: nothing */
	size_t times;         /* of `repeat' */
	const char *type;     /* content type, NULL without a body */
	const cJSON *headers; /* name to text, or NULL */
};

struct faults *faults_new(void);
void faults_free(struct faults *faults);

/* These rules in place of, or (more) after, those that are there; all or none
 * of them. */
int faults_set(
	struct faults *faults, const cJSON *rules, bool more, struct err *e);
/* The rules, with how often each one has "seen" a match and was "used". */
cJSON *faults_show(const struct faults *faults);

/* What to do to this request; counts. Texts and trees are from the pool. */
struct fault faults_request(struct faults *faults, const char *method,
	const char *target, const char *service, struct pool *pool);
/* The "server" or "image" (kind) of the rule for a new thing of this name, or
 * NULL; counts. Valid until the rules are set again. */
const cJSON *faults_thing(
	struct faults *faults, const char *kind, const char *name);

#endif
