/* SPDX-License-Identifier: Apache-2.0 */
/* Making an image of a server, and what becomes of it. */
#include "common/image.h"
#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define MINUTE       60000
#define MARK         "0123456789abcdef0123456789abcdef"
#define MAKE         "POST /compute/servers/5/action "
/* Its id is in the header alone. */
#define AT(url)       "202;location=" url "\n"
#define MADE          MAKE AT("http://cloud/compute/images/7")
#define LIST          "GET /compute/images/detail?name=half%20made "
#define IMAGES(items) "200 {'images': [" items "]}\n"
#define IS(id, status)                                                         \
	"{'id': '" id "', 'name': 'half made', 'status': '" status             \
	"', 'progress': 25, 'metadata': {'ansible-run': '" MARK "'}}"
#define SAVING LIST IMAGES(IS("7", "SAVING"))
#define ACTIVE LIST IMAGES(IS("7", "ACTIVE"))
#define NONE   LIST IMAGES("")
#define SERVER "GET /compute/servers/5 "
#define IDLE   SERVER "200 {'server': {'OS-EXT-STS:task_state': null}}\n"
#define BUSY_AS(it)                                                            \
	SERVER "200 {'server': {'OS-EXT-STS:task_state': '" it "'}}\n"
#define OTHER    BUSY_AS("rebooting")
#define CONFLICT "409 {'conflictingRequest': {'message': 'image_snapshot'}}\n"

static struct step *create(struct errand *x)
{
	return image_create(&x->task, "5", "half made",
		errand_json(x, "{'ansible-run': '" MARK "', 'build': '42'}"));
}

/* What becomes of one; `wait' is in seconds. */
static const struct {
	const char *script;
	int wait;
	enum step_state state;
	const char *words;
} fates[] = {
	{ MADE SAVING SAVING ACTIVE IDLE, 60, STEP_DONE, NULL },
	{ MAKE AT("/v2/images/7") ACTIVE IDLE, 60, STEP_DONE, NULL },
	{ MAKE "202 {'image_id': '7'}\n" ACTIVE IDLE, 60, STEP_DONE, NULL },
	/* ACTIVE is not enough: an image is lost with a busy server. */
	{ MADE ACTIVE BUSY_AS("image_uploading")
			ACTIVE BUSY_AS("image_uploading") ACTIVE IDLE,
		60, STEP_DONE, NULL },
	{ MADE "+" ACTIVE "+" BUSY_AS("image_uploading"), 60, STEP_LATE,
		"half made|7|ACTIVE|image_uploading|DFW" },
	/* Lists lag, and one may see less than another. */
	{ MADE NONE NONE ACTIVE IDLE, 60, STEP_DONE, NULL },
	{ MADE SAVING NONE SAVING ACTIVE IDLE, 60, STEP_DONE, NULL },
	{ MADE LIST "503\n" LIST "403 no\n" ACTIVE SERVER "404\n" ACTIVE IDLE,
		60, STEP_DONE, NULL },
	/* Another one of the name, and one of another bake. */
	{ MADE LIST IMAGES("{'id': '6', 'name': 'half made', 'status': "
			   "'ACTIVE'}, {'id': '8'}, {'name': 'x'}")
			LIST IMAGES(IS("6", "ERROR") ", " IS("7", "ACTIVE"))
				IDLE,
		60, STEP_DONE, NULL },
	/* A server that somebody has deleted is busy with nothing. */
	{ MADE SAVING "+" ACTIVE "+" SERVER "404 gone", 60, STEP_DONE, NULL },
	/* It was there, and has gone. */
	{ MADE SAVING "+" NONE, 60, STEP_FAILED,
		"disappeared|half made|7|DFW" },
	{ MADE SAVING LIST IMAGES(IS("7", "DELETED")), 60, STEP_FAILED,
		"deleted|half made|7" },
	{ MADE SAVING LIST IMAGES(IS("7", "KILLED")), 60, STEP_FAILED,
		"killed|half made|7" },
	{ MADE SAVING LIST IMAGES(IS("7", "PENDING_DELETE")), 60, STEP_FAILED,
		"deleted|half made" },
	{ MADE "+" NONE, 60, STEP_FAILED, "did not appear|half made|7" },
	{ MADE LIST IMAGES("{'id': '7', 'name': 'half made', 'status': "
			   "'ERROR', 'fault': {'code': 500, 'message': 'The "
			   "host is full of s3cr3t-key.'}}"),
		60, STEP_FAILED,
		"ERROR|The host is full of|!s3cr3t-key|half made|7|DFW" },
	{ MADE LIST IMAGES(IS("7", "ERROR")), 60, STEP_FAILED,
		"ERROR|half made|!(null)" },
	/* Until the time is over: with what was seen last. */
	{ MADE "+" SAVING, 60, STEP_LATE, "half made|7|SAVING|25|DFW" },
	{ MADE "+" LIST IMAGES("{'id': '7', 'name': 'half made'}"), 60,
		STEP_LATE, "half made|7|!(null)" },
	{ MADE "+" LIST "503 down", 60, STEP_LATE, "down" },
	{ MADE "+" NONE, 5, STEP_LATE, "half made|7" },
	/* Another task runs; then none does. */
	{ MAKE CONFLICT OTHER MAKE CONFLICT NONE OTHER MADE ACTIVE IDLE, 60,
		STEP_DONE, NULL },
	{ MAKE CONFLICT SERVER "503\n" SERVER "403 no\n" MADE ACTIVE IDLE, 60,
		STEP_DONE, NULL },
	/* No task of a server that is broken ever ends. */
	{ MAKE CONFLICT SERVER "200 {'server': {'status': 'ERROR'}}", 60,
		STEP_FAILED, "image_snapshot|making image half made|409" },
	{ "+" MAKE CONFLICT "+" NONE "+" OTHER, 60, STEP_FAILED,
		"image_snapshot|making image half made|409" },
	{ MAKE "403 no", 60, STEP_FAILED, "no (making image half made" },
	{ MAKE "404 gone", 60, STEP_FAILED, "gone (making image half made" },
	{ MAKE "413 {'overLimit': {'message': 'Snapshot quota exceeded'}}", 60,
		STEP_FAILED, "Snapshot quota exceeded" },
	{ MAKE "429;retry=2\n" MADE ACTIVE IDLE, 60, STEP_DONE, NULL },
	/* Lost, and found by its mark; not made, and sent again. */
	{ MAKE "cut\n" SAVING ACTIVE IDLE, 60, STEP_DONE, NULL },
	{ MAKE "504\n" NONE NONE SAVING ACTIVE IDLE, 60, STEP_DONE, NULL },
	/* The answer does not say which one: it was made all the same. */
	{ MAKE "202\n" SAVING ACTIVE IDLE, 60, STEP_DONE, NULL },
	{ MAKE AT("http://cloud/compute/images/7/") SAVING ACTIVE IDLE, 60,
		STEP_DONE, NULL },
	{ MAKE "202 {'image_id': ''}\n" SAVING ACTIVE IDLE, 60, STEP_DONE,
		NULL },
	{ MAKE "202 {'image_id': 7}\n" SAVING ACTIVE IDLE, 60, STEP_DONE,
		NULL },
	{ MAKE "202\n+" NONE, 60, STEP_FAILED,
		"no image id|making image half made|DFW" },
};

