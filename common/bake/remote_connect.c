/* SPDX-License-Identifier: Apache-2.0 */
/* Attempts to log in, one after the other, and what is said when none did. */
#include <string.h>

#include "common/bake/remote_inside.h"
#include "common/interrupt.h"
#include "common/mem.h"

#define FIRST_PAUSE   100
#define LONGEST_PAUSE 5000
#define REFUSAL_PAUSE 2000
#define SOME_ATTEMPTS 10
/* An attempt that the deadline cuts says more than the one before it only when
 * it took a while. */
#define A_WHILE 3000

/* What there is to tell of all attempts. */
struct story {
	int64_t began;
	int64_t attempts, refusals;
	enum remote_try last;
	struct err words; /* of the last one that ended by itself */
};

static const char *remedy_for(enum remote_try kind)
{
	static const char *const remedies[] = {
		[TRY_NO_NAME] = "Is the name right, and does DNS know it?",
		[TRY_REFUSED] =
			"Nothing listens there: is sshd part of the image, "
			"enabled, and on this port? Is the address the "
			"server's, in the right network (ssh_interface), and "
			"does no firewall or security group reject us?",
		[TRY_SILENT] =
			"Does ssh_interface (or ssh_host) name a network that "
			"this machine reaches, is the address of the right "
			"family (ssh_ip_version), and does the security group "
			"let this port in?",
		[TRY_BROKEN] =
			"The log of sshd on the server says why; if the server "
			"was still booting, a longer ssh_timeout helps.",
		[TRY_NO_SSH] =
			"What listens there is no SSH server, or one that "
			"hangs: is ssh_port right?",
		[TRY_DENIED] =
			"Is ssh_username right for this image, and does the "
			"image put the key or the password in place "
			"(cloud-init, authorized_keys)?",
	};

	if ((size_t)kind >= sizeof(remedies) / sizeof(*remedies))
		return "";
	return remedies[kind] ? remedies[kind] : "";
}

static int tell(const struct remote *remote, const struct story *story,
	enum err_code code, struct err *e)
{
	const struct login_route *route = &remote->wish.recipe->ssh;
	const char *words =
		story->last == TRY_OK ? "it had just begun" : story->words.text;

	return err_set(e, code,
		"cannot log in to \"%s\" at %s port %lld, after %lld attempt%s "
		"in %.1f s; the last one: %s.%s%s",
		route->username ? route->username : "", remote->wish.address,
		(long long)route->port, (long long)story->attempts,
		story->attempts == 1 ? "" : "s",
		(double)(remote_now() - story->began) / 1000, words,
		*remedy_for(story->last) ? " " : "", remedy_for(story->last));
}

static enum remote_try attempt(
	struct remote *remote, int64_t deadline, struct err *e)
{
	const struct recipe *recipe = remote->wish.recipe;
	enum remote_try result;
	int fd;

	remote_link_close(&remote->server);
	remote_tunnel_close(remote);
	if (recipe->bastion.host)
		result = remote_tunnel_open(remote, deadline, &fd, e);
	else
		result = remote_dial(remote, remote->wish.address,
			recipe->ssh.port, deadline, &fd, e);
	if (result == TRY_OK)
		result = remote_greet(
			remote, &remote->server, fd, &remote->pin, deadline, e);
	if (result == TRY_OK)
		result = remote_login(remote, &remote->server, deadline, e);
	if (result != TRY_OK) {
		remote_link_close(&remote->server);
		remote_tunnel_close(remote);
	}
	return result;
}

static int64_t pause_after(const struct story *story, int64_t *pause)
{
	int64_t now = *pause;

	*pause = now * 2 > LONGEST_PAUSE ? LONGEST_PAUSE : now * 2;
	return story->last == TRY_DENIED && now > REFUSAL_PAUSE ? REFUSAL_PAUSE
								: now;
}

/* It, or the pause behind it, was not waited for. */
static int stopped(const struct remote *remote, struct story *story,
	int64_t since, struct err *e)
{
	int64_t lasted = remote_now() - since;

	if (e->code == ERR_INTERRUPTED) {
		err_set(&story->words, ERR_INTERRUPTED,
			"interrupted by a signal");
		story->last = TRY_STOPPED;
		return tell(remote, story, ERR_INTERRUPTED, e);
	}
	if (e->code != ERR_TIME)
		return -1;
	if (since && (story->last == TRY_OK || lasted >= A_WHILE)) {
		story->last = remote->phase;
		err_set(&story->words, ERR_TIME, "%s in %.1f s",
			story->last == TRY_SILENT   ? "no TCP connection"
			: story->last == TRY_NO_SSH ? "a TCP connection, but "
						      "no SSH handshake"
						    : "no answer to the login",
			(double)lasted / 1000);
	}
	return tell(remote, story, ERR_TIME, e);
}

static int check(struct remote *remote, struct err *e)
{
	if (remote_check_expected(&remote->pin, e) < 0 ||
		remote_check_login(remote, &remote->server, e) < 0)
		return -1;
	if (remote->wish.recipe->bastion.host &&
		remote_check_login(remote, &remote->bastion, e) < 0)
		return err_add(e, "the bastion");
	return 0;
}

/* Until one succeeds: 0. */
static int try_again(struct remote *remote, struct story *story,
	int64_t deadline, struct err *e)
{
	int64_t allowed = remote->wish.recipe->ssh_handshake_attempts;
	int64_t pause = FIRST_PAUSE, since;
	unsigned skipped = 0;
	enum remote_try result;

	if (allowed <= 0)
		allowed = SOME_ATTEMPTS;
	for (;;) {
		since = remote_now();
		story->attempts++;
		result = attempt(remote, deadline, e);
		if (result == TRY_OK)
			return 0;
		if (result == TRY_HOPELESS)
			return -1;
		if (result == TRY_STOPPED)
			return stopped(remote, story, since, e);
		story->last = result;
		story->words = *e;
		if (result == TRY_DENIED && ++story->refusals >= allowed)
			return tell(remote, story, ERR_AUTH, e);
		/* It only has to be asked for another type of key. */
		if (remote->pin.skipped != skipped) {
			skipped = remote->pin.skipped;
			continue;
		}
		if (remote_pause(remote, pause_after(story, &pause), deadline,
			    e) < 0)
			return stopped(remote, story, 0, e);
	}
}

int remote_connect(struct remote *remote, int64_t deadline, struct err *e)
{
	struct story *story = mem_new(sizeof(*story));
	int rc = check(remote, e);

	remote_close(remote);
	remote->pin.skipped = 0;
	remote->pin.all_asked = false;
	mem_free(remote->pin.shown);
	remote->pin.shown = NULL;
	story->began = remote_now();
	story->last = TRY_OK;
	if (rc == 0)
		rc = try_again(remote, story, deadline, e);
	if (rc < 0)
		remote_close(remote);
	mem_free(story);
	return rc;
}
