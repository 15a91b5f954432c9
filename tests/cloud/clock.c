/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/clock.h"

#include <math.h>
#include <time.h>

#include "common/mem.h"

struct clock {
	struct cloud *cloud;
	double base; /* wall clock less monotonic clock at the start */
	double ahead;
	double due; /* by the cloud's clock */
	unsigned long changes;
	pthread_t thread;
	pthread_cond_t wake; /* goes with the cloud's lock */
	bool started, ended;
};

static double read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double cloud_sooner(double a, double b)
{
	return a < b ? a : b;
}

double clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

struct clock *clock_new(struct cloud *cloud, const cJSON *ahead)
{
	struct clock *c = mem_new(sizeof(*c));
	pthread_condattr_t monotonic;

	c->cloud = cloud;
	c->base = read_clock(CLOCK_REALTIME) - clock_monotonic();
	c->ahead = cJSON_IsNumber(ahead) ? ahead->valuedouble : 0;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return c;
}

double clock_ahead(const struct clock *clock)
{
	return clock->ahead;
}

double cloud_now(const struct cloud *cloud)
{
	const struct clock *c = cloud->clock;

	return clock_monotonic() + c->base + c->ahead;
}

void cloud_forward(struct cloud *cloud, double seconds)
{
	cloud->clock->ahead += seconds;
	cloud_changed(cloud);
}

void cloud_changed(struct cloud *cloud)
{
	struct clock *c = cloud->clock;

	c->due = 0;
	c->changes++;
	pthread_cond_signal(&c->wake);
}

unsigned long cloud_changes(const struct cloud *cloud)
{
	return cloud->clock->changes;
}

void cloud_advance(struct cloud *cloud)
{
	struct clock *c = cloud->clock;
	double now = cloud_now(cloud);

	if (now < c->due)
		return;
	c->due = INFINITY;
	for (const struct part *const *p = cloud_parts; *p; p++)
		if ((*p)->advance)
			c->due =
				cloud_sooner(c->due, (*p)->advance(cloud, now));
	c->changes++;
}

/* At most an hour at a time, so that the time fits whatever time_t is. */
static void wait_until_due(struct clock *c)
{
	double left = cloud_sooner(c->due - cloud_now(c->cloud), 3600);
	double until = clock_monotonic() + left;
	struct timespec t = { .tv_sec = (time_t)until };

	t.tv_nsec = (long)((until - (double)t.tv_sec) * 1e9);
	if (left > 0)
		pthread_cond_timedwait(&c->wake, &c->cloud->lock, &t);
}

static void *run(void *argument)
{
	struct clock *c = argument;

	cloud_lock(c->cloud);
	while (!c->ended) {
		cloud_advance(c->cloud);
		wait_until_due(c);
	}
	cloud_unlock(c->cloud);
	return NULL;
}

void clock_start(struct clock *clock)
{
	clock->started = pthread_create(&clock->thread, NULL, run, clock) == 0;
}

void clock_free(struct clock *clock)
{
	if (!clock)
		return;
	cloud_lock(clock->cloud);
	clock->ended = true;
	pthread_cond_signal(&clock->wake);
	cloud_unlock(clock->cloud);
	if (clock->started)
		pthread_join(clock->thread, NULL);
	pthread_cond_destroy(&clock->wake);
	mem_free(clock);
}
