/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/bake/sshd.h"

Suite *suite(void);

/* A peer that answers whoever comes with these bytes, and reads on. */
static pid_t peer(int fd, const char *bytes, size_t length)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child != 0) {
		close(fd);
		return child;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int other = accept(fd, NULL, NULL);
		char sink[1000];

		/* With an endless stream of them, for as long as it is read. */
		while (length > 1000 &&
			send(other, bytes, length, MSG_NOSIGNAL) > 0)
			;
		if (send(other, bytes, length, MSG_NOSIGNAL) >= 0)
			while (read(other, sink, sizeof(sink)) > 0)
				;
		close(other);
	}
}

static void end_peer(pid_t child)
{
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

static struct remote *with(const struct recipe *recipe)
{
	struct remote_wish wish = {
		.recipe = recipe, .address = "127.0.0.1", .or_first = true
	};

	return remote_new(&wish);
}

START_TEST(a_server_that_is_late)
{
	struct sshd sshd;
	struct remote_wish wish;
	struct remote *remote;
	struct err e;
	pid_t child;
	int status;

	sshd_prepare(&sshd);
	wish = sshd_wish(&sshd);
	remote = remote_new(&wish);
	child = fork();
	if (child == 0) {
		/* The one that logs in. */
		status = remote_connect(remote, in_ms(30000), &e);
		_exit(status == 0 && remote_is_connected(remote) ? 0 : 1);
	}
	usleep(1000000);
	ck_assert_int_eq(waitpid(child, &status, WNOHANG), 0);
	sshd_start(&sshd, "");
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

START_TEST(a_closed_port)
{
	struct recipe recipe = { 0 };
	struct remote *remote;
	struct err e;
	char port[30];

	recipe.ssh.port = free_port();
	recipe.ssh.username = "somebody";
	snprintf(port, sizeof(port), "port %d", (int)recipe.ssh.port);
	remote = with(&recipe);
	ck_assert_int_eq(remote_connect(remote, in_ms(6000), &e), -1);
	ck_assert_int_eq(e.code, ERR_TIME);
	CK_SAYS(e, "127.0.0.1");
	CK_SAYS(e, port);
	CK_SAYS(e, "somebody");
	CK_SAYS(e, " attempts in ");
	CK_SAYS(e, "refused");
	CK_SAYS(e, "security group");
	remote_free(remote);
}
END_TEST

START_TEST(a_port_that_says_nothing)
{
	struct recipe recipe = { 0 };
	int fd = listen_somewhere(&recipe.ssh.port);
	struct remote *remote = with(&recipe);
	struct err e;

	ck_assert_int_eq(remote_connect(remote, in_ms(4000), &e), -1);
	ck_assert_int_eq(e.code, ERR_TIME);
	CK_SAYS(e, "1 attempt in");
	CK_SAYS(e, "no SSH handshake");
	remote_free(remote);
	close(fd);
}
END_TEST

/* A backlog that is full is as silent as a packet filter. */
START_TEST(a_port_that_is_silent)
{
	struct recipe recipe = { 0 };
	int fd = listen_somewhere(&recipe.ssh.port), fill[20];
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)recipe.ssh.port) };
	struct remote *remote = with(&recipe);
	struct err e;

	for (int i = 0; i < 20; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fill[i], (struct sockaddr *)&address, sizeof(address));
	}
	usleep(50000);
	ck_assert_int_eq(remote_connect(remote, in_ms(4000), &e), -1);
	ck_assert_int_eq(e.code, ERR_TIME);
	CK_SAYS(e, "no TCP connection");
	CK_SAYS(e, "ssh_interface");
	remote_free(remote);
	for (int i = 0; i < 20; i++)
		close(fill[i]);
	close(fd);
}
END_TEST

START_TEST(a_name_that_is_not_known)
{
	struct recipe recipe = { .ssh = { .port = 22 } };
	struct remote_wish wish = { .recipe = &recipe,
		.address = "no-such-host.invalid" };
	struct remote *remote = remote_new(&wish);
	struct err e;

	ck_assert_int_eq(remote_connect(remote, in_ms(500), &e), -1);
	CK_SAYS(e, "no-such-host.invalid");
	ck_assert_int_eq(e.code, ERR_TIME);
	remote_free(remote);
}
END_TEST

