/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals of the provider, in all their wordings (load-balancers.md A1), and
 * answers that are lost; beyond what modules/rax_clb.c shows. */
#include "common/balancer.h"
#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))
#define MINUTE       60000
#define PUT          "PUT /balancer/loadbalancers/7 "
#define DELETE       "DELETE /balancer/loadbalancers/7 "
#define GET          "GET /balancer/loadbalancers/7 "
#define IS(status)   "200 {'loadBalancer': {'id': 7, 'status': '" status "'}}\n"
#define IMMUTABLE(status)                                                      \
	"422 {'code': 422, 'message': 'Load Balancer \\u00277\\u0027 has a "   \
	"status of \\u0027" status "\\u0027 and is considered immutable.'}\n"
#define BULK "400 {'message': 'Must provide valid load balancers: 7 "

/* A change, and whether it is sent again. */
static const struct {
	const char *script;
	int sends;
	enum step_state state;
	const char *words;
} updates[] = {
	{ PUT "200", 1, STEP_DONE, NULL },
	{ PUT "201", 1, STEP_DONE, NULL },
	{ PUT "204", 1, STEP_DONE, NULL },
	{ PUT IMMUTABLE("PENDING_UPDATE") GET IS("ACTIVE") PUT "202", 2,
		STEP_DONE, NULL },
	{ PUT IMMUTABLE("BUILD") GET IS("ACTIVE") PUT "202", 2, STEP_DONE,
		NULL },
	{ PUT IMMUTABLE("PENDING-UPDATE") GET IS("PENDING-UPDATE")
			GET IS("ACTIVE") PUT "202",
		2, STEP_DONE, NULL },
	{ PUT "422 {'message': 'LoadBalancer is not ACTIVE'}\n" GET IS("ACTIVE")
			PUT "202",
		2, STEP_DONE, NULL },
	{ PUT "413;retry=2 {'overLimit': {'message': 'OverLimit Retry...'}}"
	      "\n" PUT "202",
		1, STEP_DONE, NULL },
	/* For good. */
	{ PUT IMMUTABLE("ERROR"), 1, STEP_FAILED, "'ERROR'" },
	{ PUT IMMUTABLE("SUSPENDED"), 1, STEP_FAILED, "'SUSPENDED'" },
	{ PUT IMMUTABLE("PENDING_DELETE"), 1, STEP_FAILED, "PENDING_DELETE" },
	{ PUT IMMUTABLE("DELETED"), 1, STEP_FAILED, "DELETED" },
	{ PUT "422 {'message': 'The load balancer is deleted and considered "
	      "immutable.'}",
		1, STEP_FAILED, "is deleted" },
	{ PUT IMMUTABLE("PENDING_UPDATE") GET IS("ERROR"), 1, STEP_FAILED,
		"'ERROR'|load balancer 7" },
	{ PUT IMMUTABLE("PENDING_UPDATE") GET IS("PENDING_DELETE"), 1,
		STEP_FAILED, "PENDING_DELETE|load balancer 7" },
	{ PUT "413 {'message': 'Nodes must not exceed 25 per load balancer.'}",
		1, STEP_FAILED, "must not exceed 25" },
	{ PUT "400 {'message': 'Validation Failure', 'validationErrors': "
	      "{'messages': ['Port is bad.']}}",
		1, STEP_FAILED, "Port is bad." },
	{ PUT "404 {'message': 'Load balancer not found'}", 1, STEP_FAILED,
		"not found" },
	{ PUT "422", 1, STEP_FAILED, "HTTP 422" },
};

START_TEST(changes_when_it_can)
{
	struct errand x;
	int rc;

	errand_open(&x, updates[_i].script);
	balancer_update(&x.task,
		errand_json(&x, "{'id': 7, 'status': 'ACTIVE', 'port': 80}"),
		errand_json(&x, "{'port': 81}"), WAIT_NOT);
	rc = errand_apply(&x, MINUTE);
	ck_assert_int_eq(x.plan.steps[0]->state, updates[_i].state);
	ck_assert_int_eq(x.plan.steps[0]->sends, updates[_i].sends);
	ck_assert_int_eq(rc, updates[_i].words ? -1 : 0);
	if (rc)
		account_check_words(x.e->text, updates[_i].words);
	errand_close(&x);
}
END_TEST

