/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in, and what the catalog says. */
#include "tests/common/account.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define OK           ACCESS("tok-1", SERVICES)
#define REFUSED                                                                \
	"401 {'unauthorized': {'code': 401, 'message': 'Unable to "            \
	"authenticate user with credentials provided.'}}\n"
#define BY_KEY                                                                 \
	"{'RAX-KSKEY:apiKeyCredentials': {'username': 'harbour', 'apiKey': "   \
	"'" ACCOUNT_SECRET "'}"
#define BY_PASSWORD                                                            \
	"{'passwordCredentials': {'username': 'harbour', 'password': "         \
	"'" ACCOUNT_SECRET "'}"

enum { KEY = 1, PASSWORD = 2, BOTH = 3 };

/* Logins that work, and the bodies that were sent ("auth" of each). */
static const struct {
	const char *script;
	int tries;
	const char *tenant_id, *tenant_name;
	const char *bodies;
} logins[] = {
	{ LOGIN OK, BOTH, NULL, NULL, "[" BY_KEY "}]" },
	{ LOGIN OK, KEY, NULL, NULL, "[" BY_KEY "}]" },
	{ LOGIN OK, PASSWORD, NULL, NULL, "[" BY_PASSWORD "}]" },
	/* The second try is a password, without an invented tenant. */
	{ LOGIN REFUSED LOGIN OK, BOTH, NULL, NULL,
		"[" BY_KEY "}, " BY_PASSWORD "}]" },
	{ LOGIN "401;challenge=Keystone_uri='https://identity.lab'\n" LOGIN OK,
		BOTH, NULL, NULL, "[" BY_KEY "}, " BY_PASSWORD "}]" },
	/* Tenants stand beside the credentials; both are a 400. */
	{ LOGIN OK, BOTH, "700123", NULL,
		"[" BY_KEY ", 'tenantId': '700123'}]" },
	{ LOGIN OK, BOTH, NULL, "lab", "[" BY_KEY ", 'tenantName': 'lab'}]" },
	{ LOGIN OK, BOTH, "700123", "lab",
		"[" BY_KEY ", 'tenantId': '700123'}]" },
	{ LOGIN REFUSED LOGIN OK, BOTH, "700123", NULL,
		"[" BY_KEY ", 'tenantId': '700123'}, " BY_PASSWORD
		", 'tenantId': '700123'}]" },
	/* A login changes nothing and is repeated. */
	{ LOGIN "503 down\n" LOGIN "cut\n" LOGIN "refused\n" LOGIN OK, BOTH,
		NULL, NULL,
		"[" BY_KEY "}, " BY_KEY "}, " BY_KEY "}, " BY_KEY "}]" },
	{ LOGIN "413;retry=2 {'overLimit': {'message': 'OverLimit "
		"Retry...'}}\n" LOGIN OK,
		BOTH, NULL, NULL, "[" BY_KEY "}, " BY_KEY "}]" },
};

static void choose(struct account *a, int tries)
{
	a->login.try_key = tries & KEY;
	a->login.try_password = tries & PASSWORD;
}

static void check_bodies(const struct account *a, const char *expected)
{
	cJSON *bodies = json_literal(expected);
	const cJSON *entry = a->canned.log->child;

	ck_assert_int_eq(canned_sent(&a->canned), json_size(bodies));
	json_each (body, bodies) {
		char *sent = json_text(json_get(entry, "body"));

		ck_assert_msg(json_equal(json_get(entry, "body.auth"), body),
			"%s", sent);
		ck_assert_ptr_null(json_str(entry, "token"));
		mem_free(sent);
		entry = entry->next;
	}
	cJSON_Delete(bodies);
}

START_TEST(logs_in)
{
	struct account a;
	int rc;

	account_open(&a, logins[_i].script);
	choose(&a, logins[_i].tries);
	a.login.tenant_id = logins[_i].tenant_id;
	a.login.tenant_name = logins[_i].tenant_name;
	rc = cloud_open(&a.cloud, &a.e);
	ck_assert_msg(rc == 0, "%s", rc ? a.e.text : "");
	check_bodies(&a, logins[_i].bodies);
	ck_assert_str_eq(a.cloud.token, "tok-1");
	ck_assert_str_eq(a.cloud.region, "DFW");
	ck_assert_str_eq(a.cloud.account, "700123");
	account_close(&a);
}
END_TEST

#define NO_CATALOG(text) "200 {'access': {'token': {'id': 'tok-1'}" text "}}\n"
#define MFA                                                                     \
	"401;challenge=OS-MF_sessionId='x',_factor='PASSCODE' "                 \
	"{'unauthorized': {'code': 401, 'message': 'Additional authentication " \
	"credentials required.'}}\n"

