/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/template_decode.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/bake/duration.h"
#include "common/bake/template_weak.h"
#include "common/opt_unicode.h"
#include "common/str.h"

struct decoding {
	struct template_scope *scope;
	const struct decode_row *row;
	const char *option; /* with its place: "filters.tags[1]" */
};

bool template_listed(const char *names, const char *name)
{
	size_t length = strlen(name);

	for (; *names; names += strcspn(names, "|"), names += *names == '|')
		if (strcspn(names, "|") == length &&
			memcmp(names, name, length) == 0)
			return true;
	return false;
}

static cJSON *refuse(const struct decoding *d, const char *wanted)
{
	template_error(d->scope, "%s must be %s", d->option, wanted);
	return NULL;
}

static cJSON *decode_text(const struct decoding *d, const cJSON *given)
{
	char *text = weak_text(given);
	const char *rendered;

	if (!text)
		return refuse(d, "a string");
	rendered = template_text(d->scope, d->option,
		pool_copy(d->scope->job->pool, text), d->row->late);
	mem_free(text);
	if (d->row->secret && !d->scope->digest)
		template_secret(d->scope->job, rendered);
	return json_new_str(rendered);
}

/* Texts are rendered before they become anything else. */
static cJSON *rendered(const struct decoding *d, const cJSON *given)
{
	if (!cJSON_IsString(given))
		return json_copy(given);
	return json_new_str(template_text(
		d->scope, d->option, given->valuestring, TEMPLATE_NOW));
}

static cJSON *decode_bool(const struct decoding *d, const cJSON *given)
{
	bool truth;

	if (!weak_bool(given, &truth))
		return refuse(d, "true or false");
	return json_new_bool(truth);
}

static cJSON *decode_integer(const struct decoding *d, const cJSON *given)
{
	int64_t number;

	if (!weak_integer(given, &number))
		return refuse(d, "an integer");
	return json_new_int(number);
}

bool template_duration(const struct template_scope *scope, const char *option,
	const cJSON *given, int64_t *milliseconds)
{
	int64_t number;

	if (cJSON_IsString(given)) {
		if (duration_parse(given->valuestring, milliseconds))
			return true;
	} else if (weak_integer(given, &number)) {
		*milliseconds = duration_of_nanoseconds(number);
		if (number)
			template_warning(scope,
				"%s is a bare number and thus %lld "
				"nanoseconds; give it a unit, as in \"%llds\"",
				option, (long long)number, (long long)number);
		return true;
	}
	template_error(scope,
		"%s must be a duration with units, like \"90s\", \"10m\" or "
		"\"1h30m\"",
		option);
	return false;
}

static cJSON *decode_duration(const struct decoding *d, const cJSON *given)
{
	int64_t milliseconds;

	if (!template_duration(d->scope, d->option, given, &milliseconds))
		return NULL;
	return json_new_int(milliseconds);
}

static cJSON *decode_item(
	const struct decoding *d, const cJSON *item, const char *place)
{
	struct decoding inner = *d;
	cJSON *copy, *number;

	inner.option = place;
	if (cJSON_IsNull(item))
		return d->row->kind == DECODE_INTEGERS ? json_new_int(0)
						       : json_new_str("");
	if (d->row->kind != DECODE_INTEGERS)
		return decode_text(&inner, item);
	copy = rendered(&inner, item);
	number = decode_integer(&inner, copy);
	cJSON_Delete(copy);
	return number;
}

/* Nothing in place of a list is an empty one. */
static bool is_nothing(const struct decoding *d, const cJSON *given)
{
	if (cJSON_IsString(given))
		return !*template_text(
			d->scope, d->option, given->valuestring, d->row->late);
	return cJSON_IsObject(given) && !given->child;
}

static cJSON *decode_list(const struct decoding *d, const cJSON *given)
{
	struct pool *pool = d->scope->job->pool;
	cJSON *list = cJSON_CreateArray();
	int i = 0;

	if (!cJSON_IsArray(given)) {
		if (!is_nothing(d, given))
			json_append(list, decode_item(d, given, d->option));
		return list;
	}
	json_each (item, given)
		json_append(list,
			decode_item(d, item,
				pool_printf(pool, "%s[%d]", d->option, i++)));
	return list;
}

static void add_members(
	const struct decoding *d, const cJSON *given, cJSON *map)
{
	json_each (member, given) {
		const char *place = pool_printf(d->scope->job->pool, "%s.%s",
			d->option, member->string);

		json_set(map, member->string, decode_item(d, member, place));
	}
}

/* One object, or a list of some, which are put together. */
static cJSON *decode_map(const struct decoding *d, const cJSON *given)
{
	cJSON *map = cJSON_CreateObject();
	bool good = true;

	if (cJSON_IsObject(given))
		add_members(d, given, map);
	else if (!cJSON_IsArray(given))
		good = false;
	else
		json_each (item, given) {
			good = good && cJSON_IsObject(item);
			if (cJSON_IsObject(item))
				add_members(d, item, map);
		}
	if (good)
		return map;
	cJSON_Delete(map);
	return refuse(d, "an object of names and texts");
}

static void decode_into(struct template_scope *scope,
	const struct decode_row *const *tables, const cJSON *given,
	const char *skip, const char *place, cJSON *options);

