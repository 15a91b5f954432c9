/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/bake/sshd.h"

#include <libssh/libssh.h>
#include <libssh/server.h>
#include <sys/un.h>

Suite *suite(void);

static void run_program(const char *const *arguments)
{
	char *argv[20] = { NULL };
	int status;
	pid_t child;

	for (size_t i = 0; arguments[i]; i++)
		argv[i] = mem_copy(arguments[i]);
	child = fork();
	if (child == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	for (size_t i = 0; argv[i]; i++)
		mem_free(argv[i]);
}

static int try(const struct sshd *sshd, const char *private_key, struct err *e)
{
	struct remote_wish wish = sshd_wish(sshd);
	struct remote *remote;
	int rc;

	wish.private_key = private_key;
	remote = remote_new(&wish);
	rc = remote_connect(remote, in_ms(20000), e);
	remote_free(remote);
	return rc;
}

START_TEST(a_key_file)
{
	static const char *const types[] = { "ed25519", "rsa", "ecdsa" };
	struct sshd sshd;
	char path[300], public_path[310], line[2000] = "";
	struct err e;
	int fd;

	sshd_prepare(&sshd);
	snprintf(path, sizeof(path), "%s/key", sshd.directory);
	snprintf(public_path, sizeof(public_path), "%s.pub", path);
	run_program((const char *const[]){ "ssh-keygen", "-q", "-t", types[_i],
		"-N", "", "-f", path, NULL });
	fd = open(public_path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_gt(read(fd, line, sizeof(line) - 1), 0);
	close(fd);
	sshd_write(&sshd, "authorized", line);
	sshd_start(&sshd, "");
	sshd.recipe.ssh.private_key_file = path;
	CK_OK(try(&sshd, NULL, &e), e);
	/* The text takes its place. */
	ck_assert_int_eq(try(&sshd, sshd.user.private_key, &e), -1);
	ck_assert_int_eq(e.code, ERR_AUTH);
	sshd_end(&sshd);
}
END_TEST

START_TEST(keys_that_cannot_be_used)
{
	static const char *const bad[] = { "", "x",
		"-----BEGIN OPENSSH PRIVATE KEY-----\n",
		"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"
		"-----END OPENSSH PRIVATE KEY-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n"
		"AAAA\n-----END RSA PRIVATE KEY-----\n" };
	struct sshd sshd;
	char path[300];
	struct err e;

	sshd_prepare(&sshd);
	/* Known before anybody is asked: nothing listens. */
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_int_eq(try(&sshd, bad[i], &e), -1);
		CK_SAYS(e, "the private key is");
	}
	snprintf(path, sizeof(path), "%s/key", sshd.directory);
	sshd.recipe.ssh.private_key_file = path;
	ck_assert_int_eq(try(&sshd, NULL, &e), -1);
	ck_assert_int_eq(e.code, ERR_ABSENT);
	CK_SAYS(e, path);
	run_program((const char *const[]){ "ssh-keygen", "-q", "-t", "ed25519",
		"-N", "secret", "-f", path, NULL });
	ck_assert_int_eq(try(&sshd, NULL, &e), -1);
	CK_SAYS(e, "is encrypted");
	CK_SAYS(e, path);
	unlink(path);
	run_program((const char *const[]){ "ssh-keygen", "-q", "-t", "rsa",
		"-m", "PEM", "-N", "secret", "-f", path, NULL });
	ck_assert_int_eq(try(&sshd, NULL, &e), -1);
	CK_SAYS(e, "is encrypted");
	sshd_end(&sshd);
}
END_TEST

START_TEST(a_certificate)
{
	struct sshd sshd;
	char authority[300], key[300], public_path[310], certificate[320];
	char *more;
	struct err e;

	sshd_prepare(&sshd);
	snprintf(authority, sizeof(authority), "%s/ca", sshd.directory);
	snprintf(key, sizeof(key), "%s/key", sshd.directory);
	snprintf(public_path, sizeof(public_path), "%s.pub", key);
	snprintf(certificate, sizeof(certificate), "%s-cert.pub", key);
	run_program((const char *const[]){ "ssh-keygen", "-q", "-t", "ed25519",
		"-N", "", "-f", authority, NULL });
	run_program((const char *const[]){ "ssh-keygen", "-q", "-t", "ed25519",
		"-N", "", "-f", key, NULL });
	run_program((const char *const[]){ "ssh-keygen", "-q", "-s", authority,
		"-I", "test", "-n", sshd.recipe.ssh.username, public_path,
		NULL });
	more = mem_printf("TrustedUserCAKeys %s.pub", authority);
	sshd_start(&sshd, more);
	mem_free(more);
	sshd.recipe.ssh.private_key_file = key;
	ck_assert_int_eq(try(&sshd, NULL, &e), -1);
	ck_assert_int_eq(e.code, ERR_AUTH);
	sshd.recipe.ssh.certificate_file = certificate;
	CK_OK(try(&sshd, NULL, &e), e);
	sshd.recipe.ssh.certificate_file = key;
	ck_assert_int_eq(try(&sshd, NULL, &e), -1);
	CK_SAYS(e, "no certificate");
	sshd_end(&sshd);
}
END_TEST

START_TEST(a_refusal_names_the_methods)
{
	struct sshd sshd;
	struct err e;
	int64_t began = remote_now();

	sshd_prepare(&sshd);
	sshd_start(&sshd, "PasswordAuthentication yes\nMaxAuthTries 20");
	sshd.recipe.ssh.password = "wrong-password-of-a-test";
	sshd.recipe.ssh_handshake_attempts = 2;
	ck_assert_int_eq(try(&sshd, sshd.host.private_key, &e), -1);
	ck_assert_int_eq(e.code, ERR_AUTH);
	CK_SAYS(e, "after 2 attempts");
	CK_SAYS(e, sshd.recipe.ssh.username);
	CK_SAYS(e, "takes: publickey, password");
	CK_SAYS(e, "tried was: the key, the password");
	CK_SAYS(e, "ssh_username");
	ck_assert_ptr_null(strstr(e.text, "wrong-password"));
	ck_assert_int_lt(remote_now() - began, 40000);
	/* Nothing to try is a refusal, too. */
	sshd.recipe.ssh.password = NULL;
	ck_assert_int_eq(try(&sshd, NULL, &e), -1);
	ck_assert_int_eq(e.code, ERR_AUTH);
	CK_SAYS(e, "no key, no password");
	sshd_end(&sshd);
}
END_TEST

/* Hanging up on whom it refuses is a refusal as well. */
START_TEST(too_many_failures)
{
	struct sshd sshd;
	struct err e;

	sshd_prepare(&sshd);
	sshd_start(&sshd, "PasswordAuthentication yes\nMaxAuthTries 1");
	sshd.recipe.ssh.password = "wrong-password-of-a-test";
	ck_assert_int_eq(try(&sshd, sshd.host.private_key, &e), -1);
	CK_SAYS(e, "is refused");
	ck_assert_int_eq(e.code, ERR_AUTH);
	sshd_end(&sshd);
}
END_TEST

START_TEST(a_key_that_is_put_in_place_late)
{
	struct sshd sshd;
	struct err e;
	int status;
	pid_t child;

	sshd_prepare(&sshd);
	sshd_write(&sshd, "authorized", "");
	sshd_start(&sshd, "");
	sshd.recipe.ssh_handshake_attempts = 0; /* ten */
	child = fork();
	if (child == 0) {
		usleep(700000);
		sshd_write(&sshd, "authorized", sshd.user.public_key);
		_exit(0);
	}
	CK_OK(try(&sshd, sshd.user.private_key, &e), e);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	sshd_end(&sshd);
}
END_TEST

/* The user's own keys and settings are none of our business. */
START_TEST(the_home_directory_is_not_read)
{
	struct sshd sshd;
	char path[400];
	struct err e;

	sshd_prepare(&sshd);
	sshd_start(&sshd, "");
	ck_assert_int_eq(setenv("HOME", sshd.directory, 1), 0);
	snprintf(path, sizeof(path), "%s/.ssh", sshd.directory);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	sshd_write(&sshd, ".ssh/id_ed25519", sshd.user.private_key);
	sshd_write(&sshd, ".ssh/config", "Host *\n  Port 1\n  Ciphers none\n");
	sshd_write(&sshd, ".ssh/known_hosts",
		"127.0.0.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMl1OD3bfmbAyXhIp"
		"93rhk7mbgiVZ8OTqqW0aqxhMtmL\n");
	ck_assert_int_eq(try(&sshd, NULL, &e), -1);
	CK_SAYS(e, "no key, no password");
	CK_OK(try(&sshd, sshd.user.private_key, &e), e);
	sshd_end(&sshd);
}
END_TEST

/* Somebody listens on it, within ten seconds. */
static void await_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, rc = -1;

	ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path));
	for (int i = 0; i < 3000 && rc < 0; i++) {
		if (i)
			usleep(20000);
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		rc = connect(fd, (struct sockaddr *)&address, sizeof(address));
		close(fd);
	}
	ck_assert_int_eq(rc, 0);
}

