/* SPDX-License-Identifier: Apache-2.0 */
/* What a template that is right becomes. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/str.h"
#include "tests/common/bake/reading.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

#define LOCAL(text)                                                            \
	"{'builders': [{'type': 'null', 'communicator': 'none', 'name': "      \
	"'b'}], 'provisioners': [{'type': 'shell-local', 'inline': ['" text    \
	"']}], 'variables': {'a': 'A', 'brace': '{{`{{.ID}}`}}'}}"

static void is_json(const cJSON *have, const char *expected)
{
	cJSON *want = json_literal(expected);
	char *shown = json_text(have);

	ck_assert_msg(json_equal(have, want), "%s, not %s", shown, expected);
	mem_free(shown);
	cJSON_Delete(want);
}

START_TEST(the_form_of_2015)
{
	struct reading r = good(OLD("", ""), NULL);
	const struct recipe *recipe = r.recipe;

	is_json(recipe->login,
		"{'username': 'u', 'api_key': 'k3y', 'region': 'DFW', "
		"'auth_endpoint': "
		"'https://identity.api.rackspacecloud.com/v2.0'}");
	is_json(recipe->secrets, "['k3y']");
	ck_assert_str_eq(recipe->builder, "openstack");
	ck_assert_str_eq(recipe->flavor, "2");
	ck_assert_str_eq(recipe->image_name, "i");
	ck_assert_str_eq(recipe->instance_name, "i");
	ck_assert_str_eq(recipe->source_image, "s");
	is_json(recipe->image_metadata, "{'image_type': 'image'}");
	ck_assert_str_eq(recipe->ssh.username, "root");
	ck_assert_int_eq(recipe->ssh.port, 22);
	ck_assert_int_eq(recipe->ssh_timeout, 300000);
	ck_assert_int_eq(recipe->ssh_handshake_attempts, 10);
	ck_assert_int_eq(recipe->ssh_keep_alive, 5000);
	ck_assert_ptr_null(recipe->bastion.host);
	ck_assert_ptr_null(recipe->manifest);
	ck_assert(!recipe->bakes_nothing);
	ck_assert_uint_eq(recipe->count, 0);
	reading_free(&r);
}
END_TEST

START_TEST(the_form_of_today)
{
	struct reading r = good(
		"{'builders': [{'type': 'openstack', 'name': 'web', "
		"'identity_endpoint': 'http://h/v2.0/tokens/', 'username': "
		"'u', 'password': 'p', 'tenant_id': 5, 'region': 'LON', "
		"'insecure': true, 'image_name': 'i', 'instance_name': 'n', "
		"'metadata': {'image_type': 'x', 'n': 1}, "
		"'source_image_filter': {'filters': {'name': 'U', 'tags': 't', "
		"'owner': ''}, 'most_recent': 'true'}, 'flavor': 'f', "
		"'networks': 'public', 'instance_metadata': {'a': 'b'}, "
		"'user_data': 'd', 'config_drive': 1, 'availability_zone': 'z',"
		" 'ssh_username': 'ubuntu', 'ssh_password': 'sp', 'ssh_port': "
		"'2222', 'ssh_timeout': '1m', 'ssh_interface': 'public', "
		"'ssh_ip_version': 6, 'ssh_keep_alive_interval': '-1s', "
		"'ssh_bastion_host': 'b', 'ssh_bastion_password': 'bp', "
		"'ssh_pty': true, 'ssh_ciphers': ['c']}]}",
		NULL);
	const struct recipe *recipe = r.recipe;

	is_json(recipe->login,
		"{'username': 'u', 'password': 'p', 'auth_endpoint': "
		"'http://h/v2.0', 'region': 'LON', 'tenant_id': '5', "
		"'validate_certs': false}");
	is_json(recipe->image_metadata, "{'image_type': 'x', 'n': '1'}");
	is_json(recipe->source_filter, "{'name': 'U', 'tags': ['t']}");
	is_json(recipe->networks, "['public']");
	is_json(recipe->instance_metadata, "{'a': 'b'}");
	is_json(recipe->secrets, "['p', 'sp', 'bp']");
	is_json(recipe->ssh_ciphers, "['c']");
	ck_assert(recipe->most_recent && recipe->config_drive);
	ck_assert(recipe->ssh_pty);
	ck_assert_str_eq(recipe->builder, "web");
	ck_assert_str_eq(recipe->instance_name, "n");
	ck_assert_str_eq(recipe->user_data, "d");
	ck_assert_str_eq(recipe->ssh.username, "ubuntu");
	ck_assert_str_eq(recipe->ssh.password, "sp");
	ck_assert_int_eq(recipe->ssh.port, 2222);
	ck_assert_int_eq(recipe->ssh_timeout, 60000);
	ck_assert_int_eq(recipe->ssh_ip_version, 6);
	ck_assert_int_eq(recipe->ssh_keep_alive, 0);
	ck_assert_str_eq(recipe->bastion.host, "b");
	ck_assert_int_eq(recipe->bastion.port, 22);
	ck_assert_str_eq(recipe->bastion.username, "ubuntu");
	reading_free(&r);
}
END_TEST

static const struct {
	const char *given, *environment, *login;
} logins[] = {
	{ "'provider': 'rackspace-uk', 'username': 'u', 'api_key': 'k', "
	  "'region': 'LON'",
		NULL,
		"{'username': 'u', 'api_key': 'k', 'region': 'LON', "
		"'auth_endpoint': "
		"'https://lon.identity.api.rackspacecloud.com/v2.0'}" },
	{ "'provider': 'https://h/v2.0/', 'username': 'u', 'password': 'p'",
		NULL,
		"{'username': 'u', 'password': 'p', 'auth_endpoint': "
		"'https://h/v2.0'}" },
	{ "'ssh_username': 'r'",
		"SDK_PROVIDER=rackspace SDK_USERNAME=eu SDK_API_KEY=ek "
		"SDK_REGION=ORD",
		"{'username': 'eu', 'api_key': 'ek', 'region': 'ORD', "
		"'auth_endpoint': "
		"'https://identity.api.rackspacecloud.com/v2.0'}" },
	{ "'ssh_username': 'r'",
		"OS_AUTH_URL=http://o/v2.0 OS_USERNAME=ou OS_PASSWORD=op "
		"OS_REGION_NAME=IAD",
		"{'username': 'ou', 'password': 'op', 'region': 'IAD', "
		"'auth_endpoint': 'http://o/v2.0'}" },
	{ "'ssh_username': 'r'",
		"OS_AUTH_URL=http://o/v2.0 OS_USERNAME=ou SDK_USERNAME=su "
		"OS_PASSWORD=op SDK_PASSWORD=sp",
		"{'username': 'su', 'password': 'sp', 'auth_endpoint': "
		"'http://o/v2.0'}" },
	/* What is given goes before the environment. */
	{ "'identity_endpoint': 'http://t/v2.0', 'username': 'u', "
	  "'password': 'p', 'ssh_username': 'r'",
		"SDK_API_KEY=ek SDK_PROVIDER=rackspace-us "
		"OS_AUTH_URL=http://o/v2.0 OS_USERNAME=ou",
		"{'username': 'u', 'password': 'p', 'auth_endpoint': "
		"'http://t/v2.0'}" },
};

