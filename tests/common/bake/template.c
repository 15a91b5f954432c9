/* SPDX-License-Identifier: Apache-2.0 */
/* Small templates, and what is said about them. ' stands for ". */
#include "common/bake/template.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/common/bake/reading.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define NULL_BUILDER    "'builders': [{'type': 'null', 'communicator': 'none'}]"
#define STEP(options)   "{" NULL_BUILDER ", 'provisioners': [{" options "}]}"
#define VARIABLES(list) "{" NULL_BUILDER ", 'variables': {" list "}}"
#define LOCAL(text)     STEP("'type': 'shell-local', 'inline': ['" text "']")
#define RACKSPACE(options)                                                     \
	"{'builders': [{'type': 'openstack', 'provider': 'rackspace-us', "     \
	"'username': 'u', 'api_key': 'k3y', 'region': 'DFW', 'flavor': 2, "    \
	"'image_name': 'i', 'source_image': 's'" options "}]}"

#define X16  "xxxxxxxxxxxxxxxx"
#define X64  X16 X16 X16 X16
#define X255 X64 X64 X64 X16 X16 X16 "xxxxxxxxxxxxxxx"

enum list { ERRORS, WARNINGS, UNSUPPORTED, NOTHING };

static const struct {
	const char *template;
	enum list list;
	const char *says; /* part of the one message of that list */
} cases[] = {
	/* The root. */
	{ "{" NULL_BUILDER ", 'Builders': []}", ERRORS, "\"builders\" is" },
	{ "{'BUILDERS': [{'type': 'null', 'communicator': 'none'}]}", NOTHING,
		NULL },
	{ "{" NULL_BUILDER ", 'description': 5}", ERRORS, "a string" },
	{ "{" NULL_BUILDER ", 'push': {}, '_x': 'y'}", NOTHING, NULL },
	{ "{" NULL_BUILDER ", 'min_packer_version': '1.6.6'}", NOTHING, NULL },
	{ "{" NULL_BUILDER ", 'min_packer_version': '1.6.7'}", ERRORS,
		"1.6.7" },
	{ "{" NULL_BUILDER ", 'min_packer_version': '1.10'}", ERRORS, "1.10" },
	{ "{" NULL_BUILDER ", 'min_packer_version': '0.99.99'}", NOTHING,
		NULL },
	{ "{" NULL_BUILDER ", 'min_packer_version': 'x'}", ERRORS,
		"no version" },
	{ "{'builders': 5}", ERRORS, "\"builders\" must be a list" },
	{ "{'builders': [5]}", ERRORS, "builder 1: must be an object" },
	{ "{'builders': [{'type': 'amazon-ebs'}]}", UNSUPPORTED,
		"builder 1 (amazon-ebs): builders of this type" },
	{ "{'builders': [{'type': 'openstak'}]}", ERRORS,
		"did you mean \"openstack\"?" },
	/* JSON. */
	{ "{'builders': [", ERRORS, "line 1, column 15 (byte 15)" },
	{ "\n\n {,}", ERRORS, "line 3, column 3 (byte 5)" },
	{ "\xef\xbb\xbf{}", ERRORS, "byte order mark" },
	{ "{'builders': NaN}", ERRORS, "no JSON value at line 1, column 14" },
	{ "", ERRORS, "no JSON" },
	{ "[]", ERRORS, "must be an object" },
	{ "// c\n{}", ERRORS, "line 1, column 1" },
	{ LOCAL("a\\u0000b"), ERRORS, "inline[0] has a NUL character" },
	/* Variables. */
	{ VARIABLES("'a': null"), ERRORS, "variables: \"a\" is required" },
	{ VARIABLES("'a': 5"), ERRORS, "the default of \"a\"" },
	{ VARIABLES("'a': '{{user `a`}}'"), ERRORS, "break the circle" },
	{ VARIABLES("'a': '{{user `b`}}'"), ERRORS,
		"\"a\" uses \"b\", which is not declared" },
	{ VARIABLES("'a': '{{nosuch}}'"), ERRORS,
		"variables: \"a\" cannot be rendered: unknown function "
		"\"nosuch\"" },
	{ VARIABLES("'a': '{{build_name}}'"), ERRORS, "build_name cannot" },
	{ VARIABLES("'a': '{{.Foo}}'"), WARNINGS, "\"<no value>\"" },
	{ VARIABLES("'a': '{{packer_version}}'"), ERRORS, "packer_version" },
	{ VARIABLES("'a': '{{vault `a` `b`}}'"), UNSUPPORTED, "vault" },
	{ VARIABLES("'a': '{{user `c`}}', 'b': '1', 'c': '{{user `b`}}'"),
		NOTHING, NULL },
	{ "{" NULL_BUILDER ", 'sensitive-variables': ['nobody']}", NOTHING,
		NULL },
	{ "{" NULL_BUILDER ", 'sensitive-variables': 'a'}", ERRORS, "a list" },
	{ LOCAL("{{user `nope`}}"), WARNINGS,
		"provisioner 1 (shell-local): no variable \"nope\"" },
	/* Functions and their syntax. */
	{ LOCAL("{{"), ERRORS, "{{ has no }}" },
	{ LOCAL("{{ }}"), ERRORS, "a value is missing" },
	{ LOCAL("{{upper}}"), ERRORS, "upper takes 1 arguments, not 0" },
	{ LOCAL("{{upper 5}}"), ERRORS, "must be a text" },
	{ LOCAL("{{upper `a` `b`}}"), ERRORS, "upper takes 1" },
	{ LOCAL("{{uper `a`}}"), ERRORS, "unknown function \"uper\"" },
	{ LOCAL("{{timestmp}}"), ERRORS, "did you mean \"timestamp\"?" },
	{ LOCAL("{{split `a-b` `-` 2}}"), ERRORS, "split has no part 2" },
	{ LOCAL("{{user `a}}"), ERRORS, "back-ticks has no end" },
	{ LOCAL("{{(upper `a`}}"), ERRORS, "( has no )" },
	{ LOCAL("{{upper `a`)}}"), ERRORS, "unexpected )" },
	{ LOCAL("{{5 `a`}}"), ERRORS, "no function" },
	{ LOCAL("{{`a` | 5}}"), ERRORS, "behind |" },
	{ LOCAL("{{#}}"), ERRORS, "unexpected #" },
	{ LOCAL("{{/* open"), ERRORS, "comment" },
	{ LOCAL("{{env `HOME`}}"), ERRORS, "env cannot be used here" },
	{ LOCAL("{{sed `a` `b`}}"), ERRORS, "withdrawn" },
	{ LOCAL("{{clean_resource_name `a`}}"), ERRORS, "unknown function" },
	{ LOCAL("{{if true}}a{{end}}"), UNSUPPORTED, "if of Go's" },
	{ "{" NULL_BUILDER
	  ", 'variables': {'a': ''}, 'provisioners': [{'type': "
	  "'shell-local', 'inline': ['{{ if user `a` }}x{{ end }}']}]}",
		UNSUPPORTED, "if of Go's" },
	{ LOCAL("{{ with upper `a` }}a{{ end }}"), UNSUPPORTED,
		"with of Go's" },
	{ LOCAL("{{range split `a-b` `-` 0 | upper}}a{{end}}"), UNSUPPORTED,
		"range of Go's" },
	{ LOCAL("{{if `a` | upper}}a{{end}}"), UNSUPPORTED, "if of Go's" },
	{ LOCAL("{{if nosuch `a`}}a{{end}}"), ERRORS, "unknown function" },
	{ LOCAL("{{if upper}}a{{end}}"), ERRORS, "upper takes 1" },
	{ LOCAL("{{if (upper `a`}}a{{end}}"), ERRORS, "( has no )" },
	{ LOCAL("{{$x := 5}}"), UNSUPPORTED, "variables and characters" },
	{ LOCAL("{{printf `a`}}"), UNSUPPORTED, "printf" },
	{ LOCAL("{{build `Nope`}}"), ERRORS, "build knows no \"Nope\"" },
	{ LOCAL("{{build `ID`}} {{.Host}}"), NOTHING, NULL },
	{ LOCAL("{{replace_all `a` build_name .ID}}"), UNSUPPORTED,
		"within one {{ }}" },
	{ LOCAL("{{.Nope}}"), WARNINGS, "{{.Nope}}" },
	/* The null builder. */
	{ "{'builders': [{'type': 'null', 'ssh_host': 'h', "
	  "'ssh_username': 'u'}]}",
		ERRORS, "ssh_password, ssh_private_key_file or" },
	/* 0.7's form, and what goes with it. */
	{ RACKSPACE(""), NOTHING, NULL },
	{ RACKSPACE(", 'ssh_timeout': 600"), WARNINGS, "600 nanoseconds" },
	{ RACKSPACE(", 'ssh_timeout': '10'"), ERRORS, "like \"90s\"" },
	{ RACKSPACE(", 'flavour': '2'"), ERRORS,
		"builder 1 (openstack): unknown option \"flavour\" (did you "
		"mean \"flavor\"?)" },
	{ RACKSPACE(", 'source_image_name': 'n'"), ERRORS, "only one of" },
	{ RACKSPACE(", 'config_drive': 'perhaps'"), ERRORS,
		"config_drive must be true or false" },
	{ RACKSPACE(", 'ssh_port': 'x'"), ERRORS, "must be an integer" },
	{ RACKSPACE(", 'networks': {'a': 'b'}"), ERRORS, "networks must be" },
	{ RACKSPACE(", 'metadata': 'x'"), ERRORS, "metadata must be an" },
	{ RACKSPACE(", 'metadata': {'" X255 "': '" X255 "'}"), NOTHING, NULL },
	{ RACKSPACE(", 'metadata': {'k': '" X255 "x'}"), WARNINGS,
		"metadata.k is longer than 255 bytes" },
	{ RACKSPACE(", 'metadata': {'" X255 "x': 'v'}"), WARNINGS,
		"metadata: the key \"xxx" },
	{ RACKSPACE(", 'metadata': {'': 'v'}"), WARNINGS, "a key is empty" },
	{ RACKSPACE(", 'instance_metadata': {'k': '" X255 "x'}"), ERRORS,
		"instance_metadata.k is longer than 255 bytes" },
	{ RACKSPACE(", 'floating_ip': 'x'"), UNSUPPORTED, "floating_ip is" },
	{ RACKSPACE(", 'floating_ip': '', 'reuse_ips': false"), NOTHING, NULL },
	{ RACKSPACE(", 'communicator': 'winrm', 'winrm_username': 'u'"),
		UNSUPPORTED, "winrm" },
	{ RACKSPACE(", 'image_visibility': 'public'"), UNSUPPORTED,
		"image_visibility" },
	{ RACKSPACE(", 'image_visibility': 'private'"), NOTHING, NULL },
	{ RACKSPACE(", 'use_blockstorage_volume': true"), UNSUPPORTED,
		"use_blockstorage_volume is not supported" },
	{ RACKSPACE(", 'user_data_file': '/nonexistent/x'"), WARNINGS,
		"user_data_file: cannot read /nonexistent/x" },
	{ RACKSPACE(", 'image_name': 'x'"), ERRORS,
		"\"image_name\" is there more than once" },
	{ "{'builders': [{'type': 'openstack', 'provider': 'rackspace-uk', "
	  "'username': 'u', 'password': 'p', 'flavor': 2, 'image_name': 'i', "
	  "'source_image': 's'}]}",
		ERRORS, "region is missing" },
	{ "{'builders': [{'type': 'openstack', 'provider': 'rackspcae', "
	  "'username': 'u', 'password': 'p', 'flavor': 2, 'image_name': 'i', "
	  "'source_image': 's'}]}",
		ERRORS, "provider must be rackspace-us" },
	{ "{'builders': [{'type': 'openstack', 'provider': 'https://h/v2.0', "
	  "'username': 'u', 'password': 'p', 'flavor': 2, 'image_name': 'i', "
	  "'source_image_filter': {'filters': {'name': 'n', 'visibility': "
	  "'protected'}}}]}",
		WARNINGS, "no image is \"protected\"" },
	/* Provisioners. */
	{ STEP("'type': 'shell', 'inline': ['x'], 'pause_before': '1s', "
	       "'timeout': '1m'"),
		WARNINGS, "timeout has no effect" },
	{ STEP("'type': 'shell', 'inline': ['x'], 'pause_before': 10"),
		WARNINGS, "10 nanoseconds" },
	{ STEP("'type': 'shell', 'inline': ['x'], 'only': 'null'"), NOTHING,
		NULL },
	{ STEP("'type': 'shell', 'inline': ['x'], 'only': ['nul']"), ERRORS,
		"no builder \"nul\" (did you mean \"null\"?)" },
	{ STEP("'type': 'shell', 'INLINE': 'x'"), NOTHING, NULL },
	{ STEP("'type': 'shell', 'inline': [], 'script': ''"), ERRORS,
		"one of inline, script" },
	{ STEP("'type': 'shell', 'inline': ['x'], 'execute_command': "
	       "'{{nosuch}}'"),
		ERRORS, "execute_command cannot be rendered" },
	{ STEP("'type': 'shell', 'inline': ['x'], 'env_var_format': '%d'"),
		UNSUPPORTED, "env_var_format" },
	{ STEP("'type': 'shell', 'inline': ['x'], 'override': {'null': "
	       "{'foo': 1}}"),
		ERRORS, "unknown option \"foo\"" },
	{ STEP("'type': 'shell-local', 'inline': ['x'], 'command': 'y'"),
		ERRORS, "only one of inline" },
	{ STEP("'type': 'shell-local', 'inline': ['x'], 'only_on': ['mars']"),
		ERRORS, "no system is called \"mars\"" },
	{ STEP("'type': 'file', 'source': '/etc/passwd', 'destination': '/x', "
	       "'direction': 'UPLOAD'"),
		ERRORS, "upload or download" },
	{ STEP("'type': 'ansible', 'playbook_file': '/etc/passwd'"),
		UNSUPPORTED, "provisioner 1 (ansible)" },
	{ STEP("'type': 'ansible', 'playbook_file': '/etc/passwd', 'x': 1"),
		ERRORS, "unknown option \"x\"" },
	{ STEP("'type': 'breakpoint'"), UNSUPPORTED, "breakpoint waits" },
	{ STEP("'type': 'breakpoint', 'disable': true"), NOTHING, NULL },
	{ STEP("'type': 'chef-solo'"), UNSUPPORTED, "not supported" },
	{ "{" NULL_BUILDER ", 'provisioners': {}}", ERRORS, "must be a list" },
	{ "{" NULL_BUILDER ", 'provisioners': [5]}", ERRORS,
		"provisioner 1: must be an object" },
	{ "{" NULL_BUILDER ", 'error-cleanup-provisioner': {'type': 'shell', "
	  "'inline': ['x'], 'foo': 1}}",
		ERRORS,
		"error-cleanup-provisioner (shell): unknown option \"foo\"" },
	/* Post-processors. */
	{ "{" NULL_BUILDER ", 'post-processors': ['manifest']}", NOTHING,
		NULL },
	{ "{" NULL_BUILDER ", 'post-processors': [[['manifest']]]}", ERRORS,
		"post-processor 1.1: a list within" },
	{ "{" NULL_BUILDER ", 'post-processors': [{'type': 'manifest', "
	  "'keep_input_artifact': 'yes'}]}",
		ERRORS, "keep_input_artifact" },
	{ "{" NULL_BUILDER ", 'post-processors': ['compress']}", UNSUPPORTED,
		"post-processor 1 (compress)" },
};

