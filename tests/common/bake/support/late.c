/* SPDX-License-Identifier: Apache-2.0 */
/* late_render() as far as suites of provisioning need it. */
#include <string.h>

#include "common/bake/template.h"
#include "common/str.h"

const char *late_render(
	const char *text, const cJSON *facts, struct pool *pool, struct err *e)
{
	const char *rendered = NULL, *open;
	struct str s;

	str_init(&s, (size_t)64 * 1024 * 1024);
	while ((open = strstr(text, "{{."))) {
		const char *end = strstr(open, "}}");
		char *name = mem_copy_n(open + 3, (size_t)(end - open - 3));
		const char *fact = json_scalar_text(json_member(facts, name));

		if (!fact)
			err_set(e, ERR_OTHER, "nothing is known as %s", name);
		mem_free(name);
		if (!fact)
			goto out;
		str_add_n(&s, text, (size_t)(open - text));
		str_add(&s, fact);
		text = end + 2;
	}
	str_add(&s, text);
	rendered = pool_copy(pool, s.text);
out:
	str_free(&s);
	return rendered;
}
