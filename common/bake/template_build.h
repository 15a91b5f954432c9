/* SPDX-License-Identifier: Apache-2.0 */
/* template_build - one builder of a template and what is made of it. */
#ifndef COMMON_BAKE_TEMPLATE_BUILD_H
#define COMMON_BAKE_TEMPLATE_BUILD_H

#include "common/bake/template_decode.h"

struct template_build {
	struct template_job *job;
	const char *name, *raw_name, *type;
	const char *label; /* "builder 1 (openstack)" */
	const cJSON *builder;
	bool meant; /* `only' does not leave it out */
	bool alone; /* a recipe is wanted, and ingredients */
	struct recipe *recipe;
	cJSON *ingredients, *files; /* as in the recipe */
};

/* A scope of this build. */
struct template_scope template_build_scope(const struct template_build *build,
	enum template_place place, const char *label, bool digest);

/* What fails a bake, but no validation: an error or a warning. */
void template_fault(const struct template_scope *scope, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The builder itself: options checked and put into recipe and ingredients. */
void template_builder(struct template_build *build);

/* The ssh communicator's options (packer.md 3). */
extern const struct decode_row template_ssh_rows[];
void template_ssh(struct template_scope *scope, const cJSON *options,
	bool root_by_default, struct recipe *recipe);

/* Who pays. */
void template_login(struct template_scope *scope, const cJSON *builder,
	const cJSON *options, struct recipe *recipe);
bool template_login_is_old(const cJSON *builder, const cJSON *options);

/* All provisioners and the cleanup, for each of the builds that are meant. */
void template_provisioners(struct template_job *job, const cJSON *root,
	struct template_build *builds, size_t count);
void template_postprocessors(struct template_job *job, const cJSON *root,
	struct template_build *builds, size_t count);

/* `only', `except' and `override' of a step. */
void template_check_restriction(const struct template_scope *scope,
	const cJSON *step, const struct template_build *builds, size_t count);
bool template_applies(const cJSON *step, const struct template_build *build);

/* A shell-local's options, wherever it stands. */
extern const struct decode_row template_shell_local_rows[];
void template_check_shell_local(
	struct template_scope *scope, const cJSON *options);

#endif
