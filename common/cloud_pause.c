/* SPDX-License-Identifier: Apache-2.0 */
/* What a cloud does while it waits, and what time it is there. */
#include <time.h>

#include "common/cloud.h"
#include "common/progress.h"

/* The longest that whoever wants to do something meanwhile is kept waiting. */
#define SLICE 1000
/* A longer one is told. */
#define LONG_PAUSE 5000
/* The longest between two looks. */
#define LOOK_MOST 5000

/* What it does meanwhile may have to wait, too: then it is not called again. */
static int idle(struct cloud *c, struct err *e)
{
	int rc;

	if (!c->idle || c->idling)
		return 0;
	c->idling = true;
	rc = c->idle(c->idle_context, e);
	c->idling = false;
	c->idle_failed = c->idle_failed || rc != 0;
	return rc ? -1 : 0;
}

int cloud_pause(struct cloud *c, int64_t milliseconds, struct err *e)
{
	int64_t end = cloud_now(c) + milliseconds, left;

	do {
		if (idle(c, e) < 0)
			return -1;
		left = end - cloud_now(c);
		left = left < 0 ? 0 : left;
		left = c->idle && left > SLICE ? SLICE : left;
		if (c->transport->pause(c->transport, left) < 0)
			return err_set(
				e, ERR_INTERRUPTED, "interrupted by a signal");
	} while (cloud_now(c) < end);
	return 0;
}

int64_t cloud_until_look(
	const struct cloud *c, int64_t since, int64_t least, int64_t end)
{
	int64_t now = cloud_now(c), pause = (now - since) / 10;

	if (pause < least)
		pause = least;
	if (pause > LOOK_MOST)
		pause = LOOK_MOST;
	if (pause > end - now)
		pause = end > now ? end - now : 0;
	return pause;
}

bool cloud_try_again(
	struct cloud *c, int64_t since, int64_t wait_until, struct err *e)
{
	int64_t pause = cloud_until_look(c, since, CLOUD_LOOK_LEAST, INT64_MAX);

	if (!e->passes)
		return false;
	if (cloud_now(c) >= wait_until) {
		err_more(e, "This went on until wait_timeout was over.");
		return false;
	}
	progress_say(c->progress, "tried again in %.1f s: %s",
		(double)pause / 1000, e->text);
	return cloud_pause(c, pause, e) == 0;
}

static int pause_between_tries(
	void *context, int64_t milliseconds, struct err *e)
{
	struct cloud *c = context;

	if (milliseconds > LONG_PAUSE)
		progress_say(c->progress,
			"the cloud is asked again in %.1f s, as it wants or "
			"because it did not answer",
			(double)milliseconds / 1000);
	return cloud_pause(c, milliseconds, e);
}

/* The answer that came last knows best. */
static void note_dates(
	struct cloud *c, const struct http_request *requests, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (requests[i].date <= 0 ||
			(c->date && requests[i].dated < c->dated))
			continue;
		c->date = requests[i].date;
		c->dated = requests[i].dated;
	}
}

int cloud_send(struct cloud *c, struct http_request *requests, size_t count,
	struct err *e)
{
	int rc;

	c->transport->wait = pause_between_tries;
	c->transport->wait_context = c;
	rc = http_run(c->transport, requests, count, c->deadline, e);
	note_dates(c, requests, count);
	return rc;
}

int64_t cloud_date(const struct cloud *c)
{
	if (!c->date)
		return (int64_t)time(NULL);
	return c->date + (cloud_now(c) - c->dated) / 1000;
}
