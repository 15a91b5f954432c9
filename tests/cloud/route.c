/* SPDX-License-Identifier: Apache-2.0 */
/* Splitting a target, finding its route. */
#include "tests/cloud/route.h"

#include <ctype.h>
#include <string.h>

#include "common/str.h"

static int hex_value(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	if (isxdigit((unsigned char)c))
		return (c | 32) - 'a' + 10;
	return -1;
}

/* Decodes in place; false for a bad escape or a NUL. */
static bool decode(char *text, bool plus_is_space)
{
	char *out = text;

	for (const char *in = text; *in; in++) {
		if (*in == '%') {
			int high = hex_value(in[1]);
			int low = high < 0 ? -1 : hex_value(in[2]);

			if (low < 0 || (high == 0 && low == 0))
				return false;
			*out++ = (char)(high * 16 + low);
			in += 2;
		} else {
			*out++ = *in == '+' && plus_is_space ? ' ' : *in;
		}
	}
	*out = '\0';
	return true;
}

static int read_path(struct call *call, char *path)
{
	for (char *segment; (segment = strsep(&path, "/"));) {
		if (call->n_segments == ROUTE_SEGMENTS_MAX)
			return -1;
		if (!decode(segment, false))
			return -1;
		call->segments[call->n_segments++] = segment;
	}
	return 0;
}

static int read_query(struct call *call, char *rest)
{
	for (char *name; (name = strsep(&rest, "&"));) {
		char *value = name;

		if (!*name)
			continue;
		name = strsep(&value, "=");
		if (call->n_query == ROUTE_QUERY_MAX || !decode(name, true))
			return -1;
		if (value && !decode(value, true))
			return -1;
		call->query[call->n_query++] =
			(struct query){ name, value ? value : "" };
	}
	return 0;
}

int call_read_target(struct call *call, const char *target)
{
	char *rest, *path;

	if (*target != '/')
		return -1;
	rest = pool_copy(call->pool, target + 1);
	path = strsep(&rest, "?");
	if (read_path(call, path) < 0)
		return -1;
	return read_query(call, rest);
}

/* The pattern's next segment, between its slashes; NULL at the end. */
static const char *next_segment(const char **pattern, size_t *length)
{
	const char *from = *pattern;

	if (*from != '/')
		return NULL;
	*length = strcspn(++from, "/");
	*pattern = from + *length;
	return from;
}

static bool segment_fits(const char *want, size_t length, const char *have)
{
	if (*want == '{')
		return *have != '\0';
	return strlen(have) == length && memcmp(want, have, length) == 0;
}

static bool path_fits(const char *pattern, const struct call *call)
{
	size_t i = call->first, length;

	for (const char *want; (want = next_segment(&pattern, &length)); i++)
		if (i >= call->n_segments ||
			!segment_fits(want, length, call->segments[i]))
			return false;
	return i == call->n_segments;
}

const struct route *route_find(
	const struct route *const *tables, const struct call *call, bool *known)
{
	*known = false;
	for (; *tables; tables++) {
		for (const struct route *r = *tables; r->method; r++) {
			if (!path_fits(r->path, call))
				continue;
			*known = true;
			if (streq(r->method, call->method))
				return r;
		}
	}
	return NULL;
}

const char *call_param(const struct call *call, const char *name)
{
	const char *pattern = call->route->path;
	size_t i = call->first, length;

	for (const char *s; (s = next_segment(&pattern, &length)); i++)
		if (*s == '{' && strlen(name) == length - 2 &&
			memcmp(s + 1, name, length - 2) == 0)
			return call->segments[i];
	return "";
}
