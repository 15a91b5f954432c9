/* SPDX-License-Identifier: Apache-2.0 */
/* Who pays: Packer 0.7's form for Rackspace, and today's for OpenStack. */
#include <string.h>

#include "common/bake/template_build.h"
#include "common/str.h"

static const struct {
	const char *provider, *endpoint;
} providers[] = {
	{ "rackspace", "https://identity.api.rackspacecloud.com/v2.0" },
	{ "rackspace-us", "https://identity.api.rackspacecloud.com/v2.0" },
	{ "rackspace-uk", "https://lon.identity.api.rackspacecloud.com/v2.0" },
};

bool template_login_is_old(const cJSON *builder, const cJSON *options)
{
	return json_member(builder, "provider") ||
	       json_member(builder, "api_key") ||
	       (decoded_text(options, "provider") &&
		       !decoded_text(options, "identity_endpoint"));
}

/* Without a slash or "/tokens" at its end, which is added when logging in. */
static const char *bare_endpoint(struct pool *pool, const char *url)
{
	static const char tokens[] = "/tokens";
	size_t length = strlen(url), end = sizeof(tokens) - 1;

	while (length && url[length - 1] == '/')
		length--;
	if (length > end && memcmp(url + length - end, tokens, end) == 0)
		length -= end;
	return pool_printf(pool, "%.*s", (int)length, url);
}

static const char *endpoint_of_provider(
	const struct template_scope *scope, const char *provider)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(*providers); i++)
		if (streq(provider, providers[i].provider))
			return providers[i].endpoint;
	if (strstr(provider, "://"))
		return bare_endpoint(scope->job->pool, provider);
	template_error(scope,
		"provider must be rackspace-us, rackspace-uk or the URL of an "
		"identity service, not \"%s\"",
		provider);
	return NULL;
}

static const char *find_endpoint(struct template_scope *scope,
	const cJSON *builder, const cJSON *options)
{
	const char *url = decoded_text(options, "identity_endpoint");
	const char *provider = decoded_text(options, "provider");

	/* What the template says goes before the environment. */
	if (provider && (!url || json_member(builder, "provider")))
		return endpoint_of_provider(scope, provider);
	return url ? bare_endpoint(scope->job->pool, url) : NULL;
}

/* Other ways to say who pays; all of them are unsupported, and said so. */
static bool has_other_way(const cJSON *options)
{
	return decoded_text(options, "cloud") ||
	       decoded_text(options, "token") ||
	       decoded_text(options, "application_credential_id") ||
	       decoded_text(options, "application_credential_name");
}

static void check(struct template_scope *scope, const cJSON *options,
	const char *endpoint)
{
	const char *provider = decoded_text(options, "provider");
	const char *type = decoded_text(options, "endpoint_type");
	size_t length = endpoint ? strlen(endpoint) : 0;

	if (provider && str_starts(provider, "rackspace") &&
		!decoded_text(options, "region"))
		template_error(scope, "region is missing, which the provider "
				      "needs; for example \"DFW\"");
	if (type && !template_listed("public|publicURL|internal|internalURL|"
				     "admin|adminURL",
			    type))
		template_error(scope,
			"endpoint_type must be public, internal or admin, not "
			"\"%s\"",
			type);
	else if (type && !str_starts(type, "public"))
		template_unsupported(scope,
			"endpoint_type \"%s\" is not "
			"supported, only public is",
			type);
	if (endpoint && !str_starts(endpoint, "http://") &&
		!str_starts(endpoint, "https://"))
		template_error(scope, "identity_endpoint must be a URL, which "
				      "begins with https:// or http://");
	if (length > 3 && streq(endpoint + length - 3, "/v3"))
		template_unsupported(scope,
			"identity_endpoint: version 3 of the identity service "
			"is not supported; give the address of version 2.0");
}

/* What a template has to say, unless the task does. */
static void check_given(struct template_scope *scope, const cJSON *options,
	const char *endpoint)
{
	if (!scope->job->wish->path || scope->job->wish->login_given)
		return;
	if (!endpoint && !decoded_text(options, "cloud") &&
		!decoded_text(options, "provider"))
		template_error(scope,
			"identity_endpoint is missing; give it, or \"provider\""
			": \"rackspace-us\", or OS_AUTH_URL in the "
			"environment");
	if (has_other_way(options))
		return;
	if (!decoded_text(options, "username") &&
		!decoded_text(options, "user_id"))
		template_error(scope, "username is missing; give it, or "
				      "SDK_USERNAME in the environment");
	if (!decoded_text(options, "password") &&
		!decoded_text(options, "api_key"))
		template_error(scope, "api_key or password is missing; give "
				      "one, or SDK_API_KEY or SDK_PASSWORD in "
				      "the environment");
}

void template_login(struct template_scope *scope, const cJSON *builder,
	const cJSON *options, struct recipe *recipe)
{
	const char *endpoint = find_endpoint(scope, builder, options);
	const char *api_key = decoded_text(options, "api_key");
	const char *password = decoded_text(options, "password");
	cJSON *login;

	check(scope, options, endpoint);
	check_given(scope, options, endpoint);
	/* One from the environment does not stand against one given. */
	if (api_key && password && json_member(builder, "password") &&
		!json_member(builder, "api_key"))
		api_key = NULL;
	login = pool_keep(scope->job->pool,
		json_object(
			JSON_STR("username", decoded_text(options, "username")),
			JSON_STR("api_key", api_key),
			JSON_STR("password", api_key ? NULL : password),
			JSON_STR("auth_endpoint", endpoint),
			JSON_STR("region", decoded_text(options, "region")),
			JSON_STR("tenant_id",
				decoded_text(options, "tenant_id")),
			JSON_STR("tenant_name",
				decoded_text(options, "tenant_name"))));
	if (decoded_bool(options, "insecure"))
		json_set(login, "validate_certs", json_new_bool(false));
	recipe->login = login->child ? login : NULL;
}
