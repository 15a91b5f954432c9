/* SPDX-License-Identifier: Apache-2.0 */
/* template_function - the functions between {{ and }} (packer.md 1.4). */
#ifndef COMMON_BAKE_TEMPLATE_FUNCTION_H
#define COMMON_BAKE_TEMPLATE_FUNCTION_H

#include "common/bake/template_job.h"

/* go_scope's call and field, for a template_scope. */
enum go_outcome template_call(struct go_scope *go, const char *name,
	const struct go_value *arguments, size_t count, struct go_value *result,
	struct err *e);
enum go_outcome template_field(struct go_scope *go, const char *path,
	struct go_value *result, struct err *e);

/* upper, lower, replace, replace_all and split, which need to know nothing;
 * sets *found to false, and does nothing, for any other. */
enum go_outcome template_call_pure(struct pool *pool, const char *name,
	const struct go_value *arguments, size_t count, struct go_value *result,
	bool *found, struct err *e);

#endif
