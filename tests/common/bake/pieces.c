/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/pieces.h"

#include <check.h>
#include <string.h>

#include "common/censor.h"
#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

struct heard {
	size_t count, longest, all;
	bool broken;          /* within a character */
	const cJSON *secrets; /* and what is left without them: */
	struct str censored;
};

static void hear(void *context, bool is_error, const char *line)
{
	struct heard *h = context;
	size_t length = strlen(line);
	char *censored = censor_text(line, h->secrets);

	(void)is_error;
	h->count++;
	h->all += length;
	h->longest = length > h->longest ? length : h->longest;
	if (((unsigned char)line[0] & 0xc0) == 0x80)
		h->broken = true;
	str_addf(&h->censored, "%s", censored);
	mem_free(censored);
}

static struct pieces begin(struct heard *heard, const cJSON *secrets)
{
	*heard = (struct heard){ .secrets = secrets };
	str_init(&heard->censored, 1 << 24);
	str_add(&heard->censored, "");
	return (struct pieces){
		.line = hear, .context = heard, .secrets = secrets
	};
}

static void add(struct pieces *p, const char *text)
{
	for (; *text; text++)
		pieces_add(p, *text);
}

static void finish(struct pieces *p, struct heard *heard)
{
	pieces_forget(p);
	str_free(&heard->censored);
}

/* A long line: of how many characters, of which, in how many pieces. */
static const struct {
	const char *character;
	size_t count, pieces;
	bool broken;
} longs[] = {
	{ "x", 0, 1, false },
	{ "x", PIECES_LENGTH, 1, false },
	{ "x", PIECES_LENGTH + 1, 2, false },
	{ "x", 3 * PIECES_LENGTH, 3, false },
	{ "\xe2\x82\xac", PIECES_LENGTH, 4, false },
	{ "\xf0\x9f\x98\x80", PIECES_LENGTH, 4, false },
	/* What is no text is cut all the same. */
	{ "\x80", 3 * PIECES_LENGTH, 3, true },
};

START_TEST(long_lines_are_cut)
{
	size_t length = strlen(longs[_i].character);
	struct heard heard;
	struct pieces p = begin(&heard, NULL);

	for (int i = 0; i < 2; i++) {
		for (size_t j = 0; j < longs[_i].count; j++)
			add(&p, longs[_i].character);
		ck_assert(pieces_begun(&p) == (longs[_i].count > 0));
		pieces_end(&p);
		ck_assert(!pieces_begun(&p));
	}
	ck_assert_uint_eq(heard.count, 2 * longs[_i].pieces);
	ck_assert_uint_le(heard.longest, PIECES_LENGTH);
	ck_assert_uint_eq(heard.all, 2 * length * longs[_i].count);
	ck_assert(heard.broken == longs[_i].broken);
	finish(&p, &heard);
}
END_TEST

static cJSON *some_secrets(void)
{
	cJSON *secrets = cJSON_CreateArray();

	/* Of several lines; empty; of one byte; and some that overlap. */
	json_append(secrets, json_new_str("S3cret\nof lines"));
	json_append(secrets, json_new_str(""));
	json_append(secrets, json_new_str("%"));
	json_append(secrets, json_new_str("S3cretPassw0rd-of-the-db"));
	json_append(secrets, json_new_str("-of-the-db-XYZ"));
	json_append(secrets, json_new_str("S3cret"));
	return secrets;
}

/* A secret around where the line is cut, at every place; nothing else is lost,
 * and it is as if the whole line had been censored. */
START_TEST(no_secret_is_cut)
{
	static const char secret[] = "S3cretPassw0rd-of-the-db";
	cJSON *secrets = some_secrets();

	for (int before = -30; before <= 5; before++) {
		size_t filler = (size_t)(_i * PIECES_LENGTH + before);
		char *text =
			mem_printf("%0*d%s,%09000d", (int)filler, 0, secret, 0);
		char *censored = censor_text(text, secrets);
		struct heard heard;
		struct pieces p = begin(&heard, secrets);

		add(&p, text);
		pieces_end(&p);
		ck_assert(streq(heard.censored.text, censored));
		ck_assert_uint_eq(heard.all, strlen(text));
		ck_assert_uint_le(heard.longest, PIECES_LENGTH);
		/* It is the last, or comes without an end. */
		text[filler + sizeof(secret) - 1] = '\0';
		heard.censored.length = 0;
		add(&p, text);
		pieces_end(&p);
		ck_assert_ptr_null(strstr(heard.censored.text, "S3c"));
		ck_assert_ptr_null(strstr(heard.censored.text, "db"));
		mem_free(text);
		mem_free(censored);
		finish(&p, &heard);
	}
	cJSON_Delete(secrets);
}
END_TEST

