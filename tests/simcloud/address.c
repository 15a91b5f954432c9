/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/address.h"

#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

/* Enough to need three networks. */
#define MANY 600

static struct addresses *make(void)
{
	struct err e;
	struct addresses *a = address_new(&e);

	ck_assert_msg(a != NULL, "%s", e.text);
	return a;
}

static void take(struct addresses *a, char text[ADDRESS_SIZE])
{
	struct err e;

	ck_assert_msg(address_take(a, text, &e) == 0, "%s", e.text);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void check_distinct(char (*texts)[ADDRESS_SIZE], size_t n)
{
	qsort(texts, n, ADDRESS_SIZE, compare);
	for (size_t i = 1; i < n; i++)
		ck_assert_str_ne(texts[i - 1], texts[i]);
}

START_TEST(hands_out_hosts_of_the_loopback)
{
	static char texts[MANY][ADDRESS_SIZE];
	struct addresses *a = make();
	unsigned int x, y, host;
	char *first =
		mem_copy_n(address_network(a), strlen(address_network(a)) - 4);

	ck_assert_str_eq(address_network(a) + strlen(first), "0/24");
	for (size_t i = 0; i < MANY; i++) {
		take(a, texts[i]);
		ck_assert_int_eq(
			sscanf(texts[i], "127.%u.%u.%u", &x, &y, &host), 3);
		ck_assert(x >= 1 && x <= 255 && y <= 255);
		ck_assert(host >= 1 && host <= 254);
		ck_assert_int_eq(str_starts(texts[i], first), i < 254);
	}
	check_distinct(texts, MANY);
	mem_free(first);
	address_free(a);
}
END_TEST

START_TEST(clouds_do_not_share)
{
	static char texts[MANY][ADDRESS_SIZE];
	struct addresses *clouds[3] = { make(), make(), make() };

	for (size_t i = 0; i < MANY; i++)
		take(clouds[i % 3], texts[i]);
	check_distinct(texts, MANY);
	for (size_t i = 0; i < 3; i++)
		address_free(clouds[i]);
}
END_TEST

/* Even when it is the only one that is free of all the network has. */
START_TEST(is_not_given_again_at_once)
{
	static char texts[254][ADDRESS_SIZE];
	struct addresses *a = make();
	char next[ADDRESS_SIZE];

	for (size_t i = 0; i < 254; i++)
		take(a, texts[i]);
	for (size_t i = 0; i < 254; i++)
		address_give(a, texts[i]);
	for (size_t i = 0; i < 254; i++) {
		take(a, next);
		for (size_t j = 0; j < 254; j++)
			ck_assert_str_ne(next, texts[j]);
	}
	address_free(a);
}
END_TEST

/* A host of the cloud's first network; the caller frees it. */
static char *host_of(const struct addresses *a, const char *host)
{
	const char *network = address_network(a);

	return mem_printf("%.*s%s", (int)(strlen(network) - strlen("0/24")),
		network, host);
}

static const char *const foreign[] = {
	"127.0.0.1",
	"127.0.1.1",
	"10.77.3.9",
	"128.1.1.1",
	"126.1.1.1",
	"0.0.0.0",
	"::1",
	"127.77.3.9.1",
	"127.77.3.9 ",
	"host",
	"",
};

START_TEST(refuses_what_no_cloud_can_have)
{
	struct addresses *a = make();
	struct err e;

	ck_assert_int_eq(address_claim(a, foreign[_i], &e), -1);
	address_give(a, foreign[_i]);
	address_free(a);
}
END_TEST

START_TEST(a_claim_is_good_once)
{
	struct addresses *a = make(), *b = make();
	char *own = host_of(a, "9"), *none = host_of(a, "0"),
	     *last = host_of(a, "255");
	struct err e;

	ck_assert_int_eq(address_claim(b, own, &e), -1);
	ck_assert_int_eq(address_claim(a, own, &e), 0);
	ck_assert_int_eq(address_claim(a, own, &e), -1);
	address_give(b, own);
	ck_assert_int_eq(address_claim(a, own, &e), -1);
	address_give(a, own);
	ck_assert_int_eq(address_claim(a, own, &e), 0);
	ck_assert_int_eq(address_claim(a, none, &e), -1);
	ck_assert_int_eq(address_claim(a, last, &e), -1);
	address_free(a);
	/* Its network went with it. */
	ck_assert_int_eq(address_claim(b, own, &e), 0);
	address_free(b);
	mem_free(own);
	mem_free(none);
	mem_free(last);
}
END_TEST

START_TEST(does_not_hand_out_what_was_claimed)
{
	struct addresses *a = make();
	char text[ADDRESS_SIZE], *claimed = host_of(a, "5");
	struct err e;

	ck_assert_int_eq(address_claim(a, claimed, &e), 0);
	for (size_t i = 0; i < MANY; i++) {
		take(a, text);
		ck_assert_str_ne(text, claimed);
	}
	mem_free(claimed);
	address_free(a);
}
END_TEST

static void __attribute__((noreturn)) hold(int ready)
{
	struct err e;
	struct addresses *a = address_new(&e);
	char text[ADDRESS_SIZE] = "";

	if (a && address_take(a, text, &e) == 0 &&
		write(ready, text, sizeof(text)) == sizeof(text))
		pause();
	_exit(1);
}

START_TEST(a_killed_cloud_leaves_nothing)
{
	struct addresses *a = make();
	char text[ADDRESS_SIZE] = "";
	struct err e;
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		hold(ends[1]);
	ck_assert_int_eq(read(ends[0], text, sizeof(text)), sizeof(text));
	ck_assert_int_eq(address_claim(a, text, &e), -1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(address_claim(a, text, &e), 0);
	close(ends[0]);
	close(ends[1]);
	address_free(a);
}
END_TEST

struct taker {
	struct addresses *a;
	char texts[150][ADDRESS_SIZE];
};

static void *take_many(void *argument)
{
	struct taker *taker = argument;
	struct err e;

	for (size_t i = 0; i < 150; i++)
		if (address_take(taker->a, taker->texts[i], &e) < 0)
			return NULL;
	return taker;
}

START_TEST(threads_get_addresses_of_their_own)
{
	static struct taker takers[4];
	static char texts[MANY][ADDRESS_SIZE];
	struct addresses *a = make();
	pthread_t threads[4];
	void *done;

	for (size_t i = 0; i < 4; i++) {
		takers[i].a = a;
		pthread_create(&threads[i], NULL, take_many, &takers[i]);
	}
	for (size_t i = 0; i < 4; i++) {
		pthread_join(threads[i], &done);
		ck_assert_ptr_nonnull(done);
		memcpy(texts[i * 150], takers[i].texts,
			sizeof(takers[i].texts));
	}
	check_distinct(texts, MANY);
	address_free(a);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("address");
	TCase *rows = tcase_create("rows"), *named = tcase_create("named");

	tcase_add_loop_test(rows, refuses_what_no_cloud_can_have, 0,
		sizeof(foreign) / sizeof(*foreign));
	tcase_add_test(named, hands_out_hosts_of_the_loopback);
	tcase_add_test(named, clouds_do_not_share);
	tcase_add_test(named, is_not_given_again_at_once);
	tcase_add_test(named, a_claim_is_good_once);
	tcase_add_test(named, does_not_hand_out_what_was_claimed);
	tcase_add_test(named, a_killed_cloud_leaves_nothing);
	tcase_add_test(named, threads_get_addresses_of_their_own);
	suite_add_tcase(s, rows);
	suite_add_tcase(s, named);
	return s;
}
