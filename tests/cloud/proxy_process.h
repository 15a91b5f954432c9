/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy_process - one HAProxy process: started, spoken to, ended.
 *
 * Private to proxy*.c, and only for the thread of proxy.c: the kernel kills
 * the process when the thread that started it ends.
 */
#ifndef CLOUD_PROXY_PROCESS_H
#define CLOUD_PROXY_PROCESS_H

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include "common/str.h"
#include "tests/cloud/proxy.h"

/* A node as HAProxy has it. */
struct proxy_server {
	struct proxy_server *next;
	struct proxy_node is;
	unsigned long serial; /* HAProxy's id for it */
	char name[48];
	bool leaving; /* no longer wanted; deleted when nothing uses it */
	double since; /* when it was taken out of service */
	bool wanted;  /* by the plan that is being applied */
};

struct proxy_process {
	struct proxy_process *next;
	pid_t pid;
	int output; /* a pipe with what it prints, closed when it ends */
	struct sockaddr_un control; /* of its runtime API */
	socklen_t control_length;
	char last_words[512];
	uint16_t nowhere; /* a port of 127.0.0.1 that refuses connections */
	unsigned long serial;
	bool cookie; /* it was started so */
	struct proxy_server *servers;
};

/* Starts HAProxy with the plan's nodes on a socket that listens already, and
 * waits until it serves. */
struct proxy_process *proxy_process_start(const char *program,
	const struct proxy_plan *plan, int listener, uint16_t nowhere,
	struct err *e);
/* Makes its nodes those of the plan. */
int proxy_process_nodes(
	struct proxy_process *p, const struct proxy_plan *plan, struct err *e);
/* It accepts no connection any more and ends those that it has in peace. */
int proxy_process_retire(struct proxy_process *p, struct err *e);
/* Whether a connection is left; false also when it does not answer. */
bool proxy_process_busy(struct proxy_process *p);
/* Deletes nodes that left and are used by nothing any more; whether some are
 * still to be deleted. */
bool proxy_process_tidy(struct proxy_process *p);
/* Reads what it printed; false when it has ended. */
bool proxy_process_listen(struct proxy_process *p);
/* Kills it, and waits for its end. NULL is fine. */
void proxy_process_end(struct proxy_process *p);

/* One line of commands to the runtime API; what it answers is put into the
 * text, which is initialised here and freed by the caller, on success. */
int proxy_process_command(struct proxy_process *p, const char *line,
	struct str *answer, struct err *e);

#endif
