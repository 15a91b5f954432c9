/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/go_time.h"

#include <check.h>

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* 2009-02-05 05:00:57.012345600 UTC, a Thursday, as Go's time.Format and
 * Packer's strftime write it. */
static const struct timespec instant = { 1233810057, 12345600 };

static const struct {
	bool percent;
	const char *layout, *text;
} cases[] = {
	{ false, "2006-01-02T15:04:05Z07:00", "2009-02-05T05:00:57Z" },
	{ false, "Mon Jan _2 15:04:05 2006", "Thu Feb  5 05:00:57 2009" },
	{ false, "Monday, January 2 2006", "Thursday, February 5 2009" },
	{ false, "02-Jan-06 3:04PM MST", "05-Feb-09 5:00AM UTC" },
	{ false, "3 03 pm", "5 05 am" },
	{ false, "1/2/06 15h4m5s", "2/5/09 05h0m57s" },
	{ false, "002 __2", "036  36" },
	{ false, "-07 -0700 -07:00 Z0700", "+00 +0000 +00:00 Z" },
	{ false, "05.000 05.00 05,000", "57.012 57.01 57,012" },
	{ false, "05.999999999 05.99 05.9", "57.0123456 57.01 57" },
	{ false, "20060102150405", "20090205050057" },
	{ false, "build-x", "build-x" },
	{ false, "Janet", "Janet" },
	{ false, "", "" },
	{ true, "%Y%m%d", "20090205" },
	{ true, "%a %A %b %B", "Thu Thursday Feb February" },
	{ true, "%H %I %p %M %S %L", "05 05 AM 00 57 .012" },
	{ true, "%y %z %Z %%", "09 +0000 UTC %" },
	/* Those that Packer does not know stay. */
	{ true, "%Q %e %", "%Q %e %" },
	{ true, "2006", "2006" },
};

START_TEST(writes_as_packer_does)
{
	struct str s;

	str_init(&s, 1000);
	(cases[_i].percent ? go_time_strftime : go_time_add)(
		&s, &instant, cases[_i].layout);
	ck_assert_str_eq(s.text, cases[_i].text);
	str_free(&s);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("go_time");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, writes_as_packer_does, 0, COUNT(cases));
	suite_add_tcase(s, t);
	return s;
}
