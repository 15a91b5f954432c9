/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt.h"

#include <check.h>
#include <string.h>

#include "common/str.h"

Suite *suite(void);

struct params {
	const char *name, *state, *key, *other_key, *folder;
	bool wait;
	const bool *verify;
	int64_t count;
	const int64_t *port;
	const cJSON *meta, *tags, *disks;
};

static const struct opt disk[] = {
	OPT_SUB("size", "int", .required = true),
	OPT_SUB("kind", "str", .choices = "ssd|sata", .fallback = "ssd"),
	OPT_SUB("token", "str", .secret = true),
	OPT_END,
};

static const struct opt_rule disk_rules[] = {
	{ OPT_TOGETHER, "kind|token", NULL, false },
	{ 0 },
};

static const struct opt rows[] = {
	OPT_STR(name, .required = true, .aliases = "label|title"),
	OPT_STR(state, .choices = "present|absent", .fallback = "present"),
	OPT_STR(key, .secret = true),
	OPT_STR(other_key, .not_secret = true),
	OPT_PATH(folder, .fallback = "it's"),
	OPT_BOOL(wait, .fallback = "false"),
	OPT_BOOL(verify),
	OPT_INT(count, .fallback = "1", .choices = "1|2|3"),
	OPT_INT(port),
	OPT_DICT(meta, .fallback = "{}"),
	OPT_LIST(tags, "str", .fallback = "['a', 'b']"),
	OPT_LIST(disks, "dict", .sub = disk, .sub_rules = disk_rules),
	OPT_END,
};

static const struct opt_rule rules[] = {
	{ OPT_EXCLUSIVE, "key|other_key", NULL, false },
	{ OPT_ONE_OF, "key|other_key|name", NULL, false },
	{ OPT_REQUIRED_IF, "port|verify", "state=absent", true },
	{ OPT_REQUIRED_IF, "port", "wait=true", false },
	{ OPT_REQUIRED_IF, "port", "state='1'", false },
	{ 0 },
};

START_TEST(turns_rows_into_a_spec)
{
	cJSON *spec = cJSON_CreateObject();
	cJSON *wanted = json_literal(
		"{'name': {'type': 'str', 'required': true,"
		"  'aliases': ['label', 'title']},"
		" 'state': {'type': 'str', 'choices': ['present', 'absent'],"
		"  'default': 'present'},"
		" 'key': {'type': 'str', 'no_log': true},"
		" 'other_key': {'type': 'str', 'no_log': false},"
		" 'folder': {'type': 'path', 'default': 'it\\u0027s'},"
		" 'wait': {'type': 'bool', 'default': false},"
		" 'verify': {'type': 'bool'},"
		" 'count': {'type': 'int', 'default': 1,"
		"  'choices': [1, 2, 3]},"
		" 'port': {'type': 'int'},"
		" 'meta': {'type': 'dict', 'default': {}},"
		" 'tags': {'type': 'list', 'elements': 'str',"
		"  'default': ['a', 'b']},"
		" 'disks': {'type': 'list', 'elements': 'dict',"
		"  'options': {'size': {'type': 'int', 'required': true},"
		"   'kind': {'type': 'str', 'choices': ['ssd', 'sata'],"
		"    'default': 'ssd'},"
		"   'token': {'type': 'str', 'no_log': true}},"
		"  'required_together': [['kind', 'token']]}}");

	opt_add_spec(spec, rows);
	ck_assert(json_equal(spec, wanted));
	cJSON_Delete(spec);
	cJSON_Delete(wanted);
}
END_TEST

START_TEST(turns_rules_into_constraints)
{
	cJSON *constraints = cJSON_CreateObject();
	cJSON *wanted = json_literal(
		"{'mutually_exclusive': [['key', 'other_key']],"
		" 'required_one_of': [['key', 'other_key', 'name']],"
		" 'required_if': [['state', 'absent', ['port', 'verify'],"
		"   true], ['wait', true, ['port']], ['state', '1',"
		"   ['port']]]}");

	opt_add_rules(constraints, rules);
	ck_assert(json_equal(constraints, wanted));
	cJSON_Delete(constraints);
	cJSON_Delete(wanted);
}
END_TEST

/* Checks the arguments, a literal, against the rows. */
static int check_rows(const char *args, struct opt_checked *out, struct err *e)
{
	cJSON *spec = cJSON_CreateObject(), *given = json_literal(args);
	cJSON *constraints = cJSON_CreateObject();
	int result;

	opt_add_spec(spec, rows);
	opt_add_rules(constraints, rules);
	result = opt_check("probe", spec, constraints, given, out, e);
	cJSON_Delete(spec);
	cJSON_Delete(constraints);
	cJSON_Delete(given);
	return result;
}

