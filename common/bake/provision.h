/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provision - runs the recipe's steps on a server, and takes away from it what
 * must not be in an image.
 */
#ifndef COMMON_BAKE_PROVISION_H
#define COMMON_BAKE_PROVISION_H

#include "common/bake/remote.h"
#include "common/mem.h"

struct provisioning {
	struct remote *remote;
	const struct recipe *recipe;
	struct pool *pool;
	cJSON *facts; /* for late_render(); Path, Vars, ... are added here */
	/* Every line of a step's output as it comes, and what is being done. */
	void (*line)(void *context, const char *label, bool is_error,
		const char *line);
	/* As remote_wish's, for waits in which nothing is asked of `remote':
	 * pauses, and what runs here. NULL: none. */
	int (*idle)(void *context, struct err *e);
	void *context;
	/* Lists of texts, made by provision_run(): paths that were put on the
	 * server and not taken away again yet, and those that `skip_clean'
	 * wants to stay. */
	cJSON *uploaded, *kept;
};

/* One step, with its pauses, retries and time limits; a server that restarts
 * is waited for where the step may disconnect. The message says the step, the
 * script, its exit status and its last lines; its code is ERR_TIME,
 * ERR_INTERRUPTED or ERR_OTHER. */
int provision_run(struct provisioning *p, const struct provisioner *step,
	int64_t deadline, struct err *e);

/* Takes away what belongs to this bake and this server: the line of our public
 * key in every authorized_keys, what was uploaded, cloud-init's instance state,
 * and logs, machine-id, random seeds, and the SSH host keys where the image
 * makes new ones when it boots. It takes root, or sudo without a password.
 * What was left on purpose is said in `warnings' (list of texts). After it
 * nobody can log in with our key; `public_key' NULL: there was none. */
int provision_seal(struct provisioning *p, const char *public_key,
	int64_t deadline, cJSON *warnings, struct err *e);

#endif
