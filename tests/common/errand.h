/* SPDX-License-Identifier: Apache-2.0 */
/* errand - a task on canned replies, for suites of the verbs. */
#ifndef TESTS_COMMON_ERRAND_H
#define TESTS_COMMON_ERRAND_H

#include "common/task.h"
#include "tests/common/account.h"

struct errand {
	struct account account;
	struct plan plan;
	struct task task;
	struct err *e;
};

/* The script begins behind a login. */
static inline void errand_open(struct errand *x, const char *script)
{
	char *whole = mem_printf(LOGGED_IN "%s", script);

	account_open(&x->account, whole);
	mem_free(whole);
	plan_init(&x->plan, x->account.cloud.pool);
	x->e = &x->account.e;
	x->task = (struct task){ .pool = x->account.cloud.pool,
		.cloud = &x->account.cloud,
		.plan = &x->plan,
		.result = cJSON_CreateObject(),
		.warnings = cJSON_CreateArray() };
	/* Verbs may ask nothing, so that there is no login. */
	ck_assert_int_eq(cloud_open(&x->account.cloud, x->e), 0);
}

static inline void errand_close(struct errand *x)
{
	cJSON_Delete(x->task.result);
	cJSON_Delete(x->task.warnings);
	plan_free(&x->plan);
	account_close(&x->account);
}

/* JSON with ' for ", as long as the errand lives. */
static inline cJSON *errand_json(struct errand *x, const char *text)
{
	return pool_keep(x->account.cloud.pool, json_literal(text));
}

/* Applies what was planned, and waits for so many milliseconds at most. */
static inline int errand_apply(struct errand *x, int64_t wait)
{
	return plan_apply(&x->plan, &x->account.cloud,
		x->account.canned.now + wait, x->e);
}

static inline void errand_check_json(const cJSON *have, const char *expected)
{
	cJSON *wanted = json_literal(expected);
	char *shown = json_text(have);

	ck_assert_msg(json_equal(have, wanted), "%s", shown);
	mem_free(shown);
	cJSON_Delete(wanted);
}

/* How often this was sent. */
static inline int errand_count(
	const struct errand *x, const char *method, const char *path)
{
	int count = 0;

	json_each (sent, x->account.canned.log) {
		count += streq(json_str(sent, "method"), method) &&
			 streq(json_str(sent, "path"), path);
	}
	return count;
}

#endif
