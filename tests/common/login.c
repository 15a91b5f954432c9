/* SPDX-License-Identifier: Apache-2.0 */
#include "common/login.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* A home of its own for each suite; nothing of the user's is read. */
static char home[4096];

static void enter_home(void)
{
	const char *base = getenv("TMPDIR");

	snprintf(home, sizeof(home), "%s/login-XXXXXX", base ? base : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(home));
}

static const char *const files[] = { ".pyrax.cfg", "creds", "other" };

static void leave_home(void)
{
	for (size_t i = 0; i < COUNT(files); i++) {
		char *path = mem_printf("%s/%s", home, files[i]);

		unlink(path);
		mem_free(path);
	}
	rmdir(home);
}

static const char *const variables[] = { "RAX_USERNAME", "RAX_API_KEY",
	"RAX_CREDENTIALS", "RAX_CREDS_FILE", "RAX_REGION", "RAX_AUTH_ENDPOINT",
	"CLOUD_ID_TYPE", "CLOUD_AUTH_ENDPOINT", "CLOUD_KEYRING_USER",
	"CLOUD_REGION", "CLOUD_TENANT_ID", "CLOUD_TENANT_NAME",
	"CLOUD_VERIFY_SSL" };

static void write_file(const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", home, name);
	FILE *file;

	unlink(path);
	if (text) {
		file = fopen(path, "we");
		ck_assert_ptr_nonnull(file);
		ck_assert_int_ge(fputs(text, file), 0);
		ck_assert_int_eq(fclose(file), 0);
	}
	mem_free(path);
}

struct setting {
	const char *options;     /* JSON with ' for " */
	const char *environment; /* "NAME=value NAME=value" */
	const char *pyrax;       /* ~/.pyrax.cfg */
	const char *credentials; /* ~/creds; "other" is always the same */
};

#define OTHER "[rackspace_cloud]\nusername = uo\napi_key = ko\n"

static void arrange(const struct setting *s)
{
	char *copy = mem_copy(s->environment ? s->environment : "");
	char *rest = copy;

	setenv("HOME", home, 1);
	for (size_t i = 0; i < COUNT(variables); i++)
		unsetenv(variables[i]);
	for (char *word; (word = strsep(&rest, " "));) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = '\0';
		setenv(word, value, 1);
	}
	write_file(".pyrax.cfg", s->pyrax);
	write_file("creds", s->credentials);
	write_file("other", OTHER);
	mem_free(copy);
}

struct run {
	struct opt_checked checked;
	cJSON *given;
	struct pool *pool;
	struct login login;
	struct err e;
};

/* Options as every module checks them, then the look-up. */
static int resolve_options(struct run *r, const char *options)
{
	cJSON *spec = cJSON_CreateObject(), *rules = cJSON_CreateObject();
	int rc;

	r->given = json_literal(options);
	r->pool = pool_new();
	opt_add_spec(spec, login_opts);
	opt_add_rules(rules, login_rules);
	rc = opt_check("rax", spec, rules, r->given, &r->checked, &r->e);
	if (rc == 0)
		rc = login_resolve(
			r->checked.params, r->given, r->pool, &r->login, &r->e);
	cJSON_Delete(spec);
	cJSON_Delete(rules);
	return rc;
}

static int resolve(struct run *r, const struct setting *s)
{
	arrange(s);
	return resolve_options(r, s->options);
}

static void release(struct run *r)
{
	opt_checked_free(&r->checked);
	cJSON_Delete(r->given);
	pool_free(r->pool);
}

#define CREDS "[rackspace_cloud]\nusername = uf\napi_key = kf\n"
#define ME    "'username': 'uo', 'api_key': 'ko'"

enum { KEY = 1, PASSWORD = 2, BOTH = 3 };

