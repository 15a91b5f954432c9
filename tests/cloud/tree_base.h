/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree_base - the files of a base image: a small system over the host's /usr.
 */
#ifndef CLOUD_TREE_BASE_H
#define CLOUD_TREE_BASE_H

#include <stdbool.h>

#include "common/err.h"

/* Parts of the root directory that a machine has for itself, ended by NULL;
 * they are the tree's top. */
extern const char *const tree_parts[];

/* The tree, at a path that is not there. With cloud-init its servers get host
 * keys and a machine id of their own; without, they are the tree's. */
int tree_base(const char *tree, bool cloud_init, struct err *e);

/* The scripts that a machine runs: boot, bin/reboot, bin/shutdown, ... */
int tree_scripts(const char *directory, struct err *e);

#endif
