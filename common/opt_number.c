/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_number.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"
#include "common/opt_unicode.h"
#include "common/str.h"

/* The parts of a number's text: [sign] whole [. fraction] [e exponent]. */
struct parts {
	bool negative;
	const char *whole, *fraction;
	size_t whole_length, fraction_length;
	long exponent; /* cut to +-EXPONENT_MAX */
};

#define EXPONENT_MAX 100000000

/* The text in ASCII, without white space at its ends, digits of any script as
 * 0 to 9; other characters become something that is in no number. */
static char *plain_digits(const char *text)
{
	char *stripped = opt_unicode_strip(text);
	const char *at = stripped;
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	while (*at) {
		unsigned code = opt_unicode_next(&at);
		int digit = opt_unicode_digit(code);
		char byte = '?';

		if (digit >= 0)
			byte = (char)('0' + digit);
		else if (code && code < 0x80)
			byte = (char)code;
		str_add_n(&s, &byte, 1);
	}
	mem_free(stripped);
	return str_take(&s);
}

static size_t count_digits(const char *text)
{
	return strspn(text, "0123456789");
}

static const char *split_exponent(const char *at, long *exponent)
{
	bool negative;

	*exponent = 0;
	if (*at != 'e' && *at != 'E')
		return at;
	at++;
	negative = *at == '-';
	if (*at == '-' || *at == '+')
		at++;
	if (!count_digits(at))
		return NULL;
	for (; isdigit((unsigned char)*at); at++)
		if (*exponent < EXPONENT_MAX)
			*exponent = *exponent * 10 + (*at - '0');
	if (*exponent > EXPONENT_MAX)
		*exponent = EXPONENT_MAX;
	if (negative)
		*exponent = -*exponent;
	return at;
}

/* False unless the whole text is a finite number. */
static bool split(const char *at, struct parts *p)
{
	p->negative = *at == '-';
	if (*at == '-' || *at == '+')
		at++;
	p->whole = at;
	p->whole_length = count_digits(at);
	at += p->whole_length;
	if (*at == '.')
		at++;
	p->fraction = at;
	p->fraction_length =
		p->whole + p->whole_length < at ? count_digits(at) : 0;
	at += p->fraction_length;
	if (p->whole_length + p->fraction_length == 0)
		return false;
	at = split_exponent(at, &p->exponent);
	return at && !*at;
}

/* The digits moved by `shift' places, if what falls off is zeros only. */
static char *shifted(const char *digits, bool negative, long shift)
{
	size_t length = strlen(digits);
	struct str s;

	if (!length)
		return mem_copy("0");
	if (shift > OPT_NUMBER_DIGITS_MAX)
		return NULL;
	if (shift < 0) {
		size_t off = (size_t)-shift;

		if (off >= length || strspn(digits + length - off, "0") != off)
			return NULL;
		length -= off;
		shift = 0;
	}
	if (length + (size_t)shift > OPT_NUMBER_DIGITS_MAX)
		return NULL;
	str_init(&s, length + (size_t)shift + 1);
	str_add(&s, negative ? "-" : "");
	str_add_n(&s, digits, length);
	while (shift-- > 0)
		str_add(&s, "0");
	return str_take(&s);
}

static char *integer_of(const struct parts *p)
{
	struct str s;
	char *result;

	str_init(&s, SIZE_MAX / 4);
	str_add_n(&s, p->whole, p->whole_length);
	str_add_n(&s, p->fraction, p->fraction_length);
	result = shifted(s.text + strspn(s.text, "0"), p->negative,
		p->exponent - (long)p->fraction_length);
	str_free(&s);
	return result;
}

/* Decimal() drops underscores wherever they stand. */
static void drop_underscores(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (*text != '_')
			*to++ = *text;
	*to = '\0';
}

