/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/template_weak.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

/* Digits enough to tell it from any other, no exponent. */
static char *double_text(double number)
{
	char *text;

	for (int digits = 0; digits < 20; digits++) {
		text = mem_printf("%.*f", digits, number);
		if (strtod(text, NULL) <= number &&
			strtod(text, NULL) >= number)
			return text;
		mem_free(text);
	}
	return mem_printf("%.20f", number);
}

char *weak_text(const cJSON *value)
{
	int64_t number;

	if (cJSON_IsString(value))
		return mem_copy(value->valuestring);
	if (cJSON_IsBool(value))
		return mem_copy(cJSON_IsTrue(value) ? "1" : "0");
	if (!cJSON_IsNumber(value))
		return NULL;
	if (json_is_int(value, &number))
		return mem_printf("%lld", (long long)number);
	return double_text(value->valuedouble);
}

/* 20, 0x14, 024 and 0b10100; nothing is 0. */
static bool integer_of_text(const char *text, int64_t *number)
{
	const char *digits = text + (*text == '-' || *text == '+');
	bool binary = digits[0] == '0' && (digits[1] | 32) == 'b';
	char *end;

	*number = 0;
	if (!*text)
		return true;
	if (!strchr("0123456789", *digits) || !*digits)
		return false;
	errno = 0;
	*number = strtoll(binary ? digits + 2 : text, &end, binary ? 2 : 0);
	if (binary && *text == '-')
		*number = -*number;
	return errno == 0 && !*end;
}

bool weak_integer(const cJSON *value, int64_t *number)
{
	if (cJSON_IsString(value))
		return integer_of_text(value->valuestring, number);
	if (cJSON_IsBool(value)) {
		*number = cJSON_IsTrue(value);
		return true;
	}
	if (!cJSON_IsNumber(value))
		return false;
	if (json_is_int(value, number))
		return true;
	if (!(fabs(value->valuedouble) < 9e18))
		return false;
	*number = (int64_t)value->valuedouble;
	return true;
}

static bool among(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (streq(text, *words))
			return true;
	return false;
}

bool weak_bool(const cJSON *value, bool *truth)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE",
		"True", NULL };
	static const char *const no[] = { "", "0", "f", "F", "false", "FALSE",
		"False", NULL };

	if (cJSON_IsNumber(value)) {
		*truth = value->valuedouble < 0 || value->valuedouble > 0;
		return true;
	}
	if (cJSON_IsBool(value)) {
		*truth = cJSON_IsTrue(value);
		return true;
	}
	if (!cJSON_IsString(value))
		return false;
	*truth = among(value->valuestring, yes);
	return *truth || among(value->valuestring, no);
}
