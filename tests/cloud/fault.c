/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/fault.h"

#include <string.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/match.h"
#include "tests/cloud/shape.h"

struct rule {
	struct rule *next;
	cJSON *tree; /* as it was given */
	struct match match;
	int64_t after, times, seen, used;
};

struct faults {
	struct rule *first;
};

static const struct shape request_shape[] = { MATCH_SHAPE,
	{ "after", SHAPE_COUNT }, { "times", SHAPE_COUNT },
	{ "delay", SHAPE_SECONDS }, { "late", SHAPE_SECONDS },
	{ "status", SHAPE_STATUS }, { "body", SHAPE_ANY },
	{ "headers", SHAPE_TEXTS }, { "content_type", SHAPE_TEXT },
	{ "raw", SHAPE_TEXT }, { "raw_repeat", SHAPE_OBJECT },
	{ "cut", SHAPE_TEXT }, { "done", SHAPE_BOOL }, { "stall", SHAPE_BOOL },
	SHAPE_END };

static const struct shape repeat_shape[] = { { "text", SHAPE_TEXT },
	{ "times", SHAPE_COUNT }, SHAPE_END };

static const struct shape thing_shape[] = { { "server", SHAPE_OBJECT },
	{ "image", SHAPE_OBJECT }, { "after", SHAPE_COUNT },
	{ "times", SHAPE_COUNT }, SHAPE_END };

static const struct shape server_shape[] = { { "name", SHAPE_REGEX },
	{ "fault", SHAPE_TEXT }, { "stuck", SHAPE_BOOL }, { "app", SHAPE_TEXT },
	{ "down_after", SHAPE_SECONDS }, { "health_status", SHAPE_STATUS },
	{ "health_path", SHAPE_TEXT }, { "sshd", SHAPE_TEXT }, SHAPE_END };

static const struct shape image_shape[] = { { "name", SHAPE_REGEX },
	{ "fault", SHAPE_TEXT }, { "stuck", SHAPE_BOOL },
	{ "vanish", SHAPE_BOOL }, SHAPE_END };

static const char *const cuts[] = { [FAULT_BEFORE] = "before",
	[FAULT_AFTER] = "after",
	[FAULT_MIDDLE] = "middle" };

struct faults *faults_new(void)
{
	return mem_new(sizeof(struct faults));
}

static void free_rules(struct rule *rule)
{
	struct rule *next;

	for (; rule; rule = next) {
		next = rule->next;
		match_free(&rule->match);
		cJSON_Delete(rule->tree);
		mem_free(rule);
	}
}

void faults_free(struct faults *faults)
{
	if (faults)
		free_rules(faults->first);
	mem_free(faults);
}

static enum fault_cut cut_of(const cJSON *rule)
{
	const char *cut = json_str(rule, "cut");

	for (enum fault_cut c = FAULT_BEFORE; cut && c <= FAULT_MIDDLE; c++)
		if (streq(cuts[c], cut))
			return c;
	return FAULT_NO_CUT;
}

static int check_request_rule(const cJSON *rule, struct err *e)
{
	const cJSON *repeat = json_member(rule, "raw_repeat");

	if (shape_check(rule, request_shape, e) < 0)
		return -1;
	if (repeat && shape_check(repeat, repeat_shape, e) < 0)
		return err_add(e, "raw_repeat");
	if (json_member(rule, "cut") && cut_of(rule) == FAULT_NO_CUT)
		return err_set(
			e, ERR_OTHER, "cut is not before, after or middle");
	if (cut_of(rule) == FAULT_AFTER && json_member(rule, "status") &&
		!json_bool(rule, "done"))
		return err_set(e, ERR_OTHER,
			"cut after is for what is done, with a status only "
			"where \"done\" is true");
	return 0;
}

static bool is_sshd(const char *text)
{
	int64_t seconds;

	if (str_starts(text, "late:"))
		return str_int(text + strlen("late:"), &seconds) &&
		       seconds >= 0;
	return streq(text, "none") || streq(text, "silent") ||
	       streq(text, "other-key");
}

