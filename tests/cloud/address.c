/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/mem.h"
#include "tests/cloud/clock.h"

/* 127.0.y.0 is left to the machine itself; a host ends in 1 to 254. */
#define NETWORK_FIRST (127u << 24 | 1u << 16)
#define NETWORK_COUNT (255u * 256u)
#define HOST_LAST     254

/* Long enough for a client to notice that a server is gone before another one
 * answers in its place. */
#define REST_SECONDS 10

enum host_state {
	HOST_FRESH,
	HOST_TAKEN,
	HOST_RESTING, /* given back, in the queue */
};

struct network {
	struct network *next;
	uint32_t base;
	int reservation;
	unsigned int fresh; /* no host below this one is fresh */
	unsigned char hosts[HOST_LAST + 1];
};

struct resting {
	struct resting *next;
	uint32_t address;
	double since;
};

struct addresses {
	pthread_mutex_t lock;
	struct network *first, *last;
	struct resting *oldest, *newest;
	char name[ADDRESS_SIZE + 3];
};

static void address_text(uint32_t address, char text[ADDRESS_SIZE])
{
	struct in_addr in = { .s_addr = htonl(address) };

	inet_ntop(AF_INET, &in, text, ADDRESS_SIZE);
}

/* The bound socket that reserves a network, or -1 with errno. */
static int reserve(uint32_t base)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	char text[ADDRESS_SIZE];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int length;

	if (fd < 0)
		return -1;
	address_text(base, text);
	length = snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1,
		"simcloud-%s", text);
	if (bind(fd, (struct sockaddr *)&name,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				(size_t)length)) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static struct network *network_add(struct addresses *a, uint32_t base)
{
	struct network *network;
	int fd = reserve(base);

	if (fd < 0)
		return NULL;
	network = mem_new(sizeof(*network));
	network->base = base;
	network->reservation = fd;
	network->fresh = 1;
	if (a->last)
		a->last->next = network;
	else
		a->first = network;
	a->last = network;
	return network;
}

/* The next network that nobody holds, from a random one on. */
static struct network *network_search(struct addresses *a, struct err *e)
{
	uint32_t start = 0;

	if (getrandom(&start, sizeof(start), 0) != sizeof(start))
		start = (uint32_t)getpid();
	for (uint32_t i = 0; i < NETWORK_COUNT; i++) {
		uint32_t n = (start % NETWORK_COUNT + i) % NETWORK_COUNT;
		struct network *network =
			network_add(a, NETWORK_FIRST + (n << 8));

		if (network)
			return network;
		if (errno != EADDRINUSE) {
			err_set(e, ERR_OTHER, "reserve a network: %s",
				strerror(errno));
			return NULL;
		}
	}
	err_set(e, ERR_OTHER, "every network of 127.0.0.0/8 is taken");
	return NULL;
}

static struct network *network_of(const struct addresses *a, uint32_t address)
{
	struct network *network = a->first;

	while (network && network->base != (address & ~0xffu))
		network = network->next;
	return network;
}

struct addresses *address_new(struct err *e)
{
	struct addresses *a = mem_new(sizeof(*a));
	char text[ADDRESS_SIZE];

	pthread_mutex_init(&a->lock, NULL);
	if (!network_search(a, e)) {
		address_free(a);
		return NULL;
	}
	address_text(a->first->base, text);
	snprintf(a->name, sizeof(a->name), "%s/24", text);
	return a;
}

void address_free(struct addresses *a)
{
	if (!a)
		return;
	while (a->first) {
		struct network *network = a->first;

		a->first = network->next;
		close(network->reservation);
		mem_free(network);
	}
	while (a->oldest) {
		struct resting *resting = a->oldest;

		a->oldest = resting->next;
		mem_free(resting);
	}
	pthread_mutex_destroy(&a->lock);
	mem_free(a);
}

const char *address_network(const struct addresses *a)
{
	return a->name;
}

