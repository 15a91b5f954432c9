/* SPDX-License-Identifier: Apache-2.0 */
/* What makes an image the image it is, and what does not. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/str.h"
#include "tests/common/bake/reading.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define MEANT(more)                                                            \
	"{'builders': [{" OLD_LOGIN ", 'image_name': 'i', " more "}]}"

/* Whether two templates make the same image. */
static const struct {
	const char *a, *b;
	bool same;
} digests[] = {
	/* Layout, the order of keys, another type for the same. */
	{ OLD("", ""), " " OLD(" ", "\n"), true },
	{ OLD("", ""), "{'builders': [{" SERVER ", " OLD_LOGIN "}]}", true },
	{ OLD(", 'config_drive': true", ""), OLD(", 'config_drive': '1'", ""),
		true },
	/* Who pays, and how long is waited. */
	{ OLD(", 'ssh_timeout': '1m', 'rackconnect_wait': true", ""),
		OLD("", ""), true },
	{ OLD("", ""),
		"{'builders': [{'type': 'openstack', 'provider': "
		"'rackspace-uk', 'username': 'x', 'password': 'y', 'region': "
		"'LON', " SERVER "}]}",
		true },
	/* What is said of server and image, and not in it. */
	{ OLD(", 'metadata': {'url': '1'}, 'instance_name': 'a'", ""),
		OLD(", 'metadata': {'url': '2'}, 'networks': ['n']", ""),
		true },
	/* Which are meant is known later, from the cloud. */
	{ OLD("", ""), MEANT("'flavor': 2, 'source_image_name': 's'"), true },
	{ OLD("", ""),
		MEANT("'flavor': 'f', 'source_image_filter': {'filters': "
		      "{'name': 's'}, 'most_recent': true}"),
		true },
	/* What is new each time. */
	{ OLD(", 'user_data': '{{uuid}}{{timestamp}}{{pwd}}'", ""),
		OLD(", 'user_data': '{{uuid}}{{timestamp}}{{pwd}}'", ""),
		true },
	{ OLD(", 'user_data': '{{user `t`}}'",
		  ", 'variables': {'t': '{{uuid}}'}"),
		OLD(", 'user_data': '{{user `t`}}'",
			", 'variables': {'t': '{{uuid}}'}"),
		true },
	{ OLD(", 'user_data': 'n{{timestamp}}'", ""),
		OLD(", 'user_data': 'n{{isotime}}'", ""), false },
	/* What makes another image. */
	{ OLD("", ""), OLD(", 'user_data': 'x'", ""), false },
	{ OLD("", ", 'variables': {'v': '1'}"),
		OLD("", ", 'variables': {'v': '2'}"), false },
	{ OLD("", ", 'provisioners': [{'type': 'shell', 'inline': 'x'}]"),
		OLD("", ", 'provisioners': [{'type': 'shell', 'inline': 'y'}]"),
		false },
	{ OLD("", ", 'provisioners': [{'type': 'shell', 'inline': 'x'}, "
		  "{'type': 'shell', 'inline': 'y'}]"),
		OLD("", ", 'provisioners': [{'type': 'shell', 'inline': 'y'}, "
			"{'type': 'shell', 'inline': 'x'}]"),
		false },
	{ OLD("", ", 'provisioners': [{'type': 'shell', 'inline': 'x', "
		  "'pause_before': '1s'}]"),
		OLD("", ", 'provisioners': [{'type': 'shell', 'inline': 'x'}]"),
		true },
};

static char *ingredients(const char *text)
{
	struct reading r = good(text, NULL);
	char *shown = json_text(r.recipe->ingredients);

	ck_assert_ptr_null(strstr(shown, "k3y"));
	reading_free(&r);
	return shown;
}

START_TEST(ingredients_make_the_image)
{
	char *a = ingredients(digests[_i].a), *b = ingredients(digests[_i].b);

	ck_assert_msg(streq(a, b) == digests[_i].same, "%s\n%s", a, b);
	mem_free(a);
	mem_free(b);
}
END_TEST

/* A login that stands in variables is none of them. */
START_TEST(a_login_in_variables_is_no_ingredient)
{
	static const char text[] =
		"{'variables': {'k': '%s', 'v': 'w'}, 'builders': [{'type': "
		"'openstack', 'provider': 'rackspace-us', 'username': 'u', "
		"'api_key': '{{user `k`}}', 'region': 'DFW', " SERVER "}]}";
	char *one = mem_copy(text), *two = mem_copy(text);
	char *a, *b;

	memcpy(strstr(one, "%s"), "k1", 2);
	memcpy(strstr(two, "%s"), "k2", 2);
	a = ingredients(one);
	b = ingredients(two);
	ck_assert_str_eq(a, b);
	ck_assert_ptr_nonnull(strstr(a, "\"v\": \"w\""));
	mem_free(one);
	mem_free(two);
	mem_free(a);
	mem_free(b);
}
END_TEST

