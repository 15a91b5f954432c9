/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/base64.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

/* RFC 4648's own vectors and more; NULL: refused. */
static const struct {
	const char *given, *bytes;
} rows[] = {
	{ "", "" },
	{ "Zg==", "f" },
	{ "Zm8=", "fo" },
	{ "Zm9v", "foo" },
	{ "Zm9vYg==", "foob" },
	{ "Zm9vYmE=", "fooba" },
	{ "Zm9vYmFy", "foobar" },
	{ " Zm9v\r\nYmFy\t\n", "foobar" },
	{ "Zm8 =", "fo" },
	{ "+/+/", "\xfb\xff\xbf" },
	{ "Z", NULL },
	{ "Zg", NULL },
	{ "Zg=", NULL },
	{ "Zg===", NULL },
	{ "Zm8", NULL },
	{ "Zm9v=", NULL },
	{ "Zm9v====", NULL },
	{ "Zg==Zg==", NULL },
	{ "=", NULL },
	{ "====", NULL },
	{ "Zm9-", NULL },
	{ "%%%%", NULL },
	{ "Zm9v\xc3\xa9", NULL },
};

START_TEST(decodes)
{
	size_t length = 99;
	unsigned char *bytes = base64_decode(rows[_i].given, &length);

	if (rows[_i].bytes) {
		ck_assert_ptr_nonnull(bytes);
		ck_assert_uint_eq(length, strlen(rows[_i].bytes));
		ck_assert_int_eq(memcmp(bytes, rows[_i].bytes, length), 0);
	} else {
		ck_assert_ptr_null(bytes);
	}
	mem_free(bytes);
}
END_TEST

START_TEST(undoes_what_str_does)
{
	char all[256];
	unsigned char *back;
	size_t length;
	char *text;

	for (int i = 0; i < 256; i++)
		all[i] = (char)(i * 7);
	for (size_t n = 0; n < sizeof(all); n++) {
		text = str_base64(all, n);
		back = base64_decode(text, &length);
		ck_assert_uint_eq(length, n);
		ck_assert_int_eq(memcmp(back, all, n), 0);
		mem_free(back);
		mem_free(text);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("base64");
	TCase *t = tcase_create("base64");

	tcase_add_loop_test(t, decodes, 0, (int)(sizeof(rows) / sizeof(*rows)));
	tcase_add_test(t, undoes_what_str_does);
	suite_add_tcase(s, t);
	return s;
}
