/* SPDX-License-Identifier: Apache-2.0 */
/* A balancer's metadata, changed by as little as differs: one bulk delete, one
 * POST for the new keys, a PUT for each changed one (load-balancers.md A4). */
#include "common/balancer.h"
#include "common/str.h"

/* Ids in one bulk delete. */
#define DELETE_MAX 10

static const char *id_of(const cJSON *item)
{
	const char *id = json_scalar_text(json_member(item, "id"));

	return id ? id : "";
}

static bool is_ours(const char *key)
{
	return str_starts(key, "ansible-");
}

static bool only_ours(const cJSON *wanted)
{
	json_each (pair, wanted) {
		if (!is_ours(pair->string))
			return false;
	}
	return json_size(wanted) > 0;
}

/* Whether the item has to go: named as null, or not named where the names are
 * the whole. The mark of its creation stays. */
static bool is_unwanted(const cJSON *item, const cJSON *wanted)
{
	const char *key = json_str(item, "key");
	const cJSON *value = key ? json_member(wanted, key) : NULL;

	if (!key || streq(key, PLAN_MARK_KEY))
		return false;
	if (value)
		return cJSON_IsNull(value);
	return !is_ours(key) && !only_ours(wanted);
}

static const cJSON *as_object(struct task *t, const cJSON *items)
{
	cJSON *object = pool_keep(t->pool, cJSON_CreateObject());

	json_each (item, items) {
		const char *key = json_str(item, "key");

		if (key)
			json_set(object, key,
				json_copy(json_member(item, "value")));
	}
	return object;
}

/* One bulk delete of the items that the list names, and empties it. */
static void remove_items(struct task *t, const cJSON *balancer, cJSON *items,
	enum step_wait wait)
{
	struct str query;
	struct step *step;

	if (!items->child)
		return;
	str_init(&query, HTTP_ANSWER_MAX);
	json_each (item, items) {
		str_addf(&query, "%cid=%s", query.length ? '&' : '?',
			cloud_escape(t->cloud, id_of(item)));
	}
	step = balancer_change(t, balancer, "DELETE",
		pool_printf(t->pool, "/metadata%s", query.text), NULL,
		"removing metadata of", wait);
	step->was = as_object(t, items);
	str_free(&query);
	while (items->child)
		cJSON_Delete(cJSON_DetachItemFromArray(items, 0));
}

static void remove_unwanted(struct task *t, const cJSON *balancer,
	const cJSON *wanted, enum step_wait wait)
{
	cJSON *unwanted = cJSON_CreateArray();

	json_each (item, json_member(balancer, "metadata")) {
		/* Without an id the path would mean all of them. */
		if (!*id_of(item) || !is_unwanted(item, wanted))
			continue;
		json_append(unwanted, json_copy(item));
		if (json_size(unwanted) == DELETE_MAX)
			remove_items(t, balancer, unwanted, wait);
	}
	remove_items(t, balancer, unwanted, wait);
	cJSON_Delete(unwanted);
}

static cJSON *new_item(const cJSON *pair)
{
	return json_object(JSON_STR("key", pair->string),
		JSON_STR("value", pair->valuestring));
}

static void change_one(struct task *t, const cJSON *balancer, const cJSON *item,
	const cJSON *value, enum step_wait wait)
{
	const cJSON *body = pool_keep(t->pool,
		json_object(JSON_TAKE("meta",
			json_object(JSON_STR("value", value->valuestring)))));
	struct step *step = balancer_change(t, balancer, "PUT",
		pool_printf(t->pool, "/metadata/%s",
			cloud_escape(t->cloud, id_of(item))),
		body, "changing metadata of", wait);

	step->was = pool_keep(t->pool, json_object(JSON_COPY(value->string,
					       json_member(item, "value"))));
	step->becomes = pool_keep(
		t->pool, json_object(JSON_COPY(value->string, value)));
}

static void add_new(struct task *t, const cJSON *balancer, cJSON *fresh,
	enum step_wait wait)
{
	const cJSON *body;
	struct step *step;

	if (!fresh->child) {
		cJSON_Delete(fresh);
		return;
	}
	body = pool_keep(t->pool, json_object(JSON_TAKE("metadata", fresh)));
	step = balancer_change(t, balancer, "POST", "/metadata", body,
		"adding metadata to", wait);
	step->becomes = as_object(t, fresh);
}

/* The items as they will be. */
static cJSON *predicted(const cJSON *items, const cJSON *wanted)
{
	cJSON *list = cJSON_CreateArray();

	json_each (item, items) {
		const char *key = json_str(item, "key");
		const cJSON *value = key ? json_member(wanted, key) : NULL;
		cJSON *copy;

		if (is_unwanted(item, wanted))
			continue;
		copy = json_copy(item);
		json_set(copy, "value", json_copy(value));
		json_append(list, copy);
	}
	json_each (pair, wanted) {
		if (!cJSON_IsNull(pair) &&
			!json_find(items, "key", pair->string))
			json_append(list, new_item(pair));
	}
	return list;
}

void balancer_set_metadata(struct task *t, const cJSON *balancer,
	const cJSON *wanted, enum step_wait wait)
{
	const cJSON *items = json_member(balancer, "metadata");
	cJSON *fresh = cJSON_CreateArray();
	size_t before = t->plan->count;
	cJSON *after;

	remove_unwanted(t, balancer, wanted, wait);
	json_each (pair, wanted) {
		const cJSON *item = json_find(items, "key", pair->string);
		const char *value =
			json_scalar_text(json_member(item, "value"));

		if (cJSON_IsNull(pair))
			continue;
		if (!item)
			json_append(fresh, new_item(pair));
		else if (!streq(value, pair->valuestring))
			change_one(t, balancer, item, pair, wait);
	}
	add_new(t, balancer, fresh, wait);
	if (t->plan->count == before)
		return;
	after = balancer_so_far(t, balancer);
	json_set(after, "metadata", predicted(items, wanted));
	t->plan->steps[t->plan->count - 1]->object = after;
}