START_TEST(waits_until_it_is_usable)
{
	struct errand x;
	struct step *step;
	int rc;

	errand_open(&x, fates[_i].script);
	step = create(&x);
	rc = errand_apply(&x, fates[_i].wait * 1000);
	ck_assert_msg(step->state == fates[_i].state, "state %d: %s",
		step->state, rc ? x.e->text : "no failure");
	ck_assert_int_eq(rc, fates[_i].words ? -1 : 0);
	if (rc)
		account_check_words(x.e->text, fates[_i].words);
	if (rc == 0)
		ck_assert_str_eq(step->id, "7");
	errand_close(&x);
}
END_TEST

START_TEST(sends_name_and_metadata)
{
	struct errand x;

	errand_open(&x, MADE ACTIVE IDLE);
	create(&x);
	ck_assert_int_eq(errand_apply(&x, MINUTE), 0);
	errand_check_json(json_get(x.account.canned.log, "1.body"),
		"{'createImage': {'name': 'half made', 'metadata': "
		"{'ansible-run': '" MARK "', 'build': '42'}}}");
	ck_assert_str_eq(json_str(x.plan.steps[0]->object, "status"), "ACTIVE");
	ck_assert(plan_changes(&x.plan, false));
	errand_close(&x);
}
END_TEST

START_TEST(ids_and_names_are_escaped)
{
	struct errand x;

	errand_open(&x,
		"POST /compute/servers/..%2F5/action 202 {'image_id': '7'}\n"
		"GET /compute/images/detail?name=a%26b%3Dc 200 {'images': "
		"[{'id': '7', 'name': 'a&b=c', 'status': 'ACTIVE'}]}\n"
		"GET /compute/servers/..%2F5 200 {'server': {}}\n");
	image_create(&x.task, "../5", "a&b=c",
		errand_json(&x, "{'ansible-run': '" MARK "'}"));
	ck_assert_int_eq(errand_apply(&x, MINUTE), 0);
	errand_close(&x);
}
END_TEST

