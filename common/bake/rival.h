/* SPDX-License-Identifier: Apache-2.0 */
/* rival - another run that bakes the same image at the same time. */
#ifndef COMMON_BAKE_RIVAL_H
#define COMMON_BAKE_RIVAL_H

#include "common/bake/survey.h"

/* Waits until no run that lives bakes an image of this name, as long as it does
 * so from the same recipe; -1 where it is another recipe. Two at once make one
 * image: the second waits for the first, whose lease ends if it is killed. The
 * survey is what was seen last. In check mode nothing is waited for. */
int rival_await(struct task *task, const char *image_name, const char *digest,
	struct survey *survey, struct err *e);

#endif
