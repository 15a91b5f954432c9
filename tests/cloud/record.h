/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record - structs that go into the state file and come back.
 *
 * A table of fields says what a struct consists of; its contents are owned by
 * the struct and are copied, written and released by that table.
 */
#ifndef CLOUD_RECORD_H
#define CLOUD_RECORD_H

#include <stddef.h>

#include "common/err.h"
#include "common/json.h"

enum record_kind {
	RECORD_END,
	RECORD_TEXT, /* char *, may be NULL */
	RECORD_REAL, /* double */
	RECORD_INT,  /* int64_t */
	RECORD_BOOL, /* bool */
	RECORD_TREE, /* cJSON *, may be NULL */
};

struct record_field {
	enum record_kind kind;
	const char *name;
	size_t offset;
};

#define RECORD_FIELD(type, field)                                                \
	{                                                                        \
		.name = #field, .offset = offsetof(type, field),               \
		.kind = _Generic(((type *)0)->field, char * : RECORD_TEXT,     \
			double : RECORD_REAL, int64_t : RECORD_INT,            \
			bool : RECORD_BOOL, cJSON * : RECORD_TREE) \
	}

/* Ends a table. */
#define RECORD_LAST                                                            \
	{                                                                      \
		.kind = RECORD_END                                             \
	}

/* The fields as a new object; what is NULL, 0 or false is left out. */
cJSON *record_save(const struct record_field *fields, const void *record);
/* Fills in a zeroed struct. A member of another type is an error, a missing
 * one leaves its field; on failure nothing stays allocated. */
int record_load(const struct record_field *fields, void *record,
	const cJSON *saved, struct err *e);
/* Releases what the fields own; the struct is zeroed there. */
void record_clear(const struct record_field *fields, void *record);

/* Puts a copy of the text in place of what is there. */
void record_set_text(char **field, const char *text);
/* Puts the tree, which is taken over, in place of what is there. */
void record_set_tree(cJSON **field, cJSON *tree);

#endif
