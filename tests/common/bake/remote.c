/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/bake/sshd.h"

Suite *suite(void);

/* What a shell makes of it is what went in. */
START_TEST(words_are_quoted)
{
	static const char *const words[] = { "", "a", "it's", "''", "-n",
		"a\nb", "$(x) `y` \"z\" \\ * ?", "ü \x01\xff", "'\\''" };
	char *quoted = remote_quote(words[_i]);
	char read_back[100] = "";
	int ends[2], status;
	pid_t child;
	char *text = mem_printf("printf %%s %s", quoted);

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		execl("/bin/sh", "sh", "-c", text, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], read_back, sizeof(read_back) - 1),
		(ssize_t)strlen(words[_i]));
	ck_assert_str_eq(read_back, words[_i]);
	close(ends[0]);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	mem_free(text);
	mem_free(quoted);
}
END_TEST

START_TEST(before_it_is_connected)
{
	struct recipe recipe = { .ssh = { .port = 1 } };
	struct remote_wish wish = { .recipe = &recipe, .address = "127.0.0.1" };
	struct remote *remote = remote_new(&wish);
	struct remote_command command = { .text = "true" };
	struct remote_end end = { 0 };
	struct err e;

	ck_assert(!remote_is_connected(remote));
	ck_assert_int_eq(remote_trust(remote), REMOTE_TRUST_NONE);
	ck_assert_str_eq(remote_fingerprint(remote), "");
	ck_assert_int_eq(
		remote_run(remote, &command, in_ms(1000), &end, &e), 0);
	ck_assert(end.disconnected);
	ck_assert_int_eq(
		remote_put(remote, "x", "", 0, 0, in_ms(1000), &e), -1);
	ck_assert_int_eq(e.code, ERR_LOST);
	remote_free(remote);
	remote_free(NULL);
}
END_TEST

START_TEST(the_clock_goes_forward)
{
	int64_t before = remote_now();

	usleep(600000);
	ck_assert_int_ge(remote_now(), before + 600);
	ck_assert_int_lt(remote_now(), before + 600000);
}
END_TEST

/* Neither success nor any kind of failure keeps a descriptor or a process. */
START_TEST(nothing_is_left_open)
{
	struct sshd sshd;
	struct remote *remote;
	struct remote_command command = { .text = "echo x" };
	struct remote_end end;
	struct err e;
	int before;

	interrupt_catch();
	sshd_prepare(&sshd);
	sshd_start(&sshd, "");
	remote_free(sshd_log_in(&sshd));
	before = count_descriptors();
	remote = sshd_log_in(&sshd);
	for (int i = 0; i < 3; i++) {
		CK_OK(remote_connect(remote, in_ms(20000), &e), e);
		CK_OK(remote_run(remote, &command, in_ms(20000), &end, &e), e);
	}
	command.text = "kill -9 $PPID; sleep 5";
	CK_OK(remote_run(remote, &command, in_ms(20000), &end, &e), e);
	ck_assert(end.disconnected);
	ck_assert(!remote_is_connected(remote));
	sshd_stop(&sshd);
	ck_assert_int_eq(remote_connect(remote, in_ms(300), &e), -1);
	remote_free(remote);
	ck_assert_int_eq(count_descriptors(), before);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	sshd_end(&sshd);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("remote");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, words_are_quoted, 0, 9);
	tcase_add_test(t, before_it_is_connected);
	tcase_add_test(t, the_clock_goes_forward);
	tcase_add_test(t, nothing_is_left_open);
	suite_add_tcase(s, t);
	return s;
}
