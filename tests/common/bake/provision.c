/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/provision.h"

#include <check.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "tests/common/bake/support/scene.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* A script that succeeds at its third try, once with a hang before. */
#define AT_THIRD                                                               \
	"echo x >>tries; case $(grep -c x tries) in 3) exit 0;; *) exit 5;; "  \
	"esac"
#define HANGS_TWICE                                                            \
	"echo x >>tries; case $(grep -c x tries) in 3) exit 0;; *) sleep "     \
	"100;; esac"

static const struct {
	const char *script;
	int64_t retries, timeout, pause_before;
	bool good;
	int runs;
	const char *error, *says;
} tries[] = {
	{ "exit 0", 5, 0, 0, true, 1, NULL, NULL },
	{ AT_THIRD, 2, 0, 0, true, 3, NULL, "try 2 of 3 failed: script " },
	{ AT_THIRD, 9, 0, 0, true, 3, NULL, "try 1 of 10 failed" },
	{ AT_THIRD, 1, 0, 0, false, 2, "provisioner 2 (shell): try 2: script ",
		NULL },
	{ AT_THIRD, 0, 0, 0, false, 1, "provisioner 2 (shell): script ", NULL },
	/* Each try has its own time. */
	{ HANGS_TWICE, 2, 20000, 0, true, 3, NULL,
		"its `timeout' of 20 s is over" },
	{ HANGS_TWICE, 1, 20000, 0, false, 2, "its `timeout' of 20 s is over",
		NULL },
	/* A pause is no part of that time, and does not drop it. */
	{ "exit 0", 0, 20000, 25000, true, 1, NULL, NULL },
	{ "sleep 100", 0, 20000, 25000, false, 1,
		"its `timeout' of 20 s is over", NULL },
};

START_TEST(tries_and_times)
{
	struct scene s;
	int64_t began;

	scene_open(&s, 5);
	began = remote_now();
	s.step.max_retries = tries[_i].retries;
	s.step.timeout = tries[_i].timeout;
	s.step.pause_before = tries[_i].pause_before;
	scene_script(&s, "a.sh", tries[_i].script);
	ck_assert_msg((scene_run(&s) == 0) == tries[_i].good, "%s", s.e.text);
	ck_assert_int_eq(server_count(s.server, "chmod +x"), tries[_i].runs);
	ck_assert_int_ge(remote_now() - began, tries[_i].pause_before);
	if (!tries[_i].good)
		scene_has(s.e.text, tries[_i].error);
	scene_has(s.said.text, tries[_i].says);
	ck_assert_int_eq(json_size(s.p.uploaded), 0);
	scene_close(&s);
}
END_TEST

START_TEST(pauses_before_and_after)
{
	struct scene s;
	int64_t began;

	scene_open(&s, 100);
	began = remote_now();
	s.step.pause_before = 30000;
	s.step.pause_after = 40000;
	scene_script(&s, "a.sh", "exit 0");
	ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
	ck_assert_int_ge(remote_now() - began, 70000);
	scene_close(&s);
}
END_TEST

/* What cannot end in time is not begun. */
static const struct {
	int64_t before, after;
	int runs;
	const char *error;
} late[] = {
	{ 700000, 0, 0,
		"provisioner 2 (shell): pause_before: a pause of 700 s does "
		"not fit into the time left" },
	{ 0, 700000, 1, "pause_after: a pause of 700 s" },
};

START_TEST(a_pause_beyond_the_deadline)
{
	struct scene s;

	scene_open(&s, 1);
	s.step.pause_before = late[_i].before;
	s.step.pause_after = late[_i].after;
	scene_script(&s, "a.sh", "exit 0");
	ck_assert_int_eq(scene_run(&s), -1);
	ck_assert_int_eq(s.e.code, ERR_TIME);
	scene_has(s.e.text, late[_i].error);
	ck_assert_int_eq(server_count(s.server, "chmod +x"), late[_i].runs);
	scene_close(&s);
}
END_TEST

/* The time of all is over: no try is left, whatever the step says. */
START_TEST(the_deadline_ends_all_tries)
{
	struct scene s;

	scene_open(&s, 1);
	s.step.max_retries = 100;
	s.step.timeout = 60000;
	scene_script(&s, "a.sh", "sleep 100");
	ck_assert_int_eq(
		provision_run(&s.p, &s.step, remote_now() + 3000, &s.e), -1);
	ck_assert_int_eq(s.e.code, ERR_TIME);
	ck_assert_int_eq(server_count(s.server, "chmod +x"), 1);
	ck_assert_ptr_null(strstr(s.e.text, "`timeout'"));
	/* And what is still there is known. */
	ck_assert_int_eq(json_size(s.p.uploaded), 1);
	scene_close(&s);
}
END_TEST

static int refuse(void *context, struct err *e)
{
	(void)context;
	return err_set(e, ERR_OTHER, "the server is in state ERROR");
}

START_TEST(idle_ends_a_pause)
{
	struct scene s;

	scene_open(&s, 1);
	s.p.idle = refuse;
	s.step.pause_before = 500000;
	scene_script(&s, "a.sh", "exit 0");
	ck_assert_int_eq(scene_run(&s), -1);
	scene_has(s.e.text, "pause_before: the server is in state ERROR");
	ck_assert_str_eq(s.server->log.text, "");
	scene_close(&s);
}
END_TEST

