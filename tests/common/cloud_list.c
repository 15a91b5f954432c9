/* SPDX-License-Identifier: Apache-2.0 */
/* All pages of a list, as the three services send them, or lie about them. */
#include "tests/common/account.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define S            "GET /compute/servers"
#define B            "GET /balancer/lbs"
#define ONE          "{'id': 'a'}"
#define TWO          "{'id': 'b'}"
#define NEXT(href)                                                             \
	", 'servers_links': [{'rel': 'self', 'href': 'x?y'}, {'rel': 'next', " \
	"'href': '" href "'}]"
#define SERVERS(items, more) "200 {'servers': [" items "]" more "}\n"
#define G                    "GET /glance/v2/images"
#define IMAGES(items, more)  "200 {'images': [" items "]" more "}\n"
#define LBS(items)           "200 {'lbs': [" items "]}\n"

/* Pages, and the ids that come of them, or words of the failure. */
static const struct {
	enum cloud_service service;
	const char *path, *script, *ids, *fails;
} lists[] = {
	{ CLOUD_COMPUTE, "/servers", S " " SERVERS("", ""), "[]", NULL },
	{ CLOUD_COMPUTE, "/servers", S " " SERVERS(ONE ", " TWO, ""),
		"['a', 'b']", NULL },
	{ CLOUD_COMPUTE, "/servers?name=x",
		S "?name=x " SERVERS(
			ONE, NEXT("http://cloud/compute/servers?limit=1&marker="
				  "a")) S "?limit=1&marker=a " SERVERS(TWO, ""),
		"['a', 'b']", NULL },
	/* The query of a link counts; its scheme, host and path do not. */
	{ CLOUD_COMPUTE, "/servers",
		S " " SERVERS(ONE, NEXT("http://evil.invalid:81/v9/x?"
					"marker=a")) S
		"?marker=a " SERVERS(TWO, NEXT("file:///etc/passwd?marker=b")) S
		"?marker=b " SERVERS(
			"{'id': 'c'}", NEXT("//evil.invalid/?marker=c")) S
		"?marker=c " SERVERS("", ""),
		"['a', 'b', 'c']", NULL },
	/* An empty page may have another one behind it. */
	{ CLOUD_COMPUTE, "/servers",
		S " " SERVERS("", NEXT("?marker=1")) S
		"?marker=1 " SERVERS(ONE, ""),
		"['a']", NULL },
	/* Links that are none. */
	{ CLOUD_COMPUTE, "/servers",
		S " " SERVERS(ONE, ", 'servers_links': [{'rel': 'previous', "
				   "'href': '?marker=0'}], 'images_links': "
				   "[{'rel': 'next', 'href': '?m'}]"),
		"['a']", NULL },
	{ CLOUD_COMPUTE, "/servers",
		S " " SERVERS(ONE, ", 'servers_links': {'rel': 'next'}"),
		"['a']", NULL },
	{ CLOUD_COMPUTE, "/servers",
		S " " SERVERS(ONE, ", 'servers_links': [{'rel': 'next', "
				   "'href': 7}, null, 'x']"),
		"['a']", NULL },
	/* Servers that never end. */
	{ CLOUD_COMPUTE, "/servers",
		S
		" " SERVERS(ONE, NEXT("?marker=a")) "+" S "?marker=a " SERVERS(
			ONE, NEXT("?marker=a")),
		NULL, "does not end|reading them" },
	{ CLOUD_COMPUTE, "/servers",
		S
		" " SERVERS(ONE, NEXT("?marker=a")) "+" S "?marker=a " SERVERS(
			ONE, NEXT("?marker=b")) "+" S "?marker=b " SERVERS(TWO,
			NEXT("?marker=a")),
		NULL, "does not end|reading them" },
	{ CLOUD_COMPUTE, "/servers?limit=1",
		"+" S "?limit=1 " SERVERS(ONE, NEXT("?limit=1")), NULL,
		"does not end" },
	/* No list. */
	{ CLOUD_COMPUTE, "/servers", S " 200 {'server': []}\n", NULL,
		"no list \"servers\"|reading them|DFW" },
	{ CLOUD_COMPUTE, "/servers", S " 200 {'servers': {}}\n", NULL,
		"no list \"servers\"" },
	{ CLOUD_COMPUTE, "/servers", S " 200 []\n", NULL,
		"no list \"servers\"" },
	/* Items that are none: nobody knows what the server means. */
	{ CLOUD_COMPUTE, "/servers", S " " SERVERS("0, 0", ""), NULL,
		"\"servers\"|no object|reading them|DFW" },
	{ CLOUD_COMPUTE, "/servers", S " " SERVERS(ONE ", null", ""), NULL,
		"no object" },
	{ CLOUD_BALANCER, "/lbs", B "?limit=100 " LBS("[]"), NULL,
		"no object" },
	{ CLOUD_COMPUTE, "/servers",
		S " " SERVERS(ONE, NEXT("?marker=a")) S "?marker=a 403 no\n",
		NULL, "no (reading them in DFW" },
	/* Load balancers: the marker comes again as the first. */
	{ CLOUD_BALANCER, "/lbs", B "?limit=100 " LBS(""), "[]", NULL },
	{ CLOUD_BALANCER, "/lbs",
		B "?limit=100 " LBS("{'id': 1}, {'id': 2}") B
		"?limit=100&marker=2 " LBS("{'id': 2}, {'id': 3}") B
		"?limit=100&marker=3 " LBS("{'id': 3}"),
		"[1, 2, 3]", NULL },
	/* Gone meanwhile, or exclusive after all. */
	{ CLOUD_BALANCER, "/lbs?name=x",
		B "?name=x&limit=100 " LBS("{'id': 1}, {'id': 2}") B
		"?name=x&limit=100&marker=2 " LBS("{'id': 3}") B
		"?name=x&limit=100&marker=3 " LBS(""),
		"[1, 2, 3]", NULL },
	/* The marker is ignored. */
	{ CLOUD_BALANCER, "/lbs",
		B "?limit=100 " LBS("{'id': 1}, {'id': 2}") B
		"?limit=100&marker=2 " LBS("{'id': 1}, {'id': 2}"),
		"[1, 2]", NULL },
	{ CLOUD_BALANCER, "/lbs",
		B "?limit=100 " LBS("{'id': 1}") B
		"?limit=100&marker=1 " LBS("{'id': 1}"),
		"[1]", NULL },
	/* Ids are texts to some; they are escaped. */
	{ CLOUD_BALANCER, "/lbs",
		B "?limit=100 " LBS("{'id': '1'}, {'id': 'a&b=/'}") B
		"?limit=100&marker=a%26b%3D%2F " LBS("{'id': 'a&b=/'}"),
		"['1', 'a&b=/']", NULL },
	{ CLOUD_BALANCER, "/lbs", B "?limit=100 " LBS("{'x': 1}, {'x': 2}"),
		"[null, null]", NULL },
	/* A server that has always one more. */
	{ CLOUD_BALANCER, "/lbs",
		B
		"?limit=100 " LBS("{'id': 1}") "+" B "?limit=100&marker=1 " LBS(
			"{'id': 2}") "+" B
				     "?limit=100&marker=2 " LBS(
					     "{'id': 3}") "+" B
							  "?limit=100&marker=3 " LBS(
								  "{'id': 2}"),
		NULL, "does not end|reading them" },
	{ CLOUD_BALANCER, "/lbs", B "?limit=100 200 {'lbs': null}\n", NULL,
		"no list \"lbs\"" },
	/* Images: `next' is a path of the host; empty pages may have one. */
	{ CLOUD_IMAGE, "/images", G " " IMAGES("", ""), "[]", NULL },
	{ CLOUD_IMAGE, "/images?limit=1",
		G "?limit=1 " IMAGES(
			ONE, ", 'next': '/v2/images?limit=1&marker=a'") G
		"?limit=1&marker=a " IMAGES(
			"", ", 'next': '/v2/images?limit=1&marker=x'") G
		"?limit=1&marker=x " IMAGES(TWO, ""),
		"['a', 'b']", NULL },
	/* Whatever leads elsewhere does not. */
	{ CLOUD_IMAGE, "/images",
		G " " IMAGES(ONE,
			", 'next': 'http://evil.invalid/v2/images?marker=a'") G
		"?marker=a " IMAGES(TWO, ", 'next': '/v2/images'"),
		"['a', 'b']", NULL },
	{ CLOUD_IMAGE, "/images", G " " IMAGES(ONE, ", 'next': 7"), "['a']",
		NULL },
	{ CLOUD_IMAGE, "/images",
		G " " IMAGES(ONE,
			", 'next': '?marker=a'") "+" G "?marker=a " IMAGES(ONE,
			", 'next': '?marker=a'"),
		NULL, "does not end|reading them" },
};

