/* SPDX-License-Identifier: Apache-2.0 */
/* Looking inside trees, and building them. */
#include "common/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

static void *allocate(size_t size)
{
	return mem_new(size);
}

void json_init(void)
{
	cJSON_InitHooks(&(cJSON_Hooks){ allocate, mem_free });
}

cJSON *json_member(const cJSON *object, const char *key)
{
	return cJSON_IsObject(object)
		       ? cJSON_GetObjectItemCaseSensitive(object, key)
		       : NULL;
}

static cJSON *element(const cJSON *list, const char *position)
{
	int64_t index;

	if (!cJSON_IsArray(list) || !str_int(position, &index) || index < 0)
		return NULL;
	json_each (item, list) {
		if (index-- == 0)
			return item;
	}
	return NULL;
}

cJSON *json_get(const cJSON *value, const char *path)
{
	char *keys = mem_copy(path);
	char *rest = keys;
	cJSON *found = NULL;

	for (char *key; value && (key = strsep(&rest, "."));) {
		found = cJSON_IsArray(value) ? element(value, key)
					     : json_member(value, key);
		value = found;
	}
	mem_free(keys);
	return found;
}

const char *json_str(const cJSON *value, const char *path)
{
	return cJSON_GetStringValue(json_get(value, path));
}

bool json_is_int(const cJSON *value, int64_t *number)
{
	return cJSON_IsNumber(value) && str_int(value->valuestring, number);
}

int64_t json_int(const cJSON *value, const char *path, int64_t fallback)
{
	int64_t number;

	return json_is_int(json_get(value, path), &number) ? number : fallback;
}

bool json_bool(const cJSON *value, const char *path)
{
	return cJSON_IsTrue(json_get(value, path));
}

cJSON *json_find(const cJSON *list, const char *key, const char *value)
{
	json_each (item, list) {
		if (streq(cJSON_GetStringValue(json_member(item, key)), value))
			return item;
	}
	return NULL;
}

bool json_has_text(const cJSON *list, const char *text)
{
	json_each (item, list) {
		if (streq(cJSON_GetStringValue(item), text))
			return true;
	}
	return false;
}

int json_size(const cJSON *value)
{
	return cJSON_GetArraySize(value);
}

const char *json_scalar_text(const cJSON *value)
{
	if (cJSON_IsString(value) || cJSON_IsNumber(value))
		return value->valuestring;
	if (cJSON_IsBool(value))
		return cJSON_IsTrue(value) ? "true" : "false";
	return NULL;
}

static bool lists_equal(const cJSON *a, const cJSON *b)
{
	for (a = a->child, b = b->child; a && b; a = a->next, b = b->next)
		if (!json_equal(a, b))
			return false;
	return !a && !b;
}

static bool objects_equal(const cJSON *a, const cJSON *b)
{
	if (json_size(a) != json_size(b))
		return false;
	json_each (member, a) {
		if (!json_equal(member, json_member(b, member->string)))
			return false;
	}
	return true;
}

bool json_equal(const cJSON *a, const cJSON *b)
{
	if (!a || !b)
		return a == b;
	if ((a->type & 0xff) != (b->type & 0xff))
		return false;
	if (cJSON_IsArray(a))
		return lists_equal(a, b);
	if (cJSON_IsObject(a))
		return objects_equal(a, b);
	return streq(json_scalar_text(a), json_scalar_text(b));
}

cJSON *json_new_str(const char *text)
{
	return text ? cJSON_CreateString(text) : NULL;
}

static double number_value(const char *text)
{
	if (streq(text, "NaN"))
		return NAN;
	return strtod(text, NULL);
}

cJSON *json_new_number(const char *text)
{
	cJSON *number = cJSON_CreateNumber(number_value(text));

	number->valuestring = mem_copy(text);
	return number;
}

cJSON *json_new_int(int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	return json_new_number(text);
}

/* Python's repr(): the fewest digits that read back as the same number, with
 * an exponent below 1e-4 and from 1e16 on. */
cJSON *json_new_double(double value)
{
	char text[40];
	int digits = 0, exponent;

	if (isnan(value))
		return json_new_number("NaN");
	if (isinf(value))
		return json_new_number(value > 0 ? "Infinity" : "-Infinity");
	do
		snprintf(text, sizeof(text), "%.*e", digits, value);
	while (strtod(text, NULL) != value && ++digits < 17);
	exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
	if (exponent >= -4 && exponent < 16)
		snprintf(text, sizeof(text), "%.*f",
			digits > exponent ? digits - exponent : 1, value);
	return json_new_number(text);
}

cJSON *json_new_bool(bool truth)
{
	return cJSON_CreateBool(truth);
}

cJSON *json_copy(const cJSON *value)
{
	return value ? cJSON_Duplicate(value, true) : NULL;
}

void json_set(cJSON *object, const char *key, cJSON *value)
{
	if (!value || !key)
		cJSON_Delete(value);
	else if (json_member(object, key))
		cJSON_ReplaceItemInObjectCaseSensitive(object, key, value);
	else
		cJSON_AddItemToObject(object, key, value);
}

void json_set_str(cJSON *object, const char *key, const char *text)
{
	json_set(object, key, text ? json_new_str(text) : cJSON_CreateNull());
}

void json_append(cJSON *list, cJSON *value)
{
	if (value)
		cJSON_AddItemToArray(list, value);
}

void json_remove(cJSON *object, const char *key)
{
	cJSON_DeleteItemFromObjectCaseSensitive(object, key);
}

struct keys {
	const char *key, *then;
};

static int compare_member(const cJSON *a, const cJSON *b, const char *key)
{
	const char *x = json_scalar_text(json_member(a, key));
	const char *y = json_scalar_text(json_member(b, key));

	return strcmp(x ? x : "", y ? y : "");
}

static int compare_objects(const void *a, const void *b, void *data)
{
	const cJSON *x = *(const cJSON *const *)a;
	const cJSON *y = *(const cJSON *const *)b;
	const struct keys *keys = data;
	int order = compare_member(x, y, keys->key);

	return order ? order : compare_member(x, y, keys->then);
}

cJSON *json_sorted(const cJSON *list, const char *key, const char *then)
{
	size_t size = (size_t)json_size(list), n = 0;
	const cJSON **sorted = mem_array(size, sizeof(*sorted));
	struct keys keys = { key, then };
	cJSON *result = cJSON_CreateArray();

	json_each (item, list) {
		sorted[n++] = item;
	}
	qsort_r(sorted, n, sizeof(*sorted), compare_objects, &keys);
	for (size_t i = 0; i < n; i++)
		json_append(result, json_copy(sorted[i]));
	mem_free(sorted);
	return result;
}

static int by_key(const void *a, const void *b)
{
	const cJSON *const *x = a, *const *y = b;

	return strcmp((*x)->string, (*y)->string);
}

void json_sort_members(cJSON *tree)
{
	size_t count = (size_t)json_size(tree), n = 0;
	cJSON **members;

	json_each (member, tree)
		json_sort_members(member);
	if (!cJSON_IsObject(tree) || count < 2)
		return;
	members = mem_array(count, sizeof(*members));
	while (tree->child)
		members[n++] = cJSON_DetachItemViaPointer(tree, tree->child);
	qsort(members, n, sizeof(*members), by_key);
	for (size_t i = 0; i < n; i++)
		cJSON_AddItemToArray(tree, members[i]);
	mem_free(members);
}

cJSON *json_object_of(const struct json_pair *pairs)
{
	cJSON *object = cJSON_CreateObject();

	for (const struct json_pair *p = pairs; p->key; p++)
		json_set(object, p->key, p->value);
	return object;
}
