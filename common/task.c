/* SPDX-License-Identifier: Apache-2.0 */
#include "common/task.h"

#include <string.h>

void task_result(struct task *t, const char *key, cJSON *value)
{
	json_set(t->result, key, value);
}

void task_result_add(struct task *t, const char *key, cJSON *list)
{
	cJSON *whole = json_member(t->result, key);

	if (!whole && list->child) {
		task_result(t, key, list);
		return;
	}
	json_each (text, list) {
		json_append(whole, json_copy(text));
	}
	cJSON_Delete(list);
}

void task_warn(struct task *t, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = mem_vprintf(fmt, args);
	va_end(args);
	json_append(t->warnings, json_new_str(text));
	mem_free(text);
}

void task_fail(struct task *t, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = mem_vprintf(fmt, args);
	va_end(args);
	json_set_str(t->result, "msg", text);
	mem_free(text);
	t->failed = true;
}

bool task_given(const struct task *t, const char *option)
{
	const cJSON *value = json_member(t->given, option);

	return value && !cJSON_IsNull(value);
}

bool task_is_predicted(const struct task *t, const char *text)
{
	size_t length = text ? strlen(text) : 0;

	return t->check && length > 2 && text[0] == '<' &&
	       text[length - 1] == '>';
}

const char *task_path_id(const struct task *t, const char *id)
{
	return task_is_predicted(t, id) ? id : cloud_escape(t->cloud, id);
}
