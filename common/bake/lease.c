/* SPDX-License-Identifier: Apache-2.0 */
/* The lease on what a bake has made: while it runs nobody else touches that. */
#include "common/bake/bake_part.h"
#include "common/str.h"

/* It is renewed when a fifth is used up, and tried again as often. */
#define RENEWALS 5

void lease_begin(struct bake *b)
{
	const struct cloud *c = b->task->cloud;
	int64_t lease = b->wish->lease;

	b->mark.lease = cloud_date(c) + lease;
	if (!b->mark.start)
		b->mark.start = cloud_date(c);
	b->lease_ends = cloud_now(c) + lease * 1000;
	b->renew = cloud_now(c) + lease * 1000 / RENEWALS;
}

static void renew_one(struct bake *b, const char *what, const struct step *made,
	const cJSON *body, struct call *call)
{
	struct pool *pool = b->task->pool;

	*call = (struct call){ .service = CLOUD_COMPUTE,
		.method = "POST",
		.path = pool_printf(pool, "/%s/%s/metadata", what,
			cloud_escape(b->task->cloud, made->id)),
		.body = body,
		.doing = pool_printf(
			pool, "renewing the lease of %s", made->thing) };
}

/* Merging is done twice as well as once. A thing that is gone, or that is being
 * made, will be missed elsewhere. */
static int renew(struct bake *b, struct err *e)
{
	const struct cloud *c = b->task->cloud;
	int64_t end = cloud_date(c) + b->wish->lease, now = cloud_now(c);
	const char *text = pool_printf(b->task->pool, "%lld", (long long)end);
	const cJSON *body = pool_keep(b->task->pool,
		json_object(JSON_TAKE(
			"metadata", json_object(JSON_STR(MARK_LEASE, text)))));
	struct call calls[2] = { { 0 } };
	size_t count = 0;
	bool renewed = true;

	if (b->server && b->server->id)
		renew_one(b, "servers", b->server, body, &calls[count++]);
	if (b->image && b->image->id)
		renew_one(b, "images", b->image, body, &calls[count++]);
	for (size_t i = 0; i < count; i++)
		calls[i].http.repeatable = true;
	if (count == 0 || cloud_run(b->task->cloud, calls, count, e) < 0)
		return count ? -1 : 0;
	for (size_t i = 0; i < count; i++) {
		if (!cloud_succeeded(&calls[i])) {
			cloud_fault(b->task->cloud, &calls[i], e);
			renewed = false;
		}
		cloud_clear(&calls[i]);
	}
	if (renewed)
		b->lease_ends = now + b->wish->lease * 1000;
	return renewed ? 0 : -1;
}

int lease_keep(void *context, struct err *e)
{
	struct bake *b = context;
	const struct cloud *c = b->task->cloud;
	struct err why = { 0 };

	if (!b->server || cloud_now(c) < b->renew)
		return 0;
	b->renew = cloud_now(c) + b->wish->lease * 1000 / RENEWALS;
	renew(b, &why);
	if (why.code == ERR_INTERRUPTED)
		return err_set(e, ERR_INTERRUPTED, "%s", why.text);
	if (cloud_now(c) < b->lease_ends)
		return 0;
	return err_set(e, ERR_OTHER,
		"The lease of this bake has ended, since it could not be "
		"renewed: another run may have removed its server. Try again "
		"when the cloud answers (%s)",
		why.code ? why.text : "no call was possible in time");
}
