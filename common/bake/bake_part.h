/* SPDX-License-Identifier: Apache-2.0 */
/* bake_part - what the files of bake share, and nobody else. */
#ifndef COMMON_BAKE_BAKE_PART_H
#define COMMON_BAKE_BAKE_PART_H

#include "common/bake/bake.h"
#include "common/bake/provision.h"
#include "common/bake/remote.h"
#include "common/bake/survey.h"

struct bake {
	struct task *task;
	const struct bake_wish *wish;
	const struct recipe *recipe;
	struct mark mark;
	const char *working_name; /* of the image until it is finished */

	struct remote_key key, host_key; /* empty where not needed */
	struct remote *remote;           /* or NULL */
	struct provisioning provisioning;
	const char *address, *address_reason;

	/* The steps that make something; NULL before. */
	struct step *keypair, *server, *image;
	const cJSON *verified; /* the image when its server was gone */
	const cJSON *finished; /* and with its name; NULL before */
	bool may_be_finished;  /* it was asked to take its name */
	bool is_finished;      /* it has its name */
	bool key_is_saved;     /* in the file of the wish, by us */

	size_t first_step; /* of the plan, that is ours */
	/* Of the lease. */
	int64_t renew;      /* when, cloud_now() */
	int64_t lease_ends; /* as last accepted, cloud_now() */
	int64_t look;       /* at the server, when, cloud_now() */

	cJSON *times, *output; /* for the report */
	cJSON *removed;        /* old images, for it too */
	size_t output_bytes;   /* of the last of those */
	const char *doing;     /* the step's name */
};

/* lease.c: puts the lease's end off when that is due. -1 when it has ended:
 * others may take away what we have made. A `struct cloud's idle. */
int lease_keep(void *bake, struct err *e);
/* A new one, from now on, for what is made next. */
void lease_begin(struct bake *bake);

/* bake_watch.c: the lease, and whether a server that we are not connected to is
 * one that can be logged in to: ERR_ABSENT when it is broken or gone. The idle
 * of what waits for a server. */
int bake_watch(void *bake, struct err *e);

/* bake_append.c: what is sent; in check mode with placeholders. */
void bake_append_keypair(struct bake *bake);
void bake_append_server(struct bake *bake);
void bake_append_image(struct bake *bake, const char *server);
void bake_append_finish(struct bake *bake, const cJSON *image);
/* A key pair of this run is made: nothing else lets us in. */
bool bake_needs_keypair(const struct bake *bake);

/* bake_look.c: cloud_try_again() until the task's wait_timeout is over. */
bool bake_try_again(struct bake *bake, int64_t since, struct err *e);
/* The files that the digest tells of hold what they did: before anything is
 * made; and before the image is, when a recipe that runs steps here is only
 * warned of. */
int bake_see_recipe(struct bake *bake, struct err *e);
int bake_see_files(struct bake *bake, struct err *e);
/* Until it can be read. */
int bake_survey(struct bake *bake, struct survey *survey, struct err *e);
/* -1 where another run bakes this image and was first, or has made it by now.
 * Two that begin at the same time both see this once each other's things are
 * listed: before the image is taken, minutes later, at the latest. */
int bake_give_way(struct bake *bake, struct err *e);
/* The image is there and good; it has its name. */
int bake_verify(struct bake *bake, struct err *e);
int bake_see_finished(struct bake *bake, struct err *e);
/* Whether the image, as it was just read, is: then it is noted. */
bool bake_is_finished(struct bake *bake, const cJSON *image);

/* bake_clean.c: it was made, or may have been, and is there. */
bool bake_may_exist(const struct step *made);

/* bake_login.c: keys, where the server is, and the login. */
int bake_make_keys(struct bake *bake, struct err *e);
int bake_await_automation(struct bake *bake, struct err *e);
int bake_find_address(struct bake *bake, struct err *e);
int bake_log_in(struct bake *bake, struct err *e);

#endif