static const char *key_of(enum cloud_service service)
{
	switch (service) {
	case CLOUD_COMPUTE:
		return "servers";
	case CLOUD_BALANCER:
		return "lbs";
	case CLOUD_IMAGE:
		return "images";
	default:
		return "volumes";
	}
}

static void check_ids(const cJSON *list, const char *expected)
{
	cJSON *ids = cJSON_CreateArray(), *wanted = json_literal(expected);
	char *shown;

	json_each (item, list) {
		const cJSON *id = json_member(item, "id");

		json_append(ids, id ? json_copy(id) : cJSON_CreateNull());
	}
	shown = json_text(ids);
	ck_assert_msg(json_equal(ids, wanted), "%s", shown);
	mem_free(shown);
	cJSON_Delete(ids);
	cJSON_Delete(wanted);
}

START_TEST(reads_all_pages)
{
	char *script = mem_printf(LOGGED_IN "%s", lists[_i].script);
	cJSON *list = NULL;
	struct account a;
	int rc;

	account_open(&a, script);
	rc = cloud_list(&a.cloud, lists[_i].service, lists[_i].path,
		key_of(lists[_i].service), "reading them", &list, &a.e);
	if (lists[_i].fails) {
		ck_assert_int_eq(rc, -1);
		ck_assert_ptr_null(list);
		account_check_words(a.e.text, lists[_i].fails);
		/* A circle is noticed the second or third time round. */
		ck_assert_int_le(canned_sent(&a.canned), 10);
	} else {
		ck_assert_msg(rc == 0, "%s", rc ? a.e.text : "");
		check_ids(list, lists[_i].ids);
	}
	account_close(&a);
	mem_free(script);
}
END_TEST

