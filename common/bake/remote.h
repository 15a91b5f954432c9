/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote - an SSH connection to a server that may not be up yet, may restart,
 * and may be somebody else's.
 *
 * The one place that knows libssh. Nothing here blocks beyond its deadline or
 * a signal (interrupt.h), and the agent is never forwarded. Deadlines are
 * remote_now(), milliseconds on a clock that only goes forward.
 */
#ifndef COMMON_BAKE_REMOTE_H
#define COMMON_BAKE_REMOTE_H

#include "common/bake/recipe.h"
#include "common/err.h"

struct remote;

/* How the host key was known. */
enum remote_trust {
	REMOTE_TRUST_NONE,  /* never connected */
	REMOTE_TRUST_KNOWN, /* it is the one that was expected */
	REMOTE_TRUST_FIRST, /* nothing was expected: pinned at first use */
};

struct remote_wish {
	const struct recipe *recipe; /* ssh, bastion, timeouts; borrowed */
	const char *address;         /* where the server is; recipe->ssh.port */
	/* OpenSSH's text for the server, or NULL: as the recipe says. */
	const char *private_key;
	/* Public key lines or fingerprints ("SHA256:...", with the type before
	 * it or not), any of which the server may have; ended by NULL.
	 * `or_first': another one is pinned at its first use. It must not
	 * change from then on. The bastion's is always pinned so. */
	const char *const *host_keys;
	bool or_first;
	/* Called several times a second while anything is waited for; it may
	 * send requests. Non-zero ends the wait with its error. */
	int (*idle)(void *context, struct err *e);
	void *context;
};

/* Not connected yet; keeps pointers of the wish. */
struct remote *remote_new(const struct remote_wish *wish);
void remote_free(struct remote *remote);

/* Tries until somebody logs us in, or the deadline: refused connections, hosts
 * that are not there and silence are tried again; refused logins
 * `ssh_handshake_attempts' times, since keys may be put in place late; a wrong
 * host key not at all. The message has address, port, number of attempts,
 * the last words and a remedy. When connected it closes and begins anew. */
int remote_connect(struct remote *remote, int64_t deadline, struct err *e);
/* As far as was seen: who hangs up is noticed by whoever waits. */
bool remote_is_connected(const struct remote *remote);
enum remote_trust remote_trust(const struct remote *remote);
/* "ssh-ed25519 SHA256:..." of the server, for messages; "" before. */
const char *remote_fingerprint(const struct remote *remote);

/* What a command did. */
struct remote_end {
	int status;         /* of its exit, when it was not */
	bool disconnected;  /* the connection broke first */
	const char *signal; /* that killed it, or NULL; lives with `remote' */
};

struct remote_command {
	const char *text;  /* for the login shell */
	const char *input; /* for its standard input, or NULL */
	size_t input_length;
	bool no_terminal; /* even where the recipe wants one */
	/* Each line as it comes, without its end; long ones are cut into
	 * pieces (pieces.h), a CR is an end, too (progress), a NUL becomes a
	 * question mark. NULL: nobody wants to know. */
	void (*line)(void *context, bool is_error, const char *line);
	void *context;
};

/* Runs a command to its end: its exit, whatever it leaves running in the
 * background. -1 (ERR_TIME, ERR_INTERRUPTED, ...) when it did not come to one;
 * a broken connection is an end. A peer is taken for dead when it does not even
 * answer keep-alives for ssh_read_write_timeout, or else for 30 s. */
int remote_run(struct remote *remote, const struct remote_command *command,
	int64_t deadline, struct remote_end *end, struct err *e);

/* Does nothing for a while, in which the connection is kept alive. */
int remote_pause(struct remote *remote, int64_t milliseconds, int64_t deadline,
	struct err *e);

/* Files, by nothing but a POSIX shell on the other side; "~/" at the beginning
 * of a remote path is the home directory there. `mode' 0: as umask says.
 * ERR_LOST when the connection broke. */
int remote_put(struct remote *remote, const char *path, const char *bytes,
	size_t length, int mode, int64_t deadline, struct err *e);
/* A file, or a directory with all in it (its contents, where the local path
 * ends in a slash), into a remote path; one that ends in a slash is a
 * directory. Modes are kept, except of a directory whose contents are meant. */
int remote_upload(struct remote *remote, const char *local, const char *path,
	int64_t deadline, struct err *e);
int remote_download(struct remote *remote, const char *path, const char *local,
	int64_t deadline, struct err *e);

/* A word for a POSIX shell, quoted; the caller frees it. */
char *remote_quote(const char *word);
int64_t remote_now(void);

/* A new ed25519 key pair. Texts belong to the caller (the private one is
 * wiped by remote_key_free()). */
struct remote_key {
	char *private_key; /* OpenSSH's format */
	char *public_key;  /* "ssh-ed25519 AAAA..." */
};
int remote_key_new(struct remote_key *key, struct err *e);
void remote_key_free(struct remote_key *key);

#endif