/* Waiting for ACTIVE ends at once where that never comes. */
static const struct {
	const char *script;
	enum step_state state;
	const char *words;
} ends[] = {
	{ PUT "202\n" GET IS("PENDING_UPDATE") GET "503\n" GET IS("ACTIVE"),
		STEP_DONE, NULL },
	{ PUT "202\n" GET IS("PENDING_UPDATE") GET IS("ERROR"), STEP_FAILED,
		"status of 'ERROR'|changing load balancer 7" },
	{ PUT "202\n" GET IS("PENDING_DELETE"), STEP_FAILED,
		"status of 'PENDING_DELETE'" },
	{ PUT "202\n" GET IS("PENDING_UPDATE") GET
		"404 {'message': 'Load balancer not found'}",
		STEP_FAILED, "not found|changing load balancer 7" },
};

START_TEST(waits_for_nothing_that_never_comes)
{
	struct errand x;

	errand_open(&x, ends[_i].script);
	balancer_update(&x.task,
		errand_json(&x, "{'id': 7, 'status': 'ACTIVE', 'port': 80}"),
		errand_json(&x, "{'port': 81}"), WAIT_USABLE);
	ck_assert_int_eq(errand_apply(&x, MINUTE), ends[_i].words ? -1 : 0);
	ck_assert_int_eq(x.plan.steps[0]->state, ends[_i].state);
	ck_assert(plan_changes(&x.plan, false));
	if (ends[_i].words)
		account_check_words(x.e->text, ends[_i].words);
	errand_close(&x);
}
END_TEST

/* A part is switched off: what is off already is what was wanted, also when the
 * answer to the request that did it was lost. */
#define OFF "DELETE /balancer/loadbalancers/7/sessionpersistence "

static const struct {
	const char *script;
	enum step_state state;
	bool changes;
} offs[] = {
	{ OFF "202", STEP_DONE, true },
	{ OFF "422 {'message': 'Session persistence is not set'}", STEP_DONE,
		false },
	{ OFF "cut\n" OFF "422 {'message': 'Session persistence is not set'}",
		STEP_DONE, true },
	{ OFF "cut\n" OFF IMMUTABLE("PENDING_UPDATE") GET IS("ACTIVE") OFF
		"404",
		STEP_DONE, true },
	{ OFF IMMUTABLE("ERROR"), STEP_FAILED, false },
	{ OFF "400 no", STEP_FAILED, false },
};

START_TEST(switches_off)
{
	struct errand x;

	errand_open(&x, offs[_i].script);
	balancer_set_persistence(&x.task,
		errand_json(&x, "{'id': 7, 'status': 'ACTIVE'}"), NULL,
		WAIT_NOT);
	errand_apply(&x, MINUTE);
	ck_assert_int_eq(x.plan.steps[0]->state, offs[_i].state);
	ck_assert(plan_changes(&x.plan, false) == offs[_i].changes);
	errand_close(&x);
}
END_TEST

/* Parts that have gone meanwhile ask for a new plan; nothing else does. */
static const struct {
	const char *method, *path, *outcome;
	enum err_code code;
} changed[] = {
	{ "PUT", "/nodes/5", "404 {'message': 'Node not found'}", ERR_CHANGED },
	{ "PUT", "/nodes", "405", ERR_CHANGED },
	{ "PUT", "/nodes",
		"400 {'message': ['JSON does not match the expected schema']}",
		ERR_CHANGED },
	{ "PUT", "/nodes",
		"400 {'message': 'Validation Failure', 'validationErrors': "
		"{'messages': ['Node weight is invalid.']}}",
		ERR_OTHER },
	{ "PUT", "/nodes/5",
		"400 {'message': ['JSON does not match the expected schema']}",
		ERR_OTHER },
	{ "PUT", "/nodes/5", "400 no", ERR_OTHER },
	{ "PUT", "/metadata/5", "404", ERR_CHANGED },
	{ "PUT", "/metadata/5", "400 no", ERR_OTHER },
	{ "POST", "/nodes",
		"413 {'message': 'Duplicate nodes detected. One or more nodes "
		"already configured on load balancer.'}",
		ERR_CHANGED },
	{ "POST", "/nodes",
		"422 {'message': 'Duplicate nodes detected. One or more nodes "
		"already configured on load balancer.'}",
		ERR_CHANGED },
	{ "POST", "/nodes",
		"413 {'message': 'Nodes must not exceed 25 per load "
		"balancer.'}",
		ERR_OTHER },
	{ "POST", "/nodes", "cut", ERR_LOST },
	{ "PUT", "/healthmonitor", "404", ERR_ABSENT },
};