/* Secrets that overlap leave what they leave where nothing is cut. */
START_TEST(secrets_that_overlap)
{
	cJSON *secrets = some_secrets();

	for (int before = -40; before <= 5; before++) {
		char *text = mem_printf("%0*dS3cretPassw0rd-of-the-db-XYZ,%d",
			PIECES_LENGTH + before, 0, 7);
		char *censored = censor_text(text, secrets);
		struct heard heard;
		struct pieces p = begin(&heard, secrets);

		add(&p, text);
		pieces_end(&p);
		ck_assert(streq(heard.censored.text, censored));
		mem_free(text);
		mem_free(censored);
		finish(&p, &heard);
	}
	cJSON_Delete(secrets);
}
END_TEST

/* Longer than a piece: shown censored where the line ends soon, else left out.
 */
START_TEST(a_secret_that_is_longer)
{
	char *secret = mem_printf("begin%020000dend", 1);
	cJSON *secrets = cJSON_CreateArray();
	struct heard heard;
	struct pieces p = begin(&heard, secrets);

	json_append(secrets, json_new_str(secret));
	add(&p, "it is ");
	add(&p, secret);
	add(&p, "!");
	pieces_end(&p);
	ck_assert_str_eq(heard.censored.text, "it is ********!");
	for (int i = 0; i < 10; i++)
		add(&p, secret);
	ck_assert(pieces_begun(&p));
	pieces_end(&p);
	ck_assert(!pieces_begun(&p));
	ck_assert_ptr_null(strstr(heard.censored.text, "000"));
	ck_assert_ptr_nonnull(strstr(heard.censored.text, "is left out)"));
	/* The next line is as ever. */
	heard.censored.length = 0;
	add(&p, "next");
	pieces_end(&p);
	ck_assert_str_eq(heard.censored.text, "next");
	finish(&p, &heard);
	mem_free(secret);
	cJSON_Delete(secrets);
}
END_TEST

/* Wherever it would be cut it would be within one. */
START_TEST(secrets_without_an_end)
{
	cJSON *secrets = cJSON_CreateArray();
	struct heard heard;
	struct pieces p = begin(&heard, secrets);

	json_append(secrets, json_new_str("xyxyx"));
	for (int i = 0; i < 100000; i++)
		add(&p, "xy");
	pieces_end(&p);
	ck_assert_uint_eq(heard.count, 1);
	ck_assert_str_eq(heard.censored.text,
		"(the rest of this line, which is secret, is left out)");
	finish(&p, &heard);
	cJSON_Delete(secrets);
}
END_TEST

/* One that is made while the line comes. */
START_TEST(secrets_may_become_more)
{
	cJSON *secrets = cJSON_CreateArray();
	char *filler = mem_printf("%0*d", PIECES_LENGTH - 10, 0);
	struct heard heard;
	struct pieces p = begin(&heard, secrets);

	add(&p, filler);
	json_append(secrets, json_new_str("abcdefghijklmnopqrst"));
	add(&p, "abcdefghijklmnopqrst");
	add(&p, filler);
	pieces_end(&p);
	ck_assert_ptr_null(strstr(heard.censored.text, "abc"));
	ck_assert_ptr_null(strstr(heard.censored.text, "rst"));
	finish(&p, &heard);
	mem_free(filler);
	cJSON_Delete(secrets);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("pieces");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, long_lines_are_cut, 0, COUNT(longs));
	tcase_add_loop_test(t, no_secret_is_cut, 1, 4);
	tcase_add_test(t, secrets_that_overlap);
	tcase_add_test(t, a_secret_that_is_longer);
	tcase_add_test(t, secrets_without_an_end);
	tcase_add_test(t, secrets_may_become_more);
	suite_add_tcase(s, t);
	return s;
}
