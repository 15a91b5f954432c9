/* SPDX-License-Identifier: Apache-2.0 */
#include "common/result.h"

#include "common/censor.h"
#include "common/mem.h"
#include "common/opt_python.h"

static void add_once(cJSON *list, cJSON *item)
{
	json_each (known, list) {
		if (json_equal(known, item)) {
			cJSON_Delete(item);
			return;
		}
	}
	json_append(list, item);
}

/* A warning is a text. */
static cJSON *warning_of(const cJSON *value)
{
	char *text;
	cJSON *warning;

	if (cJSON_IsNull(value))
		return NULL;
	text = opt_python_str(value);
	warning = json_new_str(text);
	mem_free(text);
	return warning;
}

/* A deprecation is an object; its text alone and [text, version] stand for
 * one. */
static cJSON *deprecation_of(const cJSON *value)
{
	if (cJSON_IsObject(value))
		return json_copy(value);
	if (cJSON_IsArray(value) && json_size(value) == 2)
		return json_object(JSON_COPY("msg", json_get(value, "0")),
			JSON_COPY("version", json_get(value, "1")));
	return json_object(JSON_TAKE("msg", warning_of(value)));
}

/* Adds the items of a list, or what is no list as the only item. */
static void add_all(
	cJSON *to, const cJSON *from, cJSON *(*convert)(const cJSON *value))
{
	cJSON *item;

	if (!from)
		return;
	if (!cJSON_IsArray(from)) {
		item = convert(from);
		if (item)
			add_once(to, item);
		return;
	}
	json_each (value, from) {
		item = convert(value);
		if (item)
			add_once(to, item);
	}
}

/* The member becomes the list; an empty one leaves it as it was. */
static void set_list(cJSON *result, const char *key, cJSON *list)
{
	if (list->child)
		json_set(result, key, list);
	else
		cJSON_Delete(list);
}

static void merge(cJSON *result, const struct opt_checked *checked,
	const struct result_extra *extra)
{
	cJSON *warnings = cJSON_CreateArray();
	cJSON *deprecations = cJSON_CreateArray();

	add_all(warnings, checked->warnings, warning_of);
	add_all(warnings, extra->warnings, warning_of);
	add_all(warnings, json_member(result, "warnings"), warning_of);
	set_list(result, "warnings", warnings);
	add_all(deprecations, checked->deprecations, deprecation_of);
	add_all(deprecations, json_member(result, "deprecations"),
		deprecation_of);
	set_list(result, "deprecations", deprecations);
}

static cJSON *finish(const struct opt_checked *checked, cJSON *result,
	const struct result_extra *extra)
{
	static const struct result_extra nothing;
	cJSON *secrets = cJSON_CreateArray(), *clean;

	extra = extra ? extra : &nothing;
	if (!json_member(result, "invocation") && !extra->no_invocation)
		json_set(result, "invocation",
			json_object(JSON_COPY("module_args", checked->params)));
	merge(result, checked, extra);
	json_each (secret, checked->secrets)
		json_append(secrets, json_copy(secret));
	json_each (secret, extra->secrets)
		json_append(secrets, json_copy(secret));
	clean = censor_json(result, secrets);
	cJSON_Delete(secrets);
	cJSON_Delete(result);
	return clean;
}

cJSON *result_exit(const struct opt_checked *checked, cJSON *result,
	const struct result_extra *extra)
{
	return finish(checked, result ? result : cJSON_CreateObject(), extra);
}

cJSON *result_fail(const struct opt_checked *checked, const char *message,
	cJSON *result, const struct result_extra *extra)
{
	result = result ? result : cJSON_CreateObject();
	json_set(result, "failed", json_new_bool(true));
	json_set(result, "msg", json_new_str(message));
	return finish(checked, result, extra);
}
