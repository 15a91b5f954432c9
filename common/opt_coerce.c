/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_coerce.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "common/mem.h"
#include "common/opt_dict.h"
#include "common/opt_number.h"
#include "common/opt_path.h"
#include "common/opt_python.h"
#include "common/opt_unicode.h"
#include "common/str.h"

static cJSON *refuse(const cJSON *value, const char *wanted, char **reason)
{
	*reason = mem_printf("<class '%s'> cannot be converted to %s",
		opt_python_type(value), wanted);
	return NULL;
}

/* Takes the text over. */
static cJSON *string_of(char *text)
{
	cJSON *string = json_new_str(text);

	mem_free(text);
	return string;
}

/* Takes the text over, too; NULL for NULL. */
static cJSON *number_of(char *text)
{
	cJSON *number = text ? json_new_number(text) : NULL;

	mem_free(text);
	return number;
}

static cJSON *to_raw(const cJSON *value, char **reason)
{
	(void)reason;
	return json_copy(value);
}

static cJSON *to_str(const cJSON *value, char **reason)
{
	(void)reason;
	if (cJSON_IsString(value))
		return json_copy(value);
	if (cJSON_IsNull(value))
		return json_new_str("");
	return string_of(opt_python_str(value));
}

static cJSON *to_path(const cJSON *value, char **reason)
{
	cJSON *string = to_str(value, reason);
	cJSON *path = string_of(opt_path_expand(string->valuestring));

	cJSON_Delete(string);
	return path;
}

/* Python prints this set in an order of its own. */
#define BOOLEANS                                                               \
	"0, 1, '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', "  \
	"'y', 'yes'"

static cJSON *boolean_word(const char *text)
{
	static const struct {
		const char *word;
		bool truth;
	} words[] = { { "y", true }, { "yes", true }, { "on", true },
		{ "1", true }, { "true", true }, { "t", true }, { "n", false },
		{ "no", false }, { "off", false }, { "0", false },
		{ "false", false }, { "f", false } };
	char *stripped = opt_unicode_strip(text);
	cJSON *found = NULL;

	/* No other character has one of these in lower case. */
	for (char *p = stripped; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (size_t i = 0; !found && i < sizeof(words) / sizeof(*words); i++)
		if (streq(stripped, words[i].word))
			found = json_new_bool(words[i].truth);
	mem_free(stripped);
	return found;
}

static cJSON *to_bool(const cJSON *value, char **reason)
{
	cJSON *found = NULL;
	char *text;

	if (cJSON_IsBool(value))
		return json_copy(value);
	if (cJSON_IsString(value))
		found = boolean_word(value->valuestring);
	else if (!cJSON_IsNumber(value))
		return refuse(value, "a bool", reason);
	else if (value->valuedouble == 0 || value->valuedouble == 1)
		found = json_new_bool(value->valuedouble == 1);
	if (found)
		return found;
	text = opt_python_str(value);
	*reason = mem_printf("The value '%s' is not a valid boolean. "
			     "Valid booleans include: " BOOLEANS,
		text);
	mem_free(text);
	return NULL;
}

static cJSON *to_int(const cJSON *value, char **reason)
{
	cJSON *number = NULL;
	char *text;

	if (opt_python_is_float(value))
		number = number_of(opt_number_whole(value->valuedouble));
	else if (cJSON_IsNumber(value) || cJSON_IsBool(value))
		return json_copy(value);
	else if (cJSON_IsString(value))
		number = number_of(opt_number_int(value->valuestring));
	if (number)
		return number;
	text = opt_python_repr(value);
	*reason = mem_printf("\"%s\" cannot be converted to an int", text);
	mem_free(text);
	return NULL;
}

static cJSON *to_float(const cJSON *value, char **reason)
{
	double number;

	/* An int too great for a double is no float, infinity is one. */
	if (cJSON_IsNumber(value) &&
		(isfinite(value->valuedouble) || opt_python_is_float(value)))
		return json_new_double(value->valuedouble);
	if (cJSON_IsBool(value))
		return json_new_double(cJSON_IsTrue(value) ? 1 : 0);
	if (cJSON_IsString(value) &&
		opt_number_float(value->valuestring, &number))
		return json_new_double(number);
	return refuse(value, "a float", reason);
}

static cJSON *split(const char *text)
{
	cJSON *list = cJSON_CreateArray();

	for (;;) {
		size_t length = strcspn(text, ",");

		json_append(list, string_of(mem_copy_n(text, length)));
		if (!text[length])
			return list;
		text += length + 1;
	}
}

static cJSON *to_list(const cJSON *value, char **reason)
{
	cJSON *list;

	if (cJSON_IsArray(value))
		return json_copy(value);
	if (cJSON_IsString(value))
		return split(value->valuestring);
	if (!cJSON_IsNumber(value) && !cJSON_IsBool(value))
		return refuse(value, "a list", reason);
	list = cJSON_CreateArray();
	json_append(list, string_of(opt_python_str(value)));
	return list;
}

static cJSON *to_dict(const cJSON *value, char **reason)
{
	const char *why;
	cJSON *dict;

	if (cJSON_IsObject(value))
		return json_copy(value);
	if (!cJSON_IsString(value))
		return refuse(value, "a dict", reason);
	dict = opt_dict_parse(value->valuestring, &why);
	if (!dict)
		*reason = mem_copy(why);
	return dict;
}

static cJSON *to_json(const cJSON *value, char **reason)
{
	if (cJSON_IsString(value))
		return string_of(opt_unicode_strip(value->valuestring));
	if (cJSON_IsArray(value) || cJSON_IsObject(value))
		return string_of(json_text(value));
	return refuse(value, "a json string", reason);
}

static cJSON *to_size(
	const cJSON *value, bool bits, const char *wanted, char **reason)
{
	char *text = opt_python_str(value);
	cJSON *size = number_of(opt_number_size(text, bits));

	mem_free(text);
	return size ? size : refuse(value, wanted, reason);
}

static cJSON *to_bytes(const cJSON *value, char **reason)
{
	return to_size(value, false, "a Byte value", reason);
}

static cJSON *to_bits(const cJSON *value, char **reason)
{
	return to_size(value, true, "a Bit value", reason);
}

cJSON *opt_coerce(const char *type, const cJSON *value, char **reason)
{
	static const struct {
		const char *type;
		cJSON *(*convert)(const cJSON *value, char **reason);
	} types[] = { { "str", to_str }, { "bool", to_bool }, { "int", to_int },
		{ "float", to_float }, { "list", to_list }, { "dict", to_dict },
		{ "path", to_path }, { "raw", to_raw }, { "json", to_json },
		{ "jsonarg", to_json }, { "bytes", to_bytes },
		{ "bits", to_bits } };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (streq(type, types[i].type))
			return types[i].convert(value, reason);
	/* What Python says of a type that nobody knows. */
	*reason = mem_copy("'NoneType' object is not callable");
	return NULL;
}
