/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/service.h"

#include <ctype.h>
#include <string.h>

#include "common/str.h"
#include "tests/cloud/identity.h"
#include "tests/cloud/rate.h"

const struct service *service_find(const char *name)
{
	for (const struct service *const *s = services; *s; s++)
		if (streq((*s)->name, name))
			return *s;
	return NULL;
}

char *service_url(const struct cloud *cloud, const struct service *service,
	const char *region, const char *tenant, struct pool *pool)
{
	char *lower = pool_copy(pool, region);
	bool with_tenant = service->tenant == SERVICE_TENANT;

	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return pool_printf(pool, "%s/%s/%s/%s%s%s", cloud->url, service->name,
		lower, service->root, with_tenant ? "/" : "",
		with_tenant ? tenant : "");
}

const struct service *service_of(const struct call *call)
{
	if (identity_wants(call))
		return &identity_service;
	return call->n_segments ? service_find(call->segments[0]) : NULL;
}

static bool is_root(const struct service *service, const char *segment)
{
	size_t length = strcspn(service->root, "/");

	return strlen(segment) == length &&
	       memcmp(service->root, segment, length) == 0;
}

/* The token decides first, as the gateway before the services does. */
static bool enter(struct call *call)
{
	const struct service *s = call->service;
	size_t wanted = s->tenant == SERVICE_TENANT ? 4 : 3;
	const char *region, *tenant;

	if (!identity_check(call->cloud, call->token, &call->user, &tenant)) {
		call_reply(call, 401, NULL);
		return false;
	}
	region = call->n_segments < wanted ? NULL
					   : cloud_region(call->segments[1]);
	if (!region || !is_root(s, call->segments[2]))
		return call_fail(call, 404, "The resource could not be found.");
	if (wanted == 4 && !streq(call->segments[3], tenant)) {
		call_reply(call, 401, NULL);
		return false;
	}
	call->first = wanted;
	call->place = cloud_place(call->cloud, region, tenant);
	call->url = service_url(call->cloud, s, region, tenant, call->pool);
	return true;
}

static void add_retry_after(
	struct call *call, double again, enum rate_form form)
{
	char *date;

	if (form == RATE_SECONDS) {
		call_header(call, "Retry-After", "%d",
			(int)(again - call->now) + 1);
	} else if (form == RATE_DATE) {
		/* never too early */
		date = cloud_http_date(again + 1);
		call_header(call, "Retry-After", "%s", date);
		mem_free(date);
	}
}

/* The rate limiter stands before all services and answers in its own shape. */
static bool within_rates(struct call *call)
{
	double again;
	enum rate_form form;
	char *date;

	if (rates_allow(call->cloud->rates, call->now, call->service->name,
		    call->method, call->target, &again, &form))
		return true;
	add_retry_after(call, again, form);
	date = cloud_time_text(again + 1);
	call_reply(call, 413,
		json_object(JSON_TAKE("overLimit",
			json_object(JSON_INT("code", 413),
				JSON_STR("message", "OverLimit Retry..."),
				JSON_STR("details", "Error Details..."),
				JSON_STR(call->service->retry_member, date)))));
	mem_free(date);
	return false;
}

static bool is_json_type(const struct call *call)
{
	return !call->body_text ||
	       (call->content_type &&
		       str_find_nocase(call->content_type, "json"));
}

void service_run(struct call *call)
{
	bool known;

	if (!call->service) {
		call_text(call, 404, "text/plain", "Not Found\n");
		return;
	}
	if (call->service == &identity_service) {
		if (within_rates(call))
			identity_run(call);
		return;
	}
	if (!enter(call) || !within_rates(call))
		return;
	call->route = route_find(call->service->tables, call, &known);
	if (!call->route)
		call_fail(call, known ? 405 : 404,
			known ? "The method is not allowed."
			      : "The resource could not be found.");
	else if (!is_json_type(call))
		call_fail(call, 415, "Unsupported Content-Type");
	else
		call->route->handle(call);
	if (!call->status)
		call_fail(call, 500, "The handler did not answer.");
}

static const char *key_of(int status)
{
	static const struct {
		int status;
		const char *key;
	} keys[] = { { 400, "badRequest" }, { 401, "unauthorized" },
		{ 403, "forbidden" }, { 404, "itemNotFound" },
		{ 405, "badMethod" }, { 409, "conflictingRequest" },
		{ 413, "overLimit" }, { 415, "badMediaType" },
		{ 422, "unprocessableEntity" }, { 503, "serviceUnavailable" } };

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (keys[i].status == status)
			return keys[i].key;
	return "computeFault";
}

void service_fail_wrapped(
	struct call *call, int status, const char *key, const char *message)
{
	call_reply(call, status,
		json_object(JSON_TAKE(key ? key : key_of(status),
			json_object(JSON_INT("code", status),
				JSON_STR("message", message)))));
}

void service_fail_flat(
	struct call *call, int status, const char *key, const char *message)
{
	(void)key;
	call_reply(call, status,
		json_object(JSON_INT("code", status),
			JSON_STR("message", message)));
}
