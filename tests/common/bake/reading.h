/* SPDX-License-Identifier: Apache-2.0 */
/* reading - a template of a test, read. */
#ifndef TESTS_COMMON_BAKE_READING_H
#define TESTS_COMMON_BAKE_READING_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bake/template.h"
#include "common/mem.h"

#define OLD_LOGIN                                                              \
	"'type': 'openstack', 'provider': 'rackspace-us', 'username': 'u', "   \
	"'api_key': 'k3y', 'region': 'DFW'"
#define SERVER "'flavor': 2, 'image_name': 'i', 'source_image': 's'"
#define OLD(builder, rest)                                                     \
	"{'builders': [{" OLD_LOGIN ", " SERVER builder "}]" rest "}"
struct reading {
	struct pool *pool;
	struct template_verdict verdict;
	struct recipe *recipe;
};

static inline void reading_free(struct reading *r)
{
	pool_free(r->pool);
}

/* A file of these bytes, by a path that names it while it is open. */
static inline FILE *file_of(const char *text, size_t length, char path[32])
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, length, file), length);
	rewind(file);
	snprintf(path, 32, "/dev/fd/%d", fileno(file));
	return file;
}

static inline struct reading read_bytes(
	const char *text, size_t length, const struct template_wish *like)
{
	struct template_wish wish = { 0 };
	struct reading r = { .pool = pool_new() };
	char path[32];
	FILE *file = file_of(text, length, path);

	if (like)
		wish = *like;
	wish.path = path;
	r.recipe = template_read(&wish, r.pool, &r.verdict);
	fclose(file);
	return r;
}

/* With ' in place of ". */
static inline struct reading read_quoted(
	const char *text, const struct template_wish *like)
{
	char *quoted = mem_copy(text);
	struct reading r;

	for (char *p = quoted; *p; p++)
		if (*p == '\'')
			*p = '"';
	r = read_bytes(quoted, strlen(quoted), like);
	mem_free(quoted);
	return r;
}

/* One that must have no error. */
static inline struct reading good(
	const char *text, const struct template_wish *wish)
{
	struct reading r = read_quoted(text, wish);
	char *said = json_text(r.verdict.errors);

	ck_assert_msg(r.recipe, "%s: %s", text, said);
	mem_free(said);
	return r;
}

static inline bool says(const cJSON *list, const char *what)
{
	json_each (text, list) {
		if (strstr(text->valuestring, what))
			return true;
	}
	return false;
}

static inline void forget_environment(void)
{
	static const char *const names[] = { "SDK_USERNAME", "SDK_PASSWORD",
		"SDK_API_KEY", "SDK_PROVIDER", "SDK_PROJECT", "SDK_REGION",
		"OS_AUTH_URL", "OS_USERNAME", "OS_PASSWORD", "OS_TOKEN",
		"OS_USERID", "OS_REGION_NAME" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unsetenv(names[i]);
}

static inline void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

/* The caller frees its name. */
static inline char *new_directory(void)
{
	const char *under = getenv("TMPDIR");
	char *name = mem_printf("%s/template.XXXXXX", under ? under : "/tmp");

	ck_assert_ptr_nonnull(mkdtemp(name));
	return name;
}

#endif
