/* SPDX-License-Identifier: Apache-2.0 */
/* Taking away what bakes have left: each thing is tried, and told. */
#include "common/bake/survey.h"
#include "common/image.h"
#include "common/keypair.h"
#include "tests/common/bake/account_of_bakes.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define OLD          "aaaa", "990", "995"

static void read_all(struct errand *x, struct survey *s)
{
	ck_assert_msg(survey_read(&x->task, s, x->e) == 0, "%s", x->e->text);
}

#define THINGS                                                                 \
	LISTS(KEYPAIR(APP, "1111", OLD),                                       \
		SERVER("5", MARKED("app", "1111", OLD)),                       \
		IMAGE("7", MARKED("app", "1111", OLD)) ", " IMAGE(             \
			"8", MARKED("app", "1111", OLD)))
#define NO_IMAGE(id)  "DELETE /compute/images/" id " 204\n"
#define NO_SERVER     "DELETE /compute/servers/5 204\n"
#define NO_KEYPAIR    KEY "202\n"
#define KEY           "DELETE /compute/os-keypairs/" KEYPAIR_NAME(APP, "1111", OLD) " "
#define GONE_IMAGES   "GET /compute/images/detail 200 {'images': []}\n"
#define SERVER_LIST   "GET /compute/servers/detail?name=%5Eweb "
#define GONE_SERVER   SERVER_LIST "200 {'servers': []}\n"
#define STAYS         SERVER_LIST "200 {'servers': [{'id': '5', 'name': 'web'}]}\n"
#define IMAGE7_LABEL  "image half (7)"
#define IMAGE8_LABEL  "image half (8)"
#define SERVER_LABEL  "server web"
#define KEYPAIR_LABEL "key pair ansible-bake-"

/* Words of each text that is expected, in order; of the failure, or NULL. */
static const struct {
	const char *script, *removed[5], *left[5], *words;
} ends[] = {
	{ NO_IMAGE("7") NO_IMAGE("8")
			GONE_IMAGES NO_SERVER GONE_SERVER NO_KEYPAIR,
		{ IMAGE7_LABEL, IMAGE8_LABEL, SERVER_LABEL, KEYPAIR_LABEL },
		{ NULL }, NULL },
	{ "DELETE /compute/images/7 404\nDELETE /compute/images/8 404\n"
	  "DELETE /compute/servers/5 404\n" KEY "404\n",
		{ IMAGE7_LABEL, IMAGE8_LABEL, SERVER_LABEL, KEYPAIR_LABEL },
		{ NULL }, NULL },
	/* One is refused: the others are tried. */
	{ "DELETE /compute/images/7 403 protected\n" NO_IMAGE(
		  "8") "GET /compute/images/8 404\n" NO_SERVER GONE_SERVER
			NO_KEYPAIR,
		{ IMAGE8_LABEL, SERVER_LABEL, KEYPAIR_LABEL },
		{ IMAGE7_LABEL "|protected" }, "protected|deleting image" },
	{ NO_IMAGE("7") NO_IMAGE("8") GONE_IMAGES
		"DELETE /compute/servers/5 409 busy\n" NO_KEYPAIR,
		{ IMAGE7_LABEL, IMAGE8_LABEL, KEYPAIR_LABEL },
		{ SERVER_LABEL "|busy" }, "busy|deleting server" },
	{ NO_IMAGE("7") NO_IMAGE("8") GONE_IMAGES NO_SERVER GONE_SERVER KEY
		"403 no\n",
		{ IMAGE7_LABEL, IMAGE8_LABEL, SERVER_LABEL },
		{ KEYPAIR_LABEL "|no" }, "no (deleting key pair" },
	/* Nobody knows. */
	{ NO_IMAGE("7") NO_IMAGE("8") GONE_IMAGES
		"+DELETE /compute/servers/5 500 broken\n" NO_KEYPAIR,
		{ IMAGE7_LABEL, IMAGE8_LABEL, KEYPAIR_LABEL },
		{ SERVER_LABEL "|broken|It may have" }, "broken" },
	{ "+DELETE /compute/images/7 cut\n" NO_IMAGE(
		  "8") "GET /compute/images/8 404\n" NO_SERVER GONE_SERVER
			NO_KEYPAIR,
		{ IMAGE8_LABEL, SERVER_LABEL, KEYPAIR_LABEL },
		{ IMAGE7_LABEL "|It may have" }, "deleting image half (7)" },
	/* Accepted, and still there when the time is over: the failure that is
	 * told is the first. */
	{ NO_IMAGE("7") NO_IMAGE("8") GONE_IMAGES NO_SERVER "+" STAYS KEY
							    "403 no\n",
		{ IMAGE7_LABEL, IMAGE8_LABEL },
		{ SERVER_LABEL "|Timeout|!not tried", KEYPAIR_LABEL "|no" },
		"Timeout|server web" },
	/* All of them at once. */
	{ "DELETE /compute/images/7 403 a\nDELETE /compute/images/8 403 b\n"
	  "DELETE /compute/servers/5 403 c\n" KEY "403 d\n",
		{ NULL },
		{ IMAGE7_LABEL "|a (", IMAGE8_LABEL "|b (", SERVER_LABEL "|c (",
			KEYPAIR_LABEL "|d (" },
		"a (deleting image half (7)" },
	/* A busy one is tried until the time is over, and takes no other with
	 * it. */
	{ "+DELETE /compute/images/7 409 busy\n" NO_IMAGE(
		  "8") "+GET /compute/images/8 404\n" NO_SERVER
		       "+" GONE_SERVER NO_KEYPAIR,
		{ IMAGE8_LABEL, SERVER_LABEL, KEYPAIR_LABEL },
		{ IMAGE7_LABEL "|busy" }, "busy" },
};

