/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/answer.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/judge/crc.h"

Suite *suite(void);

#define BODY(rest) "{\"server\":\"s1\",\"image\":\"i\",\"build\":\"7\"" rest "}"
#define PATH       ",\"path\":\"/judge/5\""

static const struct {
	const char *body;
	bool unbounded, upload;
	long status; /* 0: 200 */
	enum outcome outcome;
} cases[] = {
	{ BODY(PATH), .outcome = OUTCOME_OK },
	{ BODY(PATH), .unbounded = true, .outcome = OUTCOME_OK },
	{ BODY(PATH) "\n", .outcome = OUTCOME_OK },
	{ BODY(PATH ",\"more\":[1]"), .outcome = OUTCOME_OK },
	{ BODY(PATH), .status = 503, .outcome = OUTCOME_WRONG },
	{ BODY(PATH), .status = 201, .outcome = OUTCOME_WRONG },
	{ BODY(PATH), .status = 206, .outcome = OUTCOME_WRONG },
	{ "", .outcome = OUTCOME_WRONG },
	{ "", .unbounded = true, .outcome = OUTCOME_TRUNCATED },
	{ "{\"server\":", .unbounded = true, .outcome = OUTCOME_TRUNCATED },
	{ "{\"server\":", .outcome = OUTCOME_WRONG },
	{ BODY(PATH) BODY(PATH), .outcome = OUTCOME_WRONG },
	{ "[]", .outcome = OUTCOME_WRONG },
	{ "null", .outcome = OUTCOME_WRONG },
	{ "\"/judge/5\"", .outcome = OUTCOME_WRONG },
	{ BODY(""), .outcome = OUTCOME_WRONG },
	{ BODY(",\"path\":\"/judge/55\""), .outcome = OUTCOME_WRONG },
	{ BODY(",\"path\":\"/judge/\""), .outcome = OUTCOME_WRONG },
	{ BODY(",\"path\":5"), .outcome = OUTCOME_WRONG },
	{ BODY(",\"PATH\":\"/judge/5\""), .outcome = OUTCOME_WRONG },
	{ "{\"build\":\"7\"" PATH "}", .outcome = OUTCOME_WRONG },
	{ "{\"server\":\"\",\"build\":\"7\"" PATH "}",
		.outcome = OUTCOME_WRONG },
	{ "{\"server\":\"s\",\"build\":null" PATH "}",
		.outcome = OUTCOME_WRONG },
	{ "{\"server\":\"s\",\"build\":\"\"" PATH "}",
		.outcome = OUTCOME_WRONG },
	{ BODY(PATH ",\"received\":9,\"crc32\":\"cbf43926\""), .upload = true,
		.outcome = OUTCOME_OK },
	{ BODY(PATH ",\"received\":9,\"crc32\":\"CBF43926\""), .upload = true,
		.outcome = OUTCOME_OK },
	{ BODY(PATH ",\"received\":8,\"crc32\":\"cbf43926\""), .upload = true,
		.outcome = OUTCOME_WRONG },
	{ BODY(PATH ",\"received\":9,\"crc32\":\"cbf43927\""), .upload = true,
		.outcome = OUTCOME_WRONG },
	{ BODY(PATH ",\"received\":9,\"crc32\":3421780262"), .upload = true,
		.outcome = OUTCOME_WRONG },
	{ BODY(PATH ",\"received\":9"), .upload = true,
		.outcome = OUTCOME_WRONG },
	{ BODY(PATH ",\"crc32\":\"cbf43926\""), .upload = true,
		.outcome = OUTCOME_WRONG },
	{ BODY(PATH), .upload = true, .outcome = OUTCOME_WRONG },
};

START_TEST(judges)
{
	size_t length = strlen(cases[_i].body);
	/* An exact copy lets the sanitizer see a byte read beyond the end. */
	char *exact =
		length ? memcpy(malloc(length), cases[_i].body, length) : NULL;
	const struct answer answer = {
		.status = cases[_i].status ? cases[_i].status : 200,
		.body = exact ? exact : "",
		.length = length,
		.bounded = !cases[_i].unbounded,
	};
	const struct answer_wanted wanted = {
		.target = "/judge/5",
		.upload = cases[_i].upload,
		.received = 9,
		.crc = crc_update(0, "123456789", 9),
	};
	struct finding finding;

	answer_judge(&answer, &wanted, &finding);
	ck_assert_msg(finding.outcome == cases[_i].outcome, "%s: %s %s",
		cases[_i].body, outcome_name(finding.outcome), finding.reason);
	ck_assert_int_eq(finding.status, answer.status);
	ck_assert_int_eq(
		finding.reason[0] == '\0', finding.outcome == OUTCOME_OK);
	free(exact);
}
END_TEST

START_TEST(names_fit_into_a_line)
{
	static const char body[] =
		"{\"server\":\"a\\tb\\nc\\u0000\\u007f\",\"build\":\"7\"" PATH
		"}";
	const struct answer answer = {
		.status = 200, .body = body, .length = sizeof(body) - 1
	};
	const struct answer_wanted wanted = { .target = "/judge/5" };
	struct finding finding;

	answer_judge(&answer, &wanted, &finding);
	ck_assert_int_eq(finding.outcome, OUTCOME_OK);
	ck_assert_ptr_null(strpbrk(finding.server, "\t\n\x7f"));
	ck_assert_str_eq(finding.build, "7");
}
END_TEST

/* The check value of CRC-32 (ISO-HDLC), whole and in parts. */
START_TEST(crc_is_the_known_one)
{
	ck_assert_uint_eq(crc_update(0, "", 0), 0);
	ck_assert_uint_eq(crc_update(0, "123456789", 9), 0xcbf43926);
	ck_assert_uint_eq(
		crc_update(crc_update(0, "1234", 4), "56789", 5), 0xcbf43926);
	ck_assert_uint_eq(crc_update(0, "\xff\xff\xff\xff", 4), 0xffffffff);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("judge/answer");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, judges, 0, sizeof(cases) / sizeof(*cases));
	tcase_add_test(t, names_fit_into_a_line);
	tcase_add_test(t, crc_is_the_known_one);
	suite_add_tcase(s, t);
	return s;
}