/* Its keys are used only where the recipe says so, and it is never lent to the
 * server. */
START_TEST(an_agent)
{
	struct sshd sshd;
	char agent_socket[300], key[300];
	struct remote_wish wish;
	struct remote *remote;
	struct remote_end end;
	struct remote_command command = {
		.text = "test -z \"$SSH_AUTH_SOCK\""
	};
	struct err e;
	pid_t agent;
	int status;

	sshd_prepare(&sshd);
	sshd_start(&sshd, "");
	snprintf(
		agent_socket, sizeof(agent_socket), "%s/agent", sshd.directory);
	snprintf(key, sizeof(key), "%s/key", sshd.directory);
	sshd_write(&sshd, "key", sshd.user.private_key);
	agent = fork();
	if (agent == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 1);
		execlp("ssh-agent", "ssh-agent", "-D", "-a", agent_socket,
			(char *)NULL);
		_exit(127);
	}
	await_socket(agent_socket);
	setenv("SSH_AUTH_SOCK", agent_socket, 1);
	run_program((const char *const[]){ "ssh-add", "-q", key, NULL });
	ck_assert_int_eq(try(&sshd, NULL, &e), -1);
	CK_SAYS(e, "no key, no password and no agent");
	sshd.recipe.ssh.agent = true;
	wish = sshd_wish(&sshd);
	wish.private_key = NULL;
	remote = remote_new(&wish);
	CK_OK(remote_connect(remote, in_ms(20000), &e), e);
	CK_OK(remote_run(remote, &command, in_ms(20000), &end, &e), e);
	ck_assert_int_eq(end.status, 0);
	remote_free(remote);
	/* One that is not there, or has no such key, is a refusal. */
	kill(agent, SIGKILL);
	ck_assert_int_eq(waitpid(agent, &status, 0), agent);
	ck_assert_int_eq(try(&sshd, NULL, &e), -1);
	CK_SAYS(e, "the agent's keys");
	ck_assert_int_eq(e.code, ERR_AUTH);
	sshd_end(&sshd);
}
END_TEST

