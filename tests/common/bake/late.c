/* SPDX-License-Identifier: Apache-2.0 */
/* What is rendered when the server is there. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/bake/template.h"
#include "common/mem.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static const struct {
	const char *text, *rendered; /* or NULL, and: */
	const char *error;
} cases[] = {
	{ "", "", NULL },
	{ "echo {", "echo {", NULL },
	{ "chmod +x {{.Path}}; {{.Vars}} {{ .Path }}",
		"chmod +x /tmp/s; A='b' /tmp/s", NULL },
	{ "{{build `ID`}} {{build \"Host\"}} {{.ID}}", "i-1 h i-1", NULL },
	{ "a {{- .ID -}} b", "ai-1b", NULL },
	{ "a {{/* c */}}b", "a b", NULL },
	{ "{{upper .ID}} {{.ID | upper}} {{lower (upper .ID)}}", "I-1 I-1 i-1",
		NULL },
	{ "{{replace `i` `o` 1 (build `ID`)}}", "o-1", NULL },
	{ "{{.ID | replace_all `-` `_`}}", "i_1", NULL },
	{ "{{split .ID `-` 1}}", "1", NULL },
	{ "{{`{{`}} {{\"\\\"\\u00e9\\n\"}} {{5}} {{true}} {{1.50}}",
		"{{ \"\xc3\xa9\n 5 true 1.50", NULL },
	{ "{{.Port}}", "22", NULL },
	{ "}}", "}}", NULL },
	{ "{{.Nope}}", NULL, "\"Nope\"" },
	{ "{{build `Nope`}}", NULL, "\"Nope\"" },
	{ "{{.Tree}}", NULL, "\"Tree\"" },
	{ "{{.}}", NULL, "nothing is known" },
	{ "{{user `x`}}", NULL, "user cannot be used" },
	{ "{{.ID", NULL, "no }}" },
	{ "{{{{.ID}}}}", NULL, "unexpected {" },
	{ "{{.ID .ID}}", NULL, "no function" },
	{ "{{upper`a`}}", NULL, "no space" },
	{ "{{\"a\n\"}}", NULL, "no end" },
	{ "{{\"\\q\"}}", NULL, "bad escape" },
	{ "{{upper .ID | lower .ID}}", NULL, "takes 1" },
	{ "{{replace_all `` `x` .ID}}", NULL, "empty text" },
};

START_TEST(fills_in_the_facts)
{
	struct pool *pool = pool_new();
	cJSON *facts = pool_keep(pool,
		json_literal("{'ID': 'i-1', 'Host': 'h', 'Path': '/tmp/s', "
			     "'Vars': 'A=\\u0027b\\u0027', 'Port': 22, "
			     "'Tree': {}}"));
	struct err e;
	const char *rendered = late_render(cases[_i].text, facts, pool, &e);

	ck_assert_msg(!rendered == !cases[_i].rendered, "%s: %s",
		cases[_i].text, rendered ? rendered : e.text);
	if (rendered)
		ck_assert_str_eq(rendered, cases[_i].rendered);
	else
		ck_assert_msg(strstr(e.text, cases[_i].error), "%s", e.text);
	pool_free(pool);
}
END_TEST

/* What comes out is not looked at again. */
START_TEST(a_fact_is_no_template)
{
	struct pool *pool = pool_new();
	cJSON *facts = pool_keep(pool, json_literal("{'ID': '{{.ID}}', 'Host': "
						    "'%s%n'}"));
	struct err e;

	ck_assert_str_eq(late_render("{{.ID}} {{.Host}}", facts, pool, &e),
		"{{.ID}} %s%n");
	pool_free(pool);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("late");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, fills_in_the_facts, 0, COUNT(cases));
	tcase_add_test(t, a_fact_is_no_template);
	suite_add_tcase(s, t);
	return s;
}
