/* SPDX-License-Identifier: Apache-2.0 */
/*
 * result - the one object that a module prints, finished as AnsibleModule's
 * exit_json() and fail_json() do.
 *
 * Warnings and deprecations are merged (those of the arguments, then the
 * caller's, then the result's own; each is kept once), `invocation' with the
 * checked arguments is added unless the result has one, and no value shows a
 * secret any more. Both keep the order of the result's members.
 */
#ifndef COMMON_RESULT_H
#define COMMON_RESULT_H

#include <stdbool.h>

#include "common/json.h"
#include "common/opt.h"

/* What else goes into a result, or stays out of it. */
struct result_extra {
	const cJSON *warnings; /* list of strings, or NULL */
	const cJSON *secrets;  /* list of strings that must not show, or NULL */
	bool no_invocation;    /* do not add it (ansible-core 2.21 and later) */
};

/* Both take the result over (NULL stands for an empty one) and give the
 * finished one, which the caller deletes; extra may be NULL. The status to
 * exit with is 0 for the first, 1 for the second. */
cJSON *result_exit(const struct opt_checked *checked, cJSON *result,
	const struct result_extra *extra);
/* Adds failed and msg. Where opt_check() failed, checked->failure is the
 * message. */
cJSON *result_fail(const struct opt_checked *checked, const char *message,
	cJSON *result, const struct result_extra *extra);

#endif
