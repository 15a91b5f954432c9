/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/app.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/cloud/app_socket.h"

#define BUFFER_SIZE  65536
#define EVENTS_MAX   256
#define STOP         UINT64_MAX
#define LISTEN_QUEUE 1024

static void *play(void *argument)
{
	struct apps *apps = argument;
	struct epoll_event events[EVENTS_MAX];
	int wait_ms = -1;
	bool stop = false;

	while (!stop) {
		int n = epoll_wait(apps->epoll, events, EVENTS_MAX, wait_ms);

		pthread_mutex_lock(&apps->lock);
		for (int i = 0; i < n; i++) {
			if (events[i].data.u64 == STOP)
				stop = true;
			else
				app_socket_event(apps, events[i].data.u64,
					events[i].events);
		}
		wait_ms = app_socket_due(apps);
		pthread_mutex_unlock(&apps->lock);
	}
	return NULL;
}

struct apps *app_new(struct err *e)
{
	struct apps *apps = mem_new(sizeof(*apps));
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = STOP };
	int error;

	pthread_mutex_init(&apps->lock, NULL);
	apps->buffer = mem_new(BUFFER_SIZE);
	apps->free_slot = UINT32_MAX;
	apps->epoll = epoll_create1(EPOLL_CLOEXEC);
	apps->stop = eventfd(0, EFD_CLOEXEC);
	apps->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
	error = epoll_ctl(apps->epoll, EPOLL_CTL_ADD, apps->stop, &event) < 0
			? errno
			: pthread_create(&apps->thread, NULL, play, apps);
	apps->runs = !error;
	if (!error)
		return apps;
	err_set(e, ERR_OTHER, "start the application's thread: %s",
		strerror(error));
	app_free(apps);
	return NULL;
}

void app_free(struct apps *apps)
{
	uint64_t one = 1;

	if (!apps)
		return;
	if (apps->runs) {
		while (write(apps->stop, &one, sizeof(one)) < 0)
			continue;
		pthread_join(apps->thread, NULL);
	}
	while (apps->first)
		app_stop(apps->first);
	close(apps->stop);
	close(apps->epoll);
	close(apps->reserve);
	pthread_mutex_destroy(&apps->lock);
	mem_free(apps->slots);
	mem_free(apps->buffer);
	mem_free(apps);
}

/* A socket that listens, or -1 with errno. */
static int listen_at(const char *address, uint16_t port)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	int on = 1, fd, error;

	if (inet_pton(AF_INET, address, &name.sin_addr) != 1) {
		errno = EINVAL;
		return -1;
	}
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
		bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0 &&
		listen(fd, LISTEN_QUEUE) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int listen_all(struct app *app, const char *const *addresses, size_t n,
	uint16_t port, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		int fd = listen_at(addresses[i], port);

		if (fd < 0 || app_socket_add(app, fd, APP_SOCKET_LISTENING) < 0)
			return err_set(e, ERR_OTHER, "listen at %s:%u: %s",
				addresses[i], (unsigned int)port,
				strerror(errno));
	}
	return 0;
}

static void close_all(struct app *app)
{
	while (app->sockets)
		app_socket_cut(app->sockets);
}

static void discard(struct app *app)
{
	mem_free(app->name);
	mem_free(app->image);
	mem_free(app->build);
	mem_free(app->health_prefix);
	mem_free(app);
}

struct app *app_start(struct apps *apps, const char *name, const char *image,
	const char *build, const char *const *addresses, size_t n,
	uint16_t port, struct err *e)
{
	struct app *app = mem_new(sizeof(*app));
	int result;

	app->apps = apps;
	app->name = mem_copy(name);
	app->image = mem_copy(image);
	app->build = build ? mem_copy(build) : NULL;
	pthread_mutex_lock(&apps->lock);
	result = listen_all(app, addresses, n, port, e);
	if (result < 0) {
		close_all(app);
	} else {
		app->next = apps->first;
		if (app->next)
			app->next->previous = app;
		apps->first = app;
	}
	pthread_mutex_unlock(&apps->lock);
	if (result == 0)
		return app;
	discard(app);
	return NULL;
}

void app_stop(struct app *app)
{
	struct apps *apps;

	if (!app)
		return;
	apps = app->apps;
	pthread_mutex_lock(&apps->lock);
	close_all(app);
	*(app->previous ? &app->previous->next : &apps->first) = app->next;
	if (app->next)
		app->next->previous = app->previous;
	pthread_mutex_unlock(&apps->lock);
	discard(app);
}

void app_set_health(struct app *app, const char *prefix, int status)
{
	pthread_mutex_lock(&app->apps->lock);
	mem_free(app->health_prefix);
	app->health_prefix = prefix ? mem_copy(prefix) : NULL;
	app->health_status = status;
	pthread_mutex_unlock(&app->apps->lock);
}
