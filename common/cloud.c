/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in, the catalog, and calls; messages are in cloud_fault.c, lists in
 * cloud_list.c, waiting in cloud_pause.c. */
#include "common/cloud.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/censor.h"
#include "common/str.h"

/* identity.md 1.6. The first generation's servers have the type of today's; a
 * service that has a name here is found by both. */
static const struct {
	const char *type, *name;
} services[] = {
	[CLOUD_COMPUTE] = { "compute", "cloudServersOpenStack" },
	[CLOUD_VOLUME] = { "volume", NULL },
	[CLOUD_BALANCER] = { "rax:load-balancer", NULL },
	[CLOUD_IMAGE] = { "image", "cloudImages" },
};

int64_t cloud_now(const struct cloud *c)
{
	return c->transport->now(c->transport);
}

const char *cloud_escape(const struct cloud *c, const char *text)
{
	struct str s;
	const char *kept;

	str_init(&s, 3 * strlen(text));
	str_add_url(&s, text);
	kept = pool_copy(c->pool, s.text);
	str_free(&s);
	return kept;
}

static cJSON *login_body(const struct login *login, bool as_key)
{
	cJSON *credentials = json_object(JSON_STR("username", login->username),
		JSON_STR(as_key ? "apiKey" : "password", login->secret));
	/* Both at once are refused (identity.md 1.2). */
	const char *name = login->tenant_id ? NULL : login->tenant_name;

	return json_object(JSON_TAKE("auth",
		json_object(JSON_TAKE(as_key ? "RAX-KSKEY:apiKeyCredentials"
					     : "passwordCredentials",
				    credentials),
			JSON_STR("tenantId", login->tenant_id),
			JSON_STR("tenantName", name))));
}

/* Other challenges only name the kind of login (identity.md 1.5). */
static bool wants_second_factor(const struct call *call)
{
	const char *challenge = call->http.challenge;

	return challenge && str_find_nocase(challenge, "OS-MF");
}

static int login_refused(
	const struct cloud *c, const struct call *call, struct err *e)
{
	const struct http_request *r = &call->http;
	const char *id = c->login->tenant_id, *name = c->login->tenant_name;
	const char *tenant = id ? id : name;
	char *words = cloud_words(c, call);

	if (wants_second_factor(call))
		err_set(e, ERR_AUTH,
			"The account of %s wants a second factor for a "
			"password (multi-factor authentication): use an API "
			"key",
			c->login->username);
	else
		err_set(e, ERR_AUTH,
			"Incorrect/unauthorized credentials received (logging "
			"in as %s%s%s at %s with %s: HTTP %ld %s%s%s)",
			c->login->username, tenant ? " of tenant " : "",
			tenant ? tenant : "", c->login->endpoint,
			c->login->source, r->status, http_reason(r->status),
			*words ? ": " : "", words);
	e->status = r->status;
	mem_free(words);
	return -1;
}

static int login_once(
	struct cloud *c, bool as_key, struct call *call, struct err *e)
{
	cJSON *body = login_body(c->login, as_key);
	char *url = mem_printf("%s/tokens", c->login->endpoint);
	int rc;

	*call = (struct call){ .doing = "logging in",
		.http = { .method = "POST",
			.url = url,
			.body = body,
			.repeatable = true } };
	rc = cloud_send(c, &call->http, 1, e);
	call->http.url = NULL;
	call->http.body = NULL;
	mem_free(url);
	cJSON_Delete(body);
	return rc;
}

/* Keeps what the reply holds. A server that lies about its form gets a message
 * that says so. */
static int take_access(struct cloud *c, struct call *call, struct err *e)
{
	const cJSON *access = json_get(call->http.reply, "access");
	const char *token = json_str(access, "token.id");
	const char *account = json_str(access, "token.tenant.id");

	if (!token || !*token || strpbrk(token, "\r\n") ||
		!cJSON_IsArray(json_get(access, "serviceCatalog")))
		return err_set(e, ERR_OTHER,
			"The answer of %s to the login is no token and service "
			"catalog: is auth_endpoint an Identity v2.0 URL?",
			c->login->endpoint);
	pool_keep(c->pool, call->http.reply);
	call->http.reply = NULL;
	c->token = token;
	c->account = account ? account : "";
	c->catalog = json_get(access, "serviceCatalog");
	if (c->secrets)
		censor_add(c->secrets, token, strlen(token));
	return 0;
}

