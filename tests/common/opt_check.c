/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>

#include "common/mem.h"
#include "common/opt.h"
#include "common/str.h"

Suite *suite(void);

#define TWO   "{'a': {}, 'b': {}, 'n': {'type': 'int'}}"
#define FIVE  "{'n': {'type': 'int', 'default': 5}, 'a': {}, 'b': {}}"
#define ALIAS "{'name': {'aliases': ['x', 'y'], 'required': true}}"
#define SUB                                                                    \
	"{'p': {'type': 'dict', 'options': {"                                  \
	"  'q': {'type': 'list', 'elements': 'dict', 'aliases': ['qq'],"       \
	"   'options': {'r': {'type': 'int', 'required': true},"               \
	"    't': {'no_log': true, 'default': 'hidden'},"                      \
	"    'l': {'type': 'list', 'elements': 'int'},"                        \
	"    'c': {'choices': ['u', 'v']}},"                                   \
	"   'mutually_exclusive': [['l', 'c']]}},"                             \
	"  'apply_defaults': true}}"

/* Literals: what the arguments become, or the failure. */
static const struct {
	const char *spec, *constraints, *args, *params, *failure;
} rows[] = {
	{ TWO, "{}", "{'b': 1}", "{'b': '1', 'a': null, 'n': null}", NULL },
	{ TWO, "{}", "{'n': null}", "{'n': null, 'a': null, 'b': null}", NULL },
	{ FIVE, "{}", "{'n': null}", NULL,
		"argument 'n' is of type NoneType and we were unable to "
		"convert to int: \"None\" cannot be converted to an int" },
	/* The order of failures. */
	{ TWO, "{'mutually_exclusive': [['a', 'b']]}",
		"{'a': 1, 'b': null, 'n': 'x', 'z': 1}", NULL,
		"parameters are mutually exclusive: a|b" },
	{ TWO, "{'mutually_exclusive': [['a', 'b'], ['n', 'a']]}",
		"{'a': 1, 'b': null, 'n': 'x'}", NULL,
		"parameters are mutually exclusive: a|b, n|a" },
	{ "{'a': {'required': true}, 'b': {'required': true}}", "{}",
		"{'z': 1}", NULL, "missing required arguments: a, b" },
	{ TWO, "{'required_together': [['a', 'b']]}", "{'a': 1, 'n': 'x'}",
		NULL,
		"argument 'n' is of type str and we were unable to convert to "
		"int: \"'x'\" cannot be converted to an int" },
	{ TWO, "{'required_together': [['a', 'b']]}", "{'a': 1, 'z': 2}", NULL,
		"parameters are required together: a, b" },
	{ TWO, "{}", "{'z': 1, 'y': 2, '': 3}", NULL,
		"Unsupported parameters for (probe) module: , y, z. Supported "
		"parameters include: a, b, n." },
	{ ALIAS, "{}", "{'name': 1, 'z': 1}", NULL,
		"Unsupported parameters for (probe) module: z. Supported "
		"parameters include: name (x, y)." },
	/* Rules. */
	{ FIVE, "{'required_one_of': [['n']]}", "{}",
		"{'n': 5, 'a': null, 'b': null}", NULL },
	{ FIVE, "{'mutually_exclusive': [['n', 'a']]}", "{'a': 1}",
		"{'n': 5, 'a': '1', 'b': null}", NULL },
	{ FIVE, "{'required_together': [['n', 'a']]}", "{}", NULL,
		"parameters are required together: n, a" },
	{ TWO, "{'required_together': ['ab']}", "{'b': 1}", NULL,
		"parameters are required together: a, b" },
	{ TWO, "{'required_one_of': [['a', 'b']]}", "{'n': 1}", NULL,
		"one of the following is required: a, b" },
	{ FIVE, "{'required_if': [['n', 5.0, ['a', 'b']]]}", "{'b': 1}", NULL,
		"n is 5.0 but all of the following are missing: a" },
	{ FIVE, "{'required_if': [['n', 5, ['a', 'b'], true]]}", "{}", NULL,
		"n is 5 but any of the following are missing: a, b" },
	{ FIVE, "{'required_if': [['n', 5, ['a', 'b'], true]]}", "{'b': null}",
		"{'n': 5, 'a': null, 'b': null}", NULL },
	{ FIVE, "{'required_if': [['n', '5', ['a']]]}", "{}",
		"{'n': 5, 'a': null, 'b': null}", NULL },
	{ TWO, "{'required_if': [['n', true, ['a']]]}", "{'n': 1}", NULL,
		"n is True but all of the following are missing: a" },
	{ TWO, "{'required_by': {'a': 'b'}}", "{'a': 1, 'b': null}", NULL,
		"missing parameter(s) required by 'a': b" },
	{ TWO, "{'required_by': {'a': ['b', 'n']}}", "{'a': null}",
		"{'a': null, 'b': null, 'n': null}", NULL },
	/* Aliases. */
	{ ALIAS, "{}", "{'y': 'v'}", "{'name': 'v', 'y': 'v'}", NULL },
	{ ALIAS, "{}", "{'y': 'v', 'name': 'n', 'x': 'w'}",
		"{'name': 'v', 'y': 'v', 'x': 'w'}", NULL },
	/* Choices. */
	{ "{'c': {'choices': ['yes', 'no', 'off']}}", "{}", "{'c': true}",
		"{'c': 'yes'}", NULL },
	{ "{'c': {'choices': ['yes', 'no', 'off']}}", "{}", "{'c': false}",
		NULL, "value of c must be one of: yes, no, off, got: False" },
	{ "{'c': {'choices': ['a']}}", "{}", "{'c': null}", NULL,
		"value of c must be one of: a, got: None" },
	{ "{'c': {'type': 'list', 'choices': ['a', 'b']}}", "{}",
		"{'c': ['a', 1, 'A']}", NULL,
		"value of c must be one or more of: a, b. Got no match for: "
		"1, A" },
	{ "{'c': {'type': 'float', 'choices': [1]}}", "{}", "{'c': '1'}",
		"{'c': 1.0}", NULL },
	/* Elements. */
	{ "{'l': {'type': 'list', 'elements': 'str'}}", "{}",
		"{'l': [null, 1]}", "{'l': ['', '1']}", NULL },
	{ "{'l': {'type': 'list', 'elements': 'int'}}", "{}", "{'l': '1,x,y'}",
		NULL,
		"Elements value for option 'l' is of type str and we were "
		"unable to convert to int: \"'x'\" cannot be converted to an "
		"int" },
	/* Sub-options. */
	{ SUB, "{}", "{}", "{'p': {'q': null}}", NULL },
	{ SUB, "{}", "{'p': {'q': ['r=1', {'r': 2}]}}",
		"{'p': {'q': [{'r': 1, 't': 'hidden', 'l': null, 'c': null},"
		" {'r': 2, 't': 'hidden', 'l': null, 'c': null}]}}",
		NULL },
	{ SUB, "{}", "{'p': {'qq': [{'r': 2}]}}",
		"{'p': {'q': [{'r': 2, 't': 'hidden', 'l': null, 'c': null}],"
		" 'qq': [{'r': 2, 't': 'hidden', 'l': null, 'c': null}]}}",
		NULL },
	{ SUB, "{}", "{'p': {'q': [{}]}}", NULL,
		"missing required arguments: r found in p -> q" },
	{ SUB, "{}", "{'p': {'q': [{'r': 'x'}]}}", NULL,
		"argument 'r' is of type str found in 'p -> q'. and we were "
		"unable to convert to int: \"'x'\" cannot be converted to an "
		"int" },
	{ SUB, "{}", "{'p': {'q': [{'r': 1, 'l': ['x']}]}}", NULL,
		"Elements value for option 'l' found in 'p -> q' is of type "
		"str and we were unable to convert to int: \"'x'\" cannot be "
		"converted to an int" },
	{ SUB, "{}", "{'p': {'q': [{'r': 1, 'c': 'w'}]}}", NULL,
		"value of c must be one of: u, v, got: w found in p -> q" },
	{ SUB, "{}", "{'p': {'q': [{'r': 1, 'l': [], 'c': 'u'}]}}", NULL,
		"parameters are mutually exclusive: l|c found in p -> q" },
	{ SUB, "{}", "{'p': {'q': [{'r': 1, 'z': 1}]}}", NULL,
		"Unsupported parameters for (probe) module: p.q.z. Supported "
		"parameters include: c, l, r, t." },
	{ SUB, "{}", "{'p': 'junk', 'z': 1}", NULL,
		"dictionary requested, could not parse JSON or key=value" },
	{ SUB, "{}", "{'p': {'q': [7]}, 'z': 1}", NULL,
		"Value '7' in the sub parameter field 'q' must be a list, not "
		"'int'" },
	/* Specs that no module has. */
	{ "{'a': {'required': true, 'default': 1}}", "{}", "{}", NULL,
		"internal error: required and default are mutually exclusive "
		"for a" },
	{ "{'a': {'choices': 'abc'}}", "{}", "{'a': 1}", NULL,
		"internal error: choices for argument a are not iterable: "
		"abc" },
	{ "{'a': {'type': 'raw', 'elements': 'int'}}", "{}", "{'a': 'x'}", NULL,
		"Invalid type raw for option 'x', elements value check is "
		"supported only with 'list' type" },
	{ "{'a': 5, 'b': null}", "[1, 2]", "{'a': 1}", "{'a': '1', 'b': null}",
		NULL },
	{ "[]", "null", "[]", "{}", NULL },
};

