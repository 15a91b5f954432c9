/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opt - a module's options: rows of a table, checked as Ansible checks them.
 *
 * A row is an option and a field of the module's `struct params'; its name is
 * written once. The rows become an argument spec, the JSON form that Ansible's
 * own documentation of modules uses, and opt_check() works on that form alone:
 * what is compiled in and what a test reads from a file go the same way. It
 * does what AnsibleModule of ansible-core 2.19 does, in its order, with its
 * texts, whatever version calls us.
 */
#ifndef COMMON_OPT_H
#define COMMON_OPT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/json.h"
#include "common/mem.h"

/* What the field is in C. An option that was not given and has no default is
 * NULL, where the field can be NULL, else false or 0. */
enum opt_field {
	OPT_FIELD_TEXT,     /* const char * */
	OPT_FIELD_BOOL,     /* bool */
	OPT_FIELD_INT,      /* int64_t */
	OPT_FIELD_MAY_INT,  /* const int64_t * */
	OPT_FIELD_MAY_BOOL, /* const bool * */
	OPT_FIELD_JSON,     /* const cJSON *: lists, dicts, raw */
};

struct opt {
	const char *name;
	const char *type;     /* Ansible's word: "str", "int", "list", ... */
	const char *elements; /* of a list */
	const char *choices;  /* "present|absent" */
	const char *fallback; /* the default: the text itself for str and path,
				 JSON for other types, with ' for " */
	const char *aliases;  /* "password|pass" */
	bool required;
	bool secret;           /* no_log: true */
	bool not_secret;       /* no_log: false, whatever its name suggests */
	const struct opt *sub; /* sub-options of a dict or a list of dicts */
	const struct opt_rule *sub_rules;
	enum opt_field field;
	size_t offset;
};

/* Rules that span options; names are separated by |. */
enum opt_rule_kind {
	OPT_END_OF_RULES,
	OPT_EXCLUSIVE,   /* mutually_exclusive */
	OPT_TOGETHER,    /* required_together */
	OPT_ONE_OF,      /* required_one_of */
	OPT_REQUIRED_IF, /* required_if `when' is "option=value" */
};
struct opt_rule {
	enum opt_rule_kind kind;
	const char *names;
	const char *when; /* the value is JSON with ' for ", any other text is a
			     string: "wait=true", "state=present" */
	bool any;         /* required_if: one of the names is enough */
};

/* Rows for a table `static const struct opt opts[]', ended by OPT_END, after a
 * `struct params' whose fields they name; a field of the wrong type does not
 * compile. More members of struct opt may follow the name. */
#define OPT_ROW(option, word, kind, ...)                                       \
	{                                                                      \
		.name = #option, .type = (word), .field = (kind),              \
		.offset = offsetof(struct params, option), __VA_ARGS__         \
	}
#define OPT_IS(option, ctype, kind)                                            \
	_Generic(((struct params *)0)->option, ctype : (kind))
#define OPT_STR(option, ...)                                                   \
	OPT_ROW(option, "str", OPT_IS(option, const char *, OPT_FIELD_TEXT),   \
		__VA_ARGS__)
#define OPT_PATH(option, ...)                                                  \
	OPT_ROW(option, "path", OPT_IS(option, const char *, OPT_FIELD_TEXT),  \
		__VA_ARGS__)
#define OPT_BOOL(option, ...)                                                  \
	OPT_ROW(option, "bool",                                                \
		_Generic(((struct params *)0)->option, bool                    \
			 : OPT_FIELD_BOOL, const bool *                        \
			 : OPT_FIELD_MAY_BOOL),                                \
		__VA_ARGS__)
#define OPT_INT(option, ...)                                                   \
	OPT_ROW(option, "int",                                                 \
		_Generic(((struct params *)0)->option, int64_t                 \
			 : OPT_FIELD_INT, const int64_t *                      \
			 : OPT_FIELD_MAY_INT),                                 \
		__VA_ARGS__)
#define OPT_LIST(option, of, ...)                                              \
	OPT_ROW(option, "list", OPT_IS(option, const cJSON *, OPT_FIELD_JSON), \
		.elements = (of), __VA_ARGS__)
#define OPT_DICT(option, ...)                                                  \
	OPT_ROW(option, "dict", OPT_IS(option, const cJSON *, OPT_FIELD_JSON), \
		__VA_ARGS__)
#define OPT_END                                                                \
	{                                                                      \
		.name = NULL                                                   \
	}
/* A row of sub-options has no field: they are read with json.h. */
#define OPT_SUB(option, word, ...)                                             \
	{                                                                      \
		.name = (option), .type = (word), __VA_ARGS__                  \
	}

/* The rows as an argument spec: {"name": {"type": ..., ...}, ...}, added to
 * `spec'. The rules as {"required_together": [[...]], ...}, likewise. */
void opt_add_spec(cJSON *spec, const struct opt *rows);
void opt_add_rules(cJSON *constraints, const struct opt_rule *rules);

/* What became of the arguments. All trees are owned by this struct. */
struct opt_checked {
	cJSON *params;       /* every option, normalised; partly after a
				failure */
	cJSON *warnings;     /* list of strings */
	cJSON *deprecations; /* list of objects */
	cJSON *secrets;      /* list of strings that no output may show */
	char *failure;       /* what AnsibleModule says, in full and with
				the secrets, for result_fail(); or NULL */
};

/* Checks the arguments, without their _ansible_ keys, against spec and
 * constraints, which may also hold AnsibleModule's required_by and per-option
 * removed_in_version and the like. `module' is the name that messages show. On
 * failure -1; e then has the text of out->failure as err.h keeps it, without
 * the secrets. `out' is filled in either way and is released with
 * opt_checked_free(). */
int opt_check(const char *module, const cJSON *spec, const cJSON *constraints,
	const cJSON *args, struct opt_checked *out, struct err *e);
void opt_checked_free(struct opt_checked *checked);

/* Copies the checked options into the fields; texts and trees stay owned by
 * `params', what else is needed is allocated from the pool. An integer that
 * does not fit becomes the nearest that does. */
void opt_bind(const struct opt *rows, const cJSON *params, void *fields,
	struct pool *pool);

#endif
