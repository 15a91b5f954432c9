/* SPDX-License-Identifier: Apache-2.0 */
/* template_job - what the parts of template_read() share. */
#ifndef COMMON_BAKE_TEMPLATE_JOB_H
#define COMMON_BAKE_TEMPLATE_JOB_H

#include <time.h>

#include "common/bake/go_template.h"
#include "common/bake/template.h"

/* How often a text is rendered while a server is there; what is only known then
 * ({{.Path}}, {{build `ID`}}) is kept in it. */
enum template_late {
	TEMPLATE_NOW,   /* never: all must be known */
	TEMPLATE_TWICE, /* now and then: what a variable brings counts, too */
	TEMPLATE_THEN,  /* then only */
};

struct template_job {
	const struct template_wish *wish;
	struct pool *pool;
	struct template_verdict *verdict;
	const char *directory, *working; /* template_dir and pwd */
	struct timespec start;           /* of timestamp, isotime, strftime */
	cJSON *variables;                /* {name: text} */
	cJSON *fixed_variables;          /* the same for the digest */
	cJSON *declared;                 /* the template's names, as members */
	size_t spent;                    /* bytes that functions were given */
};

/* Where a text stands. */
enum template_place {
	TEMPLATE_IN_VARIABLES = 1,
	TEMPLATE_IN_BUILDER = 2,
	TEMPLATE_IN_STEP = 4, /* provisioners and post-processors */
};

struct template_scope {
	struct go_scope go;
	struct template_job *job;
	enum template_place place;
	const char *label; /* "provisioner 2 (shell)", for messages */
	const char *build_name, *build_type;
	bool digest; /* what is new each time is a fixed word; nothing is said
		      */
	const char *awaited; /* in `variables': one that is not known yet */
	enum template_late late;
};

/* "LABEL: text" into a list of the verdict, once. Nothing from a digest's
 * scope, which would say it again. */
void template_error(const struct template_scope *scope, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void template_warning(const struct template_scope *scope, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void template_unsupported(const struct template_scope *scope, const char *fmt,
	...) __attribute__((format(printf, 2, 3)));
/* A text that must not be shown. */
void template_secret(const struct template_job *job, const char *text);

/* A scope for a place; the digest's has the same texts. */
struct template_scope template_scope(struct template_job *job,
	enum template_place place, const char *label, bool digest);

/* The text of an option rendered; what is wrong with it is in the verdict, and
 * the text comes back as it was. A tree's text is never rendered. */
const char *template_text(struct template_scope *scope, const char *option,
	const char *text, enum template_late late);
/* The same for `variables': NULL with the reason, or with `awaited' set. */
const char *template_try(
	struct template_scope *scope, const char *text, struct err *e);

/* What is known of a running server: "ID", "Host", ... */
bool template_is_fact(const char *name);

/* " (did you mean \"flavor\"?)", or "": the nearest name. */
const char *template_guess(struct pool *pool, const char *name,
	const char *(*nth)(const void *names, size_t i), const void *names);

#endif
