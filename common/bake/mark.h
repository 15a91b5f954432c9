/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mark - whose a thing in the account is: which bake has made it, for which
 * image, and until when nobody else may touch it.
 *
 * Servers and images carry it as metadata, a key pair in its name, where image
 * and digest are shortened. Times are seconds since the epoch by the cloud's
 * clock (cloud_date()), so that several machines agree.
 */
#ifndef COMMON_BAKE_MARK_H
#define COMMON_BAKE_MARK_H

#include "common/task.h"

/* Keys of metadata, beside PLAN_MARK_KEY for the run. */
#define MARK_START  "ansible-start"
#define MARK_LEASE  "ansible-lease"  /* its end */
#define MARK_IMAGE  "ansible-bake"   /* the image's name */
#define MARK_DIGEST "ansible-digest" /* of the recipe */
#define MARK_BAKED  "ansible-baked"  /* it was found good: mark_baked() */
/* Until then; clouds give an image the properties of the one that its server
 * was made from, which may have been baked, too. */
#define MARK_NOT_BAKED "no"

/* The items that mark_add() adds; and those of an image, MARK_BAKED too. */
#define MARK_ITEMS       5
#define MARK_IMAGE_ITEMS 6

/* Hexadecimal digits of image and digest in a key pair's name. */
#define MARK_SHORT 16

/* How an image is called that was replaced: its name, of which so many bytes
 * stay, this, and the time. */
#define MARK_REPLACED      "-replaced-"
#define MARK_REPLACED_NAME 225

struct mark {
	const char *run;    /* 32 hexadecimal digits */
	const char *image;  /* digits of the SHA-256 of the image's name */
	const char *digest; /* digits of the recipe's digest */
	int64_t start, lease;
};

/* The digits that stand for an image's name; in the pool. */
const char *mark_of_name(struct pool *pool, const char *image_name);

/* "ansible-bake-IMAGE-DIGEST-RUN-START-LEASE", in the pool; and back, false
 * where the name is no such name. */
const char *mark_keypair_name(struct pool *pool, const struct mark *mark);
bool mark_of_keypair(struct pool *pool, const char *name, struct mark *mark);

/* What an image of the run is called until it is finished; in the pool. */
const char *mark_working_name(
	struct pool *pool, const char *image_name, const char *run);

/* Adds it to metadata; and back, false where not all of it is there. */
void mark_add(cJSON *metadata, const struct mark *mark, const char *image_name,
	const char *digest);
bool mark_of_metadata(
	struct pool *pool, const cJSON *metadata, struct mark *mark);
/* When the image was found good, and its id, for MARK_BAKED; in the pool. */
const char *mark_baked(
	struct pool *pool, const char *time, const char *image_id);
/* The image that has this metadata was finished. */
bool mark_is_baked(const cJSON *metadata);
/* It is being baked, or was left by a bake that was killed. */
bool mark_is_half_made(const cJSON *metadata);
/* They were another image's: clouds give a snapshot the metadata of the image
 * that its server was made from. Without an id nobody knows: false. */
bool mark_is_copied(const cJSON *metadata, const char *image_id);
/* When it was, in seconds since the epoch; -1: that cannot be read. */
int64_t mark_baked_at(const cJSON *metadata);

#endif
