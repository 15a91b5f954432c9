/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/shape.h"

#include <math.h>
#include <stddef.h>

#include "common/str.h"
#include "tests/cloud/match.h"

/* A hundred years. */
#define SECONDS_MAX 3.2e9

static bool is_regex(const cJSON *value)
{
	regex_t regex;

	if (!cJSON_IsString(value))
		return false;
	if (match_compile(&regex, value->valuestring) != 0)
		return false;
	regfree(&regex);
	return true;
}

static bool is_whole(const cJSON *value, int64_t least, int64_t most)
{
	int64_t number;

	return json_is_int(value, &number) && number >= least && number <= most;
}

static bool is_seconds(const cJSON *value)
{
	return cJSON_IsNumber(value) && isfinite(value->valuedouble) &&
	       value->valuedouble >= 0 && value->valuedouble <= SECONDS_MAX;
}

static bool are_texts(const cJSON *value)
{
	json_each (member, value) {
		if (!cJSON_IsString(member))
			return false;
	}
	return cJSON_IsObject(value);
}

static bool is_of_kind(const cJSON *value, enum shape_kind kind)
{
	switch (kind) {
	case SHAPE_ANY:
		return true;
	case SHAPE_TEXT:
		return cJSON_IsString(value);
	case SHAPE_REGEX:
		return is_regex(value);
	case SHAPE_SECONDS:
		return is_seconds(value);
	case SHAPE_COUNT:
		return is_whole(value, 0, INT32_MAX);
	case SHAPE_STATUS:
		return is_whole(value, 200, 599);
	case SHAPE_BOOL:
		return cJSON_IsBool(value);
	case SHAPE_OBJECT:
		return cJSON_IsObject(value);
	case SHAPE_LIST:
		return cJSON_IsArray(value);
	case SHAPE_TEXTS:
		return are_texts(value);
	}
	return false;
}

int shape_check(const cJSON *value, const struct shape *rows, struct err *e)
{
	static const char *const words[] = { "anything", "a text",
		"a regular expression", "a number of seconds", "a whole number",
		"a status from 200 to 599", "a boolean", "an object", "a list",
		"an object of texts" };

	if (!cJSON_IsObject(value))
		return err_set(e, ERR_OTHER, "not an object");
	json_each (member, value) {
		const struct shape *row = rows;

		while (row->name && !streq(row->name, member->string))
			row++;
		if (!row->name)
			return err_set(e, ERR_OTHER, "unknown member '%.100s'",
				member->string);
		if (!is_of_kind(member, row->kind))
			return err_set(e, ERR_OTHER, "%s is not %s", row->name,
				words[row->kind]);
	}
	return 0;
}

double shape_seconds(const cJSON *object, const char *name, double fallback)
{
	const cJSON *value = json_member(object, name);

	return cJSON_IsNumber(value) ? value->valuedouble : fallback;
}
