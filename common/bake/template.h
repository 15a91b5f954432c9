/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template - a recipe from a Packer JSON template, or from a task's options
 * that were put into a template's form.
 *
 * Nothing here needs a network, and a fault does not hide another: all that
 * can be found is found in one go.
 */
#ifndef COMMON_BAKE_TEMPLATE_H
#define COMMON_BAKE_TEMPLATE_H

#include "common/bake/recipe.h"
#include "common/err.h"
#include "common/mem.h"

struct template_wish {
	const char *path;  /* of a template, or NULL and: */
	const cJSON *tree; /* {"builders": [...], "provisioners": [...], ...},
			      not rendered: a task's texts went through Jinja.
			      Only execute_command is a Go template, later.
			      A builder may have `host_key' and needs neither a
			      login nor ssh_username (root). */
	const cJSON *variables;      /* {name: text}, as -var; or NULL */
	const cJSON *variable_files; /* list of paths, as -var-file; or NULL */
	const char *only;            /* the name of one builder, or NULL */
	bool login_given; /* the task says who pays; a template need not */
	bool bake; /* not only validate: `only' must match, one builder must be
		      left */
};

/* Lists of texts; all in the pool. */
struct template_verdict {
	cJSON *errors;      /* what Packer refuses */
	cJSON *warnings;    /* what Packer lets pass, though it is a mistake */
	cJSON *unsupported; /* what Packer bakes and we do not */
	cJSON *secrets;     /* what no output may show; recipe.h */
};

/* The recipe of the one builder that is meant, where there is just one and no
 * error; else NULL. The verdict is filled in either way. Where something is
 * unsupported, there may be a recipe, which must not be baked. */
struct recipe *template_read(const struct template_wish *wish,
	struct pool *pool, struct template_verdict *verdict);

/* Completes a (late) text. `facts' are texts: {"Path", "Vars", "EnvVarFile",
 * "ID", "Host", "Port", "User", "Password", "ConnType", "PackerRunUUID",
 * "SSHPublicKey", "SSHPrivateKey", ...}, for {{.Path}} and {{build `ID`}}
 * alike. In the pool; NULL with the reason otherwise. */
const char *late_render(
	const char *text, const cJSON *facts, struct pool *pool, struct err *e);

#endif
