/* SPDX-License-Identifier: Apache-2.0 */
/* Removing images, and renaming them. */
#include "common/image.h"
#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define MINUTE       60000
#define IS(id, status)                                                         \
	"{'id': '" id "', 'name': 'app-" id "', 'status': '" status "'}"
#define DELETE        "DELETE /compute/images/7 "
#define LOOK          "GET /compute/images/7 "
#define IMAGE(status) "200 {'image': " IS("7", status) "}\n"
#define LIST          "GET /compute/images/detail "
#define IMAGES(items) "200 {'images': [" items "]}\n"
#define BUSY          "409 {'conflictingRequest': {'message': 'in use'}}\n"
#define PATCH         "PATCH /glance/v2/images/7 "
#define PATCH_TYPE    "application/openstack-images-v2.1-json-patch"

static const struct {
	const char *script;
	enum step_wait wait;
	enum step_state state;
	bool changes;
	const char *words;
} ends[] = {
	{ DELETE "204", WAIT_NOT, STEP_DONE, true, NULL },
	{ DELETE "204\n" LOOK "404", WAIT_USABLE, STEP_DONE, true, NULL },
	{ DELETE "204\n" LOOK IMAGE("ACTIVE") LOOK IMAGE("DELETED"),
		WAIT_USABLE, STEP_DONE, true, NULL },
	{ DELETE "404", WAIT_USABLE, STEP_DONE, false, NULL },
	{ DELETE "410", WAIT_USABLE, STEP_DONE, false, NULL },
	{ DELETE "cut\n" DELETE "404", WAIT_USABLE, STEP_DONE, true, NULL },
	/* Busy: again, until it is not, or the time is over. */
	{ DELETE BUSY DELETE BUSY DELETE "204\n" LOOK "404", WAIT_USABLE,
		STEP_DONE, true, NULL },
	{ "+" DELETE BUSY, WAIT_NOT, STEP_FAILED, false,
		"in use|deleting image app-7 (7)|DFW|409" },
	/* A look that fails, or says nothing, is no proof. */
	{ DELETE "204\n" LOOK "403 no\n" LOOK "200 {}\n" LOOK "404",
		WAIT_USABLE, STEP_DONE, true, NULL },
	{ DELETE "204\n+" LOOK IMAGE("ACTIVE"), WAIT_USABLE, STEP_LATE, true,
		"app-7" },
	{ DELETE "403 {'forbidden': {'message': 'it is protected'}}", WAIT_NOT,
		STEP_FAILED, false, "it is protected|deleting image app-7" },
};

START_TEST(deletes)
{
	struct errand x;
	int rc;

	errand_open(&x, ends[_i].script);
	image_delete(
		&x.task, errand_json(&x, IS("7", "ACTIVE")), ends[_i].wait);
	rc = errand_apply(&x, MINUTE);
	ck_assert_int_eq(x.plan.steps[0]->state, ends[_i].state);
	ck_assert_int_eq(rc, ends[_i].words ? -1 : 0);
	if (rc)
		account_check_words(x.e->text, ends[_i].words);
	ck_assert(plan_changes(&x.plan, false) == ends[_i].changes);
	errand_close(&x);
}
END_TEST

/* A group is asked for with one list; the last of it by its id. */
START_TEST(deletes_a_group)
{
	struct errand x;

	errand_open(&x,
		DELETE "204\nDELETE /compute/images/8 204\n" LIST IMAGES(
			IS("7", "ACTIVE") ", " IS("9", "ACTIVE")) LOOK "404");
	image_delete(&x.task, errand_json(&x, IS("7", "ACTIVE")), WAIT_USABLE);
	image_delete(&x.task, errand_json(&x, IS("8", "ACTIVE")), WAIT_USABLE);
	ck_assert_int_eq(errand_apply(&x, MINUTE), 0);
	ck_assert_int_eq(x.plan.steps[0]->state, STEP_DONE);
	ck_assert_int_eq(x.plan.steps[1]->state, STEP_DONE);
	errand_close(&x);
}
END_TEST

START_TEST(an_id_is_escaped)
{
	struct errand x;

	errand_open(&x, "DELETE /compute/images/..%2F7 204\n"
			"PATCH /glance/v2/images/..%2F7 200 {}\n");
	image_delete(&x.task, errand_json(&x, "{'id': '../7'}"), WAIT_NOT);
	image_rename(&x.task, errand_json(&x, "{'id': '../7'}"), "new", NULL);
	ck_assert_int_eq(errand_apply(&x, MINUTE), 0);
	errand_close(&x);
}
END_TEST

/* Answers that lie about an image must not crash, nor touch another one. */
static const char *const nameless[] = { "{}", "{'name': 'app-7'}",
	"{'id': 7, 'name': null}", "{'id': ''}", "[]" };

START_TEST(one_without_an_id_is_left_alone)
{
	const cJSON *image;
	struct errand x;

	errand_open(&x, "");
	image = errand_json(&x, nameless[_i]);
	image_delete(&x.task, image, WAIT_USABLE);
	image_rename(&x.task, image, "new", NULL);
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(x.plan.steps[i]->state, STEP_FAILED);
	ck_assert_int_eq(errand_apply(&x, MINUTE), -1);
	account_check_words(x.e->text, "no image id|!(null)");
	ck_assert(!plan_changes(&x.plan, false));
	errand_close(&x);
}
END_TEST

