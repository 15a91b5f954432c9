/* SPDX-License-Identifier: Apache-2.0 */
#include "common/ini.h"

#include <ctype.h>
#include <string.h>

#include "common/file.h"
#include "common/mem.h"
#include "common/str.h"

struct reader {
	const char *path;
	int line;
	cJSON *sections, *section;
	cJSON *last; /* the option that an indented line goes on */
	struct err *err;
};

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (isspace((unsigned char)*text))
		text++;
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return text;
}

static int read_section(struct reader *r, char *line)
{
	char *end = strchr(line, ']');

	if (!end)
		return err_set(r->err, ERR_OTHER,
			"section without ] in file '%s', line %d", r->path,
			r->line);
	*end = '\0';
	r->section = json_member(r->sections, line + 1);
	if (!r->section) {
		r->section = cJSON_CreateObject();
		json_set(r->sections, line + 1, r->section);
	}
	r->last = NULL;
	return 0;
}

static int read_option(struct reader *r, char *line)
{
	char *value = strpbrk(line, "=:");
	char *name;

	if (!r->section)
		return err_set(r->err, ERR_OTHER,
			"File contains no section headers.\n"
			"file: '%s', line: %d",
			r->path, r->line);
	if (!value)
		return err_set(r->err, ERR_OTHER,
			"no = or : in file '%s', line %d", r->path, r->line);
	*value++ = '\0';
	name = trim(line);
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	json_set_str(r->section, name, trim(value));
	r->last = json_member(r->section, name);
	return 0;
}

static void go_on(struct reader *r, const char *more)
{
	char *value = mem_printf("%s\n%s", r->last->valuestring, more);

	cJSON_SetValuestring(r->last, value);
	mem_free(value);
}

static int read_line(struct reader *r, char *line)
{
	bool indented = isspace((unsigned char)*line);
	char *text = trim(line);

	r->line++;
	if (*text == '#' || *text == ';' || !*text)
		return 0;
	if (indented && r->last) {
		go_on(r, text);
		return 0;
	}
	return *text == '[' ? read_section(r, text) : read_option(r, text);
}

cJSON *ini_read(const char *path, struct err *e)
{
	struct reader r = { .path = path, .err = e };
	size_t length;
	char *text = file_read(path, INI_FILE_MAX, &length, e);
	char *rest = text;
	int rc = 0;

	if (!text)
		return NULL;
	r.sections = cJSON_CreateObject();
	for (char *line; rc == 0 && (line = strsep(&rest, "\n"));)
		rc = read_line(&r, line);
	mem_free(text);
	if (rc == 0)
		return r.sections;
	cJSON_Delete(r.sections);
	return NULL;
}
