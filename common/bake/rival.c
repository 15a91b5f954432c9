/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/rival.h"

#include "common/str.h"

/* Milliseconds between looks: a tenth of the time waited so far. */
#define PAUSE_LEAST 1000
#define PAUSE_MOST  5000

static int refuse(const char *name, const struct mark *rival,
	const struct survey *s, struct err *e)
{
	return err_set(e, ERR_OTHER,
		"Another run bakes image %s from another recipe (its lease "
		"ends in %lld s, unless it is renewed): try again when it has "
		"ended, or give one of them another name",
		name, (long long)(rival->lease - s->now));
}

static int pause_between_looks(struct task *t, int64_t since, struct err *e)
{
	int64_t now = cloud_now(t->cloud), pause = (now - since) / 10;

	if (pause < PAUSE_LEAST)
		pause = PAUSE_LEAST;
	if (pause > PAUSE_MOST)
		pause = PAUSE_MOST;
	if (pause > t->wait_until - now)
		pause = t->wait_until - now;
	return cloud_pause(t->cloud, pause, e);
}

int rival_await(struct task *t, const char *name, const char *digest,
	struct survey *s, struct err *e)
{
	const char *image = mark_of_name(t->pool, name);
	int64_t since = cloud_now(t->cloud);

	for (;;) {
		const struct mark *rival;

		if (survey_read(t, s, e) < 0)
			return -1;
		rival = survey_rival(s, image, NULL, NULL);
		if (!rival)
			return 0;
		if (!str_starts(digest, rival->digest))
			return refuse(name, rival, s, e);
		if (t->check) {
			task_warn(t,
				"Another run bakes image %s from this recipe: "
				"a real run would wait for it.",
				name);
			return 0;
		}
		if (cloud_now(t->cloud) >= t->wait_until)
			return err_set(e, ERR_TIME,
				"Another run still bakes image %s from this "
				"recipe; raise wait_timeout, or look what it "
				"does",
				name);
		survey_drop(t, s);
		if (pause_between_looks(t, since, e) < 0)
			return -1;
	}
}