static void check_texts(const cJSON *texts, const char *const *words)
{
	char *shown = json_text(texts);
	const cJSON *text = texts->child;

	for (; *words; words++) {
		ck_assert_msg(text != NULL, "%s is not in %s", *words, shown);
		account_check_words(text->valuestring, *words);
		text = text->next;
	}
	ck_assert_msg(!text, "more than that: %s", shown);
	mem_free(shown);
}

static bool all(
	const struct survey *s, const struct thing *thing, const void *context)
{
	(void)s, (void)thing, (void)context;
	return true;
}

START_TEST(tries_each_and_names_what_is_left)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct errand x;
	struct survey s;
	char *script = mem_printf(THINGS "%s", ends[_i].script);
	int rc;

	errand_open(&x, script);
	read_all(&x, &s);
	survey_remove(&x.task, &s, all, NULL);
	rc = survey_apply(
		&x.task, x.account.canned.now + MINUTE, removed, left, x.e);
	check_texts(removed, ends[_i].removed);
	check_texts(left, ends[_i].left);
	ck_assert_int_eq(rc, ends[_i].words ? -1 : 0);
	if (rc)
		account_check_words(x.e->text, ends[_i].words);
	/* It is not applied twice. */
	ck_assert_uint_eq(x.plan.first, x.plan.count);
	mem_free(script);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&x);
}
END_TEST

START_TEST(a_signal_leaves_the_rest)
{
	static const char *const rest[] = { IMAGE7_LABEL, IMAGE8_LABEL,
		SERVER_LABEL "|not tried", KEYPAIR_LABEL "|not tried", NULL };
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct errand x;
	struct survey s;

	interrupt_catch();
	errand_open(
		&x, THINGS NO_IMAGE("7") "DELETE /compute/images/8 signal\n");
	read_all(&x, &s);
	survey_remove(&x.task, &s, all, NULL);
	ck_assert_int_eq(survey_apply(&x.task, x.account.canned.now + MINUTE,
				 removed, left, x.e),
		-1);
	ck_assert_int_eq(x.e->code, ERR_INTERRUPTED);
	check_texts(left, rest);
	/* It was sent. */
	account_check_words(left->child->valuestring, "!not tried");
	ck_assert_int_eq(json_size(removed), 0);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&x);
}
END_TEST

/* An old image that is put away is not removed; if that fails, it is told. */
static const struct {
	const char *answer, *left[2];
} renamings[] = {
	{ "200 {}", { NULL } },
	{ "403 protected", { "image app (7)|protected|renaming" } },
};

START_TEST(a_renamed_one_is_not_removed)
{
	static const char *const gone[] = { KEYPAIR_LABEL, NULL };
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	char *script = mem_printf("PATCH /glance/v2/images/7 %s\n%s",
		renamings[_i].answer, NO_KEYPAIR);
	struct errand x;
	int rc;

	errand_open(&x, script);
	image_rename(&x.task, errand_json(&x, "{'id': '7', 'name': 'app'}"),
		"app-replaced-x", NULL);
	keypair_delete(&x.task, KEYPAIR_NAME(APP, "1111", OLD));
	rc = survey_apply(
		&x.task, x.account.canned.now + MINUTE, removed, left, x.e);
	ck_assert_int_eq(rc, renamings[_i].left[0] ? -1 : 0);
	check_texts(left, renamings[_i].left);
	check_texts(removed, gone);
	mem_free(script);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&x);
}
END_TEST

START_TEST(nothing_to_remove_is_no_request)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct errand x;

	errand_open(&x, "");
	ck_assert_int_eq(survey_apply(&x.task, x.account.canned.now + MINUTE,
				 removed, left, x.e),
		0);
	ck_assert_int_eq(json_size(removed), 0);
	ck_assert_int_eq(json_size(left), 0);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("survey_apply");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(
		t, tries_each_and_names_what_is_left, 0, COUNT(ends));
	tcase_add_test(t, a_signal_leaves_the_rest);
	tcase_add_loop_test(
		t, a_renamed_one_is_not_removed, 0, COUNT(renamings));
	tcase_add_test(t, nothing_to_remove_is_no_request);
	suite_add_tcase(s, t);
	return s;
}
