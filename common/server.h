/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server - the verbs of compute: find servers, make them, remove them.
 *
 * Paths, bodies and states are Cloud Servers v2's (servers.md part A).
 */
#ifndef COMMON_SERVER_H
#define COMMON_SERVER_H

#include "common/task.h"

/* All servers that match the query ("" or "name=...&flavor=..."), without
 * those that are deleted; a list in the pool, in the API's order. */
int server_list(struct task *task, const char *query, const cJSON **servers,
	struct err *e);
/* The query that the API's regular expression needs to mean this very name;
 * names must be compared again all the same. */
const char *server_name_query(struct task *task, const char *name);
/* One server; ERR_ABSENT when there is none of this id, or it is deleted. */
int server_get(
	struct task *task, const char *id, const cJSON **server, struct err *e);
/* {"absolute name": number}: compute's absolute limits. */
int server_limits(struct task *task, const cJSON **limits, struct err *e);

/* One flavor by its id, {} when there is none. */
int server_flavor(
	struct task *task, const char *id, const cJSON **flavor, struct err *e);

/* It is being deleted; its status says nothing of that (servers.md A6). */
bool server_is_going(const cJSON *server);
/* Each pair of `wanted' is in the server's metadata. */
bool server_has_metadata(const cJSON *server, const cJSON *wanted);
/* An address of any of its networks is this one. */
bool server_has_address(const cJSON *server, const char *address);
/* Values as the API wants them: texts; lists joined by commas, dicts as JSON,
 * all else as Python prints it. In the pool. */
const cJSON *server_metadata_texts(struct task *task, const cJSON *metadata);

/* The list, oldest first (by `created', then id); in the pool. */
const cJSON *server_by_age(struct task *task, const cJSON *servers);
/* Whether it was made from this image, or from a volume made from it; or,
 * without an image, whether it has booted from this volume (id or name).
 * Either may be NULL. Reads volumes only where the server has no image. */
int server_boots_from(struct task *task, const cJSON *server, const char *image,
	const char *volume, bool *does, struct err *e);

/* The files {"remote path": "local path"} as {"remote path": base64}; "Failed
 * to load FILE" when one cannot be read. What they hold is secret from then
 * on. */
int server_read_files(struct task *task, const cJSON *files,
	const cJSON **contents, struct err *e);
/* The text, or the contents of the file that it names, as base64; secret too.
 */
int server_read_user_data(struct task *task, const char *text_or_file,
	const char **contents, struct err *e);

/* A server to be made; NULL members are left out. */
struct server_wish {
	const char *name, *image, *flavor; /* ids; image "" for a volume */
	const char *key_name, *disk_config;
	const char *user_data; /* base64 */
	bool config_drive;
	const cJSON *metadata;     /* texts */
	const cJSON *files;        /* {"path": "contents"}, plain */
	const cJSON *networks;     /* [{"uuid", "label"}] from network.h */
	const cJSON *block_device; /* block_device_mapping_v2's one entry */
	const cJSON *extra;        /* more members of "server" */
	const char *mark;          /* NULL: a new one */
};

/* Appends the create; neighbours are made at the same time. */
struct step *server_create(
	struct task *task, const struct server_wish *wish, enum step_wait wait);
/* Appends the delete of a server that was read, or of {"id": ...}. */
struct step *server_delete(
	struct task *task, const cJSON *server, enum step_wait wait);
/* Appends a wait, without any change, for a server that is being built; or for
 * one that is going. */
struct step *server_await(struct task *task, const cJSON *server);
void server_await_gone(struct task *task, const cJSON *server);

/* For server_steps.c: the body of the create, and its mark or NULL; and the
 * server as it will be, `of' its name in what only the cloud knows. */
cJSON *server_body(
	struct task *task, const struct server_wish *wish, const char **mark);
const cJSON *server_predicted(struct task *task, const struct server_wish *wish,
	const cJSON *body, const char *of);

#endif