/* The operations that come of a name and properties. */
static const struct {
	const char *name, *properties, *patch, *metadata;
} renames[] = {
	{ "app-42", NULL,
		"[{'op': 'replace', 'path': '/name', 'value': 'app-42'}]",
		"{'build': '41'}" },
	{ "app-42", "{}",
		"[{'op': 'replace', 'path': '/name', 'value': 'app-42'}]",
		"{'build': '41'}" },
	{ "app-42", "{'build': '42', 'recipe': 'r'}",
		"[{'op': 'replace', 'path': '/name', 'value': 'app-42'}, "
		"{'op': 'add', 'path': '/build', 'value': '42'}, "
		"{'op': 'add', 'path': '/recipe', 'value': 'r'}]",
		"{'build': '42', 'recipe': 'r'}" },
	/* RFC 6901; what is no text stays what it is. */
	{ "a/b~c", "{'x/y': '1', '~1': '2', '~/': '3', '': ''}",
		"[{'op': 'replace', 'path': '/name', 'value': 'a/b~c'}, "
		"{'op': 'add', 'path': '/x~1y', 'value': '1'}, "
		"{'op': 'add', 'path': '/~01', 'value': '2'}, "
		"{'op': 'add', 'path': '/~0~1', 'value': '3'}, "
		"{'op': 'add', 'path': '/', 'value': ''}]",
		"{'build': '41', 'x/y': '1', '~1': '2', '~/': '3', '': ''}" },
};

START_TEST(renames_with_one_patch)
{
	struct errand x;
	struct step *step;
	const cJSON *sent;

	errand_open(&x, PATCH "200 {'id': '7', 'name': 'other'}");
	step = image_rename(&x.task,
		errand_json(&x, "{'id': '7', 'name': 'app-7', 'metadata': "
				"{'build': '41'}}"),
		renames[_i].name,
		renames[_i].properties ? errand_json(&x, renames[_i].properties)
				       : NULL);
	errand_check_json(
		json_member(step->becomes, "metadata"), renames[_i].metadata);
	ck_assert_str_eq(json_str(step->becomes, "name"), renames[_i].name);
	ck_assert_str_eq(json_str(step->was, "name"), "app-7");
	ck_assert_str_eq(json_str(step->was, "metadata.build"), "41");
	ck_assert_int_eq(errand_apply(&x, MINUTE), 0);
	ck_assert_int_eq(step->state, STEP_DONE);
	ck_assert(step->took);
	sent = x.account.canned.log->child->prev;
	errand_check_json(json_member(sent, "body"), renames[_i].patch);
	ck_assert_str_eq(json_str(sent, "content_type"), PATCH_TYPE);
	errand_close(&x);
}
END_TEST

/* A name can be set twice: a lost answer is no reason to give up. */
static const struct {
	const char *script;
	enum step_state state;
	const char *words;
} replies[] = {
	{ PATCH "cut\n" PATCH "200 {}", STEP_DONE, NULL },
	{ PATCH "503\n" PATCH "200 {}", STEP_DONE, NULL },
	{ PATCH "429;retry=3\n" PATCH "200 {}", STEP_DONE, NULL },
	{ PATCH "401\n" LOGIN ACCESS("tok-2", SERVICES) PATCH "200 {}",
		STEP_DONE, NULL },
	{ "+" PATCH "cut", STEP_LOST, "renaming image app-7|It may have" },
	{ PATCH "404 <html>404 Not Found</html>", STEP_FAILED,
		"404 Not Found|renaming image app-7 (7)|DFW" },
	{ PATCH "415 no", STEP_FAILED, "415" },
};

START_TEST(takes_what_comes_of_a_patch)
{
	struct errand x;
	int rc;

	errand_open(&x, replies[_i].script);
	image_rename(
		&x.task, errand_json(&x, IS("7", "ACTIVE")), "app-8", NULL);
	rc = errand_apply(&x, MINUTE);
	ck_assert_int_eq(x.plan.steps[0]->state, replies[_i].state);
	ck_assert_int_eq(rc, replies[_i].words ? -1 : 0);
	if (rc)
		account_check_words(x.e->text, replies[_i].words);
	json_each (sent, x.account.canned.log) {
		if (streq(json_str(sent, "method"), "PATCH"))
			ck_assert_pstr_eq(
				json_str(sent, "content_type"), PATCH_TYPE);
	}
	errand_close(&x);
}
END_TEST

START_TEST(a_check_shows_it_as_the_server_sees_it)
{
	struct errand x;
	cJSON *requests;

	errand_open(&x, "");
	image_rename(
		&x.task, errand_json(&x, IS("7", "ACTIVE")), "app-8", NULL);
	ck_assert_int_eq(
		plan_requests(&x.plan, x.task.cloud, &requests, x.e), 0);
	errand_check_json(requests,
		"[{'method': 'PATCH', 'path': '/glance/v2/images/7', 'body': "
		"[{'op': 'replace', 'path': '/name', 'value': 'app-8'}]}]");
	cJSON_Delete(requests);
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("image_steps");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, deletes, 0, COUNT(ends));
	tcase_add_test(t, deletes_a_group);
	tcase_add_test(t, an_id_is_escaped);
	tcase_add_loop_test(
		t, one_without_an_id_is_left_alone, 0, COUNT(nameless));
	tcase_add_loop_test(t, renames_with_one_patch, 0, COUNT(renames));
	tcase_add_loop_test(t, takes_what_comes_of_a_patch, 0, COUNT(replies));
	tcase_add_test(t, a_check_shows_it_as_the_server_sees_it);
	suite_add_tcase(s, t);
	return s;
}
