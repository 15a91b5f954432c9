/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/rival.h"

#include "common/str.h"

static int refuse(const char *name, const struct mark *rival,
	const struct survey *s, struct err *e)
{
	return err_set(e, ERR_OTHER,
		"Another run bakes image %s from another recipe (its lease "
		"ends in %lld s, unless it is renewed): try again when it has "
		"ended, or give one of them another name",
		name, (long long)(rival->lease - s->now));
}

int rival_await(struct task *t, const char *name, const char *digest,
	struct survey *s, struct err *e)
{
	const char *image = mark_of_name(t->pool, name);
	int64_t since = cloud_now(t->cloud);
	bool waits = false;

	for (;;) {
		const struct mark *rival;
		int64_t pause;

		if (survey_read(t, s, e) < 0) {
			/* A wait of an hour does not end with an outage. */
			if (!waits || !cloud_try_again(t->cloud, since,
					      t->wait_until, e))
				return -1;
			survey_drop(t, s);
			continue;
		}
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
		waits = true;
		pause = cloud_until_look(
			t->cloud, since, CLOUD_LOOK_LEAST, t->wait_until);
		if (cloud_pause(t->cloud, pause, e) < 0)
			return -1;
	}
}
