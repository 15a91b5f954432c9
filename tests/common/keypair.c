/* SPDX-License-Identifier: Apache-2.0 */
/* Listing key pairs, making one under a name of its own, and removing it. */
#include "common/keypair.h"
#include "tests/common/errand.h"

Suite *suite(void);

#define COUNT(table)    (sizeof(table) / sizeof(*(table)))
#define MINUTE          60000
#define LIST            "GET /compute/os-keypairs "
#define KEYPAIRS(items) "200 {'keypairs': [" items "]}\n"
#define MAKE            "POST /compute/os-keypairs "
#define MADE            "200 {'keypair': {'name': 'k', 'fingerprint': 'f'}}\n"
#define THERE           "409 {'conflictingRequest': {'message': 'k exists'}}\n"
#define DELETE          "DELETE /compute/os-keypairs/k "

/* Each is wrapped; what is not a key pair with a name is none. */
static const struct {
	const char *items, *keypairs;
} lists[] = {
	{ "", "[]" },
	{ "{'keypair': {'name': 'a', 'public_key': 'p'}}, {'keypair': {'name': "
	  "'b'}}",
		"[{'name': 'a', 'public_key': 'p'}, {'name': 'b'}]" },
	{ "{'keypair': {}}, {'keypair': {'name': null}}, {'keypair': {'name': "
	  "7}}, {'keypair': 'a'}, {}, {'keypair': {'name': 'b'}}",
		"[{'name': 'b'}]" },
};

START_TEST(lists_what_has_a_name)
{
	const cJSON *keypairs = NULL;
	struct errand x;
	char *script = mem_printf(LIST KEYPAIRS("%s"), lists[_i].items);

	errand_open(&x, script);
	ck_assert_int_eq(keypair_list(&x.task, &keypairs, x.e), 0);
	errand_check_json(keypairs, lists[_i].keypairs);
	mem_free(script);
	errand_close(&x);
}
END_TEST

START_TEST(tells_why_there_is_no_list)
{
	const cJSON *keypairs = NULL;
	struct errand x;

	errand_open(&x, LIST "403 no");
	ck_assert_int_eq(keypair_list(&x.task, &keypairs, x.e), -1);
	ck_assert_ptr_null(keypairs);
	account_check_words(x.e->text, "listing key pairs|no|403|DFW");
	errand_close(&x);
}
END_TEST

static const struct {
	const char *script;
	enum step_state state;
	bool changes;
	const char *words;
} births[] = {
	{ MAKE MADE, STEP_DONE, true, NULL },
	{ MAKE "201 {}", STEP_DONE, true, NULL },
	{ MAKE "429;retry=2\n" MAKE MADE, STEP_DONE, true, NULL },
	/* Lost, and then it is there: it was ours. */
	{ MAKE "cut\n" MAKE THERE, STEP_DONE, true, NULL },
	{ MAKE "503\n" MAKE THERE, STEP_DONE, true, NULL },
	{ MAKE "cut\n" MAKE MADE, STEP_DONE, true, NULL },
	{ MAKE "cut\n" MAKE "cut\n" MAKE THERE, STEP_DONE, true, NULL },
	/* Nobody knows, after all; it may have been made. */
	{ "+" MAKE "cut", STEP_FAILED, true, "creating key pair k" },
	/* The first word about it is that it is another's. */
	{ MAKE THERE, STEP_FAILED, false, "k exists|creating key pair k|DFW" },
	{ MAKE "refused\n" MAKE THERE, STEP_FAILED, false, "k exists" },
	{ MAKE "413 {'overLimit': {'message': 'Quota exceeded'}}", STEP_FAILED,
		false, "Quota exceeded" },
};

START_TEST(makes_one)
{
	struct errand x;
	struct step *step;
	int rc;

	errand_open(&x, births[_i].script);
	step = keypair_create(&x.task, "k", "ssh-ed25519 AAAA me");
	ck_assert_str_eq(step->id, "k");
	rc = errand_apply(&x, MINUTE);
	ck_assert_int_eq(step->state, births[_i].state);
	ck_assert_int_eq(rc, births[_i].words ? -1 : 0);
	if (rc)
		account_check_words(x.e->text, births[_i].words);
	ck_assert(plan_changes(&x.plan, false) == births[_i].changes);
	errand_check_json(
		json_member(x.account.canned.log->child->prev, "body"),
		"{'keypair': {'name': 'k', 'public_key': 'ssh-ed25519 AAAA "
		"me'}}");
	errand_close(&x);
}
END_TEST

static const struct {
	const char *script;
	enum step_state state;
	bool changes;
	const char *words;
} ends[] = {
	{ DELETE "202", STEP_DONE, true, NULL },
	{ DELETE "204", STEP_DONE, true, NULL },
	{ DELETE "404", STEP_DONE, false, NULL },
	{ DELETE "410", STEP_DONE, false, NULL },
	{ DELETE "cut\n" DELETE "404", STEP_DONE, true, NULL },
	{ DELETE "500\n" DELETE "202", STEP_DONE, true, NULL },
	{ DELETE "401\n" LOGIN ACCESS("tok-2", SERVICES) DELETE "202",
		STEP_DONE, true, NULL },
	{ "+" DELETE "500 broken", STEP_LOST, true,
		"broken|deleting key pair k|It may have" },
	{ DELETE "403 no", STEP_FAILED, false, "no (deleting key pair k" },
	{ DELETE "409 busy", STEP_FAILED, false, "busy" },
};

START_TEST(removes_one)
{
	struct errand x;
	int rc;

	errand_open(&x, ends[_i].script);
	keypair_delete(&x.task, "k");
	rc = errand_apply(&x, MINUTE);
	ck_assert_int_eq(x.plan.steps[0]->state, ends[_i].state);
	ck_assert_int_eq(rc, ends[_i].words ? -1 : 0);
	if (rc)
		account_check_words(x.e->text, ends[_i].words);
	ck_assert(plan_changes(&x.plan, false) == ends[_i].changes);
	errand_close(&x);
}
END_TEST

/* Names are the user's in other tools: anything may stand in one. */
static const struct {
	const char *name, *path;
} names[] = {
	{ "../servers/5", "/compute/os-keypairs/..%2Fservers%2F5" },
	{ "a b?c#d%e", "/compute/os-keypairs/a%20b%3Fc%23d%25e" },
};

START_TEST(a_name_is_escaped)
{
	struct errand x;
	char *script = mem_printf("DELETE %s 202", names[_i].path);

	errand_open(&x, script);
	keypair_delete(&x.task, names[_i].name);
	ck_assert_int_eq(errand_apply(&x, MINUTE), 0);
	mem_free(script);
	errand_close(&x);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("keypair");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, lists_what_has_a_name, 0, COUNT(lists));
	tcase_add_test(t, tells_why_there_is_no_list);
	tcase_add_loop_test(t, makes_one, 0, COUNT(births));
	tcase_add_loop_test(t, removes_one, 0, COUNT(ends));
	tcase_add_loop_test(t, a_name_is_escaped, 0, COUNT(names));
	suite_add_tcase(s, t);
	return s;
}
