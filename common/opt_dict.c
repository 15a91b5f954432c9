/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_dict.h"

#include <stdint.h>
#include <string.h>

#include "common/mem.h"
#include "common/opt_literal.h"
#include "common/opt_python.h"
#include "common/opt_unicode.h"
#include "common/str.h"

/* A string of a tree as text for json_parse(): a surrogate becomes its escape,
 * U+0000 a control character, which JSON refuses as well. A surrogate behind a
 * backslash is left for the reader to refuse. */
static char *source_text(const char *text)
{
	bool escaped = false;
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	while (*text) {
		const char *from = text;
		unsigned code = opt_unicode_next(&text);

		if (code >= 0xd800 && code <= 0xdfff && !escaped)
			str_addf(&s, "\\u%04x", code);
		else if (!code)
			str_add(&s, "\x01");
		else
			str_add_n(&s, from, (size_t)(text - from));
		escaped = code == '\\' && !escaped;
	}
	return str_take(&s);
}

static cJSON *parse_json(const char *text)
{
	char *source = source_text(text);
	struct err e;
	cJSON *dict = json_parse(source, strlen(source), &e);

	mem_free(source);
	opt_python_normalise(dict);
	return dict;
}

/* The reader of JSON lets the last of a key's values win, fast. */
static cJSON *without_repeated_keys(cJSON *dict)
{
	struct err e;
	char *text;
	cJSON *clean;

	if (!dict)
		return NULL;
	text = json_text(dict);
	clean = json_parse(text, strlen(text), &e);
	mem_free(text);
	cJSON_Delete(dict);
	return clean;
}

/* Adds key=value to the dictionary and empties the item; an empty item is
 * nothing. */
static bool finish_item(cJSON *dict, struct str *item)
{
	char *equals = strchr(item->text, '=');

	if (!item->length)
		return true;
	if (!equals)
		return false;
	*equals = '\0';
	cJSON_AddItemToObject(dict, item->text, json_new_str(equals + 1));
	str_free(item);
	str_init(item, SIZE_MAX / 4);
	return true;
}

static bool split_items(cJSON *dict, const char *text, struct str *item)
{
	char quote = '\0';

	for (; *text; text++) {
		if (*text == '\\') {
			if (text[1])
				str_add_n(item, ++text, 1);
		} else if (!quote && (*text == '\'' || *text == '"')) {
			quote = *text;
		} else if (quote && *text == quote) {
			quote = '\0';
		} else if (!quote && (*text == ',' || *text == ' ')) {
			if (!finish_item(dict, item))
				return false;
		} else {
			str_add_n(item, text, 1);
		}
	}
	return finish_item(dict, item);
}

static cJSON *parse_items(const char *text)
{
	char *stripped = opt_unicode_strip(text);
	cJSON *dict = cJSON_CreateObject();
	struct str item;
	bool ok;

	str_init(&item, SIZE_MAX / 4);
	ok = split_items(dict, stripped, &item);
	str_free(&item);
	mem_free(stripped);
	if (ok)
		return without_repeated_keys(dict);
	cJSON_Delete(dict);
	return NULL;
}

cJSON *opt_dict_parse(const char *text, const char **why)
{
	cJSON *dict;

	if (*text == '{') {
		*why = "unable to evaluate string as dictionary";
		dict = parse_json(text);
		return dict ? dict
			    : without_repeated_keys(opt_literal_dict(text));
	}
	if (strchr(text, '=')) {
		*why = "unable to evaluate string in the \"key=value\" format "
		       "as dictionary";
		return parse_items(text);
	}
	*why = "dictionary requested, could not parse JSON or key=value";
	return NULL;
}
