/* SPDX-License-Identifier: Apache-2.0 */
/* Checked options into the fields of a struct. */
#include <stdint.h>

#include "common/opt.h"

/* AnsibleModule leaves a boolean given for an int as it is. */
static int64_t int_of(const cJSON *value)
{
	int64_t number;

	if (!value || !cJSON_IsNumber(value))
		return cJSON_IsTrue(value);
	if (json_is_int(value, &number))
		return number;
	return value->valuedouble < 0 ? INT64_MIN : INT64_MAX;
}

static const int64_t *may_int(const cJSON *value, struct pool *pool)
{
	int64_t *number;

	if (!value)
		return NULL;
	number = pool_alloc(pool, sizeof(*number));
	*number = int_of(value);
	return number;
}

static const bool *may_bool(const cJSON *value, struct pool *pool)
{
	bool *truth;

	if (!value)
		return NULL;
	truth = pool_alloc(pool, sizeof(*truth));
	*truth = cJSON_IsTrue(value);
	return truth;
}

static void bind(const struct opt *row, const cJSON *value, char *field,
	struct pool *pool)
{
	switch (row->field) {
	case OPT_FIELD_TEXT:
		*(const char **)(void *)field = cJSON_GetStringValue(value);
		break;
	case OPT_FIELD_BOOL:
		*(bool *)field = cJSON_IsTrue(value);
		break;
	case OPT_FIELD_INT:
		*(int64_t *)(void *)field = int_of(value);
		break;
	case OPT_FIELD_MAY_INT:
		*(const int64_t **)(void *)field = may_int(value, pool);
		break;
	case OPT_FIELD_MAY_BOOL:
		*(const bool **)(void *)field = may_bool(value, pool);
		break;
	case OPT_FIELD_JSON:
		*(const cJSON **)(void *)field = value;
		break;
	}
}

void opt_bind(const struct opt *rows, const cJSON *params, void *fields,
	struct pool *pool)
{
	for (; rows->name; rows++) {
		const cJSON *value = json_member(params, rows->name);

		if (cJSON_IsNull(value))
			value = NULL;
		bind(rows, value, (char *)fields + rows->offset, pool);
	}
}