START_TEST(says_just_that)
{
	struct reading r = read_quoted(cases[_i].template, NULL);
	const cJSON *lists[] = { r.verdict.errors, r.verdict.warnings,
		r.verdict.unsupported };

	for (int list = 0; list < NOTHING; list++) {
		char *said = json_text(lists[list]);
		int expected = list == (int)cases[_i].list;

		/* What is refused may be unsupported, too. */
		if (cases[_i].list == ERRORS && list == UNSUPPORTED)
			expected = json_size(lists[list]);
		ck_assert_msg(json_size(lists[list]) == expected,
			"%s: list %d says %s", cases[_i].template, list, said);
		if (list == (int)cases[_i].list)
			ck_assert_msg(strstr(lists[list]->child->valuestring,
					      cases[_i].says),
				"%s", said);
		mem_free(said);
	}
	ck_assert_msg(!r.recipe == !!r.verdict.errors->child ||
			      cases[_i].list == UNSUPPORTED,
		"%s", cases[_i].template);
	reading_free(&r);
}
END_TEST

/* One fault does not hide another. */
START_TEST(all_is_found_at_once)
{
	struct reading r = read_quoted(
		"{'builders': [{'type': 'openstack', 'colour': 1, 'ssh_timeout'"
		": 'soon'}, {'name': 'x'}], 'provisioners': [{'type': 'shel'}, "
		"{'type': 'file'}, {'type': 'shell', 'scripts': ['/nonexistent/"
		"a', '/nonexistent/b'], 'sudo': 1}], 'variables': {'v': null, "
		"'w': 5}, 'nonsense': 1, 'post-processors': [5]}",
		NULL);
	static const char *const expected[] = { "unknown key \"nonsense\"",
		"\"v\" is required", "default of \"w\"", "option \"colour\"",
		"ssh_timeout must be", "identity_endpoint is missing",
		"username is missing", "api_key or password is missing",
		"source_image is missing", "flavor is missing",
		"image_name is missing", "ssh_username is missing",
		"builder 2: type is missing", "provisioner 1: unknown type",
		"source is missing", "destination is missing",
		"\"/nonexistent/a\"", "\"/nonexistent/b\"", "option \"sudo\"",
		"post-processor 1: must be" };
	char *said = json_text(r.verdict.errors);

	for (size_t i = 0; i < COUNT(expected); i++)
		ck_assert_msg(says(r.verdict.errors, expected[i]),
			"%s is not "
			"in %s",
			expected[i], said);
	ck_assert_int_eq(json_size(r.verdict.errors), COUNT(expected));
	mem_free(said);
	reading_free(&r);
}
END_TEST

