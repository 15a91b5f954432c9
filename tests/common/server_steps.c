/* SPDX-License-Identifier: Apache-2.0 */
/* Making servers, removing them, and what becomes of them; beyond what
 * modules/rax.c shows. */
#include "common/server.h"
#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table)   (sizeof(table) / sizeof(*(table)))
#define MINUTE         60000
#define MAKE           "POST /compute/servers "
#define MADE(id)       MAKE "202 {'server': {'id': '" id "', 'adminPass': 'pw'}}\n"
#define LIST           "GET /compute/servers/detail?name=%5Eweb1 "
#define SERVERS(items) "200 {'servers': [" items "]}\n"
#define IS(id, status, addresses)                                              \
	"{'id': '" id "', 'name': 'web1', 'status': '" status                  \
	"', 'addresses': {" addresses "}}"
#define PUBLIC  "'public': [{'addr': '203.0.113.5'}]"
#define PRIVATE "'private': [{'addr': '10.0.0.5'}]"
#define UP      IS("5", "ACTIVE", PUBLIC ", " PRIVATE)

static struct step *create(struct errand *x, const struct server_wish *more)
{
	struct server_wish wish = more ? *more : (struct server_wish){ 0 };

	wish.name = "web1";
	wish.image = wish.image ? wish.image : "i1";
	wish.flavor = "2";
	if (!wish.networks)
		wish.networks =
			errand_json(x, "[{'uuid': 'n0', 'label': 'public'}, "
				       "{'uuid': 'n1', 'label': 'private'}]");
	return server_create(&x->task, &wish, WAIT_USABLE);
}

START_TEST(sends_what_is_wished)
{
	struct errand x;
	struct step *step;
	cJSON *body;

	errand_open(&x, "");
	step = create(
		&x, &(struct server_wish){ .key_name = "ops",
			    .disk_config = "MANUAL",
			    .user_data = "I2M=",
			    .config_drive = true,
			    .metadata = errand_json(&x, "{'group': 'g'}"),
			    .files = errand_json(&x, "{'/etc/motd': 'aGk='}"),
			    .extra = errand_json(&x, "{'x:y': [1]}") });
	body = pool_keep(x.task.pool, json_copy(step->body));
	plan_hide_marks(body);
	errand_check_json(body,
		"{'server': {'name': 'web1', 'imageRef': 'i1', 'flavorRef': "
		"'2', 'key_name': 'ops', 'metadata': {'group': 'g'}, "
		"'OS-DCF:diskConfig': 'MANUAL', 'config_drive': true, "
		"'user_data': 'I2M=', 'networks': [{'uuid': 'n0'}, {'uuid': "
		"'n1'}], 'personality': [{'path': '/etc/motd', 'contents': "
		"'aGk='}], 'x:y': [1]}}");
	errand_close(&x);
}
END_TEST

START_TEST(boots_from_a_volume)
{
	struct errand x;
	struct step *step;

	errand_open(&x, "");
	step = create(&x,
		&(struct server_wish){ .image = "",
			.networks = errand_json(&x, "[]"),
			.block_device = errand_json(&x, "{'uuid': 'v1'}") });
	ck_assert_str_eq(json_str(step->body, "server.imageRef"), "");
	ck_assert_str_eq(
		json_str(step->body, "server.block_device_mapping_v2.0.uuid"),
		"v1");
	ck_assert_ptr_null(json_get(step->body, "server.personality"));
	ck_assert_ptr_null(json_get(step->body, "server.config_drive"));
	errand_close(&x);
}
END_TEST

/* The provider's limit is 40; a full one leaves no room for a mark. */
static const int amounts[] = { 0, 1, 39, 40, 41 };

