/* SPDX-License-Identifier: Apache-2.0 */
/* template_step - what the types of provisioners are made of. */
#ifndef COMMON_BAKE_TEMPLATE_STEP_H
#define COMMON_BAKE_TEMPLATE_STEP_H

#include "common/bake/template_build.h"

/* What the core takes of every step. */
#define TEMPLATE_CORE_OPTIONS                                                  \
	"type|only|except|override|pause_before|timeout|max_retries"

/* Files of ours that a step takes. */
struct template_files {
	const char *list, *one; /* the options with their paths; NULL: none */
	bool late;              /* a path may wait for the running server */
	bool named;             /* they are called on the server as here */
	unsigned long modes;    /* the bits that make a difference */
};

struct template_step_type {
	const char *name;
	const struct decode_row *rows;
	/* Says what is wrong with the options. */
	void (*check)(struct template_scope *scope, const cJSON *options);
	/* Puts them into the step; false: nothing is to be done. NULL where
	 * that is not supported. */
	bool (*fill)(struct template_scope *scope, const cJSON *options,
		struct provisioner *step);
	struct template_files files;
};

extern const struct template_step_type template_shell;
extern const struct template_step_type template_shell_local;
extern const struct template_step_type template_file;
extern const struct template_step_type template_ansible;
extern const struct template_step_type template_breakpoint;

/* Puts the step into the digest, and its files with what they hold now into the
 * recipe. */
void template_add_ingredients(const struct template_build *build,
	const char *label, const struct template_step_type *type,
	const cJSON *given, const cJSON *options);

/* One text and a list as one list, in the pool; NULL if both are empty. */
const cJSON *template_both(struct template_scope *scope, const cJSON *options,
	const char *list, const char *one);
/* Whether the text waits for the running server. */
bool template_is_late(const char *text);

#endif
