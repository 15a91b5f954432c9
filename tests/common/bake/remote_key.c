/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/bake/sshd.h"

Suite *suite(void);

START_TEST(ssh_keygen_reads_it)
{
	struct sshd sshd;
	struct remote_key other;
	struct err e;
	char path[300], line[300] = "";
	int ends[2], status;
	pid_t child;

	sshd_prepare(&sshd);
	snprintf(path, sizeof(path), "%s/host", sshd.directory);
	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		dup2(ends[1], 1);
		execlp("ssh-keygen", "ssh-keygen", "-y", "-P", "", "-f", path,
			(char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	ck_assert_int_gt(read(ends[0], line, sizeof(line) - 1), 0);
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	line[strcspn(line, "\n")] = '\0';
	line[strlen(sshd.host.public_key)] = '\0';
	ck_assert_str_eq(line, sshd.host.public_key);
	ck_assert(str_starts(sshd.host.private_key,
		"-----BEGIN OPENSSH PRIVATE KEY-----\n"));

	CK_OK(remote_key_new(&other, &e), e);
	ck_assert_str_ne(other.public_key, sshd.host.public_key);
	ck_assert_str_ne(other.private_key, sshd.host.private_key);
	remote_key_free(&other);
	ck_assert_ptr_null(other.private_key);
	remote_key_free(&other);
	sshd_end(&sshd);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("remote_key");
	TCase *t = tcase_create("all");

	tcase_add_test(t, ssh_keygen_reads_it);
	suite_add_tcase(s, t);
	return s;
}
