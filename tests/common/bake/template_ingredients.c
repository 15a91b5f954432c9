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

/* What files hold counts, and their names and modes; not where they are. */
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

Suite *suite(void)
{
	Suite *s = suite_create("template_ingredients");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, forget_environment, NULL);
	tcase_add_loop_test(t, ingredients_make_the_image, 0, COUNT(digests));
	tcase_add_test(t, a_login_in_variables_is_no_ingredient);
	tcase_add_test(t, files_are_ingredients);
	suite_add_tcase(s, t);
	return s;
}
