/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/outcome.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const names[OUTCOME_COUNT] = {
	[OUTCOME_OK] = "ok",
	[OUTCOME_REFUSED] = "refused",
	[OUTCOME_CONNECT_TIMEOUT] = "connect-timeout",
	[OUTCOME_RESET] = "reset",
	[OUTCOME_UNANSWERED] = "unanswered",
	[OUTCOME_TRUNCATED] = "truncated",
	[OUTCOME_WRONG] = "wrong",
	[OUTCOME_OTHER] = "other",
	[OUTCOME_UNSENT] = "unsent",
};

const char *outcome_name(enum outcome outcome)
{
	return names[outcome];
}

bool outcome_is_failure(enum outcome outcome)
{
	return outcome != OUTCOME_OK && outcome != OUTCOME_UNSENT;
}

static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			*text = '?';
}

void outcome_set(
	struct finding *finding, enum outcome outcome, const char *fmt, ...)
{
	va_list args;

	finding->outcome = outcome;
	va_start(args, fmt);
	vsnprintf(finding->reason, sizeof(finding->reason), fmt, args);
	va_end(args);
	make_printable(finding->reason);
}

void outcome_copy_name(char name[OUTCOME_NAME_SIZE], const char *text)
{
	snprintf(name, OUTCOME_NAME_SIZE, "%s", text ? text : "");
	make_printable(name);
}
