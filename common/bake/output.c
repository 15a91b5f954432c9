/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/output.h"

#include <string.h>

#include "common/censor.h"
#include "common/mem.h"
#include "common/str.h"

#define REMEMBERED  65536
#define SHOWN_BYTES 4096
#define SHOWN_LINES 20

static void end_line(struct pieces *line)
{
	if (line->length > 0 && line->bytes[line->length - 1] == '\r')
		line->length--;
	pieces_end(line);
}

void output_cut(struct pieces *line, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '\n')
			end_line(line);
		else
			pieces_add(line, bytes[i] ? bytes[i] : ' ');
	}
}

void output_end(struct pieces *line)
{
	if (pieces_begun(line))
		end_line(line);
	pieces_forget(line);
}

/* Where the last lines begin that have at most so many bytes together. */
static size_t last_lines(const struct output_tail *tail, size_t most)
{
	size_t from = tail->length > most ? tail->length - most : 0;

	while (from > 0 && from < tail->length && tail->text[from - 1] != '\n')
		from++;
	return from;
}

/* The buffer has room for twice as much, so that few lines move it. */
void output_remember(struct output_tail *tail, const char *line)
{
	size_t length = strlen(line);

	if (length > REMEMBERED - 2) {
		line = "(a line that is too long to be remembered)";
		length = strlen(line);
	}
	if (!tail->text)
		tail->text = mem_new(2 * REMEMBERED);
	if (tail->length + length + 2 > 2 * (size_t)REMEMBERED) {
		size_t from = last_lines(tail, REMEMBERED - length - 2);

		tail->length -= from;
		memmove(tail->text, tail->text + from, tail->length);
	}
	memcpy(tail->text + tail->length, line, length);
	tail->length += length;
	tail->text[tail->length++] = '\n';
	tail->text[tail->length] = '\0';
}

/* The end of a text that may be shown. */
static const char *shown(const char *text, size_t length)
{
	size_t lines = 0;

	for (size_t i = length; i > 0; i--) {
		if (text[i - 1] == '\n' && ++lines == SHOWN_LINES)
			return text + i;
		if (length - i < SHOWN_BYTES)
			continue;
		while (i < length && ((unsigned char)text[i] & 0xc0) == 0x80)
			i++;
		return text + i;
	}
	return text;
}

char *output_last(const struct output_tail *tail, const cJSON *secrets)
{
	char *censored, *last;
	size_t length;

	if (!tail->text)
		return mem_copy("");
	censored = censor_text(tail->text, secrets);
	length = strlen(censored);
	if (length > 0 && censored[length - 1] == '\n')
		censored[--length] = '\0';
	last = mem_copy(shown(censored, length));
	mem_free(censored);
	return last;
}

void output_forget(struct output_tail *tail)
{
	mem_free(tail->text);
	*tail = (struct output_tail){ 0 };
}
