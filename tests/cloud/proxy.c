/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/proxy_one.h"

#define TIDY_MS 250

struct proxy {
	struct proxy *next;
	int64_t id;
	struct proxy_plan *wanted; /* not yet looked at, or NULL */
	bool gone;
	enum proxy_outcome outcome;
	char *problem;
	struct proxy_one one; /* the thread's own; the rest is guarded */
};

struct proxies {
	char *program;
	void (*changed)(void *context);
	void *context;
	pthread_t thread;
	bool runs;

	pthread_mutex_t lock;
	struct proxy *first;
	bool stop;
	int wake; /* an eventfd: something is wanted */

	int refusing; /* holds the port that refuses connections */
	uint16_t nowhere;
};

static void set_outcome(struct proxies *proxies, struct proxy *proxy,
	enum proxy_outcome outcome, const char *problem)
{
	pthread_mutex_lock(&proxies->lock);
	if (!proxy->wanted) {
		proxy->outcome = outcome;
		mem_free(proxy->problem);
		proxy->problem = problem ? mem_copy(problem) : NULL;
	}
	pthread_mutex_unlock(&proxies->lock);
	proxies->changed(proxies->context);
}

static void apply(
	struct proxies *proxies, struct proxy *proxy, struct proxy_plan *plan)
{
	struct err e;

	if (!proxies->program) {
		proxy_plan_free(plan);
		set_outcome(proxies, proxy, PROXY_DONE, NULL);
	} else if (proxy_one_apply(&proxy->one, plan, proxies->program,
			   proxies->nowhere, &e) == 0) {
		set_outcome(proxies, proxy, PROXY_DONE, NULL);
	} else {
		set_outcome(proxies, proxy, PROXY_FAILED, e.text);
	}
}

static void discard(struct proxy *proxy)
{
	proxy_one_end(&proxy->one);
	proxy_plan_free(proxy->wanted);
	mem_free(proxy->problem);
	mem_free(proxy);
}

/* The next one that waits for something, its plan taken (NULL: it is gone, and
 * taken out of the list). The lock is held. */
static struct proxy *next_wanted(
	struct proxies *proxies, struct proxy_plan **plan)
{
	for (struct proxy **link = &proxies->first; *link;
		link = &(*link)->next) {
		struct proxy *proxy = *link;

		if (proxy->gone)
			*link = proxy->next;
		else if (!proxy->wanted)
			continue;
		*plan = proxy->gone ? NULL : proxy->wanted;
		if (!proxy->gone)
			proxy->wanted = NULL;
		return proxy;
	}
	return NULL;
}

/* Whether to go on. */
static bool apply_all(struct proxies *proxies)
{
	struct proxy_plan *plan = NULL;
	struct proxy *proxy;
	bool stop;

	for (;;) {
		pthread_mutex_lock(&proxies->lock);
		stop = proxies->stop;
		proxy = stop ? NULL : next_wanted(proxies, &plan);
		pthread_mutex_unlock(&proxies->lock);
		if (!proxy)
			return !stop;
		if (plan)
			apply(proxies, proxy, plan);
		else
			discard(proxy);
	}
}

/* All of them, as an array that the thread can walk without the lock: only the
 * thread takes any out. */
static size_t all(struct proxies *proxies, struct proxy ***list)
{
	size_t n = 0;

	pthread_mutex_lock(&proxies->lock);
	for (struct proxy *p = proxies->first; p; p = p->next)
		n++;
	*list = mem_array(n, sizeof(**list));
	n = 0;
	for (struct proxy *p = proxies->first; p; p = p->next)
		(*list)[n++] = p;
	pthread_mutex_unlock(&proxies->lock);
	return n;
}

/* Sleeps until something is wanted, a process prints or ends, or it is time to
 * tidy up again. */
static void wait_for_work(struct proxies *proxies)
{
	struct proxy **list;
	size_t n = all(proxies, &list), used = 1;
	struct pollfd *polled = mem_array(n + 1, sizeof(*polled));
	uint64_t count;
	bool left = false;

	polled[0] = (struct pollfd){ .fd = proxies->wake, .events = POLLIN };
	for (size_t i = 0; i < n; i++) {
		const struct proxy_process *current;

		left = proxy_one_tidy(&list[i]->one) || left;
		current = list[i]->one.current;
		if (current)
			polled[used++] = (struct pollfd){
				.fd = current->output,
				.events = POLLIN,
			};
	}
	if (poll(polled, used, left ? TIDY_MS : -1) > 0 && polled[0].revents &&
		read(proxies->wake, &count, sizeof(count)) < 0)
		abort();
	for (size_t i = 0; i < n; i++)
		if (!proxy_one_lives(&list[i]->one))
			set_outcome(proxies, list[i], PROXY_FAILED,
				"haproxy has ended");
	mem_free(polled);
	mem_free(list);
}

