/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server - the servers, their lives and the calls on them.
 *
 * What a server is doing is a row of server_life.c's table; when that is due
 * to end, server_advance() ends it. Its application runs from app_delay after
 * it became ACTIVE until it is stopped, rebuilt, deleted or in ERROR.
 */
#ifndef CLOUD_SERVER_H
#define CLOUD_SERVER_H

#include "tests/cloud/app.h"
#include "tests/cloud/flavor.h"
#include "tests/cloud/image.h"
#include "tests/cloud/route.h"

struct server {
	struct server *next;
	struct place *place;
	struct app *app;         /* NULL: nothing answers */
	struct machine *machine; /* NULL: it is a stand-in */

	/* the rest is saved; times are 0 for never */
	char *id, *name, *user;
	char *image, *image_name, *build; /* image NULL: from a volume */
	char *flavor, *old_flavor;
	char *key_name, *disk_config;
	char *address, *private_address; /* IPv4, of public and private */
	char *access_address;
	char *host;
	bool config_drive;
	cJSON *metadata;
	cJSON *networks;  /* list of network ids */
	cJSON *addresses; /* label to list of {version, addr} */
	cJSON *fault;

	char *status, *doing;
	char *task; /* shown in place of the row's, or NULL */
	double created, updated;
	bool waited;       /* for its machine, past its due */
	double began, due; /* of what it is doing; due 0: it never ends */
	double listed;     /* from when on it is in lists */
	double active;     /* since when */
	char *doom;        /* fault text: its build ends in ERROR */
	char *sshd;        /* what goes wrong with its machine's, or NULL */

	double app_due; /* when the application comes up */
	double app_end; /* when it goes down by itself */
	bool app_is_up;
	bool was_machine;      /* before simcloud was started again */
	bool no_app;           /* it never comes up */
	double app_life;       /* it goes down so long after it came up */
	int64_t health_status; /* 0: as everything else */
	char *health_path;
	int64_t steps; /* of added metadata that were taken */
};

struct servers {
	struct server *first; /* the newest */
	unsigned count;       /* ever created: for what must differ */
	cJSON *steps;         /* of metadata that the cloud adds */
	cJSON *network_rules;
};

extern const struct part server_part;
extern const struct route server_routes[];

/* server.c: the store. */

/* The server {id} of the call; NULL when it has answered 404. */
struct server *server_of(struct call *call);
struct server *server_find(
	struct cloud *cloud, const struct place *place, const char *id);
bool server_is_gone(const struct server *s);
/* A new one, the newest, with a name and nothing else. */
struct server *server_add(
	struct cloud *cloud, struct place *place, const char *name);
bool server_takes_network(struct cloud *cloud, const char *id);
/* How many there are, and their memory in MB. */
int64_t server_count(struct cloud *cloud, const struct place *place);
int64_t server_ram(struct cloud *cloud, const struct place *place);
/* Gives it addresses in its networks; false when there are none left. */
bool server_take_addresses(struct cloud *cloud, struct server *s);

/* server_show.c */
cJSON *server_summary(const struct call *call, const struct server *s);
cJSON *server_details(const struct call *call, const struct server *s);
void server_list(struct call *call);
void server_list_details(struct call *call);

/* server_life.c */

double server_advance(struct cloud *cloud, double now);
/* Begins to do something: "build", "delete", ... */
void server_begin(struct cloud *cloud, struct server *s, const char *what);
/* What it is doing, as task_state says it now, or NULL; 0 to 100. */
const char *server_task(const struct server *s, double now);
int server_progress(const struct server *s, double now);
/* To ERROR with this fault. */
void server_fail(struct cloud *cloud, struct server *s, const char *fault);
/* At once ACTIVE with its application up. */
void server_finish(struct cloud *cloud, struct server *s);
void server_stop_app(struct server *s);
void server_apply_health(struct server *s);

/* server_create.c, server_action.c, server_meta.c: handlers */
void server_create(struct call *call);
void server_action(struct call *call);
void server_update(struct call *call);
/* The image's name and build are those of its application. */
void server_set_image(struct server *s, const struct image *image);
/* A server that has everything else begins its life. */
void server_build(struct cloud *cloud, struct server *s);
extern const struct route server_meta_routes[];

/* server_check.c: the members of a create request */

struct server_wish {
	const char *name;
	const struct flavor *flavor;
	const struct image *image;        /* NULL: from a volume */
	const struct image *volume_image; /* what that volume is made of */
	const cJSON *volume;              /* the mapping of the boot volume */
	const cJSON *volumes;             /* all mappings */
	const cJSON *networks;            /* ids; NULL: the two usual ones */
	const cJSON *metadata;
	const char *key_name, *disk_config;
	bool config_drive, unsatisfiable;
	int64_t count;
};

/* False when it has answered with an error. */
bool server_check(struct call *call, struct server_wish *wish);
/* Parts of it that other calls need. */
bool server_check_name(struct call *call, const cJSON *name);
bool server_check_image(
	struct call *call, const cJSON *reference, const struct image **image);
bool server_check_fit(struct call *call, const struct flavor *flavor,
	const struct image *image);
bool server_check_personality(struct call *call, const cJSON *files);
/* server_parts.c */
bool server_check_networks(
	struct call *call, const cJSON *list, const cJSON **ids);
bool server_check_volumes(
	struct call *call, struct server_wish *wish, const cJSON *list);
/* Makes or takes the volumes of a request that was checked. */
void server_attach_volumes(
	struct call *call, struct server *s, const struct server_wish *wish);

/* server_sim.c: POST /_sim/config */
extern const struct control server_controls[];

#endif
