/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "tests/common/bake/support/scene.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* A script, what it is like, and what becomes of it. */
static const struct shell_case {
	const char *script;
	const char *valid;
	bool disconnects;
	struct server_fault faults[3];
	bool good;
	const char *says, *error; /* parts */
	int runs, connects;
} cases[] = {
	{ .script = "echo out; echo err >&2",
		.good = true,
		.says = "[provisioner 2 (shell)] out\n",
		.runs = 1 },
	{ .script = "echo err >&2",
		.good = true,
		.says = "[provisioner 2 (shell)]! err\n",
		.runs = 1 },
	{ .script = "printf 'no end'",
		.good = true,
		.says = "no end\n",
		.runs = 1 },
	{ .script = "echo why; exit 3",
		.error = "ended with status 3; mend it, or name the status in "
			 "valid_exit_codes (last lines: why)",
		.runs = 1 },
	{ .script = "exit 3", .valid = "[0, 3]", .good = true, .runs = 1 },
	{ .script = "exit 0", .valid = "[3]", .error = "status 0", .runs = 1 },
	{ .script = "exit 127", .error = "a command was not found", .runs = 1 },
	/* A disconnect is a failure, and the remedy is said. */
	{ .script = "echo last; echo '" SERVER_CUT "'",
		.error = "the connection broke while it ran; if it restarts "
			 "the server, say expect_disconnect: true "
			 "(last lines: last)",
		.runs = 1 },
	{ .script = "echo '" SERVER_CUT "'; sleep 60",
		.disconnects = true,
		.good = true,
		.runs = 1,
		.connects = 1 },
	/* It may disconnect; it need not, and may fail all the same. */
	{ .script = "exit 0", .disconnects = true, .good = true, .runs = 1 },
	{ .script = "exit 3",
		.disconnects = true,
		.error = "status 3",
		.runs = 1 },
	{ .script = "exit 143",
		.disconnects = true,
		.error = "status 143",
		.runs = 1 },
	/* Killed by a server that goes down: as good as cut. */
	{ .script = "exit 143",
		.disconnects = true,
		.faults = { { "is-system-running", SERVER_LOSES_AFTER, 0, 1 } },
		.good = true,
		.runs = 1,
		.connects = 1 },
	{ .script = "exit 3",
		.disconnects = true,
		.faults = { { "is-system-running", SERVER_LOSES_AFTER, 0, 1 } },
		.error = "status 3",
		.runs = 1,
		.connects = 1 },
	/* Lost while it is put there, and before it began. */
	{ .script = "echo once",
		.faults = { { "put ", SERVER_LOSES_BEFORE, 0, 2 } },
		.good = true,
		.runs = 1,
		.connects = 2 },
	{ .script = "echo once",
		.faults = { { "put ", SERVER_LOSES_AFTER, 0, 1 } },
		.good = true,
		.runs = 1,
		.connects = 1 },
	{ .script = "echo once",
		.faults = { { "chmod +x", SERVER_LOSES_BEFORE, 0, 2 } },
		.good = true,
		.runs = 3,
		.connects = 2 },
	/* It began: it is not for us to do it twice. */
	{ .script = "echo once",
		.faults = { { "chmod +x", SERVER_LOSES_AFTER, 0, 1 } },
		.error = "the connection broke while it ran",
		.runs = 1 },
	/* No restart helps here. */
	{ .script = "echo once",
		.faults = { { "put ", SERVER_REFUSES, 0, 1 } },
		.error = "Permission denied",
		.runs = 0 },
	{ .script = "echo once",
		.faults = { { "chmod +x", SERVER_KILLS, 0, 1 } },
		.error = "was killed by signal TERM",
		.runs = 1 },
	/* In rm, both before and after. */
	{ .script = "echo once",
		.faults = { { "run rm", SERVER_LOSES_BEFORE, 0, 2 } },
		.good = true,
		.runs = 1,
		.connects = 2 },
	{ .script = "echo once",
		.faults = { { "run rm", SERVER_LOSES_AFTER, 0, 1 } },
		.good = true,
		.runs = 1,
		.connects = 1 },
	/* Logins are refused while a server boots. */
	{ .script = "echo '" SERVER_CUT "'",
		.disconnects = true,
		.faults = { { "connect", SERVER_REFUSES, 0, 4 } },
		.good = true,
		.runs = 1,
		.connects = 5 },
};