/* A server that lets a password in, of libssh: our sshd knows none. What takes
 * the place of its messages cannot ask questions. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static bool is_password(ssh_message message, bool by_questions)
{
	static const char *const prompts[] = { "Password: ", "Again: " };
	static char echo[2] = { 0, 0 };

	if (ssh_message_subtype(message) == SSH_AUTH_METHOD_PASSWORD &&
		!by_questions)
		return streq(ssh_message_auth_password(message), "right");
	if (ssh_message_subtype(message) != SSH_AUTH_METHOD_INTERACTIVE ||
		!by_questions)
		return false;
	if (!ssh_message_auth_kbdint_is_response(message)) {
		const char *copies[] = { prompts[0], prompts[1] };

		ssh_message_auth_interactive_request(
			message, "", "", 2, copies, echo);
		return false;
	}
	return true;
}

static bool answers_are_right(ssh_session session)
{
	return ssh_userauth_kbdint_getnanswers(session) == 2 &&
	       streq(ssh_userauth_kbdint_getanswer(session, 0), "right") &&
	       streq(ssh_userauth_kbdint_getanswer(session, 1), "right");
}

static void serve(const struct sshd *sshd, int fd, bool by_questions)
{
	ssh_bind door = ssh_bind_new();
	ssh_session session = ssh_new();
	ssh_message message;
	char path[300];
	bool process = false;
	int other = accept(fd, NULL, NULL);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "%s/host", sshd->directory);
	ssh_bind_options_set(door, SSH_BIND_OPTIONS_PROCESS_CONFIG, &process);
	ssh_bind_options_set(door, SSH_BIND_OPTIONS_HOSTKEY, path);
	ssh_bind_accept_fd(door, session, other);
	if (ssh_handle_key_exchange(session) != SSH_OK)
		_exit(1);
	ssh_set_auth_methods(session, by_questions ? SSH_AUTH_METHOD_INTERACTIVE
						   : SSH_AUTH_METHOD_PASSWORD);
	while ((message = ssh_message_get(session))) {
		bool asked = ssh_message_type(message) == SSH_REQUEST_AUTH &&
			     ssh_message_subtype(message) ==
				     SSH_AUTH_METHOD_INTERACTIVE &&
			     !ssh_message_auth_kbdint_is_response(message);
		bool good = ssh_message_type(message) == SSH_REQUEST_AUTH &&
			    is_password(message, by_questions);

		if (good && by_questions)
			good = answers_are_right(session);
		if (good)
			ssh_message_auth_reply_success(message, 0);
		else if (!asked &&
			 ssh_message_type(message) == SSH_REQUEST_SERVICE)
			ssh_message_service_reply_success(message);
		else if (!asked || !by_questions)
			ssh_message_reply_default(message);
		ssh_message_free(message);
	}
	_exit(0);
}

START_TEST(a_password)
{
	struct sshd sshd;
	struct err e;
	int fd, status;
	pid_t child;

	sshd_prepare(&sshd);
	fd = listen_somewhere(&sshd.recipe.ssh.port);
	child = fork();
	if (child == 0)
		serve(&sshd, fd, _i % 2);
	sshd.recipe.ssh.password = _i < 2 ? "right" : "wrong";
	if (_i < 2) {
		CK_OK(try(&sshd, NULL, &e), e);
	} else {
		ck_assert_int_eq(try(&sshd, NULL, &e), -1);
		ck_assert_int_eq(e.code, ERR_AUTH);
		CK_SAYS(e, _i % 2 ? "keyboard-interactive" : "password");
	}
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	close(fd);
	sshd_end(&sshd);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("remote_login");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_key_file, 0, 3);
	tcase_add_test(t, keys_that_cannot_be_used);
	tcase_add_test(t, a_certificate);
	tcase_add_test(t, a_refusal_names_the_methods);
	tcase_add_test(t, too_many_failures);
	tcase_add_test(t, a_key_that_is_put_in_place_late);
	tcase_add_test(t, the_home_directory_is_not_read);
	tcase_add_test(t, an_agent);
	tcase_add_loop_test(t, a_password, 0, 4);
	suite_add_tcase(s, t);
	return s;
}
