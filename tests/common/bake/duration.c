/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/duration.h"

#include <check.h>

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static const struct {
	const char *text;
	bool good;
	int64_t milliseconds;
} cases[] = {
	{ "0", true, 0 },
	{ "0s", true, 0 },
	{ "300ms", true, 300 },
	{ "90s", true, 90000 },
	{ "10m", true, 600000 },
	{ "1h30m", true, 5400000 },
	{ "1.5h", true, 5400000 },
	{ ".5s", true, 500 },
	{ "5.s", true, 5000 },
	{ "1m1.5s", true, 61500 },
	{ "-5s", true, -5000 },
	{ "+5s", true, 5000 },
	{ "-0", true, 0 },
	/* What is not zero does not become zero. */
	{ "1ns", true, 1 },
	{ "-1ns", true, -1 },
	{ "1us", true, 1 },
	{ "1\xc2\xb5s", true, 1 },
	{ "1\xce\xbcs", true, 1 },
	{ "1000001ns", true, 2 },
	{ "2562047h", true, 9223369200000 },
	{ "0.0000000000000000000000001s", true, 0 },
	{ "", false, 0 },
	{ "-", false, 0 },
	{ "10", false, 0 },
	{ "00", false, 0 },
	{ "s", false, 0 },
	{ ".s", false, 0 },
	{ "5 s", false, 0 },
	{ "5s ", false, 0 },
	{ " 5s", false, 0 },
	{ "5S", false, 0 },
	{ "5d", false, 0 },
	{ "1s2", false, 0 },
	{ "--5s", false, 0 },
	{ "ten minutes", false, 0 },
	{ "1e3s", false, 0 },
	{ "2562048h", false, 0 },
	{ "99999999999999999999s", false, 0 },
	{ "2562047h60m", false, 0 },
};

START_TEST(reads_what_go_does)
{
	int64_t milliseconds = 0;
	bool good = duration_parse(cases[_i].text, &milliseconds);

	ck_assert_msg(good == cases[_i].good, "%s", cases[_i].text);
	if (good)
		ck_assert_msg(milliseconds == cases[_i].milliseconds,
			"%s: %lld", cases[_i].text, (long long)milliseconds);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("duration");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, reads_what_go_does, 0, COUNT(cases));
	suite_add_tcase(s, t);
	return s;
}
