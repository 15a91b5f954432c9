/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/md5.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite(void);

static void check(const void *bytes, size_t length, const char *want)
{
	unsigned char digest[MD5_SIZE];
	char text[2 * MD5_SIZE + 1];

	md5_of(bytes, length, digest);
	for (int i = 0; i < MD5_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	ck_assert_str_eq(text, want);
}

/* RFC 1321, appendix A.5. */
static const struct {
	const char *given, *digest;
} rows[] = {
	{ "", "d41d8cd98f00b204e9800998ecf8427e" },
	{ "a", "0cc175b9c0f1b6a831c399e269772661" },
	{ "abc", "900150983cd24fb0d6963f7d28e17f72" },
	{ "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
	{ "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b" },
	{ "12345678901234567890123456789012345678901234567890123456789012345678"
	  "901234567890",
		"57edf4a22be3c955ac49da2e2107b67a" },
};

START_TEST(vectors)
{
	check(rows[_i].given, strlen(rows[_i].given), rows[_i].digest);
}
END_TEST

/* Where the length and its padding begin a block of their own. */
START_TEST(ends_of_blocks)
{
	char zeros[65] = { 0 };

	check(zeros, 55, "c9ea3314b91c9fd4e38f9432064fd1f2");
	check(zeros, 56, "e3c4dd21a9171fd39d208efa09bf7883");
	check(zeros, 63, "65cecfb980d72fde57d175d6ec1c3f64");
	check(zeros, 64, "3b5d3c7d207e37dceeedd301e35e2e58");
	check(zeros, 65, "1ef5e829303a139ce967440e0cdca10c");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("md5");
	TCase *t = tcase_create("md5");

	tcase_add_loop_test(t, vectors, 0, (int)(sizeof(rows) / sizeof(*rows)));
	tcase_add_test(t, ends_of_blocks);
	suite_add_tcase(s, t);
	return s;
}
