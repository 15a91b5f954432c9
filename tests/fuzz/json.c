/* SPDX-License-Identifier: Apache-2.0 */
/* What is read, written and read again is the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e;
	cJSON *value, *again;
	char *text;

	json_init();
	value = json_parse((const char *)data, size, &e);
	if (!value)
		return 0;
	text = json_text(value);
	again = json_parse(text, strlen(text), &e);
	if (!again || !json_equal(value, again))
		abort();
	mem_free(text);
	cJSON_Delete(value);
	cJSON_Delete(again);
	return 0;
}
