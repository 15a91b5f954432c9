/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper's beginning, loop and end. */
#include "tests/cloud/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/cloud/child.h"
#include "tests/cloud/sandbox.h"
#include "tests/cloud/tree.h"
#include "tests/cloud/tree_base.h"

#define LINES_MAX   (256 * 1024 * 1024)
#define WAIT_MS     20
#define REMOVE_MAX  500 /* times: what is killed may still write */
#define FIXED_POLLS 2   /* the door and the signals */

/* Blocks only when simcloud does not read at all. */
static void send_now(struct keeper *k)
{
	while (k->out.length > 0 && !k->ended) {
		ssize_t n = send(KEEPER_DOOR, k->out.text, k->out.length,
			MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			k->ended = true;
			return;
		}
		memmove(k->out.text, k->out.text + n,
			k->out.length - (size_t)n + 1);
		k->out.length -= (size_t)n;
	}
}

static void obey_line(struct keeper *k, const char *line, size_t length)
{
	struct err e;
	cJSON *order = json_parse(line, length, &e);

	if (order)
		keeper_obey(k, order);
	else
		fprintf(stderr, "simcloud: an order to its keeper: %s\n",
			e.text);
	cJSON_Delete(order);
}

static void obey_lines(struct keeper *k)
{
	char *line = k->in.text, *end;

	while ((end = strchr(line, '\n'))) {
		obey_line(k, line, (size_t)(end - line));
		line = end + 1;
	}
	k->in.length -= (size_t)(line - k->in.text);
	memmove(k->in.text, line, k->in.length + 1);
}

static void read_door(struct keeper *k)
{
	char buffer[65536];
	ssize_t n = recv(KEEPER_DOOR, buffer, sizeof(buffer), MSG_DONTWAIT);

	if (n > 0) {
		str_add_n(&k->in, buffer, (size_t)n);
		if (memchr(buffer, '\n', (size_t)n))
			obey_lines(k);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		k->ended = true;
	}
}

static void reap_all(struct keeper *k, int signals)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(signals, &info, sizeof(info)) > 0)
		continue;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		keeper_reap(k, pid, status);
}

/* The sandboxes whose output is read are polled; the list does not change
 * before all of them have been listened to. */
static void wait_and_listen(struct keeper *k, int signals)
{
	struct pollfd *polls;
	size_t n = FIXED_POLLS;

	for (struct thing *t = k->things; t; t = t->next)
		n += t->output >= 0;
	polls = mem_array(n, sizeof(*polls));
	polls[0].fd = KEEPER_DOOR;
	polls[0].events = (short)(POLLIN | (k->out.length ? POLLOUT : 0));
	polls[1].fd = signals;
	polls[1].events = POLLIN;
	n = FIXED_POLLS;
	for (struct thing *t = k->things; t; t = t->next)
		if (t->output >= 0)
			polls[n++] = (struct pollfd){ .fd = t->output,
				.events = POLLIN };
	if (poll(polls, n, -1) > 0) {
		for (struct thing *t = k->things; t; t = t->next)
			keeper_listen(k, t);
		if (polls[1].revents)
			reap_all(k, signals);
		if (polls[0].revents & ~POLLOUT)
			read_door(k);
	}
	mem_free(polls);
}

static int serve(struct keeper *k)
{
	sigset_t set;
	int signals;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_SETMASK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return -1;
	reap_all(k, signals);
	while (!k->ended) {
		send_now(k);
		wait_and_listen(k, signals);
	}
	return 0;
}

static int remove_directory(const char *directory, struct err *e)
{
	const struct timespec pause = { .tv_nsec = WAIT_MS * 1000000L };

	for (int i = 0; i < REMOVE_MAX; i++) {
		*e = (struct err){ 0 };
		if (tree_remove(directory, e) == 0)
			return 0;
		nanosleep(&pause, NULL);
	}
	return -1;
}

static struct thing *add_base(
	struct keeper *k, const char *id, bool cloud_init, struct err *e)
{
	struct thing *base = keeper_thing(k, id, true);
	char *tree = mem_printf("%s/tree", base->directory);

	base->ready = tree_make(base->directory, "", 0700, e) == 0 &&
		      tree_base(tree, cloud_init, e) == 0;
	mem_free(tree);
	return base;
}

static void clear(struct keeper *k)
{
	keeper_forget_all(k);
	while (k->jobs) {
		struct job *job = k->jobs;

		k->jobs = job->next;
		mem_free(job);
	}
	str_free(&k->in);
	str_free(&k->out);
	mem_free(k->directory);
	mem_free(k->scripts);
}

static int make_ready(struct keeper *k, struct err *e)
{
	char *tree;
	int result;

	k->base = add_base(k, "", true, e);
	if (!k->base->ready)
		return -1;
	tree = mem_printf("%s/tree", k->base->directory);
	result = sandbox_probe(tree, e);
	mem_free(tree);
	if (result < 0)
		return -1;
	k->plain = add_base(k, "plain", false, e);
	return k->plain->ready ? tree_scripts(k->scripts, e) : -1;
}

static int make_directory(struct keeper *k, struct err *e)
{
	const char *parent = getenv("TMPDIR");

	k->directory = mem_printf(
		"%s/simcloud.XXXXXX", parent && *parent ? parent : "/tmp");
	if (!mkdtemp(k->directory))
		return err_set(e, ERR_OTHER, "make %s: %s", k->directory,
			strerror(errno));
	k->scripts = mem_printf("%s/scripts", k->directory);
	keeper_say(k, json_object(JSON_STR("directory", k->directory)));
	send_now(k);
	return 0;
}

/* What it does while simcloud waits for its first words. */
static int begin(struct keeper *k, struct err *e)
{
	bool ready = make_directory(k, e) == 0 && make_ready(k, e) == 0;

	keeper_say(k, json_object(JSON_BOOL("ready", ready),
			      JSON_STR("why", ready ? NULL : e->text)));
	send_now(k);
	return ready ? 0 : -1;
}

int keeper_main(uint16_t ssh_port)
{
	struct keeper k = { .ssh_port = ssh_port };
	struct err e = { 0 };
	int result = EXIT_SUCCESS;

	/* What is sent to simcloud's process group is not for its keeper. */
	setsid();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	/* Nor is what is meant for all processes of simcloud's name. */
	prctl(PR_SET_NAME, "machine-keeper");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	umask(022);
	fcntl(KEEPER_DOOR, F_SETFD, FD_CLOEXEC);
	str_init(&k.in, LINES_MAX);
	str_init(&k.out, LINES_MAX);
	if (begin(&k, &e) == 0)
		serve(&k);
	/* Orphans of the sandboxes come to this process: bubblewrap's inner
	 * process, too, whose outer one has ended before it could say that it
	 * wants to end with that. An inner process is reaped only when nothing
	 * of its sandbox is left. */
	child_end_all();
	if (k.directory && remove_directory(k.directory, &e) < 0) {
		fprintf(stderr, "simcloud: %s\n", e.text);
		result = EXIT_FAILURE;
	}
	clear(&k);
	return result;
}
