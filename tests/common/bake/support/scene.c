/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/bake/support/scene.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/file.h"

static void hear(
	void *context, const char *label, bool is_error, const char *line)
{
	struct scene *s = context;

	s->lines++;
	str_addf(&s->said, "[%s]%s %s\n", label, is_error ? "!" : "", line);
}

void scene_open(struct scene *s, int64_t speed)
{
	struct remote *remote = server_open(speed);
	char *files;

	*s = (struct scene){ .server = server_of(remote) };
	s->recipe.builder = "web";
	s->p = (struct provisioning){ .remote = remote,
		.recipe = &s->recipe,
		.pool = pool_new(),
		.line = hear,
		.context = s };
	s->p.facts =
		pool_keep(s->p.pool, json_literal("{'Host': '192.0.2.7'}"));
	s->step = (struct provisioner){ .type = PROVISIONER_SHELL,
		.label = "provisioner 2 (shell)",
		.remote_folder = s->server->home };
	str_init(&s->said, (size_t)1024 * 1024);
	files = mem_printf("%s/here", s->server->home);
	ck_assert_int_eq(mkdir(files, 0755), 0);
	mem_free(files);
}

void scene_close(struct scene *s)
{
	server_close(s->p.remote);
	str_free(&s->said);
	pool_free(s->p.pool);
}

const char *scene_file(struct scene *s, const char *name, const char *text)
{
	const char *path =
		pool_printf(s->p.pool, "%s/here/%s", s->server->home, name);
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fwrite(text, 1, strlen(text), file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
	return path;
}

const cJSON *scene_list(struct scene *s, const char *literal)
{
	return pool_keep(s->p.pool, json_literal(literal));
}

void scene_script(struct scene *s, const char *name, const char *text)
{
	cJSON *list = pool_keep(s->p.pool, cJSON_CreateArray());

	json_append(list, json_new_str(scene_file(s, name, text)));
	s->step.scripts = list;
}

void scene_lines(struct scene *s, const char *text)
{
	cJSON *list = pool_keep(s->p.pool, cJSON_CreateArray());
	char *copy = mem_copy(text), *rest = copy, *line;

	while ((line = strsep(&rest, "\n")))
		json_append(list, json_new_str(line));
	mem_free(copy);
	s->step.lines = list;
}

int scene_run(struct scene *s)
{
	s->e.text[0] = '\0';
	return provision_run(
		&s->p, &s->step, remote_now() + (int64_t)600000, &s->e);
}

char *scene_read(struct scene *s, const char *name)
{
	char *path = mem_printf("%s/%s", s->server->home, name);
	size_t length;
	struct err e;
	char *text = file_read(path, (size_t)16 * 1024 * 1024, &length, &e);

	mem_free(path);
	return text ? text : mem_copy("");
}
