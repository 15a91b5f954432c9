/* SPDX-License-Identifier: Apache-2.0 */
/* What a server is given at its creation, read from files. */
#include <string.h>
#include <sys/stat.h>

#include "common/censor.h"
#include "common/file.h"
#include "common/server.h"
#include "common/str.h"

/* Far beyond what the API takes (65535 bytes of base64, servers.md A4); it says
 * so itself in clear words. */
#define CONTENTS_MAX (1024 * 1024)

/* Less hides nothing, and may stand anywhere; a file of one short line may hold
 * a word like "production", without which no result could be read. */
#define SECRET_LEAST      8
#define SECRET_LINE_LEAST 64

static bool is_a_word(const char *bytes, size_t length)
{
	const char *end = memchr(bytes, '\n', length);

	return length < SECRET_LINE_LEAST &&
	       (!end || end == bytes + length - 1);
}

/* The bytes as base64, in the pool; secret in either form. */
static const char *encode(
	struct task *t, const char *bytes, size_t length, bool is_secret)
{
	char *text = str_base64(bytes, length);
	const char *encoded = pool_copy(t->pool, text);

	if (length >= SECRET_LEAST && is_secret)
		censor_add(t->cloud->secrets, bytes, length);
	else
		json_append(t->cloud->secrets, json_new_str(text));
	mem_free(text);
	return encoded;
}

static int read_encoded(struct task *t, const char *path, bool is_secret,
	const char **encoded, struct err *e)
{
	char *expanded = file_expand_home(path);
	size_t length;
	char *bytes = file_read(expanded, CONTENTS_MAX, &length, e);

	if (!bytes) {
		err_add(e, "Failed to load %s", expanded);
		mem_free(expanded);
		return -1;
	}
	*encoded = encode(
		t, bytes, length, is_secret || !is_a_word(bytes, length));
	mem_free(bytes);
	mem_free(expanded);
	return 0;
}

int server_read_files(struct task *t, const cJSON *files,
	const cJSON **contents, struct err *e)
{
	cJSON *read = pool_keep(t->pool, cJSON_CreateObject());

	json_each (file, files) {
		const char *path = json_scalar_text(file);
		const char *encoded;

		if (!path)
			return err_set(e, ERR_OTHER,
				"files: the value of %s must be the path of a "
				"local file",
				file->string);
		if (read_encoded(t, path, false, &encoded, e) < 0)
			return -1;
		json_set_str(read, file->string, encoded);
	}
	*contents = read;
	return 0;
}

static bool is_file(const char *path)
{
	char *expanded = file_expand_home(path);
	struct stat status;
	bool is = stat(expanded, &status) == 0 && S_ISREG(status.st_mode);

	mem_free(expanded);
	return is;
}

int server_read_user_data(struct task *t, const char *text_or_file,
	const char **contents, struct err *e)
{
	if (is_file(text_or_file))
		return read_encoded(t, text_or_file, true, contents, e);
	*contents = encode(t, text_or_file, strlen(text_or_file), true);
	return 0;
}
