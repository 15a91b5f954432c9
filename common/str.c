/* SPDX-License-Identifier: Apache-2.0 */
#include "common/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/mem.h"

void str_init(struct str *s, size_t max)
{
	*s = (struct str){ .text = mem_new(1), .size = 1, .max = max };
}

void str_add_n(struct str *s, const char *bytes, size_t length)
{
	size_t need, size;

	if (length > s->max - s->length) {
		s->full = true;
		return;
	}
	need = s->length + length + 1;
	if (need > s->size) {
		size = s->size > SIZE_MAX / 2 ? need : s->size * 2;
		size = size < need ? need : size;
		size = size < 64 ? 64 : size;
		s->text = mem_resize(s->text, size, 1);
		s->size = size;
	}
	memcpy(s->text + s->length, bytes, length);
	s->length += length;
	s->text[s->length] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_add_n(s, text, strlen(text));
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = mem_vprintf(fmt, args);
	va_end(args);
	str_add(s, text);
	mem_free(text);
}

void str_add_url(struct str *s, const char *text)
{
	struct str encoded;

	str_init(&encoded, SIZE_MAX / 4);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (isalnum(byte) || strchr("-._~", byte))
			str_add_n(&encoded, text, 1);
		else
			str_addf(&encoded, "%%%02X", byte);
	}
	str_add_n(s, encoded.text, encoded.length);
	str_free(&encoded);
}

char *str_take(struct str *s)
{
	char *text = s->text;

	*s = (struct str){ 0 };
	return text;
}

void str_free(struct str *s)
{
	mem_free(s->text);
	*s = (struct str){ 0 };
}

size_t str_whole(const char *text, size_t max)
{
	size_t length = strnlen(text, max + 1);

	if (length <= max)
		return length;
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

bool streq(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool str_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

const char *str_find_nocase(const char *text, const char *what)
{
	return strcasestr(text, what);
}

bool str_int(const char *text, int64_t *value)
{
	char *end;
	long long parsed;

	if (!text || !(isdigit((unsigned char)*text) || *text == '-'))
		return false;
	errno = 0;
	parsed = strtoll(text, &end, 10);
	if (errno || *end || end == text)
		return false;
	*value = parsed;
	return true;
}

bool str_is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t i;

	for (i = 0; form[i] && text[i]; i++)
		if (form[i] == 'x' ? !isxdigit((unsigned char)text[i])
				   : text[i] != '-')
			return false;
	return !form[i] && !text[i];
}

char *str_random(void)
{
	unsigned char bits[16];
	char *text = mem_new(2 * sizeof(bits) + 1);

	while (getrandom(bits, sizeof(bits), 0) != sizeof(bits))
		;
	for (size_t i = 0; i < sizeof(bits); i++)
		snprintf(text + 2 * i, 3, "%02x", bits[i]);
	return text;
}

char *str_base64(const char *bytes, size_t length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = (const unsigned char *)bytes;
	char *out = mem_new(length / 3 * 4 + 5);
	char *o = out;

	for (size_t i = 0; i < length; i += 3) {
		uint32_t group = (uint32_t)in[i] << 16;

		if (i + 1 < length)
			group |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < length)
			group |= in[i + 2];
		*o++ = digits[group >> 18];
		*o++ = digits[group >> 12 & 63];
		*o++ = i + 1 < length ? digits[group >> 6 & 63] : '=';
		*o++ = i + 2 < length ? digits[group & 63] : '=';
	}
	return out;
}
