/* SPDX-License-Identifier: Apache-2.0 */
/* Values, tuples, lists and dictionaries; their tokens are in
 * opt_literal_token.c. */
#include "common/opt_literal.h"

#include <ctype.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

struct reader {
	const char *at;
	int depth;
	/* Whether the value just read was a number without a sign, in brackets
	 * or not: only such a one may follow a sign. */
	bool unsigned_number;
};

static cJSON *read_value(struct reader *r);

static bool take(struct reader *r, char wanted)
{
	r->at = opt_literal_skip(r->at);
	if (*r->at != wanted)
		return false;
	r->at++;
	return true;
}

static cJSON *drop(cJSON *value)
{
	cJSON_Delete(value);
	return NULL;
}

/* Items up to the closing bracket, at least one; *comma tells whether there
 * was a comma, which makes a tuple of one. */
static cJSON *read_items(struct reader *r, char close, bool *comma)
{
	cJSON *list = cJSON_CreateArray();

	*comma = false;
	do {
		cJSON *item = read_value(r);

		if (!item)
			return drop(list);
		cJSON_AddItemToArray(list, item);
		if (take(r, close))
			return list;
		if (!take(r, ','))
			return drop(list);
		*comma = true;
	} while (!take(r, close));
	return list;
}

static cJSON *read_list(struct reader *r)
{
	bool comma;

	return take(r, ']') ? cJSON_CreateArray() : read_items(r, ']', &comma);
}

/* (x) is x, (x,) and (x, y) are tuples. */
static cJSON *read_brackets(struct reader *r)
{
	bool comma;
	cJSON *items, *only;

	if (take(r, ')'))
		return cJSON_CreateArray();
	items = read_items(r, ')', &comma);
	if (!items || comma)
		return items;
	only = cJSON_DetachItemFromArray(items, 0);
	cJSON_Delete(items);
	return only;
}

/* A key as json.dumps() writes it, or NULL. */
static char *key_text(const cJSON *key)
{
	if (cJSON_IsNull(key))
		return mem_copy("null");
	return json_scalar_text(key) ? mem_copy(json_scalar_text(key)) : NULL;
}

static bool read_member(struct reader *r, cJSON *dict)
{
	cJSON *key = read_value(r), *value = NULL;
	char *text = key ? key_text(key) : NULL;

	if (text && take(r, ':'))
		value = read_value(r);
	if (value)
		cJSON_AddItemToObject(dict, text, value);
	mem_free(text);
	cJSON_Delete(key);
	return value != NULL;
}

static cJSON *read_dict(struct reader *r)
{
	cJSON *dict = cJSON_CreateObject();

	while (!take(r, '}')) {
		if (!read_member(r, dict))
			return drop(dict);
		if (take(r, '}'))
			return dict;
		if (!take(r, ','))
			return drop(dict);
	}
	return dict;
}

static cJSON *read_nested(struct reader *r, cJSON *(*read)(struct reader *))
{
	cJSON *value;

	if (r->depth == JSON_DEPTH_MAX)
		return NULL;
	r->depth++;
	r->at++;
	value = read(r);
	r->depth--;
	return value;
}

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c > 0x7f;
}

static cJSON *read_name(struct reader *r)
{
	size_t length = 0;
	char *name;
	cJSON *value = NULL;

	while (in_name(r->at[length]))
		length++;
	name = mem_copy_n(r->at, length);
	if (streq(name, "None"))
		value = cJSON_CreateNull();
	else if (streq(name, "True") || streq(name, "False"))
		value = json_new_bool(streq(name, "True"));
	mem_free(name);
	r->at += length;
	return value;
}

static cJSON *read_string(struct reader *r)
{
	char *text = opt_literal_string(&r->at);
	cJSON *value = json_new_str(text);

	mem_free(text);
	return value;
}

static cJSON *negated(cJSON *number)
{
	bool zero = streq(number->valuestring, "0");
	char *text = mem_printf("%s%s", zero ? "" : "-", number->valuestring);
	cJSON *value = json_new_number(text);

	mem_free(text);
	cJSON_Delete(number);
	return value;
}

static bool at_sign(const struct reader *r)
{
	return *r->at == '-' || *r->at == '+';
}

static cJSON *read_signed(struct reader *r)
{
	bool negative = *r->at == '-';
	cJSON *value;

	r->at = opt_literal_skip(r->at + 1);
	if (at_sign(r))
		return NULL;
	value = read_value(r);
	if (!value || !r->unsigned_number)
		return drop(value);
	r->unsigned_number = false;
	return negative ? negated(value) : value;
}

static cJSON *read_atom(struct reader *r)
{
	cJSON *value;

	switch (*r->at) {
	case '{':
		return read_nested(r, read_dict);
	case '[':
		return read_nested(r, read_list);
	case '(':
		return read_nested(r, read_brackets);
	}
	if (isdigit((unsigned char)r->at[*r->at == '.' ? 1 : 0])) {
		r->unsigned_number = true;
		return opt_literal_number(&r->at);
	}
	value = read_string(r);
	return value ? value : read_name(r);
}

static cJSON *read_value(struct reader *r)
{
	cJSON *value;

	r->at = opt_literal_skip(r->at);
	r->unsigned_number = false;
	value = at_sign(r) ? read_signed(r) : read_atom(r);
	if (!cJSON_IsNumber(value))
		r->unsigned_number = false;
	return value;
}

/* U+0000 and surrogates, with which Python compiles no source. */
static bool has_odd_characters(const char *text)
{
	for (const char *p = text; *p; p++)
		if (*p == '\xc0' ||
			(*p == '\xed' && (unsigned char)p[1] >= 0xa0))
			return true;
	return false;
}

/* A copy whose lines end with \n alone. */
static char *unix_lines(const char *text)
{
	char *copy = mem_copy(text), *to = copy;

	for (; *text; text++)
		if (*text != '\r')
			*to++ = *text;
		else if (text[1] != '\n')
			*to++ = '\n';
	*to = '\0';
	return copy;
}

cJSON *opt_literal_dict(const char *text)
{
	char *copy;
	struct reader r = { 0 };
	cJSON *dict;

	if (has_odd_characters(text) || *text != '{')
		return NULL;
	copy = unix_lines(text);
	r.at = copy;
	dict = read_value(&r);
	if (dict && *opt_literal_skip(r.at))
		dict = drop(dict);
	mem_free(copy);
	return dict;
}
