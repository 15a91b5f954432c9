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
	size_t characters;
};

/* Longest first; the end has no text. */
static int by_length(const void *a, const void *b)
{
	const struct secret *x = a, *y = b;

	if (x->characters != y->characters)
		return x->characters < y->characters ? 1 : -1;
	return strcmp(x->text, y->text);
}

static struct secret *sorted(const cJSON *secrets)
{
	struct secret *list =
		mem_array((size_t)json_size(secrets) + 1, sizeof(*list));
	size_t count = 0;

	json_each (secret, secrets) {
		const char *text = cJSON_GetStringValue(secret);

		if (text && *text)
			list[count++] = (struct secret){ text,
				opt_unicode_length(text) };
	}
	qsort(list, count, sizeof(*list), by_length);
	return list;
}

/* Takes the text over. */
static char *replaced(char *text, const char *secret)
{
	const char *from = text, *found = strstr(text, secret);
	struct str s;

	if (!found)
		return text;
	str_init(&s, SIZE_MAX / 4);
	for (; found; found = strstr(from, secret)) {
		str_add_n(&s, from, (size_t)(found - from));
		str_add(&s, STARS);
		from = found + strlen(secret);
	}
	str_add(&s, from);
	mem_free(text);
	return str_take(&s);
}

/* As Python does it, one secret after the other. Equal ones stand together. */
static char *without(const char *text, const struct secret *secrets)
{
	char *result = mem_copy(text);

	for (; secrets->text; secrets++)
		if (!streq(secrets->text, secrets[1].text))
			result = replaced(result, secrets->text);
	return result;
}

static bool holds(const char *text, const struct secret *secrets)
{
	for (; secrets->text; secrets++)
		if (strstr(text, secrets->text))
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
