/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/lane.h"

#include <stdio.h>

#include "common/mem.h"
#include "tests/judge/clock.h"

struct lanes {
	struct lane *all[LANE_MAX];
	size_t count;
	size_t next; /* whose turn it is among the wanted ones */
	uint64_t idle_closes, crossed;
	const struct options *options;
};

static struct lane *add_lane(struct lanes *lanes)
{
	struct lane *lane = mem_new(sizeof(*lane));
	char *lead = mem_printf("::%s:%u", lanes->options->address,
		(unsigned int)lanes->options->port);

	lane->lanes = lanes;
	lane->fd = -1;
	lane->lead = curl_slist_append(NULL, lead);
	snprintf(lane->host, sizeof(lane->host), "lane-%zu.invalid",
		lanes->count);
	mem_free(lead);
	lanes->all[lanes->count++] = lane;
	return lane;
}

struct lanes *lanes_new(const struct options *options)
{
	struct lanes *lanes = mem_new(sizeof(*lanes));

	lanes->options = options;
	for (int64_t i = 0; i < options->keepalive; i++)
		add_lane(lanes);
	return lanes;
}

void lanes_free(struct lanes *lanes)
{
	if (!lanes)
		return;
	for (size_t i = 0; i < lanes->count; i++) {
		curl_slist_free_all(lanes->all[i]->lead);
		mem_free(lanes->all[i]);
	}
	mem_free(lanes);
}

uint64_t lanes_idle_closes(const struct lanes *lanes)
{
	return lanes->idle_closes;
}

uint64_t lanes_crossed(const struct lanes *lanes)
{
	return lanes->crossed;
}

static struct lane *find_idle(struct lanes *lanes)
{
	size_t wanted = (size_t)lanes->options->keepalive;

	for (size_t i = 0; i < lanes->count; i++) {
		struct lane *lane = i < wanted
					    ? lanes->all[lanes->next++ % wanted]
					    : lanes->all[i];

		if (!lane->busy)
			return lane;
	}
	return NULL;
}

/* Looks at the connection that the lane has from before. */
static void check_idle(struct lane *lane)
{
	if (lane->fd < 0)
		return;
	if (!connection_is_usable(lane->fd))
		lane->lanes->idle_closes++;
	else if (clock_now() - lane->idle_since > LANE_IDLE_MAX)
		connection_retire(lane->fd);
}

struct lane *lanes_take(struct lanes *lanes)
{
	struct lane *lane = find_idle(lanes);

	if (!lane && lanes->count == LANE_MAX)
		return NULL;
	if (!lane)
		lane = add_lane(lanes);
	check_idle(lane);
	lane->busy = true;
	lane->sending = lane->was_idle = false;
	return lane;
}

void lane_give(struct lane *lane)
{
	lane->busy = lane->sending = false;
	lane->idle_since = clock_now();
}

void lane_opened(struct lane *lane, int fd)
{
	lane->fd = fd;
}

void lane_closing(struct lane *lane, int fd)
{
	if (lane->fd != fd)
		return;
	lane->fd = -1;
	if (!lane->busy)
		lane->lanes->idle_closes++;
	if (!lane->sending)
		return;
	lane->sending = false;
	lane->was_idle = connection_was_idle(fd, &lane->mark);
	if (!lane->was_idle)
		return;
	lane->lanes->idle_closes++;
	lane->lanes->crossed++;
}

void lane_sending(struct lane *lane)
{
	lane->mark = connection_mark(lane->fd);
	lane->sending = true;
	lane->was_idle = false;
}
