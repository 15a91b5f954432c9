/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_unicode.h"

#include "common/mem.h"

struct range {
	unsigned first, last;
};

/* General categories Cc, Cf, Cs, Co, Zl, Zp, Zs and the code points that will
 * never be assigned (Unicode 14). */
static const struct range unprintable[] = {
	{ 0x0, 0x1f },
	{ 0x7f, 0xa0 },
	{ 0xad, 0xad },
	{ 0x600, 0x605 },
	{ 0x61c, 0x61c },
	{ 0x6dd, 0x6dd },
	{ 0x70f, 0x70f },
	{ 0x890, 0x891 },
	{ 0x8e2, 0x8e2 },
	{ 0x1680, 0x1680 },
	{ 0x180e, 0x180e },
	{ 0x2000, 0x200f },
	{ 0x2028, 0x202f },
	{ 0x205f, 0x206f },
	{ 0x3000, 0x3000 },
	{ 0xd800, 0xf8ff },
	{ 0xfdd0, 0xfdef },
	{ 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb },
	{ 0xfffe, 0xffff },
	{ 0x110bd, 0x110bd },
	{ 0x110cd, 0x110cd },
	{ 0x13430, 0x13438 },
	{ 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a },
	{ 0x1fffe, 0x1ffff },
	{ 0x2fffe, 0x2ffff },
	{ 0x3fffe, 0xe00ff },
	{ 0xe01f0, 0x10ffff },
};

static const struct range spaces[] = {
	{ 0x9, 0xd },
	{ 0x1c, 0x20 },
	{ 0x85, 0x85 },
	{ 0xa0, 0xa0 },
	{ 0x1680, 0x1680 },
	{ 0x2000, 0x200a },
	{ 0x2028, 0x2029 },
	{ 0x202f, 0x202f },
	{ 0x205f, 0x205f },
	{ 0x3000, 0x3000 },
};

/* The zeros of general category Nd; each begins a row of ten digits. */
static const unsigned zeros[] = { 0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6,
	0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
	0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
	0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0,
	0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136,
	0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0,
	0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce,
	0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950,
	0x1fbf0 };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool within(const struct range *ranges, size_t count, unsigned code)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

bool opt_unicode_is_space(unsigned code)
{
	return within(spaces, COUNT(spaces), code);
}

bool opt_unicode_is_printable(unsigned code)
{
	return !within(unprintable, COUNT(unprintable), code);
}

int opt_unicode_digit(unsigned code)
{
	for (size_t i = 0; i < COUNT(zeros); i++)
		if (code >= zeros[i] && code - zeros[i] < 10)
			return (int)(code - zeros[i]);
	return -1;
}

/* The bytes behind the first one of a character, and the least code point that
 * needs as many: what is longer than it must be is no text, except for U+0000.
 */
static const struct {
	unsigned char first, last;
	unsigned more, least;
} forms[] = {
	{ 0xc0, 0xdf, 1, 0x80 },
	{ 0xe0, 0xef, 2, 0x800 },
	{ 0xf0, 0xf4, 3, 0x10000 },
};

/* The code point of a character of several bytes, and how many follow the
 * first; false where none begins here. */
static bool decode(const unsigned char *p, unsigned *code, unsigned *more)
{
	size_t f = 0;

	while (f < COUNT(forms) && (*p < forms[f].first || *p > forms[f].last))
		f++;
	if (f == COUNT(forms))
		return false;
	*more = forms[f].more;
	*code = *p & (0x3fu >> *more);
	for (unsigned i = 1; i <= *more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return false;
		*code = *code << 6 | (p[i] & 0x3f);
	}
	return (*code >= forms[f].least && *code <= 0x10ffff) ||
	       (*code == 0 && *more == 1);
}

unsigned opt_unicode_next(const char **at)
{
	const unsigned char *p = (const unsigned char *)*at;
	unsigned code, more;

	if (!*p)
		return 0;
	if (!decode(p, &code, &more)) {
		code = *p;
		more = 0;
	}
	*at += 1 + more;
	return code;
}

bool opt_unicode_is_utf8(const char *text)
{
	while (*text) {
		const char *from = text;
		unsigned code = opt_unicode_next(&text);
		bool alone = text - from == 1;

		if (alone ? code >= 0x80
			  : code == 0 || (code >= 0xd800 && code <= 0xdfff))
			return false;
	}
	return true;
}

void opt_unicode_add(struct str *s, unsigned code)
{
	char bytes[4];
	size_t n = 0;

	if (code && code < 0x80) {
		bytes[n++] = (char)code;
	} else if (code < 0x800) {
		bytes[n++] = (char)(0xc0 | code >> 6);
	} else if (code < 0x10000) {
		bytes[n++] = (char)(0xe0 | code >> 12);
		bytes[n++] = (char)(0x80 | (code >> 6 & 0x3f));
	} else {
		bytes[n++] = (char)(0xf0 | code >> 18);
		bytes[n++] = (char)(0x80 | (code >> 12 & 0x3f));
		bytes[n++] = (char)(0x80 | (code >> 6 & 0x3f));
	}
	if (!code || code >= 0x80)
		bytes[n++] = (char)(0x80 | (code & 0x3f));
	str_add_n(s, bytes, n);
}

size_t opt_unicode_stripped_length(const char *text)
{
	const char *end = text;

	for (const char *at = text; *at;)
		if (!opt_unicode_is_space(opt_unicode_next(&at)))
			end = at;
	return (size_t)(end - text);
}

char *opt_unicode_strip(const char *text)
{
	for (const char *at = text; *at; text = at)
		if (!opt_unicode_is_space(opt_unicode_next(&at)))
			break;
	return mem_copy_n(text, opt_unicode_stripped_length(text));
}

size_t opt_unicode_length(const char *text)
{
	size_t length = 0;

	for (; *text; length++)
		opt_unicode_next(&text);
	return length;
}