START_TEST(binds_values)
{
	struct pool *pool = pool_new();
	struct opt_checked checked;
	struct params p;
	struct err e;

	ck_assert_int_eq(
		check_rows("{'title': 'n', 'wait': 'yes', 'port': '80',"
			   " 'verify': 0, 'count': true, 'tags': 'x,y',"
			   " 'disks': [{'size': '5', 'token': 't'}]}",
			&checked, &e),
		0);
	opt_bind(rows, checked.params, &p, pool);
	ck_assert_str_eq(p.name, "n");
	ck_assert_str_eq(p.state, "present");
	ck_assert_ptr_null(p.key);
	ck_assert_str_eq(p.folder, "it's");
	ck_assert(p.wait && p.verify && !*p.verify);
	ck_assert_int_eq(p.count, 1);
	ck_assert(p.port && *p.port == 80);
	ck_assert_int_eq(json_size(p.meta), 0);
	ck_assert_str_eq(json_str(p.tags, "1"), "y");
	ck_assert_int_eq(json_int(p.disks, "0.size", 0), 5);
	ck_assert_str_eq(json_str(p.disks, "0.kind"), "ssd");
	opt_checked_free(&checked);
	pool_free(pool);
}
END_TEST

/* An option that was not given has no value; an integer may be too great. */
START_TEST(binds_what_is_absent_or_too_great)
{
	static const char *const given[] = { "null", "true",
		"9223372036854775807", "9223372036854775808",
		"-9223372036854775809" };
	static const int64_t counts[] = { 0, 1, INT64_MAX, INT64_MAX,
		INT64_MIN };
	char *args =
		mem_printf("{'port': %s, 'count': %s}", given[_i], given[_i]);
	struct pool *pool = pool_new();
	cJSON *params = json_literal(args);
	struct params p;

	memset(&p, 0xff, sizeof(p));
	opt_bind(rows, params, &p, pool);
	ck_assert_int_eq(p.count, counts[_i]);
	ck_assert_int_eq(p.port != NULL, _i > 0);
	if (p.port)
		ck_assert_int_eq(*p.port, counts[_i]);
	ck_assert_ptr_null(p.name);
	ck_assert_ptr_null(p.verify);
	ck_assert_ptr_null(p.meta);
	ck_assert(!p.wait);
	cJSON_Delete(params);
	pool_free(pool);
	mem_free(args);
}
END_TEST

START_TEST(hides_secrets_in_the_error)
{
	struct opt_checked checked;
	struct err e;

	ck_assert_int_eq(check_rows("{'name': 'n', 'key': 's3cr\\u00e9t',"
				    " 'state': 'xs3cr\\u00e9t'}",
				 &checked, &e),
		-1);
	ck_assert_str_eq(e.text,
		"value of state must be one of: present, absent, got: "
		"x********");
	ck_assert_str_eq(checked.failure,
		"value of state must be one of: present, absent, got: "
		"xs3cr\xc3\xa9t");
	ck_assert_int_eq(json_size(checked.secrets), 1);
	opt_checked_free(&checked);
}
END_TEST

/* A long secret is not cut before it is hidden. */
START_TEST(hides_long_secrets)
{
	cJSON *spec = json_literal("{'k': {'no_log': true, 'type': 'int'}}");
	cJSON *args = cJSON_CreateObject();
	char *secret = mem_new(2 * ERR_TEXT_MAX);
	struct opt_checked checked;
	struct err e;

	memset(secret, 's', 2 * ERR_TEXT_MAX - 1);
	json_set_str(args, "k", secret);
	ck_assert_int_eq(opt_check("m", spec, NULL, args, &checked, &e), -1);
	ck_assert_str_eq(e.text,
		"argument 'k' is of type str and we were unable to convert to "
		"int: \"'********'\" cannot be converted to an int");
	opt_checked_free(&checked);
	cJSON_Delete(spec);
	cJSON_Delete(args);
	mem_free(secret);
}
END_TEST

START_TEST(ignores_what_is_ansibles_own)
{
	struct opt_checked checked;
	struct err e;

	ck_assert_int_eq(
		check_rows("{'_ansible_version': '2.19', '_ansible_x': [1],"
			   " 'name': 'n', 'port': 1}",
			&checked, &e),
		0);
	ck_assert_ptr_null(json_member(checked.params, "_ansible_x"));
	ck_assert_int_eq(json_size(checked.params), 12);
	opt_checked_free(&checked);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("opt");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, binds_what_is_absent_or_too_great, 0, 5);
	tcase_add_test(t, turns_rows_into_a_spec);
	tcase_add_test(t, turns_rules_into_constraints);
	tcase_add_test(t, binds_values);
	tcase_add_test(t, hides_secrets_in_the_error);
	tcase_add_test(t, hides_long_secrets);
	tcase_add_test(t, ignores_what_is_ansibles_own);
	suite_add_tcase(s, t);
	return s;
}
