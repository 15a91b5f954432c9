/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of texts alone, which work while a server is there, too. */
#include <string.h>

#include "common/bake/template_function.h"
#include "common/str.h"

static enum go_outcome change_case(struct pool *pool,
	const struct go_value *arguments, char first, struct go_value *result)
{
	char *text = pool_copy(pool, arguments[0].text);

	for (char *p = text; *p; p++)
		if (*p >= first && *p < first + 26)
			*p ^= 32;
	*result = (struct go_value){ GO_TEXT, text };
	return GO_DONE;
}

static enum go_outcome upper(struct pool *pool,
	const struct go_value *arguments, struct go_value *result,
	struct err *e)
{
	(void)e;
	return change_case(pool, arguments, 'a', result);
}

static enum go_outcome lower(struct pool *pool,
	const struct go_value *arguments, struct go_value *result,
	struct err *e)
{
	(void)e;
	return change_case(pool, arguments, 'A', result);
}

/* The first `most' places, or all where that is negative. */
static enum go_outcome replace_most(struct pool *pool, const char *old,
	const char *new, int64_t most, const char *text,
	struct go_value *result, struct err *e)
{
	size_t length = strlen(old);
	enum go_outcome outcome = GO_DONE;
	const char *found;
	struct str s;

	if (!length)
		return err_set(
			e, ERR_OTHER, "an empty text cannot be replaced");
	str_init(&s, GO_TEXT_MAX);
	for (; most && (found = strstr(text, old)); most--) {
		str_add_n(&s, text, (size_t)(found - text));
		str_add(&s, new);
		text = found + length;
		if (s.full)
			break;
	}
	str_add(&s, text);
	if (s.full)
		outcome = err_set(e, ERR_OTHER, "it becomes too long");
	*result = (struct go_value){ GO_TEXT, pool_copy(pool, s.text) };
	str_free(&s);
	return outcome;
}

static enum go_outcome replace_all(struct pool *pool,
	const struct go_value *arguments, struct go_value *result,
	struct err *e)
{
	return replace_most(pool, arguments[0].text, arguments[1].text, -1,
		arguments[2].text, result, e);
}

static enum go_outcome replace(struct pool *pool,
	const struct go_value *arguments, struct go_value *result,
	struct err *e)
{
	int64_t most = -1;

	str_int(arguments[2].text, &most);
	return replace_most(pool, arguments[0].text, arguments[1].text, most,
		arguments[3].text, result, e);
}

static enum go_outcome split(struct pool *pool,
	const struct go_value *arguments, struct go_value *result,
	struct err *e)
{
	const char *text = arguments[0].text, *separator = arguments[1].text;
	const char *end;
	int64_t wanted = -1;

	str_int(arguments[2].text, &wanted);
	if (!*separator)
		return err_set(e, ERR_OTHER, "split has an empty separator");
	for (int64_t i = 0; wanted >= 0; i++) {
		end = strstr(text, separator);
		if (i == wanted) {
			size_t length =
				end ? (size_t)(end - text) : strlen(text);

			*result = (struct go_value){ GO_TEXT,
				pool_printf(pool, "%.*s", (int)length, text) };
			return GO_DONE;
		}
		if (!end)
			break;
		text = end + strlen(separator);
	}
	return err_set(
		e, ERR_OTHER, "split has no part %lld", (long long)wanted);
}

static const struct {
	const char *name;
	const char *kinds; /* of arguments: text, integer */
	enum go_outcome (*call)(struct pool *pool,
		const struct go_value *arguments, struct go_value *result,
		struct err *e);
} functions[] = {
	{ "upper", "t", upper },
	{ "lower", "t", lower },
	{ "replace", "ttit", replace },
	{ "replace_all", "ttt", replace_all },
	{ "split", "tti", split },
};

enum go_outcome template_call_pure(struct pool *pool, const char *name,
	const struct go_value *arguments, size_t count, struct go_value *result,
	bool *found, struct err *e)
{
	size_t row = 0;

	while (row < sizeof(functions) / sizeof(*functions) &&
		!streq(functions[row].name, name))
		row++;
	*found = row < sizeof(functions) / sizeof(*functions);
	if (!*found)
		return GO_DONE;
	if (strlen(functions[row].kinds) != count)
		return err_set(e, ERR_OTHER, "%s takes %zu arguments, not %zu",
			name, strlen(functions[row].kinds), count);
	for (size_t i = 0; i < count; i++)
		if (arguments[i].kind !=
			(functions[row].kinds[i] == 't' ? GO_TEXT : GO_INTEGER))
			return err_set(e, ERR_OTHER,
				"argument %zu of %s must be %s", i + 1, name,
				functions[row].kinds[i] == 't'
					? "a text in back-ticks"
					: "an integer without quotes");
	return functions[row].call(pool, arguments, result, e);
}
