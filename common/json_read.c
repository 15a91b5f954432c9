/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of json.h: bytes that nobody vouches for become a tree. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "common/opt_unicode.h"
#include "common/str.h"

#define REPEATED_MAX 20

struct reader {
	const char *start, *at, *end;
	int depth, values;
	bool strict;
	cJSON *repeated; /* where keys that are there twice are listed, or NULL
			  */
	struct err *err;
};

static cJSON *read_value(struct reader *r);

static void find_place(
	const struct reader *r, const char *at, size_t *line, size_t *column)
{
	*line = *column = 1;
	for (const char *p = r->start; p < at; p++) {
		++*column;
		if (*p == '\n') {
			++*line;
			*column = 1;
		}
	}
}

static cJSON *refuse(struct reader *r, const char *why)
{
	size_t line, column;

	find_place(r, r->at, &line, &column);
	err_set(r->err, ERR_OTHER, "%s at line %zu, column %zu", why, line,
		column);
	if (r->strict)
		err_more(r->err, "(byte %zu)", (size_t)(r->at - r->start) + 1);
	return NULL;
}

static void skip_space(struct reader *r)
{
	while (r->at < r->end && memchr(" \t\r\n", *r->at, 4))
		r->at++;
}

static bool take(struct reader *r, char wanted)
{
	if (r->at == r->end || *r->at != wanted)
		return false;
	r->at++;
	return true;
}

static bool take_word(struct reader *r, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length))
		return false;
	r->at += length;
	return true;
}

/* The length of the UTF-8 sequence at p, surrogates and U+0000 in our own
 * encoding excluded; 0 when it is none. */
static size_t utf8_length(const unsigned char *p, const unsigned char *end)
{
	static const unsigned char least[] = { 0, 0, 0x80, 0xa0, 0x90 };
	size_t length = *p < 0x80                  ? 1
			: *p >= 0xc2 && *p <= 0xdf ? 2
			: (*p & 0xf0) == 0xe0      ? 3
			: *p >= 0xf0 && *p <= 0xf4 ? 4
						   : 0;

	if (!length || (size_t)(end - p) < length)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 || *p == 0xf0) && p[1] < least[length])
		return 0;
	if ((*p == 0xed && p[1] > 0x9f) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return length;
}

static bool read_hex4(struct reader *r, unsigned *code)
{
	*code = 0;
	if (r->end - r->at < 4)
		return false;
	for (int i = 0; i < 4; i++, r->at++) {
		unsigned char c = (unsigned char)*r->at;

		if (!isxdigit(c))
			return false;
		*code = *code * 16 +
			(unsigned)(isdigit(c) ? c - '0' : (c | 32) - 'a' + 10);
	}
	return true;
}

static bool read_unicode_escape(struct reader *r, struct str *s)
{
	unsigned high, low;
	const char *before;

	if (!read_hex4(r, &high))
		return false;
	before = r->at;
	if (high >= 0xd800 && high <= 0xdbff && take_word(r, "\\u") &&
		read_hex4(r, &low) && low >= 0xdc00 && low <= 0xdfff) {
		opt_unicode_add(
			s, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
		return true;
	}
	r->at = before;
	opt_unicode_add(s, high);
	return true;
}

static bool read_escape(struct reader *r, struct str *s)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (take(r, 'u'))
		return read_unicode_escape(r, s);
	if (r->at == r->end || !*r->at)
		return false;
	found = strchr(letters, *r->at);
	if (!found)
		return false;
	str_add_n(s, &meanings[found - letters], 1);
	r->at++;
	return true;
}

static void add_raw_bytes(struct reader *r, struct str *s)
{
	const char *from = r->at;
	size_t length;

	while (r->at < r->end && *r->at != '"' && *r->at != '\\' &&
		(unsigned char)*r->at >= 0x20 && (unsigned char)*r->at < 0x80)
		r->at++;
	str_add_n(s, from, (size_t)(r->at - from));
	if (r->at == r->end || (unsigned char)*r->at < 0x80)
		return;
	length = utf8_length(
		(const unsigned char *)r->at, (const unsigned char *)r->end);
	if (length)
		str_add_n(s, r->at, length);
	else
		str_add(s, "\xef\xbf\xbd");
	r->at += length ? length : 1;
}

