/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/settings.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

struct row {
	const char *name, *unit, *help;
	size_t offset;
	double fallback, min, max;
	bool fixed; /* once the cloud serves */
	bool whole;
};

#define DAY 86400.0
#define ROW(field, words, ...)                                                 \
	{                                                                      \
		.name = #field, .offset = offsetof(struct settings, field),    \
		.help = (words), __VA_ARGS__                                   \
	}
#define SECONDS(field, given, words)                                           \
	ROW(field, words, .unit = "S", .max = 366 * DAY, .fallback = (given))
#define NUMBER(field, given, least, most, words, ...)                          \
	ROW(field, words, .unit = "N", .whole = true, .fallback = (given),     \
		.min = (least), .max = (most), __VA_ARGS__)

static const struct row rows[] = {
	NUMBER(port, 0, 0, 65535,
		"the API's port on 127.0.0.1; 0: any free one", .fixed = true),
	NUMBER(app_port, 8080, 1, 65535,
		"where the servers' applications listen"),
	NUMBER(ssh_port, 0, 0, 65535,
		"of machines; 0: 22 where it can be had, or 2222",
		.fixed = true),
	SECONDS(build_time, 0.5, "a server from BUILD to ACTIVE"),
	SECONDS(app_delay, 0.3, "a server from ACTIVE to an application"),
	SECONDS(delete_time, 0.2, "a server from DELETE to 404"),
	SECONDS(image_time, 0.5, "an image from SAVING to ACTIVE"),
	SECONDS(volume_time, 0.2, "a volume that is created or deleted"),
	SECONDS(balancer_time, 0.2, "a balancer in BUILD or PENDING_UPDATE"),
	SECONDS(list_lag, 0, "until a new server, image or balancer is listed"),
	SECONDS(latency, 0, "each request waits so long"),
	SECONDS(token_life, DAY, "until a token expires"),
	NUMBER(page, 1000, 1, 1000, "the longest page of servers and images"),
};

#define N_ROWS (sizeof(rows) / sizeof(*rows))

static double *field_of(struct settings *s, const struct row *row)
{
	return (double *)(void *)((char *)s + row->offset);
}

static double value_of(const struct settings *s, const struct row *row)
{
	double value;

	memcpy(&value, (const char *)s + row->offset, sizeof(value));
	return value;
}

/* "build-time" names build_time. */
static const struct row *find(const char *name)
{
	char plain[32];
	size_t length = strlen(name);

	if (length >= sizeof(plain))
		return NULL;
	for (size_t i = 0; i <= length; i++)
		plain[i] = (char)(name[i] == '-' ? '_' : name[i]);
	for (size_t i = 0; i < N_ROWS; i++)
		if (streq(rows[i].name, plain))
			return &rows[i];
	return NULL;
}

void settings_init(struct settings *s)
{
	for (size_t i = 0; i < N_ROWS; i++)
		*field_of(s, &rows[i]) = rows[i].fallback;
}

static bool is_real(const char *text, double *value)
{
	char *end;

	if (!*text || strspn(text, "0123456789.eE+-") != strlen(text))
		return false;
	*value = strtod(text, &end);
	return !*end;
}

static int set(struct settings *s, const struct row *row, const char *text,
	struct err *e)
{
	double value;

	if (!is_real(text, &value) || value < row->min || value > row->max ||
		(row->whole && value != (double)(long)value))
		return err_set(e, ERR_OTHER,
			"%s: '%.100s' is no %s from %.0f to %.0f", row->name,
			text, row->whole ? "whole number" : "number", row->min,
			row->max);
	*field_of(s, row) = value;
	return 0;
}

int settings_set(
	struct settings *s, const char *name, const char *value, struct err *e)
{
	const struct row *row = find(name);

	if (!row)
		return err_set(e, ERR_ABSENT, "no setting '%.100s'", name);
	return set(s, row, value, e);
}

int settings_config(
	struct settings *s, const char *name, const cJSON *value, struct err *e)
{
	const struct row *row = find(name);

	if (!row || row->fixed)
		return err_set(e, ERR_ABSENT, "no setting '%.100s'", name);
	if (!cJSON_IsNumber(value))
		return err_set(e, ERR_OTHER, "%s: not a number", name);
	return set(s, row, value->valuestring, e);
}

bool settings_can_config(const char *name)
{
	const struct row *row = find(name);

	return row && !row->fixed && streq(row->name, name);
}

cJSON *settings_show(const struct settings *s)
{
	cJSON *all = cJSON_CreateObject();

	for (size_t i = 0; i < N_ROWS; i++) {
		double value = value_of(s, &rows[i]);

		json_set(all, rows[i].name,
			rows[i].whole ? json_new_int((int64_t)value)
				      : json_new_double(value));
	}
	return all;
}

void settings_help(void)
{
	char option[32];

	for (size_t i = 0; i < N_ROWS; i++) {
		snprintf(option, sizeof(option), "%s %s", rows[i].name,
			rows[i].unit);
		for (char *p = option; *p; p++)
			*p = (char)(*p == '_' ? '-' : *p);
		printf("  --%-18s %s (%g)\n", option, rows[i].help,
			rows[i].fallback);
	}
}
