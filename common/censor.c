/* SPDX-License-Identifier: Apache-2.0 */
#include "common/censor.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/opt_python.h"
#include "common/opt_unicode.h"
#include "common/str.h"

#define INSTEAD "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
#define STARS   "********"

struct secret {
	const char *text;
	size_t length, characters;
};

static int by_length(const void *a, const void *b)
{
	const struct secret *x = a, *y = b;

	if (x->characters != y->characters)
		return x->characters < y->characters ? 1 : -1;
	return strcmp(x->text, y->text);
}

/* Longest first, each once; the end has no text. */
static struct secret *sorted(const cJSON *secrets)
{
	struct secret *list =
		mem_array((size_t)json_size(secrets) + 1, sizeof(*list));
	size_t count = 0, kept = 0;

	json_each (secret, secrets) {
		const char *text = cJSON_GetStringValue(secret);

		if (text && *text)
			list[count++] = (struct secret){ text, strlen(text),
				opt_unicode_length(text) };
	}
	qsort(list, count, sizeof(*list), by_length);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !streq(list[i].text, list[i - 1].text))
			list[kept++] = list[i];
	list[kept] = (struct secret){ 0 };
	return list;
}

static void replace(
	struct str *text, const struct secret *secret, const char *found)
{
	const char *from = text->text;
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	for (; found; found = strstr(from, secret->text)) {
		str_add_n(&s, from, (size_t)(found - from));
		str_add(&s, STARS);
		from = found + secret->length;
	}
	str_add(&s, from);
	str_free(text);
	*text = s;
}

/* As Python does it, one secret after the other. */
static char *without(const char *text, const struct secret *secrets)
{
	struct str s;
	const char *found;

	str_init(&s, SIZE_MAX / 4);
	str_add(&s, text);
	for (; secrets->text; secrets++) {
		if (secrets->length > s.length)
			continue;
		found = strstr(s.text, secrets->text);
		if (found)
			replace(&s, secrets, found);
	}
	return str_take(&s);
}

static bool holds(const char *text, const struct secret *secrets)
{
	size_t length = strlen(text);

	for (; secrets->text; secrets++)
		if (secrets->length <= length && strstr(text, secrets->text))
			return true;
	return false;
}

static bool equals(const char *text, const struct secret *secrets)
{
	for (; secrets->text; secrets++)
		if (streq(text, secrets->text))
			return true;
	return false;
}

static cJSON *clean_string(const char *text, const struct secret *secrets)
{
	char *result = equals(text, secrets) ? mem_copy(INSTEAD)
					     : without(text, secrets);
	cJSON *string = json_new_str(result);

	mem_free(result);
	return string;
}

/* Neither Python's text of the number nor our own may show a secret. */
static cJSON *clean_number(const cJSON *number, const struct secret *secrets)
{
	char *text = opt_python_str(number);
	bool secret = holds(text, secrets) ||
		      holds(json_scalar_text(number), secrets);

	mem_free(text);
	return secret ? json_new_str(INSTEAD) : json_copy(number);
}

static cJSON *clean(const cJSON *value, const struct secret *secrets)
{
	cJSON *copy;

	if (cJSON_IsString(value))
		return clean_string(value->valuestring, secrets);
	if (cJSON_IsNumber(value))
		return clean_number(value, secrets);
	if (!cJSON_IsArray(value) && !cJSON_IsObject(value))
		return json_copy(value);
	copy = cJSON_IsArray(value) ? cJSON_CreateArray()
				    : cJSON_CreateObject();
	json_each (item, value) {
		if (item->string)
			cJSON_AddItemToObject(
				copy, item->string, clean(item, secrets));
		else
			cJSON_AddItemToArray(copy, clean(item, secrets));
	}
	return copy;
}

cJSON *censor_json(const cJSON *value, const cJSON *secrets)
{
	struct secret *list = sorted(secrets);
	cJSON *copy = clean(value, list);

	mem_free(list);
	return copy;
}

char *censor_text(const char *text, const cJSON *secrets)
{
	struct secret *list = sorted(secrets);
	char *result = without(text, list);

	mem_free(list);
	return result;
}