static void *run(void *argument)
{
	struct proxies *proxies = argument;

	while (apply_all(proxies))
		wait_for_work(proxies);
	/* Here and not in the thread that waits for this one: a process dies
	 * with the thread that started it. */
	while (proxies->first) {
		struct proxy *proxy = proxies->first;

		proxies->first = proxy->next;
		discard(proxy);
	}
	return NULL;
}

static int open_nowhere(struct proxies *proxies)
{
	struct sockaddr_in name;
	socklen_t length = sizeof(name);

	proxies->refusing = proxy_one_bind("127.0.0.1", 0);
	if (proxies->refusing < 0 ||
		getsockname(proxies->refusing, (struct sockaddr *)&name,
			&length) < 0)
		return -1;
	proxies->nowhere = ntohs(name.sin_port);
	return 0;
}

struct proxies *proxy_new(const char *program, void (*changed)(void *context),
	void *context, struct err *e)
{
	struct proxies *proxies = mem_new(sizeof(*proxies));
	int error;

	proxies->program = program ? mem_copy(program) : NULL;
	proxies->changed = changed;
	proxies->context = context;
	pthread_mutex_init(&proxies->lock, NULL);
	proxies->wake = eventfd(0, EFD_CLOEXEC);
	error = proxies->wake < 0 || open_nowhere(proxies) < 0
			? errno
			: pthread_create(&proxies->thread, NULL, run, proxies);
	proxies->runs = !error;
	if (!error)
		return proxies;
	err_set(e, ERR_OTHER, "start the balancers' thread: %s",
		strerror(error));
	proxy_free(proxies);
	return NULL;
}

static void wake(struct proxies *proxies)
{
	uint64_t one = 1;

	while (write(proxies->wake, &one, sizeof(one)) < 0)
		continue;
}

void proxy_free(struct proxies *proxies)
{
	if (!proxies)
		return;
	if (proxies->runs) {
		pthread_mutex_lock(&proxies->lock);
		proxies->stop = true;
		pthread_mutex_unlock(&proxies->lock);
		wake(proxies);
		pthread_join(proxies->thread, NULL);
	}
	close(proxies->wake);
	close(proxies->refusing);
	pthread_mutex_destroy(&proxies->lock);
	mem_free(proxies->program);
	mem_free(proxies);
}

char *proxy_find(void)
{
	const char *path = getenv("PATH");

	while (path && *path) {
		size_t length = strcspn(path, ":");
		char *program = mem_printf("%.*s/haproxy", (int)length, path);

		if (length && access(program, X_OK) == 0)
			return program;
		mem_free(program);
		path += length + (path[length] == ':');
	}
	return NULL;
}

static struct proxy *find(struct proxies *proxies, int64_t id)
{
	struct proxy *proxy = proxies->first;

	while (proxy && (proxy->id != id || proxy->gone))
		proxy = proxy->next;
	return proxy;
}

void proxy_set(
	struct proxies *proxies, int64_t id, const struct proxy_plan *plan)
{
	struct proxy *proxy;

	pthread_mutex_lock(&proxies->lock);
	proxy = find(proxies, id);
	if (!proxy) {
		proxy = mem_new(sizeof(*proxy));
		proxy->id = id;
		proxy->one.listener = -1;
		proxy->next = proxies->first;
		proxies->first = proxy;
	}
	proxy_plan_free(proxy->wanted);
	proxy->wanted = proxy_plan_copy(plan);
	proxy->outcome = PROXY_PENDING;
	pthread_mutex_unlock(&proxies->lock);
	wake(proxies);
}

void proxy_remove(struct proxies *proxies, int64_t id)
{
	struct proxy *proxy;

	pthread_mutex_lock(&proxies->lock);
	proxy = find(proxies, id);
	if (proxy)
		proxy->gone = true;
	pthread_mutex_unlock(&proxies->lock);
	wake(proxies);
}

enum proxy_outcome proxy_outcome(
	struct proxies *proxies, int64_t id, char **problem)
{
	enum proxy_outcome outcome = PROXY_DONE;
	struct proxy *proxy;

	if (problem)
		*problem = NULL;
	pthread_mutex_lock(&proxies->lock);
	proxy = find(proxies, id);
	if (proxy)
		outcome = proxy->outcome;
	if (proxy && problem && proxy->problem)
		*problem = mem_copy(proxy->problem);
	pthread_mutex_unlock(&proxies->lock);
	return outcome;
}
