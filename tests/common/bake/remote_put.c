/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/bake/place.h"

Suite *suite(void);

static const char *const names[] = { "it's \"q\" a b\tc\\", "new\nline", "-rf",
	"$(touch x)`y`;&#*?[a]!", "\xc3\xbc\xff\x01%s%n", "~" };

#define NAMES (sizeof(names) / sizeof(*names))

START_TEST(bytes_under_nasty_names)
{
	struct place place;
	char bytes[70000];
	struct err e;

	begin(&place, "");
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 + i / 256);
	for (size_t i = 0; i < NAMES; i++) {
		char *path = mem_printf("%s/%s", place.there, names[i]);
		char *back = mem_printf("%s/back", place.sshd.directory);
		size_t length = i % 3 ? sizeof(bytes) - i : i;

		CK_OK(remote_put(place.remote, path, bytes, length, 0640,
			      in_ms(20000), &e),
			e);
		holds(path, bytes, length, 0640);
		CK_OK(remote_download(
			      place.remote, path, back, in_ms(20000), &e),
			e);
		holds(back, bytes, length, 0640);
		CK_OK(remote_upload(place.remote, back, path, in_ms(20000), &e),
			e);
		holds(path, bytes, length, 0640);
		mem_free(path);
		mem_free(back);
	}
	finish(&place);
}
END_TEST

/* A name that looks like an option, where the shell is, and one at home. */
START_TEST(names_that_are_relative)
{
	struct place place;
	struct err e;
	char path[400], *more;

	interrupt_catch();
	sshd_prepare(&place.sshd);
	more = mem_printf("ForceCommand cd %s/there && eval "
			  "\"$SSH_ORIGINAL_COMMAND\"",
		place.sshd.directory);
	sshd_start(&place.sshd, more);
	mem_free(more);
	place.remote = sshd_log_in(&place.sshd);
	snprintf(place.there, sizeof(place.there), "%s/there",
		place.sshd.directory);
	ck_assert_int_eq(mkdir(place.there, 0700), 0);

	CK_OK(remote_put(place.remote, "-rf", "x", 1, 0640, in_ms(20000), &e),
		e);
	snprintf(path, sizeof(path), "%s/-rf", place.there);
	holds(path, "x", 1, 0640);
	CK_OK(remote_upload(place.remote, path, "-d/", in_ms(20000), &e), e);
	snprintf(path, sizeof(path), "%s/-d/-rf", place.there);
	holds(path, "x", 1, 0640);
	CK_OK(remote_put(place.remote, "~/-at home-", "y", 1, 0600,
		      in_ms(20000), &e),
		e);
	snprintf(path, sizeof(path), "%s/-at home-", place.sshd.directory);
	holds(path, "y", 1, 0600);
	CK_OK(remote_download(place.remote, "-d", place.sshd.directory,
		      in_ms(20000), &e),
		e);
	snprintf(path, sizeof(path), "%s/-d/-rf", place.sshd.directory);
	holds(path, "x", 1, 0640);
	CK_OK(remote_download(place.remote, "~/-at home-", place.there,
		      in_ms(20000), &e),
		e);
	snprintf(path, sizeof(path), "%s/-at home-", place.there);
	holds(path, "y", 1, 0600);
	finish(&place);
}
END_TEST

/* What was there is replaced; what is secret is so from its first byte. */
START_TEST(modes_are_set)
{
	struct place place;
	char path[400];
	struct err e;
	struct stat facts;

	begin(&place, "");
	snprintf(path, sizeof(path), "%s/file", place.there);
	write_file(path, "something longer", 0644);
	CK_OK(remote_put(place.remote, path, "s", 1, 0600, in_ms(20000), &e),
		e);
	holds(path, "s", 1, 0600);
	CK_OK(remote_put(place.remote, path, "t", 1, 0, in_ms(20000), &e), e);
	holds(path, "t", 1, 0600);
	CK_OK(remote_put(place.remote, path, "#", 1, 0755, in_ms(20000), &e),
		e);
	holds(path, "#", 1, 0755);
	unlink(path);
	CK_OK(remote_put(place.remote, path, "u", 1, 0, in_ms(20000), &e), e);
	ck_assert_int_eq(stat(path, &facts), 0);
	ck_assert_int_eq(facts.st_mode & 0111, 0);
	finish(&place);
}
END_TEST

