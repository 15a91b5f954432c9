/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opt_unicode - characters as Python sees them, in texts encoded as json.h
 * says: U+0000 is C0 80, a lone surrogate its three bytes.
 */
#ifndef COMMON_OPT_UNICODE_H
#define COMMON_OPT_UNICODE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/str.h"

/* The code point at *at, which moves behind it; 0 and no move at the end of
 * the text. A byte that begins no character stands for itself. */
unsigned opt_unicode_next(const char **at);
/* UTF-8 as others write it: no surrogates, U+0000 not as two bytes. */
bool opt_unicode_is_utf8(const char *text);
/* Adds a code point; U+0000 and surrogates in the encoding of json.h. */
void opt_unicode_add(struct str *s, unsigned code);
/* str.isspace() and str.isprintable() of one character. What Unicode has not
 * assigned yet counts as printable: that depends on Python's version. */
bool opt_unicode_is_space(unsigned code);
bool opt_unicode_is_printable(unsigned code);
/* The value of a decimal digit of any script, or -1. */
int opt_unicode_digit(unsigned code);
/* str.strip(): a copy without white space at both ends; the caller frees it. */
char *opt_unicode_strip(const char *text);
/* The length in bytes without the white space at the end (str.rstrip()). */
size_t opt_unicode_stripped_length(const char *text);
/* The number of characters. */
size_t opt_unicode_length(const char *text);

#endif