/* float() takes them only between digits. */
static bool underscores_fit(const char *text)
{
	for (const char *p = strchr(text, '_'); p; p = strchr(p + 1, '_'))
		if (p == text || !isdigit((unsigned char)p[-1]) ||
			!isdigit((unsigned char)p[1]))
			return false;
	return true;
}

char *opt_number_int(const char *text)
{
	char *plain = plain_digits(text), *result = NULL;
	struct parts parts;

	drop_underscores(plain);
	if (split(plain, &parts))
		result = integer_of(&parts);
	mem_free(plain);
	return result;
}

char *opt_number_whole(double number)
{
	char *text;

	if (!isfinite(number))
		return NULL;
	/* The sum turns -0.0 into 0.0. */
	text = mem_printf("%.0f", number + 0.0);
	if (strtod(text, NULL) == number)
		return text;
	mem_free(text);
	return NULL;
}

static bool is_name_of_float(const char *text)
{
	if (*text == '-' || *text == '+')
		text++;
	return !strcasecmp(text, "inf") || !strcasecmp(text, "infinity") ||
	       !strcasecmp(text, "nan");
}

bool opt_number_float(const char *text, double *number)
{
	char *plain = plain_digits(text);
	struct parts parts;
	bool ok = underscores_fit(plain);

	drop_underscores(plain);
	/* White space to Decimal(), but not to float(). */
	ok = ok && !strpbrk(text, "\x1c\x1d\x1e\x1f");
	ok = ok && (is_name_of_float(plain) || split(plain, &parts));
	if (ok)
		*number = strtod(plain, NULL);
	mem_free(plain);
	return ok;
}

/* A unit stands for 2 to the power of 10 times its place; long names in any
 * case, short ones as they are, a single letter in any case. */
static const struct {
	const char *byte_name, *byte_short, *bit_name, *bit_short;
} units[] = {
	{ "byte", "B", "bit", "b" },
	{ "kilobyte", "KB", "kilobit", "Kb" },
	{ "megabyte", "MB", "megabit", "Mb" },
	{ "gigabyte", "GB", "gigabit", "Gb" },
	{ "terabyte", "TB", "terabit", "Tb" },
	{ "petabyte", "PB", "petabit", "Pb" },
	{ "exabyte", "EB", "exabit", "Eb" },
	{ "zetabyte", "ZB", "zetabit", "Zb" },
	{ "yottabyte", "YB", "yottabit", "Yb" },
};

/* The power of two of a unit, or -1. */
static int unit_power(const char *unit, size_t length, bool bits)
{
	char *name = mem_copy_n(unit, length);
	int power = length ? -1 : 0;

	for (size_t i = 0; power < 0 && i < sizeof(units) / sizeof(*units);
		i++) {
		const char *full =
			bits ? units[i].bit_name : units[i].byte_name;
		const char *brief =
			bits ? units[i].bit_short : units[i].byte_short;

		if (!strcasecmp(name, full) || streq(name, brief) ||
			(length == 1 && tolower((unsigned char)*name) ==
						*units[i].byte_name))
			power = (int)(10 * i);
	}
	mem_free(name);
	return power;
}

static const char *skip_space(const char *at)
{
	for (const char *p = at; *p; at = p)
		if (!opt_unicode_is_space(opt_unicode_next(&p)))
			break;
	return at;
}

char *opt_number_size(const char *text, bool bits)
{
	size_t digits = count_digits(text), length;
	const char *unit;
	double number;
	int power;

	if (text[digits] == '.' && count_digits(text + digits + 1))
		digits += 1 + count_digits(text + digits + 1);
	if (!digits)
		return NULL;
	unit = skip_space(text + digits);
	length = strspn(unit, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (*skip_space(unit + length))
		return NULL;
	power = unit_power(unit, length, bits);
	if (power < 0)
		return NULL;
	number = ldexp(strtod(text, NULL), power);
	/* Half-way cases go to the even neighbour here as in Python's round().
	 */
	return isfinite(number) ? mem_printf("%.0f", number) : NULL;
}