START_TEST(plans_anew_when_a_part_has_gone)
{
	struct errand x;
	char *script = mem_printf("%s /balancer/loadbalancers/7%s %s",
		changed[_i].method, changed[_i].path, changed[_i].outcome);

	errand_open(&x, script);
	balancer_change(&x.task,
		errand_json(&x, "{'id': 7, 'status': 'ACTIVE'}"),
		changed[_i].method, changed[_i].path, NULL, "changing",
		WAIT_NOT);
	ck_assert_int_eq(errand_apply(&x, MINUTE), -1);
	ck_assert_int_eq(x.e->code, changed[_i].code);
	errand_close(&x);
	mem_free(script);
}
END_TEST

/* A removal, waited for until it is gone. */
static const struct {
	const char *script;
	enum step_state state;
	bool changes;
	const char *words;
} removals[] = {
	{ GET IS("ACTIVE") DELETE "202\n" GET "404", STEP_DONE, true, NULL },
	{ GET IS("ACTIVE") DELETE "202\n" GET IS("PENDING_DELETE")
			GET IS("DELETED"),
		STEP_DONE, true, NULL },
	{ GET IS("ACTIVE") DELETE "202\n" GET "410 {'message': 'deleted'}",
		STEP_DONE, true, NULL },
	/* From ERROR it can be deleted, and while it is built it waits. */
	{ GET IS("ERROR") DELETE "202\n" GET "404", STEP_DONE, true, NULL },
	{ GET IS("BUILD") GET IS("ACTIVE") DELETE "202\n" GET "404", STEP_DONE,
		true, NULL },
	{ GET IS("ACTIVE") DELETE IMMUTABLE("PENDING_UPDATE") GET IS(
		  "PENDING_UPDATE") GET IS("ACTIVE") DELETE "202\n" GET "404",
		STEP_DONE, true, NULL },
	/* It is going, or has gone, already. */
	{ GET "404\n" DELETE "404", STEP_DONE, false, NULL },
	{ GET IS("ACTIVE") DELETE "404", STEP_DONE, false, NULL },
	/* Whoever waits waits until it has gone. */
	{ GET IS("ACTIVE") DELETE IMMUTABLE("PENDING_DELETE")
			GET IS("PENDING_DELETE") GET "404",
		STEP_DONE, false, NULL },
	{ GET IS("ACTIVE") DELETE IMMUTABLE("PENDING_DELETE") "+" GET IS(
		  "PENDING_DELETE"),
		STEP_LATE, false, "Timeout" },
	{ GET IS("ACTIVE") DELETE "422 {'message': 'The load balancer is "
				  "deleted and considered immutable.'}",
		STEP_DONE, false, NULL },
	{ GET IS("ACTIVE") DELETE BULK "could not be found.'}", STEP_DONE,
		false, NULL },
	{ GET IS("PENDING_DELETE") DELETE BULK
		"are immutable and could not be processed.'}\n" GET "404",
		STEP_DONE, false, NULL },
	{ GET IS("ACTIVE") DELETE "403 no", STEP_FAILED, false,
		"no (deleting" },
	/* It was this run that did it. */
	{ GET IS("ACTIVE") DELETE "cut\n" DELETE IMMUTABLE("PENDING_DELETE") GET
		"404",
		STEP_DONE, true, NULL },
	/* An answer that says nothing is no balancer that is ready. */
	{ GET "200 {}", STEP_FAILED, false, "no \"loadBalancer\"" },
};