static cJSON *decode_options(const struct decoding *d, const cJSON *given)
{
	const struct decode_row *const tables[DECODE_TABLES + 1] = {
		d->row->rows
	};
	cJSON *options;

	if (!cJSON_IsObject(given))
		return refuse(d, "an object");
	options = cJSON_CreateObject();
	decode_into(d->scope, tables, given, "",
		pool_printf(d->scope->job->pool, "%s.", d->option), options);
	return options;
}

static cJSON *decode_value(const struct decoding *d, const cJSON *given)
{
	static cJSON *(*const decoders[])(
		const struct decoding *d, const cJSON *given) = {
		[DECODE_BOOL] = decode_bool,
		[DECODE_INTEGER] = decode_integer,
		[DECODE_DURATION] = decode_duration,
	};
	cJSON *copy, *value;

	switch (d->row->kind) {
	case DECODE_TEXT:
		return decode_text(d, given);
	case DECODE_TEXTS:
	case DECODE_INTEGERS:
		return decode_list(d, given);
	case DECODE_MAP:
		return decode_map(d, given);
	case DECODE_OPTIONS:
		return decode_options(d, given);
	default:
		copy = rendered(d, given);
		value = decoders[d->row->kind](d, copy);
		cJSON_Delete(copy);
		return value;
	}
}

static const struct decode_row *nth_row(
	const struct decode_row *const *tables, size_t i)
{
	for (; *tables; tables++)
		for (const struct decode_row *row = *tables; row->name; row++)
			if (i-- == 0)
				return row;
	return NULL;
}

static const char *nth_name(const void *names, size_t i)
{
	const struct decode_row *row = nth_row(names, i);

	return row ? row->name : NULL;
}

/* Packer does not tell capital letters from small ones. */
static const struct decode_row *find_row(
	const struct decode_row *const *tables, const char *name)
{
	const struct decode_row *row;

	for (size_t i = 0; (row = nth_row(tables, i)); i++)
		if (strcasecmp(row->name, name) == 0)
			return row;
	return NULL;
}

/* Whether the value says anything. */
static bool does_something(const cJSON *value)
{
	if (cJSON_IsString(value))
		return *value->valuestring;
	if (cJSON_IsNumber(value))
		return value->valuedouble < 0 || value->valuedouble > 0;
	if (cJSON_IsBool(value))
		return cJSON_IsTrue(value);
	return value->child != NULL;
}

static const char *from_environment(const char *names)
{
	while (names && *names) {
		size_t length = strcspn(names, "|");
		char *name = mem_copy_n(names, length);
		const char *value = getenv(name);

		mem_free(name);
		if (value && *value && opt_unicode_is_utf8(value))
			return value;
		names += length + (names[length] == '|');
	}
	return NULL;
}

static void take_environment(struct template_scope *scope,
	const struct decode_row *const *tables, cJSON *options)
{
	const struct decode_row *row;

	for (size_t i = 0; (row = nth_row(tables, i)); i++) {
		const char *have = decoded_text(options, row->name);
		const char *value;

		if (!row->environment || have || !scope->job->wish->path)
			continue;
		value = from_environment(row->environment);
		if (!value)
			continue;
		json_set_str(options, row->name, value);
		if (row->secret)
			template_secret(scope->job, value);
	}
}

static void decode_into(struct template_scope *scope,
	const struct decode_row *const *tables, const cJSON *given,
	const char *skip, const char *place, cJSON *options)
{
	json_each (item, given) {
		const struct decode_row *row = find_row(tables, item->string);
		struct decoding d = { scope, row,
			pool_printf(scope->job->pool, "%s%s", place,
				item->string) };
		cJSON *value;

		if (template_listed(skip, item->string))
			continue;
		if (!row) {
			template_error(scope, "unknown option \"%s\"%s",
				d.option,
				template_guess(scope->job->pool, item->string,
					nth_name, tables));
			continue;
		}
		if (cJSON_IsNull(item) || (scope->digest && row->no_ingredient))
			continue;
		value = decode_value(&d, item);
		if (value && row->unsupported && does_something(value))
			template_unsupported(scope,
				"%s is not supported; take it out", d.option);
		json_set(options, row->name, value);
	}
}

const cJSON *template_decode(struct template_scope *scope,
	const struct decode_row *const *tables, const cJSON *given,
	const char *skip)
{
	cJSON *options = pool_keep(scope->job->pool, cJSON_CreateObject());

	decode_into(scope, tables, given, skip, "", options);
	if (!scope->digest)
		take_environment(scope, tables, options);
	return options;
}

const char *decoded_text(const cJSON *options, const char *name)
{
	const cJSON *value = json_member(options, name);

	return cJSON_IsString(value) && *value->valuestring ? value->valuestring
							    : NULL;
}

int64_t decoded_integer(
	const cJSON *options, const char *name, int64_t fallback)
{
	const cJSON *value = json_member(options, name);
	int64_t number;

	return value && json_is_int(value, &number) && number ? number
							      : fallback;
}

bool decoded_bool(const cJSON *options, const char *name)
{
	return cJSON_IsTrue(json_member(options, name));
}

const cJSON *decoded_list(const cJSON *options, const char *name)
{
	const cJSON *list = json_member(options, name);

	return list && list->child ? list : NULL;
}
