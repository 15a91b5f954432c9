/* SPDX-License-Identifier: Apache-2.0 */
/*
 * balancer - the verbs of Cloud Load Balancers (load-balancers.md part A).
 *
 * A balancer takes one change at a time: each step waits until it is ACTIVE,
 * and is sent again when another change came between.
 */
#ifndef COMMON_BALANCER_H
#define COMMON_BALANCER_H

#include "common/task.h"

/* The balancer that a user means: an all-digit text that is an id is that
 * balancer, else the one of this name; with all its details. NULL when there
 * is none; one that is being deleted only when there is no other. Several of
 * the name are an error. In check mode something like "<edge.id>", which an
 * earlier task has predicted, is a balancer without nodes. */
int balancer_find(struct task *task, const char *given, const cJSON **balancer,
	struct err *e);
/* As above, but there must be one. In check mode a missing one is predicted,
 * with a warning, since an earlier task may be about to make it. */
int balancer_need(struct task *task, const char *given, const cJSON **balancer,
	struct err *e);
/* All balancers (summaries), or those of this name; a list in the pool. */
int balancer_list(struct task *task, const char *name, const cJSON **balancers,
	struct err *e);
/* All details of one; ERR_ABSENT when there is none of this id. */
int balancer_get(struct task *task, const char *id, const cJSON **balancer,
	struct err *e);
/* The details of all of these summaries, each with its "healthMonitor" ({}
 * without one), read at once; those that are gone meanwhile are left out. */
int balancer_get_all(struct task *task, const cJSON *summaries,
	const cJSON **balancers, struct err *e);
/* Its health monitor, {} without one. */
int balancer_monitor(struct task *task, const cJSON *balancer,
	const cJSON **monitor, struct err *e);
/* {"NODE_LIMIT": number, ...} */
int balancer_limits(struct task *task, const cJSON **limits, struct err *e);

/* Its id as text; in the balancer or the pool. */
const char *balancer_id(struct task *task, const cJSON *balancer);
bool balancer_is_going(const cJSON *balancer);
/* {"key": text or null}: the values as texts, as server metadata has them, but
 * null, which stands for a key that is not to be there. In the pool. */
const cJSON *balancer_metadata_texts(struct task *task, const cJSON *given);
/* The value of one key of its metadata, or NULL. */
const char *balancer_metadata(const cJSON *balancer, const char *key);

/* The balancer as the steps have left it: as it was last read, with what the
 * cloud has accepted since, and nothing that was only planned; in check mode as
 * it would be. `found' is what it was when the plan was made. */
const cJSON *balancer_latest(struct task *task, const cJSON *found);
/* The node of this address as the answer to an addition names it, or NULL. */
const cJSON *balancer_added_node(
	const struct task *task, const char *address, int64_t port);

/* The balancer as the rax modules have always shown it (peer.md, Keep). The
 * caller deletes it. */
cJSON *balancer_facts(const cJSON *balancer);
/* A node likewise; its status only where `with_status'. */
cJSON *balancer_node_facts(const cJSON *node, bool with_status);

/* A balancer to be made; NULL members are left out. */
struct balancer_wish {
	const char *name, *protocol, *algorithm, *vip_type, *vip_id;
	int64_t port, timeout;
	const cJSON *metadata;   /* {"key": text} */
	const cJSON *monitor;    /* as the API takes it */
	const char *persistence; /* its type */
};
struct step *balancer_create(struct task *task,
	const struct balancer_wish *wish, enum step_wait wait);
/* Settings: those of {"port": ..., "algorithm": ...} that differ. */
void balancer_update(struct task *task, const cJSON *balancer,
	const cJSON *settings, enum step_wait wait);
/* NULL removes it. */
void balancer_set_monitor(struct task *task, const cJSON *balancer,
	const cJSON *was, const cJSON *monitor, enum step_wait wait);
/* NULL or "" removes it. */
void balancer_set_persistence(struct task *task, const cJSON *balancer,
	const char *type, enum step_wait wait);
void balancer_delete(
	struct task *task, const cJSON *balancer, enum step_wait wait);
/* Waits, without any change, until it is ACTIVE, or until it is gone. */
void balancer_await(struct task *task, const cJSON *balancer);

/* Makes its metadata these {"key": text or null}: keys that begin with
 * "ansible-" are touched only when they are named, null removes a key, and if
 * only such keys are named the others are left alone too. */
void balancer_set_metadata(struct task *task, const cJSON *balancer,
	const cJSON *wanted, enum step_wait wait);

/* For those who have no task: all details of one, whatever its status; `doing'
 * is for messages. ERR_ABSENT when there is none of this id. */
int balancer_read(struct cloud *cloud, const char *id, const char *doing,
	const cJSON **balancer, struct err *e);

/* For node.c: reads the balancer of a step, as its `object'. The step has
 * failed when the balancer is gone, or takes changes no more. */
int balancer_look(struct cloud *cloud, struct step *step, struct err *e);
/* For node.c, balancer_metadata.c and balancer_settings.c: a change of the
 * balancer, to be filled in further; and the balancer as the steps planned so
 * far leave it, a copy. */
cJSON *balancer_so_far(struct task *task, const cJSON *balancer);
struct step *balancer_change(struct task *task, const cJSON *balancer,
	const char *method, const char *path_behind_id, const cJSON *body,
	const char *doing, enum step_wait wait);

#endif
