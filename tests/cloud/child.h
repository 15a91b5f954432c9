/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child - processes that end with the one that started them.
 *
 * For single-threaded processes: what follows the fork is ordinary code.
 */
#ifndef CLOUD_CHILD_H
#define CLOUD_CHILD_H

#include <sys/types.h>

#include "common/err.h"
#include "common/str.h"

/* A fork that has no signal blocked, /dev/null as its input and `output' as
 * its output, and inherits nothing else over an exec. It is killed when its
 * parent ends. Returns 0 in the child, -1 with errno when there is none. */
pid_t child_fork(int output);

/* Runs a program, found by PATH, to its end. What it prints is put into the
 * text (initialised here, freed by the caller on success); NULL: only shown in
 * the error, of which its last line is a part. -1 also when it exits with
 * something else than 0. */
int child_run(const char *const *arguments, struct str *printed, struct err *e);
/* Kills all children, and what comes to this process when they end, of which
 * it is the subreaper, until there is none. */
void child_end_all(void);
/* The last line, for the words of an error; the text loses its line ends. */
const char *child_last_line(struct str *text);

#endif
