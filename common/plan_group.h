/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_group - neighbouring steps that are applied at the same time; what
 * plan_apply.c and plan_send.c share, and nobody else.
 */
#ifndef COMMON_PLAN_GROUP_H
#define COMMON_PLAN_GROUP_H

#include "common/plan.h"

struct group {
	struct plan *plan;
	struct cloud *cloud;
	struct step **steps;
	size_t count;
	int64_t wait_until;
};

/* The group that begins with this step. */
struct group group_at(struct plan *plan, struct cloud *cloud, size_t first,
	int64_t wait_until);

/* The steps in this state, in an array that the caller frees. */
struct step **group_steps(
	const struct group *group, enum step_state state, size_t *count);

/* Between polls: a tenth of the time waited so far, within bounds, but not
 * beyond the end. */
int group_pause(
	const struct group *group, int64_t since, int64_t end, struct err *e);

/* Whoever waits does not go on looking until the cloud's own deadline. Returns
 * that one, to be put back. */
int64_t group_limit_looks(const struct group *group);

/* Tell progress.h that a step begins; and what has become of each since it was
 * told last. At the end of all `last': what is lost then stays so. */
void group_tell_begin(const struct group *group, struct step *step);
void group_tell(const struct group *group, bool last);

/* Sends every step until it was taken, refused or lost for good. */
int group_send(const struct group *group, struct err *e);

/* Looks, for some seconds, for what lost steps have made; those that made
 * nothing may be sent again. -1 when it cannot be known. */
int group_find_lost(const struct group *group, struct err *e);

#endif
