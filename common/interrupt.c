/* SPDX-License-Identifier: Apache-2.0 */
#include "common/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* A signal handler has no other way to tell anybody. */
static volatile sig_atomic_t caught;
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

void interrupt_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = remember };

	if (wake[0] < 0 && pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
		wake[0] = wake[1] = -1;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int interrupt_signal(void)
{
	return caught;
}

int interrupt_descriptor(void)
{
	return wake[0];
}

void interrupt_clear(void)
{
	char bytes[16];

	caught = 0;
	while (wake[0] >= 0 && read(wake[0], bytes, sizeof(bytes)) > 0)
		;
}
