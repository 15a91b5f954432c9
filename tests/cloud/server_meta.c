/* SPDX-License-Identifier: Apache-2.0 */
/* The metadata of servers. */
#include "tests/cloud/limit.h"
#include "tests/cloud/metadata.h"
#include "tests/cloud/server.h"

static void list(struct call *call)
{
	const struct server *s = server_of(call);

	if (s)
		metadata_list(call, s->metadata);
}

static void get(struct call *call)
{
	const struct server *s = server_of(call);

	if (s)
		metadata_get(call, s->metadata);
}

static void change(
	struct call *call, bool (*how)(struct call *, cJSON **, int64_t))
{
	struct server *s = server_of(call);
	int64_t most = limit_of(call->cloud, LIMIT_SERVER_META);

	if (s && how(call, &s->metadata, most))
		s->updated = call->now;
}

static void merge(struct call *call)
{
	change(call, metadata_merge);
}

static void replace(struct call *call)
{
	change(call, metadata_replace);
}

static void put(struct call *call)
{
	change(call, metadata_put);
}

static void delete (struct call *call)
{
	struct server *s = server_of(call);

	if (s && metadata_delete(call, &s->metadata))
		s->updated = call->now;
}

#define PATH "/servers/{id}/metadata"

const struct route server_meta_routes[] = {
	{ "GET", PATH, list },
	{ "POST", PATH, merge },
	{ "PUT", PATH, replace },
	{ "GET", PATH "/{key}", get },
	{ "PUT", PATH "/{key}", put },
	{ "DELETE", PATH "/{key}", delete },
	ROUTE_END,
};
