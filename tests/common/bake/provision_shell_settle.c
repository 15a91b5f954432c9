/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <string.h>
#include <unistd.h>

#include "tests/common/bake/support/scene.h"

Suite *suite(void);

/* The old server lets us in while it shuts down, as long as it lives. */
START_TEST(waits_for_a_server_that_shuts_down)
{
	struct server_fault faults[] = {
		{ "is-system-running", SERVER_LOSES_AFTER, 3, 1 }, { 0 }
	};
	struct scene s;
	cJSON *two;

	scene_open(&s, 3);
	s.server->faults = faults;
	server_program(s.server, "systemctl",
		"cd \"${0%/*}/..\" && [ -e down ] || exit 0\n"
		"n=$(($(cat down) - 1))\n"
		"[ $n = 0 ] && rm down || echo $n >down; echo stopping");
	s.step.expect_disconnect = true;
	scene_script(&s, "a.sh", "echo 4 >down; exit 0");
	two = json_copy(s.step.scripts);
	json_append(two, json_new_str(scene_file(
				 &s, "b.sh", "test ! -e down && echo second")));
	s.step.scripts = pool_keep(s.p.pool, two);
	ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
	scene_has(s.said.text, "] second\n");
	ck_assert_int_eq(server_count(s.server, "is-system-running"), 6);
	ck_assert_int_eq(server_count(s.server, "connect"), 1);
	scene_is_clean(&s);
	scene_close(&s);
}
END_TEST

START_TEST(a_server_that_does_not_come_back)
{
	struct scene s;

	scene_open(&s, 1);
	s.step.expect_disconnect = true;
	s.step.start_retry_timeout = 90000;
	s.server->away = 3600000;
	scene_script(&s, "a.sh", "echo '" SERVER_CUT "'");
	ck_assert_int_eq(scene_run(&s), -1);
	scene_has(s.e.text, "after script ");
	scene_has(s.e.text,
		"did not come back within 90 s (start_retry_timeout)");
	scene_has(s.e.text, "Connection refused");
	ck_assert_int_eq(json_size(s.p.uploaded), 1);
	scene_close(&s);
}
END_TEST

/* It comes back each time, and each time it breaks. */
START_TEST(a_connection_that_never_holds)
{
	struct server_fault faults[] = { { "put ", SERVER_LOSES_BEFORE, 0, 99 },
		{ 0 } };
	struct scene s;

	scene_open(&s, 10);
	s.server->faults = faults;
	s.step.start_retry_timeout = 11000;
	scene_script(&s, "a.sh", "exit 0");
	ck_assert_int_eq(scene_run(&s), -1);
	ck_assert_int_eq(s.e.code, ERR_OTHER);
	scene_has(s.e.text, "until the time was over (start_retry_timeout)");
	ck_assert_int_ge(server_count(s.server, "put "), 2);
	ck_assert_int_le(server_count(s.server, "put "), 6);
	scene_close(&s);
}
END_TEST

/* A connection that looks alive is not trusted after it was lost. */
START_TEST(a_lost_connection_is_made_anew)
{
	struct server_fault faults[] = { { "put ", SERVER_LOSES_BEFORE, 0, 1 },
		{ "run rm", SERVER_LOSES_BEFORE, 0, 1 }, { 0 } };
	struct scene s;

	scene_open(&s, 3);
	s.server->sticky = true;
	s.server->faults = faults;
	scene_script(&s, "a.sh", "echo '" SERVER_CUT "'");
	s.step.expect_disconnect = true;
	ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
	ck_assert_int_eq(server_count(s.server, "connect"), 3);
	scene_is_clean(&s);
	scene_close(&s);
}
END_TEST

/* Its time is over, and so is it, with all that it began. */
START_TEST(a_timeout_ends_it_there)
{
	struct scene s;
	char *before, *after;

	scene_open(&s, 2);
	s.step.timeout = 6000;
	scene_script(&s, "a.sh",
		"echo begun; trap '' TERM\n"
		"(trap '' TERM; while :; do echo x >>ticks; sleep 0.05; done) &"
		"\nwait; sleep 100");
	ck_assert_int_eq(scene_run(&s), -1);
	scene_has(s.e.text, "its `timeout' of 6 s is over: script ");
	scene_has(s.e.text, "(last lines: begun)");
	ck_assert_int_eq(s.e.code, ERR_TIME);
	before = scene_read(&s, "ticks");
	usleep(300000);
	after = scene_read(&s, "ticks");
	ck_assert_str_eq(before, after);
	mem_free(before);
	mem_free(after);
	ck_assert_int_eq(json_size(s.p.uploaded), 0);
	scene_close(&s);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("provision_shell_settle");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, waits_for_a_server_that_shuts_down);
	tcase_add_test(t, a_server_that_does_not_come_back);
	tcase_add_test(t, a_connection_that_never_holds);
	tcase_add_test(t, a_lost_connection_is_made_anew);
	tcase_add_test(t, a_timeout_ends_it_there);
	suite_add_tcase(s, t);
	return s;
}