#define ACTION "/compute/servers/5/action"

/* The list of the script's first line is empty until the second POST. */
static int send_and_show(struct transport *transport,
	struct http_request *const *requests, size_t count, int64_t deadline)
{
	struct canned *c = (struct canned *)transport;
	int posts = streq(requests[0]->method, "POST");

	json_each (sent, c->log) {
		posts += streq(json_str(sent, "path"), ACTION);
	}
	for (size_t i = 0; posts == 2 && i < c->count; i++) {
		if (!c->lines[i].forever)
			continue;
		c->lines[i].forever = false;
		c->lines[i].used = 1;
	}
	return canned_send(transport, requests, count, deadline);
}

/* After a lost answer nothing is found for as long as lists may lag; what comes
 * of the second try. In each case there is one image. */
static const struct {
	const char *script;
	int posts;
} second_tries[] = {
	{ MADE ACTIVE IDLE, 2 },
	/* The first one has begun, late, and is what keeps the server busy. */
	{ MAKE CONFLICT ACTIVE ACTIVE IDLE, 2 },
	/* Somebody else's task does. */
	{ MAKE CONFLICT NONE OTHER MADE ACTIVE IDLE, 3 },
	/* Nobody can look: it stays as it is. */
	{ MAKE CONFLICT LIST "403 no\n" OTHER MAKE CONFLICT ACTIVE ACTIVE IDLE,
		3 },
};

START_TEST(a_second_try_makes_no_second_image)
{
	char *script = mem_printf(
		"%s%s", "+" NONE MAKE "cut\n", second_tries[_i].script);
	struct errand x;
	struct step *step;
	int rc;

	errand_open(&x, script);
	x.account.canned.transport.send = send_and_show;
	step = create(&x);
	rc = errand_apply(&x, MINUTE);
	ck_assert_msg(rc == 0, "%s", rc ? x.e->text : "");
	ck_assert_int_eq(step->state, STEP_DONE);
	ck_assert_str_eq(step->id, "7");
	ck_assert(step->took);
	ck_assert_int_eq(
		errand_count(&x, "POST", ACTION), second_tries[_i].posts);
	ck_assert_int_ge(x.account.canned.now, PLAN_LIST_LAG);
	mem_free(script);
	errand_close(&x);
}
END_TEST

static const char *const signals[] = { MADE LIST "signal\n", MAKE "signal\n",
	MADE ACTIVE SERVER "signal\n" };

START_TEST(a_signal_ends_the_wait)
{
	struct errand x;

	interrupt_catch();
	errand_open(&x, signals[_i]);
	create(&x);
	ck_assert_int_eq(errand_apply(&x, MINUTE), -1);
	ck_assert_int_eq(x.e->code, ERR_INTERRUPTED);
	ck_assert(x.plan.steps[0]->took);
	errand_close(&x);
}
END_TEST

/* Undone as soon as it was made: not seen yet, or busy being made. */
static const struct {
	const char *script, *removed, *left;
} undone[] = {
	{ "DELETE /compute/images/7 204", "['image half made (7)']", "[]" },
	{ "DELETE /compute/images/7 404\nDELETE /compute/images/7 409\n"
	  "DELETE /compute/images/7 204",
		"['image half made (7)']", "[]" },
	{ "+DELETE /compute/images/7 404", "['image half made (7)']", "[]" },
	{ "DELETE /compute/images/7 403 no", "[]", "['image half made (7)']" },
};

START_TEST(undoes_what_it_made)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	char *script =
		mem_printf("%s%s", MADE LIST "signal\n", undone[_i].script);
	struct errand x;

	interrupt_catch();
	errand_open(&x, script);
	create(&x);
	ck_assert_int_eq(errand_apply(&x, MINUTE), -1);
	plan_undo(&x.plan, &x.account.cloud, removed, left);
	errand_check_json(removed, undone[_i].removed);
	errand_check_json(left, undone[_i].left);
	ck_assert_int_le(x.account.canned.now, 20000);
	mem_free(script);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("image_snapshot");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, waits_until_it_is_usable, 0, COUNT(fates));
	tcase_add_test(t, sends_name_and_metadata);
	tcase_add_test(t, ids_and_names_are_escaped);
	tcase_add_loop_test(
		t, a_second_try_makes_no_second_image, 0, COUNT(second_tries));
	tcase_add_loop_test(t, undoes_what_it_made, 0, COUNT(undone));
	tcase_add_loop_test(t, a_signal_ends_the_wait, 0, COUNT(signals));
	suite_add_tcase(s, t);
	return s;
}
