/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/base64.h"

#include <stdint.h>
#include <string.h>

#include "common/mem.h"

static int digit_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

unsigned char *base64_decode(const char *text, size_t *length)
{
	unsigned char *bytes = mem_new(strlen(text) / 4 * 3 + 3);
	uint32_t bits = 0;
	size_t digits = 0, padding = 0, n = 0, place;

	for (; *text; text++) {
		int digit = digit_of(*text);

		if (strchr(" \t\r\n", *text))
			continue;
		if (*text == '=') {
			padding++;
			continue;
		}
		if (digit < 0 || padding)
			goto bad;
		bits = bits << 6 | (uint32_t)digit;
		place = digits++ % 4;
		if (place)
			bytes[n++] = (unsigned char)(bits >> (6 - 2 * place));
	}
	if (digits % 4 == 1 || padding != (4 - digits % 4) % 4)
		goto bad;
	*length = n;
	return bytes;
bad:
	mem_free(bytes);
	return NULL;
}