static void set_environment(const char *list)
{
	char *copy = mem_copy(list), *rest = copy, *one;

	while ((one = strsep(&rest, " "))) {
		char *value = strchr(one, '=');

		*value++ = 0;
		setenv(one, value, 1);
	}
	mem_free(copy);
}

START_TEST(who_pays)
{
	char *text = mem_printf("{'builders': [{'type': 'openstack', " SERVER
				", %s}]}",
		logins[_i].given);
	const char *secret;
	struct reading r;

	if (logins[_i].environment)
		set_environment(logins[_i].environment);
	r = good(text, NULL);
	is_json(r.recipe->login, logins[_i].login);
	secret = json_str(r.recipe->login, "api_key");
	if (!secret)
		secret = json_str(r.recipe->login, "password");
	ck_assert(says(r.recipe->secrets, secret));
	reading_free(&r);
	mem_free(text);
}
END_TEST

/* One line of a script. */
static const struct {
	const char *given, *line;
} lines[] = {
	{ "{{user `a`}}-{{user \\\"a\\\"}}", "A-A" },
	{ "{{build_name}} {{build_type}}", "b null" },
	{ "{{packer_version}}", "1.6.6" },
	{ "{{split `a-b` `-` 1}}{{upper `x`}}{{lower `Y`}}", "bXy" },
	{ "{{replace `a` `b` 1 `aaa`}} {{replace_all `a` `b` `aaa`}}",
		"baa bbb" },
	{ "{{user `a` | lower | replace_all `a` `z`}}", "z" },
	{ "a {{- `b` -}} c", "abc" },
	/* What is known only then stays. */
	{ "{{.Host}} {{build `ID`}} {{ .ID | upper }}{{user `a`}}",
		"{{.Host}} {{build `ID`}} {{ .ID | upper }}A" },
	/* Lines are rendered twice. */
	{ "{{user `brace`}}", "{{.ID}}" },
};

