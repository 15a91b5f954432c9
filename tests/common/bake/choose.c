/* SPDX-License-Identifier: Apache-2.0 */
/* Which images are the same, are in the way, are too many: and which are none
 * of our business. */
#include "common/bake/choose.h"
#include "tests/common/bake/account_of_bakes.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* A finished one, made at this second, and so in a run of its own. */
#define BAKED(id, name, second, digest)                                        \
	MARKED_AS(id, name, second, name, digest, second)
/* What it is called is one thing, what its marks say another. */
#define MARKED_AS(id, name, second, image, digest, run)                        \
	SAYS_ITS_ID(id, name, second, image, digest, run, "")
#define SAYS_ITS_ID(id, name, second, image, digest, run, said)                \
	"{'id': '" id "', 'name': '" name "', 'status': 'ACTIVE', 'created': " \
	"'2031-04-01T10:00:" second "Z', 'server': {'id': 's'}, 'metadata': "  \
	"{'ansible-baked': '2031-04-01T10:10:00Z" said                         \
	"', " MARKS(image, digest, "aa" run, "990", "995") "}}"
#define APP_IS(id, second, digest) BAKED(id, "app", second, digest)
#define FOREIGN(id, more)                                                      \
	"{'id': '" id "', 'name': 'app', 'status': 'ACTIVE', 'created': "      \
	"'2031-04-01T10:00:00Z', " more "}"
#define SNAPSHOT "'server': {'id': 's'}, 'metadata': {'image_type': 'snapshot'}"
/* The old name after `rebake: true'. */
#define PUT_AWAY(id, second)                                                    \
	"{'id': '" id "', 'name': 'app-replaced-20310401T100000Z', 'status': "  \
	"'ACTIVE', 'created': '2031-04-01T10:00:" second                        \
	"Z', 'server': {'id': 's'}, 'metadata': {'ansible-baked': 'x', " MARKS( \
		"app", "1111", "aa" second, "990", "995") "}}"
#define RUNS(id, image, status)                                                \
	"{'id': '" id "', 'name': 'web', 'status': '" status                   \
	"', 'image': {'id': '" image "'}}"

static struct survey seen(
	struct errand *x, const char *servers, const char *images)
{
	char *all_servers = mem_printf("[%s]", servers);
	char *all_images = mem_printf("[%s]", images);
	struct survey s = { .servers = errand_json(x, all_servers),
		.images = errand_json(x, all_images),
		.now = 1000 };

	mem_free(all_servers);
	mem_free(all_images);
	return s;
}

static void check_ids(const cJSON *images, const char *expected)
{
	char *ids = mem_copy("");

	json_each (image, images) {
		char *longer = mem_printf(
			"%s%s%s", ids, *ids ? " " : "", json_str(image, "id"));

		mem_free(ids);
		ids = longer;
	}
	ck_assert_str_eq(ids, expected);
	mem_free(ids);
}

