/* SPDX-License-Identifier: Apache-2.0 */
#include "common/mem.h"

#include <check.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/json.h"

Suite *suite(void);
const char *__asan_default_options(void);

/* The sanitizer would end a process that asks for more than there is. */
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* One assertion for all bytes: each costs a message to the runner. */
static void check_zero(const char *bytes, size_t size)
{
	size_t zeros = 0;

	for (size_t i = 0; i < size; i++)
		zeros += bytes[i] == 0;
	ck_assert_uint_eq(zeros, size);
}

START_TEST(memory_is_zeroed)
{
	static const size_t sizes[] = { 1, 7, 8, 4096, 100000 };
	size_t size = sizes[_i];
	char *memory = mem_new(size), *array = mem_array(size, 3);

	check_zero(memory, size);
	check_zero(array, 3 * size);
	memset(memory, 'x', size);
	memset(array, 'x', 3 * size);
	mem_free(memory);
	mem_free(array);
	memory = mem_new(size);
	check_zero(memory, size);
	mem_free(memory);
}
END_TEST

START_TEST(nothing_is_something)
{
	void *none = mem_new(0), *array = mem_array(0, 8);
	void *resized = mem_resize(NULL, 0, 8);

	ck_assert_ptr_nonnull(none);
	ck_assert_ptr_nonnull(array);
	ck_assert_ptr_nonnull(resized);
	mem_free(none);
	mem_free(array);
	mem_free(resized);
	mem_free(NULL);
	pool_free(NULL);
}
END_TEST

START_TEST(resizing_keeps_what_is_there)
{
	int *numbers = NULL;

	for (int i = 0; i < 2000; i++) {
		numbers = mem_resize(numbers, (size_t)i + 1, sizeof(*numbers));
		numbers[i] = i;
	}
	numbers = mem_resize(numbers, 100, sizeof(*numbers));
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(numbers[i], i);
	mem_free(numbers);
}
END_TEST

START_TEST(copies_and_prints)
{
	char *copy = mem_copy(""), *part = mem_copy_n("ab\0cd", 5);
	char *printed = mem_printf("%s-%05d%%", "x", 42), *large;

	ck_assert_str_eq(copy, "");
	ck_assert_mem_eq(part, "ab\0cd", 6);
	ck_assert_str_eq(printed, "x-00042%");
	large = mem_printf("%200000d", 1);
	ck_assert_uint_eq(strlen(large), 200000);
	mem_free(copy);
	mem_free(part);
	mem_free(printed);
	mem_free(large);
}
END_TEST

START_TEST(a_part_of_nothing_is_empty)
{
	char *part = mem_copy_n("abc", 0);

	ck_assert_str_eq(part, "");
	mem_free(part);
}
END_TEST

/* Everything is there until the pool goes; the sanitizer sees what is left. */
START_TEST(a_pool_owns_all)
{
	struct pool *pool = pool_new();
	char *texts[500];
	cJSON *tree;

	for (int i = 0; i < 500; i++)
		texts[i] = pool_printf(pool, "text %d", i);
	for (size_t i = 1; i < 300; i++) {
		char *memory = pool_alloc(pool, i * 37);

		check_zero(memory, i * 37);
		ck_assert_uint_eq((uintptr_t)memory % sizeof(void *), 0);
		memset(memory, 'x', i * 37);
	}
	tree = json_literal("{'a': [1, {'b': 'c'}]}");
	ck_assert_ptr_eq(pool_keep(pool, tree), tree);
	ck_assert_str_eq(json_str(tree, "a.1.b"), "c");
	ck_assert_str_eq(pool_copy(pool, "copied"), "copied");
	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(strtol(texts[i] + 5, NULL, 10), i);
	pool_free(pool);
}
END_TEST

START_TEST(a_pool_takes_odd_things)
{
	struct pool *pool = pool_new();

	ck_assert_ptr_nonnull(pool_alloc(pool, 0));
	ck_assert_str_eq(pool_copy(pool, ""), "");
	ck_assert_ptr_null(pool_keep(pool, NULL));
	ck_assert_uint_eq(strlen(pool_printf(pool, "%300000d", 1)), 300000);
	pool_free(pool);
}
END_TEST

/* How each of them asks for more than there is, in a process of its own. */
static void ask_array(void)
{
	mem_array(SIZE_MAX / 2, 4);
}

static void ask_resize(void)
{
	mem_resize(NULL, SIZE_MAX / 8 + 2, 8);
}

static void ask_wrapped(void)
{
	mem_array(SIZE_MAX / 16 + 2, 16);
}

static void ask_pool(void)
{
	pool_alloc(pool_new(), SIZE_MAX - 4);
}

static void ask_new(void)
{
	mem_new(SIZE_MAX / 4);
}

static void (*const too_much[])(
	void) = { ask_array, ask_resize, ask_wrapped, ask_pool, ask_new };

static int run_apart(void (*ask)(void), char *said, size_t size)
{
	ssize_t got, total = 0;
	int ends[2], status;
	pid_t child;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		ask();
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], said + total, size - 1 - (size_t)total)) >
		0)
		total += got;
	said[total] = '\0';
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

START_TEST(without_memory_says_so_and_exits)
{
	char said[4096];
	struct err e;
	cJSON *object;
	int status = run_apart(too_much[_i], said, sizeof(said));

	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 1);
	object = json_parse(said, strlen(said), &e);
	ck_assert_msg(object, "no JSON: %s", said);
	ck_assert(json_bool(object, "failed"));
	ck_assert_ptr_nonnull(json_str(object, "msg"));
	cJSON_Delete(object);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("mem");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, memory_is_zeroed, 0, 5);
	tcase_add_test(t, nothing_is_something);
	tcase_add_test(t, resizing_keeps_what_is_there);
	tcase_add_test(t, copies_and_prints);
	tcase_add_test(t, a_part_of_nothing_is_empty);
	tcase_add_test(t, a_pool_owns_all);
	tcase_add_test(t, a_pool_takes_odd_things);
	tcase_add_loop_test(t, without_memory_says_so_and_exits, 0,
		sizeof(too_much) / sizeof(*too_much));
	suite_add_tcase(s, t);
	return s;
}
