/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote_inside - what the files of remote.h share.
 *
 * libssh never blocks here: each of its calls is repeated while it says
 * "again", with a remote_wait() between, which is the only place that sleeps.
 */
#ifndef COMMON_BAKE_REMOTE_INSIDE_H
#define COMMON_BAKE_REMOTE_INSIDE_H

#include <libssh/libssh.h>

#include "common/bake/remote.h"
#include "common/str.h"

#define REMOTE_SLICE 200 /* ms, the longest sleep */

/* How one attempt to log in ended. */
enum remote_try {
	TRY_OK,
	TRY_NO_NAME, /* the address is a name that nobody knows */
	TRY_REFUSED,
	TRY_SILENT,
	TRY_BROKEN,   /* it began to talk and stopped */
	TRY_NO_SSH,   /* it talks, but not SSH */
	TRY_DENIED,   /* it does not let us in */
	TRY_HOPELESS, /* no other attempt would end otherwise */
	TRY_STOPPED,  /* the deadline, a signal, `idle' */
};

/* One SSH session, with the server or with the bastion. */
struct remote_link {
	ssh_session session;
	ssh_event event; /* NULL until the handshake is over */
	struct ssh_counter_struct counter;
	uint64_t heard; /* bytes, when it was looked at last */
	int64_t heard_at, asked_at, looked_at;
};

/* Whose host key is pinned, and what is expected of it. */
struct remote_pin {
	const char *const *expected; /* or NULL */
	bool or_first;
	ssh_key key;
	enum remote_trust trust;
	char *fingerprint;
	/* While a server is asked for its keys of other types, since what is
	 * expected is a fingerprint, which has no type: bits of the table in
	 * remote_trust.c, and the key that it showed first. */
	unsigned skipped;
	bool all_asked;
	char *shown;
};

/* What goes through the bastion, in both directions. */
struct remote_tunnel {
	ssh_channel channel;
	int fd; /* our end; the server's session has the other one */
	char in[16384], out[16384];
	size_t in_begin, in_end, out_begin, out_end;
};

struct remote {
	struct remote_wish wish;
	struct remote_link server, bastion;
	struct remote_pin pin, bastion_pin;
	struct remote_tunnel *tunnel;
	enum remote_try phase; /* what silence would mean just now */
	int64_t idle_at;
	char signal[32];
};

/* Lets the sessions work for a while, at most REMOTE_SLICE; `fd' (or -1) ends
 * it sooner. -1: a signal, the deadline, `idle'. */
int remote_wait(struct remote *remote, int fd, short events, int64_t deadline,
	struct err *e);
/* Whether its peer is there still, as far as can be known;
 * asks it now and then. */
bool remote_is_alive(struct remote *remote);

bool remote_link_is_open(const struct remote_link *link);
void remote_link_close(struct remote_link *link);
void remote_close(struct remote *remote);

/* A TCP connection, not blocking. */
enum remote_try remote_dial(struct remote *remote, const char *address,
	int64_t port, int64_t deadline, int *fd, struct err *e);
/* The addresses of a name, port included; the caller frees them. */
struct sockaddr_storage *remote_resolve(struct remote *remote,
	const char *address, int64_t port, int64_t deadline, size_t *count,
	struct err *e);
#define REMOTE_ADDRESSES_MAX 16

/* The bastion's part: a descriptor that leads to the server. */
enum remote_try remote_tunnel_open(
	struct remote *remote, int64_t deadline, int *fd, struct err *e);
void remote_tunnel_close(struct remote *remote);
void remote_tunnel_move(struct remote *remote);
/* What it waits for on its descriptor. */
short remote_tunnel_events(const struct remote *remote);

/* SSH on a descriptor, which it owns from then on: handshake, host key,
 * login. */
enum remote_try remote_greet(struct remote *remote, struct remote_link *link,
	int fd, struct remote_pin *pin, int64_t deadline, struct err *e);
enum remote_try remote_login(struct remote *remote, struct remote_link *link,
	int64_t deadline, struct err *e);
/* Whether its key and certificate can be read at all. */
int remote_check_login(
	struct remote *remote, struct remote_link *link, struct err *e);
const struct login_route *remote_route(
	const struct remote *remote, const struct remote_link *link);
const char *remote_host(
	const struct remote *remote, const struct remote_link *link);

/* Host key algorithms, the expected ones first; the caller frees them. */
char *remote_algorithms(const struct remote_pin *pin);
/* Whether what is expected can be compared with a key at all. */
int remote_check_expected(const struct remote_pin *pin, struct err *e);
/* TRY_OK, TRY_HOPELESS, or TRY_BROKEN: another type is to be asked for. */
enum remote_try remote_check_key(struct remote_pin *pin, ssh_session session,
	const char *host, int64_t port, struct err *e);
/* It has none of the types that are left to ask for. As above. */
enum remote_try remote_no_more_keys(
	struct remote_pin *pin, const char *host, int64_t port, struct err *e);

/* A command with its streams. */
struct remote_exec {
	const char *text;
	bool pty;
	/* More of the standard input: its length, 0 at its end, -1. NULL: there
	 * is none. */
	ssize_t (*fill)(void *context, char *bytes, size_t size, struct err *e);
	/* -1 ends it. */
	int (*take)(void *context, bool is_error, const char *bytes,
		size_t length, struct err *e);
	void *context;
};

int remote_exec(struct remote *remote, const struct remote_exec *exec,
	int64_t deadline, struct remote_end *end, struct err *e);

/* The same for commands that should succeed: exit 0, or an error with what
 * the command said, on standard output, too, where nobody takes that. Adds
 * nothing about what was being done. */
int remote_exec_well(struct remote *remote, struct remote_exec *exec,
	int64_t deadline, struct err *e);

/* A path as a word of the shell: quoted, "~/" at its beginning is the home
 * directory, a dash at its beginning is no option; the caller frees it. */
char *remote_path(const char *path);
/* The last component of a path; "" of "/". */
const char *remote_base(const char *path);
/* Without the slashes at its end; "/" is "/". The caller frees it. */
char *remote_bare(const char *path);

#endif