START_TEST(marks_what_has_room)
{
	struct errand x;
	struct step *step;
	cJSON *metadata;

	errand_open(&x, "");
	metadata = errand_json(&x, "{}");
	for (int i = 0; i < amounts[_i]; i++)
		json_set_str(metadata, pool_printf(x.task.pool, "k%d", i), "v");
	step = create(&x, &(struct server_wish){ .metadata = metadata });
	if (amounts[_i] < 40) {
		ck_assert_uint_eq(strlen(step->mark), 32);
		ck_assert_str_eq(
			json_str(step->body, "server.metadata." PLAN_MARK_KEY),
			step->mark);
	} else {
		ck_assert_ptr_null(step->mark);
		ck_assert_int_eq(
			json_size(json_get(step->body, "server.metadata")),
			amounts[_i]);
	}
	/* What was given is not changed. */
	ck_assert_int_eq(json_size(metadata), amounts[_i]);
	errand_close(&x);
}
END_TEST

/* One that is marked already has had its room. */
START_TEST(a_mark_needs_its_room_once)
{
	struct errand x;
	struct step *step;
	cJSON *metadata;

	errand_open(&x, "");
	metadata = errand_json(&x, "{'" PLAN_MARK_KEY "': 'm'}");
	for (int i = 1; i < 40; i++)
		json_set_str(metadata, pool_printf(x.task.pool, "k%d", i), "v");
	step = create(
		&x, &(struct server_wish){ .metadata = metadata, .mark = "m" });
	ck_assert_str_eq(step->mark, "m");
	ck_assert_int_eq(
		json_size(json_get(step->body, "server.metadata")), 40);
	errand_close(&x);
}
END_TEST

/* A cloud refuses an expression of more than 255 characters. */
START_TEST(a_long_name_is_listed_by_its_beginning)
{
	struct errand x;
	char name[256];
	char *script;

	memset(name, 'w', 255);
	name[255] = '\0';
	script = mem_printf(
		MADE("5") "GET /compute/servers/detail?name=%%5E%.64s " SERVERS(
			UP),
		name);
	errand_open(&x, script);
	server_create(&x.task,
		&(struct server_wish){
			.name = name, .image = "i1", .flavor = "2" },
		WAIT_USABLE);
	ck_assert_msg(errand_apply(&x, MINUTE) == 0, "%s", x.e->text);
	mem_free(script);
	errand_close(&x);
}
END_TEST

/* What users add may replace what is there, but not the mark. */
static const struct {
	const char *extra;
	bool marked;
} extras[] = {
	{ "{'metadata': {'x': 'y'}}", true },
	{ "{'metadata': {}}", true },
	{ "{'metadata': 'text'}", false },
	{ "{'metadata': null}", false },
	{ "{'name': 'other'}", true },
};

START_TEST(marks_what_users_add)
{
	struct errand x;
	struct step *step;
	const char *mark;

	errand_open(&x, "");
	step = create(&x, &(struct server_wish){
				  .metadata = errand_json(&x, "{'group': 'g'}"),
				  .extra = errand_json(&x, extras[_i].extra) });
	ck_assert((step->mark != NULL) == extras[_i].marked);
	mark = json_str(step->body, "server.metadata." PLAN_MARK_KEY);
	ck_assert_pstr_eq(mark, step->mark);
	/* It is looked for by the name that it has. */
	ck_assert_str_eq(json_str(step->object, "name"),
		json_str(step->body, "server.name"));
	errand_close(&x);
}
END_TEST

/* Created without a mark, then lost: not repeated, nor taken for another. */
START_TEST(a_lost_one_without_a_mark)
{
	struct errand x;
	struct step *step;

	errand_open(&x, MAKE "cut");
	step = create(
		&x, &(struct server_wish){
			    .extra = errand_json(&x, "{'metadata': null}") });
	ck_assert_int_eq(errand_apply(&x, MINUTE), -1);
	ck_assert_int_eq(step->state, STEP_LOST);
	account_check_words(x.e->text, "creating server web1|It may have been");
	errand_close(&x);
}
END_TEST

START_TEST(marks_differ)
{
	struct errand x;
	struct step *a, *b;

	errand_open(&x, "");
	a = create(&x, NULL);
	b = create(&x, NULL);
	ck_assert_str_ne(a->mark, b->mark);
	/* Two of one name are told apart where only the cloud has ids. */
	ck_assert_str_ne(json_str(a->object, "id"), json_str(b->object, "id"));
	ck_assert_str_ne(a->thing, b->thing);
	errand_close(&x);
}
END_TEST