static int check_rule(const cJSON *rule, struct err *e)
{
	const cJSON *server = json_member(rule, "server");
	const cJSON *image = json_member(rule, "image");
	const char *app = json_str(server, "app");
	const char *sshd = json_str(server, "sshd");

	if (!server && !image)
		return check_request_rule(rule, e);
	if (shape_check(rule, thing_shape, e) < 0)
		return -1;
	if (server && shape_check(server, server_shape, e) < 0)
		return err_add(e, "server");
	if (app && !streq(app, "none"))
		return err_set(e, ERR_OTHER, "server: app is not none");
	if (sshd && !is_sshd(sshd))
		return err_set(e, ERR_OTHER,
			"server: sshd is not none, silent, other-key or "
			"late:S");
	if (image && shape_check(image, image_shape, e) < 0)
		return err_add(e, "image");
	return 0;
}

static struct rule *rule_new(const cJSON *tree)
{
	struct rule *rule = mem_new(sizeof(*rule));

	rule->tree = json_copy(tree);
	rule->match = match_new(rule->tree);
	rule->after = json_int(tree, "after", 0);
	rule->times = json_int(tree, "times", 1);
	return rule;
}

int faults_set(
	struct faults *faults, const cJSON *rules, bool more, struct err *e)
{
	struct rule **end = &faults->first;

	if (!cJSON_IsArray(rules))
		return err_set(e, ERR_OTHER, "not a list");
	json_each (rule, rules) {
		if (check_rule(rule, e) < 0)
			return -1;
	}
	if (!more) {
		free_rules(faults->first);
		faults->first = NULL;
	}
	while (*end)
		end = &(*end)->next;
	json_each (rule, rules) {
		*end = rule_new(rule);
		end = &(*end)->next;
	}
	return 0;
}

cJSON *faults_show(const struct faults *faults)
{
	cJSON *list = cJSON_CreateArray();

	for (const struct rule *r = faults->first; r; r = r->next) {
		cJSON *rule = json_copy(r->tree);

		json_set(rule, "seen", json_new_int(r->seen));
		json_set(rule, "used", json_new_int(r->used));
		json_append(list, rule);
	}
	return list;
}

/* A match is counted; whether the rule acts on it. */
static bool use(struct rule *rule)
{
	if (rule->seen++ < rule->after)
		return false;
	if (rule->times && rule->used == rule->times)
		return false;
	rule->used++;
	return true;
}

/* A text as it is, a tree as JSON. */
static const char *body_text(const cJSON *body, struct pool *pool)
{
	char *text, *kept;

	if (cJSON_IsString(body))
		return pool_copy(pool, body->valuestring);
	text = json_text(body);
	kept = pool_copy(pool, text);
	mem_free(text);
	return kept;
}

static const char *pool_text(
	const cJSON *rule, const char *name, struct pool *pool)
{
	const char *text = json_str(rule, name);

	return text ? pool_copy(pool, text) : NULL;
}

static struct fault fault_of(const cJSON *rule, struct pool *pool)
{
	const cJSON *body = json_member(rule, "body");
	const cJSON *raw = json_member(rule, "raw");
	const cJSON *repeat = json_member(rule, "raw_repeat");
	const cJSON *headers = json_member(rule, "headers");
	struct fault f = { .delay = shape_seconds(rule, "delay", 0),
		.late = shape_seconds(rule, "late", 0),
		.cut = cut_of(rule),
		.done = json_bool(rule, "done"),
		.stall = json_bool(rule, "stall") };

	f.status =
		(int)json_int(rule, "status", body || raw || repeat ? 200 : 0);
	if (raw || body)
		f.body = body_text(raw ? raw : body, pool);
	f.repeat = pool_text(repeat, "text", pool);
	f.times = (size_t)json_int(repeat, "times", 1);
	f.type = pool_text(rule, "content_type", pool);
	if (!f.type)
		f.type = "application/json";
	f.headers = headers ? pool_keep(pool, json_copy(headers)) : NULL;
	return f;
}

struct fault faults_request(struct faults *faults, const char *method,
	const char *target, const char *service, struct pool *pool)
{
	for (struct rule *r = faults->first; r; r = r->next) {
		if (json_member(r->tree, "server") ||
			json_member(r->tree, "image"))
			continue;
		if (match_request(&r->match, method, target, service) && use(r))
			return fault_of(r->tree, pool);
	}
	return (struct fault){ 0 };
}

const cJSON *faults_thing(
	struct faults *faults, const char *kind, const char *name)
{
	for (struct rule *r = faults->first; r; r = r->next) {
		const cJSON *thing = json_member(r->tree, kind);

		if (thing && match_name(thing, name) && use(r))
			return thing;
	}
	return NULL;
}