START_TEST(scripts)
{
	const struct shell_case *c = &cases[_i];
	struct server_fault faults[3];
	struct scene s;

	memcpy(faults, c->faults, sizeof(faults));
	scene_open(&s, 3);
	s.server->faults = faults;
	s.server->away = 20000;
	s.step.expect_disconnect = c->disconnects;
	if (c->valid)
		s.step.valid_exit_codes = scene_list(&s, c->valid);
	scene_script(&s, "setup.sh", c->script);
	ck_assert_msg((scene_run(&s) == 0) == c->good, "%s", s.e.text);
	scene_has(s.said.text, c->says);
	scene_has(s.e.text, c->error);
	if (!c->good) {
		ck_assert(str_starts(s.e.text, "provisioner 2 (shell): "));
		scene_has(s.e.text, "setup.sh");
		ck_assert_int_eq(s.e.code, ERR_OTHER);
	}
	ck_assert_int_eq(server_count(s.server, "chmod +x"), c->runs);
	ck_assert_int_eq(server_count(s.server, "connect"), c->connects);
	if (s.server->connected && s.p.uploaded)
		scene_is_clean(&s);
	else
		ck_assert_int_eq(json_size(s.p.uploaded), 1);
	scene_close(&s);
}
END_TEST

/* Lines become one script, which stops at the first failure. */
START_TEST(lines_are_one_script)
{
	struct scene s;
	char *got;

	scene_open(&s, 1);
	s.step.lines = scene_list(&s,
		"['x=1', 'cd here', 'echo $x {{.Host}} >got', 'false', "
		"'echo never']");
	ck_assert_int_eq(scene_run(&s), -1);
	got = scene_read(&s, "here/got");
	ck_assert_str_eq(got, "1 192.0.2.7\n");
	scene_has(s.e.text, "script (inline) ended with status 1");
	ck_assert_ptr_null(strstr(s.said.text, "never"));
	mem_free(got);
	s.step.inline_shebang = "/bin/sh";
	ck_assert_int_eq(scene_run(&s), 0);
	scene_has(s.said.text, "never");
	scene_is_clean(&s);
	scene_close(&s);
}
END_TEST

static const struct {
	const char *script, *read;
	bool binary;
} ends[] = {
	{ "#!/bin/sh\r\necho a\r\n", "#!/bin/sh\necho a\n", false },
	{ "#!/bin/sh\necho 'a\rb'\n", "#!/bin/sh\necho 'a\rb'\n", false },
	{ "echo a\r", "echo a\r", false },
	{ "#!/bin/sh\n#\r\r\n", "#!/bin/sh\n#\r\n", false },
	{ "#!/bin/sh\n#\r\n", "#!/bin/sh\n#\r\n", true },
};

START_TEST(line_ends)
{
	struct scene s;
	char *got;

	scene_open(&s, 1);
	s.step.binary = ends[_i].binary;
	s.step.execute_command = "cp {{.Path}} got";
	scene_script(&s, "a.sh", ends[_i].script);
	ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
	got = scene_read(&s, "got");
	ck_assert_str_eq(got, ends[_i].read);
	mem_free(got);
	scene_close(&s);
}
END_TEST

