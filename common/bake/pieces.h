/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pieces - a line of any length, given on in pieces that can be censored one by
 * one: no secret is cut.
 *
 * Pieces have PIECES_LENGTH bytes, or a few less, so as not to end within a
 * UTF-8 character or a secret. The last one has more where a secret would be
 * cut otherwise. So much of a line is kept back that no secret that is about to
 * come can be missed. Where secrets follow each other so closely that there is
 * no place to cut, the rest of the line is left out, with a note.
 */
#ifndef COMMON_BAKE_PIECES_H
#define COMMON_BAKE_PIECES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/json.h"

#define PIECES_LENGTH 8192

/* Begins as zeros, but for the first four. */
struct pieces {
	void (*line)(void *context, bool is_error, const char *line);
	void *context;
	bool is_error;
	const cJSON *secrets; /* list of texts, which may grow; or NULL */
	char *bytes;          /* of the line, and not given on yet */
	size_t length, size;
	size_t enough; /* bytes that are kept without a look at them */
	bool leaves_out;
};

/* No NUL, and no end of a line. */
void pieces_add(struct pieces *pieces, char byte);
/* Of the line that has not ended something was added. */
bool pieces_begun(const struct pieces *pieces);
/* The line ends; an empty one is given on, too. */
void pieces_end(struct pieces *pieces);
/* Frees it without giving anything on; it can be used again. */
void pieces_forget(struct pieces *pieces);

#endif
