/* SPDX-License-Identifier: Apache-2.0 */
/* main() of every module: `NAME ARGSFILE', as Ansible calls it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/file.h"
#include "common/interrupt.h"
#include "common/module.h"
#include "common/run.h"

extern const struct module module;

#define ARGUMENTS_MAX (32 * 1024 * 1024)

static int print_options(void)
{
	cJSON *options = run_options(&module);
	char *text = json_text(options);

	puts(text);
	mem_free(text);
	cJSON_Delete(options);
	return EXIT_SUCCESS;
}

static int usage(void)
{
	fprintf(stderr,
		"%s is a module for Ansible, which calls it with a file of "
		"arguments:\n"
		"  %s ARGSFILE    one JSON object in, one JSON object out\n"
		"  %s --options   the options that it takes, as JSON\n"
		"Try it: ANSIBLE_LIBRARY=DIR ansible localhost -m %s -a '...'\n",
		module.name, module.name, module.name, module.name);
	return 2;
}

static int print_failure(const struct err *e)
{
	cJSON *result = json_object(
		JSON_BOOL("failed", true), JSON_STR("msg", e->text));
	char *text = json_text(result);

	printf("\n%s\n", text);
	mem_free(text);
	cJSON_Delete(result);
	return EXIT_FAILURE;
}

static int run_file(const char *path)
{
	struct err e;
	size_t length;
	char *text = file_read(path, ARGUMENTS_MAX, &length, &e);
	char *output;
	int status;

	if (!text)
		return print_failure(&e);
	if (http_curl_check(&e) < 0) {
		explicit_bzero(text, length);
		mem_free(text);
		return print_failure(&e);
	}
	interrupt_watch_parents();
	status = run_module(&module, text, length, http_curl, &output);
	/* It may have held a key. */
	explicit_bzero(text, length);
	interrupt_ignore();
	printf("\n%s\n", output);
	if (fflush(stdout) != 0)
		status = EXIT_FAILURE;
	mem_free(output);
	mem_free(text);
	return status;
}

/* A file that is opened later must not get the number of one of these: the
 * result would be written into it. */
static void fill_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	fill_standard();
	/* A core file would hold the token and the key. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	json_init();
	if (argc != 2)
		return usage();
	if (streq(argv[1], "--options"))
		return print_options();
	if (argv[1][0] == '-')
		return usage();
	interrupt_catch();
	return run_file(argv[1]);
}