static const struct {
	struct setting given;
	const char *username, *secret;
	int tries;
} who[] = {
	{ { "{" ME "}", 0, 0, 0 }, "uo", "ko", BOTH },
	{ { "{'username': 'uo', 'password': 'po'}", 0, 0, 0 }, "uo", "po",
		PASSWORD },
	/* Options before the environment before files. */
	{ { "{" ME ", 'credentials': '~/creds'}",
		  "RAX_USERNAME=ue RAX_API_KEY=ke", 0, CREDS },
		"uo", "ko", BOTH },
	{ { "{'credentials': '~/creds'}", "RAX_USERNAME=ue RAX_API_KEY=ke", 0,
		  CREDS },
		"ue", "ke", BOTH },
	{ { "{'credentials': '~/creds'}", 0, 0, CREDS }, "uf", "kf", BOTH },
	{ { "{'creds_file': '~/creds'}", 0, 0, CREDS }, "uf", "kf", BOTH },
	{ { "{'credentials': '~/creds'}", "RAX_USERNAME=ue", 0, CREDS }, "uf",
		"kf", BOTH },
	{ { "{'credentials': '~/creds'}", "RAX_API_KEY=ke", 0, CREDS }, "uf",
		"kf", BOTH },
	{ { "{'credentials': '~/creds'}", "RAX_CREDENTIALS=~/other", 0, CREDS },
		"uf", "kf", BOTH },
	{ { "{}", "RAX_CREDENTIALS=~/creds RAX_CREDS_FILE=~/other", 0, CREDS },
		"uf", "kf", BOTH },
	{ { "{}", "RAX_CREDS_FILE=~/creds", 0, CREDS }, "uf", "kf", BOTH },
	{ { "{}", "RAX_CREDENTIALS= RAX_CREDS_FILE=~/creds", 0, CREDS }, "uf",
		"kf", BOTH },
	/* An empty variable is none. */
	{ { "{'credentials': '~/creds'}", "RAX_USERNAME= RAX_API_KEY=", 0,
		  CREDS },
		"uf", "kf", BOTH },
	{ { "{'credentials': '~/creds'}", "RAX_USERNAME=ue RAX_API_KEY=", 0,
		  CREDS },
		"uf", "kf", BOTH },
	/* The setting names a user only where nothing else does. */
	{ { "{}", "RAX_API_KEY=ke RAX_USERNAME=ue",
		  "[settings]\nkeyring_username = uk\n", 0 },
		"ue", "ke", BOTH },
	{ { "{" ME "}", "CLOUD_KEYRING_USER=uk", 0, 0 }, "uo", "ko", BOTH },
	/* Forms of a credentials file. */
	{ { "{'credentials': '~/creds'}", 0, 0,
		  "[rackspace_cloud]\nusername: uf\npassword: pf\n" },
		"uf", "pf", PASSWORD },
	{ { "{'credentials': '~/creds'}", 0, 0,
		  "[rackspace_cloud]\nusername=uf\npassword=pf\napi_key=kf\n" },
		"uf", "kf", BOTH },
	{ { "{'credentials': '~/creds'}", 0, 0,
		  "[other]\nusername = no\n[rackspace_cloud]\nUserName = uf\n"
		  "API_KEY = 100%s;#%(x)s\n" },
		"uf", "100%s;#%(x)s", BOTH },
	{ { "{'credentials': '~/creds'}", 0, 0,
		  "[keystone]\nusername = no\npassword = no\n"
		  "[rackspace_cloud]\r\nusername = uf\r\napi_key = kf\r\n" },
		"uf", "kf", BOTH },
	/* Credentials in the settings are not used. */
	{ { "{'credentials': '~/creds'}", 0,
		  "[settings]\nusername = no\napi_key = no\npassword = no\n",
		  CREDS },
		"uf", "kf", BOTH },
};

START_TEST(finds_who_we_are)
{
	struct run r = { 0 };
	int rc = resolve(&r, &who[_i].given);

	ck_assert_msg(rc == 0, "%s", rc ? r.e.text : "");
	ck_assert_str_eq(r.login.username, who[_i].username);
	ck_assert_str_eq(r.login.secret, who[_i].secret);
	ck_assert(r.login.try_key == ((who[_i].tries & KEY) != 0));
	ck_assert(r.login.try_password == ((who[_i].tries & PASSWORD) != 0));
	ck_assert_ptr_nonnull(r.login.source);
	ck_assert_ptr_null(strstr(r.login.source, r.login.secret));
	release(&r);
}
END_TEST

