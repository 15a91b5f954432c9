/* SPDX-License-Identifier: Apache-2.0 */
/*
 * survey - what bakes have left in the account or are using right now, and
 * taking away what nobody uses any more.
 *
 * A run lives while any of its things has a lease that has not ended; what is
 * left of a run that does not live may be taken away by anybody, before that
 * by nobody but itself. A finished image is no such thing.
 */
#ifndef COMMON_BAKE_SURVEY_H
#define COMMON_BAKE_SURVEY_H

#include "common/bake/mark.h"

/* In the order in which they go: an image is lost with its server. */
enum thing_kind {
	THING_IMAGE,
	THING_SERVER,
	THING_KEYPAIR,
};

struct thing {
	enum thing_kind kind;
	const char *id;    /* the name of a key pair */
	const char *label; /* "server app-41 (ID)" */
	struct mark mark;
	const cJSON *object;
};

struct survey {
	struct thing *things;
	size_t count, size;
	const cJSON *keypairs, *servers, *images; /* all there are */
	int64_t now; /* by the cloud's clock, when that was asked for */
};

/* Lists key pairs, servers and images. */
int survey_read(struct task *task, struct survey *survey, struct err *e);
/* Frees what was listed, before its time; nothing is in the survey then. */
void survey_drop(struct task *task, struct survey *survey);

/* Whether a run's lease has not ended. */
bool survey_lives(const struct survey *survey, const char *run);

/* The living run, other than `own' (or NULL), that bakes this image and was
 * first: what began earlier, of two that began together the one with the
 * smaller id. NULL where there is none. `before' has own's mark, or is NULL:
 * then any. */
const struct mark *survey_rival(const struct survey *survey, const char *image,
	const char *own, const struct mark *before);

/* Appends the deletion of each thing that `wanted' says yes to. Returns how
 * many. */
size_t survey_remove(struct task *task, const struct survey *survey,
	bool (*wanted)(const struct survey *survey, const struct thing *thing,
		const void *context),
	const void *context);

/* Applies the plan's open steps, deletions and what else puts a thing away:
 * each one, whatever becomes of another, unless a signal comes. `removed' and
 * `left' are lists that get a text for each deletion, and `left' for what else
 * failed. -1 with the first failure when something is left. */
int survey_apply(struct task *task, int64_t wait_until, cJSON *removed,
	cJSON *left, struct err *e);

#endif
