/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str - a text that grows, up to a maximum given at birth; small text helpers.
 */
#ifndef COMMON_STR_H
#define COMMON_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Always a terminated C string. What would pass the maximum is dropped and
 * `full' is set; the text stays as it was before that call. */
struct str {
	char *text;
	size_t length, size, max;
	bool full;
};

void str_init(struct str *s, size_t max);
void str_add(struct str *s, const char *text);
void str_add_n(struct str *s, const char *bytes, size_t length);
void str_addf(struct str *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Percent-encoded for one path segment or one query value (RFC 3986). */
void str_add_url(struct str *s, const char *text);
/* Gives the text away; the caller frees it with mem_free(). What is left is as
 * after str_free(). */
char *str_take(struct str *s);
void str_free(struct str *s);

/* The length of the text, or of its longest part from the beginning that has at
 * most `max' bytes and ends at a whole UTF-8 character. */
size_t str_whole(const char *text, size_t max);
/* NULL is equal to NULL only. */
bool streq(const char *a, const char *b);
bool str_starts(const char *text, const char *prefix);
/* Case-insensitive (ASCII) search; NULL when it is not there. */
const char *str_find_nocase(const char *text, const char *what);
/* The whole text as a decimal integer, or false. */
bool str_int(const char *text, int64_t *value);
/* 8-4-4-4-12 hexadecimal digits, as the ids of servers and images are. */
bool str_is_uuid(const char *text);
/* 128 random bits as 32 hexadecimal digits; the caller frees it. */
char *str_random(void);
/* Standard base64 with padding (RFC 4648); the caller frees it. */
char *str_base64(const char *bytes, size_t length);

#endif
