/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/contents.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *suite(void);

static char root[64];

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	chmod(path, 0640);
}

static void make_files(void)
{
	char path[128];

	snprintf(root, sizeof(root), "%s/contents.XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(root));
	chmod(root, 0750);
	snprintf(path, sizeof(path), "%s/sub", root);
	mkdir(path, 0700);
	write_file("sub/a", "abc");
	write_file("b", "");
}

static void remove_files(void)
{
	static const char *const names[] = { "sub/a", "sub/new", "sub", "b",
		"fifo", "" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, names[i]);
		remove(path);
	}
}

static cJSON *seen(void)
{
	struct err e;
	cJSON *list = cJSON_CreateArray();
	cJSON *contents = contents_of(root, &e);

	ck_assert_ptr_nonnull(contents);
	json_append(list, json_object(JSON_STR("path", root),
				  JSON_TAKE("contents", contents)));
	return list;
}

/* Of "abc" and of nothing: FIPS 180-2. */
#define OF_ABC                                                                 \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OF_NOTHING                                                             \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

START_TEST(has_names_modes_and_digests)
{
	struct err e;
	cJSON *contents = contents_of(root, &e);
	cJSON *wanted = json_literal(
		"[{'name': '', 'mode': '750'}, {'name': 'b', 'mode': '640', "
		"'sha256': '" OF_NOTHING "'}, {'name': 'sub', 'mode': '700'}, "
		"{'name': 'sub/a', 'mode': '640', 'sha256': '" OF_ABC "'}]");

	ck_assert(json_equal(contents, wanted));
	cJSON_Delete(wanted);
	cJSON_Delete(contents);
}
END_TEST

START_TEST(nothing_is_there)
{
	struct err e;
	cJSON *contents = contents_of("/nonexistent/file", &e);

	ck_assert_ptr_nonnull(contents);
	ck_assert_int_eq(json_size(contents), 0);
	cJSON_Delete(contents);
}
END_TEST

/* Whatever it is, opening it does not block. */
START_TEST(no_file_is_refused)
{
	char path[128];
	struct err e;

	snprintf(path, sizeof(path), "%s/fifo", root);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_ptr_null(contents_of(root, &e));
	ck_assert(strstr(e.text, "fifo\" is neither a file nor a directory"));
}
END_TEST

static void touch_nothing(void)
{
}

static void change_a_byte(void)
{
	write_file("sub/a", "abd");
}

static void change_a_mode(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/b", root);
	chmod(path, 0600);
}

static void add_a_file(void)
{
	write_file("sub/new", "");
}

static const struct {
	void (*change)(void);
	bool unchanged;
} changes[] = {
	{ touch_nothing, true },
	{ change_a_byte, false },
	{ change_a_mode, false },
	{ add_a_file, false },
	{ remove_files, false },
};

START_TEST(sees_what_has_changed)
{
	cJSON *before = seen();
	struct err e;
	int rc;

	changes[_i].change();
	rc = contents_unchanged(before, &e);
	ck_assert_int_eq(rc == 0, changes[_i].unchanged);
	if (rc < 0)
		ck_assert(strstr(e.text, root) &&
			  strstr(e.text, "\" has changed"));
	cJSON_Delete(before);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("contents");
	TCase *t = tcase_create("contents");

	tcase_add_checked_fixture(t, make_files, remove_files);
	tcase_add_test(t, has_names_modes_and_digests);
	tcase_add_test(t, nothing_is_there);
	tcase_add_test(t, no_file_is_refused);
	tcase_add_loop_test(t, sees_what_has_changed, 0,
		(int)(sizeof(changes) / sizeof(*changes)));
	suite_add_tcase(s, t);
	return s;
}
