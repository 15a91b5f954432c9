/* SPDX-License-Identifier: Apache-2.0 */
#include "common/names.h"

#include <check.h>
#include <string.h>

#include "common/str.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* Python's % is what `rax' has always numbered with. */
static const struct {
	const char *pattern;
	int64_t offset, count;
	const char *taken; /* names, JSON with ' for " */
	const char *names;
} rows[] = {
	{ "web", 1, 2, "[]", "['web1', 'web2']" },
	{ "web%d", 1, 2, "[]", "['web1', 'web2']" },
	{ "web%s", 1, 2, "[]", "['web1', 'web2']" },
	{ "web%02d", 9, 2, "[]", "['web09', 'web10']" },
	{ "web%02d", 99, 2, "[]", "['web99', 'web100']" },
	{ "web%3d|", 1, 1, "[]", "['web  1|']" },
	{ "web%05s", 1, 1, "[]", "['web    1']" },
	{ "web%3s|", 1, 1, "[]", "['web  1|']" },
	{ "%d-web.example.org", 7, 1, "[]", "['7-web.example.org']" },
	{ "100%%", 1, 1, "[]", "['100%1']" },
	{ "100%%-%d", 1, 1, "[]", "['100%-1']" },
	{ "%%d", 1, 1, "[]", "['%d1']" },
	{ "%%%d%%", 1, 1, "[]", "['%1%']" },
	{ "", 1, 1, "[]", "['1']" },
	{ "h\xc3\xa9%d", 1, 1, "[]", "['h\\u00e9\\u0031']" },
	{ "web%d", 0, 2, "[]", "['web0', 'web1']" },
	{ "web%d", 5, 0, "[]", "[]" },
	{ "web%d", 2147483647, 2, "[]", "['web2147483647', 'web2147483648']" },
	{ "web%d", 9223372036854775806, 2, "[]",
		"['web9223372036854775806', 'web9223372036854775807']" },
	/* Numbers that are taken are skipped, names compared whole. */
	{ "web%d", 1, 2, "['web1']", "['web2', 'web3']" },
	{ "web%d", 1, 3, "['web2', 'web4']", "['web1', 'web3', 'web5']" },
	{ "web%d", 1, 2, "['myweb1', 'web1x', 'web10', 'WEB2', 'web01']",
		"['web1', 'web2']" },
	{ "web%02d", 1, 2, "['web1', 'web2']", "['web01', 'web02']" },
	{ "web%d", 1, 1, "['web1', 'web1', 'web2', 'web3']", "['web4']" },
	{ "web", 1, 1, "['web']", "['web1']" },
};

static cJSON *servers_of(const char *taken)
{
	cJSON *names = json_literal(taken), *servers = cJSON_CreateArray();

	json_each (name, names) {
		json_append(
			servers, json_object(JSON_STR("id", "x"),
					 JSON_STR("name", name->valuestring)));
	}
	cJSON_Delete(names);
	return servers;
}

START_TEST(counts)
{
	struct pool *pool = pool_new();
	cJSON *servers = servers_of(rows[_i].taken);
	cJSON *expected = json_literal(rows[_i].names);
	const cJSON *names = NULL;
	struct err e;
	char *shown;
	int rc = names_next(rows[_i].pattern, rows[_i].offset, rows[_i].count,
		servers, pool, &names, &e);

	ck_assert_msg(rc == 0, "%s", rc ? e.text : "");
	shown = json_text(names);
	ck_assert_msg(json_equal(names, expected), "%s", shown);
	mem_free(shown);
	cJSON_Delete(expected);
	cJSON_Delete(servers);
	pool_free(pool);
}
END_TEST

static const char *const refused[] = {
	"web%",
	"%",
	"web%d%d",
	"web%d-%s",
	"web%s%s%s%s%s",
	"web%n",
	"web%x",
	"web%*d",
	"web%p",
	"web%ld",
	"web%1$d",
	"web%(n)d",
	"web%c",
	"web%f",
	"%d%",
	"web% ",
};

START_TEST(refuses_what_does_not_count)
{
	struct pool *pool = pool_new();
	cJSON *servers = cJSON_CreateArray();
	const cJSON *names = NULL;
	struct err e;

	ck_assert_int_eq(
		names_next(refused[_i], 1, 1, servers, pool, &names, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, refused[_i]));
	cJSON_Delete(servers);
	pool_free(pool);
}
END_TEST

