/* SPDX-License-Identifier: Apache-2.0 */
/* The handshake: from a descriptor to a session whose peer is known. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/bake/remote_inside.h"
#include "common/mem.h"

#define HANDSHAKE_LIMIT 60000

/* Sets a list of names; one that libssh does not have would be left out in
 * silence, so each is tried alone. */
static int set_names(ssh_session session, const enum ssh_options_e *options,
	size_t count, const cJSON *names, const char *what, struct err *e)
{
	struct str list;
	int rc = 0;

	str_init(&list, 10000);
	json_each (name, names) {
		const char *text = cJSON_GetStringValue(name);

		if (!text || strchr(text, ',') ||
			ssh_options_set(session, options[0], text) < 0) {
			rc = err_set(e, ERR_OTHER,
				"%s: \"%.100s\" is not known to libssh %s",
				what, text ? text : "?", ssh_version(0));
			break;
		}
		str_addf(&list, "%s%s", list.length ? "," : "", text);
	}
	for (size_t i = 0; i < count && rc == 0 && list.length; i++)
		if (ssh_options_set(session, options[i], list.text) < 0)
			rc = err_set(e, ERR_OTHER, "%s: %s", what,
				ssh_get_error(session));
	str_free(&list);
	return rc;
}

static int set_algorithms(struct remote *remote, ssh_session session,
	const struct remote_pin *pin, struct err *e)
{
	static const enum ssh_options_e ciphers[] = { SSH_OPTIONS_CIPHERS_C_S,
		SSH_OPTIONS_CIPHERS_S_C };
	static const enum ssh_options_e exchange[] = {
		SSH_OPTIONS_KEY_EXCHANGE
	};
	const struct recipe *recipe = remote->wish.recipe;
	char *algorithms = remote_algorithms(pin);
	int rc = ssh_options_set(session, SSH_OPTIONS_HOSTKEYS, algorithms);

	mem_free(algorithms);
	if (rc < 0)
		return err_set(e, ERR_OTHER, "%s", ssh_get_error(session));
	if (set_names(session, ciphers, 2, recipe->ssh_ciphers, "ssh_ciphers",
		    e) < 0)
		return -1;
	return set_names(session, exchange, 1, recipe->ssh_key_exchange,
		"ssh_key_exchange_algorithms", e);
}

/* Nothing of the user's own configuration: no identities, no known hosts. */
static int set_up(struct remote *remote, struct remote_link *link, int fd,
	const struct remote_pin *pin, struct err *e)
{
	ssh_session session = ssh_new();
	bool process = false;
	const struct {
		enum ssh_options_e option;
		const void *value;
	} options[] = {
		{ SSH_OPTIONS_PROCESS_CONFIG, &process },
		{ SSH_OPTIONS_SSH_DIR, "/nonexistent" },
		{ SSH_OPTIONS_KNOWNHOSTS, "/dev/null" },
		{ SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null" },
		{ SSH_OPTIONS_HOST, remote_host(remote, link) },
		{ SSH_OPTIONS_USER, remote_route(remote, link)->username },
		{ SSH_OPTIONS_FD, &fd },
	};

	if (!session)
		return err_set(e, ERR_OTHER, "libssh gives no session");
	link->session = session;
	ssh_set_blocking(session, 0);
	ssh_set_counters(session, &link->counter, NULL);
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (ssh_options_set(
			    session, options[i].option, options[i].value) < 0)
			return err_set(
				e, ERR_OTHER, "%s", ssh_get_error(session));
	return set_algorithms(remote, session, pin, e);
}

/* The first bytes of what it says, for the message. */
static void peek(int fd, char *text, size_t size)
{
	ssize_t n = recv(fd, text, size - 1, MSG_PEEK | MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
}

static enum remote_try failed(struct remote_link *link, struct remote_pin *pin,
	const char *greeting, const char *host, int64_t port, struct err *e)
{
	const char *words = ssh_get_error(link->session);

	if (pin->skipped && strstr(words, "server host key algo"))
		return remote_no_more_keys(pin, host, port, e);
	if (*greeting && !str_starts(greeting, "SSH-")) {
		err_set(e, ERR_OTHER, "it says \"%s\"", greeting);
		return TRY_NO_SSH;
	}
	err_set(e, ERR_OTHER, "%s", words);
	if (strstr(words, "no match for method")) {
		err_more(e, "(see ssh_ciphers, ssh_key_exchange_algorithms)");
		return TRY_HOPELESS;
	}
	return TRY_BROKEN;
}

static enum remote_try shake_hands(struct remote *remote,
	struct remote_link *link, struct remote_pin *pin, int64_t port,
	int64_t deadline, struct err *e)
{
	const char *host = remote_host(remote, link);
	int64_t limit = remote_now() + HANDSHAKE_LIMIT;
	char greeting[100] = "";
	int rc, fd;

	while ((rc = ssh_connect(link->session)) == SSH_AGAIN) {
		fd = (int)ssh_get_fd(link->session);
		/* libssh makes it a blocking one. */
		fcntl(fd, F_SETFL, O_NONBLOCK);
		if (remote_now() >= limit) {
			err_set(e, ERR_OTHER, "it takes the connection, but %s",
				link->counter.in_bytes ? "does not go on in SSH"
						       : "says nothing");
			break;
		}
		if (remote_wait(remote, -1, 0, deadline, e) < 0)
			return TRY_STOPPED;
		if (!*greeting)
			peek(fd, greeting, sizeof(greeting));
	}
	if (rc == SSH_OK) {
		fcntl((int)ssh_get_fd(link->session), F_SETFL, O_NONBLOCK);
		return TRY_OK;
	}
	if (rc == SSH_AGAIN && !*greeting)
		return TRY_NO_SSH;
	return failed(link, pin, greeting, host, port, e);
}

enum remote_try remote_greet(struct remote *remote, struct remote_link *link,
	int fd, struct remote_pin *pin, int64_t deadline, struct err *e)
{
	int64_t port = remote_route(remote, link)->port;
	enum remote_try result;

	if (set_up(remote, link, fd, pin, e) < 0) {
		/* It is libssh's only from ssh_connect() on. */
		close(fd);
		return TRY_HOPELESS;
	}
	remote->phase = TRY_NO_SSH;
	result = shake_hands(remote, link, pin, port, deadline, e);
	if (result != TRY_OK)
		return result;
	result = remote_check_key(
		pin, link->session, remote_host(remote, link), port, e);
	if (result != TRY_OK)
		return result;
	link->event = ssh_event_new();
	ssh_event_add_session(link->event, link->session);
	link->heard_at = link->asked_at = remote_now();
	return TRY_OK;
}
