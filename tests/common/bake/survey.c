/* SPDX-License-Identifier: Apache-2.0 */
/* What bakes have left: whose it is, whether its run lives, taking it away. */
#include "common/bake/survey.h"
#include "tests/common/bake/account_of_bakes.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define OLD          "aaaa", "990", "995"
#define LIVE         "bbbb", "995", "1300"

static void read_all(struct errand *x, struct survey *s)
{
	ck_assert_msg(survey_read(&x->task, s, x->e) == 0, "%s", x->e->text);
}

START_TEST(finds_what_is_marked)
{
	struct errand x;
	struct survey s;

	errand_open(&x, LISTS(KEYPAIR(APP, "1111", "aaaa", "990",
				      "995") ", {'keypair'"
					     ": {'name': 'ops'}}",
				SERVER("5", MARKED("app", "1111", "aaaa", "990",
						    "995")) ", {'id': '6'}",
				IMAGE("7", MARKED("app", "1111", "aaaa", "990",
						   "996"))));
	read_all(&x, &s);
	ck_assert_uint_eq(s.count, 3);
	ck_assert_int_eq(s.now, 1000);
	ck_assert_int_eq(json_size(s.servers), 2);
	ck_assert_int_eq(json_size(s.images), 1);
	/* An image is lost with its server. */
	ck_assert_int_eq(s.things[0].kind, THING_IMAGE);
	ck_assert_str_eq(s.things[0].id, "7");
	ck_assert_int_eq(s.things[0].mark.lease, 996);
	ck_assert_int_eq(s.things[1].kind, THING_SERVER);
	ck_assert_str_eq(s.things[1].id, "5");
	ck_assert_str_eq(s.things[1].label, "server web (5)");
	ck_assert_int_eq(s.things[2].kind, THING_KEYPAIR);
	ck_assert_str_eq(s.things[2].id,
		KEYPAIR_NAME(APP, "1111", "aaaa", "990", "995"));
	for (size_t i = 0; i < 3; i++) {
		ck_assert_str_eq(s.things[i].mark.run, RUN("aaaa"));
		ck_assert_str_eq(s.things[i].mark.image, APP);
		ck_assert_int_eq(s.things[i].mark.start, 990);
	}
	errand_close(&x);
}
END_TEST

/* None of it is a bake's, whatever it looks like. */
static const char *const foreign[] = {
	LISTS("", "", ""),
	LISTS("{'keypair': {'name': 'ansible-bake-mine'}}", "{'id': '5'}",
		"{'id': '7'}"),
	LISTS("", SERVER("5", "'metadata': null"), IMAGE("7", "'name': null")),
	LISTS("", SERVER("5", "'metadata': []"), IMAGE("7", "'metadata': 'x'")),
	/* A mark of our other modules' creates. */
	LISTS("", SERVER("5", "'metadata': {'ansible-run': '" RUN("aaaa") "'}"),
		""),
	LISTS("", "{'name': 'web', " MARKED("app", "1111", OLD) "}", ""),
	/* Finished, and not left over, whatever its lease. */
	LISTS("", "",
		"{'id': '7', 'name': 'app', 'status': 'ACTIVE', 'metadata': "
		"{'ansible-baked': '2031-04-01T10:00:00Z', " MARKS(
			"app", "1111", OLD) "}}"),
	LISTS("", "",
		"{'id': '7', 'name': 'half', 'status': 'DELETED', " MARKED(
			"app", "1111", OLD) "}"),
	LISTS("",
		"{'id': '5', 'name': 'web', 'status': 'DELETED', " MARKED(
			"app", "1111", OLD) "}",
		""),
};

START_TEST(takes_nothing_else)
{
	struct errand x;
	struct survey s;

	errand_open(&x, foreign[_i]);
	read_all(&x, &s);
	ck_assert_uint_eq(s.count, 0);
	errand_close(&x);
}
END_TEST

