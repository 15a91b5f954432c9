/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "tests/common/bake/support/scene.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* Nothing of ours is left, and nothing is said to be. */
static void is_clean(struct scene *s)
{
	char *names = server_names(s->server->home);

	ck_assert_str_eq(names, "bin here ");
	ck_assert_int_eq(json_size(s->p.uploaded), 0);
	mem_free(names);
}

static void has(const char *text, const char *part)
{
	ck_assert_msg(
		!part || strstr(text, part), "no \"%s\" in: %s", part, text);
}

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
	scene_open(&s, 50);
	s.server->faults = faults;
	s.server->away = 20000;
	s.step.expect_disconnect = c->disconnects;
	if (c->valid)
		s.step.valid_exit_codes = scene_list(&s, c->valid);
	scene_script(&s, "setup.sh", c->script);
	ck_assert_msg((scene_run(&s) == 0) == c->good, "%s", s.e.text);
	has(s.said.text, c->says);
	has(s.e.text, c->error);
	if (!c->good) {
		ck_assert(str_starts(s.e.text, "provisioner 2 (shell): "));
		has(s.e.text, "setup.sh");
	}
	ck_assert_int_eq(server_count(s.server, "chmod +x"), c->runs);
	ck_assert_int_eq(server_count(s.server, "connect"), c->connects);
	if (s.server->connected && s.p.uploaded)
		is_clean(&s);
	else
		ck_assert_int_eq(json_size(s.p.uploaded), 1);
	scene_close(&s);
}
END_TEST

/* The old server lets us in while it shuts down, as long as it lives. */
START_TEST(waits_for_a_server_that_shuts_down)
{
	struct server_fault faults[] = {
		{ "is-system-running", SERVER_LOSES_AFTER, 3, 1 }, { 0 }
	};
	struct scene s;
	cJSON *two;

	scene_open(&s, 100);
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
	has(s.said.text, "] second\n");
	ck_assert_int_eq(server_count(s.server, "is-system-running"), 6);
	ck_assert_int_eq(server_count(s.server, "connect"), 1);
	is_clean(&s);
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
	has(s.e.text, "after script ");
	has(s.e.text, "did not come back within 90 s (start_retry_timeout)");
	has(s.e.text, "Connection refused");
	ck_assert_int_eq(json_size(s.p.uploaded), 1);
	scene_close(&s);
}
END_TEST

/* A connection that looks alive is not trusted after it was lost. */
START_TEST(a_lost_connection_is_made_anew)
{
	struct server_fault faults[] = { { "put ", SERVER_LOSES_BEFORE, 0, 1 },
		{ "run rm", SERVER_LOSES_BEFORE, 0, 1 }, { 0 } };
	struct scene s;

	scene_open(&s, 50);
	s.server->sticky = true;
	s.server->faults = faults;
	scene_script(&s, "a.sh", "echo '" SERVER_CUT "'");
	s.step.expect_disconnect = true;
	ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
	ck_assert_int_eq(server_count(s.server, "connect"), 3);
	is_clean(&s);
	scene_close(&s);
}
END_TEST

/* Values that a shell must not see through. */
static const struct {
	const char *given, *name, *value;
} variables[] = {
	{ "A=b", "A", "b" },
	{ "A=", "A", "" },
	{ "A=b=c=", "A", "b=c=" },
	{ "A=it's", "A", "it's" },
	{ "A='quoted' \"twice\"", "A", "'quoted' \"twice\"" },
	{ "A=two\nlines\n'and' more", "A", "two\nlines\n'and' more" },
	{ "A=$HOME `id` $(id) \\n ; exit 9 & | > x", "A",
		"$HOME `id` $(id) \\n ; exit 9 & | > x" },
	{ "A=%s %d %%", "A", "%s %d %%" },
	{ "A=-n", "A", "-n" },
	{ "A=\xc3\xa4\xe2\x82\xac", "A", "\xc3\xa4\xe2\x82\xac" },
	{ "A={{.Host}}", "A", "192.0.2.7" },
	{ "PACKER_BUILD_NAME=mine", "PACKER_BUILD_NAME", "mine" },
	{ "A=b", "PACKER_BUILD_NAME", "web" },
	{ "A=b", "PACKER_BUILDER_TYPE", "openstack" },
};

/* On the command line, in a file, and by a format of the user's. */
START_TEST(values_arrive_as_they_are)
{
	int way = _i % 3, row = _i / 3;
	struct scene s;
	char *got, *script;
	cJSON *list;

	scene_open(&s, 1);
	list = pool_keep(s.p.pool, cJSON_CreateArray());
	json_append(list, json_new_str(variables[row].given));
	s.step.environment = list;
	s.step.use_env_var_file = way == 1;
	if (way == 2) {
		s.step.env_var_format = "export %s='%s' && ";
		s.step.execute_command = "{{.Vars}} sh -e '{{.Path}}'";
	}
	script = mem_printf("printf %%s \"$%s\" >got", variables[row].name);
	scene_script(&s, "a.sh", script);
	ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
	got = scene_read(&s, "got");
	ck_assert_str_eq(got, variables[row].value);
	ck_assert_int_eq(server_count(s.server, ".vars 600"), way == 1);
	/* With a file no value is in the list of processes. */
	if (way == 1)
		ck_assert_int_eq(server_count(s.server, "PACKER_"), 0);
	mem_free(got);
	mem_free(script);
	scene_close(&s);
}
END_TEST

