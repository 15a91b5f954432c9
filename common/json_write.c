/* SPDX-License-Identifier: Apache-2.0 */
/* The writer of json.h: ASCII, with Python's separators. */
#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "common/str.h"

static void write_value(struct str *s, const cJSON *value);

/* Decodes one character of the tree's own encoding (json.h); a byte that
 * cannot be decoded, which no reader of ours makes, stands for itself. */
static unsigned next_code_point(const unsigned char **at)
{
	const unsigned char *p = *at;
	int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
	unsigned code = more == 0 ? *p : *p & (0x3fu >> more);

	for (int i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			*at = p + 1;
			return *p;
		}
		code = code << 6 | (p[i] & 63);
	}
	*at = p + 1 + more;
	return code;
}

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
	const unsigned char *p = (const unsigned char *)text;

	str_add(s, "\"");
	while (*p) {
		const unsigned char *from = p;

		while (is_plain(*p))
			p++;
		str_add_n(s, (const char *)from, (size_t)(p - from));
		if (*p)
			write_escaped(s, next_code_point(&p));
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
