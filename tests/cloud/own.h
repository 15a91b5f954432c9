/* SPDX-License-Identifier: Apache-2.0 */
/*
 * own - an ordinary user's own files, however their modes are.
 *
 * A machine's root is that user out here, and may not read a file of mode 0
 * that root has made. In a user namespace of its own a process may, so that no
 * mode is changed meanwhile: others may be looking.
 */
#ifndef CLOUD_OWN_H
#define CLOUD_OWN_H

#include <stdbool.h>

/* After an EACCES at that name in the directory `at': whether to try again,
 * because the process has gone into such a namespace. It does so once at most,
 * only for what is its user's own, stays there, and must be single-threaded:
 * let it be a child that does nothing else. `errno' is kept. */
bool own_rights(int at, const char *name);

#endif
