/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/log.h"

#include <string.h>

#include "common/mem.h"
#include "common/str.h"

#define TEXT_MAX  65536              /* of a body that is no JSON */
#define BYTES_MAX ((size_t)64 << 20) /* of all bodies */

struct entry {
	unsigned long number;
	double time;
	char *method, *target, *service, *id;
	cJSON *request;
	size_t size; /* of the body, as it came */
	int status;  /* -1: not answered yet */
	size_t bytes;
};

/* A ring: entry n is at n % size. */
struct log {
	struct entry *entries;
	size_t size;
	unsigned long first, next; /* numbers: the oldest, the one to come */
	size_t bytes;              /* of the bodies of all entries */
};

struct log *log_new(void)
{
	struct log *log = mem_new(sizeof(*log));

	log->first = log->next = 1;
	return log;
}

static void drop_oldest(struct log *log)
{
	struct entry *entry = &log->entries[log->first++ % log->size];

	log->bytes -= entry->size;
	mem_free(entry->method);
	mem_free(entry->target);
	mem_free(entry->service);
	mem_free(entry->id);
	cJSON_Delete(entry->request);
	*entry = (struct entry){ 0 };
}

void log_clear(struct log *log)
{
	while (log->first < log->next)
		drop_oldest(log);
}

void log_free(struct log *log)
{
	if (!log)
		return;
	log_clear(log);
	mem_free(log->entries);
	mem_free(log);
}

static void make_room(struct log *log)
{
	size_t size = log->size ? log->size * 2 : 64;
	struct entry *bigger;

	if (log->next - log->first < log->size)
		return;
	if (log->size >= LOG_MAX) {
		drop_oldest(log);
		return;
	}
	size = size < LOG_MAX ? size : LOG_MAX;
	bigger = mem_array(size, sizeof(*bigger));
	for (unsigned long n = log->first; n < log->next; n++)
		bigger[n % size] = log->entries[n % log->size];
	mem_free(log->entries);
	log->entries = bigger;
	log->size = size;
}

unsigned long log_begin(
	struct log *log, double time, const char *method, const char *target)
{
	struct entry *entry;

	make_room(log);
	entry = &log->entries[log->next % log->size];
	*entry = (struct entry){ .number = log->next,
		.time = time,
		.method = mem_copy(method),
		.target = mem_copy(target),
		.status = -1 };
	return log->next++;
}

/* NULL when it is there no longer. */
static struct entry *find(struct log *log, unsigned long number)
{
	if (number < log->first || number >= log->next)
		return NULL;
	return &log->entries[number % log->size];
}

#define HIDDEN "(not logged)"

static cJSON *hide(cJSON *object, cJSON *member)
{
	cJSON *note = json_new_str(HIDDEN);

	note->string = mem_copy(member->string);
	cJSON_ReplaceItemViaPointer(object, member, note);
	return note;
}

/* Recursion is bounded: the reader of JSON bounds the depth. */
static void hide_passwords(cJSON *tree)
{
	json_each (item, tree) {
		if (streq(item->string, "adminPass"))
			item = hide(tree, item);
		hide_passwords(item);
	}
}

static cJSON *tree_without_secrets(const cJSON *body)
{
	cJSON *tree = json_copy(body);
	cJSON *credentials = json_member(tree, "auth");

	if (credentials)
		hide(tree, credentials);
	hide_passwords(tree);
	return tree;
}

/* Which way of logging in was taken is no secret. */
static cJSON *login_without_secrets(const cJSON *body)
{
	const cJSON *given = json_member(body, "auth");
	cJSON *shown = cJSON_CreateObject();

	if (!cJSON_IsObject(given)) {
		cJSON_Delete(shown);
		return json_new_str(HIDDEN);
	}
	json_each (member, given) {
		bool tenant = str_starts(member->string, "tenant");

		json_set(shown, member->string,
			tenant ? json_copy(member) : json_new_str(HIDDEN));
	}
	return json_object(JSON_TAKE("auth", shown));
}

static cJSON *text_without_secrets(const char *text)
{
	static const char *const words[] = { "key", "pass", "token" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_find_nocase(text, words[i]))
			return json_new_str(HIDDEN);
	return strlen(text) < TEXT_MAX ? json_new_str(text)
				       : json_new_str("(too long)");
}

void log_content(struct log *log, unsigned long number, const char *service,
	const char *id, const cJSON *body, const char *text)
{
	struct entry *entry = find(log, number);

	if (!entry)
		return;
	entry->size = text ? strlen(text) : 0;
	log->bytes += entry->size;
	while (log->bytes > BYTES_MAX && log->first < number)
		drop_oldest(log);
	entry->service = mem_copy(service);
	entry->id = mem_copy(id);
	if (body && streq(service, "identity"))
		entry->request = login_without_secrets(body);
	else if (body)
		entry->request = tree_without_secrets(body);
	else if (text)
		entry->request = text_without_secrets(text);
}

void log_end(struct log *log, unsigned long number, int status, size_t bytes)
{
	struct entry *entry = find(log, number);

	if (!entry)
		return;
	entry->status = status;
	entry->bytes = bytes;
}

static cJSON *show(const struct entry *entry)
{
	return json_object(JSON_INT("n", (int64_t)entry->number),
		JSON_TAKE("time", json_new_double(entry->time)),
		JSON_STR("method", entry->method),
		JSON_STR("path", entry->target),
		JSON_TAKE("status", entry->status < 0
					    ? cJSON_CreateNull()
					    : json_new_int(entry->status)),
		JSON_STR("service", entry->service), JSON_STR("id", entry->id),
		JSON_TAKE("request", entry->request ? json_copy(entry->request)
						    : cJSON_CreateNull()),
		JSON_INT("bytes", (int64_t)entry->bytes));
}

cJSON *log_show(const struct log *log)
{
	cJSON *list = cJSON_CreateArray();

	for (unsigned long n = log->first; n < log->next; n++)
		json_append(list, show(&log->entries[n % log->size]));
	return json_object(JSON_TAKE("requests", list));
}
