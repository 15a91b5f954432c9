/* SPDX-License-Identifier: Apache-2.0 */
/* A command and its streams, over one channel. */
#include <stdio.h>
#include <string.h>

#include <libssh/callbacks.h>

#include "common/bake/remote_inside.h"
#include "common/mem.h"

#define CHUNK 32768
/* What a command leaves running in the background may hold its output open:
 * after its exit it is waited for so long, while something comes, or not. */
#define SILENCE 1000
#define LINGER  30000
/* For a server to open a channel and to take a command. */
#define START_LIMIT 60000
#define SAID_MAX    2000

struct run {
	struct remote *remote;
	const struct remote_exec *exec;
	ssh_channel channel;
	struct ssh_channel_callbacks_struct callbacks;
	int64_t deadline;
	char *input; /* CHUNK bytes */
	size_t begin, end;
	bool input_over, exited, signalled, failed;
	int status;
	int64_t exited_at, output_at;
	struct err *e;
};

static int take_data(ssh_session session, ssh_channel channel, void *data,
	uint32_t length, int is_error, void *context)
{
	struct run *run = context;

	(void)session, (void)channel;
	run->output_at = remote_now();
	/* After a failure the rest is thrown away. */
	if (run->exec->take && !run->failed && length > 0 &&
		run->exec->take(
			run->exec->context, is_error, data, length, run->e) < 0)
		run->failed = true;
	return (int)length;
}

static void leave(struct run *run)
{
	run->exited = true;
	run->exited_at = remote_now();
}

static void take_status(
	ssh_session session, ssh_channel channel, int status, void *context)
{
	struct run *run = context;

	(void)session, (void)channel;
	run->status = status;
	leave(run);
}

static void take_signal(ssh_session session, ssh_channel channel,
	const char *signal, int core, const char *message, const char *language,
	void *context)
{
	struct run *run = context;

	(void)session, (void)channel, (void)core, (void)message, (void)language;
	run->signalled = true;
	snprintf(run->remote->signal, sizeof(run->remote->signal), "%s",
		signal ? signal : "?");
	leave(run);
}

/* Repeats what says "again". 0, 1: refused or broken, -1. */
static int begin_with(struct run *run, int (*act)(struct run *))
{
	int64_t limit = remote_now() + START_LIMIT;
	int rc;

	while ((rc = act(run)) == SSH_AGAIN) {
		if (!remote_is_alive(run->remote) || remote_now() >= limit)
			return 1;
		if (remote_wait(run->remote, -1, 0, run->deadline, run->e) < 0)
			return -1;
	}
	return rc == SSH_OK ? 0 : 1;
}

static int open_session(struct run *run)
{
	return ssh_channel_open_session(run->channel);
}

static int ask_for_pty(struct run *run)
{
	return ssh_channel_request_pty_size(run->channel, "xterm", 80, 40);
}

static int start(struct run *run)
{
	return ssh_channel_request_exec(run->channel, run->exec->text);
}

/* 0, 1 when the connection broke, -1. */
static int begin(struct run *run)
{
	static const struct {
		int (*act)(struct run *);
		const char *what;
	} acts[] = {
		{ open_session, "to open a session" },
		{ ask_for_pty, "to give a terminal" },
		{ start, "to start a command" },
	};

	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
		int rc;

		if (acts[i].act == ask_for_pty && !run->exec->pty)
			continue;
		rc = begin_with(run, acts[i].act);
		if (rc < 0)
			return -1;
		if (rc > 0 && !remote_is_alive(run->remote))
			return 1;
		if (rc > 0)
			return err_set(run->e, ERR_OTHER,
				"the server refuses %s: %s", acts[i].what,
				ssh_get_error(run->remote->server.session));
	}
	return 0;
}

/* As much of the input as the window and the socket take. */
static int feed(struct run *run)
{
	ssh_session session = run->remote->server.session;
	size_t size;
	ssize_t n;

	while (!run->input_over && !ssh_channel_is_closed(run->channel)) {
		if (run->begin == run->end) {
			n = run->exec->fill
				    ? run->exec->fill(run->exec->context,
					      run->input, CHUNK, run->e)
				    : 0;
			if (n < 0)
				return -1;
			run->begin = 0;
			run->end = (size_t)n;
			run->input_over = n == 0;
		}
		if (run->input_over) {
			ssh_channel_send_eof(run->channel);
			return 0;
		}
		size = run->end - run->begin;
		if (size > ssh_channel_window_size(run->channel))
			size = ssh_channel_window_size(run->channel);
		if (size == 0 || ssh_get_status(session) & SSH_WRITE_PENDING)
			return 0;
		n = ssh_channel_write(
			run->channel, run->input + run->begin, (uint32_t)size);
		if (n <= 0)
			return 0;
		run->begin += (size_t)n;
	}
	return 0;
}

static bool is_over(const struct run *run)
{
	int64_t now = remote_now(), last;

	if (ssh_channel_is_closed(run->channel))
		return true;
	if (!run->exited)
		return false;
	last = run->output_at > run->exited_at ? run->output_at
					       : run->exited_at;
	return now - last >= SILENCE || now - run->exited_at >= LINGER;
}

