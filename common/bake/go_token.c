/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "common/bake/go_token.h"
#include "common/opt_unicode.h"
#include "common/str.h"

static const char space[] = " \t\r\n";

static const char *copy(struct pool *pool, const char *from, const char *to)
{
	return pool_printf(pool, "%.*s", (int)(to - from), from);
}

static int hex(const char *text, int digits, unsigned *code)
{
	*code = 0;
	for (int i = 0; i < digits; i++) {
		unsigned char c = (unsigned char)text[i];

		if (!isxdigit(c))
			return -1;
		*code = *code * 16 +
			(unsigned)(isdigit(c) ? c - '0' : (c | 32) - 'a' + 10);
	}
	return 0;
}

/* \u00e9 and its like; `at' is the letter. */
static int add_code(const char **at, struct str *s)
{
	int digits = **at == 'x' ? 2 : **at == 'u' ? 4 : 8;
	unsigned code;

	if (hex(*at + 1, digits, &code) < 0 || !code || code > 0x10ffff ||
		(digits == 2 && code > 0x7f))
		return -1;
	opt_unicode_add(s, code);
	*at += digits + 1;
	return 0;
}

static int add_escape(const char **at, struct str *s)
{
	static const char letters[] = "\"\\abfnrtv";
	static const char meanings[] = "\"\\\a\b\f\n\r\t\v";
	const char *found;

	if (**at && strchr("xuU", **at))
		return add_code(at, s);
	found = **at ? strchr(letters, **at) : NULL;
	if (!found)
		return -1;
	str_add_n(s, &meanings[found - letters], 1);
	++*at;
	return 0;
}

static int read_quoted(const char **at, struct go_token *token,
	struct pool *pool, struct err *e)
{
	struct str s;
	int status = 0;

	str_init(&s, SIZE_MAX / 4);
	++*at;
	while (status == 0 && **at && **at != '"' && **at != '\n') {
		if (**at == '\\') {
			++*at;
			status = add_escape(at, &s);
		} else {
			str_add_n(&s, (*at)++, 1);
		}
	}
	token->kind = GO_TOKEN_TEXT;
	token->text = pool_copy(pool, s.text ? s.text : "");
	str_free(&s);
	if (status < 0)
		return err_set(e, ERR_OTHER, "bad escape in a quoted text");
	if (**at != '"')
		return err_set(e, ERR_OTHER, "a quoted text has no end");
	++*at;
	return 0;
}

static int read_raw(const char **at, struct go_token *token, struct pool *pool,
	struct err *e)
{
	const char *end = strchr(*at + 1, '`');

	if (!end)
		return err_set(e, ERR_OTHER, "a text in back-ticks has no end");
	token->kind = GO_TOKEN_TEXT;
	token->text = copy(pool, *at + 1, end);
	*at = end + 1;
	return 0;
}

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* .A.B, or a dot alone. */
static void read_field(
	const char **at, struct go_token *token, struct pool *pool)
{
	const char *end = *at + 1;

	while (in_name(*end) || (*end == '.' && in_name(end[1])))
		end++;
	token->kind = GO_TOKEN_FIELD;
	token->text = copy(pool, *at + 1, end);
	*at = end;
}

static void read_word(
	const char **at, struct go_token *token, struct pool *pool)
{
	bool number =
		!isalpha((unsigned char)**at) && **at != '_' && !(**at & 0x80);
	const char *end = *at + 1;

	while (in_name(*end) || (number && *end == '.'))
		end++;
	token->kind = number ? GO_TOKEN_NUMBER : GO_TOKEN_NAME;
	token->text = copy(pool, *at, end);
	*at = end;
}

static bool read_end(const char **at, struct go_token *token)
{
	bool trims = token->spaced && strncmp(*at, "-}}", 3) == 0;

	if (!trims && strncmp(*at, "}}", 2) != 0)
		return false;
	token->kind = GO_TOKEN_END;
	*at += trims ? 3 : 2;
	if (trims)
		*at += strspn(*at, space);
	return true;
}

static bool read_mark(const char **at, struct go_token *token)
{
	static const char marks[] = "()|$:='";
	static const enum go_token_kind kinds[] = { GO_TOKEN_OPEN,
		GO_TOKEN_CLOSE, GO_TOKEN_PIPE, GO_TOKEN_BEYOND, GO_TOKEN_BEYOND,
		GO_TOKEN_BEYOND, GO_TOKEN_BEYOND };
	const char *found = **at ? strchr(marks, **at) : NULL;

	if (!found)
		return false;
	token->kind = kinds[found - marks];
	++*at;
	return true;
}

int go_token_next(const char **at, struct go_token *token, struct pool *pool,
	struct err *e)
{
	size_t gap = strspn(*at, space);

	*token = (struct go_token){ .spaced = gap > 0, .text = "" };
	*at += gap;
	if (!**at)
		return err_set(e, ERR_OTHER, "{{ has no }}");
	if (read_end(at, token) || read_mark(at, token))
		return 0;
	if (**at == '"')
		return read_quoted(at, token, pool, e);
	if (**at == '`')
		return read_raw(at, token, pool, e);
	if (**at == '.' && !isdigit((unsigned char)(*at)[1]))
		read_field(at, token, pool);
	else if (in_name(**at) ||
		 (strchr("+-.", **at) && isdigit((unsigned char)(*at)[1])))
		read_word(at, token, pool);
	else
		return err_set(
			e, ERR_OTHER, "unexpected %.1s between {{ and }}", *at);
	return 0;
}
