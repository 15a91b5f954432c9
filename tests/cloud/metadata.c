/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/metadata.h"

#include <string.h>

#include "tests/cloud/record.h"

#define LENGTH_MAX 255

static bool check_count(struct call *call, const cJSON *tree, int64_t most)
{
	if (json_size(tree) <= most)
		return true;
	return call_fail(call, 403,
		"Maximum number of metadata items exceeds %lld",
		(long long)most);
}

static bool check_item(struct call *call, const cJSON *item)
{
	if (!cJSON_IsString(item))
		return call_fail(call, 400,
			"Invalid metadata: The input is not a string or "
			"unicode");
	if (!*item->string)
		return call_fail(call, 400,
			"Invalid metadata: Metadata property key blank");
	if (strlen(item->string) > LENGTH_MAX)
		return call_fail(call, 400,
			"Invalid metadata: Metadata property key greater than "
			"255 characters");
	if (strlen(item->valuestring) > LENGTH_MAX)
		return call_fail(call, 400,
			"Invalid metadata: Metadata property value greater "
			"than 255 characters");
	return true;
}

bool metadata_check(struct call *call, const cJSON *metadata, int64_t most)
{
	if (!metadata || cJSON_IsNull(metadata))
		return true;
	if (!cJSON_IsObject(metadata))
		return call_fail(call, 400,
			"Malformed request body. metadata "
			"item must be an object");
	json_each (item, metadata) {
		if (!check_item(call, item))
			return false;
	}
	return check_count(call, metadata, most);
}

static cJSON *copy_of(const cJSON *tree)
{
	return tree ? json_copy(tree) : cJSON_CreateObject();
}

void metadata_list(struct call *call, const cJSON *tree)
{
	call_reply(
		call, 200, json_object(JSON_TAKE("metadata", copy_of(tree))));
}

static void reply_one(struct call *call, const cJSON *item)
{
	call_reply(call, 200,
		json_object(JSON_TAKE(
			"meta", json_object(JSON_COPY(item->string, item)))));
}

static const cJSON *find(struct call *call, const cJSON *tree)
{
	const cJSON *item = json_member(tree, call_param(call, "key"));

	if (!item)
		call_fail(call, 404, "Metadata item was not found");
	return item;
}

void metadata_get(struct call *call, const cJSON *tree)
{
	const cJSON *item = find(call, tree);

	if (item)
		reply_one(call, item);
}

static const cJSON *given(struct call *call, int64_t most)
{
	const cJSON *metadata = json_member(call->body, "metadata");

	if (!cJSON_IsObject(metadata)) {
		call_fail(call, 400, "Malformed request body");
		return NULL;
	}
	return metadata_check(call, metadata, most) ? metadata : NULL;
}

bool metadata_merge(struct call *call, cJSON **tree, int64_t most)
{
	const cJSON *metadata = given(call, most);
	cJSON *merged;

	if (!metadata)
		return false;
	merged = copy_of(*tree);
	json_each (item, metadata) {
		json_set(merged, item->string, json_copy(item));
	}
	if (!check_count(call, merged, most)) {
		cJSON_Delete(merged);
		return false;
	}
	record_set_tree(tree, merged);
	metadata_list(call, *tree);
	return true;
}

bool metadata_replace(struct call *call, cJSON **tree, int64_t most)
{
	const cJSON *metadata = given(call, most);

	if (!metadata)
		return false;
	record_set_tree(tree, json_copy(metadata));
	metadata_list(call, *tree);
	return true;
}

bool metadata_put(struct call *call, cJSON **tree, int64_t most)
{
	const cJSON *meta = json_member(call->body, "meta");
	const char *key = call_param(call, "key");
	cJSON *changed;

	if (!cJSON_IsObject(meta))
		return call_fail(call, 400, "Malformed request body");
	if (!json_member(meta, key))
		return call_fail(call, 400, "Request body and URI mismatch");
	if (json_size(meta) != 1)
		return call_fail(
			call, 400, "Request body contains too many items");
	if (!metadata_check(call, meta, most))
		return false;
	changed = copy_of(*tree);
	json_set(changed, key, json_copy(meta->child));
	if (!check_count(call, changed, most)) {
		cJSON_Delete(changed);
		return false;
	}
	record_set_tree(tree, changed);
	reply_one(call, json_member(*tree, key));
	return true;
}

bool metadata_delete(struct call *call, cJSON **tree)
{
	if (!find(call, *tree))
		return false;
	json_remove(*tree, call_param(call, "key"));
	call_reply(call, 204, NULL);
	return true;
}
