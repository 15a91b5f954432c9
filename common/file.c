/* SPDX-License-Identifier: Apache-2.0 */
#include "common/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/mem.h"
#include "common/str.h"

static int refuse(struct err *e, const char *path)
{
	return err_set(e, errno == ENOENT ? ERR_ABSENT : ERR_OTHER,
		"cannot read %s: %s", path, strerror(errno));
}

char *file_read(const char *path, size_t max, size_t *length, struct err *e)
{
	FILE *file = fopen(path, "re");
	struct stat status;
	struct str bytes;
	char chunk[65536];

	if (!file) {
		refuse(e, path);
		return NULL;
	}
	if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
		fclose(file);
		errno = EISDIR;
		refuse(e, path);
		return NULL;
	}
	str_init(&bytes, max);
	for (size_t n; (n = fread(chunk, 1, sizeof(chunk), file)) > 0;)
		str_add_n(&bytes, chunk, n);
	if (ferror(file) || bytes.full) {
		if (bytes.full)
			errno = EFBIG;
		refuse(e, path);
		str_free(&bytes);
	}
	fclose(file);
	*length = bytes.length;
	return str_take(&bytes);
}

char *file_expand_home(const char *path)
{
	const char *home = getenv("HOME");

	if (home && path[0] == '~' && (path[1] == '/' || !path[1]))
		return mem_printf("%s%s", home, path + 1);
	return mem_copy(path);
}