#define NONE "No credentials supplied!"

/* What must be in the message, words separated by |. */
static const struct {
	struct setting given;
	const char *words;
} refused[] = {
	{ { "{}", 0, 0, 0 }, NONE },
	{ { "{}", "RAX_USERNAME=ue", 0, 0 }, NONE },
	{ { "{}", "RAX_API_KEY=ke", 0, 0 }, NONE },
	{ { "{'username': 'uo'}", 0, 0, 0 },
		"parameters are required together: api_key, username" },
	{ { "{}", 0, "[settings]\nkeyring_username = uk\n", 0 }, "keyring|uk" },
	{ { "{}", "CLOUD_KEYRING_USER=uk", 0, 0 }, "keyring|uk" },
	{ { "{}", "CLOUD_KEYRING_USER=uk RAX_API_KEY=s3cr3t", 0, 0 },
		"keyring|uk" },
	{ { "{'credentials': '/nonexistent/c'}", 0, 0, 0 },
		"The specified credential file '/nonexistent/c' does not "
		"exist" },
	{ { "{}", "RAX_CREDENTIALS=~/nothing", 0, 0 },
		"/nothing|does not exist" },
	{ { "{'credentials': '~/creds'}", 0, 0, "username = uf\n" },
		"/creds|section headers" },
	{ { "{'credentials': '~/creds'}", 0, 0,
		  "[rackspace]\nusername = uf\n" },
		"/creds|rackspace_cloud" },
	{ { "{'credentials': '~/creds'}", 0, 0, "" },
		"/creds|rackspace_cloud" },
	{ { "{'credentials': '~/creds'}", 0, 0,
		  "[rackspace_cloud]\napi_key = s3cr3t\n" },
		"/creds|username" },
	{ { "{'credentials': '~/creds'}", 0, 0,
		  "[rackspace_cloud]\nusername = uf\n" },
		"/creds|api_key" },
	{ { "{'credentials': '~/creds'}", 0, 0,
		  "[rackspace_cloud]\nusername =\napi_key = s3cr3t\n" },
		"/creds|username" },
	{ { "{'credentials': '~/creds'}", 0, 0,
		  "[rackspace_cloud]\ns3cr3t\nusername = uf\n" },
		"/creds|line 2" },
	{ { "{" ME ", 'env': 'lab'}", 0, "[settings]\n", 0 },
		"lab|.pyrax.cfg" },
	{ { "{" ME ", 'env': 'lab'}", 0, 0, 0 }, "lab|.pyrax.cfg" },
	{ { "{" ME "}", 0, "s3cr3t\n", 0 }, ".pyrax.cfg" },
	{ { "{" ME ", 'auth_endpoint': 'ftp://x/v2.0'}", 0, 0, 0 },
		"auth_endpoint|ftp://x/v2.0" },
	{ { "{" ME ", 'auth_endpoint': 'https://bob:pw@x/v2.0'}", 0, 0, 0 },
		"auth_endpoint must be a URL without user" },
	{ { "{" ME ", 'auth_endpoint': 'identity.lab/v2.0'}", 0, 0, 0 },
		"auth_endpoint" },
	{ { "{" ME ", 'auth_endpoint': 'file:///etc/passwd'}", 0, 0, 0 },
		"auth_endpoint" },
	{ { "{" ME ", 'identity_type': 'keystone'}", 0, 0, 0 },
		"identity_type|keystone" },
};

static void check_words(const char *text, const char *words)
{
	char *copy = mem_copy(words), *rest = copy;

	for (char *word; (word = strsep(&rest, "|"));)
		ck_assert_msg(
			strstr(text, word), "no \"%s\" in: %s", word, text);
	mem_free(copy);
}

START_TEST(says_what_is_wrong)
{
	struct run r = { 0 };

	ck_assert_int_eq(resolve(&r, &refused[_i].given), -1);
	check_words(r.e.text, refused[_i].words);
	ck_assert_msg(!strstr(r.e.text, "s3cr3t"), "%s", r.e.text);
	release(&r);
}
END_TEST

