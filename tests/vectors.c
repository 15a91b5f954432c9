/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/vectors.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

#define FILE_MAX         ((size_t)256 * 1024 * 1024)
#define SHOWN_UNLESS_ALL 20
#define VERSION          "2.19"

struct run {
	struct vectors_specs specs;
	bool all;
	long passed, failed, skipped;
};

static void tell(struct run *run, const char *file, long number,
	const cJSON *line, const char *what)
{
	const char *id = json_str(line, "id");

	run->failed++;
	if (!run->all && run->failed > SHOWN_UNLESS_ALL)
		return;
	if (id)
		printf("%s: %s\n", id, what);
	else
		printf("%s:%ld: %s\n", file, number, what);
}

static void tell_difference(struct run *run, const char *file, long number,
	const cJSON *line, const cJSON *expected, const cJSON *got)
{
	char *wanted = json_text(expected), *found = json_text(got);
	char *what =
		mem_printf("\n  expected %s\n  got      %s", wanted, found);

	tell(run, file, number, line, what);
	mem_free(what);
	mem_free(wanted);
	mem_free(found);
}

/* What a test may leave out: values that no module of ours ever has. */
static bool may_be_skipped(const cJSON *line)
{
	static const char *const flags[] = { "bigint", "nonfinite",
		"python-object", "crash", "bad-spec", "unicode-digits" };

	json_each (flag, json_member(line, "flags")) {
		for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
			if (streq(cJSON_GetStringValue(flag), flags[i]))
				return true;
	}
	return false;
}

static void compare(struct run *run, const char *file, long number,
	const cJSON *line, const cJSON *spec)
{
	const cJSON *expectation =
		json_member(json_member(line, "expect"), VERSION);
	cJSON *expected, *got;

	if (!cJSON_IsObject(expectation)) {
		tell(run, file, number, line,
			"no expectation for ansible-core " VERSION);
		return;
	}
	expected = vectors_expected(expectation);
	got = vectors_run(line, spec);
	if (vectors_agree(expected, got))
		run->passed++;
	else if (may_be_skipped(line))
		run->skipped++;
	else
		tell_difference(run, file, number, line, expected, got);
	cJSON_Delete(expected);
	cJSON_Delete(got);
}

static void run_line(struct run *run, const char *file, long number,
	const char *text, size_t length)
{
	struct err e;
	cJSON *spec = NULL, *line = json_parse(text, length, &e);

	if (!line) {
		tell(run, file, number, NULL, e.text);
		return;
	}
	switch (vectors_spec(&run->specs, line, &spec, &e)) {
	case VECTORS_FOUND:
		compare(run, file, number, line, spec);
		cJSON_Delete(spec);
		break;
	case VECTORS_ABSENT:
		run->skipped++;
		break;
	case VECTORS_BROKEN:
		tell(run, file, number, line, e.text);
		break;
	}
	cJSON_Delete(line);
}

static bool is_blank(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!strchr(" \t\r", text[i]) || !text[i])
			return false;
	return true;
}

static char *read_file(const char *file, size_t *length)
{
	FILE *stream = fopen(file, "rb");
	char buffer[65536];
	struct str s;
	size_t n;
	bool failed;

	if (!stream)
		return NULL;
	str_init(&s, FILE_MAX);
	while ((n = fread(buffer, 1, sizeof(buffer), stream)) > 0 && !s.full)
		str_add_n(&s, buffer, n);
	failed = ferror(stream) || s.full;
	if (s.full)
		errno = EFBIG;
	fclose(stream);
	*length = s.length;
	if (!failed)
		return str_take(&s);
	str_free(&s);
	return NULL;
}

static void run_file(struct run *run, const char *file)
{
	size_t length;
	char *text = read_file(file, &length);
	long number = 0;

	if (!text) {
		printf("%s: %s\n", file, strerror(errno));
		run->failed++;
		return;
	}
	for (const char *at = text, *end; at < text + length; at = end + 1) {
		end = memchr(at, '\n', (size_t)(text + length - at));
		end = end ? end : text + length;
		number++;
		if (!is_blank(at, (size_t)(end - at)))
			run_line(run, file, number, at, (size_t)(end - at));
	}
	mem_free(text);
}

/* The environment in which the results were recorded. */
static void set_environment(void)
{
	clearenv();
	setenv("HOME", "/home/vec", 1);
	setenv("VEC_DIR", "/srv/vec", 1);
}

int main(int argc, char **argv)
{
	struct run run = { 0 };
	int first = 1;

	if (argc > 1 && streq(argv[1], "-v")) {
		run.all = true;
		first++;
	}
	if (first >= argc) {
		fprintf(stderr, "usage: %s [-v] FILE...\n", argv[0]);
		return 2;
	}
	json_init();
	set_environment();
	vectors_specs_open(&run.specs);
	for (int i = first; i < argc; i++)
		run_file(&run, argv[i]);
	vectors_specs_close(&run.specs);
	if (!run.all && run.failed > SHOWN_UNLESS_ALL)
		printf("... and %ld more, which -v shows\n",
			run.failed - SHOWN_UNLESS_ALL);
	printf("%ld passed, %ld failed, %ld skipped\n", run.passed, run.failed,
		run.skipped);
	return run.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
