/* SPDX-License-Identifier: Apache-2.0 */
/* Marks: what we write is read again, what anybody else writes is not ours. */
#include "common/bake/mark.h"
#include "tests/common/canned.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define RUN          "0123456789abcdef0123456789abcdef"
#define DIGEST16     "fedcba9876543210"
#define DIGEST       DIGEST16 DIGEST16 DIGEST16 DIGEST16
#define IMAGE16      "00112233445566aa"
#define NAME(times)  "ansible-bake-" IMAGE16 "-" DIGEST16 "-" RUN "-" times

static const struct mark example = { .run = RUN,
	.image = IMAGE16,
	.digest = DIGEST,
	.start = 1700000000,
	.lease = 1700000300 };

START_TEST(a_keypair_tells_its_mark)
{
	struct pool *pool = pool_new();
	const char *name = mark_keypair_name(pool, &example);
	struct mark mark;

	ck_assert_str_eq(name, NAME("1700000000-1700000300"));
	/* Compute takes no longer ones. */
	ck_assert_uint_le(strlen(name), 255);
	ck_assert(mark_of_keypair(pool, name, &mark));
	ck_assert_str_eq(mark.run, RUN);
	ck_assert_str_eq(mark.image, IMAGE16);
	ck_assert_str_eq(mark.digest, DIGEST16);
	ck_assert_int_eq(mark.start, 1700000000);
	ck_assert_int_eq(mark.lease, 1700000300);
	pool_free(pool);
}
END_TEST

/* Deleting one of these would be deleting a user's key. */
static const char *const foreign_names[] = {
	"",
	"ansible",
	"ansible-bake",
	"ansible-bake-",
	"ansible-bake-----",
	"ansible-bake-web-deploy-2031-04-01",
	"Ansible-bake-" IMAGE16 "-" DIGEST16 "-" RUN "-1-2",
	"my-ansible-bake-" IMAGE16 "-" DIGEST16 "-" RUN "-1-2",
	" " NAME("1-2"),
	NAME(""),
	NAME("1"),
	NAME("1-"),
	NAME("-2"),
	NAME("1-2-"),
	NAME("1-2-3"),
	NAME("1-2 "),
	NAME(" 1-2"),
	NAME("+1-2"),
	NAME("1--2"),
	NAME("1-2\n"),
	NAME("1-1e9"),
	NAME("1-0x10"),
	NAME("1-2.0"),
	NAME("1-9223372036854775808"),
	NAME("1-99999999999999999999999999"),
	NAME("99999999999999999999999999-2"),
	"ansible-bake-" IMAGE16 "0-" DIGEST16 "-" RUN "-1-2",
	"ansible-bake-0112233445566aa-" DIGEST16 "-" RUN "-1-2",
	"ansible-bake-00112233445566AA-" DIGEST16 "-" RUN "-1-2",
	"ansible-bake-00112233445566ag-" DIGEST16 "-" RUN "-1-2",
	"ansible-bake-" IMAGE16 "-" DIGEST "-" RUN "-1-2",
	"ansible-bake-" IMAGE16 "--" RUN "-1-2",
	"ansible-bake-" IMAGE16 "-" DIGEST16 "-" DIGEST16 "-1-2",
	"ansible-bake-" IMAGE16 "-" DIGEST16 "-" RUN "0-1-2",
	"ansible-bake-" IMAGE16 "-" RUN "-1-2",
};

START_TEST(another_name_is_none)
{
	struct pool *pool = pool_new();
	struct mark mark;

	ck_assert_msg(!mark_of_keypair(pool, foreign_names[_i], &mark),
		"taken for ours: %s", foreign_names[_i]);
	pool_free(pool);
}
END_TEST

/* The same digits for the same name, and they cannot be made up. */
START_TEST(a_name_has_its_digits)
{
	struct pool *pool = pool_new();
	const char *digits = mark_of_name(pool, "app-42");

	ck_assert_uint_eq(strlen(digits), MARK_SHORT);
	ck_assert_uint_eq(strspn(digits, "0123456789abcdef"), MARK_SHORT);
	ck_assert_str_eq(digits, mark_of_name(pool, "app-42"));
	ck_assert_str_ne(digits, mark_of_name(pool, "app-43"));
	ck_assert_str_ne(digits, mark_of_name(pool, "app-42 "));
	/* printf app-42 | sha256sum */
	ck_assert_str_eq(digits, "8cfbe5c48eba13c7");
	/* Of nothing, by FIPS 180-4. */
	ck_assert_str_eq(mark_of_name(pool, ""), "e3b0c44298fc1c14");
	pool_free(pool);
}
END_TEST