START_TEST(failures_say_why)
{
	struct place place;
	struct err e;
	char path[400];

	begin(&place, "");
	ck_assert_int_eq(remote_put(place.remote, "/none/such/file", "x", 1,
				 0600, in_ms(20000), &e),
		-1);
	ck_assert_int_eq(e.code, ERR_OTHER);
	CK_SAYS(e, "/none/such/file");
	CK_SAYS(e, "on the server");
	/* A full disk. */
	ck_assert_int_eq(remote_put(place.remote, "/dev/full", "x", 1, 0,
				 in_ms(20000), &e),
		-1);
	CK_SAYS(e, "space");
	ck_assert_int_eq(remote_upload(place.remote, "/none/such", "/tmp/x",
				 in_ms(20000), &e),
		-1);
	ck_assert_int_eq(e.code, ERR_ABSENT);
	ck_assert_int_eq(remote_upload(place.remote, "/dev/zero", place.there,
				 in_ms(20000), &e),
		-1);
	CK_SAYS(e, "neither a file");
	snprintf(path, sizeof(path), "%s/back", place.there);
	ck_assert_int_eq(remote_download(place.remote, "/none/such", path,
				 in_ms(20000), &e),
		-1);
	CK_SAYS(e, "/none/such");
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(remote_download(place.remote, "/dev/zero", path,
				 in_ms(20000), &e),
		-1);
	CK_SAYS(e, "neither a file");
	ck_assert_int_eq(access(path, F_OK), -1);
	finish(&place);
}
END_TEST

/* What images say to root whose user has another name, on standard output. */
START_TEST(a_user_who_may_do_nothing)
{
	struct place place;
	struct err e;

	begin(&place,
		_i == 0 ? "ForceCommand echo 'Please login as the user "
			  "\"debian\" rather than the user \"root\".'; echo; "
			  "exit 142"
			: "ForceCommand seq 1000; echo 'No space.' >&2; "
			  "exit 1");
	ck_assert_int_eq(remote_put(place.remote, "/tmp/x", "x", 1, 0600,
				 in_ms(20000), &e),
		-1);
	CK_SAYS(e, "writing /tmp/x on the server: ");
	CK_SAYS(e, _i == 0 ? "Please login as the user \"debian\" rather than "
			     "the user \"root\". (exit status 142)"
			   : "No space.");
	ck_assert((_i == 0) == !!strstr(e.text, "is ssh_username right"));
	finish(&place);
}
END_TEST

/* Nobody knows how much arrived. */
START_TEST(a_cut_connection_is_told)
{
	struct place place;
	struct err e;
	char path[400], *bytes = mem_new(300000);
	int rc;

	begin(&place,
		_i == 0 ? "ForceCommand sleep 0.2; kill -9 $PPID; sleep 1"
			: "ForceCommand case $SSH_ORIGINAL_COMMAND in l=*) "
			  "printf -- -rw-r--r--;; *) printf half; sleep "
			  "0.3; kill -9 $PPID; sleep 1;; esac");
	snprintf(path, sizeof(path), "%s/file", place.there);
	rc = _i == 0 ? remote_put(place.remote, path, bytes, 300000, 0600,
			       in_ms(20000), &e)
		     : remote_download(place.remote, "/some/file", path,
			       in_ms(20000), &e);
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(e.code, ERR_LOST);
	CK_SAYS(e, _i == 0 ? path : "/some/file");
	/* Half a file is none. */
	ck_assert_int_eq(access(path, F_OK), -1);
	mem_free(bytes);
	finish(&place);
}
END_TEST

START_TEST(a_big_file)
{
	struct place place;
	char from[400], to[400], back[400];
	struct err e;
	size_t length = 30000001;
	char *bytes = mem_new(length);
	int fd;

	begin(&place, "");
	for (size_t i = 0; i < length; i++)
		bytes[i] = (char)(i ^ i >> 8 ^ i >> 16);
	snprintf(from, sizeof(from), "%s/from", place.sshd.directory);
	snprintf(to, sizeof(to), "%s/to", place.there);
	snprintf(back, sizeof(back), "%s/back", place.sshd.directory);
	fd = open(from, O_WRONLY | O_CREAT | O_CLOEXEC, 0604);
	ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
	close(fd);
	CK_OK(remote_upload(place.remote, from, to, in_ms(60000), &e), e);
	holds(to, bytes, length, 0604);
	CK_OK(remote_download(place.remote, to, back, in_ms(60000), &e), e);
	holds(back, bytes, length, 0604);
	mem_free(bytes);
	finish(&place);
}
END_TEST

