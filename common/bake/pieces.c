/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/pieces.h"

#include <string.h>

#include "common/mem.h"
#include "common/str.h"

static const char left_out[] =
	"(the rest of this line, which is secret, is left out)";

/* The longest secret that a line can have in it. */
static size_t longest(const cJSON *secrets)
{
	size_t most = 0;

	json_each (secret, secrets) {
		const char *text = cJSON_GetStringValue(secret);
		size_t length = text && !strchr(text, '\n') ? strlen(text) : 0;

		most = length > most ? length : most;
	}
	return most;
}

/* The cut, or where the first occurrence begins within which it would be. */
static size_t before_secret(
	const char *bytes, size_t length, size_t cut, const char *secret)
{
	size_t size = strlen(secret), from, to;
	const char *found;

	if (size < 2)
		return cut;
	from = cut > size - 1 ? cut - (size - 1) : 0;
	to = length - cut > size - 1 ? cut + (size - 1) : length;
	found = memmem(bytes + from, to - from, secret, size);
	return found ? (size_t)(found - bytes) : cut;
}

/* The last place up to `cut' that is within no secret; 0: there is none. */
static size_t between_secrets(
	const cJSON *secrets, const char *bytes, size_t length, size_t cut)
{
	size_t before;

	do {
		before = cut;
		json_each (secret, secrets) {
			const char *text = cJSON_GetStringValue(secret);

			if (text)
				cut = before_secret(bytes, length, cut, text);
		}
	} while (cut > 0 && cut < before);
	return cut;
}

/* What is no UTF-8 is cut anywhere. */
static size_t end_of_piece(const struct pieces *p, size_t from)
{
	const char *bytes = p->bytes + from;
	size_t cut = str_whole(bytes, PIECES_LENGTH);

	if (cut <= PIECES_LENGTH - 4)
		cut = PIECES_LENGTH;
	return from + between_secrets(p->secrets, bytes, p->length - from, cut);
}

static void give(struct pieces *p, size_t from, size_t to)
{
	char kept = p->bytes[to];

	p->bytes[to] = '\0';
	p->line(p->context, p->is_error, p->bytes + from);
	p->bytes[to] = kept;
}

/* Whole pieces from the beginning, as long as more than `ahead' bytes are
 * behind them; false where one cannot be cut off. */
static bool give_pieces(struct pieces *p, size_t ahead)
{
	size_t from = 0;
	bool cuts = true;

	while (cuts && p->length - from > PIECES_LENGTH + ahead) {
		size_t to = end_of_piece(p, from);

		cuts = to > from;
		if (cuts)
			give(p, from, to);
		from = to;
	}
	p->length -= from;
	memmove(p->bytes, p->bytes + from, p->length + 1);
	return cuts;
}

static void make_room(struct pieces *p)
{
	size_t size = p->size ? 2 * p->size : PIECES_LENGTH + 2;
	char *bigger;

	if (p->length + 2 <= p->size)
		return;
	bigger = mem_new(size);
	if (p->bytes) {
		memcpy(bigger, p->bytes, p->length);
		explicit_bzero(p->bytes, p->size);
	}
	mem_free(p->bytes);
	p->bytes = bigger;
	p->size = size;
}

void pieces_add(struct pieces *p, char byte)
{
	size_t ahead;

	if (p->leaves_out)
		return;
	make_room(p);
	p->bytes[p->length++] = byte;
	p->bytes[p->length] = '\0';
	if (p->length <= p->enough)
		return;
	/* Twice, so that what is kept back is not moved for each piece. */
	ahead = longest(p->secrets);
	p->enough = PIECES_LENGTH + 2 * ahead;
	if (p->length <= p->enough || give_pieces(p, ahead))
		return;
	p->leaves_out = true;
	p->length = 0;
	p->line(p->context, p->is_error, left_out);
}

bool pieces_begun(const struct pieces *p)
{
	return p->length > 0 || p->leaves_out;
}

void pieces_end(struct pieces *p)
{
	bool leaves_out = p->leaves_out;

	p->leaves_out = false;
	if (leaves_out)
		return;
	make_room(p);
	p->bytes[p->length] = '\0';
	give_pieces(p, 0);
	give(p, 0, p->length);
	p->length = 0;
}

void pieces_forget(struct pieces *p)
{
	if (p->bytes)
		explicit_bzero(p->bytes, p->size);
	mem_free(p->bytes);
	p->bytes = NULL;
	p->length = p->size = p->enough = 0;
	p->leaves_out = false;
}
