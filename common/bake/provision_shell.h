/* SPDX-License-Identifier: Apache-2.0 */
/* provision_shell - one script on the server; for provision_shell*.c only. */
#ifndef COMMON_BAKE_PROVISION_SHELL_H
#define COMMON_BAKE_PROVISION_SHELL_H

#include "common/bake/provision_parts.h"

/* One script and what became of it. */
struct script {
	const char *name; /* for messages */
	const char *bytes;
	size_t length;
	int mode;
	const char *path, *variables_path; /* there; the latter or NULL */
	const char *variables;
	const char *command;
	const char *marker; /* printed before anything else, with the pid */
	struct attempt *attempt;
	bool begun;
	long pid;
	struct remote_end end;
	const char *signal; /* a copy, which lives longer */
};

/* Where it goes, under a name that nobody can guess, and how it is run. */
int shell_prepare(struct attempt *a, struct script *s, struct err *e);
/* Paths are in the lists of the provisioning before they are there, and until
 * they are known to be gone. */
int shell_put(struct attempt *a, const struct script *s, struct err *e);
int shell_clean(struct attempt *a, const struct script *s, struct err *e);
/* Ends what still runs when its time is over: closing the channel ends
 * nothing. */
void shell_end(struct attempt *a, const struct script *s);
/* Waits until the server is there for the next thing, even where it has only
 * begun to shut down; its old sshd may still let us in. `went': it was away, or
 * about to go. */
int shell_settle(struct attempt *a, bool *went, struct err *e);

#endif