START_TEST(a_refusal_leaves_the_list_alone)
{
	struct pool *pool = pool_new();
	const cJSON *names = NULL;
	struct err e;

	ck_assert_int_eq(names_next("%d%d", 1, 1, NULL, pool, &names, &e), -1);
	ck_assert_ptr_null(names);
	pool_free(pool);
}
END_TEST

/* Nothing that a playbook can say may take all memory, or wrap around. */
static const struct {
	const char *pattern;
	int64_t offset, count;
} excessive[] = {
	{ "web%999999999d", 1, 1 },
	{ "web%0999999999999999999999d", 1, 1 },
	{ "web%2147483648s", 1, 1 },
	{ "web%d", INT64_MAX, 2 },
	{ "web%d", INT64_MAX - 1, 10 },
	{ "web%d", 1, INT64_MAX },
	{ "web%d", 1, NAMES_MAX + 1 },
};

START_TEST(refuses_what_is_too_much)
{
	struct pool *pool = pool_new();
	cJSON *servers = cJSON_CreateArray();
	const cJSON *names = NULL;
	struct err e;

	ck_assert_int_eq(
		names_next(excessive[_i].pattern, excessive[_i].offset,
			excessive[_i].count, servers, pool, &names, &e),
		-1);
	ck_assert_uint_gt(strlen(e.text), 0);
	cJSON_Delete(servers);
	pool_free(pool);
}
END_TEST

START_TEST(repeats_a_name)
{
	struct pool *pool = pool_new();
	const cJSON *names = NULL;
	struct err e;

	ck_assert_int_eq(names_repeat("web", 2, pool, &names, &e), 0);
	ck_assert_int_eq(json_size(names), 2);
	ck_assert_str_eq(json_str(names, "1"), "web");
	names = NULL;
	ck_assert_int_eq(
		names_repeat("web", NAMES_MAX + 1, pool, &names, &e), -1);
	ck_assert_ptr_null(names);
	ck_assert_ptr_nonnull(strstr(e.text, "10001"));
	pool_free(pool);
}
END_TEST

START_TEST(a_nameless_server_is_in_nobodys_way)
{
	struct pool *pool = pool_new();
	cJSON *servers =
		json_literal("[{'id': '1'}, {'name': null},"
			     " {'name': 7}, 'web1', {'name': 'web1'}]");
	const cJSON *names;
	struct err e;

	ck_assert_int_eq(
		names_next("web%d", 1, 1, servers, pool, &names, &e), 0);
	ck_assert_str_eq(json_str(names, "0"), "web2");
	ck_assert_int_eq(names_next("web", 1, 1, NULL, pool, &names, &e), 0);
	ck_assert_str_eq(json_str(names, "0"), "web1");
	cJSON_Delete(servers);
	pool_free(pool);
}
END_TEST

START_TEST(a_large_group_is_fast)
{
	struct pool *pool = pool_new();
	cJSON *servers = cJSON_CreateArray();
	const cJSON *names;
	struct err e;

	for (int i = 1; i <= 4000; i++) {
		char *name = mem_printf("web%d", 2 * i);

		json_append(servers, json_object(JSON_STR("name", name)));
		mem_free(name);
	}
	ck_assert_int_eq(
		names_next("web%d", 1, 4001, servers, pool, &names, &e), 0);
	ck_assert_int_eq(json_size(names), 4001);
	ck_assert_str_eq(names->child->prev->valuestring, "web8001");
	cJSON_Delete(servers);
	pool_free(pool);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("names");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, counts, 0, COUNT(rows));
	tcase_add_loop_test(t, refuses_what_does_not_count, 0, COUNT(refused));
	tcase_add_loop_test(t, refuses_what_is_too_much, 0, COUNT(excessive));
	tcase_add_test(t, a_refusal_leaves_the_list_alone);
	tcase_add_test(t, repeats_a_name);
	tcase_add_test(t, a_nameless_server_is_in_nobodys_way);
	tcase_add_test(t, a_large_group_is_fast);
	suite_add_tcase(s, t);
	return s;
}
