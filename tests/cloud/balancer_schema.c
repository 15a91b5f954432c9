/* SPDX-License-Identifier: Apache-2.0 */
/* The names and types of what is sent to the balancers. */
#include "common/str.h"
#include "tests/cloud/balancer_check.h"

#define END                                                                    \
	{                                                                      \
		.name = NULL                                                   \
	}

const struct schema schema_meta[] = { { "id", SCHEMA_ANY, NULL },
	{ "key", SCHEMA_TEXT, NULL }, { "value", SCHEMA_TEXT, NULL }, END };

const struct schema schema_meta_put[] = { { "id", SCHEMA_ANY, NULL },
	{ "key", SCHEMA_TEXT, NULL }, { "value", SCHEMA_TEXT, NULL }, END };

/* Clients send a null id with a new node. */
const struct schema schema_node[] = { { "id", SCHEMA_NULL, NULL },
	{ "address", SCHEMA_TEXT, NULL }, { "port", SCHEMA_INT, NULL },
	{ "condition", SCHEMA_TEXT, NULL }, { "type", SCHEMA_TEXT, NULL },
	{ "weight", SCHEMA_INT, NULL },
	{ "metadata", SCHEMA_LIST, schema_meta }, END };

/* What cannot be changed is in the schema and refused by name. */
const struct schema schema_node_put[] = { { "id", SCHEMA_ANY, NULL },
	{ "address", SCHEMA_ANY, NULL }, { "port", SCHEMA_ANY, NULL },
	{ "condition", SCHEMA_TEXT, NULL }, { "type", SCHEMA_TEXT, NULL },
	{ "weight", SCHEMA_INT, NULL }, END };

const struct schema schema_node_bulk[] = { { "id", SCHEMA_INT, NULL },
	{ "nodeId", SCHEMA_INT, NULL }, { "address", SCHEMA_ANY, NULL },
	{ "port", SCHEMA_ANY, NULL }, { "condition", SCHEMA_TEXT, NULL },
	{ "type", SCHEMA_TEXT, NULL }, { "weight", SCHEMA_INT, NULL }, END };

const struct schema schema_monitor[] = { { "type", SCHEMA_TEXT, NULL },
	{ "delay", SCHEMA_INT, NULL }, { "timeout", SCHEMA_INT, NULL },
	{ "attemptsBeforeDeactivation", SCHEMA_INT, NULL },
	{ "path", SCHEMA_TEXT, NULL }, { "statusRegex", SCHEMA_TEXT, NULL },
	{ "bodyRegex", SCHEMA_TEXT, NULL }, { "hostHeader", SCHEMA_TEXT, NULL },
	END };

const struct schema schema_persistence[] = {
	{ "persistenceType", SCHEMA_TEXT, NULL }, END
};

const struct schema schema_enabled[] = { { "enabled", SCHEMA_BOOL, NULL },
	END };

const struct schema schema_throttle[] = { { "maxConnections", SCHEMA_INT,
						  NULL },
	{ "minConnections", SCHEMA_INT, NULL },
	{ "maxConnectionRate", SCHEMA_INT, NULL },
	{ "rateInterval", SCHEMA_INT, NULL }, END };

const struct schema schema_access[] = { { "id", SCHEMA_ANY, NULL },
	{ "address", SCHEMA_TEXT, NULL }, { "type", SCHEMA_TEXT, NULL }, END };

const struct schema schema_vip[] = { { "id", SCHEMA_INT, NULL },
	{ "type", SCHEMA_TEXT, NULL }, { "ipVersion", SCHEMA_TEXT, NULL },
	{ "address", SCHEMA_NULL, NULL }, END };

const struct schema schema_ssl[] = { { "securePort", SCHEMA_INT, NULL },
	{ "enabled", SCHEMA_BOOL, NULL },
	{ "secureTrafficOnly", SCHEMA_BOOL, NULL },
	{ "certificate", SCHEMA_TEXT, NULL },
	{ "privatekey", SCHEMA_TEXT, NULL },
	{ "intermediateCertificate", SCHEMA_TEXT, NULL },
	{ "cipherProfile", SCHEMA_TEXT, NULL },
	{ "securityProtocols", SCHEMA_ANY, NULL }, END };

