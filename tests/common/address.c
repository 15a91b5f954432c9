/* SPDX-License-Identifier: Apache-2.0 */
#include "common/address.h"

#include <check.h>

Suite *suite(void);

static const struct {
	const char *a, *b;
	bool same;
} pairs[] = {
	{ "10.0.0.1", "10.0.0.1", true },
	{ "10.0.0.1", "10.0.0.2", false },
	{ "10.0.0.1", "10.0.0.10", false },
	{ "2001:db8::9", "2001:0db8:0000:0000:0000:0000:0000:0009", true },
	{ "2001:DB8::A", "2001:db8:0:0:0:0:0:a", true },
	{ "2001:db8::9", "2001:db8::90", false },
	{ "::", "0:0:0:0:0:0:0:0", true },
	{ "::1", "0000::0001", true },
	{ "::ffff:10.0.0.1", "::ffff:a00:1", true },
	{ "::1", "1::", false },
	{ "0.0.0.0", "::", false },
	{ "", "", true },
	{ "", "10.0.0.1", false },
	{ "", "0.0.0.0", false },
	{ "web1.Example.org", "WEB1.example.ORG", true },
	{ "web1.example.org", "web1.example.com", false },
	{ "<web1.private>", "<web1.private>", true },
	{ "10.0.0.1 ", "10.0.0.1", false },
	{ "10.0.0.1", "10.0.0.1:80", false },
	{ "10.0.0.0/8", "10.0.0.0", false },
	{ "10.0.0", "10.0.0.0", false },
	{ "2001:db8::9/64", "2001:db8::9", false },
	{ "[2001:db8::9]", "2001:db8:0::9", false },
	{ "2001:db8:::9", "2001:db8::9", false },
};

START_TEST(compares)
{
	ck_assert(address_same(pairs[_i].a, pairs[_i].b) == pairs[_i].same);
	ck_assert(address_same(pairs[_i].b, pairs[_i].a) == pairs[_i].same);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("address");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, compares, 0, sizeof(pairs) / sizeof(*pairs));
	suite_add_tcase(s, t);
	return s;
}
