/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem - allocation that does not fail, and pools that free at once.
 *
 * No function here returns NULL: without memory the process prints one fixed
 * JSON object, as Ansible expects, and exits with 1. Nothing is undone then;
 * what was created carries its mark and is found by the next run.
 */
#ifndef COMMON_MEM_H
#define COMMON_MEM_H

#include <stdarg.h>
#include <stddef.h>

struct cJSON;

/* Zeroed memory, released with mem_free(), for which NULL is fine. */
void *mem_new(size_t size);
void *mem_array(size_t count, size_t size);
void *mem_resize(void *memory, size_t count, size_t size);
char *mem_copy(const char *text);
char *mem_copy_n(const char *text, size_t length);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *mem_vprintf(const char *fmt, va_list args)
	__attribute__((format(printf, 1, 0)));
void mem_free(void *memory);

/* A pool owns all that was allocated from it, and the JSON trees given to it,
 * until pool_free(). */
struct pool;
struct pool *pool_new(void);
void pool_free(struct pool *pool);
void *pool_alloc(struct pool *pool, size_t size);
char *pool_copy(struct pool *pool, const char *text);
char *pool_printf(struct pool *pool, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Takes the tree over and returns it. */
struct cJSON *pool_keep(struct pool *pool, struct cJSON *tree);
/* Frees a tree that it was given, before its time. */
void pool_drop(struct pool *pool, struct cJSON *tree);

#endif
