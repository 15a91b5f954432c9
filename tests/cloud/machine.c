/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/child.h"
#include "tests/cloud/keeper.h"
#include "tests/cloud/tree.h"

#define LINE_MAX_LENGTH (1024 * 1024)
#define PROBE_ADDRESS   0x7f00fffdu /* 127.0.255.253 */
#define WAIT_MS         20
#define REMOVE_MAX      500

struct machines {
	int door; /* -1: there are none */
	pid_t keeper;
	uint16_t ssh_port;
	char *why, *directory;
	struct str in;
	pthread_t thread;
	bool listens;
	pthread_mutex_t lock; /* of the two below, and of writing */
	bool ends, lost;
	void (*report)(void *context, const cJSON *report);
	void *context;
};

/* 22 may be somebody else's, or need a right that this user has not got. To
 * bind is enough to know, since SO_REUSEADDR is refused beside a socket that
 * listens: another simcloud that tries it at the same time is in no way. */
static uint16_t choose_port(uint16_t wanted)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
		.sin_port = htons(22),
		.sin_addr.s_addr = htonl(PROBE_ADDRESS) };
	int fd, result, yes = 1;

	if (wanted)
		return wanted;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	result = bind(fd, (struct sockaddr *)&name, sizeof(name));
	if (fd >= 0)
		close(fd);
	return result == 0 ? 22 : 2222;
}

static void __attribute__((noreturn)) become_keeper(int door, uint16_t port)
{
	char name[] = "machine-keeper", option[] = KEEPER_OPTION, number[8];
	char *arguments[] = { name, option, number, NULL };

	snprintf(number, sizeof(number), "%u", (unsigned)port);
	if (door == KEEPER_DOOR)
		fcntl(door, F_SETFD, 0);
	else if (dup2(door, KEEPER_DOOR) < 0)
		_exit(127);
	close_range(KEEPER_DOOR + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	execv("/proc/self/exe", arguments);
	_exit(127);
}

static int start_keeper(struct machines *m, struct err *e)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_set(
			e, ERR_OTHER, "start the keeper: %s", strerror(errno));
	m->door = ends[0];
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	m->keeper = fork();
	if (m->keeper == 0)
		become_keeper(ends[1], m->ssh_port);
	close(ends[1]);
	return m->keeper < 0 ? err_set(e, ERR_OTHER, "start the keeper: %s",
				       strerror(errno))
			     : 0;
}