START_TEST(lines_are_rendered)
{
	char *text = mem_printf(LOCAL("%s"), lines[_i].given);
	struct reading r;

	/* ' in it would become ". */
	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	r = read_bytes(text, strlen(text), NULL);
	ck_assert_ptr_nonnull(r.recipe);
	ck_assert_str_eq(r.recipe->provisioners[0].lines->child->valuestring,
		lines[_i].line);
	reading_free(&r);
	mem_free(text);
}
END_TEST

START_TEST(variables_in_their_order)
{
	static const char first[] = "{\"a\": \"f1\", \"b\": \"f1\", \"z\": "
				    "null}";
	static const char second[] = "{\"b\": \"f2\"}";
	cJSON *given = json_literal("{'c': '{{user `b`}}!', 'ghost': 7}");
	cJSON *files = cJSON_CreateArray();
	struct template_wish wish = { .variables = given,
		.variable_files = files };
	char one[32], two[32];
	FILE *f1 = file_of(first, sizeof(first) - 1, one);
	FILE *f2 = file_of(second, sizeof(second) - 1, two);
	struct reading r;

	json_append(files, json_new_str(one));
	json_append(files, json_new_str(two));
	r = good("{'builders': [{'type': 'null', 'communicator': 'none'}], "
		 "'variables': {'a': 'd', 'b': null, 'c': 'd', 'z': 'd'}, "
		 "'provisioners': [{'type': 'shell-local', 'inline': "
		 "'{{user `a`}} {{user `b`}} {{user `c`}} <{{user `z`}}> "
		 "{{user `ghost`}}'}]}",
		&wish);
	ck_assert_str_eq(r.recipe->provisioners[0].lines->child->valuestring,
		"f1 f2 f2! <> 7");
	ck_assert_int_eq(json_size(r.verdict.warnings), 0);
	reading_free(&r);
	fclose(f1);
	fclose(f2);
	cJSON_Delete(given);
	cJSON_Delete(files);
}
END_TEST

START_TEST(the_environment_is_for_variables)
{
	struct reading r;

	setenv("TEMPLATE_TEST", "from there", 1);
	r = good("{'builders': [{'type': 'null', 'communicator': 'none'}], "
		 "'variables': {'a': '{{env `TEMPLATE_TEST`}}', 'b': "
		 "'{{env `TEMPLATE_NONE`}}'}, 'sensitive-variables': ['a'], "
		 "'provisioners': [{'type': 'shell-local', 'inline': "
		 "'{{user `a`}}<{{user `b`}}>'}]}",
		NULL);
	ck_assert_str_eq(r.recipe->provisioners[0].lines->child->valuestring,
		"from there<>");
	is_json(r.recipe->secrets, "['from there']");
	reading_free(&r);
}
END_TEST

