/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/bake/mark.h"
#include "common/file.h"
#include "common/mem.h"

#define MANIFEST_MAX (16 * 1024 * 1024)

/* What is there, or a new one. */
static cJSON *read_manifest(const char *path, struct err *e)
{
	size_t length;
	char *text = file_read(path, MANIFEST_MAX, &length, e);
	cJSON *tree;

	if (!text && e->code == ERR_ABSENT)
		return json_object(JSON_TAKE("builds", cJSON_CreateArray()));
	if (!text)
		return NULL;
	tree = json_parse(text, length, e);
	mem_free(text);
	if (tree && cJSON_IsArray(json_member(tree, "builds")))
		return tree;
	cJSON_Delete(tree);
	err_set(e, ERR_OTHER, "%s is no manifest of Packer; name another file",
		path);
	return NULL;
}

static void add_build(cJSON *manifest, const struct recipe *r,
	const char *image, const char *run, int64_t time)
{
	json_append(json_member(manifest, "builds"),
		json_object(JSON_STR("name", r->builder),
			JSON_STR("builder_type", "openstack"),
			JSON_INT("build_time",
				r->manifest_strip_time ? 0 : time),
			JSON_TAKE("files", cJSON_CreateNull()),
			JSON_STR("artifact_id", image),
			JSON_STR("packer_run_uuid", run),
			JSON_TAKE("custom_data",
				r->manifest_custom_data
					? json_copy(r->manifest_custom_data)
					: cJSON_CreateNull())));
	json_set_str(manifest, "last_run_uuid", run);
}

static int write_new(const char *path, const char *text)
{
	int descriptor = open(path,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	size_t length = strlen(text), done = 0;
	ssize_t count = 0;
	int rc = 0;

	if (descriptor < 0)
		return -1;
	while (done < length && count >= 0) {
		count = write(descriptor, text + done, length - done);
		done += count > 0 ? (size_t)count : 0;
	}
	if (count < 0)
		rc = errno;
	if (close(descriptor) < 0 && rc == 0)
		rc = errno;
	errno = rc;
	return rc ? -1 : 0;
}

/* Under another name first: a reader sees the old one or the new one. Of that
 * name there can only be what a killed run has left, since the directory is
 * locked. */
static int write_whole(const char *path, const char *text, struct err *e)
{
	char *other = mem_printf("%s.%ld", path, (long)getpid());
	int rc;

	unlink(other);
	rc = write_new(other, text);
	if (rc == 0)
		rc = rename(other, path);
	if (rc < 0) {
		err_set(e, ERR_OTHER, "cannot write the manifest %s: %s", path,
			strerror(errno));
		unlink(other);
	}
	mem_free(other);
	return rc;
}

static bool has_build(const cJSON *manifest, const char *image)
{
	return json_find(json_member(manifest, "builds"), "artifact_id", image);
}

/* Another run, which has waited for the end of this bake, may have been here
 * first. */
static int add_and_write(const struct recipe *r, const char *image,
	const char *run, int64_t time, struct err *e)
{
	cJSON *manifest = read_manifest(r->manifest, e);
	int rc = manifest ? 0 : -1;

	if (manifest && !has_build(manifest, image)) {
		char *text;

		add_build(manifest, r, image, run, time);
		text = json_text(manifest);
		rc = write_whole(r->manifest, text, e);
		mem_free(text);
	}
	cJSON_Delete(manifest);
	return rc;
}

/* The directory is locked: a lock file of its own would have to go again. */
static int lock_directory(const char *path, struct err *e)
{
	char *copy = mem_copy(path);
	int descriptor =
		open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	mem_free(copy);
	if (descriptor >= 0 && flock(descriptor, LOCK_EX) == 0)
		return descriptor;
	err_set(e, ERR_OTHER,
		"cannot lock the directory of the manifest %s: %s", path,
		strerror(errno));
	if (descriptor >= 0)
		close(descriptor);
	return -1;
}

int manifest_write(const struct recipe *r, const char *image, const char *run,
	int64_t time, struct err *e)
{
	int lock, rc;

	if (!r->manifest)
		return 0;
	lock = lock_directory(r->manifest, e);
	if (lock < 0)
		return -1;
	rc = add_and_write(r, image, run, time, e);
	close(lock);
	return rc;
}

int manifest_add(
	const struct recipe *r, const cJSON *image, int64_t now, struct err *e)
{
	const cJSON *metadata = json_member(image, "metadata");
	const char *run =
		cJSON_GetStringValue(json_member(metadata, PLAN_MARK_KEY));
	int64_t baked = mark_baked_at(metadata);

	return manifest_write(r, json_str(image, "id"), run ? run : "",
		baked < 0 ? now : baked, e);
}

/* One that is not there yet needs its directory alone. */
static int check_directory(const char *path, struct err *e)
{
	char *copy = mem_copy(path);
	int rc = access(dirname(copy), W_OK | X_OK);

	mem_free(copy);
	return rc == 0 ? 0
		       : err_set(e, ERR_OTHER,
				 "cannot write the manifest %s: its directory: "
				 "%s",
				 path, strerror(errno));
}

int manifest_check(const struct recipe *r, struct err *e)
{
	cJSON *manifest;

	if (!r->manifest)
		return 0;
	if (check_directory(r->manifest, e) < 0)
		return -1;
	manifest = read_manifest(r->manifest, e);
	cJSON_Delete(manifest);
	return manifest ? 0 : -1;
}

int manifest_lacks(
	const struct recipe *r, const char *image, bool *lacks, struct err *e)
{
	cJSON *manifest;

	*lacks = false;
	if (!r->manifest)
		return 0;
	manifest = read_manifest(r->manifest, e);
	if (!manifest)
		return -1;
	*lacks = !has_build(manifest, image);
	cJSON_Delete(manifest);
	return *lacks ? check_directory(r->manifest, e) : 0;
}
