/* SPDX-License-Identifier: Apache-2.0 */
/* The real transport over TLS, against the server of the openssl program with
 * certificates of our own making. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/http.h"
#include "common/mem.h"
#include "common/str.h"

Suite *suite(void);

/* Set by the fixture, which runs once, before any test. */
static char directory[4096];

static const char *const files[] = { "good.pem", "good.key", "other.pem",
	"other.key" };

static char *path_of(const char *name)
{
	return mem_printf("%s/%s", directory, name);
}

/* Runs it to its end; its output goes nowhere. */
static int run(char *const arguments[])
{
	pid_t child = fork();
	int status, null;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(arguments[0], arguments);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A certificate that signs itself, for an address or a name. */
static void make_certificate(const char *name, const char *alternative)
{
	char *certificate = mem_printf("%s/%s.pem", directory, name);
	char *key = mem_printf("%s/%s.key", directory, name);
	char *extension = mem_printf("subjectAltName=%s", alternative);
	char *arguments[] = { mem_copy("openssl"), mem_copy("req"),
		mem_copy("-x509"), mem_copy("-newkey"), mem_copy("ec"),
		mem_copy("-pkeyopt"), mem_copy("ec_paramgen_curve:P-256"),
		mem_copy("-nodes"), mem_copy("-days"), mem_copy("2"),
		mem_copy("-subj"), mem_copy("/CN=test"), mem_copy("-addext"),
		extension, mem_copy("-keyout"), key, mem_copy("-out"),
		certificate, NULL };
	int status = run(arguments);

	ck_assert_msg(status == 0,
		"the openssl program is needed here, and gave %d", status);
	for (size_t i = 0; arguments[i]; i++)
		mem_free(arguments[i]);
}

static void set_up(void)
{
	const char *base = getenv("TMPDIR");

	snprintf(directory, sizeof(directory), "%s/tls-XXXXXX",
		base ? base : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	make_certificate("good", "IP:127.0.0.1");
	make_certificate("other", "DNS:other.invalid");
}

static void tear_down(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char *path = path_of(files[i]);

		unlink(path);
		mem_free(path);
	}
	rmdir(directory);
}

struct server {
	pid_t pid;
	int output;
	char *url;
};

/* The program chooses a port itself and says "ACCEPT 127.0.0.1:PORT". */
static int read_port(int output)
{
	char said[4096];
	size_t length = 0;
	const char *at;

	while (length < sizeof(said) - 1) {
		ssize_t n =
			read(output, said + length, sizeof(said) - 1 - length);

		ck_assert_msg(n > 0, "openssl s_server ended");
		length += (size_t)n;
		said[length] = '\0';
		at = strstr(said, "ACCEPT ");
		if (at && strchr(at, '\n'))
			return (int)strtol(strrchr(at, ':') + 1, NULL, 10);
	}
	ck_abort_msg("openssl s_server does not say its port");
}

static void run_server(const char *name, int output)
{
	char *certificate = mem_printf("%s/%s.pem", directory, name);
	char *key = mem_printf("%s/%s.key", directory, name);

	dup2(output, STDOUT_FILENO);
	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
	execlp("openssl", "openssl", "s_server", "-www", "-accept",
		"127.0.0.1:0", "-cert", certificate, "-key", key, (char *)NULL);
	_exit(127);
}

static void serve(struct server *s, const char *name)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	s->pid = fork();
	ck_assert_int_ge(s->pid, 0);
	if (s->pid == 0)
		run_server(name, ends[1]);
	close(ends[1]);
	s->output = ends[0];
	s->url = mem_printf("https://127.0.0.1:%d/", read_port(s->output));
}

static void stop(struct server *s)
{
	kill(s->pid, SIGKILL);
	ck_assert_int_eq(waitpid(s->pid, NULL, 0), s->pid);
	close(s->output);
	mem_free(s->url);
}

static void ask(bool verify, const char *url, struct http_request *r)
{
	struct transport *t = http_curl(verify);
	struct http_request *const one[] = { r };

	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	r->method = "GET";
	r->url = url;
	r->token = "tok-1";
	ck_assert_int_eq(t->send(t, one, 1, t->now(t) + 20000), 0);
	t->free(t);
}

static const struct {
	const char *certificate, *trusted;
	bool verify, works;
} rows[] = {
	/* Nobody vouches for it. */
	{ "good", NULL, true, false },
	{ "good", "other.pem", true, false },
	/* The user does. */
	{ "good", "good.pem", true, true },
	/* Of another host. */
	{ "other", "other.pem", true, false },
	/* The user does not want to know. */
	{ "good", NULL, false, true },
	{ "other", NULL, false, true },
};

START_TEST(trusts_whom_it_should)
{
	char *trusted = rows[_i].trusted ? path_of(rows[_i].trusted) : NULL;
	struct http_request r = { 0 };
	struct server s;

	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
	if (trusted)
		setenv("SSL_CERT_FILE", trusted, 1);
	serve(&s, rows[_i].certificate);
	ask(rows[_i].verify, s.url, &r);
	if (rows[_i].works) {
		ck_assert_msg(r.fate == HTTP_ANSWERED, "%s", r.failure);
		ck_assert_int_eq(r.status, 200);
	} else {
		/* The token has not left this machine. */
		ck_assert_int_eq(r.fate, HTTP_NOT_SENT);
		ck_assert_ptr_nonnull(
			str_find_nocase(r.failure, "certificate"));
	}
	http_clear(&r);
	stop(&s);
	mem_free(trusted);
}
END_TEST

START_TEST(refuses_what_is_no_tls)
{
	struct http_request r = { 0 };
	struct server s;
	char *url;

	serve(&s, "good");
	url = mem_printf("http%s", s.url + strlen("https"));
	ask(true, url, &r);
	ck_assert_int_ne(r.fate, HTTP_NOT_SENT);
	ck_assert_int_ne(r.status, 200);
	http_clear(&r);
	mem_free(url);
	stop(&s);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("http_curl_tls");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 30);
	tcase_add_unchecked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(
		t, trusts_whom_it_should, 0, sizeof(rows) / sizeof(*rows));
	tcase_add_test(t, refuses_what_is_no_tls);
	suite_add_tcase(s, t);
	return s;
}
