/* SPDX-License-Identifier: Apache-2.0 */
/* What POST /_sim/config does to the balancers. */
#include <math.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/balancer_check.h"
#include "tests/cloud/identity.h"
#include "tests/cloud/shape.h"

static struct balancer_quirks *quirks_of(struct cloud *cloud)
{
	return &cloud->balancers->quirks;
}

static int set_seconds(double *field, const cJSON *value, struct err *e)
{
	if (!cJSON_IsNumber(value) ||
		!(value->valuedouble >= 0 && value->valuedouble < 1e6))
		return err_set(e, ERR_OTHER, "not a number from 0 to 1e6");
	*field = value->valuedouble;
	return 0;
}

static int set_count(int64_t *field, const cJSON *value, struct err *e)
{
	int64_t number;

	if (!json_is_int(value, &number) || number < 0 || number > 100000)
		return err_set(
			e, ERR_OTHER, "not a whole number from 0 to 100000");
	*field = number;
	return 0;
}

/* One of these statuses, of which 0 ends the list. */
static int set_status(int64_t *field, const cJSON *value,
	const int64_t *statuses, struct err *e)
{
	int64_t number;

	for (; *statuses; statuses++)
		if (json_is_int(value, &number) && number == *statuses) {
			*field = number;
			return 0;
		}
	return err_set(e, ERR_OTHER, "not one of its statuses");
}

static int set_bool(bool *field, const cJSON *value, struct err *e)
{
	if (!cJSON_IsBool(value))
		return err_set(e, ERR_OTHER, "not a boolean");
	*field = cJSON_IsTrue(value);
	return 0;
}

static int stale_active(struct cloud *cloud, const cJSON *value, struct err *e)
{
	return set_seconds(&quirks_of(cloud)->stale_active, value, e);
}

static int monitor_scale(struct cloud *cloud, const cJSON *value, struct err *e)
{
	return set_seconds(&quirks_of(cloud)->monitor_scale, value, e);
}

static int node_limit(struct cloud *cloud, const cJSON *value, struct err *e)
{
	return set_count(&quirks_of(cloud)->node_limit, value, e);
}

static int balancer_limit(
	struct cloud *cloud, const cJSON *value, struct err *e)
{
	return set_count(&quirks_of(cloud)->balancer_limit, value, e);
}

static int duplicate_nodes(
	struct cloud *cloud, const cJSON *value, struct err *e)
{
	static const int64_t statuses[] = { 413, 422, 0 };

	return set_status(
		&quirks_of(cloud)->duplicate_nodes, value, statuses, e);
}

static int bulk_node_put(struct cloud *cloud, const cJSON *value, struct err *e)
{
	static const int64_t statuses[] = { 202, 400, 404, 405, 0 };

	return set_status(&quirks_of(cloud)->bulk_node_put, value, statuses, e);
}

static int deleted_details(
	struct cloud *cloud, const cJSON *value, struct err *e)
{
	static const int64_t statuses[] = { 200, 404, 410, 0 };

	return set_status(
		&quirks_of(cloud)->deleted_details, value, statuses, e);
}

static int list_deleted(struct cloud *cloud, const cJSON *value, struct err *e)
{
	return set_bool(&quirks_of(cloud)->list_deleted, value, e);
}

static int metadata_locks(
	struct cloud *cloud, const cJSON *value, struct err *e)
{
	return set_bool(&quirks_of(cloud)->metadata_locks, value, e);
}

/* Whether the balancer is the one that is named, and in the region if one is.
 */
static bool is_meant(const struct balancer *b, const cJSON *value)
{
	const char *region = json_str(value, "region");

	if (balancer_is(b, "DELETED") ||
		(region && b->place->region != cloud_region(region)))
		return false;
	return json_member(value, "id")
		       ? json_int(value, "id", 0) == b->id
		       : streq(json_str(value, "name"), b->name);
}

