/* SPDX-License-Identifier: Apache-2.0 */
/* Templates, the texts in them, and what is filled in later: no crash, and a
 * recipe only where there is no error. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/bake/duration.h"
#include "common/bake/template.h"
#include "common/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void complete(const cJSON *texts, struct pool *pool)
{
	cJSON *facts = json_literal("{'ID': 'i', 'Path': '/p', 'Vars': ''}");
	struct err e;

	json_each (text, texts)
		late_render(text->valuestring, facts, pool, &e);
	cJSON_Delete(facts);
}

static void judge(const struct template_wish *wish)
{
	struct pool *pool = pool_new();
	struct template_verdict verdict;
	struct recipe *recipe = template_read(wish, pool, &verdict);

	if (recipe && verdict.errors->child)
		abort();
	for (size_t i = 0; recipe && i < recipe->count; i++) {
		const struct provisioner *step = &recipe->provisioners[i];

		if (step->type == PROVISIONER_FILE
				? !step->sources
				: !step->lines == !step->scripts)
			abort();
		complete(step->lines, pool);
		complete(step->environment, pool);
		complete(step->execute_words, pool);
	}
	pool_free(pool);
}

/* As a file, as a task's tree, and as one text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_copy_n((const char *)data, size), path[32];
	int fd = memfd_create("template", MFD_CLOEXEC);
	struct template_wish wish = { .path = path };
	cJSON *tree, *texts;
	struct pool *pool;
	int64_t time;
	struct err e;

	json_init();
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	judge(&wish);
	close(fd);
	tree = json_parse((const char *)data, size, &e);
	wish = (struct template_wish){ .tree = tree, .bake = true };
	if (tree)
		judge(&wish);
	cJSON_Delete(tree);
	texts = cJSON_CreateArray();
	json_append(texts, json_new_str(text));
	pool = pool_new();
	complete(texts, pool);
	pool_free(pool);
	cJSON_Delete(texts);
	duration_parse(text, &time);
	mem_free(text);
	return 0;
}
