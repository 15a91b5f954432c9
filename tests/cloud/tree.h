/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree - directories of a machine's files: copied, removed, written into.
 *
 * What is in them was made by others and may be written to meanwhile: no
 * symbolic link is followed. For single-threaded processes that may sleep.
 */
#ifndef CLOUD_TREE_H
#define CLOUD_TREE_H

#include <stddef.h>
#include <sys/types.h>

#include "common/err.h"

/* The directory and what is below it as `to', which must not be there: files,
 * directories and symbolic links with owners, modes and times. Sockets, pipes
 * and devices are left out, what goes meanwhile is not missed; hard links
 * become files of their own. What is an ordinary user's own is copied however
 * its modes are (see own.h for what that makes of the process). */
int tree_copy(const char *from, const char *to, struct err *e);
/* One file, links followed: for files that are the host's. */
int tree_copy_file(const char *from, const char *to, struct err *e);
/* Nothing of it is left, however its modes are. Gone already is fine. */
int tree_remove(const char *path, struct err *e);

/* A directory or file in a directory that nobody else writes to, its parents
 * made as needed; an existing file is replaced. */
int tree_make(
	const char *directory, const char *path, mode_t mode, struct err *e);
int tree_write(const char *directory, const char *path, mode_t mode,
	const void *bytes, size_t length, struct err *e);
int tree_link(const char *directory, const char *path, const char *target,
	struct err *e);

#endif