/* Logins that fail: how often something was sent, the code, and words. */
static const struct {
	const char *script;
	int tries, sent;
	enum err_code code;
	const char *words;
} refused[] = {
	{ LOGIN REFUSED LOGIN REFUSED, BOTH, 2, ERR_AUTH,
		"Incorrect/unauthorized credentials received|harbour|Unable to "
		"authenticate user|the options username and api_key|http://"
		"cloud/v2.0" },
	{ LOGIN REFUSED, KEY, 1, ERR_AUTH, "Incorrect/unauthorized" },
	{ LOGIN REFUSED, PASSWORD, 1, ERR_AUTH, "Incorrect/unauthorized" },
	{ LOGIN "401\n" LOGIN "401", BOTH, 2, ERR_AUTH,
		"Incorrect/unauthorized|401" },
	{ LOGIN MFA, BOTH, 1, ERR_AUTH, "multi-factor" },
	{ LOGIN MFA, PASSWORD, 1, ERR_AUTH, "multi-factor" },
	{ LOGIN REFUSED LOGIN MFA, BOTH, 2, ERR_AUTH, "multi-factor" },
	{ LOGIN "403 {'forbidden': {'code': 403, 'message': 'User is "
		"disabled'}}",
		BOTH, 1, ERR_AUTH, "User is disabled|403" },
	/* Not the credentials' fault, and not tried as a password. */
	{ LOGIN "400 {'badRequest': {'code': 400, 'message': 'Malformed'}}",
		BOTH, 1, ERR_OTHER, "Malformed|400|!Incorrect" },
	{ LOGIN "404 <html>not here</html>", BOTH, 1, ERR_OTHER,
		"404|http://cloud/v2.0|!Incorrect" },
	{ "+" LOGIN "503 Service down", BOTH, HTTP_TRIES, ERR_OTHER,
		"Service down|503|http://cloud/v2.0|!Incorrect" },
	{ "+" LOGIN "refused", BOTH, HTTP_TRIES, ERR_OTHER,
		"Connection refused|http://cloud/v2.0|!Incorrect" },
	{ "+" LOGIN "cut", BOTH, HTTP_TRIES, ERR_OTHER,
		"Empty reply|http://cloud/v2.0" },
	/* A server that echoes what it got. */
	{ LOGIN "401 {'unauthorized': {'message': 'no: " ACCOUNT_SECRET
		"'}}\n" LOGIN
		"401 {'unauthorized': {'message': 'no: " ACCOUNT_SECRET "'}}\n",
		BOTH, 2, ERR_AUTH, "no: ********" },
	{ LOGIN "500 a " ACCOUNT_SECRET " b", KEY, 1, ERR_OTHER, "a ********" },
	/* Replies that lie. */
	{ LOGIN "200", BOTH, 1, ERR_OTHER, "http://cloud/v2.0" },
	{ LOGIN "200 <html>", BOTH, 1, ERR_OTHER, "http://cloud/v2.0" },
	{ LOGIN "200 []", BOTH, 1, ERR_OTHER, "http://cloud/v2.0" },
	{ LOGIN "200 {}", BOTH, 1, ERR_OTHER, "http://cloud/v2.0" },
	{ LOGIN "200 {'access': []}", BOTH, 1, ERR_OTHER, "http://cloud" },
	{ LOGIN "200 {'access': {'token': 'x', 'serviceCatalog': []}}", BOTH, 1,
		ERR_OTHER, "http://cloud/v2.0" },
	{ LOGIN "200 {'access': {'token': {'id': 5}, 'serviceCatalog': []}}",
		BOTH, 1, ERR_OTHER, "http://cloud/v2.0" },
	{ LOGIN "200 {'access': {'token': {'id': ''}, 'serviceCatalog': []}}",
		BOTH, 1, ERR_OTHER, "http://cloud/v2.0" },
	{ LOGIN "200 {'access': {'token': {'id': 'a\\r\\nX: 1'}, "
		"'serviceCatalog': [" SERVICES "]}}",
		BOTH, 1, ERR_OTHER, "http://cloud/v2.0" },
	{ LOGIN NO_CATALOG(""), BOTH, 1, ERR_OTHER, "!tok-1" },
	{ LOGIN NO_CATALOG(", 'serviceCatalog': {}"), BOTH, 1, ERR_OTHER,
		"!tok-1" },
	{ LOGIN NO_CATALOG(", 'serviceCatalog': 'x'"), BOTH, 1, ERR_OTHER,
		"!tok-1" },
	{ LOGIN "300 {'versions': {}}", BOTH, 1, ERR_OTHER,
		"http://cloud/v2.0" },
};

