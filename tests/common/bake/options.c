/* SPDX-License-Identifier: Apache-2.0 */
/* A recipe that is written as options, in a template's form. */
#include "common/bake/options.h"

#include <check.h>
#include <string.h>

#include "common/str.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define BUILDER(more)                                                          \
	"{'builders': [{'type': 'openstack', 'name': 'rax_image'" more "}]"

/* Checked options, and what they are as a template. */
static const struct {
	const char *params, *tree;
} trees[] = {
	{ "{}", BUILDER("") "}" },
	{ "{'name': null, 'meta': null, 'provisioners': null, 'flavor': null, "
	  "'source_image_filter': null, 'error_cleanup_provisioner': null}",
		BUILDER("") "}" },
	{ "{'name': 'app', 'source_image': 'Debian', 'flavor': '2'}",
		BUILDER(", 'image_name': 'app', 'source_image': 'Debian', "
			"'flavor': '2'") "}" },
	/* What was said is passed on, even where it is nothing. */
	{ "{'config_drive': false, 'ssh_port': 0, 'networks': [], 'user_data': "
	  "''}",
		BUILDER(", 'config_drive': false, 'ssh_port': 0, 'networks': "
			"[], 'user_data': ''") "}" },
	/* Other words, or another place, in a template. */
	{ "{'meta': {'a': '1'}, 'instance_metadata': {'b': '2'}}",
		BUILDER(", 'metadata': {'a': '1'}, 'instance_metadata': {'b': "
			"'2'}") "}" },
	{ "{'source_image_filter': {'name': 'x', 'tags': ['t']}}",
		BUILDER(", 'source_image_filter': {'filters': {'name': 'x', "
			"'tags': ['t']}, 'most_recent': true}") "}" },
	{ "{'provisioners': [{'type': 'shell', 'inline': ['true']}], "
	  "'error_cleanup_provisioner': {'type': 'shell-local'}}",
		BUILDER("") ", 'provisioners': [{'type': 'shell', 'inline': "
			    "['true']}], 'error-cleanup-provisioner': {'type': "
			    "'shell-local'}}" },
	/* The module's own, which no template knows. */
	{ "{'state': 'present', 'keep': {'newest': 1}, 'rebake': true, 'seal': "
	  "true, 'lease': 300, 'username': 'u', 'api_key': 'k', 'template': "
	  "null, 'wait_timeout': 9, 'progress': '/dev/stderr'}",
		BUILDER("") "}" },
};

START_TEST(options_become_a_template)
{
	cJSON *params = json_literal(trees[_i].params);
	cJSON *wanted = json_literal(trees[_i].tree);
	cJSON *tree = bake_options_tree(params);
	char *shown = json_text(tree);

	ck_assert_msg(json_equal(tree, wanted), "%s", shown);
	mem_free(shown);
	cJSON_Delete(tree);
	cJSON_Delete(wanted);
	/* Its own, whatever becomes of the options. */
	tree = bake_options_tree(params);
	cJSON_Delete(params);
	cJSON_Delete(tree);
}
END_TEST

/* Beside a template; NULL: nothing that would be in vain. */
static const struct {
	const char *given, *first;
} givens[] = {
	{ "{}", NULL },
	{ "{'template': 'x.json', 'variables': {}, 'only': 'a', 'keep': {}, "
	  "'username': 'u', 'lease': 9, 'rebake': true}",
		NULL },
	{ "{'host_key': 'SHA256:x'}", NULL },
	{ "{'name': 'app'}", "name" },
	{ "{'name': null}", NULL },
	{ "{'flavor': null, 'ssh_username': null}", NULL },
	{ "{'ssh_username': 'root'}", "ssh_username" },
	{ "{'provisioners': []}", "provisioners" },
	{ "{'config_drive': false}", "config_drive" },
	{ "{'meta': {}}", "meta" },
	/* As it was written, which may be by another name. */
	{ "{'key_name': 'ops'}", "ssh_keypair_name" },
	{ "{'key_name': null}", NULL },
	{ "{'key': 'x', 'name2': 'y', 'Flavor': 'z'}", NULL },
};

START_TEST(knows_what_is_in_vain)
{
	cJSON *given = json_literal(givens[_i].given);

	ck_assert_pstr_eq(bake_options_given(given), givens[_i].first);
	cJSON_Delete(given);
}
END_TEST

/* Passwords are secret, and user_data, which may hold some; paths and names
 * with "key" in them are none. */
START_TEST(secrets_are_secret)
{
	for (const struct opt *o = bake_opts; o->name; o++) {
		bool key = strstr(o->name, "key") != NULL;

		if (strstr(o->name, "password") || streq(o->name, "user_data"))
			ck_assert_msg(o->secret, "%s", o->name);
		else
			ck_assert_msg(!o->secret, "%s", o->name);
		if (key)
			ck_assert_msg(o->not_secret, "%s", o->name);
		/* bake_options_given() takes it for a name. */
		ck_assert(!o->aliases || !strchr(o->aliases, '|'));
	}
}
END_TEST

/* Each is what a check of the arguments makes of it. */
START_TEST(options_are_checked)
{
	cJSON *spec = cJSON_CreateObject(), *rules = cJSON_CreateObject();
	cJSON *args = json_literal(
		"{'key_name': 'ops', 'networks': 'public,private', 'ssh_port': "
		"'2222', 'config_drive': 'yes', 'meta': 'a=1', "
		"'ssh_password': 'S3CRET-word'}");
	struct opt_checked checked;
	struct err e;
	cJSON *tree, *wanted;

	opt_add_spec(spec, bake_opts);
	ck_assert_msg(
		opt_check("rax_image", spec, rules, args, &checked, &e) == 0,
		"%s", e.text);
	tree = bake_options_tree(checked.params);
	wanted = json_literal(BUILDER(
		", 'ssh_keypair_name': 'ops', 'networks': ['public', "
		"'private'], 'ssh_port': 2222, 'config_drive': true, "
		"'metadata': {'a': '1'}, 'ssh_password': 'S3CRET-word', "
		"'ssh_username': 'root'") "}");
	ck_assert(json_equal(tree, wanted));
	ck_assert_int_eq(json_size(checked.secrets), 1);
	cJSON_Delete(tree);
	cJSON_Delete(wanted);
	opt_checked_free(&checked);
	cJSON_Delete(args);
	cJSON_Delete(rules);
	cJSON_Delete(spec);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("options");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, options_become_a_template, 0, COUNT(trees));
	tcase_add_loop_test(t, knows_what_is_in_vain, 0, COUNT(givens));
	tcase_add_test(t, secrets_are_secret);
	tcase_add_test(t, options_are_checked);
	suite_add_tcase(s, t);
	return s;
}
