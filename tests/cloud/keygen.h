/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keygen - a new SSH key pair, made by ssh-keygen without touching a file.
 */
#ifndef CLOUD_KEYGEN_H
#define CLOUD_KEYGEN_H

#include "common/err.h"

/* Both as texts, which the caller frees. */
int keygen_new(char **private_key, char **public_key, struct err *e);

#endif