START_TEST(every_repeated_key_is_told)
{
	struct reading r = read_quoted(
		"{" NULL_BUILDER
		", 'variables': {'a': '1', 'a': '2',\n'b': '', "
		"'b': ''}, 'provisioners': [{'type': 'shell', 'inline': 'x', "
		"'type': 'shell'}]}",
		NULL);

	ck_assert_int_eq(json_size(r.verdict.errors), 3);
	ck_assert(says(r.verdict.errors, "the key \"a\" is there"));
	ck_assert(says(r.verdict.errors, "ends at line 2, column 17"));
	ck_assert(says(r.verdict.errors, "the key \"type\" is there"));
	ck_assert_ptr_null(r.recipe);
	reading_free(&r);
}
END_TEST

#define TWO                                                                    \
	"{'builders': [{'type': 'null', 'name': 'a', 'communicator': 'none'}," \
	" {'type': 'null', 'name': 'b', 'communicator': 'none'}]}"

static const struct {
	const char *only;
	bool bake;
	const char *builder, *error, *warning;
} choices[] = {
	{ NULL, false, NULL, NULL, NULL },
	{ NULL, true, NULL, "say with only:", NULL },
	{ "b", true, "b", NULL, NULL },
	{ "c", false, NULL, NULL,
		"there is no builder \"c\"; there are: a, b" },
	{ "c", true, NULL, "there is no builder \"c\"", NULL },
};

