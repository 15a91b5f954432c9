/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/tree.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/tree_base.h"

#define ORDINARY 65534

Suite *suite(void);

static char *place, *from, *to;

static void set_up(void)
{
	const char *parent = getenv("TMPDIR");

	place = mem_printf("%s/tree.XXXXXX", parent ? parent : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(place));
	from = mem_printf("%s/from", place);
	to = mem_printf("%s/to", place);
}

static void tear_down(void)
{
	struct err e;

	ck_assert_int_eq(tree_remove(place, &e), 0);
	ck_assert_int_eq(access(place, F_OK), -1);
	mem_free(place);
	mem_free(from);
	mem_free(to);
}

static void write_file(const char *path, mode_t mode, const char *text)
{
	struct err e = { 0 };

	ck_assert_msg(tree_write(from, path, mode, text, strlen(text), &e) == 0,
		"%s", e.text);
}

static void copy(void)
{
	struct err e = { 0 };

	ck_assert_msg(tree_copy(from, to, &e) == 0, "%s", e.text);
}

static struct stat look_in(const char *tree, const char *path)
{
	char *whole = mem_printf("%s/%s", tree, path);
	struct stat s = { 0 };

	errno = 0;
	if (lstat(whole, &s) < 0)
		ck_assert_int_eq(errno, ENOENT);
	mem_free(whole);
	return s;
}

static struct stat look(const char *path)
{
	return look_in(to, path);
}

/* Its /proc is to be its own, too. */
static bool become_ordinary(void)
{
	return setgroups(0, NULL) == 0 &&
	       setresgid(ORDINARY, ORDINARY, ORDINARY) == 0 &&
	       setresuid(ORDINARY, ORDINARY, ORDINARY) == 0 &&
	       prctl(PR_SET_DUMPABLE, 1) == 0;
}

/* Calls it in `place' as an ordinary user, who need not be able to get there
 * by its path; the status that it exits with. */
static int as_user(int (*call)(void))
{
	int status = -1, at = open(place, O_RDONLY | O_DIRECTORY);
	bool is_root = getuid() == 0;
	pid_t pid;

	if (is_root)
		ck_assert_int_eq(fchown(at, ORDINARY, ORDINARY), 0);
	pid = fork();
	if (pid == 0) {
		if (fchdir(at) < 0 || (is_root && !become_ordinary()))
			_exit(127);
		_exit(call());
	}
	close(at);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(copies_what_there_is)
{
	const struct timespec times[] = { { .tv_sec = 1 }, { .tv_sec = 1000 } };
	struct err e;
	char *path;

	write_file("a/b/file", 04750, "text");
	write_file("a/empty", 0, "");
	ck_assert_int_eq(tree_make(from, "closed", 0500, &e), 0);
	ck_assert_int_eq(tree_make(from, "sticky", 01777, &e), 0);
	ck_assert_int_eq(tree_link(from, "a/up", "../../..", &e), 0);
	ck_assert_int_eq(tree_link(from, "dangling", "/no/such", &e), 0);
	path = mem_printf("%s/a/b/file", from);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
	mem_free(path);
	copy();
	ck_assert_int_eq(look("a/b/file").st_mode, S_IFREG | 04750);
	ck_assert_int_eq(look("a/b/file").st_mtime, 1000);
	ck_assert_int_eq(look("a/b/file").st_size, 4);
	ck_assert_int_eq(look("a/empty").st_size, 0);
	ck_assert_int_eq(look("closed").st_mode, S_IFDIR | 0500);
	ck_assert_int_eq(look("sticky").st_mode, S_IFDIR | 01777);
	ck_assert(S_ISLNK(look("a/up").st_mode));
	ck_assert_int_eq(look("a/up").st_size, 8);
	ck_assert(S_ISLNK(look("dangling").st_mode));
}
END_TEST

static void open_both(const char *path)
{
	const char *const trees[] = { from, to };

	for (size_t i = 0; i < sizeof(trees) / sizeof(*trees); i++) {
		char *whole = mem_printf("%s/%s", trees[i], path);

		ck_assert_int_eq(chmod(whole, 0700), 0);
		mem_free(whole);
	}
}

static const struct {
	const char *path;
	mode_t mode;
} shut[] = { { "a/none", S_IFREG }, { "a/run", S_IFREG | 0111 },
	{ "a/written", S_IFREG | 0200 }, { "listed/file", S_IFREG | 0600 },
	{ "listed", S_IFDIR | 0400 }, { "searched/file", S_IFREG | 0640 },
	{ "searched", S_IFDIR | 0100 }, { "shut/in/file", S_IFREG | 04000 },
	{ "shut/in", S_IFDIR }, { "shut", S_IFDIR } };

static int make_namespace(void)
{
	return unshare(CLONE_NEWUSER) < 0;
}

static int copy_what_is_shut(void)
{
	struct err e = { 0 };
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof(shut) / sizeof(*shut); i++)
		if (S_ISDIR(shut[i].mode))
			result = tree_make(
				"from", shut[i].path, shut[i].mode & 07777, &e);
		else
			result = tree_write("from", shut[i].path,
				shut[i].mode & 07777, "text", 4, &e);
	if (result == 0)
		result = tree_copy("from", "to", &e);
	if (result < 0)
		dprintf(STDERR_FILENO, "%s\n", e.text);
	return result < 0;
}

