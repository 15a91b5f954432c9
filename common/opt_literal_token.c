/* SPDX-License-Identifier: Apache-2.0 */
/* The strings and numbers of Python's source, as its language reference
 * (2. Lexical analysis) defines them. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/opt_literal.h"
#include "common/opt_number.h"
#include "common/opt_unicode.h"
#include "common/str.h"

const char *opt_literal_skip(const char *at)
{
	for (;;) {
		at += strspn(at, " \t\f\n");
		if (*at == '#')
			at += strcspn(at, "\n");
		else if (at[0] == '\\' && at[1] == '\n')
			at += 2;
		else
			return at;
	}
}

/* A string being read: its quotes are `quotes' times `quote'. */
struct string {
	const char *at;
	char quote;
	size_t quotes;
	bool raw;
	struct str text;
};

/* A prefix other than u and r makes bytes or needs code to run. */
static bool open_string(struct string *s)
{
	const char *at = s->at;

	s->raw = *at == 'r' || *at == 'R';
	if (s->raw || *at == 'u' || *at == 'U')
		at++;
	if (*at != '\'' && *at != '"')
		return false;
	s->quote = *at;
	s->quotes = at[1] == *at && at[2] == *at ? 3 : 1;
	s->at = at + s->quotes;
	return true;
}

static bool at_end(const struct string *s)
{
	for (size_t i = 0; i < s->quotes; i++)
		if (s->at[i] != s->quote)
			return false;
	return true;
}

static int hex_digit(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10;
}

/* A character by its number in exactly so many hexadecimal digits. */
static bool add_by_number(struct string *s, int digits)
{
	unsigned code = 0;

	for (s->at++; digits > 0; digits--, s->at++) {
		int digit = hex_digit(*s->at);

		if (digit < 0)
			return false;
		code = code * 16 + (unsigned)digit;
	}
	opt_unicode_add(&s->text, code > 0x10ffff ? '?' : code);
	return code <= 0x10ffff;
}

static void add_octal(struct string *s)
{
	unsigned code = 0;

	for (int i = 0; i < 3 && *s->at >= '0' && *s->at <= '7'; i++, s->at++)
		code = code * 8 + (unsigned)(*s->at - '0');
	opt_unicode_add(&s->text, code);
}

/* Behind a backslash. What is no escape keeps its backslash. */
static bool add_escape(struct string *s)
{
	static const char letters[] = "\\'\"abfnrtv";
	static const char meanings[] = "\\'\"\a\b\f\n\r\t\v";
	const char *found = *s->at ? strchr(letters, *s->at) : NULL;

	switch (*s->at) {
	case '\0':
	case 'N':
		return false;
	case '\n':
		s->at++;
		return true;
	case 'x':
		return add_by_number(s, 2);
	case 'u':
		return add_by_number(s, 4);
	case 'U':
		return add_by_number(s, 8);
	}
	if (*s->at >= '0' && *s->at <= '7') {
		add_octal(s);
		return true;
	}
	str_add_n(&s->text, found ? &meanings[found - letters] : "\\", 1);
	s->at += found ? 1 : 0;
	return true;
}

static bool add_raw_escape(struct string *s)
{
	if (!*s->at)
		return false;
	str_add(&s->text, "\\");
	str_add_n(&s->text, s->at++, 1);
	return true;
}

/* The text up to the closing quotes, which s->at is moved behind. */
static bool read_text(struct string *s)
{
	while (!at_end(s)) {
		if (!*s->at || (*s->at == '\n' && s->quotes == 1))
			return false;
		if (*s->at != '\\') {
			str_add_n(&s->text, s->at++, 1);
			continue;
		}
		s->at++;
		if (!(s->raw ? add_raw_escape(s) : add_escape(s)))
			return false;
	}
	s->at += s->quotes;
	return true;
}