/* Whether this machine has ::1. */
static bool has_ipv6(void)
{
	char line[200] = "";
	FILE *file = fopen("/proc/net/if_inet6", "re");
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = str_starts(line, "00000000000000000000000000000001 ");
	if (file)
		fclose(file);
	return found;
}

START_TEST(a_name_and_both_families)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "127.1",
		"::1" };
	struct sshd sshd;
	struct remote_wish wish;
	struct remote *remote;
	struct err e;

	sshd_prepare(&sshd);
	sshd_start(&sshd, _i == 3 && has_ipv6() ? "ListenAddress ::1" : "");
	wish = sshd_wish(&sshd);
	wish.address = names[_i];
	remote = remote_new(&wish);
	if (_i == 3 && !has_ipv6()) {
		/* It is told that the address does not do. */
		ck_assert_int_eq(remote_connect(remote, in_ms(500), &e), -1);
		CK_SAYS(e, "::1");
	} else {
		CK_OK(remote_connect(remote, in_ms(20000), &e), e);
	}
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

/* What is no SSH at all, or hostile. */
START_TEST(garbage)
{
	static char flood[65536], lines[65536];
	const struct {
		const char *bytes;
		size_t length;
	} all[] = {
		{ "220 mail ready\r\n\x1b[31m", 20 },
		{ "HTTP/1.1 400 Bad Request\r\n\r\n", 28 },
		{ "", 0 },
		{ "\0\0\0\0\0\0", 6 },
		{ "SSH-2.0-x\r\n\xff\xff\xff\xff\xff\xff\xff\xff"
		  "\xff\xff\xff\xff\xff\xff\xff\xff\xff",
			28 },
		{ "SSH-2.0-x\r\n\0\0\0\x0c\x0a\x14 aaaaaaaaaaaaaaa", 30 },
		{ "SSH-1.5-old\r\n", 13 },
		{ "SSH-%s%n%s\r\n", 12 },
		{ flood, sizeof(flood) },
		{ lines, sizeof(lines) },
	};
	struct recipe recipe = { 0 };
	int fd = listen_somewhere(&recipe.ssh.port);
	struct remote *remote = with(&recipe);
	struct err e;
	pid_t child;

	memset(flood, 'x', sizeof(flood));
	memset(lines, '\n', sizeof(lines));
	child = peer(fd, all[_i].bytes, all[_i].length);
	ck_assert_int_eq(remote_connect(remote, in_ms(700), &e), -1);
	ck_assert(!remote_is_connected(remote));
	ck_assert_int_eq(e.code, ERR_TIME);
	ck_assert_ptr_null(strchr(e.text, '\x1b'));
	CK_SAYS(e, "127.0.0.1");
	remote_free(remote);
	end_peer(child);
}
END_TEST

START_TEST(what_it_says_is_told)
{
	struct recipe recipe = { 0 };
	int fd = listen_somewhere(&recipe.ssh.port);
	static char greeting[400] = "220 mail ready ";
	struct remote *remote = with(&recipe);
	struct err e;
	pid_t child;

	/* So long that libssh gives up at once. */
	memset(greeting + 15, 'm', 380);
	child = peer(fd, greeting, 395);
	ck_assert_int_eq(remote_connect(remote, in_ms(5000), &e), -1);
	CK_SAYS(e, "220 mail ready");
	CK_SAYS(e, "ssh_port");
	remote_free(remote);
	end_peer(child);
}
END_TEST

static int stop(void *context, struct err *e)
{
	int *left = context;

	if (--*left > 0)
		return 0;
	return err_set(e, ERR_CHANGED, "the server is in ERROR");
}

/* Refused connections, silence and pauses alike. */
START_TEST(idle_ends_the_wait)
{
	struct recipe recipe = { 0 };
	int fd = listen_somewhere(&recipe.ssh.port), left = 4;
	struct remote_wish wish = { .recipe = &recipe,
		.address = "127.0.0.1",
		.idle = stop,
		.context = &left };
	struct remote *remote;
	struct err e;
	int64_t began = remote_now();

	if (_i)
		close(fd);
	remote = remote_new(&wish);
	ck_assert_int_eq(remote_connect(remote, in_ms(30000), &e), -1);
	ck_assert_int_eq(e.code, ERR_CHANGED);
	ck_assert_str_eq(e.text, "the server is in ERROR");
	ck_assert_int_lt(remote_now() - began, 10000);
	remote_free(remote);
	if (!_i)
		close(fd);
}
END_TEST

