/* SPDX-License-Identifier: Apache-2.0 */
/* What files hold, for the digest of a recipe. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bake/template_build.h"
#include "common/sha256.h"
#include "common/str.h"

#define ENTRIES_MAX 100000

static int sum_file(const char *path, char text[65])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char chunk[65536];
	struct sha256 s;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	sha256_init(&s);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		sha256_add(&s, chunk, (size_t)n);
	sha256_end(&s, text);
	close(fd);
	return n < 0 ? -1 : 0;
}

static cJSON *sum_entry(const struct template_scope *scope, const char *root,
	const FTSENT *entry)
{
	const char *name = entry->fts_path + strlen(root);
	char mode[8], text[65] = "";

	if (entry->fts_info == FTS_F) {
		if (sum_file(entry->fts_accpath, text) < 0)
			template_fault(scope, "cannot read \"%s\": %s",
				entry->fts_path, strerror(errno));
	} else if (entry->fts_info != FTS_D) {
		template_fault(scope,
			"\"%s\" is neither a file nor a "
			"directory, or cannot be read",
			entry->fts_path);
		return NULL;
	}
	snprintf(mode, sizeof(mode), "%o",
		(unsigned)entry->fts_statp->st_mode & 07777);
	return json_object(JSON_STR("name", name + strspn(name, "/")),
		JSON_STR("mode", mode),
		JSON_STR("sha256", *text ? text : NULL));
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

cJSON *template_sum(const struct template_scope *scope, const char *path)
{
	char *root = mem_copy(path);
	char *const roots[] = { root, NULL };
	FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	cJSON *list = cJSON_CreateArray();
	int count = 0;
	FTSENT *entry;

	while (walk && (entry = fts_read(walk))) {
		/* What is not there at all has been said already. */
		if (entry->fts_info == FTS_DP ||
			(entry->fts_info == FTS_NS && !entry->fts_level))
			continue;
		if (++count > ENTRIES_MAX) {
			template_fault(scope, "\"%s\" holds more than %d files",
				path, ENTRIES_MAX);
			break;
		}
		json_append(list, sum_entry(scope, root, entry));
	}
	if (walk)
		fts_close(walk);
	mem_free(root);
	return list;
}
