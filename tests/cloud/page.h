/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page - long lists in pages: limit, and marker = the last id already seen.
 *
 * Everything in the order of the list is shown to page_past(); what passes it
 * and the caller's filters, to page_take(), and is added to the list if that
 * says so.
 */
#ifndef CLOUD_PAGE_H
#define CLOUD_PAGE_H

#include "tests/cloud/route.h"

struct page {
	size_t limit, n;
	const char *marker, *last;
	bool past, more;
	cJSON *list;
};

/* False when it has answered 400: no such limit. */
bool page_begin(struct page *page, struct call *call, size_t longest);
bool page_past(struct page *page, const char *id);
bool page_take(struct page *page, const char *id);

/* Whether the marker was found; 400 otherwise, the list is released. */
bool page_is_right(struct page *page, struct call *call);
/* {"<name>": list, "<name>_links": [...]}; the link is to another host than
 * the one that was asked, as the provider's are. */
void page_reply(struct page *page, struct call *call, const char *name);
/* The query that asks for the next page. */
const char *page_next_query(const struct page *page, const struct call *call);

#endif