#define LAB                                                                    \
	"[settings]\nregion = R1\nauth_endpoint = https://s/v2.0\n"            \
	"tenant_id = t1\ntenant_name = n1\n"                                   \
	"[lab]\nregion = R2\nauth_endpoint = https://l/v2.0/\n"                \
	"tenant_id = t2\n"
#define ALL                                                                    \
	"CLOUD_REGION=R9 CLOUD_AUTH_ENDPOINT=https://c "                       \
	"CLOUD_TENANT_ID=t9 CLOUD_TENANT_NAME=n9"

static const struct {
	struct setting given;
	const char *region, *endpoint, *tenant_id, *tenant_name;
} where[] = {
	{ { "{" ME "}", 0, 0, 0 }, NULL, LOGIN_ENDPOINT, NULL, NULL },
	{ { "{" ME ", 'region': 'dfw'}", "RAX_REGION=R8", LAB, 0 }, "dfw",
		"https://s/v2.0", "t1", "n1" },
	{ { "{" ME "}", "RAX_REGION=R8", LAB, 0 }, "R8", "https://s/v2.0", "t1",
		"n1" },
	{ { "{" ME "}", 0, LAB, 0 }, "R1", "https://s/v2.0", "t1", "n1" },
	{ { "{" ME "}", "RAX_REGION=", LAB, 0 }, "R1", "https://s/v2.0", "t1",
		"n1" },
	/* The environment of pyrax has the lowest rank. */
	{ { "{" ME "}", ALL, LAB, 0 }, "R1", "https://s/v2.0", "t1", "n1" },
	{ { "{" ME "}", ALL, 0, 0 }, "R9", "https://c", "t9", "n9" },
	{ { "{" ME "}", ALL " RAX_REGION=R8", 0, 0 }, "R8", "https://c", "t9",
		"n9" },
	{ { "{" ME ", 'env': 'lab'}", 0, LAB, 0 }, "R2", "https://l/v2.0", "t2",
		NULL },
	{ { "{" ME ", 'env': 'lab', 'region': 'ORD', 'tenant_name': 'n0',"
	    " 'tenant_id': 't0', 'auth_endpoint': 'https://o/v2.0///'}",
		  ALL, LAB, 0 },
		"ORD", "https://o/v2.0", "t0", "n0" },
	/* Without [settings] the first section is the default one. */
	{ { "{" ME "}", 0, "[first]\nregion = RF\n[second]\nregion = RS\n", 0 },
		"RF", LOGIN_ENDPOINT, NULL, NULL },
	{ { "{" ME "}", 0, "[first]\nregion = RF\n[settings]\nregion = RS\n",
		  0 },
		"RS", LOGIN_ENDPOINT, NULL, NULL },
	{ { "{" ME "}", 0, "", 0 }, NULL, LOGIN_ENDPOINT, NULL, NULL },
	/* The identity type of the settings is overruled by the option. */
	{ { "{" ME "}", "CLOUD_ID_TYPE=keystone",
		  "[settings]\nidentity_type = keystone\n", 0 },
		NULL, LOGIN_ENDPOINT, NULL, NULL },
	/* Endpoints: any http or https URL, from four places. */
	{ { "{" ME ", 'auth_endpoint': 'http://127.0.0.1:8900/v2.0/'}", 0, 0,
		  0 },
		NULL, "http://127.0.0.1:8900/v2.0", NULL, NULL },
	{ { "{" ME "}", "RAX_AUTH_ENDPOINT=http://127.0.0.1:8900", LAB, 0 },
		"R1", "http://127.0.0.1:8900", "t1", "n1" },
	{ { "{" ME ", 'auth_endpoint': 'https://o'}",
		  "RAX_AUTH_ENDPOINT=https://r", LAB, 0 },
		"R1", "https://o", "t1", "n1" },
	{ { "{" ME "}", "RAX_AUTH_ENDPOINT= RAX_REGION=dfw", 0, 0 }, "dfw",
		LOGIN_ENDPOINT, NULL, NULL },
};

