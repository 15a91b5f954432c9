/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/common/bake/sshd.h"

#include <sys/resource.h>

Suite *suite(void);

/* AddressSanitizer keeps what was freed: not so much that it would look like
 * what the flood test looks for. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=8";
}

/* What was heard: "o:line|e:line|". */
struct heard {
	struct str text;
	int64_t lines, bytes;
	size_t longest;
	bool whole; /* keep the text */
	/* What the first line does: raises a signal, sets a number. */
	int signal;
	int *countdown;
};

static void hear(void *context, bool is_error, const char *line)
{
	struct heard *heard = context;

	heard->lines++;
	heard->bytes += (int64_t)strlen(line);
	if (strlen(line) > heard->longest)
		heard->longest = strlen(line);
	if (heard->lines == 1 && heard->signal)
		raise(heard->signal);
	if (heard->lines == 1 && heard->countdown)
		*heard->countdown = 3;
	if (heard->whole)
		str_addf(&heard->text, "%c:%s|", is_error ? 'e' : 'o', line);
}

static struct sshd sshd_of_test(const char *more)
{
	struct sshd sshd;

	interrupt_catch();
	sshd_prepare(&sshd);
	sshd_start(&sshd, more);
	return sshd;
}

static struct remote_end run(
	struct remote *remote, const char *text, struct heard *heard)
{
	struct remote_command command = {
		.text = text, .line = hear, .context = heard
	};
	struct remote_end end;
	struct err e;

	memset(heard, 0, sizeof(*heard));
	str_init(&heard->text, 1 << 20);
	str_add(&heard->text, "");
	heard->whole = true;
	CK_OK(remote_run(remote, &command, in_ms(50000), &end, &e), e);
	return end;
}

START_TEST(output_is_split_into_lines)
{
	static const struct {
		const char *text, *heard;
		int status;
	} cases[] = {
		{ "echo a; echo b", "o:a|o:b|", 0 },
		{ "printf a", "o:a|", 0 },
		{ "printf 'a\\n\\nb\\n'", "o:a|o:|o:b|", 0 },
		{ "printf 'a\\r\\n\\r\\nb\\r\\r\\nc\\r'", "o:a|o:|o:b|o:c|",
			0 },
		{ "printf '1%%\\r2%%\\r\\r3%%\\n'", "o:1%|o:2%|o:3%|", 0 },
		{ "printf 'a\\000b\\n'", "o:a?b|", 0 },
		{ "echo x >&2; exit 7", "e:x|", 7 },
		{ "printf 'no end' >&2; exit 255", "e:no end|", 255 },
		{ "true", "", 0 },
		{ "no-such-command-here 2>/dev/null", "", 127 },
		{ "printf 'a'; sleep 0.3; printf 'b\\n'", "o:ab|", 0 },
		{ "cat; echo over", "o:over|", 0 },
		{ "test -z \"$SSH_AUTH_SOCK\" && echo none", "o:none|", 0 },
	};
	struct sshd sshd = sshd_of_test("");
	struct remote *remote = sshd_log_in(&sshd);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct heard heard;
		struct remote_end end = run(remote, cases[i].text, &heard);

		ck_assert_str_eq(heard.text.text, cases[i].heard);
		ck_assert_int_eq(end.status, cases[i].status);
		ck_assert(!end.disconnected);
		ck_assert_ptr_null(end.signal);
		str_free(&heard.text);
	}
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