START_TEST(a_signal_ends_the_wait)
{
	struct recipe recipe = { 0 };
	int fd = listen_somewhere(&recipe.ssh.port);
	struct remote *remote = with(&recipe);
	struct err e;
	pid_t child;

	interrupt_catch();
	if (_i)
		close(fd);
	child = fork();
	if (child == 0) {
		usleep(400000);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	ck_assert_int_eq(remote_connect(remote, in_ms(60000), &e), -1);
	ck_assert_int_eq(e.code, ERR_INTERRUPTED);
	CK_SAYS(e, "interrupted");
	remote_free(remote);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	if (!_i)
		close(fd);
}
END_TEST

START_TEST(a_deadline_that_is_over)
{
	struct recipe recipe = { .ssh = { .port = 1 } };
	struct remote *remote = with(&recipe);
	struct err e;

	ck_assert_int_eq(remote_connect(remote, remote_now() - 1, &e), -1);
	ck_assert_int_eq(e.code, ERR_TIME);
	remote_free(remote);
}
END_TEST

START_TEST(names_of_algorithms)
{
	static const struct {
		const char *ciphers, *exchange, *says;
	} cases[] = {
		{ "[\"aes128-ctr\"]", "[\"curve25519-sha256\"]", NULL },
		{ "[\"aes128-ctr\", \"none-such\"]", NULL, "\"none-such\"" },
		{ NULL, "[\"diffie-hellman-group0\"]",
			"ssh_key_exchange_algorithms" },
		{ "[\"aes128-ctr,aes256-ctr\"]", NULL, "ssh_ciphers" },
		{ "[7]", NULL, "ssh_ciphers" },
		/* known, but not to this server */
		{ "[\"aes256-ctr\"]", NULL, "no match" },
	};
	struct sshd sshd;
	struct remote_wish wish;
	struct remote *remote;
	cJSON *ciphers = NULL, *exchange = NULL;
	struct err e;

	sshd_prepare(&sshd);
	sshd_start(&sshd, "Ciphers aes128-ctr");
	if (cases[_i].ciphers)
		ciphers = json_parse(
			cases[_i].ciphers, strlen(cases[_i].ciphers), &e);
	if (cases[_i].exchange)
		exchange = json_parse(
			cases[_i].exchange, strlen(cases[_i].exchange), &e);
	sshd.recipe.ssh_ciphers = ciphers;
	sshd.recipe.ssh_key_exchange = exchange;
	wish = sshd_wish(&sshd);
	remote = remote_new(&wish);
	if (!cases[_i].says) {
		CK_OK(remote_connect(remote, in_ms(20000), &e), e);
	} else {
		ck_assert_int_eq(remote_connect(remote, in_ms(20000), &e), -1);
		CK_SAYS(e, cases[_i].says);
		ck_assert_int_eq(e.code, ERR_OTHER);
	}
	remote_free(remote);
	cJSON_Delete(ciphers);
	cJSON_Delete(exchange);
	sshd_end(&sshd);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("remote_connect");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_server_that_is_late);
	tcase_add_test(t, a_closed_port);
	tcase_add_test(t, a_port_that_says_nothing);
	tcase_add_test(t, a_port_that_is_silent);
	tcase_add_test(t, a_name_that_is_not_known);
	tcase_add_loop_test(t, a_name_and_both_families, 0, 4);
	tcase_add_loop_test(t, garbage, 0, 10);
	tcase_add_test(t, what_it_says_is_told);
	tcase_add_loop_test(t, idle_ends_the_wait, 0, 2);
	tcase_add_loop_test(t, a_signal_ends_the_wait, 0, 2);
	tcase_add_test(t, a_deadline_that_is_over);
	tcase_add_loop_test(t, names_of_algorithms, 0, 6);
	suite_add_tcase(s, t);
	return s;
}
