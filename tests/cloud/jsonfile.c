/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/jsonfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "common/mem.h"

#define SIZE_LARGEST ((size_t)256 << 20)

cJSON *jsonfile_read(const char *path, struct err *e)
{
	size_t length;
	char *text = file_read(path, SIZE_LARGEST, &length, e);
	cJSON *value;

	if (!text)
		return NULL;
	value = json_parse(text, length, e);
	if (!value)
		err_add(e, "%s", path);
	mem_free(text);
	return value;
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);
	ssize_t n;

	for (; left > 0; text += n, left -= (size_t)n) {
		n = write(fd, text, left);
		if (n < 0)
			return -1;
	}
	return 0;
}

static int write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int written;

	if (fd < 0)
		return -1;
	written = write_all(fd, text);
	return close(fd) < 0 ? -1 : written;
}

int jsonfile_write(const char *path, const cJSON *value, struct err *e)
{
	char *text = json_text(value);
	char *part = mem_printf("%s.part", path);
	int result = write_to(part, text);

	if (result == 0)
		result = rename(part, path);
	if (result < 0) {
		err_set(e, ERR_OTHER, "%s: %s", path, strerror(errno));
		unlink(part);
	}
	mem_free(part);
	mem_free(text);
	return result;
}
