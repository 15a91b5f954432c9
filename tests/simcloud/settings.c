/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/settings.h"

#include <check.h>
#include <stdlib.h>

#include "common/str.h"

Suite *suite(void);

/* An option, and whether its value is accepted. */
static const struct {
	const char *name, *value;
	bool fine;
} options[] = {
	{ "build-time", "0", true },
	{ "build-time", "0.25", true },
	{ "build_time", "1e1", true },
	{ "port", "0", true },
	{ "port", "65535", true },
	{ "build-time", "", false },
	{ "build-time", " 1", false },
	{ "build-time", "1 ", false },
	{ "build-time", "-1", false },
	{ "build-time", "nan", false },
	{ "build-time", "inf", false },
	{ "build-time", "1e999", false },
	{ "build-time", "0x10", false },
	{ "build-time", "1,5", false },
	{ "build-time", "--1", false },
	{ "port", "65536", false },
	{ "port", "80.5", false },
	{ "app-port", "0", false },
	{ "page", "0", false },
	{ "page", "1001", false },
};

START_TEST(reads_options)
{
	struct settings s, before;
	struct err e;

	settings_init(&s);
	before = s;
	ck_assert_int_eq(
		settings_set(&s, options[_i].name, options[_i].value, &e),
		options[_i].fine ? 0 : -1);
	if (options[_i].fine)
		return;
	ck_assert_int_eq(e.code, ERR_OTHER);
	ck_assert_mem_eq(&s, &before, sizeof(s));
}
END_TEST

static const char *const unknown[] = { "", "build", "build-times", "BUILD-TIME",
	"build time", "a-name-that-is-longer-than-any-of-the-options-are" };

START_TEST(knows_no_others)
{
	struct settings s;
	struct err e;

	settings_init(&s);
	ck_assert_int_eq(settings_set(&s, unknown[_i], "1", &e), -1);
	ck_assert_int_eq(e.code, ERR_ABSENT);
	ck_assert(!settings_can_config(unknown[_i]));
}
END_TEST

START_TEST(some_are_fixed_once_it_serves)
{
	cJSON *one = json_literal("1"), *text = json_literal("'1'");
	struct settings s;
	struct err e;

	settings_init(&s);
	ck_assert(settings_can_config("build_time"));
	ck_assert(!settings_can_config("build-time"));
	ck_assert(!settings_can_config("port"));
	ck_assert_int_eq(settings_config(&s, "port", one, &e), -1);
	ck_assert_int_eq(settings_config(&s, "build_time", text, &e), -1);
	ck_assert_int_eq(settings_config(&s, "build_time", one, &e), 0);
	ck_assert_double_eq(s.build_time, 1);
	cJSON_Delete(one);
	cJSON_Delete(text);
}
END_TEST

START_TEST(shows_all)
{
	struct settings s;
	cJSON *all;

	settings_init(&s);
	all = settings_show(&s);
	ck_assert_int_eq(json_size(all), (int)(sizeof(s) / sizeof(double)));
	ck_assert_int_eq(json_int(all, "app_port", 0), 8080);
	ck_assert_double_eq(json_member(all, "build_time")->valuedouble, 0.5);
	cJSON_Delete(all);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof(*(table)))

Suite *suite(void)
{
	Suite *s = suite_create("settings");
	TCase *t = tcase_create("settings");

	tcase_add_loop_test(t, reads_options, 0, ROWS(options));
	tcase_add_loop_test(t, knows_no_others, 0, ROWS(unknown));
	tcase_add_test(t, some_are_fixed_once_it_serves);
	tcase_add_test(t, shows_all);
	suite_add_tcase(s, t);
	return s;
}
