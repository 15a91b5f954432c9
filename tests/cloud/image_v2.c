/* SPDX-License-Identifier: Apache-2.0 */
/* Images through the door of Cloud Images v2: the reading side. */
#include "tests/cloud/image_v2.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "tests/cloud/page.h"
#include "tests/cloud/service.h"

#define PAGE_MAX 100

static const char *status_of(const struct image *i, double now)
{
	if (streq(i->status, "SAVING"))
		return image_progress(i, now) < 10 ? "queued" : "saving";
	if (streq(i->status, "ERROR"))
		return "killed";
	return streq(i->status, "ACTIVE") ? "active" : "deleted";
}

/* Paths in replies are relative to the host and have all of the URL's path. */
static const char *own_path(const struct call *call, const char *rest)
{
	return pool_printf(call->pool, "/%s/%s/%s/%s", call->segments[0],
		call->segments[1], call->segments[2], rest);
}

static void set_time(cJSON *tree, const char *name, double time)
{
	char *text = cloud_time_text(time);

	json_set_str(tree, name, text);
	mem_free(text);
}

static void set_paths(
	const struct call *call, cJSON *tree, const struct image *i)
{
	const char *self =
		own_path(call, pool_printf(call->pool, "images/%s", i->id));

	json_set_str(tree, "self", self);
	json_set_str(tree, "file", pool_printf(call->pool, "%s/file", self));
	json_set_str(tree, "schema", own_path(call, "schemas/image"));
}

cJSON *image_v2_show(const struct call *call, const struct image *i)
{
	cJSON *tree = json_object(JSON_STR("id", i->id),
		JSON_STR("name", i->name),
		JSON_STR("status", status_of(i, call->now)),
		JSON_STR("visibility", image_is_base(i) ? "public" : "private"),
		JSON_INT("size", i->size), JSON_INT("min_ram", i->min_ram),
		JSON_INT("min_disk", i->min_disk),
		JSON_STR("owner", i->tenant ? i->tenant : "000000"),
		JSON_BOOL("protected", i->is_protected),
		JSON_STR("container_format", "ovf"),
		JSON_STR("disk_format", "vhd"),
		JSON_TAKE("tags",
			i->tags ? json_copy(i->tags) : cJSON_CreateArray()));

	set_time(tree, "created_at", i->created);
	set_time(tree, "updated_at", i->updated);
	if (i->server)
		json_set_str(tree, "instance_uuid", i->server);
	json_each (item, i->metadata) {
		if (!json_member(tree, item->string))
			json_set(tree, item->string, json_copy(item));
	}
	set_paths(call, tree, i);
	return tree;
}

static bool has_tag(const cJSON *tree, const char *tag)
{
	json_each (item, json_member(tree, "tags")) {
		if (streq(item->valuestring, tag))
			return true;
	}
	return false;
}

static bool fits(const cJSON *tree, const struct query *q)
{
	static const char *const others[] = { "limit", "marker", "sort_key",
		"sort_dir", "member_status" };
	int64_t size = json_int(tree, "size", 0), number;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (streq(others[i], q->name))
			return true;
	if (streq(q->name, "tag"))
		return has_tag(tree, q->value);
	if (streq(q->name, "size_min"))
		return str_int(q->value, &number) && size >= number;
	if (streq(q->name, "size_max"))
		return str_int(q->value, &number) && size <= number;
	return streq(json_scalar_text(json_member(tree, q->name)), q->value);
}

static bool is_wanted(const struct call *call, const cJSON *tree)
{
	for (size_t i = 0; i < call->n_query; i++)
		if (!fits(tree, &call->query[i]))
			return false;
	return true;
}

/* An image's tree, with what it is sorted by. */
struct row {
	cJSON *tree;
	const char *text;
	int64_t number;
	int turn; /* -1: descending */
};

