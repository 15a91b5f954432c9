/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base64 - what clients send encoded (RFC 4648).
 */
#ifndef CLOUD_BASE64_H
#define CLOUD_BASE64_H

#include <stddef.h>

/* The bytes, and how many; NULL for what is no base64 with its padding. White
 * space between the characters is ignored. The caller frees them. */
unsigned char *base64_decode(const char *text, size_t *length);

#endif
