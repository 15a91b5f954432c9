/* SPDX-License-Identifier: Apache-2.0 */
#include "common/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"

/* A server's name has at most 255 characters. */
#define NAME_MAX_LENGTH 255

/* A pattern, taken apart. */
struct pattern {
	char *before, *behind;
	int width;
	bool zeros;
};

/* Copies up to the first conversion, %% as %; *at is then behind it, at the
 * conversion or at the end. */
static char *copy_literal(const char **at)
{
	struct str s;

	str_init(&s, SIZE_MAX / 4);
	for (; **at; (*at)++) {
		if (**at == '%' && (*at)[1] != '%')
			break;
		if (**at == '%')
			(*at)++;
		str_add_n(&s, *at, 1);
	}
	return str_take(&s);
}

static int refuse(const char *pattern, struct err *e)
{
	return err_set(e, ERR_OTHER,
		"name '%s' cannot be numbered: it may have one %%d, with a "
		"width like %%02d, and %%%% for a per cent sign",
		pattern);
}

static int parse(const char *text, struct pattern *p, struct err *e)
{
	const char *at = text;

	*p = (struct pattern){ .before = copy_literal(&at) };
	if (*at) {
		at++;
		p->zeros = *at == '0';
		for (; isdigit((unsigned char)*at) && p->width < 100; at++)
			p->width = p->width * 10 + (*at - '0');
		if (!*at || !strchr("dis", *at) || p->width > 100)
			return refuse(text, e);
		/* Python pads a text with blanks. */
		p->zeros = p->zeros && *at != 's';
		at++;
	}
	p->behind = copy_literal(&at);
	return *at ? refuse(text, e) : 0;
}

static bool is_taken(const cJSON *servers, const char *name)
{
	return json_find(servers, "name", name) != NULL;
}

static int add_names(const struct pattern *p, int64_t number, int64_t count,
	const cJSON *servers, cJSON *names, struct err *e)
{
	while (count > 0) {
		char *name = mem_printf(p->zeros ? "%s%0*lld%s" : "%s%*lld%s",
			p->before, p->width, (long long)number, p->behind);
		bool too_long = strlen(name) > NAME_MAX_LENGTH;

		if (!too_long && !is_taken(servers, name)) {
			json_append(names, json_new_str(name));
			count--;
		}
		mem_free(name);
		if (too_long || (count > 0 && number == INT64_MAX))
			return err_set(e, ERR_OTHER,
				"The names would have more than %d characters",
				NAME_MAX_LENGTH);
		if (count > 0)
			number++;
	}
	return 0;
}

static int check_count(int64_t count, struct err *e)
{
	return count > NAMES_MAX
		       ? err_set(e, ERR_OTHER,
				 "%lld servers are more than the %d that can "
				 "be made at once",
				 (long long)count, NAMES_MAX)
		       : 0;
}

int names_next(const char *pattern, int64_t offset, int64_t count,
	const cJSON *servers, struct pool *pool, const cJSON **names,
	struct err *e)
{
	cJSON *list = pool_keep(pool, cJSON_CreateArray());
	struct pattern p = { 0 };
	int rc = check_count(count, e);

	if (rc == 0)
		rc = parse(pattern, &p, e);
	if (rc == 0)
		rc = add_names(&p, offset, count, servers, list, e);
	mem_free(p.before);
	mem_free(p.behind);
	if (rc == 0)
		*names = list;
	return rc;
}

int names_repeat(const char *name, int64_t count, struct pool *pool,
	const cJSON **names, struct err *e)
{
	cJSON *list = pool_keep(pool, cJSON_CreateArray());

	if (check_count(count, e) < 0)
		return -1;
	while (count-- > 0)
		json_append(list, json_new_str(name));
	*names = list;
	return 0;
}