/* What becomes of one; `wait' is in seconds. */
static const struct {
	const char *script;
	int wait;
	enum step_state state;
	const char *words;
} fates[] = {
	{ MADE("5") LIST SERVERS(UP), 60, STEP_DONE, NULL },
	/* ACTIVE, but not yet where it is wanted. */
	{ MADE("5") LIST SERVERS(IS("5", "ACTIVE", "")) LIST SERVERS(
		  IS("5", "ACTIVE", PUBLIC)) LIST SERVERS(IS("5", "ACTIVE",
		  PUBLIC ", 'private': []")) LIST SERVERS(UP),
		60, STEP_DONE, NULL },
	/* Lists lag. */
	{ MADE("5") LIST SERVERS("") LIST SERVERS("") LIST SERVERS(UP), 60,
		STEP_DONE, NULL },
	/* It was there, and has gone. */
	{ MADE("5") LIST SERVERS(IS("5", "BUILD", "")) "+" LIST SERVERS(""), 60,
		STEP_FAILED, "disappeared|web1|5|DFW" },
	{ MADE("5") LIST SERVERS(IS("5", "BUILD", "")) "+" LIST SERVERS(
		  IS("5", "DELETED", "")),
		60, STEP_FAILED, "disappeared|web1" },
	/* Another one of the same name is another one. */
	{ MADE("5") LIST SERVERS(IS("6", "ACTIVE", PUBLIC ", " PRIVATE))
			LIST SERVERS(UP),
		60, STEP_DONE, NULL },
	{ MADE("5") LIST SERVERS(
		  "{'id': '5', 'name': 'web1', 'status': 'ERROR', 'fault': "
		  "{'code': 500, 'message': 'No valid host was found.'}}"),
		60, STEP_FAILED, "No valid host was found.|web1|DFW" },
	{ MADE("5") LIST SERVERS(IS("5", "ERROR", "")), 60, STEP_FAILED,
		"ERROR|web1" },
	{ MADE("5") "+" LIST SERVERS(IS("5", "BUILD", "")), 3, STEP_LATE,
		"web1" },
	/* Whatever else it is, it is waited for. */
	{ MADE("5") LIST SERVERS(IS("5", "UNKNOWN", "")) LIST SERVERS(
		  "{'id': '5', 'name': 'web1'}") LIST SERVERS(UP),
		60, STEP_DONE, NULL },
	/* The answer must say which one it is. */
	{ MAKE "202 {'server': {}}\n+" LIST SERVERS(""), 60, STEP_FAILED,
		"no server id|web1" },
	{ MAKE "202 {'server': {'id': ''}}\n+" LIST SERVERS(""), 60,
		STEP_FAILED, "web1" },
	{ MAKE "202 {'server': {'id': 7}}\n+" LIST SERVERS(""), 60, STEP_FAILED,
		"web1" },
	{ MAKE "202 []\n+" LIST SERVERS(""), 60, STEP_FAILED, "web1" },
};

START_TEST(waits_for_a_new_one)
{
	struct errand x;
	int rc;

	errand_open(&x, fates[_i].script);
	create(&x, NULL);
	rc = errand_apply(&x, fates[_i].wait * 1000);
	ck_assert_int_eq(x.plan.steps[0]->state, fates[_i].state);
	ck_assert_int_eq(rc, fates[_i].words ? -1 : 0);
	if (rc)
		account_check_words(x.e->text, fates[_i].words);
	ck_assert(plan_changes(&x.plan, false));
	errand_close(&x);
}
END_TEST

/* Without waiting: it is looked for until the list shows it, so that the next
 * run sees it too; what no list shows is told as what is known of it. */
static const struct {
	const char *script, *status;
	int looks;
} sights[] = {
	{ MADE("5") LIST SERVERS(IS("5", "BUILD", "")), "BUILD", 1 },
	{ MADE("5") LIST SERVERS("") LIST SERVERS(UP), "ACTIVE", 2 },
	{ MADE("5") LIST "403 no", "BUILD", 1 },
	{ MADE("5") "+" LIST SERVERS(""), "BUILD", 0 },
};

