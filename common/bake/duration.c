/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/duration.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define MILLISECOND 1000000

static const struct {
	const char *name;
	int64_t nanoseconds;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\xc2\xb5s", 1000 },
	{ "\xce\xbcs", 1000 },
	{ "ms", MILLISECOND },
	{ "s", 1000 * (int64_t)MILLISECOND },
	{ "m", 60 * 1000 * (int64_t)MILLISECOND },
	{ "h", 3600 * 1000 * (int64_t)MILLISECOND },
};

int64_t duration_of_nanoseconds(int64_t nanoseconds)
{
	int64_t milliseconds = nanoseconds / MILLISECOND;

	if (nanoseconds % MILLISECOND == 0)
		return milliseconds;
	return nanoseconds < 0 ? milliseconds - 1 : milliseconds + 1;
}

/* The unit at the text's beginning, which is moved past it; 0: none. */
static int64_t read_unit(const char **text)
{
	size_t length = strcspn(*text, ".0123456789");

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strlen(units[i].name) != length ||
			memcmp(units[i].name, *text, length) != 0)
			continue;
		*text += length;
		return units[i].nanoseconds;
	}
	return 0;
}

/* One "1.5h". Digits that a nanosecond cannot tell apart are left out. */
static bool read_part(const char **text, int64_t *nanoseconds)
{
	int64_t whole = 0, unit, share = 0;
	const char *fraction = NULL;
	bool digits = false;

	for (; isdigit((unsigned char)**text); ++*text, digits = true)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
			__builtin_add_overflow(whole, **text - '0', &whole))
			return false;
	if (**text == '.') {
		fraction = ++*text;
		*text += strspn(*text, "0123456789");
		digits = digits || *text > fraction;
	}
	unit = read_unit(text);
	if (!digits || !unit || __builtin_mul_overflow(whole, unit, &whole))
		return false;
	for (; fraction && isdigit((unsigned char)*fraction); fraction++) {
		share += unit * (*fraction - '0') / 10;
		unit /= 10;
	}
	return !__builtin_add_overflow(*nanoseconds, whole, nanoseconds) &&
	       !__builtin_add_overflow(*nanoseconds, share, nanoseconds);
}

bool duration_parse(const char *text, int64_t *milliseconds)
{
	bool negative = *text == '-';
	int64_t nanoseconds = 0;

	if (*text == '-' || *text == '+')
		text++;
	if (strcmp(text, "0") == 0) {
		*milliseconds = 0;
		return true;
	}
	do {
		if (!read_part(&text, &nanoseconds))
			return false;
	} while (*text);
	*milliseconds =
		duration_of_nanoseconds(negative ? -nanoseconds : nanoseconds);
	return true;
}
