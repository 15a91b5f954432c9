/* SPDX-License-Identifier: Apache-2.0 */
/* Specs of lines that name a module: the module is asked. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/vectors.h"

#define REFERENCE   "argspecs.json#"
#define OPTIONS_MAX (1024 * 1024)
#define SECONDS_MAX 20

/* argspecs.json as it was when this was built. */
__asm__(".pushsection .rodata\n"
	"vectors_argspecs_start:\n"
	".incbin \"tests/data/argspecs.json\"\n"
	"vectors_argspecs_end:\n"
	".byte 0\n"
	".popsection\n");
extern const char vectors_argspecs_start[]
	__attribute__((visibility("hidden")));
extern const char vectors_argspecs_end[] __attribute__((visibility("hidden")));

/* The directory of this program, or NULL; the caller frees it. */
static char *own_directory(void)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (length < 0)
		return NULL;
	path[length] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	return mem_copy(path);
}

void vectors_specs_open(struct vectors_specs *specs)
{
	size_t length = (size_t)(vectors_argspecs_end - vectors_argspecs_start);
	char *directory = own_directory();
	struct err e;
	cJSON *all = json_parse(vectors_argspecs_start, length, &e);

	specs->modules =
		mem_printf("%s/../modules", directory ? directory : ".");
	specs->argspecs = json_copy(json_member(all, "modules"));
	specs->options = cJSON_CreateObject();
	cJSON_Delete(all);
	mem_free(directory);
}

void vectors_specs_close(struct vectors_specs *specs)
{
	mem_free(specs->modules);
	cJSON_Delete(specs->argspecs);
	cJSON_Delete(specs->options);
}

/* In the child. */
static void run_program(const char *path, int output)
{
	char *const argv[] = { mem_copy(path), mem_copy("--options"), NULL };

	/* One that hangs is ended. */
	alarm(SECONDS_MAX);
	if (dup2(output, STDOUT_FILENO) >= 0)
		execv(path, argv);
	_exit(127);
}

static char *read_all(int fd, size_t *length)
{
	char buffer[65536];
	struct str s;
	ssize_t n;

	str_init(&s, OPTIONS_MAX);
	do {
		n = read(fd, buffer, sizeof(buffer));
		if (n > 0)
			str_add_n(&s, buffer, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
	*length = s.length;
	return str_take(&s);
}

/* What the program prints for --options, or NULL. */
static char *print_options(const char *path, size_t *length, struct err *e)
{
	int ends[2], status = 0;
	char *text;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		err_set(e, ERR_OTHER, "pipe: %s", strerror(errno));
		return NULL;
	}
	child = fork();
	if (child == 0)
		run_program(path, ends[1]);
	close(ends[1]);
	text = read_all(ends[0], length);
	close(ends[0]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return text;
	mem_free(text);
	err_set(e, ERR_OTHER, "%s --options failed", path);
	return NULL;
}

static cJSON *ask_module(const char *path, struct err *e)
{
	size_t length;
	char *text = print_options(path, &length, e);
	cJSON *printed = text ? json_parse(text, length, e) : NULL;
	cJSON *options = json_copy(json_member(printed, "options"));

	if (printed && !cJSON_IsObject(options)) {
		cJSON_Delete(options);
		options = NULL;
		err_set(e, ERR_OTHER, "no options");
	}
	if (text && !options)
		err_add(e, "%s --options", path);
	mem_free(text);
	cJSON_Delete(printed);
	return options;
}

/* A module is asked once; if that fails the reason is kept as a string. */
static const cJSON *options_of(
	struct vectors_specs *specs, const char *name, const char *path)
{
	cJSON *options = json_member(specs->options, name);
	struct err e;

	if (options)
		return options;
	options = ask_module(path, &e);
	if (!options)
		options = json_new_str(e.text);
	cJSON_AddItemToObject(specs->options, name, options);
	return options;
}

/* The module's row for an option of argspecs.json. */
static cJSON *row_of(const cJSON *options, const cJSON *reference)
{
	cJSON *row = json_copy(json_member(options, reference->string));
	cJSON *required = json_copy(json_member(reference, "required"));

	json_remove(row, "required");
	if (row)
		json_set(row, "required", required);
	else
		cJSON_Delete(required);
	return row;
}

static enum vectors_found spec_of_module(struct vectors_specs *specs,
	const char *name, const cJSON *references, cJSON **spec, struct err *e)
{
	char *path = mem_printf("%s/%s", specs->modules, name);
	const cJSON *options =
		access(path, X_OK) == 0 ? options_of(specs, name, path) : NULL;

	mem_free(path);
	if (!options)
		return VECTORS_ABSENT;
	*spec = cJSON_CreateObject();
	json_each (reference, references) {
		cJSON *row = row_of(options, reference);

		if (row) {
			json_set(*spec, reference->string, row);
			continue;
		}
		if (cJSON_IsString(options))
			err_set(e, ERR_OTHER, "%s", options->valuestring);
		else
			err_set(e, ERR_OTHER, "%s has no option %s", name,
				reference->string);
		cJSON_Delete(*spec);
		return VECTORS_BROKEN;
	}
	return VECTORS_FOUND;
}

enum vectors_found vectors_spec(struct vectors_specs *specs, const cJSON *line,
	cJSON **spec, struct err *e)
{
	const cJSON *given = json_member(line, "spec");
	const char *reference = json_str(given, "$ref");
	const cJSON *module = NULL;

	if (!reference) {
		*spec = json_copy(given);
		if (*spec)
			return VECTORS_FOUND;
		err_set(e, ERR_OTHER, "the line has no spec");
		return VECTORS_BROKEN;
	}
	if (str_starts(reference, REFERENCE))
		module = json_member(
			specs->argspecs, reference + strlen(REFERENCE));
	if (!module) {
		err_set(e, ERR_OTHER, "there is no spec %s", reference);
		return VECTORS_BROKEN;
	}
	return spec_of_module(
		specs, module->string, json_member(module, "options"), spec, e);
}