START_TEST(steps_have_defaults)
{
	struct reading r = good(
		"{'builders': [{'type': 'null', 'communicator': 'none'}], "
		"'provisioners': [{'type': 'shell', 'inline': 'x'}, {'type': "
		"'shell', 'inline': 'x', 'use_env_var_file': true}, {'type': "
		"'breakpoint', 'disable': true}, {'type': 'shell-local', "
		"'command': 'c', 'only_on': ['windows']}, {'type': 'file', "
		"'sources': ['/etc/passwd'], 'source': '/etc/group', "
		"'destination': '/d/'}, {'type': 'shell', 'script': "
		"'/etc/passwd', 'except': ['null']}, {'type': 'shell', "
		"'inline': 'x', 'max_retries': '3', 'timeout': '1m', "
		"'valid_exit_codes': ['0', 2], 'execute_command': "
		"'{{user `v`}} {{.Path}} {{`{{`}}', 'override': {'null': "
		"{'inline': ['y']}}}], 'variables': {'v': 'V{{`{{.ID}}`}}'}, "
		"'error-cleanup-provisioner': {'type': 'shell-local', "
		"'inline': ['bye']}, 'post-processors': [[{'type': 'manifest', "
		"'strip_time': true, 'custom_data': {'id': "
		"'{{build `ID`}}'}}]]}",
		NULL);
	const struct provisioner *step = r.recipe->provisioners;
	struct err e;
	cJSON *facts = json_literal("{'Path': 'P', 'ID': 'I'}");

	ck_assert_uint_eq(r.recipe->count, 5);
	ck_assert_str_eq(step[0].label, "provisioner 1 (shell)");
	ck_assert_str_eq(step[0].inline_shebang, "/bin/sh -e");
	ck_assert_str_eq(step[0].env_var_format, "%s='%s' ");
	ck_assert_str_eq(step[0].execute_command,
		"chmod +x {{.Path}}; {{.Vars}} {{.Path}}");
	is_json(step[0].valid_exit_codes, "[0]");
	ck_assert_str_eq(step[0].remote_folder, "/tmp");
	ck_assert_int_eq(step[0].start_retry_timeout, 300000);
	ck_assert_str_eq(step[1].env_var_format, "export %s='%s'\n");
	ck_assert_ptr_nonnull(strstr(step[1].execute_command, ".EnvVarFile"));
	ck_assert_str_eq(step[2].label, "provisioner 4 (shell-local)");
	is_json(step[2].lines, "['c']");
	ck_assert(step[2].not_here);
	is_json(step[3].sources, "['/etc/passwd', '/etc/group']");
	is_json(step[4].lines, "['y']");
	is_json(step[4].valid_exit_codes, "[0, 2]");
	ck_assert_int_eq(step[4].max_retries, 3);
	ck_assert_int_eq(step[4].timeout, 60000);
	/* What a variable brings is no template here. */
	ck_assert_str_eq(
		late_render(step[4].execute_command, facts, r.pool, &e),
		"V{{.ID}} P {{");
	is_json(r.recipe->cleanup->lines, "['bye']");
	ck_assert_str_eq(r.recipe->manifest, "packer-manifest.json");
	ck_assert(r.recipe->manifest_strip_time);
	is_json(r.recipe->manifest_custom_data, "{'id': '{{build `ID`}}'}");
	ck_assert(r.recipe->bakes_nothing);
	cJSON_Delete(facts);
	reading_free(&r);
}
END_TEST

/* A task's texts have been through Jinja and are what they are. */
START_TEST(a_tree_is_not_rendered)
{
	cJSON *tree = json_literal(
		"{'builders': [{'type': 'openstack', 'flavor': 'f', "
		"'image_name': '{{x', 'source_image': 'Ubuntu', 'host_key': "
		"'SHA256:x'}], 'provisioners': [{'type': 'shell', 'inline': "
		"['docker ps --format {{.ID}} {{'], 'execute_command': "
		"'sudo {{.Path}}', 'environment_vars': ['A={{.B}}']}]}");
	struct template_wish wish = { .tree = tree, .bake = true };
	struct reading r = { .pool = pool_new() };
	cJSON *facts = json_literal("{'Path': 'P'}");
	const struct provisioner *step;
	struct err e;

	setenv("OS_USERNAME", "not asked", 1);
	r.recipe = template_read(&wish, r.pool, &r.verdict);
	ck_assert_ptr_nonnull(r.recipe);
	step = r.recipe->provisioners;
	ck_assert_str_eq(r.recipe->image_name, "{{x");
	ck_assert_str_eq(r.recipe->host_key, "SHA256:x");
	ck_assert_str_eq(r.recipe->ssh.username, "root");
	ck_assert_ptr_null(r.recipe->login);
	ck_assert_str_eq(
		late_render(step->lines->child->valuestring, facts, r.pool, &e),
		"docker ps --format {{.ID}} {{");
	ck_assert_str_eq(late_render(step->environment->child->valuestring,
				 facts, r.pool, &e),
		"A={{.B}}");
	ck_assert_str_eq(late_render(step->execute_command, facts, r.pool, &e),
		"sudo P");
	cJSON_Delete(facts);
	cJSON_Delete(tree);
	reading_free(&r);
}
END_TEST

