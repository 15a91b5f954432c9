/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cloud - an account in a region: token, catalog, calls, pages of a list.
 *
 * Whatever is asked of a service goes through cloud_run(): it adds the token,
 * logs in once more when the token has expired, and keeps each answer with its
 * call. The words of a failure are composed here, so that all of them say what
 * was being done, where, and what the cloud answered.
 */
#ifndef COMMON_CLOUD_H
#define COMMON_CLOUD_H

#include "common/http.h"
#include "common/login.h"
#include "common/mem.h"

enum cloud_service {
	CLOUD_COMPUTE,
	CLOUD_VOLUME,
	CLOUD_BALANCER,
	CLOUD_IMAGE, /* Cloud Images v2; compute has a door of its own */
};

struct progress;

struct cloud {
	struct transport *transport;
	struct pool *pool;
	const struct login *login;
	/* Secrets that no message may show; the token is added. Borrowed. */
	cJSON *secrets;
	/* No request is begun, repeated or waited for beyond this. */
	int64_t deadline;
	/* NULL, or what is done meanwhile, in every pause of a wait and between
	 * tries, each second of a longer one: often, so it must be cheap where
	 * nothing is due. It may make calls. If it fails, with the reason in e,
	 * that ends the wait. */
	int (*idle)(void *context, struct err *e);
	void *idle_context;
	bool idling, idle_failed; /* it is called now; it has failed */

	/* Where it tells what it waits for, or NULL. */
	struct progress *progress;

	/* What the last answer's Date was, in seconds since the epoch (0: none
	 * has come), and when that came, on the transport's clock. */
	int64_t date, dated;

	/* Filled in by cloud_open(), NULL before. */
	const char *region;  /* as the catalog spells it */
	const char *account; /* the tenant's id, "" if the login did not say */
	const char *token;
	const cJSON *catalog;
};

/* Logs in and finds the region in the catalog; the first call does it where it
 * was not done before. */
int cloud_open(struct cloud *cloud, struct err *e);

/* One call. The wish is borrowed until the run is over. */
struct call {
	enum cloud_service service;
	const char *method;
	const char *path; /* behind the service's URL: "/servers?a=b" */
	const cJSON *body;
	const char *content_type; /* NULL: application/json */
	const char *doing;        /* "reading server web1", for messages */
	struct http_request http; /* what came of it */
};

/* Runs all of them at once; each keeps its own outcome, released by
 * cloud_clear(). -1 only if nothing can be run: no such service in the region,
 * the login is refused, a signal; or if `idle' has failed. */
int cloud_run(
	struct cloud *cloud, struct call *calls, size_t count, struct err *e);
void cloud_clear(struct call *call);

bool cloud_succeeded(const struct call *call);
/* A text from outside for a message: without secrets, then cut to a readable
 * length. The caller frees it. */
char *cloud_censored(const struct cloud *cloud, const char *text);
/* What the cloud said, without secrets, cut to a readable length; "" if it said
 * nothing. The caller frees it. */
char *cloud_words(const struct cloud *cloud, const struct call *call);
/* Whether that has these words, whatever their case. */
bool cloud_says(const struct call *call, const char *what);
/* The whole message about a call that did not succeed. Its code is ERR_ABSENT
 * for 404 and 410, ERR_TIME if the deadline has passed; it `passes' where
 * http.h would repeat a read. Returns -1. */
int cloud_fault(
	const struct cloud *cloud, const struct call *call, struct err *e);
/* " in REGION, account ID" for messages of one's own. */
const char *cloud_where(const struct cloud *cloud);

/* One GET. The reply lives in the cloud's pool; cloud_read() gives it to the
 * caller instead. */
int cloud_read(struct cloud *cloud, enum cloud_service service,
	const char *path, const char *doing, cJSON **reply, struct err *e);
int cloud_get(struct cloud *cloud, enum cloud_service service, const char *path,
	const char *doing, const cJSON **reply, struct err *e);

/* All pages of a list: the members of `key' in every reply, as one list in the
 * pool. `path' may have a query. How a service pages is known here. */
int cloud_list(struct cloud *cloud, enum cloud_service service,
	const char *path, const char *key, const char *doing, cJSON **list,
	struct err *e);

/* The path as the server sees it, catalog's part included; in the pool. */
int cloud_wire_path(struct cloud *cloud, enum cloud_service service,
	const char *path, const char **wire_path, struct err *e);

/* Percent-encoded for one segment of a path or one value of a query; in the
 * pool. Whatever comes from outside goes through it. */
const char *cloud_escape(const struct cloud *cloud, const char *text);

/* Milliseconds on a clock that only goes forward. */
int64_t cloud_now(const struct cloud *cloud);
/* Seconds since the epoch by the cloud's clock, so that two machines agree; by
 * ours as long as no answer had a date. */
int64_t cloud_date(const struct cloud *cloud);
/* Pauses; -1 when a signal comes, or `idle' fails. */
int cloud_pause(struct cloud *cloud, int64_t milliseconds, struct err *e);

/* How long to pause before what was first looked at at `since' is looked at
 * again: a tenth of that time, `least' to 5 s, but not beyond `end'. Times of
 * cloud_now() and milliseconds. */
#define CLOUD_LOOK_LEAST 1000
int64_t cloud_until_look(
	const struct cloud *cloud, int64_t since, int64_t least, int64_t end);

/* After a failure: whether to try again what was first tried at `since', after
 * a pause. Not where it would not pass, wait_timeout, which ends at
 * `wait_until', is over (the error says so then) or the pause was ended: then
 * the error is why. */
bool cloud_try_again(
	struct cloud *cloud, int64_t since, int64_t wait_until, struct err *e);

/* For cloud.c: http_run() with what the cloud does meanwhile. */
int cloud_send(struct cloud *cloud, struct http_request *requests, size_t count,
	struct err *e);

#endif