/* With the digest of four ones; NULL: none of these. */
static const struct {
	const char *servers, *images;
	const char *same, *renamed, *deleted, *used, *used_by, *foreign;
} choices[] = {
	{ "", "", NULL, "", "", NULL, NULL, NULL },
	{ "", APP_IS("7", "01", "1111"), "7", "", "", NULL, NULL, NULL },
	{ RUNS("5", "7", "ACTIVE"), APP_IS("7", "01", "1111"), "7", "", "",
		NULL, NULL, NULL },
	/* Another recipe; then with a server, however far that is. */
	{ "", APP_IS("7", "01", "2222"), NULL, "", "7", NULL, NULL, NULL },
	{ RUNS("5", "7", "ACTIVE"), APP_IS("7", "01", "2222"), NULL, "7", "",
		"7", "5", NULL },
	{ RUNS("5", "7", "BUILD"), APP_IS("7", "01", "2222"), NULL, "7", "",
		"7", "5", NULL },
	{ RUNS("5", "7", "SHUTOFF"), APP_IS("7", "01", "2222"), NULL, "7", "",
		"7", "5", NULL },
	{ RUNS("5", "8", "ACTIVE"), APP_IS("7", "01", "2222"), NULL, "", "7",
		NULL, NULL, NULL },
	/* Booted from a volume, or nobody knows from what. */
	{ "{'id': '5', 'image': ''}, {'id': '6'}, {'id': '7', 'image': null}",
		APP_IS("7", "01", "2222"), NULL, "", "7", NULL, NULL, NULL },
	/* Two that are the same: one stays. */
	{ "", APP_IS("7", "01", "1111") ", " APP_IS("8", "02", "1111"), "8", "",
		"7", NULL, NULL, NULL },
	{ RUNS("5", "7", "ACTIVE"),
		APP_IS("7", "01", "1111") ", " APP_IS("8", "02", "1111"), "8",
		"7", "", "7", "5", NULL },
	/* The name was given, and not yet taken away from the old one. */
	{ RUNS("5", "6", "ACTIVE"),
		APP_IS("6", "01", "2222") ", " APP_IS(
			"7", "02", "2222") ", " APP_IS("8", "03", "1111"),
		"8", "6", "7", "6", "5", NULL },
	/* An older one of the same recipe beside a newer one of another. */
	{ "", APP_IS("7", "01", "1111") ", " APP_IS("8", "02", "2222"), "7", "",
		"8", NULL, NULL, NULL },
	/* It must be good. */
	{ "",
		"{'id': '7', 'name': 'app', 'status': 'ERROR', 'metadata': "
		"{'ansible-baked': 'x', " MARKS(
			"app", "1111", "aaaa", "990", "995") "}}",
		NULL, "", "7", NULL, NULL, NULL },
	/* What was left by a killed run is no image. */
	{ "",
		"{'id': '7', 'name': 'app', 'status': 'ACTIVE', 'server': "
		"{'id': 's'}, " MARKED("app", "1111", "aaaa", "990", "995") "}",
		NULL, "", "", NULL, NULL, NULL },
	/* Not baked by us: never deleted. */
	{ "", FOREIGN("7", SNAPSHOT), NULL, "7", "", NULL, NULL, "7" },
	{ RUNS("5", "7", "ACTIVE"), FOREIGN("7", SNAPSHOT), NULL, "7", "", "7",
		"5", "7" },
	{ "", FOREIGN("7", "'server': {'id': 's'}"), NULL, "7", "", NULL, NULL,
		"7" },
	/* The single reply and the list differ in whether they name it. */
	{ "", FOREIGN("7", "'metadata': {'image_type': 'snapshot'}"), NULL, "7",
		"", NULL, NULL, "7" },
	/* A snapshot of a server that was made from ours, of any name. */
	{ "",
		MARKED_AS("8", "app", "02", "app", "1111", "01") ", " APP_IS(
			"7", "01", "1111"),
		"7", "8", "", NULL, NULL, "8" },
	{ "",
		MARKED_AS("8", "app", "02", "app", "2222", "01") ", " APP_IS(
			"7", "01", "2222"),
		NULL, "8", "7", NULL, NULL, "8" },
	{ "",
		BAKED("6", "base", "01", "1111") ", " MARKED_AS(
			"7", "app", "02", "base", "1111", "01"),
		NULL, "7", "", NULL, NULL, "7" },
	{ "", MARKED_AS("7", "app", "02", "base", "1111", "01"), NULL, "7", "",
		NULL, NULL, "7" },
	/* The one that was baked was given another name. */
	{ "",
		MARKED_AS("6", "mine", "01", "app", "1111",
			"01") ", " MARKED_AS("7", "app", "02", "app", "1111",
			"01"),
		NULL, "7", "", NULL, NULL, "7" },
	/* That is gone. */
	{ "", SAYS_ITS_ID("7", "app", "02", "app", "1111", "01", " 6"), NULL,
		"7", "", NULL, NULL, "7" },
	{ "", SAYS_ITS_ID("7", "app", "02", "app", "1111", "01", " 7"), "7", "",
		"", NULL, NULL, NULL },
	/* A bake from one of ours overwrites what it has got. */
	{ "", BAKED("6", "base", "01", "1111") ", " APP_IS("7", "02", "1111"),
		"7", "", "", NULL, NULL, NULL },
	/* The provider's own. */
	{ "", FOREIGN("7", "'metadata': {'image_type': 'base'}"), NULL, "", "",
		NULL, NULL, NULL },
	{ "", FOREIGN("7", "'metadata': {}"), NULL, "", "", NULL, NULL, NULL },
	{ "", FOREIGN("7", "'metadata': null"), NULL, "", "", NULL, NULL,
		NULL },
	/* Other names, near or missing. */
	{ "",
		BAKED("7", "app2", "01", "1111") ", " BAKED("8", "App", "01",
			"1111") ", {'id': '9', 'name': null, 'server': {}}, "
				"{'id': '10', 'server': {}}, " PUT_AWAY(
					"11", "01") ", " BAKED("12",
					"app-baking-aaaa"
					"aaaa",
					"01", "1111"),
		NULL, "", "", NULL, NULL, NULL },
};

