/* SPDX-License-Identifier: Apache-2.0 */
/* sha256 - the SHA-256 digest (FIPS 180-4). */
#ifndef COMMON_SHA256_H
#define COMMON_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
	uint32_t state[8];
	uint64_t length;
	uint8_t block[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *bytes, size_t length);
/* 64 hexadecimal digits and an end. */
void sha256_end(struct sha256 *s, char text[65]);

#endif