/* It says so itself, whatever the image that its server was made of says. */
START_TEST(a_half_made_one_is_known)
{
	struct errand x;
	struct survey s;

	errand_open(&x,
		LISTS("", "",
			"{'id': '7', 'name': 'app-baking-aaaaaaaa', "
			"'metadata': {'ansible-baked': 'no', " MARKS("app",
				"1111",
				OLD) "}}, {'id': '8', "
				     "'name': 'app-baking-bbbbbbbb', 'metadata': "
				     "{'ansible-baked': 'x', " MARKS(
					     "app", "1111", OLD) "}}"));
	read_all(&x, &s);
	ck_assert_uint_eq(s.count, 1);
	ck_assert_str_eq(s.things[0].id, "7");
	errand_close(&x);
}
END_TEST

START_TEST(one_without_a_name_is_told_by_its_id)
{
	struct errand x;
	struct survey s;

	errand_open(&x, LISTS("", "{'id': '5', " MARKED("app", "1111", OLD) "}",
				"{'id': '7', 'name': null, " MARKED(
					"app", "1111", OLD) "}"));
	read_all(&x, &s);
	ck_assert_uint_eq(s.count, 2);
	account_check_words(s.things[0].label, "image|7|!(null)");
	account_check_words(s.things[1].label, "server|5|!(null)");
	errand_close(&x);
}
END_TEST

START_TEST(many_things_are_found)
{
	struct errand x;
	struct survey s;
	cJSON *servers = cJSON_CreateArray();
	char *text, *script;

	for (int i = 0; i < 1000; i++) {
		cJSON *server =
			json_literal(SERVER("5", MARKED("app", "1111", OLD)));
		char *id = mem_printf("s%d", i);

		json_set_str(server, "id", id);
		json_append(servers, server);
		mem_free(id);
	}
	text = json_text(servers);
	script = mem_printf(KEYPAIRS("") "GET /compute/servers/detail "
					 "200;date=1000 {\"servers\": "
					 "%s}\n" IMAGES(""),
		text);
	errand_open(&x, script);
	read_all(&x, &s);
	ck_assert_uint_eq(s.count, 1000);
	ck_assert_str_eq(s.things[0].id, "s0");
	ck_assert_str_eq(s.things[999].id, "s999");
	mem_free(script);
	mem_free(text);
	cJSON_Delete(servers);
	errand_close(&x);
}
END_TEST

static const char *const failures[] = {
	"GET /compute/os-keypairs 403 no",
	KEYPAIRS("") "GET /compute/servers/detail 403 no",
	KEYPAIRS("") SERVERS("") "GET /compute/images/detail 403 no",
};

START_TEST(half_a_survey_is_none)
{
	struct errand x;
	struct survey s;

	errand_open(&x, failures[_i]);
	ck_assert_int_eq(survey_read(&x.task, &s, x.e), -1);
	account_check_words(x.e->text, "no (listing |DFW");
	errand_close(&x);
}
END_TEST

/* The run of four a's, by what the account has at 1000. */
static const struct {
	const char *script;
	bool lives;
} lives[] = {
	{ LISTS("", "", ""), false },
	{ LISTS("", SERVER("5", MARKED("app", "1111", "aaaa", "990", "1001")),
		  ""),
		true },
	{ LISTS("", SERVER("5", MARKED("app", "1111", "aaaa", "990", "1000")),
		  ""),
		false },
	{ LISTS("", SERVER("5", MARKED("app", "1111", LIVE)), ""), false },
	/* Any of its things is enough, be the others as they may. */
	{ LISTS(KEYPAIR(APP, "1111", "aaaa", "990", "995"),
		  SERVER("5", MARKED("app", "1111", "aaaa", "990", "1200")),
		  IMAGE("7", MARKED("app", "1111", "aaaa", "990", "995"))),
		true },
	{ LISTS("", SERVER("5", MARKED("app", "1111", "aaaa", "990", "995")),
		  IMAGE("7", MARKED("app", "1111", "aaaa", "990", "1200"))),
		true },
	{ LISTS(KEYPAIR(APP, "1111", "aaaa", "990", "1200"),
		  SERVER("5", MARKED("app", "1111", "aaaa", "990", "995")), ""),
		true },
	{ LISTS(KEYPAIR(APP, "1111", "aaaa", "990", "995"), "", ""), false },
	/* A finished image holds nothing alive. */
	{ LISTS(KEYPAIR(APP, "1111", "aaaa", "990", "995"), "",
		  "{'id': '7', 'name': 'app', 'metadata': {'ansible-baked': "
		  "'x', " MARKS("app", "1111", "aaaa", "990", "1200") "}}"),
		false },
	/* What was listed may have been renewed since, while the other lists
	 * came slowly. */
	{ KEYPAIRS("") SERVERS(SERVER("5",
		  MARKED("app", "1111", "aaaa", "990",
			  "1010"))) "GET /compute/images/detail 429;retry=30\n"
				    "GET /compute/images/detail 200;date=1030 {'images': "
				    "[]}\n",
		true },
};