static void check_one(const cJSON *thing, const char *id)
{
	ck_assert_pstr_eq(json_str(thing, "id"), id);
}

START_TEST(knows_what_becomes_of_each)
{
	struct errand x;
	struct survey s;
	struct choice c;

	errand_open(&x, "");
	s = seen(&x, choices[_i].servers, choices[_i].images);
	choose_images(&x.task, &s, "app", DIGEST("1111"), NULL, &c);
	check_one(c.same, choices[_i].same);
	check_ids(c.renamed, choices[_i].renamed);
	check_ids(c.deleted, choices[_i].deleted);
	check_one(c.used, choices[_i].used);
	check_one(c.used_by, choices[_i].used_by);
	check_one(c.foreign, choices[_i].foreign);
	errand_close(&x);
}
END_TEST

START_TEST(without_a_digest_none_is_the_same)
{
	struct errand x;
	struct survey s;
	struct choice c;

	errand_open(&x, "");
	s = seen(&x, "", APP_IS("7", "01", "1111"));
	choose_images(&x.task, &s, "app", NULL, NULL, &c);
	ck_assert_ptr_null(c.same);
	check_ids(c.deleted, "7");
	errand_close(&x);
}
END_TEST

/* The balancer's previous build, say: no server runs from it, and a rollback
 * needs this very image. */
START_TEST(one_that_is_to_stay_is_renamed)
{
	struct errand x;
	struct survey s;
	struct choice c;

	errand_open(&x, "");
	s = seen(&x, "",
		APP_IS("7", "01", "2222") ", " APP_IS("8", "02", "3333"));
	choose_images(&x.task, &s, "app", DIGEST("1111"),
		errand_json(&x, "['x', null, '7']"), &c);
	check_ids(c.renamed, "7");
	check_ids(c.deleted, "8");
	/* It keeps nobody from baking. */
	ck_assert_ptr_null(c.used);
	ck_assert_ptr_null(c.foreign);
	errand_close(&x);
}
END_TEST

/* While the new one was baked, somebody has begun to use the old one. */
START_TEST(what_is_used_by_now_is_renamed)
{
	const cJSON *renamed, *deleted;
	struct errand x;
	struct survey s;

	errand_open(&x, "");
	s = seen(&x, RUNS("5", "8", "BUILD"), "");
	renamed = errand_json(&x, "[{'id': '6'}]");
	deleted = errand_json(&x, "[{'id': '7'}, {'id': '8'}, {'id': '9'}]");
	choose_again(&x.task, &s, &renamed, &deleted);
	check_ids(renamed, "6 8");
	check_ids(deleted, "7 9");
	renamed = deleted = NULL;
	choose_again(&x.task, &s, &renamed, &deleted);
	check_ids(renamed, "");
	check_ids(deleted, "");
	errand_close(&x);
}
END_TEST

#define FIVE                                                                   \
	BAKED("1", "app-1", "01", "1111")                                      \
	", " BAKED("2", "app-2", "02", "1111") ", " BAKED(                     \
		"3", "app-3", "03", "1111") ", " BAKED("4", "app-4", "04",     \
		"1111") ", " BAKED("5", "app-5", "05", "1111")
#define KEEP(newest) "{'newest': " newest ", 'name': 'app-*'}"

