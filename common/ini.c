/* SPDX-License-Identifier: Apache-2.0 */
#include "common/ini.h"

#include <ctype.h>
#include <string.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/opt_unicode.h"
#include "common/str.h"

/* Sections and options together; their look-up is linear. */
#define ENTRIES_MAX 1000
/* What holds for every section, and is none. */
#define DEFAULTS "DEFAULT"

struct reader {
	const char *path;
	int line;
	int entries;
	cJSON *sections, *defaults;
	cJSON *section; /* the one that options go into */
	char *option;   /* the one that an indented line goes on, or NULL */
	struct str value;
	size_t indent; /* of the last line that was no continuation */
	struct err *err;
};

static int refuse(struct reader *r, const char *why)
{
	return err_set(r->err, ERR_OTHER, "%s in file '%s', line %d", why,
		r->path, r->line);
}

static int count_entry(struct reader *r)
{
	return ++r->entries > ENTRIES_MAX
		       ? refuse(r, "too many sections and options")
		       : 0;
}

/* Blank lines behind a value are none of it. */
static void end_option(struct reader *r)
{
	char *value;

	if (!r->option)
		return;
	value = str_take(&r->value);
	value[opt_unicode_stripped_length(value)] = '\0';
	json_set_str(r->section, r->option, value);
	mem_free(value);
	mem_free(r->option);
	r->option = NULL;
}

/* The name is all up to the last ], as in ConfigParser's "\[(.+)\]". */
static bool is_section(const char *line)
{
	const char *end = strrchr(line, ']');

	return *line == '[' && end && end > line + 1;
}

static int read_section(struct reader *r, char *line)
{
	const char *name = line + 1;

	*strrchr(line, ']') = '\0';
	end_option(r);
	if (streq(name, DEFAULTS)) {
		r->section = r->defaults;
		return 0;
	}
	if (json_member(r->sections, name))
		return refuse(r, "a section for the second time");
	r->section = cJSON_CreateObject();
	json_set(r->sections, name, r->section);
	return count_entry(r);
}

static int read_option(struct reader *r, char *line)
{
	char *delimiter = strpbrk(line, "=:"), *value;

	if (!r->section)
		return err_set(r->err, ERR_OTHER,
			"File contains no section headers.\n"
			"file: '%s', line: %d",
			r->path, r->line);
	if (!delimiter)
		return refuse(r, "no = or :");
	if (delimiter == line)
		return refuse(r, "no name before the = or :");
	*delimiter = '\0';
	end_option(r);
	r->option = opt_unicode_strip(line);
	for (char *c = r->option; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	str_init(&r->value, INI_FILE_MAX);
	value = opt_unicode_strip(delimiter + 1);
	str_add(&r->value, value);
	mem_free(value);
	if (json_member(r->section, r->option))
		return refuse(r, "an option for the second time");
	return count_entry(r);
}

/* In characters; all of the line where nothing else is in it. */
static size_t indent_of(const char *line)
{
	size_t indent = 0;

	while (*line && opt_unicode_is_space(opt_unicode_next(&line)))
		indent++;
	return indent;
}

/* `text' is the line without white space at its ends. */
static int read_line(struct reader *r, const char *line, char *text)
{
	size_t indent = indent_of(line);

	if (*text == '#' || *text == ';')
		return 0;
	if (r->option && (!*text || indent > r->indent)) {
		str_addf(&r->value, "\n%s", text);
		return 0;
	}
	if (!*text)
		return 0;
	r->indent = indent;
	return is_section(text) ? read_section(r, text) : read_option(r, text);
}

/* Lines end with LF, CR LF or CR, as Python reads texts. */
static int read_lines(struct reader *r, char *text)
{
	int rc = 0;

	while (text && rc == 0) {
		char *end = text + strcspn(text, "\r\n");
		char *next = *end ? end + 1 : NULL, *stripped;

		if (next && *end == '\r' && *next == '\n')
			next++;
		*end = '\0';
		r->line++;
		stripped = opt_unicode_strip(text);
		rc = read_line(r, text, stripped);
		mem_free(stripped);
		text = next;
	}
	return rc;
}

static void add_defaults(const struct reader *r)
{
	json_each (section, r->sections) {
		json_each (option, r->defaults) {
			if (!json_member(section, option->string))
				json_set_str(section, option->string,
					option->valuestring);
		}
	}
}

static int read_text(struct reader *r, char *text, size_t length)
{
	if (strlen(text) != length || !opt_unicode_is_utf8(text))
		return err_set(r->err, ERR_OTHER,
			"file '%s' is no text in UTF-8", r->path);
	if (read_lines(r, text) < 0)
		return -1;
	end_option(r);
	add_defaults(r);
	return 0;
}

cJSON *ini_read(const char *path, struct err *e)
{
	struct reader r = { .path = path, .err = e };
	size_t length;
	char *text = file_read(path, INI_FILE_MAX, &length, e);
	int rc;

	if (!text)
		return NULL;
	r.sections = cJSON_CreateObject();
	r.defaults = cJSON_CreateObject();
	rc = read_text(&r, text, length);
	mem_free(text);
	mem_free(r.option);
	str_free(&r.value);
	cJSON_Delete(r.defaults);
	if (rc == 0)
		return r.sections;
	cJSON_Delete(r.sections);
	return NULL;
}
