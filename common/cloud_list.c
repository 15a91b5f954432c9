/* SPDX-License-Identifier: Apache-2.0 */
/* All pages of a list, in the three ways that the services page. */
#include <string.h>

#include "common/cloud.h"
#include "common/str.h"

/* No account has this many pages or items; a server that never ends them does.
 * Together the items take this much memory at most, in bytes. */
#define PAGES_MAX  1000
#define ITEMS_MAX  100000
#define MEMORY_MAX (256 << 20)
/* Items in a page of load balancers, and of volumes. */
#define MARKER_LIMIT 100
#define OFFSET_LIMIT 1000

struct listing {
	struct cloud *cloud;
	enum cloud_service service;
	const char *path, *key, *doing;
	const char *landmark; /* a page that was read, see goes_round() */
	cJSON *list;
	int items; /* in the list */
	size_t memory;
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

/* What the value takes, about. */
static size_t memory_of(const cJSON *value)
{
	size_t memory = sizeof(*value);

	memory += value->string ? strlen(value->string) : 0;
	memory += value->valuestring ? strlen(value->valuestring) : 0;
	json_each (member, value) {
		memory += memory_of(member);
	}
	return memory;
}

static int check_items(
	const struct listing *l, const cJSON *items, struct err *e)
{
	if (!cJSON_IsArray(items))
		return err_set(e, ERR_OTHER,
			"The answer has no list \"%s\" (%s%s)", l->key,
			l->doing, cloud_where(l->cloud));
	for (const cJSON *item = items->child; item; item = item->next)
		if (!cJSON_IsObject(item))
			return err_set(e, ERR_OTHER,
				"The list \"%s\" of the answer has an item that "
				"is no object (%s%s)",
				l->key, l->doing, cloud_where(l->cloud));
	return 0;
}

/* One page; its items are the caller's. */
static int read_items(const struct listing *l, const char *path, cJSON **reply,
	cJSON **items, struct err *e)
{
	if (cloud_read(l->cloud, l->service, path, l->doing, reply, e) < 0)
		return -1;
	*items = json_member(*reply, l->key);
	if (check_items(l, *items, e) == 0)
		return 0;
	cJSON_Delete(*reply);
	return -1;
}

static int move_items(struct listing *l, cJSON *items, struct err *e)
{
	for (cJSON *item; (item = items->child); l->items++) {
		l->memory += memory_of(item);
		json_append(l->list, cJSON_DetachItemViaPointer(items, item));
	}
	if (l->items <= ITEMS_MAX && l->memory <= MEMORY_MAX)
		return 0;
	return err_set(e, ERR_OTHER,
		"The list is longer than %d items, or larger than %d MiB "
		"(%s%s): ask for less, by a name or an id",
		ITEMS_MAX, MEMORY_MAX >> 20, l->doing, cloud_where(l->cloud));
}

/* The page begins as the whole list does: a server that ignores where it was
 * asked to go on sends its first page again. */
static bool is_first_again(const struct listing *l, const cJSON *items)
{
	const cJSON *id = json_member(items->child, "id");

	return id && l->list->child &&
	       json_equal(id, json_member(l->list->child, "id"));
}

/* No next page is to be had. After full ones the list may have one. */
static int check_end(
	const struct listing *l, int limit, const char *why, struct err *e)
{
	if (l->items < limit)
		return 0;
	return err_set(e, ERR_OTHER,
		"The list cannot be read beyond its first %d items: %s (%s%s); "
		"ask for less, by a name or an id",
		l->items, why, l->doing, cloud_where(l->cloud));
}

static int check_end_again(const struct listing *l, int limit, struct err *e)
{
	return check_end(l, limit,
		"the server sends its first page again in place of the next",
		e);
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

/* Servers: a link among others. Images: a path of the host, of which the
 * service's URL has the beginning, too (images.md 2). */
static const char *next_href(const struct listing *l, const cJSON *reply)
{
	char *links;
	const cJSON *next;

	if (l->service == CLOUD_IMAGE)
		return json_str(reply, "next");
	links = mem_printf("%s_links", l->key);
	next = json_find(json_member(reply, links), "rel", "next");
	mem_free(links);
	return json_str(next, "href");
}

/* Only the query counts: host and scheme of a link may be wrong (servers.md
 * A2), and its path is that of the list. */
static const char *next_link(const struct listing *l, const cJSON *reply)
{
	const char *href = next_href(l, reply);
	const char *query = href ? strchr(href, '?') : NULL;

	return query ? pool_printf(l->cloud->pool, "%.*s%s",
			       (int)strcspn(l->path, "?"), l->path, query)
		     : NULL;
}

static int by_links(struct listing *l, struct err *e)
{
	const char *path = l->path, *next;
	cJSON *reply, *items;
	int rc;

	for (int page = 0; page < PAGES_MAX; page++) {
		if (read_items(l, path, &reply, &items, e) < 0)
			return -1;
		rc = move_items(l, items, e);
		next = rc == 0 ? next_link(l, reply) : NULL;
		cJSON_Delete(reply);
		if (!next)
			return rc;
		if (goes_round(l, page, next))
			break;
		l->memory += strlen(next);
		path = next;
	}
	return endless(l, e);
}

/* Load balancers: the marker is the last item seen, and comes again as the
 * first of the next page (load-balancers.md A1, Paging). */
static int by_inclusive_marker(struct listing *l, struct err *e)
{
	const char *first =
		pool_printf(l->cloud->pool, "limit=%d", MARKER_LIMIT);
	const char *path = with_query(l, first), *last = NULL;
	cJSON *reply, *items;
	int rc;

	for (int page = 0; page < PAGES_MAX; page++) {
		if (read_items(l, path, &reply, &items, e) < 0)
			return -1;
		if (last && items->child && streq(id_of(items->child), last))
			cJSON_Delete(cJSON_DetachItemFromArray(items, 0));
		if (!items->child || is_first_again(l, items)) {
			rc = items->child ? check_end_again(l, MARKER_LIMIT, e)
					  : 0;
			cJSON_Delete(reply);
			return rc;
		}
		rc = move_items(l, items, e);
		cJSON_Delete(reply);
		if (rc < 0)
			return -1;
		last = id_of(l->list->child->prev);
		if (!last)
			return check_end(l, MARKER_LIMIT,
				"the last of them has no id", e);
		path = with_query(
			l, pool_printf(l->cloud->pool, "%s&marker=%s", first,
				   cloud_escape(l->cloud, last)));
		if (goes_round(l, page, path))
			break;
		l->memory += strlen(path);
	}
	return endless(l, e);
}

/* Volumes: an offset (other-services.md 1). */
static int by_offset(struct listing *l, struct err *e)
{
	cJSON *reply, *items;

	for (int page = 0; page < PAGES_MAX; page++) {
		int before = l->items, rc;
		bool again;

		if (read_items(l,
			    with_query(l, pool_printf(l->cloud->pool,
						  "limit=%d&offset=%d",
						  OFFSET_LIMIT, before)),
			    &reply, &items, e) < 0)
			return -1;
		again = is_first_again(l, items);
		rc = again ? check_end_again(l, OFFSET_LIMIT, e)
			   : move_items(l, items, e);
		cJSON_Delete(reply);
		if (rc < 0 || again || l->items - before < OFFSET_LIMIT)
			return rc;
	}
	return endless(l, e);
}

int cloud_list(struct cloud *c, enum cloud_service service, const char *path,
	const char *key, const char *doing, cJSON **list, struct err *e)
{
	static int (*const ways[])(struct listing *, struct err *) = {
		[CLOUD_COMPUTE] = by_links,
		[CLOUD_VOLUME] = by_offset,
		[CLOUD_BALANCER] = by_inclusive_marker,
		[CLOUD_IMAGE] = by_links,
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