/* The ids that go, newest first. */
static const struct {
	const char *keep, *servers, *images, *current;
	bool coming;
	const char *pruned;
} prunings[] = {
	{ "{}", "", FIVE, "app-5", 0, "" },
	{ KEEP("5"), "", FIVE, "app-5", 0, "" },
	{ KEEP("9"), "", FIVE, "app-5", 0, "" },
	{ KEEP("9223372036854775807"), "", FIVE, "app-5", 0, "" },
	{ KEEP("2"), "", FIVE, "app-5", 0, "3 2 1" },
	{ KEEP("1"), "", FIVE, "app-5", 0, "4 3 2 1" },
	/* That of this run stays in any case. */
	{ KEEP("0"), "", FIVE, "app-5", 0, "4 3 2 1" },
	{ KEEP("0"), "", FIVE, "app-6", 1, "5 4 3 2 1" },
	{ KEEP("1"), "", FIVE, "app-6", 1, "5 4 3 2 1" },
	{ KEEP("2"), "", FIVE, "app-6", 1, "4 3 2 1" },
	/* An old build is deployed again. */
	{ KEEP("2"), "", FIVE, "app-1", 0, "3 2" },
	/* Less than nothing is no wish at all. */
	{ KEEP("-1"), "", FIVE, "app-5", 0, "" },
	{ KEEP("-9223372036854775808"), "", FIVE, "app-5", 0, "" },
	{ "{'name': 'app-*'}", "", FIVE, "app-5", 0, "" },
	/* Not one that somebody uses, or wants. */
	{ KEEP("1"), RUNS("s", "3", "BUILD") ", " RUNS("t", "1", "ERROR"), FIVE,
		"app-5", 0, "4 2" },
	{ "{'newest': 1, 'name': 'app-*', 'except': ['2', '4']}", "", FIVE,
		"app-5", 0, "3 1" },
	{ "{'newest': 1, 'name': 'app-*', 'except': null}", "", FIVE, "app-5",
		0, "4 3 2 1" },
	{ "{'newest': 1, 'name': 'app-*', 'except': [4, null, '']}", "", FIVE,
		"app-5", 0, "4 3 2 1" },
	/* Baked anew: the one that is replaced takes no place of another. */
	{ KEEP("3"), "", FIVE, "app-5", 1, "2 1" },
	{ KEEP("3"), RUNS("s", "5", "ACTIVE"), FIVE, "app-5", 1, "2 1" },
	/* By age, not by the order of the list or of the names. */
	{ KEEP("1"), "",
		BAKED("1", "app-9", "01", "1111") ", " BAKED("3", "app-10",
			"03", "1111") ", " BAKED("2", "app-8", "02", "1111"),
		"app-10", 0, "2 1" },
	/* The names that match, with * and ?. */
	{ "{'newest': 0, 'name': 'app-?'}", "",
		BAKED("1", "app-1", "01", "1111") ", " BAKED(
			"2", "app-22", "02", "1111") ", " BAKED("3", "my-app-3",
			"03", "1111") ", " BAKED("4", "App-4", "04", "1111"),
		"x", 1, "1" },
	{ "{'newest': 0, 'name': 'app-1'}", "", FIVE, "x", 1, "1" },
	{ "{'newest': 0, 'name': ''}", "", FIVE, "x", 1, "" },
	{ "{'newest': 0, 'name': '*'}", "", FIVE, "x", 1, "5 4 3 2 1" },
	/* Nothing else means something else. */
	{ "{'newest': 0, 'name': 'app-[12]'}", "",
		FIVE ", " BAKED("6", "app-[12]", "06", "1111"), "x", 1, "6" },
	{ "{'newest': 0, 'name': 'app\\\\*'}", "",
		BAKED("1", "app*", "01", "1111") ", " BAKED(
			"2", "app\\\\b", "02", "1111"),
		"x", 1, "2" },
	{ "{'newest': 0, 'name': '*'}", "", BAKED("1", "a/.b", "01", "1111"),
		"x", 1, "1" },
	/* Never one that we have not baked, nor one that is not finished. */
	{ KEEP("0"), "",
		"{'id': '1', 'name': 'app-1', 'server': {'id': 's'}, "
		"'metadata': {'image_type': 'snapshot'}}, "
		"{'id': '2', 'name': 'app-2', 'metadata': {'image_type': "
		"'base'}}, {'id': '3', 'name': 'app-3'}, {'id': '4', 'name': "
		"null}, {'id': '5'}, {'id': '6', 'name': 'app-6', 'server': "
		"{'id': 's'}, " MARKED(
			"app-6", "1111", "aaaa", "990", "995") "}",
		"x", 1, "" },
	/* A user's snapshot of one of our servers may have got the image's
	 * metadata; or a user has taken an image for something else. */
	{ KEEP("0"), "",
		"{'id': '1', 'name': 'app-golden', 'status': 'ACTIVE', "
		"'server': {'id': 's'}, 'metadata': {'ansible-baked': 'x', " MARKS(
			"app-1", "1111", "aaaa", "990", "995") "}}",
		"x", 1, "" },
	{ KEEP("1"), "",
		BAKED("1", "app-1", "01", "1111") ", " BAKED(
			"2", "app-2", "02", "1111") ", " MARKED_AS("3", "app-2",
			"03", "app-2", "1111", "02"),
		"app-2", 0, "1" },
	{ KEEP("2"), "",
		BAKED("1", "app-1", "01", "1111") ", " BAKED(
			"2", "app-2", "02", "1111") ", " MARKED_AS("3", "app-2",
			"03", "app-2", "1111", "02"),
		"app-2", 0, "" },
	{ KEEP("0"), "",
		BAKED("1", "app-1", "01", "1111") ", " MARKED_AS(
			"2", "app-1-replaced-x", "02", "app-1", "1111", "01"),
		"x", 1, "1" },
	{ KEEP("0"), "",
		SAYS_ITS_ID("7", "app-1-replaced-x", "02", "app-1", "1111",
			"01", " 6"),
		"x", 1, "" },
	/* They do not count, nor do they stay; unless somebody uses them. */
	{ "{'newest': 1, 'name': 'app*'}", "",
		PUT_AWAY("8", "08") ", " APP_IS("7", "01", "1111"), "app", 0,
		"8" },
	{ "{'newest': 9, 'name': 'app*'}", RUNS("s", "8", "ACTIVE"),
		PUT_AWAY("8", "08") ", " APP_IS("7", "01", "1111"), "app", 0,
		"" },
	{ "{'newest': 9, 'name': 'app*', 'except': ['8']}", "",
		PUT_AWAY("8", "08") ", " APP_IS("7", "01", "1111"), "app", 0,
		"" },
	/* This one was called so from the start. */
	{ KEEP("2"), "",
		BAKED("1", "app-replaced-parts-1", "01", "1111") ", " BAKED(
			"2", "app-replaced-parts-2", "02", "1111"),
		"app-replaced-parts-2", 0, "" },
};