/* Nearly every text of a list of servers is of this kind: it is copied at once.
 * NULL for any other, with nothing taken. */
static char *read_plain_string(struct reader *r)
{
	const char *p = r->at;
	char *text;

	while (p < r->end && *p != '"' && *p != '\\' &&
		(unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80)
		p++;
	if (p == r->end || *p != '"')
		return NULL;
	text = mem_copy_n(r->at, (size_t)(p - r->at));
	r->at = p + 1;
	return text;
}

/* The opening quote has been taken. The caller frees the text. */
static char *read_string(struct reader *r)
{
	char *text = read_plain_string(r);
	struct str s;

	if (text)
		return text;
	str_init(&s, SIZE_MAX / 4);
	while (r->at < r->end && *r->at != '"') {
		if ((unsigned char)*r->at < 0x20) {
			refuse(r, "control character in a string");
			break;
		}
		if (!take(r, '\\')) {
			add_raw_bytes(r, &s);
		} else if (!read_escape(r, &s)) {
			refuse(r, "bad escape in a string");
			break;
		}
	}
	if (r->err->code == ERR_NONE && !take(r, '"'))
		refuse(r, "string without an end");
	if (r->err->code == ERR_NONE)
		return str_take(&s);
	str_free(&s);
	return NULL;
}

static void skip_digits(struct reader *r)
{
	while (r->at < r->end && isdigit((unsigned char)*r->at))
		r->at++;
}

static bool at_digit(const struct reader *r)
{
	return r->at < r->end && isdigit((unsigned char)*r->at);
}

static bool skip_number(struct reader *r)
{
	take(r, '-');
	if (!r->strict && take_word(r, "Infinity"))
		return true;
	if (!at_digit(r))
		return false;
	if (!take(r, '0'))
		skip_digits(r);
	else if (at_digit(r))
		return false;
	if (take(r, '.')) {
		if (!at_digit(r))
			return false;
		skip_digits(r);
	}
	if (take(r, 'e') || take(r, 'E')) {
		if (!take(r, '+'))
			take(r, '-');
		if (!at_digit(r))
			return false;
		skip_digits(r);
	}
	return true;
}

static cJSON *read_number(struct reader *r)
{
	const char *from = r->at;
	cJSON *number;
	char *text;

	if ((r->strict || !take_word(r, "NaN")) && !skip_number(r))
		return refuse(r, "no JSON value");
	text = mem_copy_n(from, (size_t)(r->at - from));
	number = json_new_number(text);
	mem_free(text);
	return number;
}

static cJSON *read_list(struct reader *r)
{
	cJSON *list = cJSON_CreateArray();

	skip_space(r);
	if (take(r, ']'))
		return list;
	do {
		cJSON *item = read_value(r);

		if (!item) {
			cJSON_Delete(list);
			return NULL;
		}
		cJSON_AddItemToArray(list, item);
		skip_space(r);
	} while (take(r, ','));
	if (take(r, ']'))
		return list;
	cJSON_Delete(list);
	return refuse(r, "no comma or end in a list");
}

static int by_key(const void *a, const void *b)
{
	const cJSON *const *x = a, *const *y = b;
	int order = strcmp((*x)->string, (*y)->string);

	return order ? order : (*x)->valueint - (*y)->valueint;
}

static void list_repeated(struct reader *r, const char *key)
{
	size_t line, column;
	char *text;

	/* Finding the place takes as long as reading up to there. */
	if (!r->repeated || json_size(r->repeated) == REPEATED_MAX)
		return;
	find_place(r, r->at - 1, &line, &column);
	text = mem_printf("\"%s\" is there more than once in the object that "
			  "ends at line %zu, column %zu",
		key, line, column);
	json_append(r->repeated, json_new_str(text));
	mem_free(text);
}

/* The first place, the last value: as Python's dict does. Sorting keeps this
 * fast for objects that are made to be slow. */
static void drop_repeated_keys(struct reader *r, cJSON *object, int count)
{
	cJSON **members = mem_array((size_t)count, sizeof(*members));
	int n = 0;

	json_each (member, object) {
		member->valueint = n;
		members[n++] = member;
	}
	qsort(members, (size_t)n, sizeof(*members), by_key);
	for (int first = 0, i = 1; i <= n; i++) {
		if (i < n && streq(members[first]->string, members[i]->string))
			continue;
		if (i - first > 1) {
			cJSON *last = members[i - 1];

			list_repeated(r, last->string);
			cJSON_DetachItemViaPointer(object, last);
			cJSON_ReplaceItemViaPointer(
				object, members[first], last);
		}
		for (int j = first + 1; j < i - 1; j++)
			cJSON_Delete(
				cJSON_DetachItemViaPointer(object, members[j]));
		first = i;
	}
	mem_free(members);
}

static bool read_member(struct reader *r, cJSON *object)
{
	cJSON *value = NULL;
	char *key;

	skip_space(r);
	if (!take(r, '"')) {
		refuse(r, "no key in an object");
		return false;
	}
	key = read_string(r);
	skip_space(r);
	if (key && !take(r, ':'))
		refuse(r, "no colon after a key");
	else if (key)
		value = read_value(r);
	if (!value) {
		mem_free(key);
		return false;
	}
	/* cJSON's own function for objects would copy the key. */
	value->string = key;
	cJSON_AddItemToArray(object, value);
	return true;
}

static cJSON *read_object(struct reader *r)
{
	cJSON *object = cJSON_CreateObject();
	int count = 0;

	skip_space(r);
	if (take(r, '}'))
		return object;
	do {
		if (!read_member(r, object)) {
			cJSON_Delete(object);
			return NULL;
		}
		if (++count > JSON_MEMBERS_MAX) {
			cJSON_Delete(object);
			return refuse(r, "an object of too many members");
		}
		skip_space(r);
	} while (take(r, ','));
	if (!take(r, '}')) {
		cJSON_Delete(object);
		return refuse(r, "no comma or end in an object");
	}
	if (count > 1)
		drop_repeated_keys(r, object, count);
	return object;
}

static cJSON *read_text(struct reader *r)
{
	char *text = read_string(r);
	cJSON *value;

	if (!text)
		return NULL;
	value = cJSON_CreateNull();
	value->type = cJSON_String;
	value->valuestring = text;
	return value;
}

static cJSON *read_nested(struct reader *r, cJSON *(*read)(struct reader *))
{
	cJSON *value;

	if (r->depth == JSON_DEPTH_MAX)
		return refuse(r, "nested too deeply");
	r->depth++;
	value = read(r);
	r->depth--;
	return value;
}

static cJSON *read_value(struct reader *r)
{
	if (r->values++ == JSON_VALUES_MAX)
		return refuse(r, "too many values");
	skip_space(r);
	if (take(r, '{'))
		return read_nested(r, read_object);
	if (take(r, '['))
		return read_nested(r, read_list);
	if (take(r, '"'))
		return read_text(r);
	if (take_word(r, "true"))
		return cJSON_CreateTrue();
	if (take_word(r, "false"))
		return cJSON_CreateFalse();
	if (take_word(r, "null"))
		return cJSON_CreateNull();
	return read_number(r);
}

static cJSON *read_whole(struct reader *r)
{
	cJSON *value;

	r->err->code = ERR_NONE;
	value = read_value(r);
	if (!value)
		return NULL;
	skip_space(r);
	if (r->at == r->end)
		return value;
	cJSON_Delete(value);
	return refuse(r, "more text after the JSON value");
}

cJSON *json_parse(const char *text, size_t length, struct err *e)
{
	struct reader r = {
		.start = text, .at = text, .end = text + length, .err = e
	};

	return read_whole(&r);
}

cJSON *json_parse_strict(
	const char *text, size_t length, cJSON *repeated, struct err *e)
{
	struct reader r = {
		.start = text,
		.at = text,
		.end = text + length,
		.strict = true,
		.repeated = repeated,
		.err = e,
	};

	return read_whole(&r);
}

cJSON *json_literal(const char *text)
{
	char *quoted = mem_copy(text);
	struct err e;
	cJSON *value;

	for (char *p = quoted; *p; p++)
		if (*p == '\'')
			*p = '"';
	value = json_parse(quoted, strlen(quoted), &e);
	mem_free(quoted);
	if (!value)
		abort();
	return value;
}
