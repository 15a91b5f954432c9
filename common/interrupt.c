/* SPDX-License-Identifier: Apache-2.0 */
#include "common/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

/* A signal handler has no other way to tell anybody. */
static atomic_int caught;
static atomic_bool held;
static int wake[2] = { -1, -1 };

static void remember(int signal)
{
	int saved = errno;

	caught = signal;
	if (write(wake[1], "", 1) < 0) {
		/* A full pipe is readable already. */
	}
	errno = saved;
}

/* How SIGHUP was handled when we came, before it is ours. */
static bool is_hangup_ignored(void)
{
	static bool known, ignored;
	struct sigaction before;

	if (!known && sigaction(SIGHUP, NULL, &before) == 0)
		ignored = before.sa_handler == SIG_IGN;
	known = true;
	return ignored;
}

static void handle_with(void (*handler)(int))
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = handler };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (signals[i] != SIGHUP || !is_hangup_ignored())
			sigaction(signals[i], &action, NULL);
}

void interrupt_catch(void)
{
	if (wake[0] < 0 && pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
		wake[0] = wake[1] = -1;
	handle_with(remember);
	signal(SIGPIPE, SIG_IGN);
}

void interrupt_ignore(void)
{
	interrupt_unwatch_parents();
	handle_with(SIG_IGN);
}

void interrupt_hold(void)
{
	held = true;
}

void interrupt_release(bool counts)
{
	if (!counts)
		interrupt_clear();
	held = false;
}

void interrupt_raise(int signal)
{
	remember(signal);
}

int interrupt_signal(void)
{
	return held ? 0 : caught;
}

int interrupt_descriptor(void)
{
	return held ? -1 : wake[0];
}

void interrupt_clear(void)
{
	char bytes[16];

	caught = 0;
	while (wake[0] >= 0 && read(wake[0], bytes, sizeof(bytes)) > 0)
		;
}