static int go_on(struct run *run)
{
	while (remote_is_alive(run->remote) && !is_over(run)) {
		if (feed(run) < 0 || run->failed)
			return -1;
		/* What ended it may have come meanwhile. */
		if (!ssh_channel_is_closed(run->channel) &&
			remote_wait(run->remote, -1, 0, run->deadline, run->e) <
				0)
			return -1;
	}
	return run->failed ? -1 : 0;
}

static void conclude(struct run *run, int rc, struct remote_end *end)
{
	struct remote *remote = run->remote;
	bool stuck =
		rc < 0 && !run->exited && !ssh_channel_is_open(run->channel);

	/* Whoever is not waited for should not go on; not every sshd can. */
	if (rc < 0 && !run->exited && remote_is_connected(remote) &&
		ssh_channel_is_open(run->channel))
		ssh_channel_request_send_signal(run->channel, "TERM");
	end->status = run->status;
	end->signal = run->signalled ? remote->signal : NULL;
	end->disconnected = !run->exited;
	ssh_remove_channel_callbacks(run->channel, &run->callbacks);
	ssh_channel_free(run->channel);
	/* A channel that is about to open cannot be called back. */
	if (stuck || !remote_is_alive(remote))
		remote_close(remote);
}

int remote_exec(struct remote *remote, const struct remote_exec *exec,
	int64_t deadline, struct remote_end *end, struct err *e)
{
	struct run *run;
	int rc;

	*end = (struct remote_end){ .disconnected = true };
	if (!remote_is_alive(remote))
		return 0;
	run = mem_new(sizeof(*run));
	run->remote = remote;
	run->exec = exec;
	run->deadline = deadline;
	run->e = e;
	run->input = mem_new(CHUNK);
	run->channel = ssh_channel_new(remote->server.session);
	run->callbacks = (struct ssh_channel_callbacks_struct){
		.userdata = run,
		.channel_data_function = take_data,
		.channel_exit_status_function = take_status,
		.channel_exit_signal_function = take_signal,
	};
	ssh_callbacks_init(&run->callbacks);
	ssh_add_channel_callbacks(run->channel, &run->callbacks);
	rc = begin(run);
	if (rc == 0)
		rc = go_on(run);
	conclude(run, rc, end);
	explicit_bzero(run->input, CHUNK);
	mem_free(run->input);
	mem_free(run);
	return rc < 0 ? -1 : 0;
}

/* What the command says on standard error, and on standard output where that
 * goes nowhere. */
struct listener {
	const struct remote_exec *exec;
	struct str complaint, words;
};

static ssize_t pass_on(void *context, char *bytes, size_t size, struct err *e)
{
	struct listener *listener = context;

	return listener->exec->fill(listener->exec->context, bytes, size, e);
}

static int listen_to(void *context, bool is_error, const char *bytes,
	size_t length, struct err *e)
{
	struct listener *listener = context;

	if (!is_error && listener->exec->take)
		return listener->exec->take(
			listener->exec->context, false, bytes, length, e);
	str_add_n(is_error ? &listener->complaint : &listener->words, bytes,
		length < SAID_MAX ? length : SAID_MAX);
	return 0;
}

static const char *trimmed(struct str *said)
{
	while (said->length && said->text[said->length - 1] == '\n')
		said->text[--said->length] = '\0';
	return said->length ? said->text : NULL;
}

/* Commands of ours that fail say why on standard error, and nothing else: words
 * on standard output alone are those of another command, which is forced on who
 * logs in as this user. */
static int judge_status(int status, struct listener *listener, struct err *e)
{
	const char *complaint = trimmed(&listener->complaint);
	const char *words = trimmed(&listener->words);

	if (status == 0)
		return 0;
	if (!complaint && words)
		return err_set(e, ERR_OTHER,
			"%s (exit status %d); is ssh_username right for this "
			"image?",
			words, status);
	return err_set(e, ERR_OTHER, "%s (exit status %d)",
		complaint ? complaint : "it failed", status);
}

static int judge(
	const struct remote_end *end, struct listener *listener, struct err *e)
{
	if (end->disconnected)
		return err_set(e, ERR_LOST,
			"the connection broke, and it is not known how far "
			"it went");
	if (end->signal)
		return err_set(e, ERR_OTHER, "killed by SIG%s on the server",
			end->signal);
	return judge_status(end->status, listener, e);
}

int remote_exec_well(struct remote *remote, struct remote_exec *exec,
	int64_t deadline, struct err *e)
{
	struct listener listener = { .exec = exec };
	struct remote_exec wrapped = { .text = exec->text,
		.fill = exec->fill ? pass_on : NULL,
		.take = listen_to,
		.context = &listener };
	struct remote_end end;
	int rc;

	str_init(&listener.complaint, SAID_MAX);
	str_init(&listener.words, SAID_MAX);
	rc = remote_exec(remote, &wrapped, deadline, &end, e);
	if (rc == 0)
		rc = judge(&end, &listener, e);
	str_free(&listener.complaint);
	str_free(&listener.words);
	return rc;
}
