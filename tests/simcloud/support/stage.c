/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/simcloud/support/stage.h"

#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/simcloud/support/client.h"

static void note_change(void *context)
{
	struct stage *stage = context;

	pthread_mutex_lock(&stage->lock);
	stage->changes++;
	pthread_cond_broadcast(&stage->changed);
	pthread_mutex_unlock(&stage->lock);
}

void stage_start_app(struct stage *stage, int server)
{
	const char *at = stage->server[server];
	char name[8];
	struct err e;

	snprintf(name, sizeof(name), "s%d", server);
	stage->app[server] = app_start(
		stage->apps, name, "image", "1", &at, 1, stage->app_port, &e);
	ck_assert_msg(stage->app[server] != NULL, "%s", e.text);
}

struct stage *stage_new(void)
{
	struct stage *stage = mem_new(sizeof(*stage));
	char *program = proxy_find();
	struct err e;

	ck_assert_msg(program != NULL, "haproxy is not on the PATH");
	pthread_mutex_init(&stage->lock, NULL);
	pthread_cond_init(&stage->changed, NULL);
	stage->addresses = address_new(&e);
	stage->apps = app_new(&e);
	stage->proxies = proxy_new(program, note_change, stage, &e);
	ck_assert(stage->addresses && stage->apps && stage->proxies);
	mem_free(program);
	ck_assert_int_eq(address_take(stage->addresses, stage->vip, &e), 0);
	stage->port = client_free_port(stage->vip);
	stage->app_port = client_free_port(stage->vip);
	for (int i = 0; i < STAGE_SERVERS; i++) {
		address_take(stage->addresses, stage->server[i], &e);
		stage_start_app(stage, i);
	}
	stage->plan = (struct proxy_plan){ .port = stage->port,
		.mode = PROXY_HTTP,
		.balance = "roundrobin",
		.timeout = 30,
		.nodes = stage->nodes };
	snprintf(stage->plan.address, sizeof(stage->plan.address), "%s",
		stage->vip);
	return stage;
}

void stage_free(struct stage *stage)
{
	proxy_free(stage->proxies);
	app_free(stage->apps);
	address_free(stage->addresses);
	pthread_cond_destroy(&stage->changed);
	pthread_mutex_destroy(&stage->lock);
	mem_free(stage);
}

static enum proxy_state state_of(char letter)
{
	switch (tolower((unsigned char)letter)) {
	case 'r':
		return PROXY_READY;
	case 'd':
		return PROXY_DRAIN;
	case 'a':
		return PROXY_AWAY;
	default:
		return PROXY_CUT;
	}
}

void stage_nodes(struct stage *stage, const char *states)
{
	stage->plan.n = 0;
	for (int i = 0; states[i]; i++) {
		struct proxy_node *node = &stage->nodes[stage->plan.n];

		if (states[i] == '-')
			continue;
		*node = (struct proxy_node){ .id = i + 1,
			.port = stage->app_port,
			.state = state_of(states[i]),
			.backup = isupper((unsigned char)states[i]),
			.weight = 100 };
		memcpy(node->address, stage->server[i],
			sizeof(stage->server[i]));
		stage->plan.n++;
	}
}

enum proxy_outcome stage_wait_not(
	struct stage *stage, int64_t id, enum proxy_outcome other)
{
	enum proxy_outcome outcome;

	pthread_mutex_lock(&stage->lock);
	for (;;) {
		outcome = proxy_outcome(stage->proxies, id, NULL);
		if (outcome != other)
			break;
		pthread_cond_wait(&stage->changed, &stage->lock);
	}
	pthread_mutex_unlock(&stage->lock);
	return outcome;
}

enum proxy_outcome stage_try(struct stage *stage, int64_t id)
{
	proxy_set(stage->proxies, id, &stage->plan);
	return stage_wait_not(stage, id, PROXY_PENDING);
}

void stage_set(struct stage *stage, int64_t id)
{
	enum proxy_outcome outcome = stage_try(stage, id);
	char *problem;

	proxy_outcome(stage->proxies, id, &problem);
	ck_assert_msg(outcome == PROXY_DONE, "%s", problem ? problem : "?");
	mem_free(problem);
}

void stage_become(struct stage *stage, const char *states)
{
	stage_nodes(stage, states);
	stage_set(stage, 1);
}

int stage_server_of(const struct client_reply *reply)
{
	/* HAProxy writes the names of headers in lower case. */
	const char *name = str_find_nocase(reply->head, "\r\nX-Server: s");

	return name ? name[strlen("\r\nX-Server: s")] - '0' : -1;
}

int stage_ask(const struct stage *stage)
{
	struct client_reply reply = client_ask(stage->vip, stage->port, "/");
	int server = -1;

	if (reply.status == 200 && reply.whole)
		server = stage_server_of(&reply);
	client_free(&reply);
	return server;
}

int stage_ask_often(const struct stage *stage, int n, int counts[STAGE_SERVERS])
{
	int failed = 0;

	memset(counts, 0, STAGE_SERVERS * sizeof(*counts));
	for (int i = 0; i < n; i++) {
		int server = stage_ask(stage);

		if (server < 0)
			failed++;
		else
			counts[server]++;
	}
	return failed;
}

int stage_begin_slow(const struct stage *stage, const char *seconds)
{
	char *request = mem_printf("GET /?seconds=%s HTTP/1.1\r\n"
				   "Host: a\r\n\r\n",
		seconds);
	int fd = client_connect(stage->vip, stage->port);
	char buffer[4096] = "";
	size_t used = 0;
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	client_send(fd, request, strlen(request));
	mem_free(request);
	do {
		n = recv(fd, buffer + used, sizeof(buffer) - 1 - used, 0);
		ck_assert_int_gt(n, 0);
		used += (size_t)n;
	} while (!strstr(buffer, "\r\n\r\n{"));
	return fd;
}

bool stage_end_slow(int fd)
{
	char buffer[4096] = "";
	size_t used = 0;
	ssize_t n;

	do {
		n = recv(fd, buffer + used, sizeof(buffer) - 1 - used, 0);
		/* Neither its end nor a cut came in time. */
		ck_assert(n >= 0 || errno == ECONNRESET);
		used += n > 0 ? (size_t)n : 0;
	} while (n > 0 && !strchr(buffer, '}'));
	close(fd);
	return strchr(buffer, '}');
}

void stage_pause(void)
{
	const struct timespec moment = { .tv_nsec = 10000000 };

	nanosleep(&moment, NULL);
}

/* The parent's number in /proc/<pid>/stat, if that is a haproxy that runs. */
static bool is_own_haproxy(const char *pid)
{
	char path[300], text[512] = "", state = 0;
	int parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return strstr(text, "(haproxy)") &&
	       sscanf(strrchr(text, ')'), ") %c %d", &state, &parent) == 2 &&
	       parent == getpid() && state != 'Z';
}

int stage_processes(pid_t *one)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int n = 0;

	if (!proc)
		return 0;
	while ((entry = readdir(proc))) {
		if (!isdigit((unsigned char)*entry->d_name) ||
			!is_own_haproxy(entry->d_name))
			continue;
		n++;
		if (one)
			*one = (pid_t)strtol(entry->d_name, NULL, 10);
	}
	closedir(proc);
	return n;
}
