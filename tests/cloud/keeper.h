/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keeper - the process that keeps machines: their files and their sandboxes.
 *
 * simcloud starts it before anything else, as itself with KEEPER_OPTION, and
 * holds one end of a socket. It makes one temporary directory for everything.
 * When simcloud ends, however it does, the socket does, and the keeper kills
 * every sandbox, waits until nothing of them is left, removes the directory
 * and ends. When the keeper ends first, the kernel kills the sandboxes, and
 * simcloud what was not far enough for that.
 *
 * Both speak JSON, one object a line. The keeper begins with {"directory"},
 * and then {"ready": true} or {"ready": false, "why"}, after which it ends.
 * Orders, none of which waits for another to be done:
 *
 *   {"do": "prepare", "machine", "image", "plain", "given": see given.h}
 *             a new tree from the image's; an image without a tree is the base
 *             image, "plain": the one without cloud-init. Ends what runs.
 *   {"do": "run", "machine", "run": N, "name", "hostname", "address",
 *             "private", "sshd"}  as soon as it is prepared and at rest
 *   {"do": "stop", "machine"}
 *   {"do": "remove", "machine"}   the tree, too
 *   {"do": "copy", "machine", "image"}  the image's tree is the machine's
 *   {"do": "drop", "image"}
 *
 * It reports {"machine", "run": N, "is": "up", "boots": bool}, and "down" with
 * "status" and "why" when a run ends; {"machine", "is": "bad", "why"} when it
 * cannot be prepared, {"image", "is": "copied"} or "bad" with "why".
 */
#ifndef CLOUD_KEEPER_H
#define CLOUD_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/json.h"
#include "common/str.h"

#define KEEPER_OPTION "--keeper" /* of simcloud, not for people */
#define KEEPER_DOOR   3          /* its end of the socket */

/* The process: returns its exit status. */
int keeper_main(uint16_t ssh_port);

/* What follows is private to keeper*.c. */

/* Something with a tree: a machine or an image. */
struct thing {
	struct thing *next;
	char *id, *directory; /* in which are tree and given */
	bool is_image, ready, bad, is_new;
	bool doomed, gone; /* to be removed; it is */
	pid_t writer;      /* the job that makes its tree, or 0 */
	int readers;       /* jobs that copy from it */
	cJSON *plan;       /* to prepare, not begun yet */
	cJSON *order;      /* to run, likewise */
	/* the sandbox */
	pid_t pid, inside; /* 0: not known (yet) */
	int64_t run;
	int output; /* of it, or -1 */
	struct str said;
	bool said_up, ends;
};

/* A process that makes or removes a tree. */
struct job {
	struct job *next;
	pid_t pid;
	int output;
	struct thing *target, *source; /* source NULL: it removes */
};

struct keeper {
	char *directory, *scripts;
	unsigned long serial;
	uint16_t ssh_port;
	struct thing *things, *base, *plain;
	struct job *jobs;
	struct str in, out;
	bool ended; /* simcloud has */
};

/* keeper_order.c */
void keeper_obey(struct keeper *k, const cJSON *order);
void keeper_say(struct keeper *k, cJSON *report);
struct thing *keeper_thing(struct keeper *k, const char *id, bool is_image);
/* Does with the thing what can be done now; it may be gone thereafter. */
void keeper_step(struct keeper *k, struct thing *thing);
void keeper_forget_all(struct keeper *k);

/* keeper_job.c */
void keeper_copy(struct keeper *k, struct thing *source, struct thing *target,
	const cJSON *given);
void keeper_remove(struct keeper *k, struct thing *thing);
void keeper_start(struct keeper *k, struct thing *thing);
void keeper_kill(struct thing *thing);
void keeper_listen(struct keeper *k, struct thing *thing);
/* A child has ended. */
void keeper_reap(struct keeper *k, pid_t pid, int status);

#endif
