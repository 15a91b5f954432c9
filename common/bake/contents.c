/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/contents.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/sha256.h"

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

static cJSON *sum_entry(const char *root, const FTSENT *entry, struct err *e)
{
	const char *name = entry->fts_path + strlen(root);
	char mode[8], text[65] = "";

	if (entry->fts_info != FTS_F && entry->fts_info != FTS_D) {
		err_set(e, ERR_OTHER,
			"\"%s\" is neither a file nor a "
			"directory, or cannot be read",
			entry->fts_path);
		return NULL;
	}
	if (entry->fts_info == FTS_F &&
		sum_file(entry->fts_accpath, text) < 0) {
		err_set(e, ERR_OTHER, "cannot read \"%s\": %s", entry->fts_path,
			strerror(errno));
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

static int sum_all(FTS *walk, const char *root, cJSON *list, struct err *e)
{
	int count = 0;
	FTSENT *entry;
	cJSON *sum;

	while ((entry = fts_read(walk))) {
		/* What is not there at all is nothing. */
		if (entry->fts_info == FTS_DP ||
			(entry->fts_info == FTS_NS && !entry->fts_level))
			continue;
		if (++count > ENTRIES_MAX)
			return err_set(e, ERR_OTHER,
				"\"%s\" holds more than %d files", root,
				ENTRIES_MAX);
		sum = sum_entry(root, entry, e);
		if (!sum)
			return -1;
		json_append(list, sum);
	}
	return 0;
}

cJSON *contents_of(const char *path, struct err *e)
{
	char *root = mem_copy(path);
	char *const roots[] = { root, NULL };
	FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	cJSON *list = cJSON_CreateArray();

	if (walk && sum_all(walk, root, list, e) < 0) {
		cJSON_Delete(list);
		list = NULL;
	}
	if (walk)
		fts_close(walk);
	mem_free(root);
	return list;
}

int contents_unchanged(const cJSON *seen, struct err *e)
{
	json_each (file, seen) {
		const char *path = json_str(file, "path");
		cJSON *now = contents_of(path, e);
		bool same;

		if (!now)
			return -1;
		same = json_equal(now, json_member(file, "contents"));
		cJSON_Delete(now);
		if (!same)
			return err_set(
				e, ERR_OTHER, "\"%s\" has changed", path);
	}
	return 0;
}
