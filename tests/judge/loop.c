/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/loop.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/judge/clock.h"
#include "tests/judge/lane.h"

#define EVENT_MAX 256

struct loop {
	int epoll;
	CURLM *multi;
	int wake;
	int64_t timer; /* when libcurl wants to be called */
};

/* EPOLL_CTL_MOD fails for a descriptor that is not watched yet. */
static int watch(
	CURL *easy, curl_socket_t fd, int what, void *data, void *known)
{
	struct loop *loop = data;
	struct epoll_event event = { .data.fd = fd };

	(void)easy, (void)known;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		event.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		event.events |= EPOLLOUT;
	if (!epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &event))
		return 0;
	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int set_timer(CURLM *multi, long milliseconds, void *data)
{
	struct loop *loop = data;

	(void)multi;
	loop->timer = milliseconds < 0 ? CLOCK_NEVER
				       : clock_now() + milliseconds * 1000;
	return 0;
}

struct loop *loop_new(int wake, struct err *e)
{
	struct loop *loop = mem_new(sizeof(*loop));
	struct epoll_event event = { .events = EPOLLIN, .data.fd = wake };

	loop->timer = CLOCK_NEVER;
	loop->wake = wake;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->multi = curl_multi_init();
	if (loop->epoll < 0 || !loop->multi ||
		epoll_ctl(loop->epoll, EPOLL_CTL_ADD, wake, &event) < 0) {
		err_set(e, ERR_OTHER, "cannot wait for anything: %s",
			strerror(errno));
		loop_free(loop);
		return NULL;
	}
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, watch);
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
	curl_multi_setopt(
		loop->multi, CURLMOPT_MAXCONNECTS, (long)LANE_MAX * 2);
	curl_multi_setopt(
		loop->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	curl_multi_cleanup(loop->multi);
	if (loop->epoll >= 0)
		close(loop->epoll);
	mem_free(loop);
}

CURLM *loop_multi(struct loop *loop)
{
	return loop->multi;
}

static CURLMcode act(struct loop *loop, const struct epoll_event *event)
{
	int flags = 0, running;

	if (event->data.fd == loop->wake) {
		epoll_ctl(loop->epoll, EPOLL_CTL_DEL, loop->wake, NULL);
		return CURLM_OK;
	}
	/* After an error, what was received before it is read first. */
	if (event->events & ~(uint32_t)EPOLLOUT)
		flags |= CURL_CSELECT_IN;
	if (event->events & ~(uint32_t)EPOLLIN)
		flags |= CURL_CSELECT_OUT;
	return curl_multi_socket_action(
		loop->multi, event->data.fd, flags, &running);
}

/* All of them, so that no answer that is here waits behind a deadline. */
static CURLMcode act_on_all(struct loop *loop, int milliseconds)
{
	struct epoll_event events[EVENT_MAX];
	int count = EVENT_MAX;

	for (int rounds = 0; rounds < 16 && count == EVENT_MAX; rounds++) {
		count = epoll_wait(loop->epoll, events, EVENT_MAX,
			rounds ? 0 : milliseconds);
		if (count < 0 && errno != EINTR)
			return CURLM_INTERNAL_ERROR;
		for (int i = 0; i < count; i++) {
			CURLMcode code = act(loop, &events[i]);

			if (code != CURLM_OK)
				return code;
		}
	}
	return CURLM_OK;
}

bool loop_wait(struct loop *loop, int64_t until)
{
	int64_t left = clock_earlier(until, loop->timer) - clock_now();
	int running;

	if (left > CLOCK_SECOND)
		left = CLOCK_SECOND;
	if (act_on_all(loop, left > 0 ? (int)((left + 999) / 1000) : 0) !=
		CURLM_OK)
		return false;
	if (clock_now() < loop->timer)
		return true;
	loop->timer = CLOCK_NEVER;
	return curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0,
		       &running) == CURLM_OK;
}