START_TEST(variables_are_sorted)
{
	struct scene s;

	scene_open(&s, 1);
	s.step.environment = scene_list(&s, "['Z=1', 'B=2', 'A=3', 'B=4']");
	scene_script(&s, "a.sh", "exit 0");
	ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
	has(s.server->log.text, "A='3' B='4' PACKER_BUILDER_TYPE='openstack' "
				"PACKER_BUILD_NAME='web' Z='1'  ");
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
	has(s.e.text, "script (inline) ended with status 1");
	ck_assert_ptr_null(strstr(s.said.text, "never"));
	mem_free(got);
	s.step.inline_shebang = "/bin/sh";
	ck_assert_int_eq(scene_run(&s), 0);
	has(s.said.text, "never");
	is_clean(&s);
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

/* What others on the server may do with it, and where it is. */
static const struct {
	const char *execute, *path, *file, *shows, *put;
} places[] = {
	{ NULL, NULL, NULL, "-rwx------", "/rax_image-" },
	{ "sudo -E sh '{{.Path}}' || sh '{{.Path}}'", NULL, NULL, "-rwx------",
		"/rax_image-" },
	{ "true sudo -u app {{.Path}}; {{.Path}}", NULL, NULL, "-rwxr-xr-x",
		"/rax_image-" },
	{ NULL, NULL, "my script's.sh", "-rwx------", "/my script's.sh 700" },
	{ NULL, "./one two.sh", NULL, "-rwx------", "put ./one two.sh 700" },
	{ NULL, "~/x.sh", NULL, "-rwx------", "put ./x.sh 700" },
	{ "chmod 700 '{{.Path}}'; '{{.Path}}'", "./a b.sh", NULL, "-rwx------",
		"put ./a b.sh 700" },
};

START_TEST(where_it_lies)
{
	struct scene s;

	scene_open(&s, 1);
	s.step.execute_command = places[_i].execute;
	s.step.remote_path = places[_i].path;
	s.step.remote_file = places[_i].file;
	scene_script(&s, "it's a \"script\".sh", "ls -l \"$0\"");
	ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
	has(s.said.text, places[_i].put ? "running script" : NULL);
	has(s.server->log.text, places[_i].put);
	if (!places[_i].execute)
		has(s.said.text, "-rwx--x--x");
	else
		has(s.said.text, places[_i].shows);
	is_clean(&s);
	scene_close(&s);
}
END_TEST

START_TEST(nobody_can_guess_the_name)
{
	char *names[2];
	struct scene s;

	scene_open(&s, 1);
	scene_script(&s, "a.sh", "basename \"$0\" >got");
	for (int i = 0; i < 2; i++) {
		ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
		names[i] = scene_read(&s, "got");
		ck_assert_uint_eq(
			strlen(names[i]), strlen("rax_image-.sh\n") + 32);
	}
	ck_assert_str_ne(names[0], names[1]);
	mem_free(names[0]);
	mem_free(names[1]);
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
	has(json_str(s.p.kept, "0"), "/stays.sh");
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
	has(s.e.text, "(last lines: 981\n982\n");
	has(s.e.text, "999\n1000)");
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
	has(s.e.text, "(last lines: ********)");
	scene_close(&s);
}
END_TEST

/* Its time is over, and so is it, with all that it began. */
START_TEST(a_timeout_ends_it_there)
{
	struct scene s;
	char *before, *after;

	scene_open(&s, 10);
	s.step.timeout = 10000;
	scene_script(&s, "a.sh",
		"echo begun; trap '' TERM\n"
		"(trap '' TERM; while :; do echo x >>ticks; sleep 0.05; done) &"
		"\nwait; sleep 100");
	ck_assert_int_eq(scene_run(&s), -1);
	has(s.e.text, "its `timeout' of 10 s is over: script ");
	has(s.e.text, "(last lines: begun)");
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

START_TEST(a_missing_script)
{
	struct scene s;

	scene_open(&s, 1);
	s.step.scripts = scene_list(&s, "['/nonexistent/a.sh']");
	ck_assert_int_eq(scene_run(&s), -1);
	has(s.e.text, "provisioner 2 (shell): script /nonexistent/a.sh: ");
	has(s.e.text, "No such file");
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
	tcase_add_test(t, waits_for_a_server_that_shuts_down);
	tcase_add_test(t, a_server_that_does_not_come_back);
	tcase_add_test(t, a_lost_connection_is_made_anew);
	tcase_add_loop_test(
		t, values_arrive_as_they_are, 0, 3 * COUNT(variables));
	tcase_add_test(t, variables_are_sorted);
	tcase_add_test(t, lines_are_one_script);
	tcase_add_loop_test(t, line_ends, 0, COUNT(ends));
	tcase_add_loop_test(t, where_it_lies, 0, COUNT(places));
	tcase_add_test(t, nobody_can_guess_the_name);
	tcase_add_test(t, skip_clean_is_remembered);
	tcase_add_test(t, a_script_that_prints_100_megabytes);
	tcase_add_test(t, the_last_lines_have_no_secrets);
	tcase_add_test(t, a_timeout_ends_it_there);
	tcase_add_test(t, a_missing_script);
	tcase_add_test(t, a_signal_ends_it);
	suite_add_tcase(s, t);
	return s;
}
