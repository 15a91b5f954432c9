/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/proxy_one.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"

#define LISTEN_QUEUE 4096

struct proxy_plan *proxy_plan_copy(const struct proxy_plan *plan)
{
	struct proxy_plan *copy = mem_new(sizeof(*copy));

	*copy = *plan;
	copy->nodes = mem_array(plan->n, sizeof(*copy->nodes));
	if (plan->n)
		memcpy(copy->nodes, plan->nodes,
			plan->n * sizeof(*copy->nodes));
	return copy;
}

void proxy_plan_free(struct proxy_plan *plan)
{
	if (plan)
		mem_free(plan->nodes);
	mem_free(plan);
}

static bool same_place(const struct proxy_plan *a, const struct proxy_plan *b)
{
	return streq(a->address, b->address) && a->port == b->port;
}

/* Whether a process that was started for `a' can become `b'. */
static bool same_shape(const struct proxy_plan *a, const struct proxy_plan *b)
{
	return same_place(a, b) && a->mode == b->mode &&
	       streq(a->balance, b->balance) && a->timeout == b->timeout &&
	       a->cookie == b->cookie;
}

/* A bound socket, or -1 with errno. */
int proxy_one_bind(const char *address, uint16_t port)
{
	struct sockaddr_in name = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	int on = 1, error, fd;

	inet_pton(AF_INET, address, &name.sin_addr);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if ((!port || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
			      sizeof(on)) == 0) &&
		bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int listen_at(const struct proxy_plan *plan, struct err *e)
{
	int fd = proxy_one_bind(plan->address, plan->port);

	if (fd >= 0 && listen(fd, LISTEN_QUEUE) == 0)
		return fd;
	err_set(e, ERR_OTHER, "listen at %s:%u: %s", plan->address,
		(unsigned int)plan->port, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static void stop_listening(struct proxy_one *one)
{
	if (one->listener >= 0)
		close(one->listener);
	one->listener = -1;
}

/* Nothing of it carries traffic any more. */
static void end_all(struct proxy_one *one)
{
	stop_listening(one);
	proxy_process_end(one->current);
	one->current = NULL;
	while (one->retired) {
		struct proxy_process *p = one->retired;

		one->retired = p->next;
		proxy_process_end(p);
	}
}

/* A new process beside the one that is there, which then only serves what it
 * has. On failure all is as before. */
static int replace(struct proxy_one *one, const struct proxy_plan *plan,
	const char *program, uint16_t nowhere, struct err *e)
{
	bool moves = one->listener < 0 || !same_place(one->plan, plan);
	int listener = moves ? listen_at(plan, e) : one->listener;
	struct proxy_process *old = one->current, *p;

	if (listener < 0)
		return -1;
	p = proxy_process_start(program, plan, listener, nowhere, e);
	if (!p) {
		if (moves)
			close(listener);
		return -1;
	}
	if (moves)
		stop_listening(one);
	one->listener = listener;
	one->current = p;
	if (old) {
		old->next = one->retired;
		one->retired = old;
		/* One that does not hear this is not busy either, and ends. */
		proxy_process_retire(old, &(struct err){ 0 });
	}
	return 0;
}

static int make_so(struct proxy_one *one, const struct proxy_plan *plan,
	const char *program, uint16_t nowhere, struct err *e)
{
	if (plan->mode == PROXY_OFF) {
		end_all(one);
		return 0;
	}
	if (!one->current || !same_shape(one->plan, plan)) {
		if (replace(one, plan, program, nowhere, e) < 0)
			return -1;
	} else if (proxy_process_nodes(one->current, plan, e) < 0) {
		end_all(one);
		return -1;
	}
	/* What was begun before goes the same way; nobody is served worse by
	 * a process that is about to end. */
	for (struct proxy_process *p = one->retired; p; p = p->next)
		proxy_process_nodes(p, plan, &(struct err){ 0 });
	return 0;
}

int proxy_one_apply(struct proxy_one *one, struct proxy_plan *plan,
	const char *program, uint16_t nowhere, struct err *e)
{
	int result = make_so(one, plan, program, nowhere, e);
	struct proxy_plan *unused = result == 0 ? one->plan : plan;

	if (result == 0)
		one->plan = plan;
	proxy_plan_free(unused);
	return result;
}

bool proxy_one_tidy(struct proxy_one *one)
{
	struct proxy_process *p, **link = &one->retired;
	bool left = one->current && proxy_process_tidy(one->current);

	while ((p = *link)) {
		if (proxy_process_listen(p) && proxy_process_busy(p)) {
			left = true;
			proxy_process_tidy(p);
			link = &p->next;
			continue;
		}
		*link = p->next;
		proxy_process_end(p);
	}
	return left;
}

bool proxy_one_lives(struct proxy_one *one)
{
	if (!one->current || proxy_process_listen(one->current))
		return true;
	end_all(one);
	return false;
}

void proxy_one_end(struct proxy_one *one)
{
	end_all(one);
	proxy_plan_free(one->plan);
	one->plan = NULL;
}
