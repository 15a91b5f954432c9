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

static int copy_file(int from, int to, const char *name, struct err *e)
{
	int source = openat(
		from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int copy, result = 0;
	struct stat s;

	if (source < 0)
		return errno == ENOENT || errno == ELOOP
			       ? 0
			       : failed(e, "read", name);
	copy = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (copy < 0 || fstat(source, &s) < 0 || copy_bytes(source, copy) < 0 ||
		copy_attributes(copy, &s) < 0)
		result = failed(e, "copy", name);
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
	int from, int to, const char *name, const struct stat *s, struct err *e)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(from, name, target, sizeof(target) - 1);

	if (length < 0)
		return errno == ENOENT || errno == EINVAL
			       ? 0
			       : failed(e, "read", name);
	target[length] = '\0';
	if (symlinkat(target, to, name) < 0)
		return failed(e, "copy", name);
	if (fchownat(to, name, s->st_uid, s->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
		errno != EPERM)
		return failed(e, "copy", name);
	return 0;
}

static int copy_directory(int from, const char *name, int to,
	const char *new_name, struct err *e);

static int copy_entry(int from, int to, const char *name, struct err *e)
{
	struct stat s;

	if (fstatat(from, name, &s, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : failed(e, "look at", name);
	if (S_ISDIR(s.st_mode))
		return copy_directory(from, name, to, name, e);
	if (S_ISREG(s.st_mode))
		return copy_file(from, to, name, e);
	if (S_ISLNK(s.st_mode))
		return copy_link(from, to, name, &s, e);
	return 0;
}

static int copy_entries(DIR *source, int copy, struct err *e)
{
	const char *name;
	struct stat s;

	while ((name = next_name(source)))
		if (copy_entry(dirfd(source), copy, name, e) < 0)
			return -1;
	if (fstat(dirfd(source), &s) < 0 || copy_attributes(copy, &s) < 0)
		return failed(e, "copy", "a directory");
	return 0;
}

static int copy_directory(
	int from, const char *name, int to, const char *new_name, struct err *e)
{
	DIR *source = open_stream(openat(from, name, DIRECTORY_FLAGS));
	int copy = -1, result = -1;

	if (!source)
		return errno == ENOENT || errno == ELOOP || errno == ENOTDIR
			       ? 0
			       : failed(e, "read", name);
	if (mkdirat(to, new_name, 0700) == 0)
		copy = openat(to, new_name, DIRECTORY_FLAGS);
	if (copy < 0) {
		failed(e, "make", new_name);
	} else {
		result = copy_entries(source, copy, e);
		close(copy);
	}
	closedir(source);
	return result;
}

int tree_copy(const char *from, const char *to, struct err *e)
{
	if (access(from, F_OK) < 0)
		return failed(e, "read", from);
	return copy_directory(AT_FDCWD, from, AT_FDCWD, to, e);
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
