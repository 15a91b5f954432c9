/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of identity.h: logging in, in all its forms, and out. */
#include <string.h>

#include "common/str.h"
#include "tests/cloud/catalog.h"
#include "tests/cloud/identity.h"

#define PASSCODE "483920"
#define WRONG    "Unable to authenticate user with credentials provided."

static const char *last_segment(const struct call *call)
{
	return call->n_segments ? call->segments[call->n_segments - 1] : "";
}

bool identity_wants(const struct call *call)
{
	return streq(last_segment(call), "tokens") &&
	       !service_find(call->segments[0]);
}

/* How a login went. */
struct login {
	const struct account *account;
	const char *by; /* what authenticated it */
	const cJSON *auth;
};

static bool by_key(struct call *call, struct login *login, const cJSON *given)
{
	const char *user = json_str(given, "username");
	const char *key = json_str(given, "apiKey");

	if (!user || !key)
		return call_fail(call, 400,
			"Expecting apiKeyCredentials with username and "
			"apiKey");
	login->account = identity_user(call->cloud, user);
	if (!login->account || !streq(login->account->key, key))
		return call_fail(call, 401, WRONG);
	login->by = "APIKEY";
	return true;
}

static bool by_password(
	struct call *call, struct login *login, const cJSON *given)
{
	const char *user = json_str(given, "username");
	const char *password = json_str(given, "password");

	if (!user || !password)
		return call_fail(call, 400,
			"Expecting passwordCredentials with username and "
			"password");
	login->account = identity_user(call->cloud, user);
	if (!login->account || !streq(login->account->password, password))
		return call_fail(call, 401, WRONG);
	login->by = "PASSWORD";
	if (!login->account->mfa)
		return true;
	call_header(call, "WWW-Authenticate",
		"OS-MF sessionId='%s', factor='PASSCODE'",
		identity_new_session(call->cloud, login->account));
	return call_fail(
		call, 401, "Additional authentication credentials required.");
}

static bool by_token(struct call *call, struct login *login, const cJSON *given)
{
	const char *id = json_str(given, "id");

	if (!id)
		return call_fail(call, 400, "Expecting token with id");
	login->account = identity_token_account(call->cloud, id);
	login->by = "PASSWORD";
	return login->account ? true : call_fail(call, 404, "Token not found.");
}

static bool by_passcode(
	struct call *call, struct login *login, const cJSON *given)
{
	login->account = identity_session_account(call->cloud, call->session);
	if (!login->account || !streq(json_str(given, "passcode"), PASSCODE))
		return call_fail(call, 401, WRONG);
	login->by = "PASSCODE";
	return true;
}

static const struct {
	const char *member;
	bool (*check)(struct call *, struct login *, const cJSON *);
} ways[] = {
	{ "RAX-KSKEY:apiKeyCredentials", by_key },
	{ "passwordCredentials", by_password },
	{ "token", by_token },
	{ "RAX-AUTH:passcodeCredentials", by_passcode },
};

static bool authenticate(struct call *call, struct login *login)
{
	login->auth = json_member(call->body, "auth");
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		const cJSON *given = json_member(login->auth, ways[i].member);

		if (cJSON_IsObject(given))
			return ways[i].check(call, login, given);
	}
	return call_fail(call, 400,
		login->auth ? "Unable to parse: no credentials were given"
			    : "Invalid json request body");
}

/* *files: only the tenant of Cloud Files was asked for. */
static bool choose_tenant(
	struct call *call, const struct login *login, bool *files)
{
	const char *id = json_str(login->auth, "tenantId");
	const char *name = json_str(login->auth, "tenantName");
	const char *want = id ? id : name;
	const char *tenant = login->account->tenant;