/* Names have at most 255 bytes, and letters may have several. */
START_TEST(a_working_name_has_room)
{
	struct pool *pool = pool_new();
	char name[256] = { 0 };

	ck_assert_str_eq(mark_working_name(pool, "app", "0123456789abcdef"),
		"app-baking-01234567");
	for (size_t i = 0; i < 255; i += 3)
		memcpy(name + i, "\xe2\x82\xac", 3);
	name[228] = '\0';
	ck_assert_str_eq(mark_working_name(pool, name, "0123"),
		pool_printf(pool, "%s-baking-0123", name));
	name[228] = '\xe2';
	ck_assert_str_eq(mark_working_name(pool, name, "0123"),
		pool_printf(pool, "%.228s-baking-0123", name));
	pool_free(pool);
}
END_TEST

START_TEST(metadata_tell_their_mark)
{
	struct pool *pool = pool_new();
	cJSON *metadata = pool_keep(
		pool, json_literal("{'purpose': 'golden', 'ansible-lease': "
				   "'999', 'ansible-start': 'x'}"));
	struct mark mark;

	mark_add(metadata, &example, "app-42", DIGEST);
	ck_assert_str_eq(json_str(metadata, "purpose"), "golden");
	ck_assert_str_eq(json_str(metadata, PLAN_MARK_KEY), RUN);
	ck_assert_str_eq(json_str(metadata, MARK_START), "1700000000");
	ck_assert_str_eq(json_str(metadata, MARK_LEASE), "1700000300");
	ck_assert_str_eq(json_str(metadata, MARK_IMAGE), "app-42");
	ck_assert_str_eq(json_str(metadata, MARK_DIGEST), DIGEST);
	ck_assert(mark_of_metadata(pool, metadata, &mark));
	ck_assert_str_eq(mark.run, RUN);
	ck_assert_str_eq(mark.image, mark_of_name(pool, "app-42"));
	ck_assert_str_eq(mark.digest, DIGEST);
	ck_assert_int_eq(mark.start, 1700000000);
	ck_assert_int_eq(mark.lease, 1700000300);
	pool_free(pool);
}
END_TEST

/* One key of good metadata with another value, as JSON; NULL: without it. */
static const struct {
	const char *key, *value;
} lies[] = {
	{ PLAN_MARK_KEY, NULL },
	{ PLAN_MARK_KEY, "''" },
	{ PLAN_MARK_KEY, "'0123'" },
	{ PLAN_MARK_KEY, "'0123456789ABCDEF0123456789ABCDEF'" },
	{ PLAN_MARK_KEY, "'" RUN "0'" },
	{ PLAN_MARK_KEY, "7" },
	{ MARK_START, NULL },
	{ MARK_START, "'-1'" },
	{ MARK_START, "'2031-04-01'" },
	{ MARK_LEASE, NULL },
	{ MARK_LEASE, "''" },
	{ MARK_LEASE, "' '" },
	{ MARK_LEASE, "' 1700000300'" },
	{ MARK_LEASE, "'1700000300 '" },
	{ MARK_LEASE, "'-1700000300'" },
	{ MARK_LEASE, "'+1700000300'" },
	{ MARK_LEASE, "'1e9'" },
	{ MARK_LEASE, "'0x7fffffff'" },
	{ MARK_LEASE, "'1700000300.5'" },
	{ MARK_LEASE, "'9223372036854775807'" },
	{ MARK_LEASE, "'9223372036854775808'" },
	{ MARK_LEASE, "'99999999999999999999999999999999999999'" },
	{ MARK_LEASE, "'never'" },
	{ MARK_LEASE, "1700000300" },
	{ MARK_LEASE, "null" },
	{ MARK_LEASE, "{'x': 'y'}" },
	{ MARK_IMAGE, NULL },
	{ MARK_IMAGE, "['app-42']" },
	{ MARK_DIGEST, NULL },
	/* A part of a digest is the same as any. */
	{ MARK_DIGEST, "''" },
	{ MARK_DIGEST, "'f'" },
	{ MARK_DIGEST, "'" DIGEST16 "'" },
	{ MARK_DIGEST, "'" DIGEST "0'" },
	{ MARK_DIGEST, "'golden'" },
	{ MARK_DIGEST, "false" },
};