/* The same login from elsewhere: the variables for it are empty. */
START_TEST(where_a_login_comes_from_is_no_ingredient)
{
	static const char here[] =
		"{'variables': {'u': 'u1', 'k': 'k1', 'v': 'w'}, 'builders': ["
		"{'type': 'openstack', 'provider': 'rackspace-us', 'username': "
		"'{{user `u`}}', 'api_key': '{{user `k`}}', 'region': 'DFW', " SERVER
		"}]}";
	static const char elsewhere[] =
		"{'variables': {'u': '', 'k': '', 'v': 'w'}, 'builders': [{"
		"'type': 'openstack', 'provider': 'rackspace-us', 'username': "
		"'{{user `u`}}', 'api_key': '{{user `k`}}', 'region': 'DFW', " SERVER
		"}]}";
	struct template_wish wish = { .login_given = true };
	struct reading r = good(elsewhere, &wish);
	char *a = ingredients(here), *b = json_text(r.recipe->ingredients);

	ck_assert_str_eq(a, b);
	ck_assert_ptr_nonnull(strstr(b, "\"v\": \"w\""));
	reading_free(&r);
	mem_free(a);
	mem_free(b);
}
END_TEST

/* What files hold counts, and what the server sees of names and modes. */
START_TEST(files_are_ingredients)
{
	char *directory = new_directory();
	static const char text[] =
		"{'builders': [{'type': 'null', 'communicator': 'none'}], "
		"'provisioners': [{'type': 'file', 'source': 'd', "
		"'destination': '/x'}, {'type': 'shell', 'script': 'd/s'}]}";
	char *seen[6];

	ck_assert_int_eq(chdir(directory), 0);
	ck_assert_int_eq(mkdir("d", 0755), 0);
	ck_assert_int_eq(mkdir("d/e", 0755), 0);
	write_file("d/s", "one");
	seen[0] = ingredients(text);
	write_file("d/s", "two");
	seen[1] = ingredients(text);
	chmod("d/s", 0700);
	seen[2] = ingredients(text);
	write_file("d/e/f", "");
	seen[3] = ingredients(text);
	ck_assert_int_eq(rename("d/e/f", "d/e/g"), 0);
	seen[4] = ingredients(text);
	seen[5] = ingredients(text);
	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(seen[i], seen[j]);
	ck_assert_str_eq(seen[4], seen[5]);
	ck_assert_ptr_nonnull(strstr(seen[0],
		"7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"));
	for (size_t i = 0; i < 6; i++)
		mem_free(seen[i]);
	unlink("d/e/g");
	unlink("d/s");
	rmdir("d/e");
	rmdir("d");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(directory), 0);
	mem_free(directory);
}
END_TEST

#define STEPS(steps)                                                           \
	"{'builders': [{'type': 'null', 'communicator': 'none'}], "            \
	"'provisioners': [" steps "]}"
#define SHELL(scripts) STEPS("{'type': 'shell', " scripts "}")
#define LOCAL(scripts) STEPS("{'type': 'shell-local', " scripts "}")
#define UPLOAD(source, ...)                                                    \
	STEPS("{'type': 'file', 'destination': '/x/', 'source': '" source      \
	      "'" __VA_ARGS__ "}")

/* Directories first. */
static const struct {
	const char *path;
	mode_t mode;
	const char *text; /* NULL: a directory */
} tree[] = {
	{ "a", 0755, NULL },
	{ "b", 02775, NULL },
	{ "c", 0700, NULL },
	{ "a/d", 0755, NULL },
	{ "b/d", 02755, NULL },
	{ "c/d", 0700, NULL },
	{ "a/s", 0644, "one" },
	{ "b/s", 0644, "one" },
	{ "c/s", 0664, "one" },
	{ "c/x", 0755, "one" },
	{ "c/t", 0644, "two" },
	{ "{{", 0644, "one" },
	{ "a/d/s", 0644, "one" },
	{ "b/d/s", 0644, "one" },
	{ "c/d/s", 0644, "one" },
};

