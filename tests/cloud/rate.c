/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/rate.h"

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/match.h"
#include "tests/cloud/shape.h"

#define LIMIT_MAX 10000

/* times[]: a ring of when the latest `limit' requests came. */
struct rule {
	struct rule *next;
	cJSON *tree;
	struct match match;
	double seconds;
	double *times;
	size_t limit, n, oldest;
	enum rate_form form;
};

struct rates {
	struct rule *first;
};

static const char *const forms[] = {
	[RATE_SECONDS] = "seconds", [RATE_DATE] = "date", [RATE_NONE] = "none"
};

static const struct shape rule_shape[] = { MATCH_SHAPE,
	{ "limit", SHAPE_COUNT }, { "seconds", SHAPE_SECONDS },
	{ "retry_after", SHAPE_TEXT }, SHAPE_END };

struct rates *rates_new(void)
{
	return mem_new(sizeof(struct rates));
}

static void free_rules(struct rule *rule)
{
	struct rule *next;

	for (; rule; rule = next) {
		next = rule->next;
		match_free(&rule->match);
		cJSON_Delete(rule->tree);
		mem_free(rule->times);
		mem_free(rule);
	}
}

void rates_free(struct rates *rates)
{
	if (rates)
		free_rules(rates->first);
	mem_free(rates);
}

static bool read_form(const cJSON *rule, enum rate_form *form)
{
	const char *text = json_str(rule, "retry_after");

	for (*form = RATE_SECONDS; text && *form <= RATE_NONE; (*form)++)
		if (streq(forms[*form], text))
			return true;
	return !text;
}

static int check(const cJSON *rule, struct err *e)
{
	enum rate_form form;
	int64_t limit;

	if (shape_check(rule, rule_shape, e) < 0)
		return -1;
	limit = json_int(rule, "limit", -1);
	if (limit < 0 || limit > LIMIT_MAX)
		return err_set(e, ERR_OTHER, "limit is not 0 to %d", LIMIT_MAX);
	if (!json_member(rule, "seconds"))
		return err_set(e, ERR_OTHER, "seconds is missing");
	if (!read_form(rule, &form))
		return err_set(e, ERR_OTHER,
			"retry_after is not seconds, date or none");
	return 0;
}

static struct rule *rule_new(const cJSON *tree)
{
	struct rule *rule = mem_new(sizeof(*rule));

	rule->tree = json_copy(tree);
	rule->match = match_new(rule->tree);
	rule->limit = (size_t)json_int(tree, "limit", 0);
	rule->seconds = shape_seconds(tree, "seconds", 0);
	rule->times = mem_array(rule->limit, sizeof(*rule->times));
	read_form(tree, &rule->form);
	return rule;
}

int rates_set(struct rates *rates, const cJSON *rules, struct err *e)
{
	struct rule **end = &rates->first;

	if (!cJSON_IsArray(rules))
		return err_set(e, ERR_OTHER, "not a list");
	json_each (rule, rules) {
		if (check(rule, e) < 0)
			return -1;
	}
	free_rules(rates->first);
	rates->first = NULL;
	json_each (rule, rules) {
		*end = rule_new(rule);
		end = &(*end)->next;
	}
	return 0;
}

cJSON *rates_show(const struct rates *rates)
{
	cJSON *list = cJSON_CreateArray();

	for (const struct rule *r = rates->first; r; r = r->next)
		json_append(list, json_copy(r->tree));
	return list;
}

/* When the rule lets the next request through. */
static double free_at(const struct rule *rule, double now)
{
	if (!rule->limit)
		return now + rule->seconds;
	if (rule->n < rule->limit)
		return now;
	return rule->times[rule->oldest] + rule->seconds;
}

static void count(struct rule *rule, double now)
{
	if (!rule->limit)
		return;
	if (rule->n < rule->limit) {
		rule->times[rule->n++] = now;
		return;
	}
	rule->times[rule->oldest] = now;
	rule->oldest = (rule->oldest + 1) % rule->limit;
}

bool rates_allow(struct rates *rates, double now, const char *service,
	const char *method, const char *target, double *again,
	enum rate_form *form)
{
	for (struct rule *r = rates->first; r; r = r->next) {
		if (!match_request(&r->match, method, target, service))
			continue;
		if (free_at(r, now) <= now && r->limit)
			continue;
		*again = free_at(r, now);
		*form = r->form;
		return false;
	}
	for (struct rule *r = rates->first; r; r = r->next)
		if (match_request(&r->match, method, target, service))
			count(r, now);
	return true;
}