START_TEST(a_run_lives_while_a_lease_does)
{
	struct errand x;
	struct survey s;

	errand_open(&x, lives[_i].script);
	read_all(&x, &s);
	ck_assert(survey_lives(&s, RUN("aaaa")) == lives[_i].lives);
	ck_assert(!survey_lives(&s, RUN("cccc")));
	errand_close(&x);
}
END_TEST

/* Whoever bakes `app', seen by the run of four b's that began at 995. */
static const struct {
	const char *script, *any, *first;
} rivals[] = {
	{ LISTS("", "", ""), NULL, NULL },
	{ LISTS("", SERVER("5", MARKED("app", "1111", LIVE)), ""), NULL, NULL },
	{ LISTS("",
		  SERVER("5", MARKED("app", "1111", "aaaa", "990",
				      "1200")) ", " SERVER("6",
			  MARKED("app", "1111", LIVE)),
		  ""),
		"aaaa", "aaaa" },
	/* It began later. */
	{ LISTS("", SERVER("5", MARKED("app", "1111", "aaaa", "996", "1200")),
		  ""),
		"aaaa", NULL },
	/* Together: the smaller id. */
	{ LISTS("", SERVER("5", MARKED("app", "1111", "aaaa", "995", "1200")),
		  ""),
		"aaaa", "aaaa" },
	{ LISTS("", SERVER("5", MARKED("app", "1111", "cccc", "995", "1200")),
		  ""),
		"cccc", NULL },
	/* It has ended. */
	{ LISTS("", SERVER("5", MARKED("app", "1111", "aaaa", "990", "999")),
		  ""),
		NULL, NULL },
	/* Another image. */
	{ LISTS(KEYPAIR(OTHER, "1111", "aaaa", "990", "1200"),
		  SERVER("5", MARKED("other", "1111", "aaaa", "990", "1200")),
		  ""),
		NULL, NULL },
	/* Only its key pair is seen yet. */
	{ LISTS(KEYPAIR(APP, "1111", "aaaa", "990", "1200"), "", ""), "aaaa",
		"aaaa" },
	/* The first of several. */
	{ LISTS("",
		  SERVER("5", MARKED("app", "1111", "cccc", "992",
				      "1200")) ", " SERVER("6",
			  MARKED("app", "1111", "aaaa", "991",
				  "1200")) ", " SERVER("7",
			  MARKED("app", "1111", "dddd", "993", "1200")),
		  ""),
		"aaaa", "aaaa" },
};

static void check_rival(const struct mark *rival, const char *digits)
{
	ck_assert((rival != NULL) == (digits != NULL));
	if (rival)
		ck_assert(str_starts(rival->run, digits));
}

START_TEST(knows_who_was_first)
{
	struct mark own = { .run = RUN("bbbb"),
		.image = APP,
		.digest = DIGEST("1111"),
		.start = 995,
		.lease = 1300 };
	struct errand x;
	struct survey s;

	errand_open(&x, rivals[_i].script);
	read_all(&x, &s);
	check_rival(survey_rival(&s, APP, own.run, NULL), rivals[_i].any);
	check_rival(survey_rival(&s, APP, own.run, &own), rivals[_i].first);
	errand_close(&x);
}
END_TEST

