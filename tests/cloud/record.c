/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/record.h"

#include <string.h>

#include "common/mem.h"

/* A field wherever it is in its struct. */
union field {
	void *at;
	char **text;
	double *real;
	int64_t *number;
	bool *truth;
	cJSON **tree;
};

static union field field_in(void *record, const struct record_field *f)
{
	return (union field){ .at = (char *)record + f->offset };
}

static cJSON *save_field(const struct record_field *f, union field in)
{
	switch (f->kind) {
	case RECORD_TEXT:
		return json_new_str(*in.text);
	case RECORD_REAL:
		return *in.real != 0 ? json_new_double(*in.real) : NULL;
	case RECORD_INT:
		return *in.number ? json_new_int(*in.number) : NULL;
	case RECORD_BOOL:
		return *in.truth ? json_new_bool(true) : NULL;
	case RECORD_TREE:
		return json_copy(*in.tree);
	case RECORD_END:
		break;
	}
	return NULL;
}

cJSON *record_save(const struct record_field *fields, const void *record)
{
	cJSON *saved = cJSON_CreateObject();
	union field in;
	const char *at;

	for (const struct record_field *f = fields; f->kind; f++) {
		at = (const char *)record + f->offset;
		/* only read through; the union has no const side */
		memcpy(&in, &at, sizeof(in));
		json_set(saved, f->name, save_field(f, in));
	}
	return saved;
}

static bool load_field(
	const struct record_field *f, union field into, const cJSON *value)
{
	switch (f->kind) {
	case RECORD_TEXT:
		if (!cJSON_IsString(value))
			return false;
		*into.text = mem_copy(value->valuestring);
		return true;
	case RECORD_REAL:
		*into.real = value->valuedouble;
		return cJSON_IsNumber(value);
	case RECORD_INT:
		return json_is_int(value, into.number);
	case RECORD_BOOL:
		*into.truth = cJSON_IsTrue(value);
		return cJSON_IsBool(value);
	case RECORD_TREE:
		*into.tree = json_copy(value);
		return true;
	case RECORD_END:
		break;
	}
	return false;
}

int record_load(const struct record_field *fields, void *record,
	const cJSON *saved, struct err *e)
{
	for (const struct record_field *f = fields; f->kind; f++) {
		const cJSON *value = json_member(saved, f->name);

		if (!value || load_field(f, field_in(record, f), value))
			continue;
		record_clear(fields, record);
		return err_set(
			e, ERR_OTHER, "%s has an unexpected type", f->name);
	}
	return 0;
}

void record_clear(const struct record_field *fields, void *record)
{
	for (const struct record_field *f = fields; f->kind; f++) {
		union field in = field_in(record, f);

		if (f->kind == RECORD_TEXT)
			record_set_text(in.text, NULL);
		else if (f->kind == RECORD_TREE)
			record_set_tree(in.tree, NULL);
		else if (f->kind == RECORD_REAL)
			*in.real = 0;
		else if (f->kind == RECORD_INT)
			*in.number = 0;
		else
			*in.truth = false;
	}
}

void record_set_text(char **field, const char *text)
{
	char *copy = text ? mem_copy(text) : NULL;

	mem_free(*field);
	*field = copy;
}

void record_set_tree(cJSON **field, cJSON *tree)
{
	cJSON_Delete(*field);
	*field = tree;
}
