/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/mark.h"

#include <string.h>
#include <time.h>

#include "common/sha256.h"
#include "common/str.h"

#define PREFIX        "ansible-bake-"
#define RUN_DIGITS    32
#define DIGEST_DIGITS 64
#define TIME_DIGITS   12
/* Of an image's name, so many bytes fit beside what is added to it. */
#define WORKING_MAX 230

const char *mark_of_name(struct pool *pool, const char *image_name)
{
	struct sha256 sum;
	char text[65];

	sha256_init(&sum);
	sha256_add(&sum, image_name, strlen(image_name));
	sha256_end(&sum, text);
	text[MARK_SHORT] = '\0';
	return pool_copy(pool, text);
}

const char *mark_keypair_name(struct pool *pool, const struct mark *m)
{
	return pool_printf(pool, PREFIX "%.*s-%.*s-%s-%lld-%lld", MARK_SHORT,
		m->image, MARK_SHORT, m->digest, m->run, (long long)m->start,
		(long long)m->lease);
}

static bool is_time(const char *text, int64_t *time)
{
	return strlen(text) <= TIME_DIGITS &&
	       strspn(text, "0123456789") == strlen(text) &&
	       str_int(text, time);
}

static bool is_hex(const char *text, size_t length)
{
	return strlen(text) == length &&
	       strspn(text, "0123456789abcdef") == length;
}

/* The part up to the next dash, which is taken; NULL when there is none. */
static const char *take_part(char **rest)
{
	return *rest ? strsep(rest, "-") : NULL;
}

bool mark_of_keypair(struct pool *pool, const char *name, struct mark *m)
{
	char *rest;
	const char *image, *digest, *run, *start, *lease;
	struct mark found;

	if (!str_starts(name, PREFIX))
		return false;
	rest = pool_copy(pool, name + strlen(PREFIX));
	image = take_part(&rest);
	digest = take_part(&rest);
	run = take_part(&rest);
	start = take_part(&rest);
	lease = take_part(&rest);
	if (!lease || rest || !is_hex(image, MARK_SHORT) ||
		!is_hex(digest, MARK_SHORT) || !is_hex(run, RUN_DIGITS))
		return false;
	found = (struct mark){ .run = run, .image = image, .digest = digest };
	if (!is_time(start, &found.start) || !is_time(lease, &found.lease))
		return false;
	*m = found;
	return true;
}

const char *mark_working_name(
	struct pool *pool, const char *image_name, const char *run)
{
	return pool_printf(pool, "%.*s-baking-%.8s",
		(int)str_whole(image_name, WORKING_MAX), image_name, run);
}

static void set_time(cJSON *metadata, const char *key, int64_t time)
{
	char *text = mem_printf("%lld", (long long)time);

	json_set_str(metadata, key, text);
	mem_free(text);
}

void mark_add(cJSON *metadata, const struct mark *m, const char *image_name,
	const char *digest)
{
	json_set_str(metadata, PLAN_MARK_KEY, m->run);
	set_time(metadata, MARK_START, m->start);
	set_time(metadata, MARK_LEASE, m->lease);
	json_set_str(metadata, MARK_IMAGE, image_name);
	json_set_str(metadata, MARK_DIGEST, digest);
}

static const char *text_of(const cJSON *metadata, const char *key)
{
	return cJSON_GetStringValue(json_member(metadata, key));
}

/* Metadata can be written by anybody who has the account: what is not as we
 * write it is not ours. */
bool mark_of_metadata(struct pool *pool, const cJSON *metadata, struct mark *m)
{
	const char *run = text_of(metadata, PLAN_MARK_KEY);
	const char *image = text_of(metadata, MARK_IMAGE);
	const char *digest = text_of(metadata, MARK_DIGEST);
	const char *start = text_of(metadata, MARK_START);
	const char *lease = text_of(metadata, MARK_LEASE);
	struct mark found = { 0 };

	if (!run || !image || !digest || !start || !lease ||
		!is_hex(run, RUN_DIGITS) || !is_hex(digest, DIGEST_DIGITS) ||
		!is_time(start, &found.start) || !is_time(lease, &found.lease))
		return false;
	found.run = pool_copy(pool, run);
	found.image = mark_of_name(pool, image);
	found.digest = pool_copy(pool, digest);
	*m = found;
	return true;
}

const char *mark_baked(
	struct pool *pool, const char *time, const char *image_id)
{
	return pool_printf(pool, "%s %s", time, image_id);
}

bool mark_is_baked(const cJSON *metadata)
{
	const char *baked = text_of(metadata, MARK_BAKED);

	return baked && !streq(baked, MARK_NOT_BAKED);
}

bool mark_is_half_made(const cJSON *metadata)
{
	return text_of(metadata, MARK_LEASE) && !mark_is_baked(metadata);
}

bool mark_is_copied(const cJSON *metadata, const char *image_id)
{
	const char *baked = text_of(metadata, MARK_BAKED);
	const char *id = baked ? strchr(baked, ' ') : NULL;

	return id && !streq(id + 1, image_id);
}

int64_t mark_baked_at(const cJSON *metadata)
{
	const char *baked = text_of(metadata, MARK_BAKED);
	struct tm utc = { 0 };
	const char *end =
		baked ? strptime(baked, "%Y-%m-%dT%H:%M:%SZ", &utc) : NULL;

	return end && (!*end || *end == ' ') ? (int64_t)timegm(&utc) : -1;
}
