/* SPDX-License-Identifier: Apache-2.0 */
/*
 * balancer_store - the balancers, their nodes, and their lives.
 *
 * Private to balancer*.c. All of it needs the cloud's lock.
 */
#ifndef CLOUD_BALANCER_STORE_H
#define CLOUD_BALANCER_STORE_H

#include "tests/cloud/health.h"
#include "tests/cloud/proxy.h"
#include "tests/cloud/route.h"

struct balancer_node {
	struct balancer_node *next;
	int64_t id, port, weight;
	char *address, *condition, *type; /* as the API writes them */
	bool online;
	bool coming;     /* online, but the traffic does not know yet */
	cJSON *metadata; /* list of {id, key, value}, or NULL */
	int64_t watched; /* the monitor that looks after it, 0: none */
};

/* What traffic is served by: the state of the last change that took effect. */
struct balancer_effect {
	struct proxy_plan plan;
	char *conditions; /* of the plan's nodes, their first letters */
	bool monitored;
};

struct balancer {
	struct balancer *next; /* by id, upwards */
	struct place *place;
	int64_t id, port, timeout;
	char *name, *protocol, *algorithm, *status;
	bool half_closed, https_redirect, logging, caching;
	double created, listed; /* listed: from when on it is in lists */
	double updated;         /* 0: never */
	cJSON *vips;            /* list, as the API shows it */
	cJSON *monitor, *persistence, *throttle, *access, *metadata, *ssl;
	struct balancer_node *nodes;

	double due;   /* when the present change takes effect; 0: it did */
	double stale; /* until then the status reads as if ACTIVE */
	bool stuck;   /* the change never takes effect */
	bool sent;    /* to the proxy, whose outcome is not known yet */
	char *problem;
	int64_t monitor_serial; /* another one for each change of monitor */
	struct balancer_effect effect;
};

/* What POST /_sim/config can set, with its default. */
struct balancer_quirks {
	double stale_active;     /* seconds; 0 */
	double monitor_scale;    /* of a monitor's delay and timeout; 1 */
	int64_t node_limit;      /* 25 */
	int64_t balancer_limit;  /* 25 */
	int64_t duplicate_nodes; /* the status: 413 or 422; 413 */
	int64_t bulk_node_put;   /* 202 or how it is refused; 202 */
	int64_t deleted_details; /* 404, 410 or 200; 404 */
	bool list_deleted;       /* without asking for them; false */
	bool metadata_locks;     /* it is a change as any other; true */
};

struct balancers {
	struct balancer *first;
	int64_t last_id, last_node, last_other;
	struct proxies *proxies;
	struct health *health;
	struct balancer_quirks quirks;
	bool ended; /* what the two threads tell does not matter any more */
};

/* balancer.c: the store */

struct balancer *balancer_find(
	struct cloud *cloud, const struct place *place, int64_t id);
/* The balancer {id} of the call, deleted or not; NULL when it has answered
 * 404. */
struct balancer *balancer_of(struct call *call);
/* The same for what it consists of: 410 once it is deleted. */
struct balancer *balancer_of_part(struct call *call);
bool balancer_is(const struct balancer *b, const char *status);
struct balancer *balancer_add(struct cloud *cloud, struct place *place);
void balancer_drop(struct cloud *cloud, struct balancer *b);
struct balancer_node *balancer_add_node(
	struct cloud *cloud, struct balancer *b);
void balancer_drop_node(
	struct cloud *cloud, struct balancer *b, struct balancer_node *node);
struct balancer_node *balancer_find_node(const struct balancer *b, int64_t id);
/* An id for a virtual IP, a metadata or access list item. */
int64_t balancer_new_id(struct cloud *cloud);

/* balancer_life.c: changes */

/* Whether it takes a change now; false when it has answered 422. */
bool balancer_may_change(struct call *call, const struct balancer *b);
/* A change was made: it is in this state until that takes effect. */
void balancer_begin(
	struct cloud *cloud, struct balancer *b, const char *status);
/* Lets what is there take effect now. */
void balancer_take_effect(struct cloud *cloud, struct balancer *b);
/* Another monitor, or none: the nodes' status follows. */
void balancer_set_monitor(
	struct cloud *cloud, struct balancer *b, cJSON *monitor);
/* In this state from now on, whatever it was doing. */
void balancer_force(
	struct cloud *cloud, struct balancer *b, const char *status);
double balancer_advance(struct cloud *cloud, double now);
/* Takes in what the monitors and the proxies have to tell. */
void balancer_follow(struct cloud *cloud);
/* The monitor as health.h wants it. */
struct health_monitor balancer_monitor_of(
	const struct cloud *cloud, const cJSON *monitor);

/* balancer_show.c: as the API writes things */

cJSON *balancer_summary(const struct balancer *b, double now);
cJSON *balancer_details(const struct balancer *b, double now);
cJSON *balancer_show_node(
	const struct balancer *b, const struct balancer_node *node);
cJSON *balancer_show_nodes(const struct balancer *b);
const char *balancer_shown_status(const struct balancer *b, double now);

/* balancer_item.c: lists of objects that have an id; NULL when empty */

cJSON *balancer_find_item(const cJSON *list, int64_t id);
/* Copies of the items, with new ids and just these members (ended by NULL),
 * at the list's end. */
void balancer_add_items(struct cloud *cloud, cJSON **list, const cJSON *items,
	const char *const *members);
/* Out of the list; the caller deletes it. */
cJSON *balancer_take_item(cJSON **list, int64_t id);

/* balancer_vip.c */

/* The virtual IPs that a create wishes, as `vips' of the balancer; -1 with a
 * message appended to the list. */
int balancer_take_vips(struct cloud *cloud, struct balancer *b,
	const cJSON *wished, cJSON *messages);
void balancer_give_vips(struct cloud *cloud, struct balancer *b);
/* The IPv4 address that listens, or NULL. */
const char *balancer_address(const struct balancer *b);
/* Whether none of its virtual IPs has another balancer on that port. */
bool balancer_port_is_free(const struct cloud *cloud, const struct balancer *b,
	int64_t port, const char *protocol);

/* balancer_create.c */

/* Makes what is given, which matches its schema, BUILD; NULL with messages
 * appended. `is_ours': as a create request may, else as POST /_sim/config. */
struct balancer *balancer_make(struct cloud *cloud, struct place *place,
	const cJSON *given, bool is_ours, cJSON *messages);
void balancer_create(struct call *call);
/* A node as it is given, at the end of the balancer's. */
struct balancer_node *balancer_make_node(
	struct cloud *cloud, struct balancer *b, const cJSON *given);
/* Whether another node has the address and port, in whatever way written. */
bool balancer_has_pair(const struct balancer *b, const cJSON *given);
bool balancer_same_pair(const cJSON *a, const cJSON *b);

/* balancer_save.c */

cJSON *balancer_save(struct cloud *cloud);
int balancer_load(struct cloud *cloud, const cJSON *saved, struct err *e);
/* Frees what the struct owns; the structs themselves are the caller's. */
void balancer_clear(struct balancer *b);
void balancer_clear_node(struct balancer_node *node);

extern const struct control balancer_controls[];

/* Tables of routes, one for each file. */
extern const struct route balancer_call_routes[];
extern const struct route balancer_node_routes[];
extern const struct route balancer_meta_routes[];
extern const struct route balancer_part_routes[];
extern const struct route balancer_vip_routes[];
extern const struct route balancer_access_routes[];
extern const struct route balancer_info_routes[];

#endif