/* Packer drops the timeout, and a template means what it meant there. */
START_TEST(a_timeout_of_a_task_holds_beside_a_pause)
{
	cJSON *tree = json_literal(
		"{'builders': [{'type': 'openstack', 'flavor': 'f', "
		"'image_name': 'i', 'source_image': 's'}], 'provisioners': [{"
		"'type': 'shell', 'inline': ['x'], 'pause_before': '2s', "
		"'timeout': '1m'}]}");
	struct template_wish wish = { .tree = tree, .bake = true };
	struct reading r = { .pool = pool_new() };

	r.recipe = template_read(&wish, r.pool, &r.verdict);
	ck_assert_ptr_nonnull(r.recipe);
	ck_assert_int_eq(json_size(r.verdict.warnings), 0);
	ck_assert_int_eq(r.recipe->provisioners->pause_before, 2000);
	ck_assert_int_eq(r.recipe->provisioners->timeout, 60000);
	reading_free(&r);
	cJSON_Delete(tree);
	r = good(
		OLD("", ", 'provisioners': [{'type': 'shell', 'inline': ['x'], "
			"'pause_before': '2s', 'timeout': '1m'}]"),
		NULL);
	ck_assert_int_eq(json_size(r.verdict.warnings), 1);
	ck_assert_int_eq(r.recipe->provisioners->timeout, 0);
	reading_free(&r);
}
END_TEST

START_TEST(a_task_can_say_who_pays)
{
	struct template_wish wish = { .login_given = true };
	struct reading r = good("{'builders': [{'type': 'openstack', " SERVER
				", 'ssh_username': 'r'}]}",
		&wish);

	ck_assert_ptr_null(r.recipe->login);
	reading_free(&r);
}
END_TEST

/* A template's own directory, when it is read from somewhere else. */
START_TEST(template_dir_is_where_it_is)
{
	char *directory = new_directory();
	char *path, *expected;
	struct template_wish wish = { 0 };
	struct reading r = { .pool = pool_new() };

	path = mem_printf("%s/t.json", directory);
	write_file(path, "{\"builders\": [{\"type\": \"null\", "
			 "\"communicator\": \"none\"}], \"provisioners\": "
			 "[{\"type\": \"shell-local\", \"inline\": "
			 "\"{{template_dir}} {{pwd}}\"}]}");
	ck_assert_int_eq(chdir("/"), 0);
	wish.path = path;
	r.recipe = template_read(&wish, r.pool, &r.verdict);
	ck_assert_ptr_nonnull(r.recipe);
	expected = mem_printf("%s /", directory);
	ck_assert_str_eq(
		r.recipe->provisioners[0].lines->child->valuestring, expected);
	ck_assert_ptr_null(strstr(
		r.recipe->provisioners[0].lines->child->valuestring, "t.json"));
	unlink(path);
	rmdir(directory);
	mem_free(directory);
	mem_free(path);
	mem_free(expected);
	reading_free(&r);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("template_recipe");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, forget_environment, NULL);
	tcase_add_test(t, the_form_of_2015);
	tcase_add_test(t, the_form_of_today);
	tcase_add_loop_test(t, who_pays, 0, COUNT(logins));
	tcase_add_loop_test(t, lines_are_rendered, 0, COUNT(lines));
	tcase_add_test(t, variables_in_their_order);
	tcase_add_test(t, the_environment_is_for_variables);
	tcase_add_test(t, steps_have_defaults);
	tcase_add_test(t, a_tree_is_not_rendered);
	tcase_add_test(t, a_timeout_of_a_task_holds_beside_a_pause);
	tcase_add_test(t, a_task_can_say_who_pays);
	tcase_add_test(t, template_dir_is_where_it_is);
	suite_add_tcase(s, t);
	return s;
}