START_TEST(removes_when_it_can)
{
	struct errand x;
	int rc;

	errand_open(&x, removals[_i].script);
	balancer_delete(&x.task,
		errand_json(&x, "{'id': 7, 'status': 'PENDING_UPDATE'}"),
		WAIT_USABLE);
	rc = errand_apply(&x, MINUTE);
	ck_assert_msg(
		rc == (removals[_i].words ? -1 : 0), "%s", rc ? x.e->text : "");
	ck_assert_int_eq(x.plan.steps[0]->state, removals[_i].state);
	if (rc)
		account_check_words(x.e->text, removals[_i].words);
	ck_assert(plan_changes(&x.plan, false) == removals[_i].changes);
	errand_close(&x);
}
END_TEST

#define POST       "POST /balancer/loadbalancers "
#define LIST(more) "GET /balancer/loadbalancers?name=edge&limit=100" more " "
#define FOUND      "200 {'loadBalancers': [{'id': 7, 'name': 'edge'}]}\n"
#define NONE       "200 {'loadBalancers': []}\n"

/* A read of what may be the lost one, other than "it is not there": nobody
 * knows whether it is ours, so another one must not be made. */
static const char *const unreadable[] = { "403 no", "503 down", "cut",
	"refused", "200 {}", "200 <html>" };

static struct step *create(struct errand *x)
{
	return balancer_create(&x->task,
		&(struct balancer_wish){ .name = "edge",
			.protocol = "HTTP",
			.algorithm = "RANDOM",
			.vip_type = "PUBLIC",
			.port = 80,
			.timeout = 30 },
		WAIT_NOT);
}

START_TEST(a_lost_one_that_cannot_be_read)
{
	char *script = mem_printf(POST "cut\n+" LIST("") FOUND
		"+" LIST("&marker=7") NONE "+" GET "%s\n+" POST
					   "202 {'loadBalancer': {'id': 8}}",
		unreadable[_i]);
	struct errand x;

	errand_open(&x, script);
	create(&x);
	ck_assert_int_eq(errand_apply(&x, MINUTE), -1);
	ck_assert_int_eq(
		errand_count(&x, "POST", "/balancer/loadbalancers"), 1);
	ck_assert(plan_changes(&x.plan, false));
	errand_close(&x);
	mem_free(script);
}
END_TEST

/* The mark is what tells: it is put into the script when it is known. */
START_TEST(a_lost_one_is_known_by_its_mark)
{
	struct errand x;
	struct step *step;
	struct canned found;
	char *script;

	errand_open(&x, POST "cut\n" LIST("") FOUND LIST("&marker=7") NONE);
	step = create(&x);
	script = mem_printf(GET "200 {'loadBalancer': {'id': 7, 'status': "
				"'BUILD', 'metadata': [{'key': 'ansible-run', "
				"'value': '%s'}]}}",
		step->mark);
	canned_open(&found, script);
	x.account.canned.lines[x.account.canned.count++] = found.lines[0];
	ck_assert_int_eq(errand_apply(&x, MINUTE), 0);
	ck_assert_str_eq(step->id, "7");
	ck_assert(step->took);
	ck_assert_int_eq(
		errand_count(&x, "POST", "/balancer/loadbalancers"), 1);
	cJSON_Delete(found.log);
	errand_close(&x);
	mem_free(found.script);
	mem_free(script);
}
END_TEST

/* A shared address belongs to a balancer that may be changing. */
START_TEST(a_busy_address_is_waited_for)
{
	struct errand x;

	errand_open(&x, POST IMMUTABLE("PENDING_UPDATE") POST
		"202 {'loadBalancer': {'id': 8}}");
	ck_assert_str_eq(create(&x)->method, "POST");
	ck_assert_int_eq(errand_apply(&x, MINUTE), 0);
	ck_assert_str_eq(x.plan.steps[0]->id, "8");
	errand_close(&x);
}
END_TEST