/* A host that was never taken, or 0. */
static uint32_t take_fresh(struct network *network)
{
	while (network->fresh <= HOST_LAST &&
		network->hosts[network->fresh] != HOST_FRESH)
		network->fresh++;
	if (network->fresh > HOST_LAST)
		return 0;
	network->hosts[network->fresh] = HOST_TAKEN;
	return network->base + network->fresh++;
}

/* The address that rests for the longest, if for long enough, or 0. */
static uint32_t take_rested(struct addresses *a)
{
	struct resting *resting = a->oldest;
	uint32_t address;

	if (!resting || clock_monotonic() - resting->since < REST_SECONDS)
		return 0;
	address = resting->address;
	a->oldest = resting->next;
	if (!a->oldest)
		a->newest = NULL;
	mem_free(resting);
	network_of(a, address)->hosts[address & 0xff] = HOST_TAKEN;
	return address;
}

int address_take(struct addresses *a, char text[ADDRESS_SIZE], struct err *e)
{
	struct network *network;
	uint32_t address = 0;

	pthread_mutex_lock(&a->lock);
	for (network = a->first; network && !address; network = network->next)
		address = take_fresh(network);
	if (!address)
		address = take_rested(a);
	if (!address) {
		network = network_search(a, e);
		if (network)
			address = take_fresh(network);
	}
	pthread_mutex_unlock(&a->lock);
	if (!address)
		return -1;
	address_text(address, text);
	return 0;
}

static void wake(struct addresses *a, uint32_t address)
{
	struct resting *before = NULL, *resting = a->oldest;

	while (resting && resting->address != address) {
		before = resting;
		resting = resting->next;
	}
	if (!resting)
		return;
	if (before)
		before->next = resting->next;
	else
		a->oldest = resting->next;
	if (a->newest == resting)
		a->newest = before;
	mem_free(resting);
}

static bool parse(const char *text, uint32_t *address)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return false;
	*address = ntohl(in.s_addr);
	return *address >= NETWORK_FIRST &&
	       *address < NETWORK_FIRST + (NETWORK_COUNT << 8) &&
	       (*address & 0xff) >= 1 && (*address & 0xff) <= HOST_LAST;
}

static int claim(
	struct addresses *a, uint32_t address, const char *text, struct err *e)
{
	struct network *network = network_of(a, address);

	if (!network)
		network = network_add(a, address & ~0xffu);
	if (!network)
		return err_set(e, ERR_OTHER, "the network of %s: %s", text,
			strerror(errno));
	if (network->hosts[address & 0xff] == HOST_TAKEN)
		return err_set(e, ERR_OTHER, "%s is taken", text);
	if (network->hosts[address & 0xff] == HOST_RESTING)
		wake(a, address);
	network->hosts[address & 0xff] = HOST_TAKEN;
	return 0;
}

int address_claim(struct addresses *a, const char *text, struct err *e)
{
	uint32_t address;
	int result;

	if (!parse(text, &address))
		return err_set(e, ERR_OTHER,
			"%s is no address of 127.0.0.0/8 "
			"that a cloud can have",
			text);
	pthread_mutex_lock(&a->lock);
	result = claim(a, address, text, e);
	pthread_mutex_unlock(&a->lock);
	return result;
}

void address_give(struct addresses *a, const char *text)
{
	struct network *network;
	struct resting *resting;
	uint32_t address;

	if (!parse(text, &address))
		return;
	pthread_mutex_lock(&a->lock);
	network = network_of(a, address);
	if (network && network->hosts[address & 0xff] == HOST_TAKEN) {
		network->hosts[address & 0xff] = HOST_RESTING;
		resting = mem_new(sizeof(*resting));
		resting->address = address;
		resting->since = clock_monotonic();
		if (a->newest)
			a->newest->next = resting;
		else
			a->oldest = resting;
		a->newest = resting;
	}
	pthread_mutex_unlock(&a->lock);
}
