/* SPDX-License-Identifier: Apache-2.0 */
#include "common/login.h"

#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/ini.h"
#include "common/str.h"

struct params {
	const char *api_key;
	const char *auth_endpoint;
	const char *credentials;
	const char *env;
	const char *identity_type;
	const char *region;
	const char *tenant_id;
	const char *tenant_name;
	const char *username;
	const bool *validate_certs;
};

const struct opt login_opts[] = {
	OPT_STR(api_key, .secret = true, .aliases = "password"),
	OPT_STR(auth_endpoint),
	OPT_PATH(credentials, .aliases = "creds_file"),
	OPT_STR(env),
	OPT_STR(identity_type, .fallback = "rackspace"),
	OPT_STR(region),
	OPT_STR(tenant_id),
	OPT_STR(tenant_name),
	OPT_STR(username),
	OPT_BOOL(validate_certs, .aliases = "verify_ssl"),
	OPT_END,
};

const struct opt_rule login_rules[] = {
	{ .kind = OPT_TOGETHER, .names = "api_key|username" },
	{ .kind = OPT_END_OF_RULES },
};

/* An empty text counts as missing, as it did in Python. */
static const char *present(const char *text)
{
	return text && *text ? text : NULL;
}

static const char *environment(const char *name)
{
	return present(getenv(name));
}

static const char *first(const char *a, const char *b)
{
	return present(a) ? a : present(b);
}

/* The section of ~/.pyrax.cfg that `env' picks; without one [settings], else
 * the first. NULL where there is no file and none is asked for. */
static int read_settings(const struct params *p, struct pool *pool,
	const cJSON **settings, struct err *e)
{
	char *path = file_expand_home("~/.pyrax.cfg");
	cJSON *file = ini_read(path, e);
	int rc = 0;

	*settings = NULL;
	if (!file && (e->code != ERR_ABSENT || p->env)) {
		rc = e->code == ERR_ABSENT
			     ? err_set(e, ERR_OTHER,
				       "The environment '%s' was asked for, but %s "
				       "does not exist",
				       p->env, path)
			     : -1;
	} else if (file) {
		pool_keep(pool, file);
		*settings = json_member(file, p->env ? p->env : "settings");
		if (!*settings && !p->env)
			*settings = file->child;
		if (!*settings && p->env)
			rc = err_set(e, ERR_OTHER, "%s has no environment '%s'",
				path, p->env);
	}
	mem_free(path);
	return rc;
}

static const char *setting(
	const cJSON *settings, const char *name, const char *variable)
{
	return first(cJSON_GetStringValue(json_member(settings, name)),
		getenv(variable));
}

/* pyrax takes "True" alone for true; a switch that weakens TLS is taken only
 * for a plain no, so that a typo does not switch it off. */
static bool says_no(const char *text)
{
	return text && (!strcasecmp(text, "false") || !strcasecmp(text, "no") ||
			       streq(text, "0"));
}

static int read_credentials_file(const char *given, struct pool *pool,
	struct login *login, struct err *e)
{
	char *path = file_expand_home(given);
	cJSON *file = ini_read(path, e), *section;
	const char *key, *password;
	int rc = 0;

	login->source = pool_printf(pool, "the credentials file %s", path);
	if (!file) {
		if (e->code == ERR_ABSENT)
			err_set(e, ERR_OTHER,
				"The specified credential file '%s' does not "
				"exist",
				path);
		mem_free(path);
		return -1;
	}
	pool_keep(pool, file);
	section = json_member(file, "rackspace_cloud");
	login->username = present(json_str(section, "username"));
	key = present(json_str(section, "api_key"));
	password = present(json_str(section, "password"));
	login->secret = key ? key : password;
	login->try_key = key != NULL;
	login->try_password = true;
	if (!section)
		rc = err_set(e, ERR_OTHER,
			"The credential file '%s' has no section "
			"[rackspace_cloud]",
			path);
	else if (!login->username || !login->secret)
		rc = err_set(e, ERR_OTHER,
			"The section [rackspace_cloud] of the credential file "
			"'%s' needs username and api_key (or password)",
			path);
	mem_free(path);
	return rc;
}

