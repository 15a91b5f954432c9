/* SPDX-License-Identifier: Apache-2.0 */
/* The writer of json.h: ASCII, with Python's separators. */
#include "common/json.h"
#include "common/opt_unicode.h"
#include "common/str.h"

static void write_value(struct str *s, const cJSON *value);

static void write_escaped(struct str *s, unsigned code)
{
	static const char *const shorts[] = { ['"'] = "\\\"",
		['\\'] = "\\\\",
		['\n'] = "\\n",
		['\r'] = "\\r",
		['\t'] = "\\t",
		['\f'] = "\\f",
		['\b'] = "\\b" };

	if (code < sizeof(shorts) / sizeof(*shorts) && shorts[code]) {
		str_add(s, shorts[code]);
	} else if (code >= 0x10000) {
		code -= 0x10000;
		str_addf(s, "\\u%04x\\u%04x", 0xd800 + (code >> 10),
			0xdc00 + (code & 0x3ff));
	} else {
		str_addf(s, "\\u%04x", code);
	}
}

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static void write_string(struct str *s, const char *text)
{
	str_add(s, "\"");
	while (*text) {
		const char *from = text;

		while (is_plain((unsigned char)*text))
			text++;
		str_add_n(s, from, (size_t)(text - from));
		if (*text)
			write_escaped(s, opt_unicode_next(&text));
	}
	str_add(s, "\"");
}

static void write_container(struct str *s, const cJSON *value)
{
	bool object = cJSON_IsObject(value);

	str_add(s, object ? "{" : "[");
	json_each (item, value) {
		if (item != value->child)
			str_add(s, ", ");
		if (object) {
			write_string(s, item->string);
			str_add(s, ": ");
		}
		write_value(s, item);
	}
	str_add(s, object ? "}" : "]");
}

static void write_value(struct str *s, const cJSON *value)
{
	if (cJSON_IsString(value))
		write_string(s, value->valuestring);
	else if (cJSON_IsArray(value) || cJSON_IsObject(value))
		write_container(s, value);
	else
		str_add(s,
			cJSON_IsNull(value) ? "null" : json_scalar_text(value));
}

char *json_text(const cJSON *value)
{
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	write_value(&s, value);
	return str_take(&s);
}
