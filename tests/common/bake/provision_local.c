/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/interrupt.h"
#include "tests/common/bake/support/scene.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* In the scene's directory, by which nothing is left elsewhere. */
static void open_local(struct scene *s, int64_t speed)
{
	scene_open(s, speed);
	s->step.type = PROVISIONER_SHELL_LOCAL;
	s->step.label = "provisioner 1 (shell-local)";
	ck_assert_int_eq(chdir(s->server->home), 0);
	ck_assert_int_eq(setenv("TMPDIR", s->server->home, 1), 0);
}

/* Whatever happened: no file of ours is left, no server was asked. */
static void close_local(struct scene *s)
{
	char *names = server_names(s->server->home);

	ck_assert_ptr_null(strstr(names, "rax_image"));
	ck_assert_str_eq(s->server->log.text, "");
	mem_free(names);
	ck_assert_int_eq(chdir("/"), 0);
	scene_close(s);
}

static const struct {
	const char *lines, *valid, *words, *environment;
	bool good;
	const char *says, *error;
} cases[] = {
	{ "echo out\necho err >&2", .good = true,
		.says = "[provisioner 1 (shell-local)]! err\n" },
	{ "echo $PACKER_BUILD_NAME $PACKER_BUILDER_TYPE", .good = true,
		.says = "web openstack\n" },
	{ "echo {{.Host}}", .good = true, .says = "192.0.2.7\n" },
	{ "echo why\nfalse\necho never",
		.error = "provisioner 1 (shell-local): script (inline) ended "
			 "with status 1; mend it, or name the status in "
			 "valid_exit_codes (last lines: why)" },
	{ "exit 3", .valid = "[3]", .good = true },
	{ "exit 0", .valid = "[3]", .error = "status 0" },
	{ "kill -9 $$", .words = "['{{.Script}}']",
		.error = "was killed by signal 9 (Killed)" },
	{ "echo \"$A|$HOME|$B\"",
		.environment = "['A=it is {{.Host}}', 'B=x=y', 'HOME=/new']",
		.good = true, .says = "it is 192.0.2.7|/new|x=y\n" },
	/* Words of the user's: not a shell of ours between. */
	{ "echo never", .words = "['/bin/echo', '$HOME;', 'a  b']",
		.good = true, .says = "$HOME; a  b\n" },
	{ "echo $A", .words = "['env', '-i', '/bin/sh', '{{.Path}}']",
		.environment = "['A=never']", .good = true, .says = "] \n" },
	{ "echo $A",
		.words = "['/bin/sh', '-c', 'env -i {{.Vars}} {{.Script}}']",
		.environment = "['A=there']", .good = true, .says = "there\n" },
	{ "exit 0", .words = "['/nonexistent/program']",
		.error = "ended with status 127; mend it, or name the status "
			 "in valid_exit_codes (last lines: cannot run "
			 "/nonexistent/program: No such file" },
	{ "exit 0", .words = "['/etc/passwd']",
		.error = "ended with status 126; may it be executed?" },
	/* It gets no input, and nothing of ours but what it needs. */
	{ "cat\nls /dev/fd/ | grep -c . || true", .good = true,
		.says = "] 4\n" },
};

START_TEST(runs_here)
{
	struct scene s;

	open_local(&s, 1);
	scene_lines(&s, cases[_i].lines);
	if (cases[_i].valid)
		s.step.valid_exit_codes = scene_list(&s, cases[_i].valid);
	if (cases[_i].words)
		s.step.execute_words = scene_list(&s, cases[_i].words);
	if (cases[_i].environment)
		s.step.environment = scene_list(&s, cases[_i].environment);
	ck_assert_msg((scene_run(&s) == 0) == cases[_i].good, "%s", s.e.text);
	scene_has(s.said.text, cases[_i].says);
	scene_has(s.e.text, cases[_i].error);
	ck_assert_ptr_null(strstr(s.said.text, "never"));
	close_local(&s);
}
END_TEST

