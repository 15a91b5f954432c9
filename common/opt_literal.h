/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opt_literal - dictionaries written as in Python's source:
 * {'a': None, "b": (1, 0x1f)}.
 */
#ifndef COMMON_OPT_LITERAL_H
#define COMMON_OPT_LITERAL_H

#include "common/json.h"

/* The dictionary that ast.literal_eval() reads, tuples as lists and keys as
 * json.dumps() writes them; the caller deletes it. NULL if the text is no such
 * dictionary, is nested deeper than JSON_DEPTH_MAX, or holds what JSON cannot:
 * bytes, sets, complex numbers, containers as keys. A character by its name,
 * \N{...}, is refused too. A key given twice is there twice; 1 and True, which
 * are one key to Python, are two. */
cJSON *opt_literal_dict(const char *text);

/* For opt_literal.c. A string literal at *at, adjacent ones joined, which *at
 * is moved behind; NULL if there is none or a bad one. The caller frees it. */
char *opt_literal_string(const char **at);
/* Moves *at behind a number and gives it as JSON; NULL likewise. */
cJSON *opt_literal_number(const char **at);
/* Behind white space, comments and joined lines. */
const char *opt_literal_skip(const char *at);

#endif
