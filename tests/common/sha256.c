/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sha256.h"

#include <check.h>
#include <string.h>

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* The first ones are FIPS 180-4's own examples; the lengths are those around
 * which padding changes its form. The text is repeated `count' times. */
static const struct {
	const char *text;
	size_t count;
	const char *digest;
} cases[] = {
	{ "", 1,
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", 1,
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "a", 1000000,
		"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
	{ "x", 3,
		"cd2eb0837c9b4c962c22d2ff8b5441b7b45805887f051d39bf133b583baf6860" },
	{ "x", 55,
		"d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072" },
	{ "x", 56,
		"04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e" },
	{ "x", 57,
		"ae14a2563ccf969d99aca69ce6bb74981f734bbf9f655f73b8f06db68cab5217" },
	{ "x", 63,
		"75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776d6f2" },
	{ "x", 64,
		"7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c" },
	{ "x", 65,
		"9537c5fdf120482f7d58d25e9ed583f52c02b4e304ea814db1633ad565aed7e9" },
	{ "x", 119,
		"000b48d4edf0fa7bee3c6236ecd2785baa5db4eeb8bb54341b029e0d9fa5fb0c" },
	{ "x", 120,
		"13f05a0b594787f5ecd315edc96141bd3243203d1b7d4f0836f37308b276ba98" },
	{ "x", 128,
		"24da1b81d0b16df6428eee73c69fcb2a93c76bc6df706f0c6670fe6bfe800464" },
};

static void digest(const char *text, size_t count, size_t piece, char out[65])
{
	size_t length = strlen(text);
	struct sha256 s;

	sha256_init(&s);
	for (size_t i = 0; i < count; i++)
		for (size_t at = 0; at < length; at += piece)
			sha256_add(&s, text + at,
				length - at < piece ? length - at : piece);
	sha256_end(&s, out);
}

START_TEST(is_the_digest_of_the_standard)
{
	char out[65];

	digest(cases[_i].text, cases[_i].count, 1000, out);
	ck_assert_str_eq(out, cases[_i].digest);
	digest(cases[_i].text, cases[_i].count, 7, out);
	ck_assert_str_eq(out, cases[_i].digest);
}
END_TEST

/* However the bytes are cut into pieces. */
START_TEST(pieces_do_not_matter)
{
	char bytes[300], whole[65], pieces[65];
	struct sha256 s;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	for (size_t first = 0; first <= sizeof(bytes); first++) {
		sha256_init(&s);
		sha256_add(&s, bytes, sizeof(bytes));
		sha256_end(&s, whole);
		sha256_init(&s);
		sha256_add(&s, bytes, first);
		sha256_add(&s, bytes + first, sizeof(bytes) - first);
		sha256_end(&s, pieces);
		ck_assert_str_eq(whole, pieces);
	}
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("sha256");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, is_the_digest_of_the_standard, 0, COUNT(cases));
	tcase_add_test(t, pieces_do_not_matter);
	suite_add_tcase(s, t);
	return s;
}