static void make_tree(const char *root)
{
	static const struct {
		const char *name, *bytes; /* NULL: a directory */
		int mode;
	} all[] = {
		{ "", NULL, 0750 },
		{ "/a", "A", 0644 },
		{ "/empty", "", 0600 },
		{ "/sub", NULL, 0700 },
		{ "/sub/-x it's\n", "B\n", 0755 },
		{ "/sub/deep", NULL, 0711 },
		{ "/sub/deep/c", "C", 0640 },
		{ "/sub/nothing", NULL, 0755 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		char *path = mem_printf("%s%s", root, all[i].name);

		if (all[i].bytes)
			write_file(path, all[i].bytes, all[i].mode);
		else
			ck_assert_int_eq(mkdir(path, 0700), 0);
		ck_assert_int_eq(chmod(path, (mode_t)all[i].mode), 0);
		mem_free(path);
	}
}

static void is_tree(const char *root)
{
	static const char *const directories[] = { "/sub", "/sub/deep",
		"/sub/nothing" };
	static const int modes[] = { 0700, 0711, 0755 };
	char path[500];
	struct stat facts;

	snprintf(path, sizeof(path), "%s/a", root);
	holds(path, "A", 1, 0644);
	snprintf(path, sizeof(path), "%s/empty", root);
	holds(path, "", 0, 0600);
	snprintf(path, sizeof(path), "%s/sub/-x it's\n", root);
	holds(path, "B\n", 2, 0755);
	snprintf(path, sizeof(path), "%s/sub/deep/c", root);
	holds(path, "C", 1, 0640);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s%s", root, directories[i]);
		ck_assert_int_eq(stat(path, &facts), 0);
		ck_assert(S_ISDIR(facts.st_mode));
		ck_assert_int_eq(facts.st_mode & 0777, modes[i]);
	}
}

START_TEST(directories)
{
	struct place place;
	struct err e;
	char from[400], with_slash[410], to[400], path[500];
	struct stat facts;

	begin(&place, "");
	snprintf(from, sizeof(from), "%s/tree", place.sshd.directory);
	snprintf(with_slash, sizeof(with_slash), "%s/", from);
	make_tree(from);
	/* The directory itself, into one that is there. */
	CK_OK(remote_upload(place.remote, from, place.there, in_ms(60000), &e),
		e);
	snprintf(path, sizeof(path), "%s/tree", place.there);
	is_tree(path);
	ck_assert_int_eq(stat(path, &facts), 0);
	ck_assert_int_eq(facts.st_mode & 0777, 0750);
	ck_assert_int_eq(stat(place.there, &facts), 0);
	ck_assert_int_eq(facts.st_mode & 0777, 0700);
	/* Its contents, into one that is made. */
	{
		snprintf(to, sizeof(to), "%s/new/one/", place.there);
		CK_OK(remote_upload(
			      place.remote, with_slash, to, in_ms(60000), &e),
			e);
		is_tree(to);
	}
	/* And back. */
	snprintf(to, sizeof(to), "%s/back", place.sshd.directory);
	CK_OK(remote_download(place.remote, from, to, in_ms(60000), &e), e);
	snprintf(path, sizeof(path), "%s/tree", to);
	is_tree(path);
	snprintf(to, sizeof(to), "%s/again/deep", place.sshd.directory);
	for (int i = 0; i < 2; i++) {
		CK_OK(remote_download(
			      place.remote, with_slash, to, in_ms(60000), &e),
			e);
		is_tree(to);
	}
	/* One file, into a directory that is made. */
	snprintf(path, sizeof(path), "%s/a", from);
	snprintf(to, sizeof(to), "%s/made/here/", place.there);
	CK_OK(remote_upload(place.remote, path, to, in_ms(60000), &e), e);
	snprintf(path, sizeof(path), "%s/made/here/a", place.there);
	holds(path, "A", 1, 0644);
	snprintf(to, sizeof(to), "%s/made/too/", place.sshd.directory);
	CK_OK(remote_download(place.remote, path, to, in_ms(60000), &e), e);
	snprintf(path, sizeof(path), "%s/made/too/a", place.sshd.directory);
	holds(path, "A", 1, 0644);
	finish(&place);
}
END_TEST

START_TEST(a_loop_of_links)
{
	struct place place;
	struct err e;
	char from[400], path[500];

	begin(&place, "");
	snprintf(from, sizeof(from), "%s/tree", place.sshd.directory);
	ck_assert_int_eq(mkdir(from, 0700), 0);
	snprintf(path, sizeof(path), "%s/loop", from);
	ck_assert_int_eq(symlink(".", path), 0);
	ck_assert_int_eq(remote_upload(place.remote, from, place.there,
				 in_ms(60000), &e),
		-1);
	CK_SAYS(e, "symbolic link");
	snprintf(path, sizeof(path), "%s/back", place.sshd.directory);
	ck_assert_int_eq(
		remote_download(place.remote, from, path, in_ms(60000), &e),
		-1);
	finish(&place);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("remote_put");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 100);
	tcase_add_test(t, bytes_under_nasty_names);
	tcase_add_test(t, names_that_are_relative);
	tcase_add_test(t, modes_are_set);
	tcase_add_test(t, failures_say_why);
	tcase_add_loop_test(t, a_user_who_may_do_nothing, 0, 2);
	tcase_add_loop_test(t, a_cut_connection_is_told, 0, 2);
	tcase_add_test(t, a_big_file);
	tcase_add_test(t, directories);
	tcase_add_test(t, a_loop_of_links);
	suite_add_tcase(s, t);
	return s;
}
