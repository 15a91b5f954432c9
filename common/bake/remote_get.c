/* SPDX-License-Identifier: Apache-2.0 */
/* Files from the server, which may be hostile: names and sizes are its words,
 * and nothing is written outside the directory that was asked for. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bake/remote_inside.h"
#include "common/mem.h"

#define LIST_MAX    (64 * 1024 * 1024)
#define ENTRIES_MAX 100000
#define BYTES_MAX   (10LL * 1024 * 1024 * 1024)

struct download {
	struct remote *remote;
	int64_t deadline;
	int64_t bytes;
	int fd;           /* what is being written */
	const char *name; /* of it */
};

static int keep_text(void *context, bool is_error, const char *bytes,
	size_t length, struct err *e)
{
	struct str *text = context;

	(void)is_error;
	str_add_n(text, bytes, length);
	return text->full ? err_set(e, ERR_OTHER,
				    "the server lists too many files")
			  : 0;
}

static int keep_bytes(void *context, bool is_error, const char *bytes,
	size_t length, struct err *e)
{
	struct download *download = context;

	(void)is_error;
	download->bytes += (int64_t)length;
	if (download->bytes > BYTES_MAX)
		return err_set(
			e, ERR_OTHER, "the server sends more than 10 GiB");
	while (length > 0) {
		ssize_t n = write(download->fd, bytes, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, ERR_OTHER, "cannot write %s: %s",
				download->name, strerror(errno));
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* What a command prints; the caller frees it. NULL: it failed. */
static char *ask(struct download *download, const char *command, size_t *length,
	struct err *e)
{
	struct str text;
	struct remote_exec exec = {
		.text = command, .take = keep_text, .context = &text
	};
	int rc;

	str_init(&text, LIST_MAX);
	rc = remote_exec_well(download->remote, &exec, download->deadline, e);
	*length = text.length;
	if (rc == 0)
		return str_take(&text);
	str_free(&text);
	return NULL;
}

/* The permissions of "-rwxr-x---", as ls prints them; -1 if it is none. */
static int mode_of(const char *text)
{
	static const char letters[] = "rwxrwxrwx";
	int mode = 0;

	if (strlen(text) < 10)
		return -1;
	for (int i = 0; i < 9; i++) {
		char c = text[i + 1];

		mode <<= 1;
		/* s and t stand where x is set, too. */
		if (c == letters[i] || (i % 3 == 2 && (c == 's' || c == 't')))
			mode |= 1;
		else if (c != '-' && !(i % 3 == 2 && (c == 'S' || c == 'T')))
			return -1;
	}
	return mode;
}

/* The rest of the file at `source' into a descriptor. */
static int fetch(struct download *download, const char *source, int fd,
	const char *name, struct err *e)
{
	char *word = remote_path(source);
	char *text = mem_printf("cat < %s", word);
	struct remote_exec exec = {
		.text = text, .take = keep_bytes, .context = download
	};
	int rc;

	download->fd = fd;
	download->name = name;
	rc = remote_exec_well(download->remote, &exec, download->deadline, e);
	mem_free(text);
	mem_free(word);
	return rc < 0 ? err_add(e, "reading %s on the server", source) : 0;
}

/* Into `name' in a directory, no symbolic link. What failed leaves no half a
 * file. */
static int fetch_file(struct download *download, const char *source,
	int directory, const char *name, int mode, int follow, struct err *e)
{
	int fd = openat(directory, name,
		O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
			(follow ? 0 : O_NOFOLLOW),
		0600);
	struct stat facts = { 0 };
	int rc;

	if (fd < 0 || fstat(fd, &facts) < 0 ||
		(S_ISREG(facts.st_mode) && ftruncate(fd, 0) < 0)) {
		rc = err_set(e, ERR_OTHER, "cannot write %s: %s", name,
			errno == ELOOP ? "a symbolic link is in its place"
				       : strerror(errno));
	} else if (!S_ISREG(facts.st_mode) && !follow) {
		rc = err_set(
			e, ERR_OTHER, "cannot write %s: it is no file", name);
	} else {
		rc = fetch(download, source, fd, name, e);
		if (rc == 0 && S_ISREG(facts.st_mode))
			rc = fchmod(fd, (mode_t)mode) < 0
				     ? err_set(e, ERR_OTHER,
					       "cannot set the mode of %s: %s",
					       name, strerror(errno))
				     : 0;
		if (rc < 0 && S_ISREG(facts.st_mode))
			unlinkat(directory, name, 0);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

/* A name below the root, as find prints it behind "./": it has no part that
 * leads out. */
static bool is_harmless(const char *name)
{
	if (!*name || *name == '/' || strlen(name) > 4096)
		return false;
	for (;;) {
		size_t length = strcspn(name, "/");

		if (length == 0 || (length == 1 && name[0] == '.') ||
			(length == 2 && name[0] == '.' && name[1] == '.'))
			return false;
		if (!name[length])
			return true;
		name += length + 1;
	}
}

/* The directory in which `name' lies, reached without a symbolic link; `*last'
 * is its last part. */
static int descend(int root, const char *name, const char **last)
{
	int here = fcntl(root, F_DUPFD_CLOEXEC, 0);

	for (;;) {
		size_t length = strcspn(name, "/");
		char *part;
		int next;

		if (here < 0 || !name[length])
			break;
		part = mem_copy_n(name, length);
		next = openat(here, part,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		mem_free(part);
		close(here);
		here = next;
		name += length + 1;
	}
	*last = name;
	return here;
}

/* One record of the list: "drwxr-xr-x ./name". */
static int fetch_entry(struct download *download, const char *source, int root,
	const char *record, struct err *e)
{
	const char *name = strchr(record, ' '), *last;
	int mode = mode_of(record), here, rc = 0;
	char *from;

	if (!name || mode < 0 || !str_starts(name, " ./") ||
		!is_harmless(name + 3))
		return err_set(e, ERR_OTHER,
			"the server lists \"%.300s\", which is no name below "
			"%s",
			record, source);
	name += 3;
	if (*record != '-' && *record != 'd')
		return err_set(e, ERR_OTHER,
			"%s/%s on the server is neither a file nor a directory",
			source, name);
	here = descend(root, name, &last);
	if (here < 0)
		return err_set(e, ERR_OTHER, "cannot write %s: %s", name,
			strerror(errno));
	from = mem_printf("%s/%s", source, name);
	if (*record == '-')
		rc = fetch_file(download, from, here, last, mode, 0, e);
	else if (mkdirat(here, last, 0700) < 0 && errno != EEXIST)
		rc = err_set(e, ERR_OTHER, "cannot make %s: %s", name,
			strerror(errno));
	mem_free(from);
	close(here);
	return rc;
}

/* Last of all, and the deepest first: it may forbid to write. */
static int set_mode(int root, const char *record, struct err *e)
{
	const char *name = strchr(record, ' ') + 3, *last;
	int here = descend(root, name, &last), fd = -1, rc = 0;

	if (here >= 0)
		fd = openat(here, last,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, (mode_t)mode_of(record)) < 0)
		rc = err_set(e, ERR_OTHER, "cannot set the mode of %s: %s",
			name, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (here >= 0)
		close(here);
	return rc;
}

/* The records of a list, which all end in a NUL; of too many, one too many. */
static const char **index_of(char *list, size_t length, size_t *count)
{
	const char **records = NULL;
	size_t used = 0, room = 0;

	for (size_t at = 0; at < length && used <= ENTRIES_MAX;
		at += strlen(list + at) + 1) {
		if (used == room) {
			room = room ? room * 2 : 64;
			records = mem_resize(records, room, sizeof(*records));
		}
		records[used++] = list + at;
	}
	*count = used;
	return records;
}

static int fetch_list(struct download *download, const char *source, int root,
	char *list, size_t length, struct err *e)
{
	size_t count;
	const char **records = index_of(list, length, &count);
	int rc = 0;

	if (count > ENTRIES_MAX)
		rc = err_set(e, ERR_OTHER,
			"%s on the server has more than %d entries", source,
			ENTRIES_MAX);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = fetch_entry(download, source, root, records[i], e);
	for (size_t i = count; rc == 0 && i-- > 0;)
		if (*records[i] == 'd')
			rc = set_mode(root, records[i], e);
	mem_free(records);
	return rc;
}

/* Like mkdir -p; the directory's descriptor. */
static int make_directories(const char *path, struct err *e)
{
	char *part = mem_copy(path);
	int fd;

	for (char *slash = strchr(part + 1, '/'); slash;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(part, 0777);
		*slash = '/';
	}
	mkdir(part, 0777);
	fd = open(part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mem_free(part);
	if (fd < 0)
		err_set(e, ERR_OTHER, "cannot make the directory %s: %s", path,
			strerror(errno));
	return fd;
}

static int fetch_directory(struct download *download, const char *source,
	const char *local, struct err *e)
{
	int root = make_directories(local, e), rc = -1;
	char *word, *text, *list;
	size_t length;

	if (root < 0)
		return -1;
	word = remote_path(source);
	text = mem_printf("LC_ALL=C; export LC_ALL; cd %s && find -L . ! "
			  "-name . -exec sh -c 'for f do l=$(ls -Lld \"$f\") "
			  "|| exit 1; printf \"%%s %%s\\000\" \"${l%%%% *}\" "
			  "\"$f\"; done' sh {} +",
		word);
	list = ask(download, text, &length, e);
	if (!list)
		err_add(e, "listing %s on the server", source);
	else
		rc = fetch_list(download, source, root, list, length, e);
	mem_free(list);
	mem_free(text);
	mem_free(word);
	close(root);
	return rc;
}

/* "drwxr-xr-x" of a path on the server. */
static char *look_at(struct download *download, const char *path, struct err *e)
{
	char *word = remote_path(path);
	char *text = mem_printf("l=$(LC_ALL=C ls -Lld %s) && printf '%%s' "
				"\"${l%%%% *}\"",
		word);
	size_t length;
	char *answer = ask(download, text, &length, e);

	if (answer && (mode_of(answer) < 0 || !strchr("-d", *answer))) {
		err_set(e, ERR_OTHER, "it is neither a file nor a directory");
		mem_free(answer);
		answer = NULL;
	}
	if (!answer)
		err_add(e, "reading %s on the server", path);
	mem_free(text);
	mem_free(word);
	return answer;
}

static bool ends_in_slash(const char *path)
{
	return *path && path[strlen(path) - 1] == '/';
}

/* Where a path that is not the contents of a directory goes. */
static char *target(const char *from, const char *local)
{
	char *base = remote_bare(local), *path;
	struct stat facts;
	bool into = ends_in_slash(local) ||
		    (stat(base, &facts) == 0 && S_ISDIR(facts.st_mode));

	path = into ? mem_printf("%s/%s", streq(base, "/") ? "" : base,
			      remote_base(from))
		    : mem_copy(base);
	mem_free(base);
	return path;
}

int remote_download(struct remote *remote, const char *path, const char *local,
	int64_t deadline, struct err *e)
{
	struct download download = { .remote = remote, .deadline = deadline };
	char *from = remote_bare(path), *base = remote_bare(local);
	char *kind = look_at(&download, from, e), *to = NULL;
	int directory, rc = kind ? 0 : -1;

	if (kind && *kind == 'd') {
		to = ends_in_slash(path)
			     ? mem_copy(base)
			     : mem_printf("%s/%s", streq(base, "/") ? "" : base,
				       remote_base(from));
		rc = fetch_directory(&download, from, to, e);
		/* What the user named himself keeps its mode. */
		if (rc == 0 && !ends_in_slash(path) &&
			chmod(to, (mode_t)mode_of(kind)) < 0)
			rc = err_set(e, ERR_OTHER,
				"cannot set the mode of %s: %s", to,
				strerror(errno));
	} else if (kind) {
		if (ends_in_slash(local)) {
			directory = make_directories(base, e);
			rc = directory < 0 ? -1 : close(directory);
		}
		to = target(from, local);
		if (rc == 0)
			rc = fetch_file(&download, from, AT_FDCWD, to,
				mode_of(kind), 1, e);
	}
	mem_free(kind);
	mem_free(to);
	mem_free(base);
	mem_free(from);
	return rc;
}
