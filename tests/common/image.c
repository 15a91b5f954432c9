/* SPDX-License-Identifier: Apache-2.0 */
#include "common/image.h"

#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table)  (sizeof(table) / sizeof(*(table)))
#define UUID          "1a2b3c4d-0000-4000-8000-000000000001"
#define NAMED(name)   "GET /compute/images/detail?name=" name " "
#define ALL           "GET /compute/images/detail "
#define IMAGES(items) "200 {'images': [" items "]}\n"
#define I(id, name)   "{'id': '" id "', 'name': '" name "', 'status': 'ACTIVE'}"
#define NOTHING       "No matching image found (Big Image"

/* What a user gives, and the image that is meant; or words of the failure. */
static const struct {
	const char *given, *script, *id, *words;
} finds[] = {
	{ UUID, "", UUID, NULL },
	{ "Big Image", NAMED("Big%20Image") IMAGES(I("i1", "Big Image")), "i1",
		NULL },
	/* The service may match more than it should. */
	{ "Big Image",
		NAMED("Big%20Image") IMAGES(
			I("i2", "Big Image 2") ", " I("i1", "Big Image")),
		"i1", NULL },
	{ "Big Image",
		NAMED("Big%20Image")
			IMAGES("{'id': 'i2', 'name': 'Big Image', 'status': "
			       "'DELETED'}, " I("i1", "Big Image")),
		"i1", NULL },
	/* By the human id, where no name is so. */
	{ "big-image",
		NAMED("big-image") IMAGES("")
			ALL IMAGES(I("i1", "Big Image") ", " I("i2", "Other")),
		"i1", NULL },
	{ "big-image",
		NAMED("big-image") IMAGES("") ALL IMAGES(
			I("i1", "Big Image") ", " I("i2", "big  image!")),
		NULL, "No matching image found (big-image|i1|i2" },
	{ "Big Image", NAMED("Big%20Image") IMAGES("") ALL IMAGES(""), NULL,
		NOTHING },
	{ "Big Image",
		NAMED("Big%20Image")
			IMAGES(I("i1", "Big Image") ", " I("i2", "Big Image")),
		NULL, NOTHING "|i1|i2|DFW" },
	{ "Big Image", NAMED("Big%20Image") "403 no", NULL,
		"no (listing images" },
	{ "a&b", NAMED("a%26b") IMAGES(I("i1", "a&b")), "i1", NULL },
	/* Not a whole id. */
	{ "1a2b3c4d", NAMED("1a2b3c4d") IMAGES("") ALL IMAGES(I(UUID, "x")),
		NULL, "No matching image found (1a2b3c4d" },
	{ "x",
		NAMED("x") IMAGES("{'name': 'x'}, {'id': 5, 'name': 'x'}, " I(
			"i1", "x") ", {'id': null, 'name': 'x'}"),
		"i1", NULL },
	{ "x",
		NAMED("x") IMAGES("{'name': 'x', 'status': 'ACTIVE'}")
			ALL IMAGES("{'name': 'x', 'status': 'ACTIVE'}"),
		NULL, "No matching image found (x" },
};

START_TEST(finds_what_is_meant)
{
	const char *id = NULL;
	struct errand x;
	int rc;

	errand_open(&x, finds[_i].script);
	rc = image_find(&x.task, finds[_i].given, &id, x.e);
	if (finds[_i].id) {
		ck_assert_msg(rc == 0, "%s", rc ? x.e->text : "");
		ck_assert_str_eq(id, finds[_i].id);
	} else {
		ck_assert_int_eq(rc, -1);
		account_check_words(x.e->text, finds[_i].words);
	}
	errand_close(&x);
}
END_TEST

static const struct {
	const char *reply;
	enum err_code code; /* ERR_NONE: it is there */
} reads[] = {
	{ "200 {'image': {'id': 'i1', 'status': 'SAVING'}}", ERR_NONE },
	{ "404", ERR_ABSENT },
	{ "200 {'image': {'id': 'i1', 'status': 'DELETED'}}", ERR_ABSENT },
	{ "403 no", ERR_OTHER },
	{ "200 {}", ERR_OTHER },
	{ "200 []", ERR_OTHER },
	{ "200 {'image': 'x'}", ERR_OTHER },
};

START_TEST(reads_one)
{
	char *script = mem_printf("GET /compute/images/i1 %s", reads[_i].reply);
	const cJSON *image = NULL;
	struct errand x;
	int rc;

	errand_open(&x, script);
	rc = image_get(&x.task, "i1", &image, x.e);
	ck_assert_int_eq(rc, reads[_i].code == ERR_NONE ? 0 : -1);
	if (rc) {
		ck_assert_int_eq(x.e->code, reads[_i].code);
		account_check_words(x.e->text, "i1");
	} else {
		ck_assert_str_eq(json_str(image, "id"), "i1");
	}
	errand_close(&x);
	mem_free(script);
}
END_TEST

START_TEST(orders_by_age)
{
	struct errand x;

	errand_open(&x, "");
	errand_check_json(
		image_by_age(&x.task,
			errand_json(&x,
				"[{'id': 'b', 'created': '1'}, {'id': 'c', "
				"'created': '3'}, {'id': 'a', 'created': "
				"'2'}]")),
		"[{'id': 'c', 'created': '3'}, {'id': 'a', 'created': '2'}, "
		"{'id': 'b', 'created': '1'}]");
	errand_check_json(image_by_age(&x.task, errand_json(&x, "[]")), "[]");
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("image");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, finds_what_is_meant, 0, COUNT(finds));
	tcase_add_loop_test(t, reads_one, 0, COUNT(reads));
	tcase_add_test(t, orders_by_age);
	suite_add_tcase(s, t);
	return s;
}
