/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/cloud.h"

Suite *suite(void);

/* A time and what it is; below 0: it is none. */
static const struct {
	const char *text;
	double time;
} times[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "2031-04-02T18:20:07Z", 1932920407 },
	{ "2031-04-02T18:20:07", 1932920407 },
	{ "2031-04-02T18:20:07.5Z", 1932920407.5 },
	{ "2031-04-02T20:20:07+02:00", 1932920407 },
	{ "2031-04-02T20:20:07+0200", 1932920407 },
	{ "2031-04-02T12:20:07.250-06:00", 1932920407.25 },
	{ "2031-04-02T12:20:07-0600", 1932920407 },
	{ "", -1 },
	{ "2031-04-02", -1 },
	{ "2031-13-02T18:20:07Z", -1 },
	{ "2031-04-02T18:20:07z", -1 },
	{ "2031-04-02T18:20:07.Z", -1 },
	{ "2031-04-02T18:20:07ZZ", -1 },
	{ "2031-04-02T18:20:07+", -1 },
	{ "2031-04-02T18:20:07+02", -1 },
	{ "2031-04-02T18:20:07+02:00x", -1 },
	{ "2031-04-02T18:20:07+-2:00", -1 },
	{ "yesterday", -1 },
};

START_TEST(reads_times)
{
	double time = -1;
	bool read = cloud_time_read(times[_i].text, &time);

	ck_assert_int_eq(read, times[_i].time >= 0);
	if (read)
		ck_assert_double_eq(time, times[_i].time);
}
END_TEST

START_TEST(writes_what_it_reads)
{
	char *text = cloud_time_text(1932920407.9);

	ck_assert_str_eq(text, "2031-04-02T18:20:07Z");
	mem_free(text);
}
END_TEST

START_TEST(no_two_ids_are_equal)
{
	char *ids[100];

	for (int i = 0; i < 100; i++) {
		ids[i] = cloud_uuid();
		ck_assert(str_is_uuid(ids[i]));
		ck_assert_int_eq(ids[i][14], '4');
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(ids[i], ids[j]);
	}
	for (int i = 0; i < 100; i++)
		mem_free(ids[i]);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("text");
	TCase *t = tcase_create("text");

	tcase_add_loop_test(
		t, reads_times, 0, (int)(sizeof(times) / sizeof(*times)));
	tcase_add_test(t, writes_what_it_reads);
	tcase_add_test(t, no_two_ids_are_equal);
	suite_add_tcase(s, t);
	return s;
}
