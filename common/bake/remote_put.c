/* SPDX-License-Identifier: Apache-2.0 */
/* Files to the server: each is what `cat' there is fed with. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bake/remote_inside.h"
#include "common/mem.h"

/* What is fed: bytes, or a file. */
struct source {
	const char *bytes;
	size_t length;
	int fd; /* -1: bytes */
	const char *path;
};

static ssize_t give_bytes(
	void *context, char *bytes, size_t size, struct err *e)
{
	struct source *source = context;
	ssize_t n;

	if (source->fd >= 0) {
		do
			n = read(source->fd, bytes, size);
		while (n < 0 && errno == EINTR);
		return n < 0 ? err_set(e, ERR_OTHER, "cannot read %s: %s",
				       source->path, strerror(errno))
			     : n;
	}
	size = source->length < size ? source->length : size;
	if (size)
		memcpy(bytes, source->bytes, size);
	source->bytes += size;
	source->length -= size;
	return (ssize_t)size;
}

/* The mode is set before the first byte is there: nobody else may read what is
 * secret. */
static int put(struct remote *remote, const char *path, struct source *source,
	int mode, int64_t deadline, struct err *e)
{
	char *word = remote_path(path);
	char *text =
		mode ? mem_printf("umask 077; { chmod %o %s && cat; } > %s",
			       (unsigned)mode & 07777, word, word)
		     : mem_printf("cat > %s", word);
	struct remote_exec exec = {
		.text = text, .fill = give_bytes, .context = source
	};
	int rc = remote_exec_well(remote, &exec, deadline, e);

	mem_free(text);
	mem_free(word);
	return rc < 0 ? err_add(e, "writing %s on the server", path) : 0;
}

int remote_put(struct remote *remote, const char *path, const char *bytes,
	size_t length, int mode, int64_t deadline, struct err *e)
{
	struct source source = { bytes, length, -1, NULL };

	return put(remote, path, &source, mode, deadline, e);
}

static int make_directory(struct remote *remote, const char *path, int mode,
	int64_t deadline, struct err *e)
{
	char *word = remote_path(path);
	/* Ours to write into, whatever its mode is in the end. */
	char *text = mode ? mem_printf("mkdir -p %s && chmod %o %s", word,
				    (unsigned)mode & 07777, word)
			  : mem_printf("mkdir -p %s", word);
	struct remote_exec exec = { .text = text };
	int rc = remote_exec_well(remote, &exec, deadline, e);

	mem_free(text);
	mem_free(word);
	return rc < 0 ? err_add(e, "making %s on the server", path) : 0;
}

static int upload_file(struct remote *remote, const char *local,
	const char *path, int64_t deadline, struct err *e)
{
	struct source source = { NULL, 0, -1, local };
	struct stat facts;
	int rc;

	source.fd = open(local, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (source.fd < 0 || fstat(source.fd, &facts) < 0) {
		rc = err_set(e, ERR_OTHER, "cannot read %s: %s", local,
			strerror(errno));
	} else if (!S_ISREG(facts.st_mode)) {
		rc = err_set(e, ERR_OTHER,
			"%s is neither a file nor a directory", local);
	} else {
		/* Without any bit it would be as umask says. */
		int mode = (int)(facts.st_mode & 0777);

		rc = put(
			remote, path, &source, mode ? mode : 0600, deadline, e);
	}
	if (source.fd >= 0)
		close(source.fd);
	return rc;
}

/* The directories in which one lies, so that a link which leads back is seen.
 */
struct above {
	dev_t device;
	ino_t inode;
	const struct above *next;
};

static bool leads_back(const struct above *above, const struct stat *facts)
{
	for (; above; above = above->next)
		if (above->device == facts->st_dev &&
			above->inode == facts->st_ino)
			return true;
	return false;
}

static int upload_directory(struct remote *remote, const char *local,
	const char *path, const struct above *above, int64_t deadline,
	struct err *e);

static int upload_any(struct remote *remote, const char *local,
	const char *path, const struct above *above, int64_t deadline,
	struct err *e)
{
	struct stat facts;
	int rc;

	if (stat(local, &facts) < 0)
		return err_set(e, errno == ENOENT ? ERR_ABSENT : ERR_OTHER,
			"cannot read %s: %s", local, strerror(errno));
	if (!S_ISDIR(facts.st_mode))
		return upload_file(remote, local, path, deadline, e);
	rc = upload_directory(remote, local, path, above, deadline, e);
	/* Only now: it may forbid to write. */
	if (rc == 0)
		rc = make_directory(
			remote, path, (int)(facts.st_mode & 0777), deadline, e);
	return rc;
}

static int upload_entries(struct remote *remote, DIR *directory,
	const char *local, const char *path, const struct above *above,
	int64_t deadline, struct err *e)
{
	const struct dirent *entry;
	int rc = 0;

	while (rc == 0 && (entry = readdir(directory))) {
		char *from, *to;

		if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
			continue;
		from = mem_printf("%s/%s", local, entry->d_name);
		to = mem_printf("%s/%s", path, entry->d_name);
		rc = upload_any(remote, from, to, above, deadline, e);
		mem_free(from);
		mem_free(to);
	}
	return rc;
}

/* Its contents; its own mode is left alone. */
static int upload_directory(struct remote *remote, const char *local,
	const char *path, const struct above *above, int64_t deadline,
	struct err *e)
{
	DIR *directory = opendir(local);
	struct above here = { .next = above };
	struct stat facts;
	int rc = 0;

	if (!directory || fstat(dirfd(directory), &facts) < 0) {
		rc = err_set(e, ERR_OTHER, "cannot read %s: %s", local,
			strerror(errno));
	} else if (leads_back(above, &facts)) {
		rc = err_set(e, ERR_OTHER,
			"%s is a symbolic link to a directory in which it lies",
			local);
	} else {
		here.device = facts.st_dev;
		here.inode = facts.st_ino;
		rc = make_directory(remote, path, 0, deadline, e);
		if (rc == 0)
			rc = upload_entries(remote, directory, local, path,
				&here, deadline, e);
	}
	if (directory)
		closedir(directory);
	return rc;
}

int remote_upload(struct remote *remote, const char *local, const char *path,
	int64_t deadline, struct err *e)
{
	char *from = remote_bare(local);
	char *base = remote_bare(path), *to = NULL;
	bool contents = local[0] && local[strlen(local) - 1] == '/';
	bool into = path[0] && path[strlen(path) - 1] == '/';
	struct stat facts;
	int rc = 0;

	if (stat(from, &facts) < 0)
		rc = err_set(e, errno == ENOENT ? ERR_ABSENT : ERR_OTHER,
			"cannot read %s: %s", from, strerror(errno));
	else if (S_ISDIR(facts.st_mode) ? contents : !into)
		to = mem_copy(base);
	else
		to = mem_printf("%s/%s", streq(base, "/") ? "" : base,
			remote_base(from));
	if (to && into && !S_ISDIR(facts.st_mode))
		rc = make_directory(remote, base, 0, deadline, e);
	/* What the user named himself, like /tmp, keeps its mode. */
	if (rc == 0 && contents && S_ISDIR(facts.st_mode))
		rc = upload_directory(remote, from, to, NULL, deadline, e);
	else if (rc == 0)
		rc = upload_any(remote, from, to, NULL, deadline, e);
	mem_free(from);
	mem_free(base);
	mem_free(to);
	return rc;
}