START_TEST(shows_what_is_known)
{
	struct errand x;
	struct step *step;
	char *text;

	errand_open(&x, sights[_i].script);
	step = create(&x, NULL);
	step->wait = WAIT_LOOK;
	ck_assert_int_eq(errand_apply(&x, MINUTE), 0);
	ck_assert_str_eq(json_str(step->object, "id"), "5");
	ck_assert_str_eq(json_str(step->object, "status"), sights[_i].status);
	text = json_text(step->object);
	ck_assert_ptr_null(strchr(text, '<'));
	mem_free(text);
	if (sights[_i].looks)
		ck_assert_int_eq(
			canned_sent(&x.account.canned), 2 + sights[_i].looks);
	errand_close(&x);
}
END_TEST

/* Sent again, and then the first one comes to light. */
START_TEST(tells_of_a_twin)
{
	struct errand x;
	struct step *step;

	errand_open(&x, MADE("5") LIST SERVERS(
				UP ", {'id': '4', 'metadata': {'" PLAN_MARK_KEY
				   "': 'm'}}"));
	step = create(&x, NULL);
	step->mark = "m";
	step->sends = 1;
	ck_assert_int_eq(errand_apply(&x, MINUTE), -1);
	account_check_words(x.e->text, "twice|delete 4, too|5|DFW");
	errand_close(&x);
}
END_TEST

#define DELETE "DELETE /compute/servers/5 "

static const struct {
	const char *script;
	enum step_state state;
	bool changes;
	const char *words;
} ends[] = {
	{ DELETE "204\n" LIST SERVERS(""), STEP_DONE, true, NULL },
	{ DELETE "202\n" LIST SERVERS(IS("5", "ACTIVE", "")) LIST SERVERS(""),
		STEP_DONE, true, NULL },
	{ DELETE "204\n" LIST SERVERS(IS("5", "DELETED", "")), STEP_DONE, true,
		NULL },
	{ DELETE "404", STEP_DONE, false, NULL },
	{ DELETE "cut\n" DELETE "404", STEP_DONE, true, NULL },
	{ DELETE "204\n" LIST "403 no\n" LIST SERVERS(""), STEP_DONE, true,
		NULL },
	{ DELETE "204\n+" LIST SERVERS(IS("5", "ACTIVE", "")), STEP_LATE, true,
		"web1" },
	{ DELETE "204\n+" LIST "503 down", STEP_LATE, true, "down" },
	{ DELETE "409 {'conflictingRequest': {'message': 'busy'}}", STEP_FAILED,
		false, "busy|web1" },
	{ DELETE "403 no", STEP_FAILED, false, "no (deleting server web1" },
};

START_TEST(waits_until_one_is_gone)
{
	struct errand x;
	int rc;

	errand_open(&x, ends[_i].script);
	server_delete(
		&x.task, errand_json(&x, IS("5", "ACTIVE", "")), WAIT_USABLE);
	rc = errand_apply(&x, MINUTE);
	ck_assert_int_eq(x.plan.steps[0]->state, ends[_i].state);
	ck_assert_int_eq(rc, ends[_i].words ? -1 : 0);
	if (rc)
		account_check_words(x.e->text, ends[_i].words);
	ck_assert(plan_changes(&x.plan, false) == ends[_i].changes);
	errand_close(&x);
}
END_TEST

START_TEST(only_an_id_is_enough_to_delete)
{
	struct errand x;

	errand_open(&x, "DELETE /compute/servers/..%2F5 204");
	server_delete(&x.task, errand_json(&x, "{'id': '../5'}"), WAIT_NOT);
	ck_assert_int_eq(errand_apply(&x, MINUTE), 0);
	errand_close(&x);
}
END_TEST

/* Answers that lie about a server must not crash, nor delete another one. */
static const char *const nameless[] = { "{}", "{'name': 'web1'}",
	"{'id': 7, 'name': null}", "[]" };

