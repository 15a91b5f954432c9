/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/match.h"

#include <stddef.h>
#include <string.h>

#include "common/mem.h"
#include "common/str.h"

#define REGEX_MAX 255

static bool is_modest(const char *regex)
{
	const char *at = regex;

	while ((at = strchr(at, '{'))) {
		size_t least = strspn(at + 1, "0123456789");
		const char *behind = at + 1 + least;
		size_t most =
			*behind == ',' ? strspn(behind + 1, "0123456789") : 0;

		if ((at > regex && strchr(")}", at[-1])) || least > 2 ||
			most > 2)
			return false;
		at++;
	}
	return strlen(regex) <= REGEX_MAX;
}

int match_compile(regex_t *compiled, const char *regex)
{
	return is_modest(regex)
		       ? regcomp(compiled, regex, REG_EXTENDED | REG_NOSUB)
		       : REG_ESPACE;
}

struct match match_new(const cJSON *rule)
{
	struct match match = { .method = json_str(rule, "method"),
		.service = json_str(rule, "service") };
	const char *path = json_str(rule, "path");

	if (!path)
		return match;
	match.path = mem_new(sizeof(*match.path));
	if (match_compile(match.path, path) != 0) {
		mem_free(match.path);
		match.path = NULL;
	}
	return match;
}

void match_free(struct match *match)
{
	if (match->path)
		regfree(match->path);
	mem_free(match->path);
	match->path = NULL;
}

bool match_request(const struct match *match, const char *method,
	const char *target, const char *service)
{
	if (match->method && !streq(match->method, method))
		return false;
	if (match->service && !streq(match->service, service))
		return false;
	return !match->path || regexec(match->path, target, 0, NULL, 0) == 0;
}

bool match_regex(const char *regex, const char *text)
{
	regex_t compiled;
	bool found;

	if (match_compile(&compiled, regex) != 0)
		return false;
	found = regexec(&compiled, text, 0, NULL, 0) == 0;
	regfree(&compiled);
	return found;
}

bool match_name(const cJSON *rule, const char *name)
{
	const char *regex = json_str(rule, "name");

	return !regex || match_regex(regex, name);
}
