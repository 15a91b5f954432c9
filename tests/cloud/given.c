/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/given.h"

#include <crypt.h>
#include <errno.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/base64.h"
#include "tests/cloud/tree.h"

static int write_text(const char *directory, const char *name, const char *text,
	struct err *e)
{
	return text ? tree_write(directory, name, 0600, text, strlen(text), e)
		    : 0;
}

static int write_line(const char *directory, const char *name, const char *text,
	struct err *e)
{
	char *line = text ? mem_printf("%s\n", text) : NULL;
	int result = write_text(directory, name, line, e);

	mem_free(line);
	return result;
}

static int write_base64(const char *directory, const char *name,
	const char *text, struct err *e)
{
	unsigned char *bytes;
	size_t length;
	int result;

	if (!text)
		return 0;
	bytes = base64_decode(text, &length);
	if (!bytes)
		return err_set(e, ERR_OTHER, "%s is no base64", name);
	result = tree_write(directory, name, 0600, bytes, length, e);
	mem_free(bytes);
	return result;
}

static int write_password(
	const char *directory, const char *password, struct err *e)
{
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *data;
	const char *hash;
	int result;

	if (!password)
		return 0;
	data = mem_new(sizeof(*data));
	hash = crypt_gensalt_rn("$6$", 0, NULL, 0, salt, sizeof(salt))
		       ? crypt_r(password, salt, data)
		       : NULL;
	if (!hash || *hash == '*')
		result = err_set(
			e, ERR_OTHER, "hash the password: %s", strerror(errno));
	else
		result = write_text(directory, "password", hash, e);
	mem_free(data);
	return result;
}

static int write_file(
	const char *directory, int n, const cJSON *file, struct err *e)
{
	char *path = mem_printf("files/%03d/path", n);
	char *contents = mem_printf("files/%03d/contents", n);
	int result = write_text(directory, path, json_str(file, "path"), e);

	if (result == 0)
		result = write_base64(
			directory, contents, json_str(file, "contents"), e);
	mem_free(path);
	mem_free(contents);
	return result;
}

int given_write(const char *directory, const cJSON *given, struct err *e)
{
	const cJSON *meta = json_member(given, "meta_data");
	char *meta_data = meta ? json_text(meta) : NULL;
	int result, n = 0;

	result = tree_make(directory, "files", 0700, e);
	if (result == 0)
		result = write_line(
			directory, "hostname", json_str(given, "hostname"), e);
	if (result == 0)
		result =
			write_line(directory, "key", json_str(given, "key"), e);
	if (result == 0)
		result = write_password(
			directory, json_str(given, "password"), e);
	if (result == 0)
		result = write_base64(directory, "user_data",
			json_str(given, "user_data"), e);
	if (result == 0)
		result = write_line(directory, "meta_data.json", meta_data, e);
	json_each (file, json_member(given, "files")) {
		if (result == 0)
			result = write_file(directory, n++, file, e);
	}
	mem_free(meta_data);
	return result;
}