START_TEST(what_is_not_as_we_write_it_is_not_ours)
{
	struct pool *pool = pool_new();
	cJSON *metadata = pool_keep(pool, cJSON_CreateObject());
	struct mark mark;

	mark_add(metadata, &example, "app-42", DIGEST);
	json_remove(metadata, lies[_i].key);
	if (lies[_i].value)
		json_set(metadata, lies[_i].key, json_literal(lies[_i].value));
	ck_assert_msg(!mark_of_metadata(pool, metadata, &mark),
		"taken for ours: %s: %s", lies[_i].key, lies[_i].value);
	pool_free(pool);
}
END_TEST

static const char *const no_metadata[] = { "{}", "[]", "null", "'ansible-run'",
	"{'metadata': {'ansible-run': '" RUN "'}}" };

START_TEST(what_has_no_mark_is_not_ours)
{
	struct pool *pool = pool_new();
	struct mark mark;

	ck_assert(!mark_of_metadata(
		pool, pool_keep(pool, json_literal(no_metadata[_i])), &mark));
	ck_assert(!mark_of_metadata(pool, NULL, &mark));
	pool_free(pool);
}
END_TEST

static const struct {
	const char *metadata;
	bool half_made, baked;
} images[] = {
	{ "{}", false, false },
	{ "{'ansible-lease': '999'}", true, false },
	{ "{'ansible-lease': '999', 'ansible-baked': 'no'}", true, false },
	{ "{'ansible-lease': '999', 'ansible-baked': '2031-04-01T10:00:00Z'}",
		false, true },
	{ "{'ansible-baked': 'no'}", false, false },
	{ "{'ansible-lease': 999}", false, false },
};

START_TEST(an_image_is_half_made_until_it_was_found_good)
{
	cJSON *metadata = json_literal(images[_i].metadata);

	ck_assert(mark_is_half_made(metadata) == images[_i].half_made);
	ck_assert(mark_is_baked(metadata) == images[_i].baked);
	cJSON_Delete(metadata);
}
END_TEST

static const struct {
	const char *metadata;
	int64_t at;
} baked[] = {
	{ "{'ansible-baked': '2023-11-14T22:13:20Z'}", 1700000000 },
	{ "{'ansible-baked': 'no'}", -1 },
	{ "{'ansible-baked': '2023-11-14T22:13:20Z 1a2b-3c'}", 1700000000 },
	{ "{'ansible-baked': '2023-11-14T22:13:20Zulu'}", -1 },
	{ "{'ansible-baked': 1700000000}", -1 },
	{ "{}", -1 },
	{ "null", -1 },
};

START_TEST(an_image_tells_when_it_was_baked)
{
	cJSON *metadata = json_literal(baked[_i].metadata);

	ck_assert_int_eq(mark_baked_at(metadata), baked[_i].at);
	cJSON_Delete(metadata);
}
END_TEST

START_TEST(marks_know_their_image)
{
	struct pool *pool = pool_new();
	cJSON *metadata = pool_keep(pool, cJSON_CreateObject());

	ck_assert(!mark_is_copied(metadata, "7"));
	json_set_str(metadata, MARK_BAKED, "2031-04-01T10:00:00Z");
	ck_assert(!mark_is_copied(metadata, "7"));
	json_set_str(metadata, MARK_BAKED,
		mark_baked(pool, "2031-04-01T10:00:00Z", "7"));
	ck_assert_str_eq(
		json_str(metadata, MARK_BAKED), "2031-04-01T10:00:00Z 7");
	ck_assert(mark_is_baked(metadata));
	ck_assert(!mark_is_copied(metadata, "7"));
	ck_assert(mark_is_copied(metadata, "8"));
	ck_assert(mark_is_copied(metadata, NULL));
	pool_free(pool);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("mark");
	TCase *t = tcase_create("all");

	tcase_add_test(t, a_keypair_tells_its_mark);
	tcase_add_loop_test(t, another_name_is_none, 0, COUNT(foreign_names));
	tcase_add_test(t, a_working_name_has_room);
	tcase_add_test(t, a_name_has_its_digits);
	tcase_add_test(t, metadata_tell_their_mark);
	tcase_add_loop_test(
		t, what_is_not_as_we_write_it_is_not_ours, 0, COUNT(lies));
	tcase_add_loop_test(
		t, what_has_no_mark_is_not_ours, 0, COUNT(no_metadata));
	tcase_add_test(t, marks_know_their_image);
	tcase_add_loop_test(t, an_image_is_half_made_until_it_was_found_good, 0,
		COUNT(images));
	tcase_add_loop_test(
		t, an_image_tells_when_it_was_baked, 0, COUNT(baked));
	suite_add_tcase(s, t);
	return s;
}
