/* SPDX-License-Identifier: Apache-2.0 */
/* What is seen to while a bake waits. */
#include "common/bake/bake_part.h"
#include "common/server.h"
#include "common/str.h"

/* Milliseconds between looks at a server that nobody is logged in to, and those
 * that one may take. */
#define LOOK_AGAIN 10000
#define LOOK_TIME  5000

/* Whether SSH may come back. A look that fails is no verdict. */
static bool may_come_back(struct bake *b, struct err *e)
{
	struct cloud *c = b->task->cloud;
	int64_t deadline = c->deadline, end = cloud_now(c) + LOOK_TIME;
	const cJSON *server;
	int rc;

	if (end < deadline)
		c->deadline = end;
	rc = server_get(b->task, b->server->id, &server, e);
	c->deadline = deadline;
	if (rc < 0)
		return e->code != ERR_ABSENT && e->code != ERR_INTERRUPTED;
	return !streq(json_str(server, "status"), "ERROR") &&
	       !server_is_going(server);
}

int bake_watch(void *context, struct err *e)
{
	struct bake *b = context;
	int64_t now = cloud_now(b->task->cloud);
	struct err why = { 0 };

	if (lease_keep(b, e) < 0)
		return -1;
	if (!b->look || !b->remote || remote_is_connected(b->remote)) {
		b->look = now + LOOK_AGAIN;
		return 0;
	}
	if (now < b->look)
		return 0;
	/* What is asked now waits, too. */
	b->look = now + LOOK_AGAIN;
	if (may_come_back(b, &why))
		return 0;
	if (why.code == ERR_INTERRUPTED)
		return err_set(e, ERR_INTERRUPTED, "%s", why.text);
	return err_set(e, ERR_ABSENT, "nobody can log in to %s any more",
		b->server->thing);
}
