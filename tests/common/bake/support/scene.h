/* SPDX-License-Identifier: Apache-2.0 */
/* scene - one step, the server it is for, and what is said while it runs. */
#ifndef TESTS_COMMON_BAKE_SUPPORT_SCENE_H
#define TESTS_COMMON_BAKE_SUPPORT_SCENE_H

#include "common/bake/provision.h"
#include "tests/common/bake/support/server.h"

struct scene {
	struct server *server;
	struct recipe recipe;
	struct provisioner step;
	struct provisioning p;
	struct str said; /* "[label] line", "[label]! line" for errors */
	size_t lines;
	struct err e;
};

/* A shell step that puts its scripts into the server's own directory. */
void scene_open(struct scene *s, int64_t speed);
void scene_close(struct scene *s);
/* A file here, in a directory of its own; the path lives with the scene. */
const char *scene_file(struct scene *s, const char *name, const char *text);
/* The step's only script. */
void scene_script(struct scene *s, const char *name, const char *text);
/* A list that lives with the scene. */
const cJSON *scene_list(struct scene *s, const char *literal);
/* The step's `inline': a line of the text each. */
void scene_lines(struct scene *s, const char *text);
/* Within ten minutes of its time. */
int scene_run(struct scene *s);
/* A file of the server; "" when it is not there. The caller frees it. */
char *scene_read(struct scene *s, const char *name);

#endif