/* Its things have leases of several ages; the run's is what counts. */
START_TEST(a_rival_is_told_with_its_running_lease)
{
	const struct mark *rival;
	struct errand x;
	struct survey s;

	errand_open(&x, LISTS(KEYPAIR(APP, "1111", "aaaa", "990", "995"),
				SERVER("5", MARKED("app", "1111", "aaaa", "990",
						    "1200")),
				IMAGE("7", MARKED("app", "1111", "aaaa", "990",
						   "998"))));
	read_all(&x, &s);
	rival = survey_rival(&s, APP, NULL, NULL);
	ck_assert_ptr_nonnull(rival);
	ck_assert_int_eq(rival->lease, 1200);
	errand_close(&x);
}
END_TEST

static bool has_ended(
	const struct survey *s, const struct thing *thing, const void *context)
{
	ck_assert_ptr_eq(context, s);
	return !survey_lives(s, thing->mark.run);
}

/* Half-made, its own lease over, and still its run is baking it. */
START_TEST(removes_what_is_wanted)
{
	struct errand x;
	struct survey s;

	errand_open(&x,
		LISTS(KEYPAIR(APP, "1111", "aaaa", "990", "995") ", " KEYPAIR(
			      APP, "1111", "bbbb", "990", "995"),
			SERVER("5", MARKED("app", "1111", LIVE)) ", " SERVER(
				"6", MARKED("app", "1111", OLD)),
			IMAGE("7", MARKED("app", "1111", "bbbb", "995",
					   "999")) ", " IMAGE("8",
				MARKED("app", "1111", OLD))));
	read_all(&x, &s);
	ck_assert_uint_eq(survey_remove(&x.task, &s, has_ended, &s), 3);
	ck_assert_uint_eq(x.plan.count, 3);
	ck_assert_str_eq(x.plan.steps[0]->path, "/images/8");
	ck_assert_str_eq(x.plan.steps[1]->path, "/servers/6");
	ck_assert_str_eq(x.plan.steps[2]->id,
		KEYPAIR_NAME(APP, "1111", "aaaa", "990", "995"));
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(x.plan.steps[i]->method, "DELETE");
	errand_close(&x);
}
END_TEST

START_TEST(what_is_dropped_is_no_more)
{
	struct errand x;
	struct survey s;

	errand_open(&x, LISTS(KEYPAIR(APP, "1111", OLD),
				SERVER("5", MARKED("app", "1111", OLD)), "")
				LISTS("", "{'id': '9'}", "{'id': '7'}"));
	read_all(&x, &s);
	survey_drop(&x.task, &s);
	ck_assert_uint_eq(s.count, 0);
	ck_assert_int_eq(json_size(s.servers), 0);
	ck_assert_int_eq(json_size(s.keypairs), 0);
	ck_assert(!survey_lives(&s, RUN("aaaa")));
	survey_drop(&x.task, &s);
	read_all(&x, &s);
	ck_assert_str_eq(json_str(s.servers, "0.id"), "9");
	ck_assert_str_eq(json_str(s.images, "0.id"), "7");
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("survey");
	TCase *t = tcase_create("all");

	tcase_add_test(t, finds_what_is_marked);
	tcase_add_loop_test(t, takes_nothing_else, 0, COUNT(foreign));
	tcase_add_test(t, a_half_made_one_is_known);
	tcase_add_test(t, one_without_a_name_is_told_by_its_id);
	tcase_add_test(t, many_things_are_found);
	tcase_add_loop_test(t, half_a_survey_is_none, 0, COUNT(failures));
	tcase_add_loop_test(t, a_run_lives_while_a_lease_does, 0, COUNT(lives));
	tcase_add_loop_test(t, knows_who_was_first, 0, COUNT(rivals));
	tcase_add_test(t, a_rival_is_told_with_its_running_lease);
	tcase_add_test(t, removes_what_is_wanted);
	tcase_add_test(t, what_is_dropped_is_no_more);
	suite_add_tcase(s, t);
	return s;
}