START_TEST(says_which_tenant)
{
	struct account a;

	account_open(&a, LOGIN REFUSED LOGIN REFUSED);
	a.login.tenant_id = _i ? NULL : "4711";
	a.login.tenant_name = "lab";
	ck_assert_int_eq(cloud_open(&a.cloud, &a.e), -1);
	account_check_words(a.e.text, _i ? "lab" : "4711|!lab");
	account_close(&a);
}
END_TEST

START_TEST(says_why_not)
{
	struct account a;

	account_open(&a, refused[_i].script);
	choose(&a, refused[_i].tries);
	if (strstr(refused[_i].script, "500 a"))
		a.cloud.deadline = 100;
	ck_assert_int_eq(cloud_open(&a.cloud, &a.e), -1);
	ck_assert_int_eq(canned_sent(&a.canned), refused[_i].sent);
	ck_assert_int_eq(a.e.code, refused[_i].code);
	account_check_words(a.e.text, refused[_i].words);
	account_check_words(a.e.text, "!" ACCOUNT_SECRET);
	ck_assert_ptr_null(a.cloud.token);
	account_close(&a);
}
END_TEST

#define ENTRY(type, name, endpoints)                                           \
	"{'type': '" type "', 'name': '" name "', 'endpoints': [" endpoints "]}"
#define AT(region, url) "{'region': '" region "', 'publicURL': '" url "'}"
#define OLD                                                                    \
	ENTRY("compute", "cloudServers", "{'publicURL': 'http://cloud/old'}")
#define NEW(endpoints) ENTRY("compute", "cloudServersOpenStack", endpoints)

/* Where /servers is, by what the catalog says. */
static const struct {
	const char *catalog, *region;
	const char *found; /* the region as it is spelled */
	const char *path;
} catalogs[] = {
	{ NEW(AT("DFW", "http://cloud/c")), "DFW", "DFW", "/c/servers" },
	{ NEW(AT("DFW", "http://cloud/c")), "dfw", "DFW", "/c/servers" },
	{ NEW(AT("DFW", "http://cloud/c")), "Dfw", "DFW", "/c/servers" },
	{ NEW(AT("RegionOne", "http://cloud/c")), "REGIONONE", "RegionOne",
		"/c/servers" },
	{ NEW(AT("DFW", "http://cloud/c/")), "DFW", "DFW", "/c/servers" },
	{ NEW(AT("DFW", "http://cloud/c/v2/7///")), "DFW", "DFW",
		"/c/v2/7/servers" },
	{ NEW(AT("DFW", "http://cloud")), "DFW", "DFW", "/servers" },
	{ NEW(AT("ORD", "http://cloud/ord") ", " AT("DFW", "http://cloud/c")),
		"DFW", "DFW", "/c/servers" },
	{ NEW(AT("DFW", "http://cloud/1") ", " AT("DFW", "http://cloud/2")),
		"DFW", "DFW", "/1/servers" },
	/* The first generation is skipped, wherever it stands. */
	{ OLD ", " NEW(AT("DFW", "http://cloud/c")), "DFW", "DFW",
		"/c/servers" },
	{ NEW(AT("DFW", "http://cloud/c")) ", " OLD, "DFW", "DFW",
		"/c/servers" },
	/* An endpoint without a region serves all of them. */
	{ OLD ", " NEW("{'publicURL': 'http://cloud/any'}") ", " BALANCERS(
		  "DFW", "http://cloud/b"),
		"dfw", "DFW", "/any/servers" },
	{ NEW("{'publicURL': 'http://cloud/any'}, " AT(
		  "DFW", "http://cloud/c")),
		"DFW", "DFW", NULL },
	/* What is reachable from inside only is not asked. */
	{ NEW("{'region': 'DFW', 'internalURL': 'http://snet/c', 'adminURL': "
	      "'http://adm/c', 'publicURL': 'http://cloud/c'}"),
		"DFW", "DFW", "/c/servers" },
	/* Rubbish beside it. */
	{ "7, null, {}, [], {'type': 'compute'}, {'type': 'compute', 'name': "
	  "'cloudServersOpenStack', 'endpoints': 'x'}, " NEW(
		  "5, {}, " AT("DFW", "http://cloud/c")),
		"DFW", "DFW", "/c/servers" },
};

