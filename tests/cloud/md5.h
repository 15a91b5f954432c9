/* SPDX-License-Identifier: Apache-2.0 */
/*
 * md5 - the digest (RFC 1321) that key fingerprints were made of.
 */
#ifndef CLOUD_MD5_H
#define CLOUD_MD5_H

#include <stddef.h>

#define MD5_SIZE 16

void md5_of(const void *bytes, size_t length, unsigned char digest[MD5_SIZE]);

#endif
