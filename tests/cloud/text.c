/* SPDX-License-Identifier: Apache-2.0 */
/* The ids and times of cloud.h as texts. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "common/mem.h"
#include "tests/cloud/cloud.h"

char *cloud_uuid(void)
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		abort();
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	return mem_printf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
			  "%02x%02x%02x%02x%02x%02x",
		b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9],
		b[10], b[11], b[12], b[13], b[14], b[15]);
}

static void split_time(double time, struct tm *tm)
{
	time_t seconds = (time_t)time;

	*tm = (struct tm){ 0 };
	gmtime_r(&seconds, tm);
}

char *cloud_time_text(double time)
{
	struct tm tm;
	char text[40];

	split_time(time, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return mem_copy(text);
}

char *cloud_http_date(double time)
{
	struct tm tm;
	char text[40];

	split_time(time, &tm);
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	return mem_copy(text);
}

/* "Z", "+01:00", "-0600", or nothing, which is Z. */
static bool read_offset(const char *text, double *seconds)
{
	int hours, minutes, end = 0;

	*seconds = 0;
	if (!*text || strcmp(text, "Z") == 0)
		return true;
	if ((*text != '+' && *text != '-') || !isdigit((unsigned char)text[1]))
		return false;
	if (sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &end) != 2 &&
		sscanf(text + 1, "%2d%2d%n", &hours, &minutes, &end) != 2)
		return false;
	*seconds = (hours * 60 + minutes) * 60 * (*text == '-' ? -1 : 1);
	return text[1 + end] == '\0';
}

bool cloud_time_read(const char *text, double *time)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	double fraction = 0, offset;
	char *end;

	if (!rest)
		return false;
	if (*rest == '.') {
		fraction = strtod(rest, &end);
		rest = end;
	}
	if (!read_offset(rest, &offset))
		return false;
	*time = (double)timegm(&tm) + fraction - offset;
	return true;
}
