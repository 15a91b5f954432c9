/* SPDX-License-Identifier: Apache-2.0 */
/* What scripts are given and made of. */
#include <string.h>

#include "common/bake/provision_parts.h"
#include "common/bake/template.h"
#include "common/str.h"

#define TEXT_MAX     ((size_t)64 * 1024 * 1024)
#define BUILDER_TYPE "openstack" /* what scripts of templates look for */

/* Packer's own come first: a step's own of the same name win. */
cJSON *script_environment(
	struct provisioning *p, const struct provisioner *step, struct err *e)
{
	cJSON *all = pool_keep(p->pool,
		json_object(JSON_STR("PACKER_BUILD_NAME", p->recipe->builder),
			JSON_STR("PACKER_BUILDER_TYPE", BUILDER_TYPE)));

	json_each (item, step->environment) {
		const char *text =
			late_render(item->valuestring, p->facts, p->pool, e);
		const char *equals;
		char *key;

		if (!text) {
			err_add(e, "environment_vars");
			return NULL;
		}
		equals = strchr(text, '=');
		if (!equals || equals == text) {
			err_set(e, ERR_OTHER,
				"environment_vars: each must be KEY=VALUE");
			return NULL;
		}
		key = mem_copy_n(text, (size_t)(equals - text));
		json_set_str(all, key, equals + 1);
		mem_free(key);
	}
	json_sort_members(all);
	return all;
}

static void add_escaped(struct str *s, const char *value)
{
	for (; *value; value++) {
		if (*value == '\'')
			str_add(s, "'\"'\"'");
		else
			str_add_n(s, value, 1);
	}
}

/* The first %s of the format is the key, the second the value. */
static void add_variable(
	struct str *s, const char *format, const cJSON *variable)
{
	int place = 0;

	for (const char *at = format; *at; at++) {
		if (at[0] == '%' && at[1] == 's' && place < 2) {
			if (place++ == 0)
				str_add(s, variable->string);
			else
				add_escaped(s, variable->valuestring);
			at++;
		} else {
			str_add_n(s, at, 1);
			at += at[0] == '%' && at[1] == '%';
		}
	}
}

const char *script_variables(struct provisioning *p,
	const struct provisioner *step, const cJSON *environment)
{
	const char *format = step->env_var_format;
	const char *text;
	struct str s;

	if (!format || !*format)
		format = step->use_env_var_file ? "export %s='%s'\n"
						: "%s='%s' ";
	str_init(&s, TEXT_MAX);
	json_each (variable, environment)
		add_variable(&s, format, variable);
	text = pool_copy(p->pool, s.text);
	str_free(&s);
	return text;
}

const char *script_inline(
	struct provisioning *p, const struct provisioner *step, struct err *e)
{
	const char *shebang = step->inline_shebang;
	const char *text = NULL;
	struct str s;

	str_init(&s, TEXT_MAX);
	str_addf(&s, "#!%s\n", shebang && *shebang ? shebang : "/bin/sh -e");
	json_each (item, step->lines) {
		const char *line =
			late_render(item->valuestring, p->facts, p->pool, e);

		if (!line) {
			err_add(e, "inline");
			goto out;
		}
		str_add(&s, line);
		str_add(&s, "\n");
	}
	if (s.full)
		err_set(e, ERR_OTHER, "inline: longer than %zu bytes", s.max);
	else
		text = pool_copy(p->pool, s.text);
out:
	str_free(&s);
	return text;
}