START_TEST(gives_up_what_is_too_many)
{
	struct errand x;
	struct survey s;

	errand_open(&x, "");
	s = seen(&x, prunings[_i].servers, prunings[_i].images);
	check_ids(choose_pruned(&x.task, &s, errand_json(&x, prunings[_i].keep),
			  prunings[_i].current, prunings[_i].coming),
		prunings[_i].pruned);
	errand_close(&x);
}
END_TEST

/* Names have 255 bytes at most. */
START_TEST(a_long_name_that_was_cut_is_known)
{
	struct errand x;
	struct survey s;
	cJSON *images;
	char name[241] = "";

	memset(name, 'a', 240);
	errand_open(&x, "");
	images = errand_json(&x, "[" APP_IS("7", "01", "1111") "]");
	json_set_str(json_get(images, "0.metadata"), MARK_IMAGE, name);
	name[MARK_REPLACED_NAME] = '\0';
	json_set_str(images->child, "name",
		pool_printf(x.task.pool, "%s-replaced-x", name));
	s = seen(&x, "", "");
	s.images = images;
	check_ids(choose_pruned(&x.task, &s,
			  errand_json(&x, "{'newest': 9, 'name': '*'}"), "x",
			  true),
		"7");
	errand_close(&x);
}
END_TEST

START_TEST(without_a_wish_all_stay)
{
	struct errand x;
	struct survey s;

	errand_open(&x, "");
	s = seen(&x, "", FIVE);
	check_ids(choose_pruned(&x.task, &s, NULL, "app-5", 0), "");
	errand_close(&x);
}
END_TEST

/* The last run has a key pair only. */
static const struct {
	const char *run, *pattern;
	bool named;
} names[] = {
	{ RUN("aaaa"), "app", true },
	{ RUN("aaaa"), "a*", true },
	{ RUN("aaaa"), "ap", false },
	{ RUN("aaaa"), "other", false },
	{ RUN("bbbb"), "other", true },
	{ RUN("bbbb"), "app*", false },
	{ RUN("cccc"), "ap", true },
};

START_TEST(knows_of_which_name_a_run_is)
{
	struct errand x;
	struct survey s;

	errand_open(&x,
		LISTS(KEYPAIR(APP, "1111", "aaaa", "990", "995") ", " KEYPAIR(
			      OTHER, "1111", "cccc", "990", "995"),
			SERVER("5",
				MARKED("app", "1111", "aaaa", "990", "995")),
			IMAGE("7", MARKED("other", "1111", "bbbb", "990",
					   "995"))));
	ck_assert_int_eq(survey_read(&x.task, &s, x.e), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		ck_assert_msg(choose_is_named(&s, names[i].run,
				      names[i].pattern) == names[i].named,
			"%s %s", names[i].run, names[i].pattern);
	}
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("choose");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, knows_what_becomes_of_each, 0, COUNT(choices));
	tcase_add_test(t, without_a_digest_none_is_the_same);
	tcase_add_test(t, one_that_is_to_stay_is_renamed);
	tcase_add_test(t, what_is_used_by_now_is_renamed);
	tcase_add_loop_test(t, gives_up_what_is_too_many, 0, COUNT(prunings));
	tcase_add_test(t, a_long_name_that_was_cut_is_known);
	tcase_add_test(t, without_a_wish_all_stay);
	tcase_add_test(t, knows_of_which_name_a_run_is);
	suite_add_tcase(s, t);
	return s;
}
