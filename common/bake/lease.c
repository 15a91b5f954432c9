/* SPDX-License-Identifier: Apache-2.0 */
/* The lease on what a bake has made: while it runs nobody else touches that. */
#include "common/bake/bake_part.h"
#include "common/str.h"

/* It is renewed when a fifth is used up, and tried again as often. */
#define RENEWALS 5

/* Made already, so that others know our lease from it. */
static bool is_made(const struct step *made)
{
	return made && made->id;
}

/* What is made next has the new one; what was made has its own until that is
 * renewed. */
void lease_begin(struct bake *b)
{
	const struct cloud *c = b->task->cloud;
	int64_t lease = b->wish->lease;

	b->mark.lease = cloud_date(c) + lease;
	if (!b->mark.start)
		b->mark.start = cloud_date(c);
	if (is_made(b->server))
		return;
	b->lease_ends = cloud_now(c) + lease * 1000;
	b->renew = cloud_now(c) + lease * 1000 / RENEWALS;
}

/* Merging is done twice as well as once. */
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
	call->http.repeatable = true;
}

/* No try takes longer than it is until the next one, nor than the lease. */
static int run_in_time(
	struct bake *b, struct call *calls, size_t count, struct err *e)
{
	struct cloud *c = b->task->cloud;
	int64_t deadline = c->deadline, now = cloud_now(c), end = b->renew;
	int rc;

	if (now < b->lease_ends && end > b->lease_ends)
		end = b->lease_ends;
	if (end < deadline)
		c->deadline = end;
	rc = cloud_run(c, calls, count, e);
	c->deadline = deadline;
	return rc;
}

/* A thing that is gone, or is not seen yet, will be missed elsewhere; a server
 * is busy while its image is taken, and refuses. */
static bool may_fail(const struct call *call, const struct err *why)
{
	return why->code == ERR_ABSENT ||
	       (why->status == 409 && str_starts(call->path, "/servers/"));
}

/* Whether all that can be was renewed: then the run lives by that. */
static bool were_renewed(
	struct bake *b, const struct call *calls, size_t count, struct err *e)
{
	size_t renewed = 0;
	struct err why;

	for (size_t i = 0; i < count; i++) {
		if (cloud_succeeded(&calls[i])) {
			renewed++;
			continue;
		}
		cloud_fault(b->task->cloud, &calls[i], &why);
		*e = why;
		if (!may_fail(&calls[i], &why))
			return false;
	}
	return renewed > 0;
}

static void renew(struct bake *b, struct err *e)
{
	struct cloud *c = b->task->cloud;
	int64_t end = cloud_date(c) + b->wish->lease, now = cloud_now(c);
	const char *text = pool_printf(b->task->pool, "%lld", (long long)end);
	const cJSON *body = pool_keep(b->task->pool,
		json_object(JSON_TAKE(
			"metadata", json_object(JSON_STR(MARK_LEASE, text)))));
	struct call calls[2] = { { 0 } };
	size_t count = 0;

	if (is_made(b->server))
		renew_one(b, "servers", b->server, body, &calls[count++]);
	if (is_made(b->image))
		renew_one(b, "images", b->image, body, &calls[count++]);
	if (run_in_time(b, calls, count, e) == 0 &&
		were_renewed(b, calls, count, e))
		b->lease_ends = now + b->wish->lease * 1000;
	for (size_t i = 0; i < count; i++)
		cloud_clear(&calls[i]);
}

int lease_keep(void *context, struct err *e)
{
	struct bake *b = context;
	const struct cloud *c = b->task->cloud;
	struct err why = { 0 };

	if (!b->server || cloud_now(c) < b->renew)
		return 0;
	if (is_made(b->server) || is_made(b->image)) {
		b->renew = cloud_now(c) + b->wish->lease * 1000 / RENEWALS;
		renew(b, &why);
	}
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
