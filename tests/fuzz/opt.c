/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of any kind against a spec that has every type. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/opt.h"
#include "common/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char spec_text[] =
	"{'s': {'aliases': ['sa', 'sb']}, 'b': {'type': 'bool'},"
	" 'i': {'type': 'int', 'choices': [1, 2, 3]},"
	" 'f': {'type': 'float', 'default': 1}, 'r': {'type': 'raw'},"
	" 'l': {'type': 'list'}, 'd': {'type': 'dict'},"
	" 'p': {'type': 'path', 'no_log': true}, 'j': {'type': 'json'},"
	" 'a': {'type': 'jsonarg'}, 'y': {'type': 'bytes'},"
	" 't': {'type': 'bits'}, 'q': {'type': 'int', 'required': true},"
	" 'c': {'choices': ['yes', 'no', 'x'], 'no_log': true},"
	" 'lc': {'type': 'list', 'choices': ['u', 1, null]},"
	" 'li': {'type': 'list', 'elements': 'int'},"
	" 'lf': {'type': 'list', 'elements': 'float'},"
	" 'ld': {'type': 'list', 'elements': 'dict', 'aliases': ['la'],"
	"  'options': {'password': {'no_log': true}, 'n': {'type': 'int'},"
	"   'm': {'default': 'v', 'removed_in_version': '9'},"
	"   'dd': {'type': 'dict', 'apply_defaults': true, 'options':"
	"    {'z': {'type': 'list', 'elements': 'path'}}}},"
	"  'required_together': [['password', 'm']]},"
	" 'old': {'aliases': ['older'], 'removed_at_date': '2030-01-01',"
	"  'deprecated_aliases': [{'name': 'older', 'version': '9'}]}}";
static const char rules_text[] =
	"{'mutually_exclusive': [['s', 'b']], 'required_by': {'l': 'd'},"
	" 'required_together': [['y', 't']], 'required_one_of': [['q', 's']],"
	" 'required_if': [['i', 1, ['s']], ['b', true, ['i', 'f'], true]]}";

/* What is printed can be read and is the same. */
static void print(const struct opt_checked *checked)
{
	cJSON *result = checked->failure ? result_fail(checked,
						   checked->failure, NULL, NULL)
					 : result_exit(checked, NULL, NULL);
	char *text = json_text(result);
	struct err e;
	cJSON *again = json_parse(text, strlen(text), &e);

	/* The arguments stand two levels deeper here than they came. */
	if (again ? !json_equal(again, result)
		  : !strstr(e.text, "nested too deeply"))
		abort();
	mem_free(text);
	cJSON_Delete(again);
	cJSON_Delete(result);
}

static void check(const cJSON *args)
{
	cJSON *spec = json_literal(spec_text);
	cJSON *rules = json_literal(rules_text);
	struct opt_checked checked;
	struct err e;

	if (opt_check("fuzz", spec, rules, args, &checked, &e) == 0) {
		json_each (option, spec) {
			if (!json_member(checked.params, option->string))
				abort();
		}
	} else if (!checked.failure || !*e.text) {
		abort();
	}
	print(&checked);
	opt_checked_free(&checked);
	cJSON_Delete(spec);
	cJSON_Delete(rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e;
	cJSON *args;

	json_init();
	args = json_parse((const char *)data, size, &e);
	if (args)
		check(args);
	cJSON_Delete(args);
	return 0;
}
