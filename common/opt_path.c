/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_path.h"

#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* The home directory of a user, of our own for an empty name; NULL if there is
 * none. The caller frees it. */
static char *home_of(const char *name, size_t length)
{
	const char *home = length ? NULL : getenv("HOME");
	char *copy = mem_copy_n(name, length);
	const struct passwd *user = NULL;

	if (!home) {
		user = length ? getpwnam(copy) : getpwuid(getuid());
		home = user ? user->pw_dir : NULL;
	}
	mem_free(copy);
	return home && opt_unicode_is_utf8(home) ? mem_copy(home) : NULL;
}

static char *expand_home(const char *path)
{
	size_t name = strcspn(path, "/"), length;
	char *home, *expanded;

	if (*path != '~')
		return mem_copy(path);
	home = home_of(path + 1, name - 1);
	if (!home)
		return mem_copy(path);
	length = strlen(home);
	while (length && home[length - 1] == '/')
		length--;
	expanded = mem_printf("%.*s%s", (int)length, home, path + name);
	mem_free(home);
	if (*expanded)
		return expanded;
	mem_free(expanded);
	return mem_copy("/");
}

char *opt_path_expand(const char *path)
{
	char *expanded = expand_variables(path);
	char *absolute = expand_home(expanded);

	mem_free(expanded);
	return absolute;
}
