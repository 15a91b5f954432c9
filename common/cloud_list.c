/* SPDX-License-Identifier: Apache-2.0 */
/* All pages of a list, in the three ways that the services page. */
#include <string.h>

#include "common/cloud.h"
#include "common/str.h"

/* No account has this many pages; a server that never ends them does. */
#define PAGES_MAX 1000

struct listing {
	struct cloud *cloud;
	enum cloud_service service;
	const char *path, *key, *doing;
	const char *landmark; /* a page that was read, see goes_round() */
	cJSON *list;
};

static const char *id_of(const cJSON *item)
{
	return json_scalar_text(json_member(item, "id"));
}

static const char *with_query(const struct listing *l, const char *query)
{
	return pool_printf(l->cloud->pool, "%s%c%s", l->path,
		strchr(l->path, '?') ? '&' : '?', query);
}

/* One page; its items are the caller's. */
static int read_items(const struct listing *l, const char *path, cJSON **reply,
	cJSON **items, struct err *e)
{
	if (cloud_read(l->cloud, l->service, path, l->doing, reply, e) < 0)
		return -1;
	*items = json_member(*reply, l->key);
	if (cJSON_IsArray(*items))
		return 0;
	cJSON_Delete(*reply);
	return err_set(e, ERR_OTHER, "The answer has no list \"%s\" (%s%s)",
		l->key, l->doing, cloud_where(l->cloud));
}

static int move_items(const struct listing *l, cJSON *items)
{
	int count = 0;

	for (cJSON *item; (item = items->child); count++)
		json_append(l->list, cJSON_DetachItemViaPointer(items, item));
	return count;
}

/* The page begins as the whole list does: a server that ignores where it was
 * asked to go on sends its first page again. */
static bool is_first_again(const struct listing *l, const cJSON *items)
{
	const cJSON *id = json_member(items->child, "id");

	return id && l->list->child &&
	       json_equal(id, json_member(l->list->child, "id"));
}

static int endless(const struct listing *l, struct err *e)
{
	return err_set(e, ERR_OTHER, "The list does not end (%s%s)", l->doing,
		cloud_where(l->cloud));
}

/* Whether this next page was read already. Of all the pages one is remembered,
 * behind 1, 2, 4, 8, ... pages another: the way round any circle is found. */
static bool goes_round(struct listing *l, int page, const char *path)
{
	if (streq(path, l->landmark))
		return true;
	if ((page & (page + 1)) == 0)
		l->landmark = path;
	return false;
}

/* Servers: a link to the next page, of which only the query counts, since its
 * host and scheme may be wrong (servers.md A2). */
static const char *next_link(const struct listing *l, const cJSON *reply)
{
	char *links = mem_printf("%s_links", l->key);
	const cJSON *next = json_find(json_member(reply, links), "rel", "next");
	const char *href = json_str(next, "href");
	const char *query = href ? strchr(href, '?') : NULL;

	mem_free(links);
	return query ? pool_printf(l->cloud->pool, "%.*s%s",
			       (int)strcspn(l->path, "?"), l->path, query)
		     : NULL;
}

static int by_links(struct listing *l, struct err *e)
{
	const char *path = l->path, *next;
	cJSON *reply, *items;

	for (int page = 0; page < PAGES_MAX; page++) {
		if (read_items(l, path, &reply, &items, e) < 0)
			return -1;
		move_items(l, items);
		next = next_link(l, reply);
		cJSON_Delete(reply);
		if (!next)
			return 0;
		if (goes_round(l, page, next))
			break;
		path = next;
	}
	return endless(l, e);
}

/* Load balancers: the marker is the last item seen, and comes again as the
 * first of the next page (load-balancers.md A1, Paging). A server that ignores
 * it sends the first page again. */
static int by_inclusive_marker(struct listing *l, struct err *e)
{
	const char *path = with_query(l, "limit=100");
	cJSON *reply, *items;
	const char *last = NULL;

	for (int page = 0; page < PAGES_MAX; page++) {
		if (read_items(l, path, &reply, &items, e) < 0)
			return -1;
		if (last && items->child && streq(id_of(items->child), last))
			cJSON_Delete(cJSON_DetachItemFromArray(items, 0));
		if (!items->child || is_first_again(l, items)) {
			cJSON_Delete(reply);
			return 0;
		}
		move_items(l, items);
		cJSON_Delete(reply);
		last = id_of(l->list->child->prev);
		if (!last)
			return 0;
		path = with_query(
			l, pool_printf(l->cloud->pool, "limit=100&marker=%s",
				   cloud_escape(l->cloud, last)));
		if (goes_round(l, page, path))
			break;
	}
	return endless(l, e);
}

/* Volumes: an offset (other-services.md 1). */
static int by_offset(struct listing *l, struct err *e)
{
	const int limit = 1000;
	cJSON *reply, *items;
	int count = limit;

	for (int page = 0; page < PAGES_MAX && count == limit; page++) {
		const char *path = with_query(
			l, pool_printf(l->cloud->pool, "limit=%d&offset=%d",
				   limit, page * limit));

		if (read_items(l, path, &reply, &items, e) < 0)
			return -1;
		count = is_first_again(l, items) ? 0 : move_items(l, items);
		cJSON_Delete(reply);
	}
	return count < limit ? 0 : endless(l, e);
}

int cloud_list(struct cloud *c, enum cloud_service service, const char *path,
	const char *key, const char *doing, cJSON **list, struct err *e)
{
	static int (*const ways[])(struct listing *, struct err *) = {
		[CLOUD_COMPUTE] = by_links,
		[CLOUD_VOLUME] = by_offset,
		[CLOUD_BALANCER] = by_inclusive_marker,
	};
	struct listing l = { .cloud = c,
		.service = service,
		.path = path,
		.key = key,
		.doing = doing,
		.landmark = path,
		.list = pool_keep(c->pool, cJSON_CreateArray()) };

	if (ways[service](&l, e) < 0)
		return -1;
	*list = l.list;
	return 0;
}
