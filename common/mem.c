/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mem.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void out_of_memory(void)
{
	static const char text[] =
		"\n{\"failed\": true, \"msg\": \"out of memory\"}\n";
	ssize_t written = write(STDOUT_FILENO, text, sizeof(text) - 1);

	_exit(written < 0 ? 2 : 1);
}

void *mem_new(size_t size)
{
	return mem_array(1, size);
}

void *mem_array(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size ? size : 1);

	if (!memory)
		out_of_memory();
	return memory;
}

void *mem_resize(void *memory, size_t count, size_t size)
{
	void *bigger = NULL;
	size_t bytes;

	if (!__builtin_mul_overflow(count, size, &bytes))
		bigger = realloc(memory, bytes ? bytes : 1);
	if (!bigger)
		out_of_memory();
	return bigger;
}

char *mem_copy_n(const char *text, size_t length)
{
	char *copy = mem_resize(NULL, length + 1, 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *mem_copy(const char *text)
{
	return mem_copy_n(text, strlen(text));
}

char *mem_vprintf(const char *fmt, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, args) < 0)
		out_of_memory();
	return text;
}

char *mem_printf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = mem_vprintf(fmt, args);
	va_end(args);
	return text;
}

void mem_free(void *memory)
{
	free(memory);
}

/* One entry for each thing owned; a tree has no bytes behind the entry. */
struct owned {
	struct owned *next;
	cJSON *tree;
	max_align_t bytes[];
};

struct pool {
	struct owned *first;
};

struct pool *pool_new(void)
{
	return mem_new(sizeof(struct pool));
}

static struct owned *own(struct pool *pool, size_t size)
{
	struct owned *owned;

	if (size > SIZE_MAX - sizeof(*owned))
		out_of_memory();
	owned = mem_new(sizeof(*owned) + size);
	owned->next = pool->first;
	pool->first = owned;
	return owned;
}

void pool_free(struct pool *pool)
{
	struct owned *next;

	if (!pool)
		return;
	for (struct owned *o = pool->first; o; o = next) {
		next = o->next;
		cJSON_Delete(o->tree);
		mem_free(o);
	}
	mem_free(pool);
}

void *pool_alloc(struct pool *pool, size_t size)
{
	return own(pool, size)->bytes;
}

char *pool_copy(struct pool *pool, const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(pool_alloc(pool, size), text, size);
}

char *pool_printf(struct pool *pool, const char *fmt, ...)
{
	va_list args;
	char *text, *copy;

	va_start(args, fmt);
	text = mem_vprintf(fmt, args);
	va_end(args);
	copy = pool_copy(pool, text);
	mem_free(text);
	return copy;
}

cJSON *pool_keep(struct pool *pool, cJSON *tree)
{
	own(pool, 0)->tree = tree;
	return tree;
}

/* Mostly it is one of the last that were given. */
void pool_drop(struct pool *pool, cJSON *tree)
{
	for (struct owned **link = &pool->first; *link; link = &(*link)->next) {
		struct owned *o = *link;

		if (o->tree != tree)
			continue;
		*link = o->next;
		cJSON_Delete(o->tree);
		mem_free(o);
		return;
	}
}
