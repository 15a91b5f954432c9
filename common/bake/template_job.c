/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/template_job.h"

#include <string.h>

#include "common/censor.h"
#include "common/str.h"

/* A hostile template is not to fill the memory with messages. */
#define MESSAGES_MAX    500
#define MESSAGE_MAX     2000
#define NAME_MAX_LENGTH 64

__attribute__((format(printf, 3, 0))) static void add(
	const struct template_scope *scope, cJSON *list, const char *fmt,
	va_list args)
{
	char *all, *text, *whole;
	struct err shown;

	if (scope->digest || json_size(list) >= MESSAGES_MAX)
		return;
	text = mem_vprintf(fmt, args);
	if (strlen(text) > MESSAGE_MAX) {
		/* Before it is cut: nobody would know half a secret. */
		all = text;
		text = censor_text(all, scope->job->verdict->secrets);
		mem_free(all);
		text[str_whole(text, MESSAGE_MAX)] = 0;
	}
	err_set(&shown, ERR_OTHER, "%s%s%s", scope->label ? scope->label : "",
		scope->label ? ": " : "", text);
	whole = shown.text;
	mem_free(text);
	json_each (said, list) {
		if (streq(said->valuestring, whole))
			return;
	}
	json_append(list, json_new_str(whole));
}

void template_error(const struct template_scope *scope, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(scope, scope->job->verdict->errors, fmt, args);
	va_end(args);
}

void template_warning(const struct template_scope *scope, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(scope, scope->job->verdict->warnings, fmt, args);
	va_end(args);
}

void template_unsupported(
	const struct template_scope *scope, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(scope, scope->job->verdict->unsupported, fmt, args);
	va_end(args);
}

void template_secret(const struct template_job *job, const char *text)
{
	cJSON *secrets = job->verdict->secrets;

	if (!text || !*text)
		return;
	json_each (known, secrets) {
		if (streq(known->valuestring, text))
			return;
	}
	json_append(secrets, json_new_str(text));
}

/* Letters to change, put in or take out to come from one name to the other. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LENGTH + 1], length = strlen(b);

	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 1; *a; a++, i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			size_t best = corner + (*a != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[length];
}

const char *template_guess(struct pool *pool, const char *name,
	const char *(*nth)(const void *names, size_t i), const void *names)
{
	size_t least = strlen(name) < 6 ? 2 : 3;
	const char *nearest = NULL, *candidate;

	if (strlen(name) > NAME_MAX_LENGTH)
		return "";
	for (size_t i = 0; (candidate = nth(names, i)); i++) {
		size_t apart = strlen(candidate) > NAME_MAX_LENGTH
				       ? least
				       : distance(name, candidate);

		if (apart < least) {
			least = apart;
			nearest = candidate;
		}
	}
	if (!nearest)
		return "";
	return pool_printf(pool, " (did you mean \"%s\"?)", nearest);
}
