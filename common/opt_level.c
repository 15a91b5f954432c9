/* SPDX-License-Identifier: Apache-2.0 */
#include "common/opt_level.h"

#include "common/str.h"

void opt_level_fail(const struct opt_level *level, char *message)
{
	if (level->out->failure)
		mem_free(message);
	else
		level->out->failure = message;
}

void opt_level_fail_here(const struct opt_level *level, char *message)
{
	if (message && level->context) {
		opt_level_fail(level,
			mem_printf("%s found in %s", message, level->context));
		mem_free(message);
	} else {
		opt_level_fail(level, message);
	}
}

void opt_level_note(cJSON *list, cJSON *item)
{
	json_each (known, list) {
		if (json_equal(known, item)) {
			cJSON_Delete(item);
			return;
		}
	}
	json_append(list, item);
}

bool opt_level_has_dicts(const cJSON *option)
{
	const char *type = json_str(option, "type");

	return streq(type, "dict") ||
	       (streq(type, "list") &&
		       streq(json_str(option, "elements"), "dict"));
}
