/* SPDX-License-Identifier: Apache-2.0 */
/*
 * volume - block storage (v1), and volumes as disks of servers.
 */
#ifndef CLOUD_VOLUME_H
#define CLOUD_VOLUME_H

#include "tests/cloud/image.h"

struct server;

struct volume {
	struct volume *next;
	struct place *place;

	char *id, *name, *description, *type;
	char *image, *image_name; /* what it was made of: bootable */
	char *snapshot;
	int64_t size; /* GB */
	cJSON *metadata;
	char *status, *end; /* end: what status becomes when due; gone: NULL */
	char *server, *device; /* it is attached to, or NULL */
	bool dies;             /* with its server */
	double created, due;
};

extern const struct part volume_part;
extern const struct service volume_service;
extern const struct route volume_attach_routes[]; /* of the compute service */

struct volume *volume_first(struct cloud *cloud);
struct volume *volume_next(struct volume *volume);
struct volume *volume_find(
	struct cloud *cloud, const struct place *place, const char *id);
/* A new one, still without anything but its size and, if it is made of an
 * image, that; creating. */
struct volume *volume_add(struct cloud *cloud, struct place *place,
	int64_t size, const struct image *image);
/* The status until volume_time has passed, and then. */
void volume_change(struct cloud *cloud, struct volume *volume,
	const char *status, const char *end);
/* In use by the server at once. */
void volume_attach(
	struct volume *volume, const char *server, const char *device);
/* The server is gone: its volumes are free again, or gone as well. */
void volume_server_gone(struct cloud *cloud, const char *server);

#endif