START_TEST(a_terminal)
{
	struct sshd sshd = sshd_of_test("");
	struct remote *remote;
	struct remote_end end;
	struct heard heard;

	sshd.recipe.ssh_pty = true;
	remote = sshd_log_in(&sshd);
	end = run(remote, "tty -s && echo yes; stty size; echo $TERM", &heard);
	ck_assert_str_eq(heard.text.text, "o:yes|o:40 80|o:xterm|");
	ck_assert_int_eq(end.status, 0);
	str_free(&heard.text);
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

START_TEST(a_signal_there)
{
	struct sshd sshd = sshd_of_test("");
	struct remote *remote = sshd_log_in(&sshd);
	struct heard heard;
	struct remote_end end = run(remote, "echo x; kill -KILL $$", &heard);

	ck_assert_str_eq(end.signal, "KILL");
	ck_assert(!end.disconnected);
	ck_assert_str_eq(heard.text.text, "o:x|");
	str_free(&heard.text);
	end = run(remote, "exit 3", &heard);
	ck_assert_ptr_null(end.signal);
	ck_assert_int_eq(end.status, 3);
	str_free(&heard.text);
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

START_TEST(long_lines_come_in_pieces)
{
	struct sshd sshd = sshd_of_test("");
	struct remote *remote = sshd_log_in(&sshd);
	struct heard heard;

	run(remote, "head -c 100000 /dev/zero | tr '\\0' x; echo; echo end",
		&heard);
	ck_assert_int_eq(heard.lines, 14);
	ck_assert_int_eq(heard.bytes, 100003);
	ck_assert_uint_eq(heard.longest, 8192);
	str_free(&heard.text);
	run(remote, "head -c 8192 /dev/zero | tr '\\0' x; echo", &heard);
	ck_assert_int_eq(heard.lines, 1);
	str_free(&heard.text);
	/* No character is cut, and what is none does not matter. */
	run(remote, "for i in $(seq 5000); do printf '\\303\\274'; done",
		&heard);
	ck_assert_int_eq(heard.lines, 2);
	ck_assert_uint_eq(heard.longest, 8192);
	str_free(&heard.text);
	run(remote,
		"printf x; for i in $(seq 5000); do printf '\\303\\274'; "
		"done",
		&heard);
	ck_assert_uint_eq(heard.longest, 8191);
	str_free(&heard.text);
	run(remote, "head -c 100000 /dev/zero | tr '\\0' '\\200'", &heard);
	ck_assert_int_eq(heard.bytes, 100000);
	ck_assert_uint_eq(heard.longest, 8192);
	str_free(&heard.text);
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

START_TEST(no_secret_is_cut)
{
	struct sshd sshd = sshd_of_test("");
	struct remote *remote;
	cJSON *secrets = cJSON_CreateArray();

	json_append(secrets, json_new_str("S3cretPassw0rd"));
	sshd.recipe.secrets = secrets;
	remote = sshd_log_in(&sshd);
	for (int filler = 8176; filler <= 8194; filler += 3) {
		struct heard heard;
		char *text = mem_printf(
			"printf '%%0%dd%%s\\n' 0 S3cretPassw0rd%s; %s", filler,
			_i ? " >&2" : "", "exit 3");

		run(remote, text, &heard);
		ck_assert_int_eq(heard.bytes, filler + 14);
		ck_assert_ptr_nonnull(
			strstr(heard.text.text, "S3cretPassw0rd|"));
		str_free(&heard.text);
		mem_free(text);
	}
	remote_free(remote);
	sshd_end(&sshd);
	cJSON_Delete(secrets);
}
END_TEST

START_TEST(a_flood_needs_no_memory)
{
	struct sshd sshd = sshd_of_test("");
	struct remote *remote = sshd_log_in(&sshd);
	struct remote_command command = {
		.text = "head -c 100000000 /dev/zero | tr '\\0' 'x'; "
			"yes 0123456789 | head -c 110000000 >&2",
		.line = hear
	};
	struct heard heard = { 0 };
	struct rusage before, after;
	struct remote_end end;
	struct err e;

	command.context = &heard;
	getrusage(RUSAGE_SELF, &before);
	CK_OK(remote_run(remote, &command, in_ms(100000), &end, &e), e);
	getrusage(RUSAGE_SELF, &after);
	ck_assert_int_eq(end.status, 0);
	ck_assert_int_eq(heard.bytes, 100000000 + 100000000);
	ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 40000);
	/* Nobody who wants to know is no reason to keep it either. */
	command.line = NULL;
	command.text = "head -c 50000000 /dev/zero";
	CK_OK(remote_run(remote, &command, in_ms(100000), &end, &e), e);
	getrusage(RUSAGE_SELF, &after);
	ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 40000);
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

/* As it is: a terminal would change it. */
START_TEST(input_is_fed)
{
	struct sshd sshd = sshd_of_test("");
	struct remote *remote = sshd_log_in(&sshd);
	size_t length = 5000000;
	char *bytes = mem_new(length);
	struct heard heard = { .whole = true };
	struct remote_command command = { .input = bytes,
		.input_length = length,
		.no_terminal = true,
		.line = hear,
		.context = &heard };
	struct remote_end end;
	struct err e;

	for (size_t i = 0; i < length; i++)
		bytes[i] = (char)(i * 7 + i / 1000);
	str_init(&heard.text, 1000);
	sshd.recipe.ssh_pty = true;
	command.text = "tty -s || wc -c";
	CK_OK(remote_run(remote, &command, in_ms(50000), &end, &e), e);
	ck_assert_str_eq(heard.text.text, "o:5000000|");
	/* Slowly, echoed at the same time, and not at all. */
	command.text = "sleep 0.3; cat >&2; exit 4";
	heard.whole = false;
	CK_OK(remote_run(remote, &command, in_ms(50000), &end, &e), e);
	ck_assert_int_eq(end.status, 4);
	command.text = "exit 5";
	CK_OK(remote_run(remote, &command, in_ms(50000), &end, &e), e);
	ck_assert_int_eq(end.status, 5);
	str_free(&heard.text);
	mem_free(bytes);
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

/* The number in "o:1234|" is a process of the server, which is ended. */
static void end_process(const struct heard *heard)
{
	int pid = 0;

	if (sscanf(heard->text.text, "o:%d|", &pid) != 1)
		ck_abort_msg("no process: %s", heard->text.text);
	ck_assert_int_gt(pid, 1);
	kill(pid, SIGKILL);
}

/* Its output stays open in a process that goes on: the command has ended. */
START_TEST(what_goes_on_in_the_background)
{
	static const char *const commands[] = { "sleep 60 & echo $!; exit 6",
		"sleep 60 2>/dev/null & echo $!; exit 6",
		"sleep 60 >/dev/null & echo $!; exit 6" };
	struct sshd sshd = sshd_of_test("");
	struct remote *remote = sshd_log_in(&sshd);
	int64_t began = remote_now();
	struct heard heard;
	struct remote_end end = run(remote, commands[_i], &heard);

	end_process(&heard);
	ck_assert_int_eq(end.status, 6);
	ck_assert(!end.disconnected);
	ck_assert_int_eq(heard.lines, 1);
	ck_assert_int_lt(remote_now() - began, 50000);
	str_free(&heard.text);
	/* The connection is good for more. */
	end = run(remote, "echo y", &heard);
	ck_assert_str_eq(heard.text.text, "o:y|");
	str_free(&heard.text);
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

START_TEST(a_server_that_dies)
{
	static const char *const commands[] = {
		"printf 'last words'; sleep 2; kill -9 $PPID; sleep 1",
		"printf 'last words'; sleep 2; kill -9 $PPID; sleep 1; exit 0",
	};
	struct sshd sshd = sshd_of_test("");
	struct remote *remote = sshd_log_in(&sshd);
	struct heard heard;
	struct remote_end end = run(remote, commands[_i], &heard);
	struct err e;

	ck_assert(end.disconnected);
	ck_assert_str_eq(heard.text.text, "o:last words|");
	ck_assert(!remote_is_connected(remote));
	str_free(&heard.text);
	end = run(remote, "echo x", &heard);
	ck_assert(end.disconnected);
	str_free(&heard.text);
	CK_OK(remote_connect(remote, in_ms(20000), &e), e);
	end = run(remote, "echo x", &heard);
	ck_assert_str_eq(heard.text.text, "o:x|");
	str_free(&heard.text);
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

/* No byte comes any more, and no end either. A command that is only silent
 * goes on. */
START_TEST(a_peer_that_is_dead)
{
	struct sshd sshd = sshd_of_test("");
	struct remote *remote;
	struct remote_end end;
	struct heard heard;
	struct err e;
	int64_t stopped;

	sshd.recipe.ssh_read_write_timeout = 3000;
	sshd.recipe.ssh_keep_alive = _i ? 100 : 0;
	remote = sshd_log_in(&sshd);
	end = run(remote, "sleep 5; echo x", &heard);
	ck_assert(!end.disconnected);
	ck_assert_str_eq(heard.text.text, "o:x|");
	str_free(&heard.text);
	/* Nor is it dead when nobody listened. */
	usleep(5000000);
	end = run(remote, "sleep 0.2; echo x", &heard);
	ck_assert_str_eq(heard.text.text, "o:x|");
	str_free(&heard.text);
	CK_OK(remote_pause(remote, 5000, in_ms(60000), &e), e);
	ck_assert(remote_is_connected(remote));
	end = run(remote, "echo $PPID; sleep 0.5; kill -STOP $PPID", &heard);
	ck_assert(end.disconnected);
	ck_assert(!remote_is_connected(remote));
	ck_assert(heard.text.length > 2);
	heard.text.text[heard.text.length - 1] = '\0';
	ck_assert(str_int(heard.text.text + 2, &stopped));
	kill((pid_t)stopped, SIGKILL);
	str_free(&heard.text);
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

static int count_down(void *context, struct err *e)
{
	int *left = context;

	return --*left > 0 ? 0 : err_set(e, ERR_CHANGED, "enough");
}

/* A signal, the deadline, `idle': the command is not waited for. */
START_TEST(what_ends_the_wait)
{
	static const char *const commands[] = {
		"echo $$; exec sleep 60",
		"echo $$; exec yes",
	};
	struct sshd sshd = sshd_of_test("");
	int left = 1000000;
	struct remote_wish wish = sshd_wish(&sshd);
	struct heard heard = { .whole = true };
	struct remote_command command = {
		.text = commands[_i % 2], .line = hear, .context = &heard
	};
	struct remote *remote;
	struct remote_end end;
	struct err e;
	int64_t began;

	str_init(&heard.text, 100);
	wish.idle = count_down;
	wish.context = &left;
	remote = remote_new(&wish);
	CK_OK(remote_connect(remote, in_ms(20000), &e), e);
	if (_i / 2 == 0)
		heard.signal = SIGINT;
	if (_i / 2 == 1)
		heard.countdown = &left;
	began = remote_now();
	ck_assert_int_eq(remote_run(remote, &command,
				 in_ms(_i / 2 == 2 ? 10000 : 60000), &end, &e),
		-1);
	ck_assert_int_lt(remote_now() - began, 20000);
	ck_assert_int_eq(e.code, _i / 2 == 0   ? ERR_INTERRUPTED
				 : _i / 2 == 1 ? ERR_CHANGED
					       : ERR_TIME);
	end_process(&heard);
	str_free(&heard.text);
	interrupt_clear();
	left = 1000000;
	/* It can still be used. */
	command.line = NULL;
	command.text = "exit 9";
	CK_OK(remote_run(remote, &command, in_ms(30000), &end, &e), e);
	ck_assert_int_eq(end.status, 9);
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

/* A pause is as long as it should be, unless somebody wants otherwise. */
START_TEST(a_pause)
{
	struct sshd sshd = sshd_of_test("");
	struct remote *remote = sshd_log_in(&sshd);
	struct err e;
	int64_t began = remote_now();

	CK_OK(remote_pause(remote, 300, in_ms(60000), &e), e);
	ck_assert_int_ge(remote_now() - began, 300);
	ck_assert_int_eq(remote_pause(remote, 60000, in_ms(300), &e), -1);
	ck_assert_int_eq(e.code, ERR_TIME);
	raise(SIGTERM);
	ck_assert_int_eq(remote_pause(remote, 60000, in_ms(60000), &e), -1);
	ck_assert_int_eq(e.code, ERR_INTERRUPTED);
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

START_TEST(a_server_without_sessions)
{
	struct sshd sshd = sshd_of_test("MaxSessions 0");
	struct remote *remote = sshd_log_in(&sshd);
	struct remote_command command = { .text = "true" };
	struct remote_end end;
	struct err e;

	ck_assert_int_eq(
		remote_run(remote, &command, in_ms(20000), &end, &e), -1);
	CK_SAYS(e, "refuses to open a session");
	remote_free(remote);
	sshd_end(&sshd);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("remote_run");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 100);
	tcase_add_test(t, output_is_split_into_lines);
	tcase_add_test(t, a_terminal);
	tcase_add_test(t, a_signal_there);
	tcase_add_test(t, long_lines_come_in_pieces);
	tcase_add_loop_test(t, no_secret_is_cut, 0, 2);
	tcase_add_test(t, a_flood_needs_no_memory);
	tcase_add_test(t, input_is_fed);
	tcase_add_loop_test(t, what_goes_on_in_the_background, 0, 3);
	tcase_add_loop_test(t, a_server_that_dies, 0, 2);
	tcase_add_loop_test(t, a_peer_that_is_dead, 0, 2);
	tcase_add_loop_test(t, what_ends_the_wait, 0, 6);
	tcase_add_test(t, a_pause);
	tcase_add_test(t, a_server_without_sessions);
	suite_add_tcase(s, t);
	return s;
}
