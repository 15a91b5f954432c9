/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bake - one image from a recipe: server, login, provisioning, image, and away
 * with all that was needed for it.
 *
 * The image has another name until it has outlived its server; only then it
 * gets the name that was asked for. Everything made carries the run's mark
 * (mark.h), whose lease is renewed as long as the bake lives.
 */
#ifndef COMMON_BAKE_BAKE_H
#define COMMON_BAKE_BAKE_H

#include "common/bake/mark.h"
#include "common/bake/recipe.h"

struct bake_wish {
	const struct recipe *recipe;
	const char *source, *flavor; /* ids */
	const cJSON *networks;       /* of network.h, or NULL: the usual */
	const char *digest;
	int64_t lease; /* seconds */
	bool seal;
	const char *save_private_key; /* a path, or NULL: never on disk */
	/* Images that give the name up to the new one. Lists, or NULL. */
	const cJSON *renamed, *deleted;
};

/* Appends the renaming and deleting of those. */
void bake_put_away(struct task *task, const struct bake_wish *wish);

/* Lives in the task's pool, whose steps it appends to; the wish is borrowed. */
struct bake *bake_new(struct task *task, const struct bake_wish *wish);

/* Appends what a real run would send, for check mode. */
void bake_predict(struct bake *bake);

/* Bakes. ERR_CHANGED when another run bakes the same and was first: this one
 * is to be cleaned away, and the other one waited for. */
int bake_run(struct bake *bake, struct err *e);

/* Takes away all that the run has made, until nothing of it is found any more,
 * except an image that is finished, or may be; `removed' and `left' get a text
 * for each.
 * No signal cuts it short. One that comes meanwhile counts afterwards where
 * another bake is to follow (`again') and nothing is left, else it is
 * forgotten. */
void bake_clean(struct bake *bake, bool again, cJSON *removed, cJSON *left);
/* What there is of the run, as such texts, for somebody who wants to keep it.
 */
void bake_tell(struct bake *bake, cJSON *kept);

/* What it came to: `steps' [{"name", "seconds"}], `output', `address',
 * `address_reason'; and the new image, or NULL. */
void bake_report(const struct bake *bake);
const cJSON *bake_image(const struct bake *bake);
/* Texts of the old images that were deleted for it. */
const cJSON *bake_removed(const struct bake *bake);

#endif
