/* SPDX-License-Identifier: Apache-2.0 */
/*
 * go_template - the part of Go's text/template that Packer templates use: text
 * with {{ }}, in which stand functions with arguments, pipelines, parentheses,
 * `raw' and "quoted" texts, numbers, and .Fields. What it does not have
 * ({{if}}, {{range}}, $variables, printf) is told apart from what is wrong.
 */
#ifndef COMMON_BAKE_GO_TEMPLATE_H
#define COMMON_BAKE_GO_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/mem.h"

/* Of what comes out of one text. */
#define GO_TEXT_MAX  ((size_t)4 * 1024 * 1024)
#define GO_ARGUMENTS 8

enum go_kind { GO_TEXT, GO_INTEGER, GO_OTHER };

struct go_value {
	enum go_kind kind;
	const char *text;
};

/* What a function or a field came to. */
enum go_outcome {
	GO_REFUSED = -1, /* see the error */
	GO_DONE,
	GO_LATER, /* nobody can know yet: the whole {{ }} stays as it is */
};

struct go_scope {
	struct pool *pool;
	enum go_outcome (*call)(struct go_scope *scope, const char *name,
		const struct go_value *arguments, size_t count,
		struct go_value *result, struct err *e);
	/* `path' is without the first dot: "Path", "A.B", or "" for {{.}} */
	enum go_outcome (*field)(struct go_scope *scope, const char *path,
		struct go_value *result, struct err *e);
	/* What an action comes to is no template of its own, in a text that is
	 * rendered again: it is written so that it survives. */
	bool escape;
	/* Set by call() where the answer can be had only now, and so not
	 * together with what is known later. */
	bool asked;
	bool beyond; /* set with an error: right in Go, but not done here */
};

/* The text rendered, in the pool (a text without {{ is returned as it is), or
 * NULL. */
const char *go_render(struct go_scope *scope, const char *text, struct err *e);
/* The text as a template that comes to it; in the pool. */
const char *go_escape(struct pool *pool, const char *text);

#endif
