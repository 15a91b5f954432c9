/* SPDX-License-Identifier: Apache-2.0 */
/* crc - zlib's CRC-32 (polynomial 0xedb88320, reflected). */
#ifndef JUDGE_CRC_H
#define JUDGE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* `crc' is 0 at first, then what the last call gave. */
uint32_t crc_update(uint32_t crc, const void *bytes, size_t length);

#endif
