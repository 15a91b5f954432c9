/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_coerce.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/opt_python.h"
#include "common/str.h"

Suite *suite(void);

/* What a value, as JSON, becomes as an option of this type: JSON again, or the
 * reason why not. */
static const struct {
	const char *type, *given, *made, *reason;
} rows[] = {
	{ "str", "\"a\"", "\"a\"", NULL },
	{ "str", "null", "\"\"", NULL },
	{ "str", "true", "\"True\"", NULL },
	{ "str", "1e16", "\"1e+16\"", NULL },
	{ "str", "1.50", "\"1.5\"", NULL },
	{ "str", "-0", "\"0\"", NULL },
	{ "str", "[1, null, false, 1e400, NaN]",
		"\"[1, None, False, inf, nan]\"", NULL },
	{ "str", "{\"it's\": \"\\\"\"}", "\"{\\\"it's\\\": '\\\"'}\"", NULL },
	{ "str", "[\"\\u0000\\n\\u200b\\u00e9\\ud83d\\ude00\\ud800\"]",
		"\"['\\\\x00\\\\n\\\\u200b\\u00e9\\ud83d\\ude00\\\\ud800']\"",
		NULL },
	{ "bool", "\" YeS\\n\"", "true", NULL },
	{ "bool", "\"\\u00a0off\\u2003\"", "false", NULL },
	{ "bool", "1.0", "true", NULL },
	{ "bool", "-0.0", "false", NULL },
	{ "bool", "null", NULL,
		"<class 'NoneType'> cannot be converted to a bool" },
	{ "bool", "[]", NULL, "<class 'list'> cannot be converted to a bool" },
	{ "int", "\"3.0\"", "3", NULL },
	{ "int", "\"1e3\"", "1000", NULL },
	{ "int", "\" +1__0_\\t\"", "10", NULL },
	{ "int", "\"-0.0\"", "0", NULL },
	{ "int", "\"120e-1\"", "12", NULL },
	{ "int", "\"\\u0663\"", "3", NULL },
	{ "int", "true", "true", NULL },
	{ "int", "-3.0", "-3", NULL },
	{ "int", "1e23", "99999999999999991611392", NULL },
	{ "int", "123456789012345678901234567890",
		"123456789012345678901234567890", NULL },
	{ "int", "\"125e-1\"", NULL,
		"\"'125e-1'\" cannot be converted to an int" },
	{ "int", "\"1e5000\"", NULL,
		"\"'1e5000'\" cannot be converted to an int" },
	{ "int", "\"0x10\"", NULL, "\"'0x10'\" cannot be converted to an int" },
	{ "int", "\"+ 5\"", NULL, "\"'+ 5'\" cannot be converted to an int" },
	{ "int", "\"inf\"", NULL, "\"'inf'\" cannot be converted to an int" },
	{ "int", "\"\"", NULL, "\"''\" cannot be converted to an int" },
	{ "int", "2.5", NULL, "\"2.5\" cannot be converted to an int" },
	{ "int", "NaN", NULL, "\"nan\" cannot be converted to an int" },
	{ "int", "null", NULL, "\"None\" cannot be converted to an int" },
	{ "int", "[0]", NULL, "\"[0]\" cannot be converted to an int" },
	{ "float", "\"1_0.5\"", "10.5", NULL },
	{ "float", "\".5e1\"", "5.0", NULL },
	{ "float", "\"-Infinity\"", "-Infinity", NULL },
	{ "float", "true", "1.0", NULL },
	{ "float", "7", "7.0", NULL },
	{ "float", "\"1__0\"", NULL,
		"<class 'str'> cannot be converted to a float" },
	{ "float", "\"0x1p3\"", NULL,
		"<class 'str'> cannot be converted to a float" },
	{ "float", "\"nan(1)\"", NULL,
		"<class 'str'> cannot be converted to a float" },
	{ "float", "\"1\\u001c\"", NULL,
		"<class 'str'> cannot be converted to a float" },
	{ "float", "\"1\\u00002\"", NULL,
		"<class 'str'> cannot be converted to a float" },
	{ "list", "\"\"", "[\"\"]", NULL },
	{ "list", "\"a, b,\"", "[\"a\", \" b\", \"\"]", NULL },
	{ "list", "\"[1, 2]\"", "[\"[1\", \" 2]\"]", NULL },
	{ "list", "1.0", "[\"1.0\"]", NULL },
	{ "list", "{}", NULL, "<class 'dict'> cannot be converted to a list" },
	{ "dict", "\"{\\\"a\\\": 1e2, \\\"b\\\": -0, \\\"a\\\": 2}\"",
		"{\"a\": 2, \"b\": 0}", NULL },
	{ "dict", "\"{\\\"a\\\": \\\"\\ud800\\\"}\"", "{\"a\": \"\\ud800\"}",
		NULL },
	{ "dict", "\"{'a': (1, 0x1F,), 'b': u'x' \\\"y\\\", 'c': None}\"",
		"{\"a\": [1, 31], \"b\": \"xy\", \"c\": null}", NULL },
	{ "dict", "\"{1: 2, 1.5: 3, True: 4, None: 5}\"",
		"{\"1\": 2, \"1.5\": 3, \"true\": 4, \"null\": 5}", NULL },
	{ "dict", "\"a=1, b='x y' c=\\\"p,q\\\" d=e=f a=2\"",
		"{\"a\": \"2\", \"b\": \"x y\", \"c\": \"p,q\", "
		"\"d\": \"e=f\"}",
		NULL },
	{ "dict", "\" a=\\\\'q\\\\\\\\ b=x\\\\\"",
		"{\"a\": \"'q\\\\\", \"b\": \"x\"}", NULL },
	{ "dict", "\"=\"", "{\"\": \"\"}", NULL },
	{ "dict", "\"{'a': b'x'}\"", NULL,
		"unable to evaluate string as dictionary" },
	{ "dict", "\"{1, 2}\"", NULL,
		"unable to evaluate string as dictionary" },
	{ "dict", "\"{\\\"a\\\": \\\"\\u0000\\\"}\"", NULL,
		"unable to evaluate string as dictionary" },
	{ "dict", "\"a=1 b\"", NULL,
		"unable to evaluate string in the \"key=value\" format "
		"as dictionary" },
	{ "dict", "\" {}\"", NULL,
		"dictionary requested, could not parse JSON or key=value" },
	{ "dict", "[]", NULL, "<class 'list'> cannot be converted to a dict" },
	{ "path", "\"~\"", "\"/home/me\"", NULL },
	{ "path", "\"~/x\"", "\"/home/me/x\"", NULL },
	{ "path", "\"~root/x\"", "\"/root/x\"", NULL },
	{ "path", "\"~no-such-user/x\"", "\"~no-such-user/x\"", NULL },
	{ "path", "\"$SRV/${SRV}$SRV_$\"", "\"/srv//srv$SRV_$\"", NULL },
	{ "path", "\"${SRV\"", "\"${SRV\"", NULL },
	{ "path", "\"${}$1x\"", "\"${}$1x\"", NULL },
	{ "path", "\"$TWICE\"", "\"$SRV\"", NULL },
	{ "path", "\"$BYTES\"", "\"$BYTES\"", NULL },
	{ "path", "null", "\"\"", NULL },
	{ "raw", "{\"a\": [1, null]}", "{\"a\": [1, null]}", NULL },
	{ "json", "\" {\\u00a0\"", "\"{\"", NULL },
	{ "json", "[\"\\u00e9\", 1.0]", "\"[\\\"\\\\u00e9\\\", 1.0]\"", NULL },
	{ "jsonarg", "1", NULL,
		"<class 'int'> cannot be converted to a json string" },
	{ "bytes", "\"1.5 kilobyte\\n\"", "1536", NULL },
	{ "bytes", "\"2KB\"", "2048", NULL },
	{ "bytes", "\"1y\"", "1208925819614629174706176", NULL },
	{ "bytes", "0.5", "0", NULL },
	{ "bytes", "1.5", "2", NULL },
	{ "bytes", "9007199254740993", "9007199254740992", NULL },
	{ "bytes", "\"1kb\"", NULL,
		"<class 'str'> cannot be converted to a Byte value" },
	{ "bytes", "\"2 bytes\"", NULL,
		"<class 'str'> cannot be converted to a Byte value" },
	{ "bytes", "\"1e3\"", NULL,
		"<class 'str'> cannot be converted to a Byte value" },
	{ "bytes", "\"1.\"", NULL,
		"<class 'str'> cannot be converted to a Byte value" },
	{ "bytes", "\" 1\"", NULL,
		"<class 'str'> cannot be converted to a Byte value" },
	{ "bytes", "true", NULL,
		"<class 'bool'> cannot be converted to a Byte value" },
	{ "bits", "\"1Kb\"", "1024", NULL },
	{ "bits", "\"1 megabit\"", "1048576", NULL },
	{ "bits", "\"1KB\"", NULL,
		"<class 'str'> cannot be converted to a Bit value" },
	{ "colour", "1", NULL, "'NoneType' object is not callable" },
};

