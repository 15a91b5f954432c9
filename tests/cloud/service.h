/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service - the doors of the cloud: who is called what, where, and how it says
 * no.
 *
 * Everything regional is at /<name>/<region in lower case>/<root>[/<tenant>],
 * below the address of the API; identity answers at any path ending in
 * /tokens. Every call needs a token that is valid for that tenant.
 */
#ifndef CLOUD_SERVICE_H
#define CLOUD_SERVICE_H

#include "tests/cloud/route.h"

enum service_tenant {
	SERVICE_NO_TENANT, /* none in the URL */
	SERVICE_TENANT,    /* the account's number */
};

struct service {
	const char *name;         /* in URLs, in the log and in faults */
	const char *catalog_name; /* "cloudServersOpenStack" */
	const char *type;         /* in the catalog: "compute" */
	const char *root;         /* "v2"; a final / is part of the URL */
	enum service_tenant tenant;
	const char *id_header;    /* that carries the request's id */
	const char *retry_member; /* in an overLimit body: when to retry */
	/* What call_fail() does: a reply in this service's shape. */
	void (*fail)(struct call *call, int status, const char *key,
		const char *message);
	const struct route *const *tables; /* ended by NULL */
};

/* All of them, ended by NULL. */
extern const struct service *const services[];

const struct service *service_find(const char *name);

/* Its URL for this place, as the catalog has it. */
char *service_url(const struct cloud *cloud, const struct service *service,
	const char *region, const char *tenant, struct pool *pool);

/* Serves the call, whose target, headers and body are filled in: finds the
 * service, checks token and rates, runs the handler. Always answers. The lock
 * is held. */
void service_run(struct call *call);
/* The service whose call this is; NULL: identity's or nobody's. */
const struct service *service_of(const struct call *call);

/* Ready-made fail functions. Wrapped: {"itemNotFound": {"code", "message"}},
 * the key being the status's own where it is NULL. Flat: {"code", "message"}.
 */
void service_fail_wrapped(
	struct call *call, int status, const char *key, const char *message);
void service_fail_flat(
	struct call *call, int status, const char *key, const char *message);

#endif