START_TEST(finds_where_to)
{
	struct run r = { 0 };
	int rc = resolve(&r, &where[_i].given);

	ck_assert_msg(rc == 0, "%s", rc ? r.e.text : "");
	ck_assert_pstr_eq(r.login.region, where[_i].region);
	ck_assert_str_eq(r.login.endpoint, where[_i].endpoint);
	ck_assert_pstr_eq(r.login.tenant_id, where[_i].tenant_id);
	ck_assert_pstr_eq(r.login.tenant_name, where[_i].tenant_name);
	release(&r);
}
END_TEST

/* A switch that weakens TLS must say so in one way or the other; what pyrax
 * would have taken for false by accident (yes, true, 1) does not. */
static const struct {
	struct setting given;
	bool verify;
} tls[] = {
	{ { "{" ME "}", 0, 0, 0 }, true },
	{ { "{" ME ", 'validate_certs': false}", 0, 0, 0 }, false },
	{ { "{" ME ", 'verify_ssl': 'no'}", 0, 0, 0 }, false },
	{ { "{" ME ", 'validate_certs': null}", 0, 0, 0 }, true },
	{ { "{" ME "}", 0, "[settings]\nverify_ssl = False\n", 0 }, false },
	{ { "{" ME "}", 0, "[settings]\nverify_ssl = True\n", 0 }, true },
	{ { "{" ME "}", 0, "[settings]\nverify_ssl = true\n", 0 }, true },
	{ { "{" ME "}", 0, "[settings]\nverify_ssl = 1\n", 0 }, true },
	{ { "{" ME "}", 0, "[settings]\nverify_ssl =\n", 0 }, true },
	{ { "{" ME "}", 0, "[settings]\nregion = R1\n", 0 }, true },
	{ { "{" ME "}", "CLOUD_VERIFY_SSL=False", 0, 0 }, false },
	{ { "{" ME "}", "CLOUD_VERIFY_SSL=False",
		  "[settings]\nverify_ssl = True\n", 0 },
		true },
	{ { "{" ME "}", "CLOUD_VERIFY_SSL=", 0, 0 }, true },
	{ { "{" ME ", 'validate_certs': true}", "CLOUD_VERIFY_SSL=False",
		  "[settings]\nverify_ssl = False\n", 0 },
		true },
	{ { "{" ME ", 'env': 'lab'}", 0,
		  "[settings]\nverify_ssl = False\n[lab]\nregion = R\n", 0 },
		true },
};

START_TEST(knows_whether_to_verify)
{
	struct run r = { 0 };

	ck_assert_int_eq(resolve(&r, &tls[_i].given), 0);
	ck_assert(r.login.verify == tls[_i].verify);
	release(&r);
}
END_TEST

START_TEST(a_key_beside_its_alias)
{
	struct run r = { 0 };
	struct setting s = { .options = "{'username': 'u', 'api_key': 'k', "
					"'password': 'p'}" };

	ck_assert_int_eq(resolve(&r, &s), 0);
	ck_assert_str_eq(r.login.secret, "p");
	ck_assert(r.login.try_password);
	release(&r);
}
END_TEST

START_TEST(without_a_home_the_options_are_enough)
{
	struct run r = { 0 };

	arrange(&(struct setting){ 0 });
	unsetenv("HOME");
	ck_assert_int_eq(resolve_options(&r, "{" ME "}"), 0);
	ck_assert_str_eq(r.login.endpoint, LOGIN_ENDPOINT);
	release(&r);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("login");
	TCase *t = tcase_create("all");

	tcase_add_unchecked_fixture(t, enter_home, leave_home);
	tcase_add_loop_test(t, finds_who_we_are, 0, COUNT(who));
	tcase_add_loop_test(t, says_what_is_wrong, 0, COUNT(refused));
	tcase_add_loop_test(t, finds_where_to, 0, COUNT(where));
	tcase_add_loop_test(t, knows_whether_to_verify, 0, COUNT(tls));
	tcase_add_test(t, a_key_beside_its_alias);
	tcase_add_test(t, without_a_home_the_options_are_enough);
	suite_add_tcase(s, t);
	return s;
}