START_TEST(reads_the_catalog)
{
	char *script = mem_printf(LOGIN "200 {'access': {'token': {'id': "
					"'tok-1'}, 'serviceCatalog': [%s]}}\n",
		catalogs[_i].catalog);
	const char *path = NULL;
	struct account a;
	int rc;

	account_open(&a, script);
	a.login.region = catalogs[_i].region;
	rc = cloud_wire_path(&a.cloud, CLOUD_COMPUTE, "/servers", &path, &a.e);
	ck_assert_msg(rc == 0, "%s", rc ? a.e.text : "");
	ck_assert_str_eq(a.cloud.region, catalogs[_i].found);
	/* This login did not say whose account it is. */
	ck_assert_str_eq(a.cloud.account, "");
	if (catalogs[_i].path)
		ck_assert_str_eq(path, catalogs[_i].path);
	account_close(&a);
	mem_free(script);
}
END_TEST

#define THREE                                                                  \
	NEW(AT("ORD", "http://cloud/o") ", " AT("IAD", "http://cloud/i"))      \
	", " BALANCERS("DFW", "http://cloud/b") ", " ENTRY(                    \
		"rax:dns", "cloudDNS", "{'publicURL': 'http://cloud/dns'}")
#define INVALID " is not a valid region, must be one of: DFW,IAD,ORD"
#define UNKNOWN                                                                \
	"Failed to instantiate client. This typically indicates an "           \
	"invalid region or an incorrectly capitalized region name."

static const struct {
	const char *catalog, *region, *words;
} nowhere[] = {
	{ THREE, "XYZ", "XYZ" INVALID },
	{ THREE, NULL, "None" INVALID },
	{ THREE, "", " is not a valid region" },
	{ THREE, "ALL", "ALL" INVALID },
	{ THREE, "D", "D" INVALID },
	{ THREE, "DFWX", "DFWX" INVALID },
	{ THREE, "dfw", UNKNOWN "|DFW|compute" },
	{ OLD ", " BALANCERS("DFW", "http://cloud/b"), "dfw",
		UNKNOWN "|DFW|compute" },
	{ "", "DFW", "DFW is not a valid region" },
	{ NEW("{'region': 'DFW'}"), "DFW", "DFW|compute" },
	{ NEW(AT("DFW", "")), "DFW", "DFW" },
	{ NEW(AT("DFW", "file:///etc/passwd")), "DFW", "http" },
	{ NEW(AT("DFW", "/relative")), "DFW", "http" },
};

START_TEST(says_where_not)
{
	char *script = mem_printf(LOGIN "200 {'access': {'token': {'id': "
					"'tok-1', 'tenant': {'id': '700123'}}, "
					"'serviceCatalog': [%s]}}\n",
		nowhere[_i].catalog);
	cJSON *reply = NULL;
	struct account a;

	account_open(&a, script);
	a.login.region = nowhere[_i].region;
	ck_assert_int_eq(cloud_read(&a.cloud, CLOUD_COMPUTE, "/servers",
				 "reading servers", &reply, &a.e),
		-1);
	ck_assert_ptr_null(reply);
	account_check_words(a.e.text, nowhere[_i].words);
	ck_assert_int_eq(canned_sent(&a.canned), 1);
	account_close(&a);
	mem_free(script);
}
END_TEST

START_TEST(a_signal_ends_a_login)
{
	struct account a;

	interrupt_catch();
	account_open(&a, LOGIN "signal");
	ck_assert_int_eq(cloud_open(&a.cloud, &a.e), -1);
	ck_assert_int_eq(a.e.code, ERR_INTERRUPTED);
	account_close(&a);
}
END_TEST

START_TEST(a_login_has_a_deadline)
{
	struct account a;

	account_open(&a, LOGIN "slow");
	a.cloud.deadline = 5000;
	ck_assert_int_eq(cloud_open(&a.cloud, &a.e), -1);
	ck_assert_int_eq(a.e.code, ERR_TIME);
	ck_assert_int_le(a.canned.now, 5001);
	account_close(&a);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("cloud_login");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, logs_in, 0, COUNT(logins));
	tcase_add_loop_test(t, says_which_tenant, 0, 2);
	tcase_add_loop_test(t, says_why_not, 0, COUNT(refused));
	tcase_add_loop_test(t, reads_the_catalog, 0, COUNT(catalogs));
	tcase_add_loop_test(t, says_where_not, 0, COUNT(nowhere));
	tcase_add_test(t, a_signal_ends_a_login);
	tcase_add_test(t, a_login_has_a_deadline);
	suite_add_tcase(s, t);
	return s;
}
