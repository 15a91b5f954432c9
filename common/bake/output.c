/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/output.h"

#include <string.h>

#include "common/censor.h"
#include "common/mem.h"
#include "common/str.h"

#define REMEMBERED  65536
#define SHOWN_BYTES 4096
#define SHOWN_LINES 20

/* So many bytes from the beginning; what is behind them stays. */
static void give(struct output_cutter *cutter, size_t length)
{
	char kept = cutter->bytes[length];

	cutter->bytes[length] = '\0';
	cutter->line(cutter->context, cutter->is_error, cutter->bytes);
	cutter->bytes[length] = kept;
	cutter->length -= length;
	memmove(cutter->bytes, cutter->bytes + length, cutter->length);
}

/* A long line is cut at a whole UTF-8 character, where it is UTF-8. */
static void give_piece(struct output_cutter *cutter)
{
	size_t whole;

	cutter->bytes[cutter->length] = '\0';
	whole = str_whole(cutter->bytes, OUTPUT_LINE_MAX);
	give(cutter, whole > OUTPUT_LINE_MAX - 4 ? whole : OUTPUT_LINE_MAX);
}

static void end_line(struct output_cutter *cutter)
{
	if (cutter->length > 0 && cutter->bytes[cutter->length - 1] == '\r')
		cutter->length--;
	give(cutter, cutter->length);
	cutter->length = 0;
}

void output_cut(struct output_cutter *cutter, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '\n') {
			end_line(cutter);
			continue;
		}
		cutter->bytes[cutter->length++] = bytes[i] ? bytes[i] : ' ';
		if (cutter->length > OUTPUT_LINE_MAX)
			give_piece(cutter);
	}
}

void output_end(struct output_cutter *cutter)
{
	if (cutter->length > 0)
		end_line(cutter);
}

/* The buffer has room for twice as much, so that few lines move it. */
void output_remember(struct output_tail *tail, const char *line)
{
	size_t length = strlen(line);

	if (length > REMEMBERED - 2) {
		line += length - (REMEMBERED - 2);
		length = REMEMBERED - 2;
	}
	if (!tail->text)
		tail->text = mem_new(2 * REMEMBERED);
	if (tail->length + length + 2 > 2 * (size_t)REMEMBERED) {
		size_t kept = REMEMBERED - length - 2;

		memmove(tail->text, tail->text + tail->length - kept, kept);
		tail->length = kept;
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
