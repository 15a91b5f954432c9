/* SPDX-License-Identifier: Apache-2.0 */
/* What Packer 1.6.6 was seen to accept and to refuse, template by template. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/bake/template.h"
#include "common/file.h"
#include "common/mem.h"
#include "common/str.h"
#include "tests/common/bake/support/reading.h"

Suite *suite(void);

#define DIRECTORY "tests/data/packer"

/* Where Packer's verdict is not wanted: it asked the identity service, or did
 * not know its own older form any more. */
static const char *const valid_here[] = { "openstack-identity-down.json",
	"openstack-wrong-password.json",
	"openstack-legacy-rackspace-0.7.json" };

struct tally {
	int run, refused, syntax_only, except, malformed, excepted;
};

/* What a recorded command line asks for. */
struct line {
	struct template_wish wish;
	cJSON *variables, *files;
	bool syntax_only, except, malformed;
};

static char *expand(struct pool *pool, const char *text)
{
	static const char directory[] = "@DIR@", identity[] = "@IDENTITY@";
	const char *found;

	if (str_starts(text, directory))
		return pool_printf(
			pool, DIRECTORY "%s", text + sizeof(directory) - 1);
	found = strstr(text, identity);
	if (!found)
		return pool_copy(pool, text);
	return pool_printf(pool, "%.*shttp://127.0.0.1:1%s",
		(int)(found - text), text, found + sizeof(identity) - 1);
}

static void take_variable(struct line *line, const char *text)
{
	const char *equals = strchr(text, '=');
	char *name;

	if (!equals) {
		line->malformed = true;
		return;
	}
	name = mem_copy_n(text, (size_t)(equals - text));
	json_set_str(line->variables, name, equals + 1);
	mem_free(name);
}

static struct line read_line(const cJSON *args, struct pool *pool)
{
	struct line line = {
		.variables = pool_keep(pool, cJSON_CreateObject()),
		.files = pool_keep(pool, cJSON_CreateArray()),
	};

	for (const cJSON *arg = args->child; arg; arg = arg->next) {
		const char *text = arg->valuestring;

		if (streq(text, "-syntax-only")) {
			line.syntax_only = true;
		} else if (str_starts(text, "-except=")) {
			line.except = true;
		} else if (str_starts(text, "-only=")) {
			line.wish.only = text + strlen("-only=");
		} else if (streq(text, "-var")) {
			arg = arg->next;
			take_variable(&line, expand(pool, arg->valuestring));
		} else if (streq(text, "-var-file")) {
			arg = arg->next;
			json_append(line.files,
				json_new_str(expand(pool, arg->valuestring)));
		} else {
			ck_assert_msg(*text != '-', "unknown flag %s", text);
			line.wish.path = expand(pool, text);
		}
	}
	line.wish.variables = line.variables;
	line.wish.variable_files = line.files;
	return line;
}

static bool is_valid_here(const char *path)
{
	for (size_t i = 0; i < sizeof(valid_here) / sizeof(*valid_here); i++)
		if (strstr(path, valid_here[i]))
			return true;
	return false;
}

static void check_case(
	const struct line *line, bool refused, struct tally *tally)
{
	struct pool *pool = pool_new();
	struct template_verdict verdict;
	char *said;

	template_read(&line->wish, pool, &verdict);
	said = json_text(verdict.errors);
	ck_assert_msg(!verdict.errors->child == !refused,
		"%s: Packer %s it, and we say %s", line->wish.path,
		refused ? "refuses" : "accepts", said);
	mem_free(said);
	tally->run++;
	tally->refused += refused;
	pool_free(pool);
}

static void run_case(const cJSON *recorded, struct tally *tally)
{
	struct pool *pool = pool_new();
	struct line line = read_line(json_member(recorded, "args"), pool);
	bool refused = json_int(recorded, "exit_code", -1) != 0;

	tally->syntax_only += line.syntax_only;
	tally->except += line.except;
	tally->malformed += line.malformed;
	if (is_valid_here(line.wish.path) && !line.syntax_only) {
		ck_assert_msg(refused, "%s is no exception", line.wish.path);
		refused = false;
		tally->excepted++;
	}
	if (!line.syntax_only && !line.except && !line.malformed)
		check_case(&line, refused, tally);
	pool_free(pool);
}

START_TEST(packer_and_we_agree)
{
	struct tally tally = { 0 };
	struct err e;
	size_t length;
	char *text = file_read(DIRECTORY "/cases.jsonl", 1 << 20, &length, &e);
	char *rest = text, *row;

	ck_assert_msg(text, "%s", e.text);
	forget_environment();
	while ((row = strsep(&rest, "\n")) && *row) {
		cJSON *recorded = json_parse(row, strlen(row), &e);

		ck_assert_msg(recorded, "%s", e.text);
		run_case(recorded, &tally);
		cJSON_Delete(recorded);
	}
	mem_free(text);
	ck_assert_int_eq(tally.run, 83);
	ck_assert_int_eq(tally.refused, 60);
	ck_assert_int_eq(tally.excepted, 3);
	ck_assert_int_eq(tally.syntax_only, 8);
	ck_assert_int_eq(tally.except, 1);
	ck_assert_int_eq(tally.malformed, 1);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("template_vectors");
	TCase *t = tcase_create("all");

	tcase_add_test(t, packer_and_we_agree);
	suite_add_tcase(s, t);
	return s;
}
