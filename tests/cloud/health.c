/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/health.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/cloud/clock.h"
#include "tests/cloud/health_probe.h"

/* One node. Only the thread frees it. */
struct watch {
	struct watch *next;
	int64_t node;
	bool gone;
	struct health_question question;
	double delay, timeout;
	int attempts, failures;
	bool online;
	struct health_probe probe;
	bool probing;
	double due; /* the next probe, or the end of the present one */
	double begun;
};

struct health {
	void (*changed)(void *context);
	void *context;
	pthread_t thread;
	bool runs;
	pthread_mutex_t lock; /* of all below */
	struct watch *first;
	size_t n;
	bool stop;
	int wake;
};

static void discard(struct watch *w)
{
	if (w->probing)
		health_probe_end(&w->probe);
	health_question_free(&w->question);
	mem_free(w);
}

/* Whether it is now other than before. */
static bool conclude(struct watch *w, enum health_verdict verdict)
{
	bool before = w->online;

	health_probe_end(&w->probe);
	w->probing = false;
	w->due = w->begun + w->delay;
	if (verdict == HEALTH_GOOD) {
		w->failures = 0;
		w->online = true;
	} else if (w->failures < w->attempts) {
		w->failures++;
		w->online = w->online && w->failures < w->attempts;
	}
	return w->online != before;
}

/* What there is to do at `now' with what poll() reported; whether the node is
 * now other than before. */
static bool go_on(struct watch *w, short events, double now)
{
	enum health_verdict verdict = HEALTH_UNKNOWN;

	if (w->probing && events) {
		verdict = health_probe_go_on(&w->probe, &w->question);
	} else if (now >= w->due && w->probing) {
		verdict = HEALTH_BAD;
	} else if (now >= w->due) {
		w->begun = now;
		w->due = now + w->timeout;
		w->probing = true;
		verdict = health_probe_begin(&w->probe, &w->question);
	}
	return verdict != HEALTH_UNKNOWN && conclude(w, verdict);
}

static void remove_gone(struct health *health)
{
	struct watch *w, **link = &health->first;

	while ((w = *link)) {
		if (!w->gone) {
			link = &w->next;
			continue;
		}
		*link = w->next;
		health->n--;
		discard(w);
	}
}

/* What poll() shall wait for: the event that wakes, then one for each node.
 * The lock is held. */
static struct pollfd *list(const struct health *health, double *due)
{
	struct pollfd *polled = mem_array(health->n + 1, sizeof(*polled));
	size_t i = 1;

	*due = INFINITY;
	polled[0] = (struct pollfd){ .fd = health->wake, .events = POLLIN };
	for (const struct watch *w = health->first; w; w = w->next) {
		*due = fmin(*due, w->due);
		polled[i++] = w->probing ? (struct pollfd){ .fd = w->probe.fd,
			.events = w->probe.events }
					 : (struct pollfd){ .fd = -1 };
	}
	return polled;
}

static int wait_ms(double due)
{
	double left = due - clock_monotonic();

	if (isinf(due))
		return -1;
	return left <= 0 ? 0 : (int)ceil(fmin(left, 3600) * 1000);
}

/* New nodes are put in front, so `polled' tells of the last n. */
static bool go_on_all(
	struct health *health, const struct pollfd *polled, size_t n)
{
	double now = clock_monotonic();
	struct watch *w = health->first;
	bool changed = false;

	for (size_t new = health->n - n; new > 0; new --)
		w = w->next;
	for (size_t i = 1; w; w = w->next, i++)
		if (!w->gone && go_on(w, polled[i].revents, now))
			changed = true;
	return changed;
}

static void *run(void *argument)
{
	struct health *health = argument;
	struct pollfd *polled;
	uint64_t count;
	double due;
	bool changed;
	size_t n;

	pthread_mutex_lock(&health->lock);
	while (!health->stop) {
		remove_gone(health);
		polled = list(health, &due);
		n = health->n;
		pthread_mutex_unlock(&health->lock);
		if (poll(polled, n + 1, wait_ms(due)) > 0 &&
			polled[0].revents &&
			read(health->wake, &count, sizeof(count)) < 0)
			abort();
		pthread_mutex_lock(&health->lock);
		changed = go_on_all(health, polled, n);
		mem_free(polled);
		pthread_mutex_unlock(&health->lock);
		if (changed)
			health->changed(health->context);
		pthread_mutex_lock(&health->lock);
	}
	pthread_mutex_unlock(&health->lock);
	return NULL;
}

static void wake(struct health *health)
{
	uint64_t one = 1;

	while (write(health->wake, &one, sizeof(one)) < 0)
		continue;
}

struct health *health_new(
	void (*changed)(void *context), void *context, struct err *e)
{
	struct health *health = mem_new(sizeof(*health));
	int error;

	health->changed = changed;
	health->context = context;
	pthread_mutex_init(&health->lock, NULL);
	health->wake = eventfd(0, EFD_CLOEXEC);
	error = health->wake < 0
			? errno
			: pthread_create(&health->thread, NULL, run, health);
	health->runs = !error;
	if (!error)
		return health;
	err_set(e, ERR_OTHER, "start the health monitors' thread: %s",
		strerror(error));
	health_free(health);
	return NULL;
}

void health_free(struct health *health)
{
	if (!health)
		return;
	if (health->runs) {
		pthread_mutex_lock(&health->lock);
		health->stop = true;
		pthread_mutex_unlock(&health->lock);
		wake(health);
		pthread_join(health->thread, NULL);
	}
	while (health->first) {
		struct watch *w = health->first;

		health->first = w->next;
		discard(w);
	}
	close(health->wake);
	pthread_mutex_destroy(&health->lock);
	mem_free(health);
}

int health_check(const struct health_monitor *monitor, struct err *e)
{
	struct health_question question;

	if (health_question_init(&question, "", 0, monitor, e) < 0)
		return -1;
	health_question_free(&question);
	return 0;
}

static struct watch *find(const struct health *health, int64_t node)
{
	struct watch *w = health->first;

	while (w && (w->gone || w->node != node))
		w = w->next;
	return w;
}

int health_watch(struct health *health, int64_t node, const char *address,
	uint16_t port, const struct health_monitor *monitor, bool online,
	struct err *e)
{
	struct watch *w = mem_new(sizeof(*w)), *old;

	if (health_question_init(&w->question, address, port, monitor, e) < 0) {
		mem_free(w);
		return -1;
	}
	w->node = node;
	w->delay = monitor->delay;
	w->timeout = monitor->timeout;
	w->attempts = monitor->attempts;
	pthread_mutex_lock(&health->lock);
	old = find(health, node);
	w->online = old ? old->online : online;
	if (old)
		old->gone = true;
	w->next = health->first;
	health->first = w;
	health->n++;
	pthread_mutex_unlock(&health->lock);
	wake(health);
	return 0;
}

void health_forget(struct health *health, int64_t node)
{
	struct watch *w;

	pthread_mutex_lock(&health->lock);
	w = find(health, node);
	if (w)
		w->gone = true;
	pthread_mutex_unlock(&health->lock);
	wake(health);
}

bool health_online(struct health *health, int64_t node)
{
	struct watch *w;
	bool online;

	pthread_mutex_lock(&health->lock);
	w = find(health, node);
	online = w && w->online;
	pthread_mutex_unlock(&health->lock);
	return online;
}
