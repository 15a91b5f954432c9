/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/match.h"

#include <stddef.h>

#include "common/mem.h"
#include "common/str.h"

struct match match_new(const cJSON *rule)
{
	struct match match = { .method = json_str(rule, "method"),
		.service = json_str(rule, "service") };
	const char *path = json_str(rule, "path");

	if (!path)
		return match;
	match.path = mem_new(sizeof(*match.path));
	if (regcomp(match.path, path, REG_EXTENDED | REG_NOSUB) != 0) {
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

	if (regcomp(&compiled, regex, REG_EXTENDED | REG_NOSUB) != 0)
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
