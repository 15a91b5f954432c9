/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/bake/sshd.h"

Suite *suite(void);

struct two {
	struct sshd server, bastion;
	char key[300]; /* a file: the bastion's login has no text */
};

static void begin(struct two *two, const char *more)
{
	interrupt_catch();
	sshd_prepare(&two->server);
	sshd_prepare(&two->bastion);
	sshd_start(&two->server, "");
	sshd_start(&two->bastion, more);
	snprintf(two->key, sizeof(two->key), "%s/key", two->bastion.directory);
	sshd_write(&two->bastion, "key", two->bastion.user.private_key);
	two->server.recipe.bastion = two->bastion.recipe.ssh;
	two->server.recipe.bastion.host = "localhost";
	two->server.recipe.bastion.private_key_file = two->key;
}

static void finish(struct two *two)
{
	sshd_end(&two->server);
	sshd_end(&two->bastion);
}

static void count(void *context, bool is_error, const char *line)
{
	int64_t *bytes = context;

	ck_assert(!is_error);
	*bytes += (int64_t)strlen(line);
}

START_TEST(through_a_bastion)
{
	struct two two;
	struct remote *remote;
	struct remote_end end;
	struct remote_command command = {
		.text = "head -c 3000000 /dev/zero | tr '\\0' x"
	};
	struct err e;
	int64_t bytes = 0;
	char path[300], *big = mem_new(3000000);
	struct stat facts;
	int before;

	begin(&two, "");
	command.line = count;
	command.context = &bytes;
	remote_free(sshd_log_in(&two.server));
	before = count_descriptors();
	remote = sshd_log_in(&two.server);
	/* It is the server's key, not the bastion's. */
	ck_assert_int_eq(remote_trust(remote), REMOTE_TRUST_FIRST);
	CK_OK(remote_run(remote, &command, in_ms(60000), &end, &e), e);
	ck_assert_int_eq(bytes, 3000000);
	snprintf(path, sizeof(path), "%s/big", two.server.directory);
	CK_OK(remote_put(remote, path, big, 3000000, 0600, in_ms(60000), &e),
		e);
	ck_assert_int_eq(stat(path, &facts), 0);
	ck_assert_int_eq(facts.st_size, 3000000);
	CK_OK(remote_connect(remote, in_ms(20000), &e), e);
	remote_free(remote);
	ck_assert_int_eq(count_descriptors(), before);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), 0);
	mem_free(big);
	finish(&two);
}
END_TEST

START_TEST(the_expected_key_is_the_servers)
{
	struct two two;
	const char *keys[2] = { NULL };
	struct remote_wish wish;
	struct remote *remote;
	struct err e;

	begin(&two, "");
	wish = sshd_wish(&two.server);
	wish.host_keys = keys;
	wish.or_first = false;
	keys[0] = two.server.host.public_key;
	remote = remote_new(&wish);
	CK_OK(remote_connect(remote, in_ms(20000), &e), e);
	ck_assert_int_eq(remote_trust(remote), REMOTE_TRUST_KNOWN);
	remote_free(remote);
	keys[0] = two.bastion.host.public_key;
	remote = remote_new(&wish);
	ck_assert_int_eq(remote_connect(remote, in_ms(20000), &e), -1);
	CK_SAYS(e, "another host key");
	remote_free(remote);
	finish(&two);
}
END_TEST

/* The newest child: an earlier one may be of a probe that has ended. */
static pid_t child_of(pid_t parent)
{
	char path[64];
	int child = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent,
		(int)parent);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fscanf(file, "%d", &child) == 1)
		;
	fclose(file);
	return child;
}

static void kill_at_first_line(void *context, bool is_error, const char *line)
{
	const pid_t *victim = context;

	(void)is_error, (void)line;
	kill(*victim, SIGKILL);
}

/* Either end of the way may die: the server's process, or the bastion's. */
START_TEST(what_dies_on_the_way)
{
	struct two two;
	struct remote *remote;
	struct remote_end end;
	struct remote_command command = { .text = "echo x; sleep 4",
		.line = kill_at_first_line };
	struct err e;
	pid_t victim;

	begin(&two, "");
	remote = sshd_log_in(&two.server);
	victim = child_of(_i ? two.bastion.pid : two.server.pid);
	ck_assert_int_gt(victim, 1);
	command.context = &victim;
	CK_OK(remote_run(remote, &command, in_ms(20000), &end, &e), e);
	ck_assert(end.disconnected);
	ck_assert(!remote_is_connected(remote));
	CK_OK(remote_connect(remote, in_ms(20000), &e), e);
	ck_assert(remote_is_connected(remote));
	remote_free(remote);
	finish(&two);
}
END_TEST

START_TEST(a_bastion_that_refuses)
{
	static const struct {
		const char *more, *says;
		bool wrong_key, no_server;
	} cases[] = {
		{ "AllowTcpForwarding no", "does not reach it", false, false },
		{ "", "the bastion localhost port", true, false },
		{ "", "does not reach it", false, true },
		{ "", "refused", false, true },
	};
	struct two two;
	struct remote_wish wish;
	struct remote *remote;
	struct err e;

	begin(&two, cases[_i].more);
	if (cases[_i].wrong_key)
		sshd_write(&two.bastion, "key", two.server.user.private_key);
	if (cases[_i].no_server)
		sshd_stop(&two.server);
	wish = sshd_wish(&two.server);
	remote = remote_new(&wish);
	ck_assert_int_eq(remote_connect(remote, in_ms(8000), &e), -1);
	CK_SAYS(e, cases[_i].says);
	remote_free(remote);
	finish(&two);
}
END_TEST

START_TEST(a_bastion_whose_key_changes)
{
	struct two two;
	struct remote *remote;
	struct err e;

	begin(&two, "");
	remote = sshd_log_in(&two.server);
	sshd_stop(&two.bastion);
	sshd_write(&two.bastion, "host", two.server.user.private_key);
	sshd_start(&two.bastion, "");
	ck_assert_int_eq(remote_connect(remote, in_ms(20000), &e), -1);
	CK_SAYS(e, "the bastion");
	CK_SAYS(e, "another host key");
	remote_free(remote);
	finish(&two);
}
END_TEST

START_TEST(a_signal_on_the_way)
{
	struct two two;
	struct remote *remote;
	struct remote_end end;
	struct remote_command command = { .text = "sleep 3" };
	struct err e;
	pid_t child;

	begin(&two, "");
	remote = sshd_log_in(&two.server);
	child = fork();
	if (child == 0) {
		usleep(300000);
		kill(getppid(), SIGHUP);
		_exit(0);
	}
	ck_assert_int_eq(
		remote_run(remote, &command, in_ms(60000), &end, &e), -1);
	ck_assert_int_eq(e.code, ERR_INTERRUPTED);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	remote_free(remote);
	finish(&two);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("remote_tunnel");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 100);
	tcase_add_test(t, through_a_bastion);
	tcase_add_test(t, the_expected_key_is_the_servers);
	tcase_add_loop_test(t, what_dies_on_the_way, 0, 2);
	tcase_add_loop_test(t, a_bastion_that_refuses, 0, 4);
	tcase_add_test(t, a_bastion_whose_key_changes);
	tcase_add_test(t, a_signal_on_the_way);
	suite_add_tcase(s, t);
	return s;
}