static const char *const answers[] = { "202", "202 {}",
	"202 {'loadBalancer': {}}", "202 {'loadBalancer': {'id': ''}}",
	"202 {'loadBalancer': {'id': null}}", "202 []" };

START_TEST(an_answer_must_have_an_id)
{
	char *script = mem_printf(POST "%s\n+GET /balancer/loadbalancers"
				       "?name=edge&limit=100 200 "
				       "{'loadBalancers': []}",
		answers[_i]);
	struct errand x;

	errand_open(&x, script);
	create(&x);
	ck_assert_int_eq(errand_apply(&x, MINUTE), -1);
	account_check_words(x.e->text, "edge|DFW");
	ck_assert(plan_changes(&x.plan, false));
	errand_close(&x);
	mem_free(script);
}
END_TEST

/* What a wish becomes. */
static const struct {
	struct balancer_wish wish;
	const char *metadata, *body;
} wishes[] = {
	{ { .name = "edge", .vip_type = "SERVICENET", .port = 80 }, NULL,
		"{'name': 'edge', 'port': 80, 'timeout': 0, 'virtualIps': "
		"[{'type': 'SERVICENET'}], 'metadata': []}" },
	/* A shared address is named by its id alone. */
	{ { .name = "edge", .vip_type = "PUBLIC", .vip_id = "4711" }, NULL,
		"{'name': 'edge', 'port': 0, 'timeout': 0, 'virtualIps': "
		"[{'id': 4711}], 'metadata': []}" },
	{ { .name = "edge", .vip_type = "PUBLIC", .persistence = "" },
		"{'a': '1', 'b': null}",
		"{'name': 'edge', 'port': 0, 'timeout': 0, 'virtualIps': "
		"[{'type': 'PUBLIC'}], 'metadata': [{'key': 'a', 'value': "
		"'1'}]}" },
};

START_TEST(sends_what_is_wished)
{
	struct balancer_wish wish = wishes[_i].wish;
	struct errand x;
	struct step *step;
	cJSON *body;

	errand_open(&x, "");
	if (wishes[_i].metadata)
		wish.metadata = errand_json(&x, wishes[_i].metadata);
	step = balancer_create(&x.task, &wish, WAIT_NOT);
	body = pool_keep(x.task.pool, json_copy(step->body));
	ck_assert_uint_eq(strlen(step->mark), 32);
	plan_hide_marks(body);
	errand_check_json(json_member(body, "loadBalancer"), wishes[_i].body);
	errand_close(&x);
}
END_TEST

/* 25 items are the provider's limit. */
START_TEST(full_metadata_has_no_mark)
{
	struct balancer_wish wish = { .name = "edge", .vip_type = "PUBLIC" };
	struct errand x;
	cJSON *metadata;

	errand_open(&x, "");
	metadata = errand_json(&x, "{}");
	for (int i = 0; i < 24 + _i; i++)
		json_set_str(metadata, pool_printf(x.task.pool, "k%d", i), "v");
	wish.metadata = metadata;
	ck_assert((balancer_create(&x.task, &wish, WAIT_NOT)->mark != NULL) ==
		  (_i == 0));
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("balancer_steps");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, changes_when_it_can, 0, COUNT(updates));
	tcase_add_loop_test(
		t, waits_for_nothing_that_never_comes, 0, COUNT(ends));
	tcase_add_loop_test(t, switches_off, 0, COUNT(offs));
	tcase_add_loop_test(
		t, plans_anew_when_a_part_has_gone, 0, COUNT(changed));
	tcase_add_loop_test(t, removes_when_it_can, 0, COUNT(removals));
	tcase_add_loop_test(
		t, a_lost_one_that_cannot_be_read, 0, COUNT(unreadable));
	tcase_add_test(t, a_lost_one_is_known_by_its_mark);
	tcase_add_test(t, a_busy_address_is_waited_for);
	tcase_add_loop_test(t, an_answer_must_have_an_id, 0, COUNT(answers));
	tcase_add_loop_test(t, sends_what_is_wished, 0, COUNT(wishes));
	tcase_add_loop_test(t, full_metadata_has_no_mark, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