/* As a machine's root makes it, who is that user out here. */
START_TEST(copies_what_its_owner_may_not_read)
{
	/* There are no machines of that user's then either. */
	if (as_user(make_namespace) != 0 && !getenv("CI"))
		return;
	ck_assert_int_eq(as_user(copy_what_is_shut), 0);
	/* Who is not root sees what is in them once they are open. */
	for (size_t i = sizeof(shut) / sizeof(*shut); i-- > 0;) {
		ck_assert_uint_eq(
			look_in(from, shut[i].path).st_mode, shut[i].mode);
		ck_assert_uint_eq(look(shut[i].path).st_mode, shut[i].mode);
		if (S_ISREG(shut[i].mode))
			ck_assert_int_eq(look(shut[i].path).st_size, 4);
		else if (getuid() != 0)
			open_both(shut[i].path);
	}
}
END_TEST

#define LONG                                                                   \
	"a-name-that-is-as-long-as-the-message-is-not-by-far-but-is-so-when-"  \
	"there-are-four-of-them"

static int copy_what_is_not_its_own(void)
{
	struct err e = { 0 };

	if (tree_copy("from", "to", &e) == 0)
		return 1;
	return !streq(e.text, "read a/theirs: Permission denied");
}

static int copy_what_is_deep(void)
{
	struct err e = { 0 };

	if (tree_copy("from", "to", &e) == 0)
		return 1;
	return !str_starts(e.text, "read .../" LONG "/") ||
	       !strstr(e.text, LONG "/theirs: Permission denied");
}

START_TEST(names_what_it_may_not_read)
{
	struct err e;

	if (getuid() != 0)
		return;
	write_file("a/theirs", 0, "");
	ck_assert_int_eq(as_user(copy_what_is_not_its_own), 0);
	ck_assert_int_eq(tree_remove(from, &e), 0);
	ck_assert_int_eq(tree_remove(to, &e), 0);
	write_file(LONG "/" LONG "/" LONG "/" LONG "/theirs", 0, "");
	ck_assert_int_eq(as_user(copy_what_is_deep), 0);
}
END_TEST

/* A change of the copy is none of the original's. */
START_TEST(copies_share_nothing)
{
	struct err e;
	char *one, *two;

	write_file("one", 0644, "before");
	one = mem_printf("%s/one", from);
	two = mem_printf("%s/two", from);
	ck_assert_int_eq(link(one, two), 0);
	copy();
	ck_assert_uint_eq(look("one").st_nlink, 1);
	ck_assert_uint_eq(look("two").st_nlink, 1);
	ck_assert_int_eq(tree_write(to, "one", 0644, "after it", 8, &e), 0);
	ck_assert_int_eq(look("two").st_size, 6);
	mem_free(one);
	mem_free(two);
}
END_TEST

START_TEST(leaves_out_what_is_no_file)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char *pipe;

	write_file("file", 0644, "");
	pipe = mem_printf("%s/pipe", from);
	ck_assert_int_eq(mkfifo(pipe, 0600), 0);
	/* Its path may be too long for a socket's name. */
	ck_assert_int_eq(chdir(from), 0);
	memcpy(name.sun_path, "socket", sizeof("socket"));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	ck_assert_int_eq(chdir("/"), 0);
	copy();
	ck_assert_int_eq(look("file").st_mode, S_IFREG | 0644);
	ck_assert_int_eq(look("pipe").st_mode, 0);
	ck_assert_int_eq(look("socket").st_mode, 0);
	close(fd);
	mem_free(pipe);
}
END_TEST

