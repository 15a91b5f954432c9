/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_path.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/opt_unicode.h"
#include "common/str.h"

#define NAME_CHARACTERS                                                        \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"

/* NULL for a variable that is not set; getenv() would find a part of a name
 * with = in it. Bytes that are no UTF-8 would not survive as JSON, so such a
 * value is not used at all. */
static const char *variable(const char *name, size_t length)
{
	char *copy = mem_copy_n(name, length);
	const char *value = strchr(copy, '=') ? NULL : getenv(copy);

	mem_free(copy);
	return value && opt_unicode_is_utf8(value) ? value : NULL;
}

/* The variable that `at', behind a dollar sign, names, and where its name
 * ends; *end is NULL if no name stands there. */
static const char *value_at(const char *at, const char **end)
{
	const char *close = *at == '{' ? strchr(at, '}') : NULL;
	size_t length = strspn(at, NAME_CHARACTERS);

	*end = NULL;
	if (close) {
		*end = close + 1;
		return variable(at + 1, (size_t)(close - at) - 1);
	}
	if (!length)
		return NULL;
	*end = at + length;
	return variable(at, length);
}

static char *expand_variables(const char *path)
{
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	while (*path) {
		size_t length = strcspn(path, "$");
		const char *value, *end;

		str_add_n(&s, path, length);
		path += length;
		if (!*path)
			break;
		value = value_at(path + 1, &end);
		if (!end)
			end = path + 1;
		if (value)
			str_add(&s, value);
		else
			str_add_n(&s, path, (size_t)(end - path));
		path = end;
	}
	return str_take(&s);
}

char *opt_path_expand(const char *path)
{
	char *expanded = expand_variables(path);
	char *absolute = file_expand_home(expanded);

	mem_free(expanded);
	return absolute;
}