static void check(const char *spec, const char *constraints, const char *args,
	struct opt_checked *checked)
{
	cJSON *s = json_literal(spec), *c = json_literal(constraints);
	cJSON *a = json_literal(args);
	struct err e;
	int result = opt_check("probe", s, c, a, checked, &e);

	ck_assert_int_eq(result, checked->failure ? -1 : 0);
	cJSON_Delete(s);
	cJSON_Delete(c);
	cJSON_Delete(a);
}

START_TEST(checks_arguments)
{
	struct opt_checked checked;
	cJSON *wanted;

	check(rows[_i].spec, rows[_i].constraints, rows[_i].args, &checked);
	ck_assert_pstr_eq(checked.failure, rows[_i].failure);
	if (rows[_i].params) {
		wanted = json_literal(rows[_i].params);
		ck_assert(json_equal(checked.params, wanted));
		cJSON_Delete(wanted);
	}
	opt_checked_free(&checked);
}
END_TEST

/* What else comes out, as literals. */
static const struct {
	const char *spec, *args, *warnings, *deprecations, *secrets;
} notes[] = {
	{ ALIAS, "{'name': 1, 'x': 2, 'y': 3}",
		"['Both option name and its alias x are set.',"
		" 'Both option name and its alias y are set.']",
		"[]", "[]" },
	{ "{'s': {'type': 'list', 'elements': 'dict', 'aliases': ['t'],"
	  " 'options': {'a': {'aliases': ['b']}}}}",
		"{'s': [], 't': [{'a': 1, 'b': 2}]}",
		"['Both option s[0].a and its alias s[0].b are set.',"
		" 'Both option s and its alias t are set.']",
		"[]", "[]" },
	/* In the order of the parameters: given, defaults, the others. */
	{ "{'pass': {}, 'my-PassWord': {'default': 1}, 'passwd_x': {},"
	  " 'pass_phrase': {'no_log': false}, 'passion': {}, '_pass': {},"
	  " 'bypass': {}, 'x_pass_': {}, 'passwords': {}}",
		"{'passwd_x': null}",
		"['Module did not set no_log for passwd_x',"
		" 'Module did not set no_log for my-PassWord',"
		" 'Module did not set no_log for pass',"
		" 'Module did not set no_log for x_pass_']",
		"[]", "[]" },
	{ "{'a': {'removed_in_version': '9', 'removed_from_collection': 'c.d'},"
	  " 'b': {'aliases': ['o'], 'deprecated_aliases': [{'name': 'o',"
	  "  'date': '2030-01-01', 'collection_name': null}]},"
	  " 'p': {'type': 'list', 'elements': 'dict', 'options':"
	  "  {'q': {'removed_at_date': '2031-01-01',"
	  "   'removed_in_version': '9'}}}}",
		"{'a': 1, 'o': 2, 'p': [{'q': 1}, {'q': 2}]}", "[]",
		"[{'msg': 'Alias \\u0027o\\u0027 is deprecated. See the module"
		" docs for more information', 'date': '2030-01-01'},"
		" {'msg': 'Param \\u0027a\\u0027 is deprecated. See the module"
		" docs for more information', 'version': '9',"
		" 'collection_name': 'c.d'},"
		" {'msg': 'Param \\u0027p[\\u0022q\\u0022]\\u0027 is"
		" deprecated. See the module docs for more information',"
		" 'date': '2031-01-01'}]",
		"[]" },
	{ "{'k': {'no_log': true, 'type': 'raw', 'aliases': ['kk']},"
	  " 'd': {'no_log': true, 'default': 7, 'type': 'int'},"
	  " 'p': {'type': 'dict', 'options': {'t': {'no_log': true}}}}",
		"{'kk': [1.50, 'b', 'b', '', true, null, {'x': 'c'}],"
		" 'p': 't=secret'}",
		"[]", "[]", "['1.5', '7', 'b', 'c', 'secret']" },
	/* What follows a value that cannot be looked into is hidden, too. */
	{ "{'p': {'type': 'list', 'elements': 'dict', 'options':"
	  "  {'t': {'no_log': true}}}, 'k': {'no_log': true}}",
		"{'k': 'one', 'p': [3, {'t': 'two'}]}", "[]", "[]",
		"['one', 'two']" },
};

static void is(const cJSON *got, const char *wanted)
{
	cJSON *literal = json_literal(wanted);
	char *text = json_text(got), *wanted_text = json_text(literal);

	ck_assert_str_eq(text, wanted_text);
	mem_free(text);
	mem_free(wanted_text);
	cJSON_Delete(literal);
}

START_TEST(notes_what_is_odd)
{
	struct opt_checked checked;

	check(notes[_i].spec, "{}", notes[_i].args, &checked);
	is(checked.warnings, notes[_i].warnings);
	is(checked.deprecations, notes[_i].deprecations);
	is(checked.secrets, notes[_i].secrets);
	opt_checked_free(&checked);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("opt_check");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(
		t, checks_arguments, 0, (int)(sizeof(rows) / sizeof(*rows)));
	tcase_add_loop_test(
		t, notes_what_is_odd, 0, (int)(sizeof(notes) / sizeof(*notes)));
	suite_add_tcase(s, t);
	return s;
}
