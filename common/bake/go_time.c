/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/go_time.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const months[] = { "January", "February", "March", "April",
	"May", "June", "July", "August", "September", "October", "November",
	"December" };
static const char *const days[] = { "Sunday", "Monday", "Tuesday", "Wednesday",
	"Thursday", "Friday", "Saturday" };

enum piece {
	MONTH_NAME,
	MONTH_SHORT,
	DAY_NAME,
	DAY_SHORT,
	WORD,
	YEAR,
	YEAR_SHORT,
	DAY_OF_YEAR,
	MONTH,
	DAY,
	HOUR,
	HOUR_OF_HALF,
	MINUTE,
	SECOND,
	HALF_UPPER,
	HALF_LOWER,
};

/* Where one is the beginning of another, the longer stands first. */
static const struct {
	const char *example;
	enum piece piece;
	int width;
	const char *word; /* of WORD: zones are all UTC; else the filling */
} pieces[] = {
	{ "January", MONTH_NAME, 0, NULL },
	{ "Jan", MONTH_SHORT, 0, NULL },
	{ "Monday", DAY_NAME, 0, NULL },
	{ "Mon", DAY_SHORT, 0, NULL },
	{ "MST", WORD, 0, "UTC" },
	{ "2006", YEAR, 4, "0" },
	{ "__2", DAY_OF_YEAR, 3, " " },
	{ "002", DAY_OF_YEAR, 3, "0" },
	{ "01", MONTH, 2, "0" },
	{ "02", DAY, 2, "0" },
	{ "03", HOUR_OF_HALF, 2, "0" },
	{ "04", MINUTE, 2, "0" },
	{ "05", SECOND, 2, "0" },
	{ "06", YEAR_SHORT, 2, "0" },
	{ "15", HOUR, 2, "0" },
	{ "_2006", YEAR, 4, "0" },
	{ "_2", DAY, 2, " " },
	{ "1", MONTH, 1, "0" },
	{ "2", DAY, 1, "0" },
	{ "3", HOUR_OF_HALF, 1, "0" },
	{ "4", MINUTE, 1, "0" },
	{ "5", SECOND, 1, "0" },
	{ "PM", HALF_UPPER, 0, NULL },
	{ "pm", HALF_LOWER, 0, NULL },
	{ "-07:00:00", WORD, 0, "+00:00:00" },
	{ "-07:00", WORD, 0, "+00:00" },
	{ "-070000", WORD, 0, "+000000" },
	{ "-0700", WORD, 0, "+0000" },
	{ "-07", WORD, 0, "+00" },
	{ "Z07:00:00", WORD, 0, "Z" },
	{ "Z07:00", WORD, 0, "Z" },
	{ "Z070000", WORD, 0, "Z" },
	{ "Z0700", WORD, 0, "Z" },
	{ "Z07", WORD, 0, "Z" },
};

static const struct {
	char letter;
	const char *layout;
} conversions[] = {
	{ 'a', "Mon" },
	{ 'A', "Monday" },
	{ 'b', "Jan" },
	{ 'B', "January" },
	{ 'd', "02" },
	{ 'H', "15" },
	{ 'I', "03" },
	{ 'L', ".000" },
	{ 'm', "01" },
	{ 'M', "04" },
	{ 'p', "PM" },
	{ 'S', "05" },
	{ 'y', "06" },
	{ 'Y', "2006" },
	{ 'z', "-0700" },
	{ 'Z', "MST" },
};

static int number(enum piece piece, const struct tm *t)
{
	switch (piece) {
	case YEAR:
		return t->tm_year + 1900;
	case YEAR_SHORT:
		return (t->tm_year + 1900) % 100;
	case DAY_OF_YEAR:
		return t->tm_yday + 1;
	case MONTH:
		return t->tm_mon + 1;
	case DAY:
		return t->tm_mday;
	case HOUR:
		return t->tm_hour;
	case HOUR_OF_HALF:
		return t->tm_hour % 12 ? t->tm_hour % 12 : 12;
	case MINUTE:
		return t->tm_min;
	default:
		return t->tm_sec;
	}
}

static const char *name(enum piece piece, const struct tm *t, size_t *length)
{
	*length = piece == MONTH_SHORT || piece == DAY_SHORT ? 3 : SIZE_MAX;
	switch (piece) {
	case MONTH_NAME:
	case MONTH_SHORT:
		return months[t->tm_mon];
	case DAY_NAME:
	case DAY_SHORT:
		return days[t->tm_wday];
	case HALF_UPPER:
		return t->tm_hour < 12 ? "AM" : "PM";
	case HALF_LOWER:
		return t->tm_hour < 12 ? "am" : "pm";
	default:
		return NULL;
	}
}

static void add_piece(struct str *s, size_t row, const struct tm *t)
{
	size_t length, width = (size_t)pieces[row].width;
	const char *text = pieces[row].piece == WORD
				   ? pieces[row].word
				   : name(pieces[row].piece, t, &length);
	char digits[16];

	if (text) {
		if (pieces[row].piece == WORD || length > strlen(text))
			length = strlen(text);
		str_add_n(s, text, length);
		return;
	}
	snprintf(digits, sizeof(digits), "%d", number(pieces[row].piece, t));
	for (length = strlen(digits); length < width; length++)
		str_add(s, pieces[row].word);
	str_add(s, digits);
}

/* .000 or .999, which leaves zeros at the end out; the example's length. */
static size_t add_fraction(struct str *s, const char *layout, long nanoseconds)
{
	size_t length = strspn(layout + 1, layout[1] == '9' ? "9" : "0");
	size_t shown = length < 9 ? length : 9;
	char digits[16];

	if ((*layout != '.' && *layout != ',') || !length ||
		isdigit((unsigned char)layout[length + 1]))
		return 0;
	snprintf(digits, sizeof(digits), "%09ld", nanoseconds);
	while (shown && layout[1] == '9' && digits[shown - 1] == '0')
		shown--;
	if (shown || layout[1] == '0') {
		str_add_n(s, layout, 1);
		str_add_n(s, digits, shown);
	}
	return length + 1;
}

/* The row of the example that the layout begins with, or -1. */
static int find_piece(const char *layout)
{
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		const char *example = pieces[i].example;

		if (!str_starts(layout, example))
			continue;
		if (pieces[i].piece == MONTH_SHORT &&
			islower((unsigned char)layout[3]))
			continue;
		return (int)i;
	}
	return -1;
}

void go_time_add(
	struct str *s, const struct timespec *instant, const char *layout)
{
	struct tm t;

	gmtime_r(&instant->tv_sec, &t);
	while (*layout) {
		size_t taken = add_fraction(s, layout, instant->tv_nsec);
		int row = taken ? -1 : find_piece(layout);

		if (row >= 0) {
			add_piece(s, (size_t)row, &t);
			taken = strlen(pieces[row].example);
		} else if (!taken) {
			str_add_n(s, layout, 1);
			taken = 1;
		}
		layout += taken;
	}
}

void go_time_strftime(
	struct str *s, const struct timespec *instant, const char *layout)
{
	for (; *layout; layout++) {
		size_t i = 0,
		       count = sizeof(conversions) / sizeof(*conversions);

		while (*layout == '%' && i < count &&
			conversions[i].letter != layout[1])
			i++;
		if (*layout != '%' || (i == count && layout[1] != '%')) {
			str_add_n(s, layout, 1);
			continue;
		}
		layout++;
		if (i < count)
			go_time_add(s, instant, conversions[i].layout);
		else
			str_add(s, "%");
	}
}