/* Names that a shell would take apart. */
static const char *const names[] = { "plain.sh", "with space.sh", "it's.sh",
	"a\"b$HOME`id`;.sh", "-n.sh", "$(exit 9)" };

START_TEST(scripts_of_any_name)
{
	struct scene s;
	cJSON *list;

	open_local(&s, 1);
	scene_script(&s, names[_i], "#!/bin/sh\necho got it");
	ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
	scene_has(s.said.text, "] got it\n");
	/* Without a slash it is still a file and no command. */
	ck_assert_int_eq(chdir("here"), 0);
	list = pool_keep(s.p.pool, cJSON_CreateArray());
	json_append(list, json_new_str(names[_i]));
	s.step.scripts = list;
	s.step.execute_words =
		scene_list(&s, "['/bin/sh', '-c', '{{.Vars}} {{.Script}}']");
	ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
	close_local(&s);
}
END_TEST

START_TEST(a_missing_script)
{
	struct scene s;

	open_local(&s, 1);
	s.step.scripts = scene_list(&s, "['gone.sh']");
	ck_assert_int_eq(scene_run(&s), -1);
	scene_has(s.e.text, "script gone.sh: No such file");
	close_local(&s);
}
END_TEST

/* Others can read the list of processes. */
START_TEST(values_are_in_no_list_of_processes)
{
	struct scene s;

	open_local(&s, 1);
	s.step.environment = scene_list(&s, "['SECRET=sesame']");
	scene_lines(&s, "tr '\\000' ' ' </proc/$PPID/cmdline\n"
			"tr '\\000' ' ' </proc/$$/cmdline\necho $SECRET");
	ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
	scene_has(s.said.text, "sesame\n");
	ck_assert_ptr_eq(
		strstr(s.said.text, "sesame"), strstr(s.said.text, "sesame\n"));
	ck_assert_ptr_null(strstr(s.said.text, "SECRET"));
	close_local(&s);
}
END_TEST

START_TEST(a_file_of_the_right_ending)
{
	struct scene s;

	open_local(&s, 1);
	s.step.tempfile_extension = ".py";
	scene_lines(&s, "echo $0\nls -l $0");
	ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
	scene_has(s.said.text, ".py\n");
	scene_has(s.said.text, "-rwx------");
	s.step.tempfile_extension = "/../x";
	ck_assert_int_eq(scene_run(&s), -1);
	scene_has(s.e.text, "tempfile_extension");
	close_local(&s);
}
END_TEST

/* How long its file is, which grows as long as anybody of it lives. */
static bool is_quiet(struct scene *s)
{
	char *before = scene_read(s, "ticks"), *after;
	bool same;

	usleep(300000);
	after = scene_read(s, "ticks");
	same = streq(before, after) && *after;
	mem_free(before);
	mem_free(after);
	return same;
}

#define STUBBORN                                                               \
	"trap '' TERM INT HUP\n"                                               \
	"(trap '' TERM; while :; do echo x >>ticks; sleep 0.05; done) &\n"     \
	"while ! [ -s ticks ]; do sleep 0.02; done\n"                          \
	"echo begun\n$THEN\nwait\nsleep 100"

START_TEST(a_timeout_ends_all_of_it)
{
	struct scene s;

	open_local(&s, 5);
	s.step.timeout = 40000;
	scene_lines(&s, STUBBORN);
	ck_assert_int_eq(scene_run(&s), -1);
	ck_assert_int_eq(s.e.code, ERR_TIME);
	scene_has(s.e.text, "its `timeout' of 40 s is over: script (inline)");
	scene_has(s.e.text, "(last lines: begun)");
	ck_assert(is_quiet(&s));
	close_local(&s);
}
END_TEST