START_TEST(makes_values)
{
	const char *text = rows[_i].given;
	char *reason = NULL, *printed = NULL;
	cJSON *given, *made;
	struct err e;

	setenv("HOME", "/home/me", 1);
	setenv("SRV", "/srv", 1);
	setenv("TWICE", "$SRV", 1);
	setenv("BYTES", "\xff", 1);
	given = json_parse(text, strlen(text), &e);
	ck_assert_ptr_nonnull(given);
	made = opt_coerce(rows[_i].type, given, &reason);
	if (made)
		printed = json_text(made);
	ck_assert_pstr_eq(printed, rows[_i].made);
	ck_assert_pstr_eq(reason, rows[_i].reason);
	mem_free(printed);
	mem_free(reason);
	cJSON_Delete(made);
	cJSON_Delete(given);
}
END_TEST

/* The words of this list stand in another order in each Python. */
START_TEST(names_the_booleans)
{
	cJSON *given = json_new_str("maybe");
	char *reason = NULL;

	ck_assert_ptr_null(opt_coerce("bool", given, &reason));
	ck_assert(str_starts(reason,
		"The value 'maybe' is not a valid boolean. Valid booleans "
		"include: 0, 1, '0', "));
	mem_free(reason);
	cJSON_Delete(given);
}
END_TEST

/* A path may be all that there is, and HOME may be empty. */
START_TEST(never_makes_an_empty_path_of_a_home)
{
	cJSON *given = json_new_str("~"), *made;
	char *reason = NULL;

	setenv("HOME", "//", 1);
	made = opt_coerce("path", given, &reason);
	ck_assert_str_eq(made->valuestring, "/");
	cJSON_Delete(made);
	cJSON_Delete(given);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("opt_coerce");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(
		t, makes_values, 0, (int)(sizeof(rows) / sizeof(*rows)));
	tcase_add_test(t, names_the_booleans);
	tcase_add_test(t, never_makes_an_empty_path_of_a_home);
	suite_add_tcase(s, t);
	return s;
}
