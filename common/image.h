/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image - the verbs of images, through compute's door (images.md 1), but for
 * what only Cloud Images can do (images.md 2).
 */
#ifndef COMMON_IMAGE_H
#define COMMON_IMAGE_H

#include "common/task.h"

/* The id of the image that a user means: an id, an exact name, or the name's
 * human id. "No matching image found (X)" for none or several. */
int image_find(
	struct task *task, const char *given, const char **id, struct err *e);
/* All images, or those of this exact name; a list in the pool. */
int image_list(struct task *task, const char *name, const cJSON **images,
	struct err *e);
/* The list, newest first; in the pool. */
const cJSON *image_by_age(struct task *task, const cJSON *images);
/* One image by its id; ERR_ABSENT when there is none. */
int image_get(
	struct task *task, const char *id, const cJSON **image, struct err *e);

/* Appends the making of an image of a server that is known by its id. Usable is
 * ACTIVE with the server idle again: one whose server goes earlier is lost
 * (images.md 1). `metadata' has a mark, by which it is found when the answer is
 * lost. */
struct step *image_create(struct task *task, const char *server,
	const char *name, const cJSON *metadata);
/* Appends the delete of an image that was read, or of {"id": ...}. One that is
 * busy (409) is tried again until the time to wait is over. */
struct step *image_delete(
	struct task *task, const cJSON *image, enum step_wait wait);
/* Appends one change of its name and of these properties ({"key": "text"}, or
 * NULL: none); others stay. What will be is the step's object. */
struct step *image_rename(struct task *task, const cJSON *image,
	const char *name, const cJSON *properties);

#endif