/* Who listens is asked first. */
START_TEST(it_may_clean_up_itself)
{
	struct scene s;
	char *text;

	open_local(&s, 1);
	s.step.timeout = 10000;
	scene_lines(&s, "trap 'echo clean >cleaned; exit 0' TERM\n"
			"sleep 100 & wait");
	ck_assert_int_eq(scene_run(&s), -1);
	text = scene_read(&s, "cleaned");
	ck_assert_str_eq(text, "clean\n");
	mem_free(text);
	close_local(&s);
}
END_TEST

START_TEST(a_signal_ends_all_of_it)
{
	struct scene s;
	char *then = mem_printf("THEN=kill -INT %d", (int)getpid());
	cJSON *environment;

	interrupt_catch();
	open_local(&s, 5);
	environment = pool_keep(s.p.pool, cJSON_CreateArray());
	json_append(environment, json_new_str(then));
	s.step.environment = environment;
	s.step.max_retries = 3;
	scene_lines(&s, STUBBORN);
	ck_assert_int_eq(scene_run(&s), -1);
	ck_assert_int_eq(s.e.code, ERR_INTERRUPTED);
	ck_assert(is_quiet(&s));
	ck_assert_ptr_null(strstr(s.said.text, "try 1"));
	mem_free(then);
	interrupt_clear();
	close_local(&s);
}
END_TEST

static int refuse(void *context, struct err *e)
{
	const struct scene *s = context;

	if (!strstr(s->said.text, "begun"))
		return 0;
	return err_set(e, ERR_OTHER, "the server is in state ERROR");
}

START_TEST(idle_ends_all_of_it)
{
	struct scene s;

	open_local(&s, 5);
	s.p.idle = refuse;
	scene_lines(&s, STUBBORN);
	ck_assert_int_eq(scene_run(&s), -1);
	scene_has(s.e.text, "script (inline): the server is in state ERROR");
	ck_assert(is_quiet(&s));
	close_local(&s);
}
END_TEST

/* It holds our pipe, but is not waited for. */
START_TEST(what_goes_on_in_the_background_is_left_alone)
{
	struct scene s;
	char *pid;

	open_local(&s, 1);
	scene_lines(&s, "sleep 50 &\necho $! >pid\necho done");
	ck_assert_msg(scene_run(&s) == 0, "%s", s.e.text);
	scene_has(s.said.text, "] done\n");
	pid = scene_read(&s, "pid");
	ck_assert_int_gt(strtol(pid, NULL, 10), 1);
	ck_assert_int_eq(kill((pid_t)strtol(pid, NULL, 10), SIGKILL), 0);
	mem_free(pid);
	close_local(&s);
}
END_TEST

START_TEST(a_script_that_prints_100_megabytes)
{
	struct scene s;

	open_local(&s, 1);
	scene_lines(&s, "head -c 100000000 /dev/zero\necho\necho last\n"
			"exit 3");
	ck_assert_int_eq(scene_run(&s), -1);
	ck_assert_uint_ge(s.lines, 100000000 / 8192);
	scene_has(s.e.text, "\nlast)");
	ck_assert_uint_lt(strlen(s.e.text), 5000);
	close_local(&s);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("provision_local");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, runs_here, 0, COUNT(cases));
	tcase_add_loop_test(t, scripts_of_any_name, 0, COUNT(names));
	tcase_add_test(t, a_missing_script);
	tcase_add_test(t, values_are_in_no_list_of_processes);
	tcase_add_test(t, a_file_of_the_right_ending);
	tcase_add_test(t, a_timeout_ends_all_of_it);
	tcase_add_test(t, it_may_clean_up_itself);
	tcase_add_test(t, a_signal_ends_all_of_it);
	tcase_add_test(t, idle_ends_all_of_it);
	tcase_add_test(t, what_goes_on_in_the_background_is_left_alone);
	tcase_add_test(t, a_script_that_prints_100_megabytes);
	suite_add_tcase(s, t);
	return s;
}