START_TEST(a_signal_ends_a_pause)
{
	struct scene s;
	pid_t self = getpid(), child;

	interrupt_catch();
	scene_open(&s, 1);
	s.step.pause_before = 500000;
	s.step.max_retries = 9;
	scene_script(&s, "a.sh", "exit 0");
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		usleep(50000);
		kill(self, SIGTERM);
		_exit(0);
	}
	ck_assert_int_eq(scene_run(&s), -1);
	ck_assert_int_eq(s.e.code, ERR_INTERRUPTED);
	ck_assert_str_eq(s.server->log.text, "");
	interrupt_clear();
	scene_close(&s);
}
END_TEST

START_TEST(only_on_leaves_it_out)
{
	struct scene s;

	scene_open(&s, 1);
	s.step.type = PROVISIONER_SHELL_LOCAL;
	s.step.not_here = true;
	s.step.pause_before = 500000;
	s.step.lines = scene_list(&s, "['exit 3']");
	ck_assert_int_eq(scene_run(&s), 0);
	scene_has(s.said.text, "left out: only_on does not name this system");
	scene_close(&s);
}
END_TEST

/* Files: what is asked of the server, and what is there then. */
static const struct {
	const char *sources, *destination;
	bool download;
	struct server_fault fault;
	bool good;
	const char *log, *names, *error;
} files[] = {
	{ "['here/a']", "there", false, { 0 }, true, "upload here/a there\n",
		"bin here there ", NULL },
	{ "['here/a']", "{{.Host}}", false, { 0 }, true,
		"upload here/a 192.0.2.7\n", "192.0.2.7 bin here ", NULL },
	{ "['here/a', 'here/{{.Host}}']", "there", false, { 0 }, true,
		"upload here/a there\nupload here/192.0.2.7 there\n",
		"bin here there ", NULL },
	{ "['here/a']", "there", false, { "upload", SERVER_LOSES_BEFORE, 0, 2 },
		true, "connect\nupload here/a there\n", "bin here there ",
		NULL },
	{ "['here/a']", "there", false, { "upload", SERVER_LOSES_AFTER, 0, 1 },
		true, "connect\nupload here/a there\n", "bin here there ",
		NULL },
	{ "['here/a']", "there", false, { "upload", SERVER_REFUSES, 0, 1 },
		false, "upload here/a there\n", "bin here ",
		"provisioner 2 (shell): uploading here/a to there: Permission "
		"denied" },
	{ "['here/none']", "there", false, { 0 }, false, NULL, "bin here ",
		"uploading here/none to there: cannot copy here/none" },
	{ "['here/a']", "{{.Nothing}}", false, { 0 }, false, NULL, "bin here ",
		"destination: " },
	{ "['here/a']", "new/folder/b", true, { 0 }, true,
		"download here/a new/folder/b\n", "bin here new ", NULL },
	{ "['here/a']", "new/folder/", true, { 0 }, true,
		"download here/a new/folder/a\n", "bin here new ", NULL },
	{ "['here/a']", "here/a/b", true, { 0 }, false, NULL, "bin here ",
		"downloading here/a to here/a/b" },
	{ "['here/a']", "got", true, { "download", SERVER_LOSES_BEFORE, 0, 2 },
		true, "connect\ndownload here/a got\n", "bin got here ", NULL },
};

START_TEST(moves_files)
{
	struct server_fault faults[] = { files[_i].fault, { 0 } };
	struct scene s;
	char *names;

	scene_open(&s, 10);
	ck_assert_int_eq(chdir(s.server->home), 0);
	s.server->faults = faults;
	s.step.type = PROVISIONER_FILE;
	s.step.sources = scene_list(&s, files[_i].sources);
	s.step.destination = files[_i].destination;
	s.step.download = files[_i].download;
	scene_file(&s, "a", "contents");
	scene_file(&s, "192.0.2.7", "contents");
	ck_assert_msg((scene_run(&s) == 0) == files[_i].good, "%s", s.e.text);
	scene_has(s.server->log.text, files[_i].log);
	scene_has(s.e.text, files[_i].error);
	names = server_names(".");
	ck_assert_str_eq(names, files[_i].names);
	/* They are meant to stay. */
	ck_assert_int_eq(json_size(s.p.uploaded), 0);
	ck_assert_int_eq(json_size(s.p.kept), 0);
	mem_free(names);
	ck_assert_int_eq(chdir("/"), 0);
	scene_close(&s);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("provision");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, tries_and_times, 0, COUNT(tries));
	tcase_add_test(t, pauses_before_and_after);
	tcase_add_loop_test(t, a_pause_beyond_the_deadline, 0, COUNT(late));
	tcase_add_test(t, the_deadline_ends_all_tries);
	tcase_add_test(t, idle_ends_a_pause);
	tcase_add_test(t, a_signal_ends_a_pause);
	tcase_add_test(t, only_on_leaves_it_out);
	tcase_add_loop_test(t, moves_files, 0, COUNT(files));
	suite_add_tcase(s, t);
	return s;
}