/* A 404 is about the login's URL, not about the thing that is asked for. */
static int login_failed(
	const struct cloud *c, const struct call *call, struct err *e)
{
	cloud_fault(c, call, e);
	if (e->code == ERR_ABSENT)
		e->code = ERR_OTHER;
	return -1;
}

static int log_in(struct cloud *c, struct err *e)
{
	struct call call;
	int rc = login_once(c, c->login->try_key, &call, e);

	/* A playbook may have put a password into api_key. */
	if (rc == 0 && call.http.status == 401 && c->login->try_key &&
		c->login->try_password && !wants_second_factor(&call)) {
		cloud_clear(&call);
		rc = login_once(c, false, &call, e);
	}
	if (rc == 0 && (call.http.status == 401 || call.http.status == 403))
		rc = login_refused(c, &call, e);
	else if (rc == 0 && !cloud_succeeded(&call))
		rc = login_failed(c, &call, e);
	else if (rc == 0)
		rc = take_access(c, &call, e);
	cloud_clear(&call);
	return rc;
}

static bool is_service(const cJSON *entry, enum cloud_service service)
{
	const char *name = services[service].name;

	return streq(json_str(entry, "type"), services[service].type) &&
	       (!name || streq(json_str(entry, "name"), name));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The regions of the catalog, or of one entry of it, sorted, without repeats,
 * as "DFW,IAD,ORD"; in the pool. */
static const char *region_names(const struct cloud *c)
{
	const char *names[64];
	size_t count = 0;
	struct str text;
	char *taken;
	const char *kept;

	json_each (entry, c->catalog) {
		json_each (endpoint, json_get(entry, "endpoints")) {
			const char *name = json_str(endpoint, "region");

			if (name && *name && count < 64)
				names[count++] = name;
		}
	}
	qsort(names, count, sizeof(*names), by_text);
	str_init(&text, 4096);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || !streq(names[i], names[i - 1]))
			str_addf(&text, "%s%s", i ? "," : "", names[i]);
	taken = str_take(&text);
	kept = pool_copy(c->pool, taken);
	mem_free(taken);
	return kept;
}

static int find_region(struct cloud *c, struct err *e)
{
	const char *wanted = c->login->region;

	json_each (entry, c->catalog) {
		json_each (endpoint, json_get(entry, "endpoints")) {
			const char *name = json_str(endpoint, "region");

			if (wanted && name && !strcasecmp(name, wanted)) {
				c->region = name;
				return 0;
			}
		}
	}
	return err_set(e, ERR_OTHER,
		"%s is not a valid region, must be one of: %s",
		wanted ? wanted : "None", region_names(c));
}

int cloud_open(struct cloud *c, struct err *e)
{
	if (log_in(c, e) < 0)
		return -1;
	return find_region(c, e);
}

/* An endpoint without a region serves every region. */
static const char *service_url(
	const struct cloud *c, enum cloud_service service)
{
	json_each (entry, c->catalog) {
		if (!is_service(entry, service))
			continue;
		json_each (endpoint, json_get(entry, "endpoints")) {
			const char *region = json_str(endpoint, "region");
			const char *url = json_str(endpoint, "publicURL");

			if (url && (!region || streq(region, c->region)))
				return url;
		}
	}
	return NULL;
}

static int call_url(const struct cloud *c, enum cloud_service service,
	const char *path, char **url, struct err *e)
{
	const char *base = service_url(c, service);
	size_t length;

	if (!base)
		return err_set(e, ERR_OTHER,
			"Failed to instantiate client. This typically "
			"indicates an invalid region or an incorrectly "
			"capitalized region name. (The catalog of account %s "
			"has no service of type %s in %s.)",
			c->account, services[service].type, c->region);
	length = strlen(base);
	while (length > 0 && base[length - 1] == '/')
		length--;
	if (length > 2048 ||
		(!str_starts(base, "http://") && !str_starts(base, "https://")))
		return err_set(e, ERR_OTHER,
			"The catalog's URL for %s in %s is no http or https URL",
			services[service].type, c->region);
	*url = mem_printf("%.*s%s", (int)length, base, path);
	return 0;
}