static int find_credentials(const struct params *p, const cJSON *settings,
	const cJSON *given, struct pool *pool, struct login *login,
	struct err *e)
{
	const char *file =
		first(p->credentials, environment("RAX_CREDENTIALS"));
	const char *keyring;

	file = first(file, environment("RAX_CREDS_FILE"));
	login->username = first(p->username, environment("RAX_USERNAME"));
	login->secret = first(p->api_key, environment("RAX_API_KEY"));
	if (login->username && login->secret) {
		login->source = present(p->api_key)
					? "the options username and api_key"
					: "RAX_USERNAME and RAX_API_KEY";
		login->try_key = !json_member(given, "password") ||
				 json_member(given, "api_key");
		login->try_password = true;
		return 0;
	}
	if (file)
		return read_credentials_file(file, pool, login, e);
	keyring = setting(settings, "keyring_username", "CLOUD_KEYRING_USER");
	err_set(e, ERR_OTHER,
		"No credentials supplied! Give username and api_key, "
		"RAX_USERNAME and RAX_API_KEY, or a credentials file");
	if (keyring && !login->username)
		err_more(e,
			"(the system keyring, to which keyring_username '%s' "
			"points, is not read)",
			keyring);
	return -1;
}

static const char *without_slash(const char *url, struct pool *pool)
{
	char *copy = pool_copy(pool, url);

	for (size_t n = strlen(copy); n > 0 && copy[n - 1] == '/'; n--)
		copy[n - 1] = '\0';
	return copy;
}

/* "user:password" of "http://user:password@host/", or NULL. */
static const char *userinfo(const char *url, struct pool *pool)
{
	const char *scheme = strstr(url, "://");
	const char *host = scheme ? scheme + 3 : url;
	size_t length = strcspn(host, "/?#");
	const char *at = memrchr(host, '@', length);
	char *text = at ? mem_copy_n(host, (size_t)(at - host)) : NULL;
	const char *kept = text ? pool_copy(pool, text) : NULL;

	mem_free(text);
	return kept;
}

static int find_endpoint(const struct params *p, const cJSON *settings,
	struct pool *pool, struct login *login, struct err *e)
{
	const char *url =
		first(p->auth_endpoint, environment("RAX_AUTH_ENDPOINT"));

	url = first(
		url, setting(settings, "auth_endpoint", "CLOUD_AUTH_ENDPOINT"));
	login->endpoint = without_slash(url ? url : LOGIN_ENDPOINT, pool);
	login->userinfo = userinfo(login->endpoint, pool);
	if (login->userinfo)
		return err_set(e, ERR_OTHER,
			"auth_endpoint must be a URL without user and "
			"password: give them as username and api_key or "
			"password");
	if (str_starts(login->endpoint, "http://") ||
		str_starts(login->endpoint, "https://"))
		return 0;
	return err_set(e, ERR_OTHER,
		"auth_endpoint must be an http or https URL, got: %s",
		login->endpoint);
}

int login_resolve(const cJSON *params, const cJSON *given, struct pool *pool,
	struct login *login, struct err *e)
{
	struct params p = { 0 };
	const cJSON *settings;

	*login = (struct login){ 0 };
	opt_bind(login_opts, params, &p, pool);
	if (!streq(p.identity_type, "rackspace"))
		return err_set(e, ERR_OTHER,
			"identity_type '%s' is not supported, only 'rackspace' "
			"is",
			p.identity_type ? p.identity_type : "");
	if (read_settings(&p, pool, &settings, e) < 0 ||
		find_credentials(&p, settings, given, pool, login, e) < 0 ||
		find_endpoint(&p, settings, pool, login, e) < 0)
		return -1;
	login->region = first(p.region, environment("RAX_REGION"));
	login->region = first(
		login->region, setting(settings, "region", "CLOUD_REGION"));
	login->tenant_id = first(
		p.tenant_id, setting(settings, "tenant_id", "CLOUD_TENANT_ID"));
	login->tenant_name = first(p.tenant_name,
		setting(settings, "tenant_name", "CLOUD_TENANT_NAME"));
	login->verify = p.validate_certs
				? *p.validate_certs
				: !says_no(setting(settings, "verify_ssl",
					  "CLOUD_VERIFY_SSL"));
	return 0;
}