START_TEST(says_what_it_cannot_do)
{
	struct err e = { 0 };

	ck_assert_int_eq(tree_copy(from, to, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, from));
	ck_assert_int_eq(tree_make(from, "", 0700, &e), 0);
	ck_assert_int_eq(tree_make(to, "", 0700, &e), 0);
	ck_assert_int_eq(tree_copy(from, to, &e), -1);
	ck_assert_ptr_nonnull(strstr(e.text, "File exists"));
	ck_assert_int_eq(tree_write("/proc", "x", 0600, "", 0, &e), -1);
}
END_TEST

START_TEST(removes_no_more_than_it_is_told)
{
	struct err e;

	write_file("stays", 0644, "");
	ck_assert_int_eq(tree_link(to, "link", from, &e), 0);
	ck_assert_int_eq(tree_remove(to, &e), 0);
	ck_assert_int_eq(access(to, F_OK), -1);
	ck_assert_int_eq(access(from, F_OK), 0);
	ck_assert_int_eq(tree_link(place, "to", from, &e), 0);
	ck_assert_int_eq(tree_remove(to, &e), 0);
	ck_assert_int_eq(access(from, F_OK), 0);
	ck_assert_int_eq(tree_remove(to, &e), 0);
}
END_TEST

/* More levels than descriptors and than a path may have. */
START_TEST(removes_what_is_deep_and_closed)
{
	const struct rlimit few = { .rlim_cur = 256, .rlim_max = 256 };
	struct err e = { 0 };
	int at;

	setrlimit(RLIMIT_NOFILE, &few);
	ck_assert_int_eq(mkdir(from, 0700), 0);
	at = open(from, O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 5000; i++) {
		int inner;

		ck_assert_int_eq(mkdirat(at, "directory", 0700), 0);
		inner = openat(at, "directory", O_RDONLY | O_DIRECTORY);
		ck_assert_int_ge(inner, 0);
		fchmod(at, 0);
		close(at);
		at = inner;
	}
	close(at);
	ck_assert_msg(tree_remove(from, &e) == 0, "%s", e.text);
	ck_assert_int_eq(access(from, F_OK), -1);
}
END_TEST

START_TEST(base_has_what_programs_need)
{
	struct err e = { 0 };

	ck_assert_msg(tree_base(to, true, &e) == 0, "%s", e.text);
	for (const char *const *part = tree_parts; *part; part++)
		ck_assert(S_ISDIR(look(*part).st_mode));
	ck_assert_int_eq(look("root").st_mode & 07777, 0700);
	ck_assert_int_eq(look("etc/shadow").st_mode & 07777, 0600);
	ck_assert_int_eq(look("etc/machine-id").st_size, 0);
	ck_assert_int_eq(look("etc/ssh/ssh_host_ed25519_key").st_mode, 0);
	ck_assert_int_eq(look("usr/local/bin/cloud-init").st_mode & 0777, 0755);
	ck_assert_int_eq(look("etc/rc.local").st_mode, 0);
	ck_assert_int_eq(tree_remove(to, &e), 0);
	ck_assert_msg(tree_base(to, false, &e) == 0, "%s", e.text);
	ck_assert_int_eq(look("etc/machine-id").st_size, 33);
	ck_assert_int_eq(
		look("etc/ssh/ssh_host_ed25519_key").st_mode & 07777, 0600);
	ck_assert_int_eq(look("usr/local/bin/cloud-init").st_mode, 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("tree");
	TCase *t = tcase_create("tree");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, copies_what_there_is);
	tcase_add_test(t, copies_what_its_owner_may_not_read);
	tcase_add_test(t, names_what_it_may_not_read);
	tcase_add_test(t, copies_share_nothing);
	tcase_add_test(t, leaves_out_what_is_no_file);
	tcase_add_test(t, says_what_it_cannot_do);
	tcase_add_test(t, removes_no_more_than_it_is_told);
	tcase_add_test(t, removes_what_is_deep_and_closed);
	tcase_add_test(t, base_has_what_programs_need);
	suite_add_tcase(s, t);
	return s;
}