char *opt_literal_string(const char **at)
{
	struct string s = { .at = *at };
	bool ok = open_string(&s);

	if (!ok)
		return NULL;
	str_init(&s.text, SIZE_MAX / 4);
	do {
		ok = read_text(&s);
		*at = s.at;
		s.at = opt_literal_skip(s.at);
	} while (ok && open_string(&s));
	if (ok)
		return str_take(&s.text);
	str_free(&s.text);
	return NULL;
}

/* The length of digits with single underscores between them; 0 if there are
 * none. */
static size_t span_digits(const char *at, int base)
{
	size_t length = 0;

	while (hex_digit(at[length]) >= 0 && hex_digit(at[length]) < base) {
		length++;
		if (at[length] == '_' && hex_digit(at[length + 1]) >= 0 &&
			hex_digit(at[length + 1]) < base)
			length++;
	}
	return length;
}

static char *without_underscores(const char *at, size_t length)
{
	char *text = mem_copy_n(at, length), *to = text;

	for (const char *p = text; *p; p++)
		if (*p != '_')
			*to++ = *p;
	*to = '\0';
	return text;
}

/* number = number * base + digit, in decimal digits, the lowest first. */
static bool append_digit(char *number, size_t *length, int base, int digit)
{
	for (size_t i = 0; i < *length; i++) {
		digit += number[i] * base;
		number[i] = (char)(digit % 10);
		digit /= 10;
	}
	for (; digit; digit /= 10) {
		if (*length == OPT_NUMBER_DIGITS_MAX)
			return false;
		number[(*length)++] = (char)(digit % 10);
	}
	return true;
}

/* Digits of a base other than ten. */
static cJSON *convert(const char *digits, int base)
{
	char number[OPT_NUMBER_DIGITS_MAX], text[OPT_NUMBER_DIGITS_MAX + 1];
	size_t length = 0;

	for (; *digits; digits++)
		if (!append_digit(number, &length, base, hex_digit(*digits)))
			return NULL;
	for (size_t i = 0; i < length; i++)
		text[i] = (char)('0' + number[length - 1 - i]);
	text[length] = '\0';
	return json_new_number(length ? text : "0");
}

static int base_of(const char *at)
{
	if (at[0] != '0')
		return 10;
	switch (at[1] | 32) {
	case 'x':
		return 16;
	case 'o':
		return 8;
	case 'b':
		return 2;
	}
	return 10;
}

/* 0x1f and the like; an underscore may follow the letter. */
static cJSON *read_other_base(const char **at, int base)
{
	const char *digits = *at + ((*at)[2] == '_' ? 3 : 2);
	size_t length = span_digits(digits, base);
	char *text = without_underscores(digits, length);
	cJSON *number = length ? convert(text, base) : NULL;

	mem_free(text);
	*at = digits + length;
	return number;
}

static cJSON *read_int(const char *text)
{
	size_t zeros = strspn(text, "0"), length = strlen(text);

	if (zeros == length)
		return json_new_number("0");
	if (zeros || length > OPT_NUMBER_DIGITS_MAX)
		return NULL;
	return json_new_number(text);
}

static cJSON *read_decimal(const char **at)
{
	size_t length = span_digits(*at, 10), exponent;
	const char *start = *at;
	bool real = start[length] == '.';
	cJSON *number;
	char *text;

	if (real) {
		length++;
		length += span_digits(start + length, 10);
	}
	if ((start[length] | 32) == 'e') {
		real = true;
		length++;
		length += start[length] == '-' || start[length] == '+';
		exponent = span_digits(start + length, 10);
		if (!exponent)
			return NULL;
		length += exponent;
	}
	text = without_underscores(start, length);
	number = real ? json_new_double(strtod(text, NULL)) : read_int(text);
	mem_free(text);
	*at = start + length;
	return number;
}

cJSON *opt_literal_number(const char **at)
{
	int base = base_of(*at);
	cJSON *number =
		base == 10 ? read_decimal(at) : read_other_base(at, base);

	/* A letter makes it a complex number or nothing at all. */
	if (number && (isalnum((unsigned char)**at) || **at == '_' ||
			      (unsigned char)**at > 0x7f)) {
		cJSON_Delete(number);
		number = NULL;
	}
	return number;
}
