/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <string.h>

#include "tests/common/bake/support/scene.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

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
	scene_has(s.server->log.text,
		"A='3' B='4' PACKER_BUILDER_TYPE='openstack' "
		"PACKER_BUILD_NAME='web' Z='1'  ");
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
	scene_has(s.server->log.text, places[_i].put);
	if (!places[_i].execute)
		scene_has(s.said.text, "-rwx--x--x");
	else
		scene_has(s.said.text, places[_i].shows);
	scene_is_clean(&s);
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

Suite *suite(void)
{
	Suite *s = suite_create("provision_shell_prepare");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(
		t, values_arrive_as_they_are, 0, 3 * COUNT(variables));
	tcase_add_test(t, variables_are_sorted);
	tcase_add_loop_test(t, where_it_lies, 0, COUNT(places));
	tcase_add_test(t, nobody_can_guess_the_name);
	suite_add_tcase(s, t);
	return s;
}