/* The script stays where that is wanted; its variables never do. */
START_TEST(skip_clean_is_remembered)
{
	struct scene s;
	char *names;

	scene_open(&s, 1);
	s.step.skip_clean = true;
	s.step.use_env_var_file = true;
	s.step.remote_file = "stays.sh";
	scene_script(&s, "a.sh", "exit 0");
	ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
	ck_assert_int_eq(scene_run(&s), 0);
	names = server_names(s.server->home);
	ck_assert_str_eq(names, "bin here stays.sh ");
	ck_assert_int_eq(json_size(s.p.uploaded), 0);
	ck_assert_int_eq(json_size(s.p.kept), 1);
	scene_has(json_str(s.p.kept, "0"), "/stays.sh");
	mem_free(names);
	scene_close(&s);
}
END_TEST

/* More than any memory of it may hold; the last lines are in the message. */
START_TEST(a_script_that_prints_100_megabytes)
{
	struct scene s;

	scene_open(&s, 1);
	scene_script(&s, "a.sh",
		"head -c 100000000 /dev/zero | tr '\\0' x | fold -w 999\n"
		"seq 1000; exit 3");
	ck_assert_int_eq(scene_run(&s), -1);
	ck_assert_uint_ge(s.lines, 100000);
	scene_has(s.e.text, "(last lines: 981\n982\n");
	scene_has(s.e.text, "999\n1000)");
	ck_assert_uint_lt(strlen(s.e.text), 5000);
	scene_close(&s);
}
END_TEST

/* Not even the part of a secret is in the message. */
START_TEST(the_last_lines_have_no_secrets)
{
	struct scene s;
	cJSON *secrets;

	scene_open(&s, 1);
	secrets = pool_keep(s.p.pool, cJSON_CreateArray());
	json_append(secrets, json_new_str("hidden\nBEGIN\n1\n2\n3\n4\n5\n6\n7\n"
					  "8\n9\n10\n11\n12\n13\n14\n15\n16\n"
					  "17\n18\n19\n20\n21\n22\n23\nEND"));
	s.recipe.secrets = secrets;
	scene_script(&s, "a.sh",
		"echo hidden; echo BEGIN; seq 23; echo END; exit 3");
	ck_assert_int_eq(scene_run(&s), -1);
	scene_has(s.e.text, "(last lines: ********)");
	scene_close(&s);
}
END_TEST

START_TEST(a_missing_script)
{
	struct scene s;

	scene_open(&s, 1);
	s.step.scripts = scene_list(&s, "['/nonexistent/a.sh']");
	ck_assert_int_eq(scene_run(&s), -1);
	scene_has(
		s.e.text, "provisioner 2 (shell): script /nonexistent/a.sh: ");
	scene_has(s.e.text, "No such file");
	ck_assert_str_eq(s.server->log.text, "");
	scene_close(&s);
}
END_TEST

START_TEST(a_signal_ends_it)
{
	struct scene s;

	interrupt_catch();
	scene_open(&s, 1);
	s.step.max_retries = 5;
	server_program(s.server, "signal", "kill -TERM $TESTED; sleep 60");
	scene_script(&s, "a.sh", "signal");
	s.step.execute_command =
		pool_printf(s.p.pool, "TESTED=%d {{.Path}}", (int)getpid());
	ck_assert_int_eq(scene_run(&s), -1);
	ck_assert_int_eq(s.e.code, ERR_INTERRUPTED);
	ck_assert_int_eq(server_count(s.server, "TESTED"), 1);
	interrupt_clear();
	scene_close(&s);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("provision_shell");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, scripts, 0, COUNT(cases));
	tcase_add_test(t, lines_are_one_script);
	tcase_add_loop_test(t, line_ends, 0, COUNT(ends));
	tcase_add_test(t, skip_clean_is_remembered);
	tcase_add_test(t, a_script_that_prints_100_megabytes);
	tcase_add_test(t, the_last_lines_have_no_secrets);
	tcase_add_test(t, a_missing_script);
	tcase_add_test(t, a_signal_ends_it);
	suite_add_tcase(s, t);
	return s;
}