static int steer(struct cloud *cloud, const cJSON *value, struct err *e)
{
	static const struct shape rows[] = { { "id", SHAPE_COUNT },
		{ "name", SHAPE_TEXT }, { "region", SHAPE_TEXT },
		{ "status", SHAPE_TEXT }, { NULL, SHAPE_ANY } };
	static const char *const statuses[] = { "BUILD", "ACTIVE",
		"PENDING_UPDATE", "PENDING_DELETE", "SUSPENDED", "ERROR",
		"DELETED" };
	const char *status = json_str(value, "status");
	struct balancer *b;
	size_t i = 0;

	if (shape_check(value, rows, e) < 0)
		return -1;
	while (i < sizeof(statuses) / sizeof(*statuses) &&
		!streq(statuses[i], status))
		i++;
	if (i == sizeof(statuses) / sizeof(*statuses))
		return err_set(e, ERR_OTHER,
			"a status is wanted, such as "
			"ERROR");
	b = cloud->balancers->first;
	while (b && !is_meant(b, value))
		b = b->next;
	if (!b)
		return err_set(e, ERR_ABSENT, "there is no such balancer");
	balancer_force(cloud, b, statuses[i]);
	return 0;
}

/* A member that the schema of a create request does not have. */
static cJSON *take_member(cJSON *object, const char *name)
{
	return cJSON_DetachItemFromObjectCaseSensitive(object, name);
}

static int make(struct cloud *cloud, cJSON *given, const char *region,
	const char *tenant, struct err *e)
{
	static const char usual[] = "[{'type': 'PUBLIC', 'ipVersion': 'IPV4'}]";
	cJSON *messages = cJSON_CreateArray();
	struct balancer *b = NULL;

	if (!schema_has(given, "protocol"))
		json_set_str(given, "protocol", "HTTP");
	if (!schema_has(given, "virtualIps"))
		json_set(given, "virtualIps", json_literal(usual));
	if (!cloud_region(region))
		err_set(e, ERR_OTHER, "no region '%.50s'", region);
	else if (!schema_is(given, schema_balancer))
		err_set(e, ERR_OTHER, "not as in a create request");
	else
		b = balancer_make(cloud, cloud_place(cloud, region, tenant),
			given, false, messages);
	if (json_size(messages))
		err_set(e, ERR_OTHER, "%s", messages->child->valuestring);
	cJSON_Delete(messages);
	if (!b)
		return -1;
	balancer_force(cloud, b, "ACTIVE");
	return 0;
}

static int add_one(struct cloud *cloud, const cJSON *value, struct err *e)
{
	cJSON *given = json_copy(value);
	cJSON *region = take_member(given, "region");
	cJSON *tenant = take_member(given, "tenant");
	int result = make(cloud, given,
		cJSON_IsString(region) ? region->valuestring
				       : CLOUD_HOME_REGION,
		cJSON_IsString(tenant) ? tenant->valuestring
				       : identity_main_account->tenant,
		e);

	cJSON_Delete(given);
	cJSON_Delete(region);
	cJSON_Delete(tenant);
	return result;
}

static int add(struct cloud *cloud, const cJSON *value, struct err *e)
{
	if (!cJSON_IsArray(value))
		return err_set(e, ERR_OTHER, "not a list");
	json_each (one, value) {
		if (!cJSON_IsObject(one))
			return err_set(e, ERR_OTHER, "not a list of objects");
		if (add_one(cloud, one, e) < 0)
			return -1;
	}
	return 0;
}

const struct control balancer_controls[] = {
	{ "balancer", steer,
		"{id or name, region?, status}: in that status from now on" },
	{ "balancers", add,
		"[as in a create request, region?, tenant?]: ACTIVE at once" },
	{ "stale_active", stale_active,
		"S: after a change the status reads ACTIVE so long" },
	{ "monitor_scale", monitor_scale,
		"factor on the seconds of health monitors set from now on" },
	{ "node_limit", node_limit, "N: nodes of a balancer (25)" },
	{ "balancer_limit", balancer_limit, "N: balancers in a region (25)" },
	{ "duplicate_nodes", duplicate_nodes, "413 or 422: how refused (413)" },
	{ "bulk_node_put", bulk_node_put,
		"202, or 400, 404, 405: it is refused so (202)" },
	{ "deleted_details", deleted_details,
		"404, 410 or 200 for a deleted balancer (404)" },
	{ "list_deleted", list_deleted, "true: deleted balancers are listed" },
	{ "metadata_locks", metadata_locks,
		"false: changes of metadata are no PENDING_UPDATE" },
	{ NULL, NULL, NULL },
};
