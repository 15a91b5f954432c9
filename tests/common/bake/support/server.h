/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server - a server that is this machine: remote.h for tests, by running the
 * commands here, in a directory of their own.
 *
 * What it does is written down, a line each: "connect", "put PATH MODE", "run
 * TEXT", "upload LOCAL PATH", "download PATH LOCAL". A fault meets the first
 * lines in which its text is. A script breaks the connection by printing
 * SERVER_CUT; what it began goes on, as it would there. Time is the real one,
 * sped up, and where nothing but a restart is waited for it jumps.
 */
#ifndef TESTS_COMMON_BAKE_SUPPORT_SERVER_H
#define TESTS_COMMON_BAKE_SUPPORT_SERVER_H

#include "common/bake/remote.h"
#include "common/str.h"

#define SERVER_CUT "*** cut ***"

enum server_fault_kind {
	SERVER_LOSES_BEFORE, /* the connection, and nothing is done */
	SERVER_LOSES_AFTER,  /* it is done, but nobody hears of it */
	SERVER_REFUSES,      /* ERR_OTHER; a connection: ERR_AUTH */
	SERVER_KILLS,        /* the command ends by signal TERM */
};

struct server_fault {
	const char *text;
	enum server_fault_kind kind;
	int skip, times;
};

struct server {
	struct server_fault *faults; /* ended by a NULL text, or NULL */
	/* What provision_seal() is to look at; without it a command with input
	 * is refused, since it would change this machine. */
	const char *seal_root;
	int64_t away;     /* ms, after each lost connection */
	bool sticky;      /* is_connected stays true when it was lost */
	const char *home; /* made by server_open() */
	struct str log;
	bool connected;
	int64_t back_at;
};

/* `speed': times as fast as real. */
struct remote *server_open(int64_t speed);
struct server *server_of(struct remote *remote);
/* Whatever it left is ended and removed. */
void server_close(struct remote *remote);
/* How many lines of the log have this text. */
int server_count(const struct server *server, const char *text);
/* A program of the server's, before those of this machine. */
void server_program(
	const struct server *server, const char *name, const char *script);
/* Names in a directory of the server, "" when there are none; to be freed. */
char *server_names(const char *directory);

#endif