static const struct {
	const char *a, *b;
	bool same;
} places[] = {
	/* Uploaded, a script is called otherwise and has a mode of ours. */
	{ SHELL("'script': 'a/s'"), SHELL("'script': 'b/s'"), true },
	{ SHELL("'script': 'a/s'"), SHELL("'scripts': ['./b//s']"), true },
	{ SHELL("'script': 'a/s'"), SHELL("'script': 'c/s'"), true },
	{ SHELL("'script': 'a/s'"), SHELL("'script': 'c/x'"), true },
	{ SHELL("'script': 'a/s'"), SHELL("'script': 'c/t'"), false },
	/* Its path waits for nothing. */
	{ SHELL("'script': 'a/s'"), SHELL("'script': '{{`{{`}}'"), true },
	{ SHELL("'scripts': ['a/s', 'c/t']"),
		SHELL("'scripts': ['c/t', 'a/s']"), false },
	{ SHELL("'scripts': ['a/s', 'b/s']"), SHELL("'script': 'a/s'"), false },
	{ SHELL("'script': 'a/s'"), LOCAL("'script': 'a/s'"), false },
	/* Here, it runs or it does not. */
	{ LOCAL("'script': 'a/s'"), LOCAL("'script': 'b/s'"), true },
	{ LOCAL("'script': 'a/s'"), LOCAL("'script': 'c/s'"), true },
	{ LOCAL("'script': 'a/s'"), LOCAL("'script': 'c/x'"), false },
	{ LOCAL("'script': 'a/s'"), LOCAL("'script': 'c/t'"), false },
	/* A file has on the server the name and the mode that it has here. */
	{ UPLOAD("a/s"), UPLOAD("b/s"), true },
	{ UPLOAD("a/s"),
		STEPS("{'type': 'file', 'destination': '/x/', "
		      "'sources': ['b/s']}"),
		true },
	{ UPLOAD("a/s"), UPLOAD("c/s"), false },
	{ UPLOAD("c/s"), UPLOAD("c/x"), false },
	/* So has a directory, unless its contents are meant. */
	{ UPLOAD("a/d"), UPLOAD("b/d"), true },
	{ UPLOAD("a/d"), UPLOAD("c/d"), false },
	{ UPLOAD("a/d/"), UPLOAD("c/d/"), true },
	{ UPLOAD("a/"), UPLOAD("b/"), true },
	{ UPLOAD("a/d"), UPLOAD("a/d/"), false },
	/* What cannot be looked at is what it is called. */
	{ UPLOAD("a/s", ", 'generated': true"),
		UPLOAD("b/s", ", 'generated': true"), false },
	{ UPLOAD("a/s", ", 'generated': true"), UPLOAD("a/s"), false },
	{ UPLOAD("{{uuid}}", ", 'generated': true"),
		UPLOAD("{{uuid}}", ", 'generated': true"), true },
	{ UPLOAD("{{build `ID`}}/a", ", 'generated': true"),
		UPLOAD("{{build `ID`}}/b", ", 'generated': true"), false },
	{ UPLOAD("a/s", ", 'direction': 'download'"),
		UPLOAD("b/s", ", 'direction': 'download'"), false },
};

static char *directory;

static void make_tree(void)
{
	directory = new_directory();
	ck_assert_int_eq(chdir(directory), 0);
	for (size_t i = 0; i < COUNT(tree); i++) {
		if (tree[i].text)
			write_file(tree[i].path, tree[i].text);
		else
			ck_assert_int_eq(mkdir(tree[i].path, 0700), 0);
		ck_assert_int_eq(chmod(tree[i].path, tree[i].mode), 0);
	}
}

static void remove_tree(void)
{
	for (size_t i = COUNT(tree); i-- > 0;)
		ck_assert_int_eq(remove(tree[i].path), 0);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(directory), 0);
	mem_free(directory);
}

START_TEST(where_files_lie_makes_no_other_image)
{
	char *a = ingredients(places[_i].a), *b = ingredients(places[_i].b);

	ck_assert_msg(streq(a, b) == places[_i].same, "%s\n%s", a, b);
	mem_free(a);
	mem_free(b);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("template_ingredients");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, forget_environment, NULL);
	tcase_add_loop_test(t, ingredients_make_the_image, 0, COUNT(digests));
	tcase_add_test(t, a_login_in_variables_is_no_ingredient);
	tcase_add_test(t, where_a_login_comes_from_is_no_ingredient);
	tcase_add_test(t, files_are_ingredients);
	suite_add_tcase(s, t);
	t = tcase_create("tree");
	tcase_add_checked_fixture(t, make_tree, remove_tree);
	tcase_add_loop_test(
		t, where_files_lie_makes_no_other_image, 0, COUNT(places));
	suite_add_tcase(s, t);
	return s;
}
