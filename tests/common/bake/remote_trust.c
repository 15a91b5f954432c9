/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/bake/sshd.h"

Suite *suite(void);

/* What ssh-keygen -l says of the host key: "SHA256:...". */
static void fingerprint(
	const struct sshd *sshd, const char *name, char *text, size_t size)
{
	char path[300], line[300] = "", *begin;
	int ends[2];
	pid_t child;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", sshd->directory, name);
	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		dup2(ends[1], 1);
		execlp("ssh-keygen", "ssh-keygen", "-l", "-f", path,
			(char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	n = read(ends[0], line, sizeof(line) - 1);
	ck_assert_int_gt(n, 0);
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	begin = strstr(line, "SHA256:");
	ck_assert_ptr_nonnull(begin);
	begin[strcspn(begin, " \n")] = '\0';
	snprintf(text, size, "%s", begin);
}

static void make_key(const struct sshd *sshd, const char *type)
{
	char path[300];
	int status;
	pid_t child;

	snprintf(path, sizeof(path), "%s/%s", sshd->directory, type);
	child = fork();
	if (child == 0) {
		execlp("ssh-keygen", "ssh-keygen", "-q", "-t", type, "-N", "",
			"-f", path, (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

static int log_in(const struct sshd *sshd, const char *const *keys,
	bool or_first, enum remote_trust *trust, struct err *e)
{
	struct remote_wish wish = sshd_wish(sshd);
	struct remote *remote;
	int rc;

	wish.host_keys = keys;
	wish.or_first = or_first;
	remote = remote_new(&wish);
	rc = remote_connect(remote, in_ms(20000), e);
	*trust = remote_trust(remote);
	ck_assert_int_eq(remote_is_connected(remote), rc == 0);
	remote_free(remote);
	return rc;
}

START_TEST(the_expected_key)
{
	struct sshd sshd;
	const char *keys[3] = { NULL };
	enum remote_trust trust;
	char *commented, *typed, *padded, print[100];
	struct err e;

	sshd_prepare(&sshd);
	sshd_start(&sshd, "");
	fingerprint(&sshd, "host", print, sizeof(print));
	commented = mem_printf(" %s some comment\n", sshd.host.public_key);
	typed = mem_printf("ssh-ed25519 %s", print);
	padded = mem_printf("%s=", print);
	const char *const good[] = { sshd.host.public_key, print, commented,
		typed, padded };

	for (size_t i = 0; i < 5; i++) {
		keys[0] = i % 2 ? sshd.user.public_key : good[i];
		keys[1] = good[i];
		CK_OK(log_in(&sshd, keys, false, &trust, &e), e);
		ck_assert_int_eq(trust, REMOTE_TRUST_KNOWN);
		CK_OK(log_in(&sshd, keys, true, &trust, &e), e);
		ck_assert_int_eq(trust, REMOTE_TRUST_KNOWN);
	}
	mem_free(commented);
	mem_free(typed);
	mem_free(padded);
	sshd_end(&sshd);
}
END_TEST

START_TEST(another_key)
{
	struct sshd sshd;
	char print[100], wrong[100];
	const char *keys[3] = { NULL };
	enum remote_trust trust;
	struct err e;
	int64_t began;

	sshd_prepare(&sshd);
	sshd_write(&sshd, "host.pub", sshd.host.public_key);
	sshd_write(&sshd, "other.pub", sshd.user.public_key);
	fingerprint(&sshd, "host.pub", print, sizeof(print));
	fingerprint(&sshd, "other.pub", wrong, sizeof(wrong));
	sshd_start(&sshd, "");
	keys[0] = _i ? wrong : sshd.user.public_key;
	CK_OK(log_in(&sshd, NULL, true, &trust, &e), e);
	began = remote_now();
	ck_assert_int_eq(log_in(&sshd, keys, false, &trust, &e), -1);
	/* At once: nothing is tried again. */
	ck_assert_int_lt(remote_now() - began, 10000);
	ck_assert_int_eq(trust, REMOTE_TRUST_NONE);
	ck_assert_int_eq(e.code, ERR_OTHER);
	CK_SAYS(e, print);
	CK_SAYS(e, wrong);
	CK_SAYS(e, "127.0.0.1");
	CK_SAYS(e, "console log");
	/* No key at all is none that is expected. */
	ck_assert_int_eq(log_in(&sshd, NULL, false, &trust, &e), -1);
	CK_SAYS(e, print);
	sshd_end(&sshd);
}
END_TEST

START_TEST(what_is_no_key)
{
	static const char *const lines[] = { "", "SHA256:", "SHA256:abc",
		"ssh-ed25519", "ssh-ed25519 AAAA", "MD5:00:11", "no-type AAAA",
		"ssh-ed25519 %s%n", "SHA512:x" };
	struct sshd sshd;
	const char *keys[3] = { NULL };
	enum remote_trust trust;
	struct err e;

	sshd_prepare(&sshd);
	keys[0] = sshd.host.public_key;
	keys[1] = lines[_i];
	/* Without a server: this is known before. */
	ck_assert_int_eq(log_in(&sshd, keys, true, &trust, &e), -1);
	CK_SAYS(e, "fingerprint");
	sshd_end(&sshd);
}
END_TEST

START_TEST(pinned_at_first_use)
{
	struct sshd sshd;
	struct remote_wish wish;
	struct remote *remote;
	struct err e;
	char *first;

	sshd_prepare(&sshd);
	sshd_start(&sshd, "");
	wish = sshd_wish(&sshd);
	remote = remote_new(&wish);
	CK_OK(remote_connect(remote, in_ms(20000), &e), e);
	ck_assert_int_eq(remote_trust(remote), REMOTE_TRUST_FIRST);
	first = mem_copy(remote_fingerprint(remote));
	ck_assert(str_starts(first, "ssh-ed25519 SHA256:"));
	CK_OK(remote_connect(remote, in_ms(20000), &e), e);
	ck_assert_str_eq(remote_fingerprint(remote), first);
	sshd_stop(&sshd);
	sshd_write(&sshd, "host", sshd.user.private_key);
	sshd_start(&sshd, "");
	ck_assert_int_eq(remote_connect(remote, in_ms(20000), &e), -1);
	ck_assert_int_eq(e.code, ERR_OTHER);
	CK_SAYS(e, first + strlen("ssh-ed25519 "));
	ck_assert(!remote_is_connected(remote));
	ck_assert_str_eq(remote_fingerprint(remote), first);
	/* Nor does another try make it so. */
	ck_assert_int_eq(remote_connect(remote, in_ms(20000), &e), -1);
	CK_SAYS(e, "another host key");
	mem_free(first);
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

/* The server has keys of several types; what is expected is negotiated, by a
 * line at once, by a fingerprint after a while. */
START_TEST(a_server_with_several_keys)
{
	static const char *const types[] = { "ecdsa", "rsa" };
	struct sshd sshd;
	const char *keys[3] = { NULL };
	enum remote_trust trust;
	char *more, path[300], print[100], line[2000] = "";
	struct err e;
	int fd;

	sshd_prepare(&sshd);
	make_key(&sshd, types[_i]);
	more = mem_printf("HostKey %s/%s", sshd.directory, types[_i]);
	fingerprint(&sshd, types[_i], print, sizeof(print));
	snprintf(path, sizeof(path), "%s/%s.pub", sshd.directory, types[_i]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_gt(read(fd, line, sizeof(line) - 1), 0);
	close(fd);
	sshd_start(&sshd, more);
	mem_free(more);

	keys[0] = line;
	CK_OK(log_in(&sshd, keys, false, &trust, &e), e);
	ck_assert_int_eq(trust, REMOTE_TRUST_KNOWN);
	keys[0] = print;
	CK_OK(log_in(&sshd, keys, false, &trust, &e), e);
	ck_assert_int_eq(trust, REMOTE_TRUST_KNOWN);
	/* A fingerprint that none of them has. */
	sshd_write(&sshd, "other.pub", sshd.user.public_key);
	fingerprint(&sshd, "other.pub", print, sizeof(print));
	ck_assert_int_eq(log_in(&sshd, keys, false, &trust, &e), -1);
	CK_SAYS(e, "another host key");
	CK_SAYS(e, print);
	/* First use is what it would be without it. */
	CK_OK(log_in(&sshd, keys, true, &trust, &e), e);
	ck_assert_int_eq(trust, REMOTE_TRUST_FIRST);
	sshd_end(&sshd);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("remote_trust");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_expected_key);
	tcase_add_loop_test(t, another_key, 0, 2);
	tcase_add_loop_test(t, what_is_no_key, 0, 9);
	tcase_add_test(t, pinned_at_first_use);
	tcase_add_loop_test(t, a_server_with_several_keys, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
