/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a connection, and small things that need none. */
#include <string.h>
#include <time.h>

#include "common/bake/remote_inside.h"
#include "common/mem.h"

struct remote *remote_new(const struct remote_wish *wish)
{
	struct remote *remote = mem_new(sizeof(*remote));

	remote->wish = *wish;
	remote->pin.expected = wish->host_keys;
	remote->pin.or_first = wish->or_first;
	remote->bastion_pin.or_first = true;
	return remote;
}

static void unpin(struct remote_pin *pin)
{
	ssh_key_free(pin->key);
	mem_free(pin->fingerprint);
	mem_free(pin->shown);
}

void remote_free(struct remote *remote)
{
	if (!remote)
		return;
	remote_close(remote);
	unpin(&remote->pin);
	unpin(&remote->bastion_pin);
	mem_free(remote);
}

bool remote_link_is_open(const struct remote_link *link)
{
	return link->event && ssh_is_connected(link->session) &&
	       !(ssh_get_status(link->session) &
		       (SSH_CLOSED | SSH_CLOSED_ERROR));
}

/* libssh closes the descriptor: by itself when the connection breaks, so that
 * nobody else may. */
void remote_link_close(struct remote_link *link)
{
	ssh_event_free(link->event);
	ssh_free(link->session);
	memset(link, 0, sizeof(*link));
}

void remote_close(struct remote *remote)
{
	remote_link_close(&remote->server);
	remote_tunnel_close(remote);
	remote_link_close(&remote->bastion);
}

bool remote_is_connected(const struct remote *remote)
{
	return remote_link_is_open(&remote->server);
}

enum remote_trust remote_trust(const struct remote *remote)
{
	return remote->pin.trust;
}

const char *remote_fingerprint(const struct remote *remote)
{
	return remote->pin.fingerprint ? remote->pin.fingerprint : "";
}

const struct login_route *remote_route(
	const struct remote *remote, const struct remote_link *link)
{
	const struct recipe *recipe = remote->wish.recipe;

	return link == &remote->bastion ? &recipe->bastion : &recipe->ssh;
}

const char *remote_host(
	const struct remote *remote, const struct remote_link *link)
{
	return link == &remote->bastion ? remote->wish.recipe->bastion.host
					: remote->wish.address;
}

int64_t remote_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

char *remote_quote(const char *word)
{
	struct str text;

	str_init(&text, SIZE_MAX / 8);
	str_add(&text, "'");
	for (; *word; word++) {
		if (*word == '\'')
			str_add(&text, "'\\''");
		else
			str_add_n(&text, word, 1);
	}
	str_add(&text, "'");
	return str_take(&text);
}

char *remote_path(const char *path)
{
	bool home = str_starts(path, "~/");
	char *quoted = remote_quote(home ? path + 2 : path);
	char *word = mem_printf("%s%s",
		home           ? "\"${HOME:-.}\"/"
		: *path == '-' ? "./"
			       : "",
		quoted);

	mem_free(quoted);
	return word;
}

const char *remote_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *remote_bare(const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return mem_copy_n(path, length);
}
