/* SPDX-License-Identifier: Apache-2.0 */
#include "common/keypair.h"

#include "common/str.h"

/* Each item is wrapped once more in the answer (servers.md A7). */
static cJSON *unwrapped(const cJSON *list)
{
	cJSON *keypairs = cJSON_CreateArray();

	json_each (item, list) {
		const cJSON *keypair = json_member(item, "keypair");

		if (json_str(keypair, "name"))
			json_append(keypairs, json_copy(keypair));
	}
	return keypairs;
}

int keypair_list(struct task *t, const cJSON **keypairs, struct err *e)
{
	cJSON *list;

	if (cloud_list(t->cloud, CLOUD_COMPUTE, "/os-keypairs", "keypairs",
		    "listing key pairs", &list, e) < 0)
		return -1;
	*keypairs = pool_keep(t->pool, unwrapped(list));
	pool_drop(t->cloud->pool, list);
	return 0;
}

/* The name is the mark: one of that name is what we have made. */
static enum refusal refused_create(
	struct cloud *c, const struct step *s, const struct call *call)
{
	(void)c;
	return call->http.status == 409 && s->sends > 1 ? REFUSAL_ALREADY
							: REFUSAL_FINAL;
}

static enum refusal refused_delete(
	struct cloud *c, const struct step *s, const struct call *call)
{
	(void)c, (void)s;
	return call->http.status == 404 || call->http.status == 410
		       ? REFUSAL_ALREADY
		       : REFUSAL_FINAL;
}

static const struct step_kind creating = {
	.first_pause = 100,
	.refusal = refused_create,
};

static const struct step_kind deleting = {
	.first_pause = 100,
	.refusal = refused_delete,
};

struct step *keypair_create(
	struct task *t, const char *name, const char *public_key)
{
	const cJSON *keypair =
		pool_keep(t->pool, json_object(JSON_STR("name", name),
					   JSON_STR("public_key", public_key)));
	const cJSON *body =
		pool_keep(t->pool, json_object(JSON_COPY("keypair", keypair)));

	return plan_add(t->plan,
		&(struct step){ .kind = &creating,
			.service = CLOUD_COMPUTE,
			.method = "POST",
			.path = "/os-keypairs",
			.body = body,
			.doing = pool_printf(
				t->pool, "creating key pair %s", name),
			.thing = pool_printf(t->pool, "key pair %s", name),
			.becomes = body,
			.object = keypair,
			.id = name,
			.wait = WAIT_NOT });
}

struct step *keypair_delete(struct task *t, const char *name)
{
	return plan_add(t->plan,
		&(struct step){ .kind = &deleting,
			.service = CLOUD_COMPUTE,
			.method = "DELETE",
			.path = pool_printf(t->pool, "/os-keypairs/%s",
				task_path_id(t, name)),
			.doing = pool_printf(
				t->pool, "deleting key pair %s", name),
			.thing = pool_printf(t->pool, "key pair %s", name),
			.id = name,
			.was = pool_keep(
				t->pool, json_object(JSON_STR("name", name))),
			.together = true,
			.wait = WAIT_NOT });
}