/* A page of this many items, ids from `first' upwards. */
static void add_page(struct str *script, int offset, int first, int count)
{
	str_addf(script,
		"GET /volume/volumes/detail?limit=1000&offset=%d 200 "
		"{'volumes': [",
		offset);
	for (int i = 0; i < count; i++)
		str_addf(script, "%s{'id': %d}", i ? ", " : "", first + i);
	str_add(script, "]}\n");
}

/* How many volumes there are, a thousand a page. */
static const int amounts[] = { 0, 1, 999, 1000, 1001, 2000, 2500 };

START_TEST(volumes_come_by_offset)
{
	int amount = amounts[_i], page = 0;
	struct account a;
	struct str script;
	cJSON *list;

	str_init(&script, 1 << 20);
	str_add(&script, LOGGED_IN);
	for (; page <= amount / 1000; page++)
		add_page(&script, page * 1000, page * 1000,
			page < amount / 1000 ? 1000 : amount % 1000);
	account_open(&a, script.text);
	ck_assert_int_eq(cloud_list(&a.cloud, CLOUD_VOLUME, "/volumes/detail",
				 "volumes", "reading them", &list, &a.e),
		0);
	ck_assert_int_eq(json_size(list), amount);
	page = 0;
	json_each (item, list) {
		ck_assert_int_eq(json_int(item, "id", -1), page++);
	}
	str_free(&script);
	account_close(&a);
}
END_TEST

/* Servers that would fill the memory, or leave out what they have: each page of
 * the path has so many items (each with a text so large, and an id counted from
 * the page's number times `step'), and a link to a next page. */
static const struct lie {
	enum cloud_service service;
	const char *path;
	int items, step;
	size_t text;
	bool nameless;
	const char *words;
	int sendings; /* at most */
} lies[] = {
	{ CLOUD_VOLUME, "/volumes/same", 1000, 0, 1, false,
		"beyond its first 1000 items|first page again|reading them|"
		"DFW|by a name or an id",
		2 },
	{ CLOUD_BALANCER, "/lbs/same", 100, 0, 1, false,
		"beyond its first 100 items|first page again|reading them|"
		"DFW|by a name or an id",
		2 },
	{ CLOUD_BALANCER, "/lbs/nameless", 100, 1, 1, true,
		"beyond its first 100 items|the last of them has no id", 1 },
	{ CLOUD_BALANCER, "/lbs/many", 6000, 6000, 1, false,
		"longer than 100000 items|reading them|by a name or an id",
		17 },
	{ CLOUD_VOLUME, "/volumes/many", 6000, 6000, 1, false,
		"longer than 100000 items", 17 },
	{ CLOUD_COMPUTE, "/servers/many", 6000, 6000, 1, false,
		"longer than 100000 items", 17 },
	{ CLOUD_COMPUTE, "/servers/large", 2, 2, 8 << 20, false,
		"larger than 256 MiB", 17 },
	{ CLOUD_COMPUTE, "/servers/none", 0, 0, 1, false, "does not end",
		1000 },
};

