/* SPDX-License-Identifier: Apache-2.0 */
/* The forms in which a secret may come back from elsewhere. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/censor.h"
#include "common/err.h"
#include "common/mem.h"
#include "common/str.h"

/* A form that is shorter may be something else by chance: one in which the
 * secret can still be read, and one in which it cannot. */
#define LEAST_ESCAPED 4
#define LEAST_RECODED 8
/* And a line of several. */
#define LEAST_LINE 6

static char *json_ascii(const char *text)
{
	cJSON *string = json_new_str(text);
	char *quoted = json_text(string);
	char *inside = mem_copy_n(quoted + 1, strlen(quoted) - 2);

	mem_free(quoted);
	cJSON_Delete(string);
	return inside;
}

static char *json_ascii_twice(const char *text)
{
	char *once = json_ascii(text), *twice = json_ascii(once);

	mem_free(once);
	return twice;
}

static size_t ascii_length(const char *text)
{
	size_t length = 0;

	while (text[length] && (unsigned char)text[length] < 0x80)
		length++;
	return length;
}

/* As most others write it: what is not ASCII as it is. */
static char *json_utf8(const char *text)
{
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	while (*text) {
		size_t length = ascii_length(text);
		char *part = mem_copy_n(text, length);
		char *form = json_ascii(part);

		str_add(&s, form);
		for (text += length; (unsigned char)*text >= 0x80; text++)
			str_add_n(&s, text, 1);
		mem_free(form);
		mem_free(part);
	}
	return str_take(&s);
}

static char *json_utf8_twice(const char *text)
{
	char *once = json_utf8(text), *twice = json_utf8(once);

	mem_free(once);
	return twice;
}

static char *percent(const char *text)
{
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	str_add_url(&s, text);
	return str_take(&s);
}

static char *percent_lower(const char *text)
{
	char *encoded = percent(text);

	for (char *p = encoded; (p = strchr(p, '%')); p += 3) {
		p[1] = p[1] >= 'A' ? (char)(p[1] | 0x20) : p[1];
		p[2] = p[2] >= 'A' ? (char)(p[2] | 0x20) : p[2];
	}
	return encoded;
}

static char *in_err(const char *text)
{
	struct err e;

	err_set(&e, ERR_OTHER, "%s", text);
	return mem_copy(e.text);
}

static char *(*const escaped[])(const char *text) = {
	json_ascii,
	json_ascii_twice,
	json_utf8,
	json_utf8_twice,
	percent,
	percent_lower,
	in_err,
};

/* Without padding, which may be left out. */
static char *base64(const char *bytes, size_t length)
{
	char *text = str_base64(bytes, length);

	text[strcspn(text, "=")] = '\0';
	return text;
}

static char *base64_url(const char *bytes, size_t length)
{
	char *text = base64(bytes, length);

	for (char *p = text; *p; p++)
		*p = (char)(*p == '+' ? '-' : *p == '/' ? '_' : *p);
	return text;
}

static char *hex_of(const char *bytes, size_t length, const char *digits)
{
	char *text = mem_array(length + 1, 2);

	for (size_t i = 0; i < length; i++) {
		text[2 * i] = digits[(unsigned char)bytes[i] >> 4];
		text[2 * i + 1] = digits[(unsigned char)bytes[i] & 15];
	}
	return text;
}

static char *hex(const char *bytes, size_t length)
{
	return hex_of(bytes, length, "0123456789abcdef");
}

static char *hex_upper(const char *bytes, size_t length)
{
	return hex_of(bytes, length, "0123456789ABCDEF");
}

static char *(*const recoded[])(const char *bytes, size_t length) = {
	str_base64,
	base64,
	base64_url,
	hex,
	hex_upper,
};

/* Takes the form over. */
static void add_form(
	cJSON *secrets, char *form, const char *plain, size_t least)
{
	if (strlen(form) >= least && !streq(form, plain))
		json_append(secrets, json_new_str(form));
	mem_free(form);
}

void censor_add(cJSON *secrets, const char *bytes, size_t length)
{
	char *plain = mem_copy_n(bytes, length);
	size_t count = sizeof(escaped) / sizeof(*escaped);

	/* Bytes with a NUL are no text, and are shown as none. */
	if (strlen(plain) != length)
		count = 0;
	else
		json_append(secrets, json_new_str(plain));
	for (size_t i = 0; i < count; i++)
		add_form(secrets, escaped[i](plain), plain, LEAST_ESCAPED);
	for (size_t i = 0; i < sizeof(recoded) / sizeof(*recoded); i++)
		add_form(secrets, recoded[i](bytes, length), plain,
			LEAST_RECODED);
	mem_free(plain);
}

void censor_add_lines(cJSON *secrets, const char *text)
{
	censor_add(secrets, text, strlen(text));
	if (!strchr(text, '\n'))
		return;
	while (*text) {
		size_t length = strcspn(text, "\r\n");

		if (length >= LEAST_LINE)
			censor_add(secrets, text, length);
		text += length;
		text += strspn(text, "\r\n");
	}
}
