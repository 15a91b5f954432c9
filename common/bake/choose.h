/* SPDX-License-Identifier: Apache-2.0 */
/*
 * choose - which images there are of a name, and what is to become of them.
 *
 * One is baked here, and ours, if its mark is of the name that it has, and of
 * no other image: what a user has renamed, and a snapshot of a server, which
 * may have the metadata of the server's image, are not.
 */
#ifndef COMMON_BAKE_CHOOSE_H
#define COMMON_BAKE_CHOOSE_H

#include "common/bake/survey.h"

/* Images of the name that was asked for. */
struct choice {
	const cJSON *same; /* baked from this recipe and good; or NULL */
	/* The others, when a new one takes the name or has it already: those
	 * that somebody uses, or that we have not baked, are renamed. */
	cJSON *renamed, *deleted; /* lists, in the pool */
	const cJSON *used;        /* one from which a server runs, or NULL */
	const cJSON *used_by;     /* such a server */
	const cJSON *foreign;     /* one that was not baked here, or NULL */
};

/* `digest' NULL: none is the same. `except': ids of images that are renamed
 * rather than deleted, or NULL. */
void choose_images(struct task *task, const struct survey *survey,
	const char *name, const char *digest, const cJSON *except,
	struct choice *choice);

/* What a choice has become since: of `deleted', those that a server runs from
 * by now go to `renamed'. Both are replaced by lists in the pool. */
void choose_again(struct task *task, const struct survey *survey,
	const cJSON **renamed, const cJSON **deleted);

/* Which finished images a `keep' {"newest", "name", "except"} gives up: of
 * those that match the name (a pattern with * and ?) all but the newest, and
 * those that were replaced; never one from which a server runs, one in `except'
 * or one of the name that is baked, nor one that is not ours, which does not
 * count either. `coming': one more will be there, in the place of what has the
 * name now. A list in the pool. */
const cJSON *choose_pruned(struct task *task, const struct survey *survey,
	const cJSON *keep, const char *current, bool coming);

/* Whether all that is listed of a run, its key pair apart, is of an image whose
 * name matches the pattern. A key pair's own name does not tell the image's;
 * and one that is left alone is of use to nobody, whoever made it. */
bool choose_is_named(
	const struct survey *survey, const char *run, const char *pattern);

#endif