/* The next report; NULL when the keeper has ended. */
static cJSON *next_report(struct machines *m)
{
	char buffer[4096], *end;
	cJSON *report;
	struct err e;
	ssize_t n;

	while (!(end = strchr(m->in.text, '\n'))) {
		n = recv(m->door, buffer, sizeof(buffer), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return NULL;
		str_add_n(&m->in, buffer, (size_t)n);
	}
	report = json_parse(m->in.text, (size_t)(end - m->in.text), &e);
	m->in.length -= (size_t)(end + 1 - m->in.text);
	memmove(m->in.text, end + 1, m->in.length + 1);
	return report ? report : cJSON_CreateObject();
}

/* Then this process has no other children but those that come from a keeper
 * that was killed. */
static void wait_for_keeper(struct machines *m)
{
	if (m->door >= 0)
		close(m->door);
	m->door = -1;
	while (m->keeper > 0 && waitpid(m->keeper, NULL, 0) < 0 &&
		errno == EINTR)
		continue;
	if (m->keeper > 0)
		child_end_all();
	m->keeper = 0;
}

/* What a keeper that was killed has left; its sandboxes are dying. */
static int clean_up(const struct machines *m, struct err *e)
{
	const struct timespec pause = { .tv_nsec = WAIT_MS * 1000000L };
	int result = -1;

	for (int i = 0; i < REMOVE_MAX && result < 0; i++) {
		*e = (struct err){ 0 };
		result = tree_remove(m->directory, e);
		if (result < 0)
			nanosleep(&pause, NULL);
	}
	return result;
}

/* Its first words: where its directory is, and whether it can. */
static int meet(struct machines *m, struct err *e)
{
	cJSON *first = next_report(m), *second = first ? next_report(m) : NULL;
	int result = second ? 0 : -1;

	m->directory = json_str(first, "directory")
			       ? mem_copy(json_str(first, "directory"))
			       : NULL;
	if (json_member(first, "why"))
		m->why = mem_copy(json_str(first, "why"));
	else if (second && !json_bool(second, "ready"))
		m->why = mem_copy(json_str(second, "why"));
	if (m->why) {
		wait_for_keeper(m);
		result = 0;
	}
	cJSON_Delete(first);
	cJSON_Delete(second);
	if (result == 0)
		return 0;
	wait_for_keeper(m);
	if (m->directory)
		clean_up(m, e);
	return err_set(e, ERR_OTHER,
		"the keeper of the servers' sandboxes ended before it began");
}

static struct machines *new_machines(void)
{
	struct machines *m = mem_new(sizeof(*m));

	m->door = -1;
	pthread_mutex_init(&m->lock, NULL);
	str_init(&m->in, LINE_MAX_LENGTH);
	return m;
}

struct machines *machines_start(uint16_t ssh_port, struct err *e)
{
	struct machines *m = new_machines();

	m->ssh_port = choose_port(ssh_port);
	if (start_keeper(m, e) == 0 && meet(m, e) == 0)
		return m;
	machines_free(m);
	return NULL;
}

struct machines *machines_none(const char *why)
{
	struct machines *m = new_machines();

	m->why = mem_copy(why);
	return m;
}

bool machines_there(const struct machines *machines)
{
	return machines && !machines->why;
}

const char *machines_why(const struct machines *machines)
{
	return machines->why;
}

uint16_t machines_ssh_port(const struct machines *machines)
{
	return machines->ssh_port;
}

static void lose(struct machines *m)
{
	pthread_mutex_lock(&m->lock);
	m->lost = !m->ends;
	pthread_mutex_unlock(&m->lock);
	if (m->lost)
		kill(getpid(), SIGTERM);
}

static void *run(void *argument)
{
	struct machines *m = argument;
	cJSON *report;

	while ((report = next_report(m))) {
		m->report(m->context, report);
		cJSON_Delete(report);
	}
	lose(m);
	return NULL;
}

int machines_listen(struct machines *machines,
	void (*report)(void *context, const cJSON *report), void *context,
	struct err *e)
{
	int error;

	if (!machines_there(machines))
		return 0;
	machines->report = report;
	machines->context = context;
	error = pthread_create(&machines->thread, NULL, run, machines);
	if (error)
		return err_set(
			e, ERR_OTHER, "start a thread: %s", strerror(error));
	machines->listens = true;
	return 0;
}

/* The keeper reads whatever else it does. */
void machines_order(struct machines *machines, cJSON *order)
{
	char *text = json_text(order), *line = mem_printf("%s\n", text);
	size_t length = strlen(line), sent = 0;
	ssize_t n = 1;

	pthread_mutex_lock(&machines->lock);
	while (machines->door >= 0 && !machines->ends && sent < length &&
		(n > 0 || errno == EINTR)) {
		n = send(machines->door, line + sent, length - sent,
			MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
	}
	pthread_mutex_unlock(&machines->lock);
	mem_free(line);
	mem_free(text);
	cJSON_Delete(order);
}

void machines_stop(struct machines *machines)
{
	if (!machines_there(machines) || machines->door < 0)
		return;
	pthread_mutex_lock(&machines->lock);
	machines->ends = true;
	pthread_mutex_unlock(&machines->lock);
	shutdown(machines->door, SHUT_RDWR);
	if (machines->listens)
		pthread_join(machines->thread, NULL);
	machines->listens = false;
}

int machines_end(struct machines *machines, struct err *e)
{
	struct err cleaning = { 0 };

	if (!machines || machines->door < 0)
		return 0;
	wait_for_keeper(machines);
	/* Most often the keeper has done that. */
	if (clean_up(machines, &cleaning) < 0)
		return err_set(e, ERR_OTHER, "%s", cleaning.text);
	if (machines->lost)
		return err_set(e, ERR_OTHER,
			"the keeper of the servers' sandboxes was killed: all "
			"of them are gone, start simcloud again");
	return 0;
}

void machines_free(struct machines *machines)
{
	if (!machines)
		return;
	wait_for_keeper(machines);
	str_free(&machines->in);
	mem_free(machines->why);
	mem_free(machines->directory);
	pthread_mutex_destroy(&machines->lock);
	mem_free(machines);
}
