/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings - the numbers that steer the cloud.
 *
 * One table says of each its name, range and meaning: it is an option of the
 * command line (build_time is --build-time S) and, unless it is fixed once the
 * cloud serves, a member of POST /_sim/config. Times are seconds.
 */
#ifndef CLOUD_SETTINGS_H
#define CLOUD_SETTINGS_H

#include <stdbool.h>

#include "common/err.h"
#include "common/json.h"

struct settings {
	double port; /* of the API; 0: any free one */
	double app_port;
	double build_time;    /* server: BUILD to ACTIVE */
	double app_delay;     /* ACTIVE to an application that answers */
	double delete_time;   /* server: DELETE to 404 */
	double image_time;    /* image: SAVING to ACTIVE */
	double volume_time;   /* volume: creating, deleting */
	double balancer_time; /* in BUILD, PENDING_UPDATE, PENDING_DELETE */
	double list_lag;      /* what is new is not listed so long */
	double latency;       /* of each request */
	double token_life;
	double ssh_port; /* of machines; 0: 22 where it can be had */
	double page;     /* the longest page of servers and images */
};

void settings_init(struct settings *s);
/* The setting of this name takes this value; `name' may be written as an
 * option, with - for _. ERR_ABSENT: there is no setting of that name. */
int settings_set(
	struct settings *s, const char *name, const char *value, struct err *e);
/* The same for a member of POST /_sim/config. */
int settings_config(struct settings *s, const char *name, const cJSON *value,
	struct err *e);
bool settings_can_config(const char *name);
/* Their present values; the caller owns the object. */
cJSON *settings_show(const struct settings *s);
/* A line for each on standard output, for --help. */
void settings_help(void);

#endif
