/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake - a cloud of canned replies for module tests: no sockets, a clock of its
 * own that every pause moves.
 *
 * A script has one reply a line: `METHOD PATH STATUS BODY', the path without
 * the part of the catalog. A line answers one request; after `+' it answers any
 * number. Instead of a status: `cut' (sent, but no answer comes), `refused' (no
 * connection), `signal' (a signal comes while it is under way). BODY is JSON
 * with ' for ". A request that no line answers, and a line that no request
 * wants, fail the test. Logging in is answered without a line.
 */
#ifndef TESTS_FAKE_H
#define TESTS_FAKE_H

#include <check.h>
#include <stdbool.h>

#include "common/json.h"

struct module;

struct fake_case {
	const char *given;    /* arguments, JSON with ' for " */
	const char *cloud;    /* the script */
	const char *requests; /* what must be sent beside GETs, a line each:
				 METHOD PATH, in any order; NULL: nothing */
	const char *result;   /* what the result must have at least */
	const char *fails;    /* part of the message, where it must fail */
	bool check;           /* in check mode: nothing may be sent, and the
				 predicted requests must be `requests' */
};

/* Runs the module and compares. */
void fake_check(const struct module *module, const struct fake_case *c);

/* Runs it and returns the printed object, for tests that look closer; the
 * caller deletes it. `log', when it is not NULL, gets the requests that were
 * sent as a list of {"method", "path", "body"}. */
cJSON *fake_run(const struct module *module, const char *given,
	const char *cloud, bool check, cJSON **log);

/* Every member of `want' is in `have', lists item by item. */
bool fake_covers(const cJSON *have, const cJSON *want);

/* Milliseconds that the last run took on its own clock. */
int64_t fake_elapsed(void);

#endif
