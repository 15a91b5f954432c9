/* SPDX-License-Identifier: Apache-2.0 */
/* go_token - the words between {{ and }}. */
#ifndef COMMON_BAKE_GO_TOKEN_H
#define COMMON_BAKE_GO_TOKEN_H

#include "common/err.h"
#include "common/mem.h"

enum go_token_kind {
	GO_TOKEN_END, /* }} */
	GO_TOKEN_TEXT,
	GO_TOKEN_NUMBER,
	GO_TOKEN_NAME,
	GO_TOKEN_FIELD, /* ".A.B", the text is "A.B" */
	GO_TOKEN_OPEN,
	GO_TOKEN_CLOSE,
	GO_TOKEN_PIPE,
	GO_TOKEN_BEYOND, /* $x, :=, 'c': see go_template.h */
};

struct go_token {
	enum go_token_kind kind;
	const char *text; /* in the pool */
	bool spaced;      /* white space stood before it */
};

/* The next one, and *at is moved behind it; white space around it apart, and
 * an end with a - trims the white space behind it. */
int go_token_next(const char **at, struct go_token *token, struct pool *pool,
	struct err *e);

#endif
