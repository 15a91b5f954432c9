/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cloud - the simulated cloud: what all of its parts share.
 *
 * A part is a store of things (servers, images, balancers), a service is a
 * door to them (service.h). One lock guards everything that is reached from
 * here; handlers and all functions of a part are called with it held, and
 * never sleep.
 *
 * What happens by itself is computed from the clock: a thing carries the time
 * at which it changes next, cloud_advance() asks each part to apply what is
 * due. It runs before every handler and, by a thread of the cloud, as soon as
 * the next change is due.
 *
 * SIGTERM and SIGINT are blocked in every thread; a program that is started
 * from here must have them unblocked.
 */
#ifndef CLOUD_CLOUD_H
#define CLOUD_CLOUD_H

#include <pthread.h>
#include <stdbool.h>

#include "common/err.h"
#include "common/json.h"
#include "tests/cloud/settings.h"

#define CLOUD_HOME_REGION "IAD" /* where none is named */

/* The regions' names, ended by NULL. */
extern const char *const cloud_regions[];

/* One account's share of one region: everything in a region belongs to one.
 * There is one struct for each pair, so pointers can be compared. */
struct place {
	struct place *next;
	const char *region; /* one of cloud_regions */
	char *tenant;
};

struct cloud {
	pthread_mutex_t lock;
	struct settings settings;
	char *url; /* of the API, "http://127.0.0.1:8900"; set when it serves */
	struct place *places;

	struct clock *clock;
	struct log *log;
	struct faults *faults;
	struct rates *rates;
	struct addresses *addresses;
	struct apps *apps;
	struct machines *machines; /* of the caller */

	/* one for each part, made by its start() */
	struct identity *identity;
	struct servers *servers;
	struct keypairs *keypairs;
	struct networks *networks;
	struct volumes *volumes;
	struct images *images;
	struct limits *limits;
	struct balancers *balancers;
};

/* What POST /_sim/config can do beyond settings: a member's name, what it
 * does with the member's value, and a line for --help. */
struct control {
	const char *name;
	int (*apply)(struct cloud *cloud, const cJSON *value, struct err *e);
	const char *help;
};

#define CONTROL_END                                                            \
	{                                                                      \
		.name = NULL                                                   \
	}

/* A store. What is NULL is not needed. */
struct part {
	const char *name; /* in /_sim/state and in the state file */
	const struct control *controls; /* ended by a row without a name */
	/* Makes the part's own struct; load() follows when there is a state
	 * that was saved. stop() releases everything, also when start() did
	 * not succeed or was never called. */
	int (*start)(struct cloud *cloud, struct err *e);
	void (*stop)(struct cloud *cloud);
	/* Applies everything due at `now' and returns when the next change is
	 * due (INFINITY: none). What has been changed from outside (a handler,
	 * a control) is looked at again at once. */
	double (*advance)(struct cloud *cloud, double now);
	/* What /_sim/state shows of a region; a new list or object. */
	cJSON *(*show)(struct cloud *cloud, const char *region);
	/* Everything, for the next run, as a new tree; and back. A tree that
	 * load() cannot use is an error, what it has loaded stays. */
	cJSON *(*save)(struct cloud *cloud);
	int (*load)(struct cloud *cloud, const cJSON *saved, struct err *e);
};

/* All of them, in the order in which they start, ended by NULL. */
extern const struct part *const cloud_parts[];

/* The cloud with everything in it, not yet served; `saved' is a tree that
 * cloud_save() made, or NULL. The machines are the caller's, and must have
 * ended (machines_end()) before the cloud is freed. */
struct cloud *cloud_new(const struct settings *s, const cJSON *saved,
	struct machines *machines, struct err *e);
void cloud_free(struct cloud *cloud);
cJSON *cloud_save(struct cloud *cloud);

void cloud_lock(struct cloud *cloud);
void cloud_unlock(struct cloud *cloud);

/* Seconds since the epoch by the cloud's own clock. */
double cloud_now(const struct cloud *cloud);
/* Puts that clock forward. */
void cloud_forward(struct cloud *cloud, double seconds);
/* Applies what is due. */
void cloud_advance(struct cloud *cloud);
/* Something was changed from outside, or in one part by another's advance():
 * the parts are asked anew when their next change is due. */
void cloud_changed(struct cloud *cloud);
/* How often cloud_changed() was called, or something was due. */
unsigned long cloud_changes(const struct cloud *cloud);

struct place *cloud_place(
	struct cloud *cloud, const char *region, const char *tenant);
/* The tree with the place's "region" and "tenant" added; and the place that
 * such a tree names, NULL when it names none. */
cJSON *cloud_save_place(const struct place *place, cJSON *tree);
struct place *cloud_load_place(
	struct cloud *cloud, const cJSON *tree, struct err *e);
/* The name of the region, written in whatever case, or NULL. */
const char *cloud_region(const char *name);

/* The earlier one of two times. */
double cloud_sooner(double a, double b);
/* A new random UUID; the caller frees it. */
char *cloud_uuid(void);
/* A time as the API writes it, "2031-04-01T10:00:00Z", and as HTTP does, "Tue,
 * 01 Apr 2031 10:00:00 GMT"; the caller frees it. */
char *cloud_time_text(double time);
char *cloud_http_date(double time);
/* The other way, also with a fraction or an offset, or false. */
bool cloud_time_read(const char *text, double *time);

#endif
