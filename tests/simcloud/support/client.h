/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client - a plain HTTP client for the suites of the simulated cloud, which
 * tells a whole answer from one that was cut.
 */
#ifndef SIMCLOUD_CLIENT_H
#define SIMCLOUD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client_reply {
	int status;  /* 0: no answer came */
	bool whole;  /* as many bytes as were announced */
	bool closes; /* the server ends the connection after it */
	char *head, *body;
	size_t length; /* of the body */
};

/* A connection on which nothing blocks for longer than 20 seconds, or -1 with
 * errno. */
int client_connect(const char *address, uint16_t port);
bool client_send(int fd, const char *bytes, size_t n);
/* Reads one answer, to be released with client_free(). */
struct client_reply client_read(int fd);
struct client_reply client_get(int fd, const char *path);
/* The same on a connection of its own; status 0 when there is none. */
struct client_reply client_ask(
	const char *address, uint16_t port, const char *path);
void client_free(struct client_reply *reply);
/* Whether the connection was reset or closed, rather than still open. */
bool client_was_reset(int fd);

/* A port on which nothing listens. */
uint16_t client_free_port(const char *address);

/* Threads that ask without a pause until they are stopped. */
struct client_load;
struct client_counts {
	unsigned long good;
	unsigned long lost; /* no answer, half an answer, or not 200 */
	char first_loss[256];
};
/* `each': requests on one connection before it is opened anew, 0: no end. */
struct client_load *client_load_start(const char *address, uint16_t port,
	const char *path, unsigned int threads, unsigned int each);
/* Waits until n more good answers have come. */
void client_load_wait(struct client_load *load, unsigned long n);
/* Waits until every request that is under way now has ended, and another one
 * of each thread. */
void client_load_turn(struct client_load *load);
struct client_counts client_load_stop(struct client_load *load);

#endif
