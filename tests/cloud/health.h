/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health - looks after nodes, as the monitor of their balancer says.
 *
 * One thread asks all of them. A node that is watched is asked at once, then
 * every `delay' seconds. It is online from its first good answer on, and
 * offline after `attempts' failures in a row. What no node outside
 * 127.0.0.0/8 can tell is not asked: it fails.
 */
#ifndef CLOUD_HEALTH_H
#define CLOUD_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

enum health_kind {
	HEALTH_CONNECT,
	HEALTH_HTTP,
	HEALTH_HTTPS, /* the connection only: nothing here speaks TLS */
};

struct health_monitor {
	enum health_kind kind;
	double delay, timeout; /* seconds */
	int attempts;
	/* For HTTP. The status, three digits, and the body must match these
	 * POSIX extended regular expressions; NULL or "" matches all. */
	const char *path, *status_regex, *body_regex;
	const char *host; /* header, or NULL */
};

/* `changed' is called, from the thread and without locks, after a node went
 * online or offline. */
struct health *health_new(
	void (*changed)(void *context), void *context, struct err *e);
void health_free(struct health *health);

/* Whether the monitor can be used: its expressions are such. */
int health_check(const struct health_monitor *monitor, struct err *e);

/* Watches the node, which is online or not until it is known better. If it is
 * watched already it stays what it is, and is asked at once in the new way. -1
 * for a monitor that cannot be used. */
int health_watch(struct health *health, int64_t node, const char *address,
	uint16_t port, const struct health_monitor *monitor, bool online,
	struct err *e);
void health_forget(struct health *health, int64_t node);
/* A node that is not watched is offline. */
bool health_online(struct health *health, int64_t node);

#endif
