/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bake/provision.h"

#include <poll.h>

#include "common/bake/provision_parts.h"
#include "common/censor.h"
#include "common/interrupt.h"
#include "common/str.h"

#define TICK         200  /* ms; how often is looked while waiting */
#define APART        2000 /* ms; between tries on a lost connection */
#define PATIENCE     (5 * 60 * 1000) /* ms; where the step does not say it */
#define SAID_IN_LINE 1000            /* bytes of a message that is a line */

void attempt_say(const struct attempt *a, const char *fmt, ...)
{
	va_list args;
	char *text;

	if (!a->p->line)
		return;
	va_start(args, fmt);
	text = mem_vprintf(fmt, args);
	va_end(args);
	a->p->line(a->p->context, a->step->label, false, text);
	mem_free(text);
}

void attempt_line(void *context, bool is_error, const char *line)
{
	struct attempt *a = context;

	output_remember(&a->tail, line);
	if (a->p->line)
		a->p->line(a->p->context, a->step->label, is_error, line);
}

int attempt_look(const struct attempt *a, struct err *e)
{
	if (interrupt_signal())
		return err_set(e, ERR_INTERRUPTED, "interrupted by a signal");
	if (remote_now() >= a->deadline)
		return err_set(e, ERR_TIME, "not done in time");
	return a->p->idle ? a->p->idle(a->p->context, e) : 0;
}

int attempt_pause(const struct attempt *a, int64_t milliseconds, struct err *e)
{
	int64_t now = remote_now();
	struct pollfd signals = { interrupt_descriptor(), POLLIN, 0 };

	if (milliseconds > a->deadline - now)
		return err_set(e, ERR_TIME,
			"a pause of %lld s does not fit into the time left",
			(long long)(milliseconds / 1000));
	for (int64_t end = now + milliseconds; now < end; now = remote_now()) {
		int64_t left = end - now;

		if (attempt_look(a, e) < 0)
			return -1;
		poll(&signals, 1, left < TICK ? (int)left : TICK);
	}
	return 0;
}

int64_t attempt_patience(const struct attempt *a)
{
	int64_t patience = a->step->start_retry_timeout;
	int64_t left = a->deadline - remote_now();

	if (patience <= 0)
		patience = PATIENCE;
	return remote_now() + (patience < left ? patience : left);
}

/* Nothing is to be gained by a pause that uses the time up. */
static bool pause_to_try_again(
	const struct attempt *a, int64_t until, struct err *e)
{
	struct err other;

	if (remote_now() + APART >= until)
		return false;
	if (attempt_pause(a, APART, &other) == 0)
		return true;
	*e = other;
	return false;
}

int attempt_reconnect(const struct attempt *a, int64_t until, struct err *e)
{
	int64_t began = remote_now();

	attempt_say(a, "connecting again");
	while (remote_connect(a->p->remote, until, e) < 0) {
		if (e->code == ERR_AUTH && pause_to_try_again(a, until, e))
			continue;
		if (e->code == ERR_INTERRUPTED)
			return -1;
		if (e->code == ERR_ABSENT)
			return err_add(e, "the connection was lost");
		return err_add(e,
			"the connection was lost and did not come back within "
			"%lld s (start_retry_timeout)",
			(long long)((remote_now() - began) / 1000));
	}
	return 0;
}

int attempt_persist(struct attempt *a,
	int (*act)(struct attempt *a, void *context, struct err *e),
	void *context, struct err *e)
{
	bool lost = !remote_is_connected(a->p->remote);
	int64_t until = lost ? attempt_patience(a) : 0;

	for (;;) {
		if (lost && attempt_reconnect(a, until, e) < 0)
			return -1;
		if (act(a, context, e) == 0)
			return 0;
		if (e->code != ERR_LOST)
			return -1;
		if (until == 0)
			until = attempt_patience(a);
		lost = true;
		attempt_say(a, "the connection was lost, trying again");
		if (!pause_to_try_again(a, until, e))
			return e->code == ERR_LOST
				       ? err_more(e, "again and again, until "
						     "the time was over "
						     "(start_retry_timeout)")
				       : -1;
	}
}

int attempt_add_tail(const struct attempt *a, struct err *e)
{
	char *last = output_last(&a->tail, a->p->recipe->secrets);

	if (*last)
		err_more(e, "(last lines: %s)", last);
	mem_free(last);
	return -1;
}

bool attempt_is_valid(const struct attempt *a, int status)
{
	int64_t number;

	if (json_size(a->step->valid_exit_codes) == 0)
		return status == 0;
	json_each (code, a->step->valid_exit_codes)
		if (json_is_int(code, &number) && number == status)
			return true;
	return false;
}

static int attempt(struct attempt *a, struct err *e)
{
	static int (*const types[])(struct attempt *, struct err *) = {
		[PROVISIONER_SHELL] = shell_attempt,
		[PROVISIONER_FILE] = file_attempt,
		[PROVISIONER_SHELL_LOCAL] = local_attempt,
	};
	const struct provisioner *step = a->step;
	int rc;

	a->deadline = a->whole;
	if (attempt_pause(a, step->pause_before, e) < 0)
		return err_add(e, "pause_before");
	if (step->timeout > 0 && step->timeout < a->whole - remote_now())
		a->deadline = remote_now() + step->timeout;
	if (attempt_look(a, e) < 0)
		return -1;
	rc = types[step->type](a, e);
	if (rc < 0 && e->code == ERR_TIME && a->deadline < a->whole &&
		remote_now() >= a->deadline)
		err_add(e, "its `timeout' of %lld s is over",
			(long long)(step->timeout / 1000));
	a->deadline = a->whole;
	if (rc == 0 && attempt_pause(a, step->pause_after, e) < 0)
		return err_add(e, "pause_after");
	return rc;
}

static void say_failure(
	const struct attempt *a, int64_t tries, const struct err *e)
{
	char *text = censor_text(e->text, a->p->recipe->secrets);

	attempt_say(a, "try %lld of %lld failed: %.*s", (long long)tries,
		(long long)a->step->max_retries + 1,
		(int)str_whole(text, SAID_IN_LINE), text);
	mem_free(text);
}

int attempt_failed(const struct attempt *a, struct err *e)
{
	if (e->code != ERR_TIME && e->code != ERR_INTERRUPTED)
		e->code = ERR_OTHER;
	return err_add(e, "%s", a->step->label);
}

/* A signal and the end of all time are the same in the next try. */
static bool may_repeat(const struct attempt *a, int64_t tries, struct err *e)
{
	return tries <= a->step->max_retries && e->code != ERR_INTERRUPTED &&
	       remote_now() < a->whole;
}

int provision_run(struct provisioning *p, const struct provisioner *step,
	int64_t deadline, struct err *e)
{
	struct attempt a = { .p = p, .step = step, .whole = deadline };
	int64_t tries = 1;
	int rc;

	if (!p->uploaded)
		p->uploaded = pool_keep(p->pool, cJSON_CreateArray());
	if (!p->kept)
		p->kept = pool_keep(p->pool, cJSON_CreateArray());
	if (step->type == PROVISIONER_SHELL_LOCAL && step->not_here) {
		attempt_say(&a, "left out: only_on does not name this system");
		return 0;
	}
	while ((rc = attempt(&a, e)) < 0 && may_repeat(&a, tries, e)) {
		say_failure(&a, tries, e);
		output_forget(&a.tail);
		tries++;
	}
	output_forget(&a.tail);
	if (rc < 0 && tries > 1)
		err_add(e, "try %lld", (long long)tries);
	return rc < 0 ? attempt_failed(&a, e) : 0;
}
