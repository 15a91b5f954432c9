/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/page.h"

#include <string.h>

#include "common/str.h"

#define OTHER_HOST "http://internal.invalid"

bool page_begin(struct page *page, struct call *call, size_t longest)
{
	const char *limit = call_query(call, "limit");
	int64_t number = 0;

	*page = (struct page){ .limit = longest,
		.marker = call_query(call, "marker") };
	if (limit && !str_int(limit, &number))
		return call_fail(call, 400, "limit param must be an integer");
	if (number < 0)
		return call_fail(call, 400, "limit param must be positive");
	if (number > 0 && (size_t)number < longest)
		page->limit = (size_t)number;
	page->past = !page->marker;
	page->list = cJSON_CreateArray();
	return true;
}

bool page_past(struct page *page, const char *id)
{
	if (page->past)
		return true;
	page->past = streq(page->marker, id);
	return false;
}

bool page_take(struct page *page, const char *id)
{
	if (page->n == page->limit) {
		page->more = true;
		return false;
	}
	page->n++;
	page->last = id;
	return true;
}

bool page_is_right(struct page *page, struct call *call)
{
	if (page->past)
		return true;
	cJSON_Delete(page->list);
	return call_fail(call, 400, "marker [%s] not found", page->marker);
}

const char *page_next_query(const struct page *page, const struct call *call)
{
	struct str s;
	const char *text;

	str_init(&s, 65536);
	str_addf(&s, "limit=%zu&marker=", page->limit);
	str_add_url(&s, page->last);
	for (size_t i = 0; i < call->n_query; i++) {
		const struct query *q = &call->query[i];

		if (streq(q->name, "limit") || streq(q->name, "marker"))
			continue;
		str_add(&s, "&");
		str_add_url(&s, q->name);
		str_add(&s, "=");
		str_add_url(&s, q->value);
	}
	text = pool_copy(call->pool, s.text);
	str_free(&s);
	return text;
}

static cJSON *next_link(const struct page *page, const struct call *call)
{
	char *path = pool_copy(call->pool, call->target);
	cJSON *links = cJSON_CreateArray();

	path[strcspn(path, "?")] = '\0';
	json_append(links,
		json_object(JSON_STR("rel", "next"),
			JSON_STR("href",
				pool_printf(call->pool, "%s%s?%s", OTHER_HOST,
					path, page_next_query(page, call)))));
	return links;
}

void page_reply(struct page *page, struct call *call, const char *name)
{
	cJSON *reply;

	if (!page_is_right(page, call))
		return;
	reply = json_object(JSON_TAKE(name, page->list));
	if (page->more)
		json_set(reply, pool_printf(call->pool, "%s_links", name),
			next_link(page, call));
	call_reply(call, 200, reply);
}