const struct schema schema_update[] = { { "name", SCHEMA_TEXT, NULL },
	{ "algorithm", SCHEMA_TEXT, NULL }, { "protocol", SCHEMA_TEXT, NULL },
	{ "port", SCHEMA_INT, NULL }, { "timeout", SCHEMA_INT, NULL },
	{ "halfClosed", SCHEMA_BOOL, NULL },
	{ "httpsRedirect", SCHEMA_BOOL, NULL }, END };

const struct schema schema_balancer[] = { { "name", SCHEMA_TEXT, NULL },
	{ "algorithm", SCHEMA_TEXT, NULL }, { "protocol", SCHEMA_TEXT, NULL },
	{ "port", SCHEMA_INT, NULL }, { "timeout", SCHEMA_INT, NULL },
	{ "halfClosed", SCHEMA_BOOL, NULL },
	{ "httpsRedirect", SCHEMA_BOOL, NULL },
	{ "virtualIps", SCHEMA_LIST, schema_vip },
	{ "nodes", SCHEMA_LIST, schema_node },
	{ "metadata", SCHEMA_LIST, schema_meta },
	{ "accessList", SCHEMA_LIST, schema_access },
	{ "connectionLogging", SCHEMA_OBJECT, schema_enabled },
	{ "contentCaching", SCHEMA_OBJECT, schema_enabled },
	{ "connectionThrottle", SCHEMA_OBJECT, schema_throttle },
	{ "healthMonitor", SCHEMA_OBJECT, schema_monitor },
	{ "sessionPersistence", SCHEMA_OBJECT, schema_persistence }, END };

/* A whole number, also as text. */
static bool read_int(const cJSON *value, int64_t *number)
{
	return json_is_int(value, number) ||
	       (cJSON_IsString(value) && str_int(value->valuestring, number));
}

static bool read_bool(const cJSON *value, bool *truth)
{
	const char *text = cJSON_IsString(value) ? value->valuestring : "";

	*truth = cJSON_IsTrue(value) || streq(text, "true");
	return *truth || cJSON_IsFalse(value) || streq(text, "false");
}

static bool is_list(const cJSON *value, const struct schema *table)
{
	json_each (item, value) {
		if (!schema_is(item, table))
			return false;
	}
	return cJSON_IsArray(value);
}

static bool is_of_kind(const cJSON *value, const struct schema *row)
{
	int64_t number;
	bool truth;

	if (cJSON_IsNull(value))
		return true;
	switch (row->kind) {
	case SCHEMA_ANY:
		return true;
	case SCHEMA_TEXT:
		return cJSON_IsString(value);
	case SCHEMA_INT:
		return read_int(value, &number);
	case SCHEMA_BOOL:
		return read_bool(value, &truth);
	case SCHEMA_OBJECT:
		return schema_is(value, row->sub);
	case SCHEMA_LIST:
		return is_list(value, row->sub);
	case SCHEMA_NULL:
		break;
	}
	return false;
}

bool schema_is(const cJSON *object, const struct schema *table)
{
	const struct schema *row;

	json_each (member, object) {
		for (row = table; row->name; row++)
			if (streq(row->name, member->string))
				break;
		if (!row->name || !is_of_kind(member, row))
			return false;
	}
	return cJSON_IsObject(object);
}

/* The message is a list here and nowhere else. */
bool schema_fail(struct call *call)
{
	cJSON *messages = cJSON_CreateArray();

	json_append(messages,
		json_new_str("JSON does not match the expected schema"));
	call_reply(call, 400, json_object(JSON_TAKE("message", messages)));
	return false;
}

const cJSON *schema_body(struct call *call, const char *name,
	enum schema_kind kind, const struct schema *table)
{
	const struct schema rows[] = { { name, kind, table }, END };
	const cJSON *value = json_member(call->body, name);

	if (value && !cJSON_IsNull(value) && schema_is(call->body, rows))
		return value;
	schema_fail(call);
	return NULL;
}

bool schema_has(const cJSON *object, const char *name)
{
	const cJSON *value = json_member(object, name);

	return value && !cJSON_IsNull(value);
}

int64_t schema_int(const cJSON *object, const char *name, int64_t fallback)
{
	int64_t number;

	return read_int(json_member(object, name), &number) ? number : fallback;
}

bool schema_bool(const cJSON *object, const char *name, bool fallback)
{
	bool truth;

	return read_bool(json_member(object, name), &truth) ? truth : fallback;
}
