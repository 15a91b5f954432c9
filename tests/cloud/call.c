/* SPDX-License-Identifier: Apache-2.0 */
/* What a handler reads of its call beside the path, and how it answers. */
#include <stdarg.h>

#include "common/str.h"
#include "tests/cloud/route.h"
#include "tests/cloud/service.h"

int64_t call_param_int(const struct call *call, const char *name)
{
	int64_t number;

	if (!str_int(call_param(call, name), &number) || number < 0)
		return -1;
	return number;
}

const char *call_query(const struct call *call, const char *name)
{
	for (size_t i = 0; i < call->n_query; i++)
		if (streq(call->query[i].name, name))
			return call->query[i].value;
	return NULL;
}

void call_reply(struct call *call, int status, cJSON *reply)
{
	call->status = status;
	call->reply = reply ? pool_keep(call->pool, reply) : NULL;
	call->reply_text = NULL;
}

void call_text(
	struct call *call, int status, const char *type, const char *text)
{
	call->status = status;
	call->reply = NULL;
	call->reply_text = pool_copy(call->pool, text);
	call->reply_type = pool_copy(call->pool, type);
}

static char *format(struct call *call, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));
static char *format(struct call *call, const char *fmt, va_list args)
{
	char *text = mem_vprintf(fmt, args);
	char *kept = pool_copy(call->pool, text);

	mem_free(text);
	return kept;
}

bool call_fail(struct call *call, int status, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	call->service->fail(call, status, NULL, format(call, fmt, args));
	va_end(args);
	return false;
}

bool call_fail_as(
	struct call *call, int status, const char *key, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	call->service->fail(call, status, key, format(call, fmt, args));
	va_end(args);
	return false;
}

void call_header(struct call *call, const char *name, const char *fmt, ...)
{
	struct header *header = pool_alloc(call->pool, sizeof(*header));
	va_list args;

	va_start(args, fmt);
	header->name = pool_copy(call->pool, name);
	header->value = format(call, fmt, args);
	va_end(args);
	header->next = call->headers;
	call->headers = header;
}
