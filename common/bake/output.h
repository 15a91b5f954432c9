/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output - what a step prints: cut into lines, and its last ones remembered.
 */
#ifndef COMMON_BAKE_OUTPUT_H
#define COMMON_BAKE_OUTPUT_H

#include "common/bake/pieces.h"

/* Bytes to lines, given on without their ends (LF or CR LF); a NUL becomes a
 * space. */
void output_cut(struct pieces *line, const char *bytes, size_t length);
/* What came without an end is a line, too. */
void output_end(struct pieces *line);

/* The last lines, whole ones. More is remembered than is shown, so that a
 * secret of several lines is known even where its beginning is not shown. */
struct output_tail {
	char *text;
	size_t length;
};

void output_remember(struct output_tail *tail, const char *line);
/* At most 20 lines and 4 KiB, without the secrets, lines parted by newlines; ""
 * when there was none. The caller frees it. */
char *output_last(const struct output_tail *tail, const cJSON *secrets);
/* Forgets all; it can be used again. */
void output_forget(struct output_tail *tail);

#endif
