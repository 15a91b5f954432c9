/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vectors - recorded results of AnsibleModule, run again through our code.
 *
 * A line of a vector file is a case: a spec, arguments and what ansible-core
 * 2.19 made of them; with a `call' it is the output of exit_json() or
 * fail_json() that is compared.
 */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include "common/err.h"
#include "common/json.h"

/* Where specs come from: argspecs.json, and the modules' --options. */
struct vectors_specs {
	char *modules;   /* the directory of the modules */
	cJSON *argspecs; /* what argspecs.json has under `modules' */
	cJSON *options;  /* what each module asked so far has printed */
};

void vectors_specs_open(struct vectors_specs *specs);
void vectors_specs_close(struct vectors_specs *specs);

enum vectors_found {
	VECTORS_FOUND,
	VECTORS_ABSENT, /* the module has not been built */
	VECTORS_BROKEN, /* with the reason */
};

/* The spec of a line, which the caller deletes: its own, or the module's rows
 * for the options that argspecs.json has, in that order and with its
 * `required'. */
enum vectors_found vectors_spec(struct vectors_specs *specs, const cJSON *line,
	cJSON **spec, struct err *e);

/* What our code makes of a line, in the form of its expectation; the caller
 * deletes it. */
cJSON *vectors_run(const cJSON *line, const cJSON *spec);
/* The expectation in the form of vectors_run(): numbers as Python prints them,
 * the stand-ins for values that JSON lacks, sets in order, plain warnings. The
 * caller deletes it. */
cJSON *vectors_expected(const cJSON *expectation);
/* Whether they agree; a crash of Python's accepts any failure. */
bool vectors_agree(const cJSON *expected, const cJSON *got);

#endif
