/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest: appended to, whole, and never in place of something else. */
#include "common/bake/manifest.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define NOW          1700000000
#define PROCESSES    8
#define BUILDS       5

struct desk {
	char *directory, *path;
	struct recipe recipe;
	struct err e;
};

static void desk_open(struct desk *d)
{
	const char *scratch = getenv("TMPDIR");

	*d = (struct desk){ .directory = mem_printf("%s/manifest-XXXXXX",
				    scratch ? scratch : "/tmp") };
	ck_assert_ptr_nonnull(mkdtemp(d->directory));
	d->path = mem_printf("%s/manifest.json", d->directory);
	d->recipe =
		(struct recipe){ .builder = "openstack", .manifest = d->path };
}

static void desk_write(const struct desk *d, const char *path, const char *text)
{
	FILE *file = fopen(path ? path : d->path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static cJSON *desk_read(const struct desk *d)
{
	struct err e;
	size_t length;
	char *text = file_read(d->path, 1 << 20, &length, &e);
	cJSON *tree;

	ck_assert_msg(text != NULL, "%s", text ? "" : e.text);
	tree = json_parse(text, length, &e);
	ck_assert_msg(tree != NULL, "%s", tree ? "" : e.text);
	mem_free(text);
	return tree;
}

/* Nothing is beside the manifest. */
static void desk_close(struct desk *d)
{
	DIR *directory = opendir(d->directory);
	int others = 0;

	ck_assert_ptr_nonnull(directory);
	for (struct dirent *entry; (entry = readdir(directory));) {
		char *path = mem_printf("%s/%s", d->directory, entry->d_name);

		if (*entry->d_name != '.') {
			others += !streq(entry->d_name, "manifest.json");
			unlink(path);
		}
		mem_free(path);
	}
	closedir(directory);
	rmdir(d->directory);
	mem_free(d->directory);
	mem_free(d->path);
	ck_assert_int_eq(others, 0);
}

static int desk_append(struct desk *d, const char *image, const char *run)
{
	return manifest_write(&d->recipe, image, run, NOW, &d->e);
}

static void check_json(cJSON *have, const char *expected)
{
	cJSON *wanted = json_literal(expected);
	char *shown = json_text(have);

	ck_assert_msg(json_equal(have, wanted), "%s", shown);
	mem_free(shown);
	cJSON_Delete(wanted);
	cJSON_Delete(have);
}

#define BUILD(image, run)                                                      \
	"{'name': 'openstack', 'builder_type': 'openstack', 'build_time': "    \
	"1700000000, 'files': null, 'artifact_id': '" image                    \
	"', 'packer_run_uuid': '" run "', 'custom_data': null}"

START_TEST(makes_one_and_appends)
{
	struct desk d;

	desk_open(&d);
	ck_assert_int_eq(desk_append(&d, "i1", "r1"), 0);
	check_json(desk_read(&d),
		"{'builds': [" BUILD("i1", "r1") "], 'last_run_uuid': 'r1'}");
	ck_assert_int_eq(desk_append(&d, "i2", "r2"), 0);
	check_json(
		desk_read(&d), "{'builds': [" BUILD("i1", "r1") ", " BUILD(
				       "i2", "r2") "], 'last_run_uuid': 'r2'}");
	desk_close(&d);
}
END_TEST

static bool desk_lacks(struct desk *d, const char *image)
{
	bool lacks;

	ck_assert_msg(manifest_lacks(&d->recipe, image, &lacks, &d->e) == 0,
		"%s", d->e.text);
	return lacks;
}

START_TEST(an_image_is_in_it_once)
{
	struct desk d;
	bool lacks;

	desk_open(&d);
	ck_assert(desk_lacks(&d, "i1"));
	ck_assert_int_eq(access(d.path, F_OK), -1);
	ck_assert_int_eq(desk_append(&d, "i1", "r1"), 0);
	ck_assert(!desk_lacks(&d, "i1"));
	ck_assert(desk_lacks(&d, "i2"));
	ck_assert_int_eq(desk_append(&d, "i1", "r2"), 0);
	check_json(desk_read(&d),
		"{'builds': [" BUILD("i1", "r1") "], 'last_run_uuid': 'r1'}");
	desk_write(&d, NULL, "{\"builds\": 1}");
	ck_assert_int_eq(manifest_lacks(&d.recipe, "i1", &lacks, &d.e), -1);
	ck_assert_ptr_nonnull(strstr(d.e.text, "no manifest"));
	d.recipe.manifest = "/nonexistent/manifest.json";
	ck_assert_int_eq(manifest_lacks(&d.recipe, "i1", &lacks, &d.e), -1);
	ck_assert_ptr_nonnull(strstr(d.e.text, "its directory"));
	d.recipe.manifest = NULL;
	ck_assert(!desk_lacks(&d, "i1"));
	desk_close(&d);
}
END_TEST

static void add_image(struct desk *d, const char *id, const char *metadata)
{
	cJSON *image = json_object(JSON_STR("id", id),
		JSON_TAKE("metadata", json_literal(metadata)));

	ck_assert_msg(manifest_add(&d->recipe, image, NOW, &d->e) == 0, "%s",
		d->e.text);
	cJSON_Delete(image);
}

/* As if the run that has baked it had written it. */
START_TEST(an_image_of_another_run)
{
	struct desk d;
	cJSON *manifest;

	desk_open(&d);
	add_image(&d, "i1",
		"{'ansible-run': 'r1', 'ansible-baked': "
		"'2023-11-14T22:13:21Z'}");
	add_image(&d, "i1", "{'ansible-run': 'r1'}");
	add_image(&d, "i2", "{'ansible-baked': 'yes'}");
	manifest = desk_read(&d);
	ck_assert_int_eq(json_int(manifest, "builds.0.build_time", 0), NOW + 1);
	ck_assert_str_eq(json_str(manifest, "builds.0.packer_run_uuid"), "r1");
	ck_assert_int_eq(json_int(manifest, "builds.1.build_time", 0), NOW);
	ck_assert_str_eq(json_str(manifest, "builds.1.artifact_id"), "i2");
	ck_assert_int_eq(json_size(json_member(manifest, "builds")), 2);
	cJSON_Delete(manifest);
	desk_close(&d);
}
END_TEST

START_TEST(without_one_nothing_is_written)
{
	struct desk d;

	desk_open(&d);
	d.recipe.manifest = NULL;
	ck_assert_int_eq(desk_append(&d, "i1", "r1"), 0);
	ck_assert_int_ne(access(d.path, F_OK), 0);
	desk_close(&d);
}
END_TEST

START_TEST(says_what_the_recipe_says)
{
	struct desk d;
	cJSON *data = json_literal("{'build': '42', 'who': 'me'}");
	cJSON *manifest;

	desk_open(&d);
	d.recipe.manifest_strip_time = true;
	d.recipe.manifest_custom_data = data;
	d.recipe.builder = "rax \"image\"";
	ck_assert_int_eq(desk_append(&d, "i1", "r1"), 0);
	manifest = desk_read(&d);
	ck_assert_int_eq(json_int(manifest, "builds.0.build_time", -1), 0);
	ck_assert(json_equal(json_get(manifest, "builds.0.custom_data"), data));
	ck_assert_str_eq(json_str(manifest, "builds.0.name"), "rax \"image\"");
	cJSON_Delete(manifest);
	cJSON_Delete(data);
	desk_close(&d);
}
END_TEST

/* Others have written into it: all of it stays. */
START_TEST(keeps_what_is_not_ours)
{
	struct desk d;

	desk_open(&d);
	desk_write(&d, NULL,
		" {\"builds\": [{\"name\": \"x\", \"n\": 1.0}, 7], \"extra\": "
		"{\"a\": [1e400]}, \"last_run_uuid\": \"r0\"}\n");
	ck_assert_int_eq(desk_append(&d, "i1", "r1"), 0);
	check_json(desk_read(&d),
		"{'builds': [{'name': 'x', 'n': 1.0}, 7, " BUILD(
			"i1", "r1") "], 'extra': {'a': [1e400]}, "
				    "'last_run_uuid': 'r1'}");
	desk_close(&d);
}
END_TEST

static const char *const strangers[] = { "", " ", "[]", "{}", "null",
	"{\"builds\": {}}", "{\"builds\": null}", "{\"builds\": [",
	"{\"builds\": []} x", "builds: []\n", "#!/bin/sh\nrm -rf /\n" };

/* A typing mistake must not cost somebody a file. */
START_TEST(refuses_what_is_no_manifest)
{
	struct desk d;
	struct err e;
	size_t length;
	char *text;

	desk_open(&d);
	desk_write(&d, NULL, strangers[_i]);
	ck_assert_int_eq(desk_append(&d, "i1", "r1"), -1);
	ck_assert_ptr_nonnull(strstr(d.e.text, d.path));
	ck_assert_ptr_nonnull(strstr(d.e.text, "no manifest"));
	text = file_read(d.path, 1 << 20, &length, &e);
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, strangers[_i]);
	mem_free(text);
	desk_close(&d);
}
END_TEST

START_TEST(what_cannot_be_read_is_not_replaced)
{
	struct desk d;
	struct stat status;

	desk_open(&d);
	ck_assert_int_eq(mkdir(d.path, 0700), 0);
	ck_assert_int_eq(desk_append(&d, "i1", "r1"), -1);
	ck_assert_ptr_nonnull(strstr(d.e.text, d.path));
	ck_assert_int_eq(stat(d.path, &status), 0);
	ck_assert(S_ISDIR(status.st_mode));
	rmdir(d.path);
	desk_close(&d);
}
END_TEST

/* Even root cannot write there. */
static const char *const nowhere[] = { "/proc/self/manifest.json",
	"/tmp/there-is-no/such-directory/manifest.json",
	"/dev/null/manifest.json", "" };

START_TEST(tells_what_it_cannot_write)
{
	struct recipe recipe = { .builder = "x", .manifest = nowhere[_i] };
	struct err e = { 0 };

	ck_assert_int_eq(manifest_write(&recipe, "i1", "r1", NOW, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "manifest"));
	ck_assert_ptr_nonnull(strstr(e.text, nowhere[_i]));
	ck_assert_ptr_null(strstr(e.text, "Success"));
}
END_TEST

/* Known before anything is baked; and nothing is written. */
START_TEST(tells_before_what_it_cannot_write)
{
	struct desk d;

	desk_open(&d);
	ck_assert_msg(manifest_check(&d.recipe, &d.e) == 0, "%s", d.e.text);
	ck_assert_int_eq(access(d.path, F_OK), -1);
	desk_write(&d, NULL, "{\"builds\": 1}");
	ck_assert_int_eq(manifest_check(&d.recipe, &d.e), -1);
	ck_assert_ptr_nonnull(strstr(d.e.text, d.path));
	desk_write(&d, NULL, "{\"builds\": []}");
	ck_assert_int_eq(manifest_check(&d.recipe, &d.e), 0);
	d.recipe.manifest = "/nonexistent/manifest.json";
	ck_assert_int_eq(manifest_check(&d.recipe, &d.e), -1);
	ck_assert_ptr_nonnull(strstr(d.e.text, d.recipe.manifest));
	d.recipe.manifest = NULL;
	ck_assert_int_eq(manifest_check(&d.recipe, &d.e), 0);
	desk_close(&d);
}
END_TEST

/* A run of the same process id was killed while it wrote: in containers they
 * are all alike. */
START_TEST(what_a_killed_run_left_is_in_nobodys_way)
{
	struct desk d;
	char *rest;

	desk_open(&d);
	rest = mem_printf("%s.%ld", d.path, (long)getpid());
	desk_write(&d, rest, "{\"builds\": [");
	ck_assert_msg(desk_append(&d, "i1", "r1") == 0, "%s", d.e.text);
	check_json(desk_read(&d),
		"{'builds': [" BUILD("i1", "r1") "], 'last_run_uuid': 'r1'}");
	mem_free(rest);
	desk_close(&d);
}
END_TEST

static void append_many(struct desk *d, int process)
{
	for (int i = 0; i < BUILDS; i++) {
		char *image = mem_printf("i%d-%d", process, i);
		int rc = desk_append(d, image, "r");

		mem_free(image);
		if (rc < 0)
			_exit(1);
	}
	_exit(0);
}

START_TEST(several_at_once_lose_nothing)
{
	struct desk d;
	pid_t children[PROCESSES];
	cJSON *manifest;
	int status;

	desk_open(&d);
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0)
			append_many(&d, i);
		ck_assert_int_gt(children[i], 0);
	}
	for (int i = 0; i < PROCESSES; i++) {
		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		ck_assert_int_eq(status, 0);
	}
	manifest = desk_read(&d);
	ck_assert_int_eq(
		json_size(json_get(manifest, "builds")), PROCESSES * BUILDS);
	for (int i = 0; i < PROCESSES * BUILDS; i++) {
		char *image = mem_printf("i%d-%d", i / BUILDS, i % BUILDS);

		ck_assert_ptr_nonnull(json_find(
			json_get(manifest, "builds"), "artifact_id", image));
		mem_free(image);
	}
	cJSON_Delete(manifest);
	desk_close(&d);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("manifest");
	TCase *t = tcase_create("all");

	tcase_add_test(t, makes_one_and_appends);
	tcase_add_test(t, an_image_is_in_it_once);
	tcase_add_test(t, an_image_of_another_run);
	tcase_add_test(t, without_one_nothing_is_written);
	tcase_add_test(t, says_what_the_recipe_says);
	tcase_add_test(t, keeps_what_is_not_ours);
	tcase_add_loop_test(
		t, refuses_what_is_no_manifest, 0, COUNT(strangers));
	tcase_add_test(t, what_cannot_be_read_is_not_replaced);
	tcase_add_loop_test(t, tells_what_it_cannot_write, 0, COUNT(nowhere));
	tcase_add_test(t, tells_before_what_it_cannot_write);
	tcase_add_test(t, what_a_killed_run_left_is_in_nobodys_way);
	tcase_add_test(t, several_at_once_lose_nothing);
	suite_add_tcase(s, t);
	return s;
}
