/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image - images, behind two doors: the compute service's and Cloud Images'.
 */
#ifndef CLOUD_IMAGE_H
#define CLOUD_IMAGE_H

#include "tests/cloud/route.h"

struct image {
	struct image *next;
	const char *region;
	char *tenant; /* NULL: everybody's, a base image */

	char *id, *name, *status; /* SAVING, ACTIVE, ERROR, DELETED */
	char *server;             /* whose it is an image of, or NULL */
	cJSON *metadata;          /* v2 shows it as members */
	cJSON *tags;
	double created, updated, listed;
	double began, due; /* of SAVING; due 0: it never ends */
	int64_t min_disk, min_ram, size;
	bool is_protected;
	bool hidden;  /* from lists; an old base image */
	bool vanish;  /* it is gone when it is due */
	bool settled; /* its server is done with it */
	bool copying; /* its files: not saved, as they are not */
	bool has_files;
	char *doom; /* fault text: it ends in ERROR */
	cJSON *fault;
};

struct images {
	struct image *first; /* the newest */
};

extern const struct part image_part;
extern const struct service image_service;
extern const struct route image_nova_routes[];
extern const struct route image_v2_routes[];

/* Whether the place sees it at all; deleted ones are not there. */
bool image_is_seen(const struct image *image, const struct place *place);
struct image *image_find(
	struct cloud *cloud, const struct place *place, const char *id);
/* By its id, or by its name if just one has it. */
struct image *image_look_up(
	struct cloud *cloud, const struct place *place, const char *text);
/* The image {id} of the call; NULL when it has answered 404. */
struct image *image_of(struct call *call);
bool image_is_base(const struct image *image);
/* A base image whose servers have the SSH host keys and the machine id that
 * are in it: there is no cloud-init that makes new ones. */
bool image_is_plain(const struct image *image);
/* Whether files of this server are being copied into an image. */
bool image_server_copies(const struct cloud *cloud, const char *server);
void image_delete(struct cloud *cloud, struct image *image);

/* An image of the server, SAVING. */
struct image *image_snapshot(struct cloud *cloud, struct place *place,
	const char *name, const cJSON *metadata, const char *server,
	const struct image *base);
/* The server is idle again after making images. When it goes before that, they
 * are lost, even those that are ACTIVE already. */
void image_server_idle(struct cloud *cloud, const char *server);
void image_server_gone(struct cloud *cloud, const char *server);
int image_progress(const struct image *image, double now);

/* image_sim.c: the first images, and POST /_sim/config */
void image_add_first(struct cloud *cloud);
extern const struct control image_controls[];

#endif
