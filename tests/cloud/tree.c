/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/own.h"

#define SHOWN_MAX       300
#define DEPTH_MAX       100
#define ROUNDS_MAX      10000
#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static int failed(struct err *e, const char *doing, const char *name)
{
	return err_set(e, ERR_OTHER, "%s %s: %s", doing, name, strerror(errno));
}

/* The next name in the directory that is not itself or its parent, or NULL. */
static const char *next_name(DIR *directory)
{
	struct dirent *entry;

	while ((entry = readdir(directory))) {
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
			return entry->d_name;
	}
	return NULL;
}

/* The directory as a stream; its descriptor is taken over. */
static DIR *open_stream(int fd)
{
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

static int copy_attributes(int to, const struct stat *s)
{
	const struct timespec times[] = { s->st_atim, s->st_mtim };

	/* An ordinary user cannot give files away; all of them are its own. */
	if (fchown(to, s->st_uid, s->st_gid) < 0 && errno != EPERM)
		return -1;
	if (fchmod(to, s->st_mode & 07777) < 0)
		return -1;
	return futimens(to, times);
}

static int copy_bytes(int from, int to)
{
	char buffer[65536];
	ssize_t n;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	while ((n = read(from, buffer, sizeof(buffer))) > 0) {
		ssize_t written = 0, more;

		while (written < n) {
			more = write(
				to, buffer + written, (size_t)(n - written));
			if (more < 0)
				return -1;
			written += more;
		}
	}
	return n < 0 ? -1 : 0;
}

/* What is copied: a name in one directory, to another directory; and what that
 * is in, up to the tree itself, which is in nothing. */
struct spot {
	const struct spot *in;
	const char *name;
	int from, to;
};

/* Names the path below the tree, the end of it where it is long. */
static int failed_at(struct err *e, const char *doing, const struct spot *spot)
{
	char path[SHOWN_MAX];
	size_t at = sizeof(path) - 1;

	if (!spot->in)
		return failed(e, doing, spot->name);
	path[at] = '\0';
	for (const struct spot *s = spot; s->in; s = s->in) {
		size_t length = strlen(s->name);

		if (length + strlen(".../") > at) {
			at -= strlen("...");
			memcpy(path + at, "...", strlen("..."));
			break;
		}
		at -= length;
		memcpy(path + at, s->name, length);
		if (s->in->in)
			path[--at] = '/';
	}
	return failed(e, doing, path + at);
}

static int open_source(const struct spot *spot, int flags)
{
	int fd = openat(spot->from, spot->name, flags);

	if (fd < 0 && errno == EACCES && own_rights(spot->from, spot->name))
		fd = openat(spot->from, spot->name, flags);
	return fd;
}

static int copy_file(const struct spot *spot, struct err *e)
{
	int source = open_source(
		spot, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int copy, result = 0;
	struct stat s;

	if (source < 0)
		return errno == ENOENT || errno == ELOOP
			       ? 0
			       : failed_at(e, "read", spot);
	copy = openat(spot->to, spot->name,
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (copy < 0 || fstat(source, &s) < 0 || copy_bytes(source, copy) < 0 ||
		copy_attributes(copy, &s) < 0)
		result = failed_at(e, "copy", spot);
	close(source);
	if (copy >= 0)
		close(copy);
	return result;
}

int tree_copy_file(const char *from, const char *to, struct err *e)
{
	int source = open(from, O_RDONLY | O_CLOEXEC);
	int copy = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int result = 0;

	if (source < 0 || copy < 0 || copy_bytes(source, copy) < 0)
		result = failed(e, "copy", from);
	if (source >= 0)
		close(source);
	if (copy >= 0)
		close(copy);
	return result;
}

static int copy_link(
	const struct spot *spot, const struct stat *s, struct err *e)
{
	char target[PATH_MAX];
	ssize_t length =
		readlinkat(spot->from, spot->name, target, sizeof(target) - 1);

	if (length < 0)
		return errno == ENOENT || errno == EINVAL
			       ? 0
			       : failed_at(e, "read", spot);
	target[length] = '\0';
	if (symlinkat(target, spot->to, spot->name) < 0)
		return failed_at(e, "copy", spot);
	if (fchownat(spot->to, spot->name, s->st_uid, s->st_gid,
		    AT_SYMLINK_NOFOLLOW) < 0 &&
		errno != EPERM)
		return failed_at(e, "copy", spot);
	return 0;
}

static int look_at(const struct spot *spot, struct stat *s)
{
	int result = fstatat(spot->from, spot->name, s, AT_SYMLINK_NOFOLLOW);

	if (result < 0 && errno == EACCES && own_rights(spot->from, spot->name))
		result =
			fstatat(spot->from, spot->name, s, AT_SYMLINK_NOFOLLOW);
	return result;
}

static int copy_directory(
	const struct spot *spot, const char *new_name, struct err *e);

static int copy_entry(const struct spot *spot, struct err *e)
{
	struct stat s;

	if (look_at(spot, &s) < 0)
		return errno == ENOENT ? 0 : failed_at(e, "look at", spot);
	if (S_ISDIR(s.st_mode))
		return copy_directory(spot, spot->name, e);
	if (S_ISREG(s.st_mode))
		return copy_file(spot, e);
	if (S_ISLNK(s.st_mode))
		return copy_link(spot, &s, e);
	return 0;
}

static int copy_entries(
	const struct spot *spot, DIR *source, int copy, struct err *e)
{
	struct spot entry = { .in = spot, .from = dirfd(source), .to = copy };
	struct stat s;

	while ((entry.name = next_name(source)))
		if (copy_entry(&entry, e) < 0)
			return -1;
	if (fstat(dirfd(source), &s) < 0 || copy_attributes(copy, &s) < 0)
		return failed_at(e, "copy", spot);
	return 0;
}

static int copy_directory(
	const struct spot *spot, const char *new_name, struct err *e)
{
	DIR *source = open_stream(open_source(spot, DIRECTORY_FLAGS));
	int copy = -1, result = -1;

	if (!source)
		return errno == ENOENT || errno == ELOOP || errno == ENOTDIR
			       ? 0
			       : failed_at(e, "read", spot);
	if (mkdirat(spot->to, new_name, 0700) == 0)
		copy = openat(spot->to, new_name, DIRECTORY_FLAGS);
	if (copy < 0) {
		failed(e, "make", new_name);
	} else {
		result = copy_entries(spot, source, copy, e);
		close(copy);
	}
	closedir(source);
	return result;
}

int tree_copy(const char *from, const char *to, struct err *e)
{
	const struct spot tree = {
		.name = from, .from = AT_FDCWD, .to = AT_FDCWD
	};

	if (access(from, F_OK) < 0)
		return failed(e, "read", from);
	return copy_directory(&tree, to, e);
}

/* Who may not search or write a directory of its own gives itself the right. */
static void open_up(int at, const char *name)
{
	int fd =
		openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char path[64];

	if (fd < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	chmod(path, 0700);
	close(fd);
}

/* What is too deep is moved up here, so that few directories are open at a
 * time. */
struct removal {
	int top;
	unsigned long moved;
};

static int remove_entries(
	struct removal *r, int directory, int depth, struct err *e);

static int move_up(struct removal *r, int at, const char *name, struct err *e)
{
	char new_name[32];

	snprintf(new_name, sizeof(new_name), ".moved.%lu", ++r->moved);
	if (renameat(at, name, r->top, new_name) < 0 && errno != ENOENT)
		return failed(e, "remove", name);
	return 0;
}

static int remove_directory(
	struct removal *r, int at, const char *name, int depth, struct err *e)
{
	int fd, result;

	open_up(at, name);
	if (depth == DEPTH_MAX)
		return move_up(r, at, name, e);
	fd = openat(at, name, DIRECTORY_FLAGS);
	if (fd < 0)
		return errno == ENOENT ? 0 : failed(e, "remove", name);
	result = remove_entries(r, fd, depth + 1, e);
	if (result == 0 && unlinkat(at, name, AT_REMOVEDIR) < 0 &&
		errno != ENOENT)
		return failed(e, "remove", name);
	return result;
}

/* The descriptor is taken over. */
static int remove_entries(
	struct removal *r, int directory, int depth, struct err *e)
{
	DIR *stream = open_stream(directory);
	const char *name;
	int result = 0;

	if (!stream)
		return failed(e, "remove", "a directory");
	while (result == 0 && (name = next_name(stream))) {
		if (unlinkat(dirfd(stream), name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno == EISDIR || errno == EPERM)
			result = remove_directory(
				r, dirfd(stream), name, depth, e);
		else
			result = failed(e, "remove", name);
	}
	closedir(stream);
	return result;
}

int tree_remove(const char *path, struct err *e)
{
	struct removal r = { .top = -1 };
	int result = 0;

	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	open_up(AT_FDCWD, path);
	for (int round = 0; result == 0 && round < ROUNDS_MAX; round++) {
		if (rmdir(path) == 0 || errno == ENOENT)
			return 0;
		if (errno != ENOTEMPTY && errno != EEXIST)
			break;
		r.top = open(path, DIRECTORY_FLAGS);
		if (r.top < 0)
			break;
		result = remove_entries(&r, dup(r.top), 1, e);
		close(r.top);
	}
	return result == 0 ? failed(e, "remove", path) : -1;
}

static int make_parents(char *path, struct err *e)
{
	for (char *slash = strchr(path + 1, '/'); slash;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return failed(e, "make", path);
		*slash = '/';
	}
	return 0;
}

int tree_make(
	const char *directory, const char *path, mode_t mode, struct err *e)
{
	char *whole = mem_printf("%s/%s", directory, path);
	int result = make_parents(whole, e);

	if (result == 0 && ((mkdir(whole, 0700) < 0 && errno != EEXIST) ||
				   chmod(whole, mode) < 0))
		result = failed(e, "make", whole);
	mem_free(whole);
	return result;
}

static int write_file(const char *path, mode_t mode, const char *bytes,
	size_t length, struct err *e)
{
	int fd = open(path,
		O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int result = 0;
	ssize_t n = 0;

	if (fd < 0)
		return failed(e, "write", path);
	while (length > 0 && (n = write(fd, bytes, length)) > 0) {
		bytes += n;
		length -= (size_t)n;
	}
	if (n < 0 || fchmod(fd, mode) < 0)
		result = failed(e, "write", path);
	close(fd);
	return result;
}

int tree_write(const char *directory, const char *path, mode_t mode,
	const void *bytes, size_t length, struct err *e)
{
	char *whole = mem_printf("%s/%s", directory, path);
	int result = make_parents(whole, e);

	if (result == 0)
		result = write_file(whole, mode, bytes, length, e);
	mem_free(whole);
	return result;
}

int tree_link(const char *directory, const char *path, const char *target,
	struct err *e)
{
	char *whole = mem_printf("%s/%s", directory, path);
	int result = make_parents(whole, e);

	if (result == 0 && symlink(target, whole) < 0)
		result = failed(e, "make", whole);
	mem_free(whole);
	return result;
}
