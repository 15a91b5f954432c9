/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox - a machine as bubblewrap makes it: a tree over the host's /usr, its
 * processes to themselves, the network shared.
 *
 * It is no security boundary: it keeps machines from tripping over each other,
 * not from wanting to.
 */
#ifndef CLOUD_SANDBOX_H
#define CLOUD_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct sandbox {
	const char *scripts; /* directory made by tree_scripts() */
	const char *tree;
	const char *given; /* what the boot script finds as server/ */
	const char *id, *name, *hostname;
	const char *address, *private_address; /* "" for none, not both */
	uint16_t ssh_port;
	const char *sshd; /* what is to go wrong with it, "" for nothing */
	bool is_new;
};

/* Whether what is needed is installed, and a sandbox of this tree runs; the
 * error says what is in the way and what can be done. */
int sandbox_probe(const char *tree, struct err *e);

/* In a process of child_fork(): becomes the sandbox's outer process, which
 * exits with the boot script's status when nothing of the sandbox is left. Its
 * output gets {"child-pid": N} first, its inner process, which takes the
 * sandbox along when it ends; and "machine up 1" or "... 0" when the boot
 * script runs: whether the tree has one of its own, /etc/rc.local. */
void sandbox_become(const struct sandbox *s) __attribute__((noreturn));

#define SANDBOX_REBOOT 3 /* exit statuses: it is to be started again, */
#define SANDBOX_OFF    4 /* or stays off */

#endif
