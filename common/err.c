/* SPDX-License-Identifier: Apache-2.0 */
#include "common/err.h"

#include <stdbool.h>
#include <stdio.h>

#include "common/mem.h"
#include "common/str.h"

/* A newline is kept: messages of several lines are meant to be. */
static bool needs_escape(unsigned char byte)
{
	return (byte < 0x20 && byte != '\n') || byte == 0x7f;
}

static void store(struct err *e, const char *text)
{
	size_t used = 0;

	for (size_t i = 0; text[i] && used + 5 < sizeof(e->text); i++) {
		unsigned char byte = (unsigned char)text[i];

		if (needs_escape(byte))
			used += (size_t)snprintf(e->text + used,
				sizeof(e->text) - used, "\\x%02x", byte);
		else
			e->text[used++] = (char)byte;
	}
	e->text[used] = '\0';
	e->text[str_whole(e->text, sizeof(e->text) - 8)] = '\0';
}

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = mem_vprintf(fmt, args);
	va_end(args);
	e->code = code;
	e->status = 0;
	e->passes = false;
	store(e, text);
	mem_free(text);
	return -1;
}

int err_add(struct err *e, const char *fmt, ...)
{
	va_list args;
	char *what, *text;

	va_start(args, fmt);
	what = mem_vprintf(fmt, args);
	va_end(args);
	text = mem_printf("%s: %s", what, e->text);
	store(e, text);
	mem_free(text);
	mem_free(what);
	return -1;
}

int err_more(struct err *e, const char *fmt, ...)
{
	va_list args;
	char *what, *text;

	va_start(args, fmt);
	what = mem_vprintf(fmt, args);
	va_end(args);
	text = mem_printf("%s %s", e->text, what);
	store(e, text);
	mem_free(text);
	mem_free(what);
	return -1;
}