START_TEST(one_without_an_id_is_not_deleted)
{
	struct errand x;

	errand_open(&x, "");
	server_delete(&x.task, errand_json(&x, nameless[_i]), WAIT_USABLE);
	ck_assert_int_eq(errand_apply(&x, MINUTE), -1);
	account_check_words(x.e->text, "no server id|!(null)");
	ck_assert(!plan_changes(&x.plan, false));
	errand_close(&x);
}
END_TEST

/* Made by an earlier run, and still being built: a wait is no change. */
START_TEST(awaits_another_ones)
{
	struct errand x;

	errand_open(&x, LIST SERVERS(IS("5", "BUILD", "")) LIST SERVERS(UP));
	server_await(&x.task, errand_json(&x, IS("5", "BUILD", "")));
	ck_assert_int_eq(errand_apply(&x, MINUTE), 0);
	ck_assert(!plan_changes(&x.plan, false));
	ck_assert_str_eq(json_str(x.plan.steps[0]->object, "status"), "ACTIVE");
	errand_close(&x);
}
END_TEST

/* Awaited only: it is not ours to remove when a signal comes. */
START_TEST(does_not_undo_what_was_there)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct errand x;

	interrupt_catch();
	errand_open(&x, LIST "signal\n");
	server_await(&x.task, errand_json(&x, IS("5", "BUILD", "")));
	ck_assert_int_eq(errand_apply(&x, MINUTE), -1);
	plan_undo(&x.plan, &x.account.cloud, removed, left);
	ck_assert_int_eq(json_size(removed), 0);
	ck_assert_int_eq(json_size(left), 0);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&x);
}
END_TEST

/* Undone as soon as it was made: a 404 may be the lag of the cloud, so it is
 * asked again for some seconds. What is gone for good is gone. */
static const struct {
	const char *script, *removed;
} undone[] = {
	{ MADE("5") LIST "signal\n" DELETE "204", "['server web1 (5)']" },
	{ MADE("5") LIST "signal\n" DELETE "404\n" DELETE "404\n" DELETE "204",
		"['server web1 (5)']" },
	{ MADE("5") LIST "signal\n+" DELETE "404", "['server web1 (5)']" },
};

START_TEST(undoes_what_is_not_seen_yet)
{
	cJSON *removed = cJSON_CreateArray(), *left = cJSON_CreateArray();
	struct errand x;

	interrupt_catch();
	errand_open(&x, undone[_i].script);
	create(&x, NULL);
	ck_assert_int_eq(errand_apply(&x, MINUTE), -1);
	plan_undo(&x.plan, &x.account.cloud, removed, left);
	errand_check_json(removed, undone[_i].removed);
	ck_assert_int_eq(json_size(left), 0);
	ck_assert_int_le(x.account.canned.now, 20000);
	cJSON_Delete(removed);
	cJSON_Delete(left);
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("server_steps");
	TCase *t = tcase_create("all");

	tcase_add_test(t, sends_what_is_wished);
	tcase_add_test(t, boots_from_a_volume);
	tcase_add_loop_test(t, marks_what_has_room, 0, COUNT(amounts));
	tcase_add_test(t, a_mark_needs_its_room_once);
	tcase_add_test(t, a_long_name_is_listed_by_its_beginning);
	tcase_add_loop_test(t, marks_what_users_add, 0, COUNT(extras));
	tcase_add_test(t, a_lost_one_without_a_mark);
	tcase_add_test(t, marks_differ);
	tcase_add_loop_test(t, waits_for_a_new_one, 0, COUNT(fates));
	tcase_add_loop_test(t, shows_what_is_known, 0, COUNT(sights));
	tcase_add_test(t, tells_of_a_twin);
	tcase_add_loop_test(t, waits_until_one_is_gone, 0, COUNT(ends));
	tcase_add_test(t, only_an_id_is_enough_to_delete);
	tcase_add_loop_test(
		t, one_without_an_id_is_not_deleted, 0, COUNT(nameless));
	tcase_add_test(t, awaits_another_ones);
	tcase_add_test(t, does_not_undo_what_was_there);
	tcase_add_loop_test(t, undoes_what_is_not_seen_yet, 0, COUNT(undone));
	suite_add_tcase(s, t);
	return s;
}
