/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/bake/place.h"

Suite *suite(void);

/* What a hostile server may list. Nothing comes of it outside of the
 * directory. */
static const struct {
	const char *list, *says;
} hostile[] = {
	{ "-rw-r--r-- ./../outside\\000", "no name below" },
	{ "-rw-r--r-- ../outside\\000", "no name below" },
	{ "-rw-r--r-- /tmp/outside\\000", "no name below" },
	{ "-rw-r--r-- .//outside\\000", "no name below" },
	{ "-rw-r--r-- ./a/../../outside\\000", "no name below" },
	{ "-rw-r--r-- ./..\\000", "no name below" },
	{ "-rw-r--r-- ./.\\000", "no name below" },
	{ "-rw-r--r-- ./\\000", "no name below" },
	{ "-rw-r--r-- ./a/\\000", "no name below" },
	{ "-rw-r--r--\\000", "no name below" },
	{ "\\000", "no name below" },
	{ "rubbish", "no name below" },
	{ "-rwxrwxrwz ./x\\000", "no name below" },
	{ "srwxrwxrwx ./x\\000", "neither a file" },
	{ "lrwxrwxrwx ./x\\000", "neither a file" },
	/* through a link that is there already */
	{ "-rw-r--r-- ./link/outside\\000", "link" },
	{ "-rw-r--r-- ./link\\000", "link" },
	{ "drwxr-xr-x ./link\\000-rw-r--r-- ./link/outside\\000", "link" },
	{ "drwxr-xr-x ./link\\000", "link" },
	/* a directory that is a file, and the other way round */
	{ "drwxr-xr-x ./x\\000-rw-r--r-- ./x\\000", "x" },
	{ "-rw-r--r-- ./x\\000-rw-r--r-- ./x/y\\000", "x" },
	/* one that is not there */
	{ "-rw-r--r-- ./none/x\\000", "none/x" },
};

static void list_to(struct place *place, const char *list, const char *says)
{
	char path[500], to[400], *script;
	struct err e;
	struct stat facts;

	script =
		mem_printf("case $SSH_ORIGINAL_COMMAND in\n"
			   "l=*) printf drwxr-xr-x;;\n"
			   "*find*) printf -- '%s';;\n*) printf evil;;\nesac\n",
			list);
	sshd_write(&place->sshd, "evil", script);
	mem_free(script);
	snprintf(to, sizeof(to), "%s/to", place->sshd.directory);
	ck_assert_int_eq(mkdir(to, 0700), 0);
	snprintf(path, sizeof(path), "%s/to/link", place->sshd.directory);
	ck_assert_int_eq(symlink("../elsewhere", path), 0);
	ck_assert_int_eq(
		remote_download(place->remote, "/x/", to, in_ms(20000), &e),
		-1);
	CK_SAYS(e, says);
	snprintf(path, sizeof(path), "%s/outside", place->sshd.directory);
	ck_assert_int_eq(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/elsewhere", place->sshd.directory);
	ck_assert_int_eq(stat(path, &facts), 0);
	ck_assert_int_eq(facts.st_mode & 0777, 0700);
	/* It is empty. */
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	remove_tree(to);
}

START_TEST(a_hostile_server)
{
	struct place place;
	char *more, path[500];

	sshd_prepare(&place.sshd);
	more = mem_printf("ForceCommand sh %s/evil", place.sshd.directory);
	sshd_start(&place.sshd, more);
	mem_free(more);
	place.remote = sshd_log_in(&place.sshd);
	snprintf(path, sizeof(path), "%s/elsewhere", place.sshd.directory);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++)
		list_to(&place, hostile[i].list, hostile[i].says);
	ck_assert_int_eq(access("/tmp/outside", F_OK), -1);
	finish(&place);
}
END_TEST

START_TEST(too_long_a_list)
{
	struct place place;
	char to[400];
	struct err e;

	begin(&place, "ForceCommand case $SSH_ORIGINAL_COMMAND in l=*) printf "
		      "drwxr-xr-x;; *) yes drwxr-xr-x ./x | head -n 100001 | "
		      "tr '\\n' '\\000';; esac");
	snprintf(to, sizeof(to), "%s/to", place.there);
	ck_assert_int_eq(
		remote_download(place.remote, "/x/", to, in_ms(60000), &e), -1);
	CK_SAYS(e, "more than 100000");
	finish(&place);
}
END_TEST

START_TEST(an_endless_list)
{
	struct place place;
	char to[400];
	struct err e;

	begin(&place, "ForceCommand case $SSH_ORIGINAL_COMMAND in l=*) printf "
		      "drwxr-xr-x;; *) yes;; esac");
	snprintf(to, sizeof(to), "%s/to", place.there);
	ck_assert_int_eq(
		remote_download(place.remote, "/x/", to, in_ms(60000), &e), -1);
	CK_SAYS(e, "too many files");
	finish(&place);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("remote_get");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 100);
	tcase_add_test(t, a_hostile_server);
	tcase_add_test(t, too_long_a_list);
	tcase_add_test(t, an_endless_list);
	suite_add_tcase(s, t);
	return s;
}