	if (id && name)
		return call_fail(call, 400,
			"Invalid request. Specify tenantId OR tenantName, "
			"not both.");
	*files = want && streq(want, pool_printf(call->pool,
					     CATALOG_FILES_TENANT, tenant));
	if (!want || *files || streq(want, tenant))
		return true;
	return call_fail(call, 401,
		"Tenant with Name/Id: '%s' is not valid for User '%s' (id: "
		"'%s')",
		want, login->account->user, login->account->id);
}

static cJSON *roles_of(const struct account *account)
{
	cJSON *roles = cJSON_CreateArray();
	char *files = mem_printf(CATALOG_FILES_TENANT, account->tenant);

	json_append(roles, json_object(JSON_STR("id", "6"),
				   JSON_STR("name", "compute:default"),
				   JSON_STR("tenantId", account->tenant)));
	json_append(roles, json_object(JSON_STR("id", "5"),
				   JSON_STR("name", "object-store:default"),
				   JSON_STR("tenantId", files)));
	json_append(roles, json_object(JSON_STR("id", "3"),
				   JSON_STR("name", "identity:user-admin")));
	mem_free(files);
	return roles;
}

static char *expiry_text(double expires, struct pool *pool)
{
	char *whole = cloud_time_text(expires);
	int ms = (int)((expires - (double)(int64_t)expires) * 1000);
	char *text = pool_printf(
		pool, "%.*s.%03dZ", (int)strlen(whole) - 1, whole, ms);

	mem_free(whole);
	return text;
}

static cJSON *token_of(
	struct call *call, const struct login *login, const char *tenant)
{
	double expires;
	const char *id =
		identity_new_token(call->cloud, login->account, &expires);
	cJSON *by = cJSON_CreateArray();

	json_append(by, json_new_str(login->by));
	return json_object(JSON_STR("id", id),
		JSON_STR("expires", expiry_text(expires, call->pool)),
		JSON_TAKE("tenant", json_object(JSON_STR("id", tenant),
					    JSON_STR("name", tenant))),
		JSON_TAKE("RAX-AUTH:authenticatedBy", by));
}

static cJSON *user_of(const struct account *account)
{
	return json_object(JSON_STR("id", account->id),
		JSON_STR("name", account->user),
		JSON_STR("RAX-AUTH:defaultRegion", CLOUD_HOME_REGION),
		JSON_STR("RAX-AUTH:domainId", account->tenant),
		JSON_TAKE("roles", roles_of(account)));
}

static void log_in(struct call *call)
{
	struct login login = { 0 };
	const char *tenant;
	bool files = false;

	if (!authenticate(call, &login))
		return;
	if (login.account->disabled) {
		call_fail_as(call, 403, "userDisabled",
			"User '%s' is disabled.", login.account->user);
		return;
	}
	if (!choose_tenant(call, &login, &files))
		return;
	tenant = files ? pool_printf(call->pool, CATALOG_FILES_TENANT,
				 login.account->tenant)
		       : login.account->tenant;
	call_reply(call, 200,
		json_object(JSON_TAKE("access",
			json_object(JSON_TAKE("token",
					    token_of(call, &login, tenant)),
				JSON_TAKE("user", user_of(login.account)),
				JSON_TAKE("serviceCatalog",
					catalog_new(call->cloud, login.account,
						files, call->pool))))));
}

void identity_run(struct call *call)
{
	if (streq(call->method, "POST")) {
		if (!call->content_type ||
			!str_find_nocase(call->content_type, "json"))
			call_fail(call, 415, "Unsupported media type");
		else
			log_in(call);
	} else if (streq(call->method, "DELETE")) {
		if (call->token && identity_revoke(call->cloud, call->token))
			call_reply(call, 204, NULL);
		else
			call_reply(call, 401, NULL);
	} else {
		call_fail(call, 405, "Method not allowed");
	}
}

const struct service identity_service = {
	.name = "identity",
	.type = "identity",
	.id_header = "X-Trans-Id",
	.retry_member = "retryAfter",
	.fail = service_fail_wrapped,
};