static const struct lie *lie_of(const char *url)
{
	for (size_t i = 0; i < COUNT(lies); i++)
		if (strstr(url, lies[i].path))
			return &lies[i];
	return NULL;
}

static cJSON *page_of(const struct lie *lie, int page)
{
	char *text = mem_new(lie->text + 1);
	cJSON *items = cJSON_CreateArray(), *reply, *next;
	char *href = mem_printf("?marker=%d", page);

	memset(text, 'x', lie->text);
	for (int i = 0; i < lie->items; i++) {
		cJSON *item = json_object(JSON_STR("text", text));

		if (!lie->nameless)
			json_set(
				item, "id", json_new_int(page * lie->step + i));
		json_append(items, item);
	}
	next = json_object(JSON_STR("rel", "next"), JSON_STR("href", href));
	reply = json_object(JSON_TAKE(key_of(lie->service), items),
		JSON_TAKE("servers_links", cJSON_CreateArray()));
	json_append(json_member(reply, "servers_links"), next);
	mem_free(href);
	mem_free(text);
	return reply;
}

static int send_lies(struct transport *transport,
	struct http_request *const *requests, size_t count, int64_t deadline)
{
	const struct lie *lie = lie_of(requests[0]->url);
	struct canned *c = (struct canned *)transport;

	ck_assert_uint_eq(count, 1);
	if (!lie)
		return canned_send(transport, requests, count, deadline);
	requests[0]->reply = page_of(lie, c->sendings++);
	requests[0]->fate = HTTP_ANSWERED;
	requests[0]->status = 200;
	return 0;
}

START_TEST(lies_are_noticed)
{
	const struct lie *lie = &lies[_i];
	struct account a;
	cJSON *list = NULL;
	int before;

	account_open(&a, LOGGED_IN);
	a.canned.transport.send = send_lies;
	ck_assert_int_eq(cloud_open(&a.cloud, &a.e), 0);
	before = a.canned.sendings;
	ck_assert_int_eq(
		cloud_list(&a.cloud, lie->service, lie->path,
			key_of(lie->service), "reading them", &list, &a.e),
		-1);
	ck_assert_ptr_null(list);
	account_check_words(a.e.text, lie->words);
	ck_assert_int_le(a.canned.sendings - before, lie->sendings);
	account_close(&a);
}
END_TEST

START_TEST(a_token_may_expire_between_pages)
{
	struct account a;
	cJSON *list;

	account_open(&a, LOGGED_IN S " " SERVERS(ONE, NEXT("?marker=a")) S
		"?marker=a 401\n" LOGIN ACCESS("tok-2", SERVICES) S
		"?marker=a " SERVERS(TWO, ""));
	ck_assert_int_eq(cloud_list(&a.cloud, CLOUD_COMPUTE, "/servers",
				 "servers", "reading them", &list, &a.e),
		0);
	check_ids(list, "['a', 'b']");
	account_close(&a);
}
END_TEST

START_TEST(a_list_has_a_deadline)
{
	struct account a;
	cJSON *list = NULL;

	account_open(&a, LOGGED_IN S " " SERVERS(ONE, NEXT("?marker=a")) S
		"?marker=a slow");
	ck_assert_int_eq(cloud_list(&a.cloud, CLOUD_COMPUTE, "/servers",
				 "servers", "reading them", &list, &a.e),
		-1);
	ck_assert_int_eq(a.e.code, ERR_TIME);
	ck_assert_ptr_null(list);
	account_close(&a);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("cloud_list");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, reads_all_pages, 0, COUNT(lists));
	tcase_add_loop_test(t, volumes_come_by_offset, 0, COUNT(amounts));
	tcase_add_loop_test(t, lies_are_noticed, 0, COUNT(lies));
	tcase_add_test(t, a_token_may_expire_between_pages);
	tcase_add_test(t, a_list_has_a_deadline);
	suite_add_tcase(s, t);
	return s;
}
