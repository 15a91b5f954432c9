/* SPDX-License-Identifier: Apache-2.0 */
/* What a bake that waits for its server looks at. */
#include "common/bake/bake_part.h"
#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define LOOK         "+GET /compute/servers/5 "
#define SERVER(more) "200 {'server': {'id': '5', " more "}}"

/* What the looks at a server get that is not connected to, and whether that is
 * its end. */
static const struct {
	const char *script;
	bool ends;
} looks[] = {
	{ LOOK SERVER("'status': 'ACTIVE'"), false },
	{ LOOK SERVER("'status': 'HARD_REBOOT'"), false },
	{ LOOK SERVER("'status': 'ERROR'"), true },
	{ LOOK SERVER("'status': 'DELETED'"), true },
	{ LOOK SERVER("'status': 'ACTIVE', 'OS-EXT-STS:task_state': "
		      "'deleting'"),
		true },
	{ LOOK "404 {'itemNotFound': {'message': 'gone'}}", true },
	/* No verdict. */
	{ LOOK "403 no", false },
	{ LOOK "503 down", false },
	{ LOOK "cut", false },
	{ LOOK "slow", false },
};

START_TEST(looks_at_a_server_that_is_away)
{
	struct recipe recipe = { .ssh = { .port = 1 } };
	struct remote_wish way = { .recipe = &recipe, .address = "127.0.0.1" };
	struct bake_wish wish = { .lease = 86400 };
	struct step server = { .id = "5", .thing = "server web" };
	struct errand x;
	struct bake b;
	int64_t end;
	int rc = 0;

	errand_open(&x, looks[_i].script);
	x.account.cloud.deadline = 100000000;
	b = (struct bake){ .task = &x.task,
		.wish = &wish,
		.renew = INT64_MAX,
		.server = &server };
	/* Nobody wants to log in. */
	end = x.account.canned.now + 60000;
	for (; x.account.canned.now < end; x.account.canned.now += 1000)
		ck_assert_int_eq(bake_watch(&b, x.e), 0);
	ck_assert_int_eq(errand_count(&x, "GET", "/compute/servers/5"), 0);
	b.remote = remote_new(&way);
	end = x.account.canned.now + 60000;
	for (; rc == 0 && x.account.canned.now < end;
		x.account.canned.now += 1000)
		rc = bake_watch(&b, x.e);
	ck_assert_int_eq(rc, looks[_i].ends ? -1 : 0);
	if (rc < 0) {
		ck_assert_int_eq(x.e->code, ERR_ABSENT);
		ck_assert(strstr(x.e->text, "server web"));
	}
	ck_assert_int_ge(errand_count(&x, "GET", "/compute/servers/5"), 1);
	ck_assert_int_eq(x.account.cloud.deadline, 100000000);
	remote_free(b.remote);
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("bake_watch");
	TCase *t = tcase_create("bake_watch");

	tcase_add_loop_test(
		t, looks_at_a_server_that_is_away, 0, (int)COUNT(looks));
	suite_add_tcase(s, t);
	return s;
}