START_TEST(only_chooses)
{
	struct template_wish wish = { .only = choices[_i].only,
		.bake = choices[_i].bake };
	struct reading r = read_quoted(TWO, &wish);

	if (choices[_i].builder)
		ck_assert_str_eq(r.recipe->builder, choices[_i].builder);
	else
		ck_assert_ptr_null(r.recipe);
	ck_assert_int_eq(
		json_size(r.verdict.errors), choices[_i].error != NULL);
	ck_assert_int_eq(
		json_size(r.verdict.warnings), choices[_i].warning != NULL);
	if (choices[_i].error)
		ck_assert(says(r.verdict.errors, choices[_i].error));
	if (choices[_i].warning)
		ck_assert(says(r.verdict.warnings, choices[_i].warning));
	reading_free(&r);
}
END_TEST

/* A value that is a secret of a template that is refused is known, too. */
START_TEST(secrets_of_a_bad_template_are_known)
{
	struct reading r = read_quoted(
		"{'variables': {'pw': 's3cr3t-v'}, 'sensitive-variables': "
		"['pw'], 'builders': [{'type': 'openstack', 'password': "
		"'s3cr3t-p', 'ssh_password': 's3cr3t-s', 'ssh_bastion_password'"
		": 's3cr3t-b', 'api_key': 's3cr3t-k'}]}",
		NULL);

	ck_assert_ptr_null(r.recipe);
	ck_assert_int_eq(json_size(r.verdict.secrets), 5);
	ck_assert(says(r.verdict.secrets, "s3cr3t-v"));
	ck_assert(says(r.verdict.secrets, "s3cr3t-b"));
	reading_free(&r);
}
END_TEST

START_TEST(what_cannot_be_read_is_refused)
{
	static const char *const paths[] = { "/nonexistent/t.json", "/",
		"t.pkr.hcl", "t.pkr.json" };
	struct template_wish wish = { .path = paths[_i] };
	struct reading r = { .pool = pool_new() };

	r.recipe = template_read(&wish, r.pool, &r.verdict);
	ck_assert_ptr_null(r.recipe);
	ck_assert_int_eq(json_size(r.verdict.errors), 1);
	ck_assert(says(r.verdict.errors, paths[_i]));
	reading_free(&r);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("template");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, forget_environment, NULL);
	tcase_add_loop_test(t, says_just_that, 0, COUNT(cases));
	tcase_add_test(t, all_is_found_at_once);
	tcase_add_test(t, every_repeated_key_is_told);
	tcase_add_loop_test(t, only_chooses, 0, COUNT(choices));
	tcase_add_test(t, secrets_of_a_bad_template_are_known);
	tcase_add_loop_test(t, what_cannot_be_read_is_refused, 0, 4);
	suite_add_tcase(s, t);
	return s;
}