/* The login happens with the first call that needs it. */
static int be_open(struct cloud *c, struct err *e)
{
	return c->region ? 0 : cloud_open(c, e);
}

int cloud_wire_path(struct cloud *c, enum cloud_service service,
	const char *path, const char **wire_path, struct err *e)
{
	char *url, *slash;

	if (be_open(c, e) < 0 || call_url(c, service, path, &url, e) < 0)
		return -1;
	slash = strchr(strstr(url, "://") + 3, '/');
	*wire_path = pool_copy(c->pool, slash ? slash : "/");
	mem_free(url);
	return 0;
}

/* One pass over the calls that `again' marks. */
static int run_marked(struct cloud *c, struct call *calls, const bool *again,
	size_t count, struct err *e)
{
	struct http_request *requests = mem_array(count, sizeof(*requests));
	char **urls = mem_array(count, sizeof(*urls));
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		if (!again[i])
			continue;
		rc = call_url(c, calls[i].service, calls[i].path, &urls[n], e);
		if (rc < 0)
			break;
		requests[n] = (struct http_request){ .method = calls[i].method,
			.url = urls[n],
			.token = c->token,
			.body = calls[i].body,
			.content_type = calls[i].content_type,
			.repeatable = calls[i].http.repeatable };
		n++;
	}
	if (rc == 0)
		rc = cloud_send(c, requests, n, e);
	for (size_t i = 0, k = 0; k < n; i++) {
		if (!again[i])
			continue;
		requests[k].url = NULL;
		requests[k].doubtful =
			requests[k].doubtful || calls[i].http.doubtful;
		calls[i].http = requests[k++];
	}
	for (size_t k = 0; k < n; k++)
		mem_free(urls[k]);
	mem_free(urls);
	mem_free(requests);
	return rc;
}

int cloud_run(struct cloud *c, struct call *calls, size_t count, struct err *e)
{
	bool *again = mem_array(count, sizeof(*again));
	bool expired = false;
	int rc;

	if (be_open(c, e) < 0) {
		mem_free(again);
		return -1;
	}
	memset(again, true, count);
	rc = run_marked(c, calls, again, count, e);
	for (size_t i = 0; i < count; i++) {
		again[i] = calls[i].http.status == 401;
		expired = expired || again[i];
	}
	if (rc == 0 && expired)
		rc = log_in(c, e);
	if (rc == 0 && expired) {
		for (size_t i = 0; i < count; i++)
			if (again[i])
				cloud_clear(&calls[i]);
		rc = run_marked(c, calls, again, count, e);
	}
	mem_free(again);
	return rc;
}

void cloud_clear(struct call *call)
{
	http_clear(&call->http);
}

bool cloud_succeeded(const struct call *call)
{
	return call->http.status >= 200 && call->http.status < 300;
}

int cloud_read(struct cloud *c, enum cloud_service service, const char *path,
	const char *doing, cJSON **reply, struct err *e)
{
	struct call call = { .service = service,
		.method = "GET",
		.path = path,
		.doing = doing };
	int rc = cloud_run(c, &call, 1, e);

	if (rc == 0 && !cloud_succeeded(&call))
		rc = cloud_fault(c, &call, e);
	else if (rc == 0 && !call.http.reply)
		rc = err_set(e, ERR_OTHER,
			"The answer is no JSON (%s%s: HTTP %ld)", doing,
			cloud_where(c), call.http.status);
	if (rc == 0) {
		*reply = call.http.reply;
		call.http.reply = NULL;
	}
	cloud_clear(&call);
	return rc;
}

int cloud_get(struct cloud *c, enum cloud_service service, const char *path,
	const char *doing, const cJSON **reply, struct err *e)
{
	cJSON *owned;

	if (cloud_read(c, service, path, doing, &owned, e) < 0)
		return -1;
	*reply = pool_keep(c->pool, owned);
	return 0;
}
