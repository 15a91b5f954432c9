/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan - what would change, as data, and the one place that changes it.
 *
 * A module reads and appends steps, with the verbs of server.h, balancer.h and
 * so on. Check mode shows the steps instead of applying them, diff mode shows
 * what each changes; a step keeps its own outcome, so that a report can tell
 * what became of each of twenty servers.
 *
 * Steps are applied in their order; neighbours that are `together' at the same
 * time. A create whose answer is lost is repeated only after looking for its
 * mark; a refusal that shows that the world has changed makes main plan anew.
 */
#ifndef COMMON_PLAN_H
#define COMMON_PLAN_H

#include "common/cloud.h"

enum step_state {
	STEP_PLANNED, /* not done; perhaps never to be sent */
	STEP_LOST,    /* sent, and nobody knows whether it was done */
	STEP_STARTED, /* accepted, and what it wants is still waited for */
	STEP_DONE,    /* took effect, and what it waits for is there */
	STEP_FAILED,  /* refused, or it took effect and went wrong */
	STEP_LATE,    /* took effect, but the deadline came first */
};

enum step_wait {
	WAIT_NOT,    /* the answer is enough */
	WAIT_LOOK,   /* look once, so that the result shows the thing */
	WAIT_USABLE, /* until it can be used, or is gone */
};

struct plan;
struct step;

/* How a refused or lost request is to be taken. */
enum refusal {
	REFUSAL_FINAL,
	REFUSAL_BUSY,    /* when the thing is ready, again */
	REFUSAL_ALREADY, /* what was wanted is so already */
	REFUSAL_BEGUN,   /* it will be so: wait for it as if we had asked */
	REFUSAL_CHANGED, /* the world is not as planned */
};

/* What steps of one kind have in common. Functions may be NULL. */
struct step_kind {
	int64_t first_pause; /* milliseconds between polls, at least */
	bool lags; /* what was just made may not be seen by every look */
	/* What a refusal (an answer that is neither 2xx nor a rate limit)
	 * means; NULL: final. */
	enum refusal (*refusal)(struct cloud *cloud, const struct step *step,
		const struct call *call);
	/* Whether the thing can take a change now: 1, or 0 for not yet; -1
	 * when it never will. Asked before the step and while it is busy. */
	int (*ready)(
		struct cloud *cloud, const struct step *step, struct err *e);
	/* Takes from the answer what the step must remember (its id). -1 when
	 * the answer lacks it. */
	int (*accepted)(struct cloud *cloud, struct step *step,
		const cJSON *reply, struct err *e);
	/* Looks for what these lost steps made, by their marks: those found
	 * get their id and become STEP_STARTED. -1 when it cannot be known.
	 * NULL: a POST that changes a target is planned anew, another may
	 * simply be sent again. */
	int (*find_lost)(struct cloud *cloud, struct step *const *steps,
		size_t count, struct err *e);
	/* One look at a group that is waited for: sets `object' of each, and
	 * `state' of those that are usable (or gone) or have gone wrong. */
	int (*look)(struct cloud *cloud, struct step *const *steps,
		size_t count, struct err *e);
	/* Appends the step that removes what this one made. */
	void (*undo)(struct plan *undo, const struct cloud *cloud,
		const struct step *step);
};

struct step {
	/* The wish; texts and trees live in the plan's pool. */
	const struct step_kind *kind;
	const char *doing; /* "creating server web1", for messages */
	const char *thing; /* "server web1", for what is shown */
	enum cloud_service service;
	const char *method, *path;
	const cJSON *body;        /* or NULL */
	const char *content_type; /* NULL: application/json */
	const char *mark;         /* the mark in the body, or NULL */
	const char *target;       /* id of the thing that it changes, or NULL */
	bool ready;               /* the thing was seen ready just before */
	const cJSON *was;         /* for diff: before (NULL: nothing), after */
	const cJSON *becomes;     /* (NULL: nothing) */
	bool together;
	enum step_wait wait;

	/* What came of it. */
	enum step_state state;
	struct err *err;      /* of STEP_FAILED and STEP_LOST */
	const char *id;       /* of the thing, once it is known */
	const cJSON *object;  /* the thing: as predicted, then as it is */
	const cJSON *reply;   /* the answer to the request, or NULL */
	const char *location; /* that it named in a header, or NULL */
	int64_t since;        /* when it was accepted */
	int64_t absent;       /* since when its target is not found; 0: it is */
	bool took;            /* it changed something, or may have */
	bool agreed;          /* it was accepted, but the answer lacks its id */
	bool seen;            /* a look has shown the thing */
	struct {
		bool begun, ended;
		int64_t since;
		const char *state;
	} told; /* what progress.h was told of it */
	int sends;
};

struct plan {
	struct pool *pool;
	struct step **steps;
	size_t count, size;
	size_t first; /* of the steps that are still to be applied */
	bool applied; /* or only made, as in check mode */
};

void plan_init(struct plan *plan, struct pool *pool);
void plan_free(struct plan *plan);

/* Appends a copy of the step and returns it. */
struct step *plan_add(struct plan *plan, const struct step *step);

/* Appends the removal of what a step has made, a DELETE of `collection'/ID at
 * the service that made it, for a kind's undo(). */
struct step *plan_add_removal(struct plan *plan, const struct step_kind *kind,
	const struct cloud *cloud, const char *collection,
	const struct step *made);

#define PLAN_LAST_LOOK 5000
/* For so many milliseconds lists may lack what was just made (servers.md A5).
 */
#define PLAN_LIST_LAG 10000

/* What was appended so far is settled; what is appended next replaces it as the
 * plan, after ERR_CHANGED or ERR_LOST. */
void plan_again(struct plan *plan);

/* Applies the steps; waits until `wait_until' at most, the last look may take
 * PLAN_LAST_LOOK milliseconds more.
 * On failure the first thing that went wrong is in e, and each step has its
 * own state. ERR_CHANGED and ERR_LOST ask for a new plan; what was done stays
 * done. */
int plan_apply(struct plan *plan, struct cloud *cloud, int64_t wait_until,
	struct err *e);

/* Removes what the plan's steps have made, newest first, as far as that goes:
 * for a run that was interrupted. The cloud's `idle' is not called any more,
 * whatever it would say. Says in `removed' and `left' (lists of
 * texts) what became of each. */
void plan_undo(
	struct plan *plan, struct cloud *cloud, cJSON *removed, cJSON *left);

/* A step took effect, or would. */
bool plan_changes(const struct plan *plan, bool check);

/* [{"method", "path", "body"}], the path as the server sees it. */
int plan_requests(const struct plan *plan, struct cloud *cloud,
	cJSON **requests, struct err *e);
/* [{"before_header", "before", "after_header", "after"}], as --diff shows: what
 * took effect, or would. */
cJSON *plan_diff(const struct plan *plan);

/* A new mark: 128 random bits as 32 hexadecimal digits; in the pool. */
const char *plan_mark(struct plan *plan);

/* The key that holds a mark in metadata. */
#define PLAN_MARK_KEY "ansible-run"

/* Takes every mark out of a tree: members of that key, and list items that are
 * {"key": that key, ...}. */
void plan_hide_marks(cJSON *tree);

#endif