static int by_key(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = x->text && y->text
			    ? strcmp(x->text, y->text)
			    : (x->number > y->number) - (x->number < y->number);

	return order * x->turn;
}

static size_t collect(struct call *call, struct row **rows)
{
	const char *key = call_query(call, "sort_key");
	int turn = streq(call_query(call, "sort_dir"), "asc") ? 1 : -1;
	size_t n = 0, size = 0;

	for (struct image *i = call->cloud->images->first; i; i = i->next)
		size++;
	*rows = pool_alloc(call->pool, size * sizeof(**rows));
	for (struct image *i = call->cloud->images->first; i; i = i->next) {
		struct row *row = &(*rows)[n];

		if (!image_is_seen(i, call->place) || i->hidden ||
			i->listed > call->now)
			continue;
		row->tree = pool_keep(call->pool, image_v2_show(call, i));
		row->text = json_str(row->tree, key ? key : "created_at");
		row->number = json_int(row->tree, key ? key : "", 0);
		row->turn = turn;
		n++;
	}
	/* Newest first is how they are kept; images of one second stay so. */
	if (key || turn > 0)
		qsort(*rows, n, sizeof(**rows), by_key);
	return n;
}

static bool check_query(struct call *call)
{
	static const char *const keys[] = { "name", "status",
		"container_format", "disk_format", "size", "id", "created_at",
		"updated_at" };
	const char *key = call_query(call, "sort_key");

	for (size_t i = 0; key && i < sizeof(keys) / sizeof(*keys); i++)
		if (streq(keys[i], key))
			return true;
	return !key || call_fail(call, 400, "Unsupported sort_key");
}

/* A page is cut first and filtered then: it may be short, even empty, and have
 * a next one. */
static void list(struct call *call)
{
	size_t longest = (size_t)call->cloud->settings.page, n;
	struct row *rows;
	struct page page;
	cJSON *reply;

	if (!check_query(call) ||
		!page_begin(
			&page, call, longest < PAGE_MAX ? longest : PAGE_MAX))
		return;
	n = collect(call, &rows);
	for (size_t i = 0; i < n; i++) {
		const char *id = json_str(rows[i].tree, "id");

		if (!page_past(&page, id) || !page_take(&page, id) ||
			!is_wanted(call, rows[i].tree))
			continue;
		json_append(page.list, json_copy(rows[i].tree));
	}
	if (!page_is_right(&page, call))
		return;
	reply = json_object(JSON_TAKE("images", page.list),
		JSON_STR("first", own_path(call, "images")),
		JSON_STR("schema", own_path(call, "schemas/images")));
	if (page.more)
		json_set_str(reply, "next",
			own_path(call, pool_printf(call->pool, "images?%s",
					       page_next_query(&page, call))));
	call_reply(call, 200, reply);
}

static void get(struct call *call)
{
	const struct image *i = image_of(call);

	if (i)
		call_reply(call, 200, image_v2_show(call, i));
}

const struct route image_v2_routes[] = {
	{ "GET", "/images", list },
	{ "GET", "/images/{id}", get },
	ROUTE_END,
};

/* What is behind the gateway answers in HTML. */
static void fail(
	struct call *call, int status, const char *key, const char *message)
{
	(void)key;
	call_text(call, status, "text/html; charset=UTF-8",
		pool_printf(call->pool,
			"<html>\n <head>\n  <title>%d</title>\n </head>\n"
			" <body>\n  <h1>%d</h1>\n  %s<br /><br />\n\n\n"
			" </body>\n</html>",
			status, status, message));
}

const struct service image_service = {
	.name = "images",
	.catalog_name = "cloudImages",
	.type = "image",
	.root = "v2/",
	.tenant = SERVICE_NO_TENANT,
	.id_header = "x-openstack-request-id",
	.retry_member = "retryAt",
	.fail = fail,
	.tables = (const struct route *const[]){ image_v2_routes,
		image_v2_write_routes, NULL },
};
