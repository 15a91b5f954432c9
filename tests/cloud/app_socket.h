/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_socket - the sockets of the stand-in applications: those that listen and
 * those that are connections, all in one epoll set.
 *
 * Private to app*.c. Every call needs the lock of struct apps.
 */
#ifndef CLOUD_APP_SOCKET_H
#define CLOUD_APP_SOCKET_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/cloud/app_reply.h"
#include "tests/cloud/app_request.h"

enum app_socket_state {
	APP_SOCKET_LISTENING,
	APP_SOCKET_READING,
	APP_SOCKET_SENDING,
	APP_SOCKET_PAUSED,    /* half of the body is sent */
	APP_SOCKET_LINGERING, /* all is sent; what still comes is dropped */
};

struct app_socket {
	struct app *app;
	struct app_socket *previous, *next; /* of the same application */
	struct app_socket *earlier, *later; /* that wait for a time */
	enum app_socket_state state;
	int fd;
	uint32_t slot;
	uint32_t events; /* what epoll watches for */
	bool waits;      /* is in the list of those that wait */
	int64_t due_ms;
	struct app_request request;
	struct app_reply reply;
	size_t sent;
	char *rest; /* bytes received behind the request */
	size_t rest_length;
};

/* What epoll reports names a slot and its generation: a socket that was closed
 * meanwhile is told from one that took its place. */
struct app_slot {
	uint32_t generation;
	struct app_socket *socket;
	uint32_t next_free;
};

struct apps {
	pthread_mutex_t lock;
	pthread_t thread;
	bool runs; /* the thread was started */
	int epoll, stop, reserve;
	struct app *first;
	struct app_slot *slots;
	uint32_t slot_count, free_slot;
	struct app_socket *soonest, *latest;
	char *buffer;
};

struct app {
	struct apps *apps;
	struct app *previous, *next;
	struct app_socket *sockets;
	char *name, *image, *build, *health_prefix;
	int health_status;
};

/* Takes the descriptor over. -1 when epoll refuses it; it is closed then. */
int app_socket_add(struct app *app, int fd, enum app_socket_state state);
/* Resets a connection, closes a listening socket. */
void app_socket_cut(struct app_socket *s);
/* What epoll reported, by its data. */
void app_socket_event(struct apps *apps, uint64_t data, uint32_t events);
/* Goes on with those whose time has come; milliseconds until the next, or -1.
 */
int app_socket_due(struct apps *apps);

#endif
