/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/wait.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/cloud/clock.h"

#define WAIT_MAX 3600000

struct waits {
	pthread_mutex_t lock;
	pthread_t thread;
	struct wait *first; /* by time */
	int epoll, wake;
	bool ended;
};

static int socket_of(const struct wait *wait)
{
	return MHD_get_connection_info(
		wait->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
		->connect_fd;
}

static void insert(struct waits *waits, struct wait *wait)
{
	struct wait **at = &waits->first;

	while (*at && (*at)->due <= wait->due)
		at = &(*at)->next;
	wait->next = *at;
	*at = wait;
}

static void resume(struct waits *waits, struct wait **at)
{
	struct wait *wait = *at;

	*at = wait->next;
	if (isinf(wait->due))
		epoll_ctl(waits->epoll, EPOLL_CTL_DEL, socket_of(wait), NULL);
	MHD_resume_connection(wait->connection);
}

static void resume_this(struct waits *waits, const struct wait *wait)
{
	struct wait **at = &waits->first;

	while (*at && *at != wait)
		at = &(*at)->next;
	if (*at)
		resume(waits, at);
}

/* Resumes what is due; the milliseconds until the next is, -1 for none. */
static int resume_due(struct waits *waits)
{
	double left;

	while (waits->first && waits->first->due <= clock_monotonic())
		resume(waits, &waits->first);
	if (!waits->first || isinf(waits->first->due))
		return -1;
	left = (waits->first->due - clock_monotonic()) * 1000;
	return left < 0 ? 0 : left > WAIT_MAX ? WAIT_MAX : (int)left + 1;
}

static void *run(void *argument)
{
	struct waits *waits = argument;
	struct epoll_event event;
	uint64_t counted;
	int left, n;

	pthread_mutex_lock(&waits->lock);
	while (!waits->ended) {
		left = resume_due(waits);
		pthread_mutex_unlock(&waits->lock);
		n = epoll_wait(waits->epoll, &event, 1, left);
		pthread_mutex_lock(&waits->lock);
		if (n == 1 && event.data.ptr)
			resume_this(waits, event.data.ptr);
		else if (n == 1 &&
			 read(waits->wake, &counted, sizeof(counted)) < 0)
			break;
	}
	pthread_mutex_unlock(&waits->lock);
	return NULL;
}

struct waits *waits_new(struct err *e)
{
	struct waits *waits = mem_new(sizeof(*waits));
	struct epoll_event event = { .events = EPOLLIN };

	pthread_mutex_init(&waits->lock, NULL);
	waits->epoll = epoll_create1(EPOLL_CLOEXEC);
	waits->wake = eventfd(0, EFD_CLOEXEC);
	if (waits->epoll >= 0 && waits->wake >= 0 &&
		epoll_ctl(waits->epoll, EPOLL_CTL_ADD, waits->wake, &event) ==
			0 &&
		pthread_create(&waits->thread, NULL, run, waits) == 0)
		return waits;
	err_set(e, ERR_OTHER, "cannot wait: %s", strerror(errno));
	close(waits->epoll);
	close(waits->wake);
	mem_free(waits);
	return NULL;
}

static void wake(struct waits *waits)
{
	uint64_t one = 1;
	ssize_t written = write(waits->wake, &one, sizeof(one));

	(void)written; /* a full counter wakes as well */
}

void waits_end(struct waits *waits)
{
	pthread_mutex_lock(&waits->lock);
	waits->ended = true;
	while (waits->first)
		resume(waits, &waits->first);
	wake(waits);
	pthread_mutex_unlock(&waits->lock);
	pthread_join(waits->thread, NULL);
}

bool waits_ended(struct waits *waits)
{
	bool ended;

	pthread_mutex_lock(&waits->lock);
	ended = waits->ended;
	pthread_mutex_unlock(&waits->lock);
	return ended;
}

void waits_free(struct waits *waits)
{
	if (!waits)
		return;
	close(waits->epoll);
	close(waits->wake);
	pthread_mutex_destroy(&waits->lock);
	mem_free(waits);
}

static void watch_for_end(struct waits *waits, struct wait *wait)
{
	struct epoll_event event = { .events = EPOLLRDHUP, .data.ptr = wait };

	epoll_ctl(waits->epoll, EPOLL_CTL_ADD, socket_of(wait), &event);
}

bool waits_add(struct waits *waits, struct wait *wait,
	struct MHD_Connection *connection, double seconds)
{
	bool ended;

	pthread_mutex_lock(&waits->lock);
	ended = waits->ended;
	if (!ended) {
		wait->connection = connection;
		wait->due = clock_monotonic() + seconds;
		MHD_suspend_connection(connection);
		insert(waits, wait);
		if (isinf(wait->due))
			watch_for_end(waits, wait);
		else if (waits->first == wait)
			wake(waits);
	}
	pthread_mutex_unlock(&waits->lock);
	return !ended;
}
