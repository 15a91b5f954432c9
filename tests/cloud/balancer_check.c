/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/cloud/balancer_check.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "common/str.h"

#define NAME_MAX_LENGTH 128
#define META_MAX_LENGTH 256
#define META_MAX        25
#define ACCESS_MAX      100
#define BATCH_MAX       10
#define HOST_MAX_LENGTH 63

const struct protocol protocols[] = {
	{ "DNS_TCP", 53, false },
	{ "DNS_UDP", 53, true },
	{ "FTP", 21, false },
	{ "HTTP", 80, false },
	{ "HTTPS", 443, false },
	{ "IMAPS", 993, false },
	{ "IMAPv4", 143, false },
	{ "LDAP", 389, false },
	{ "LDAPS", 636, false },
	{ "MYSQL", 3306, false },
	{ "POP3", 110, false },
	{ "POP3S", 995, false },
	{ "SFTP", 22, false },
	{ "SMTP", 25, false },
	{ "TCP", 0, false },
	{ "TCP_CLIENT_FIRST", 0, false },
	{ "TCP_STREAM", 0, false },
	{ "UDP", 0, true },
	{ "UDP_STREAM", 0, true },
	{ NULL, 0, false },
};

const char *const algorithms[] = { "LEAST_CONNECTIONS", "RANDOM", "ROUND_ROBIN",
	"WEIGHTED_LEAST_CONNECTIONS", "WEIGHTED_ROUND_ROBIN", NULL };

const struct protocol *protocol_find(const char *name)
{
	const struct protocol *p = protocols;

	while (p->name && !streq(p->name, name))
		p++;
	return p->name ? p : NULL;
}

bool algorithm_is_weighted(const char *algorithm)
{
	return algorithm && str_starts(algorithm, "WEIGHTED_");
}

static void add_text(cJSON *messages, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));
static void add_text(cJSON *messages, const char *fmt, va_list args)
{
	char *text = mem_vprintf(fmt, args);

	json_append(messages, json_new_str(text));
	mem_free(text);
}

void check_add(cJSON *messages, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_text(messages, fmt, args);
	va_end(args);
}

bool check_passed(struct call *call, cJSON *messages)
{
	if (!json_size(messages)) {
		cJSON_Delete(messages);
		return true;
	}
	call_reply(call, 400,
		json_object(JSON_INT("code", 400),
			JSON_STR("message", "Validation Failure"),
			JSON_STR("details", "The object is not valid"),
			JSON_TAKE("validationErrors",
				json_object(JSON_TAKE("messages", messages)))));
	return false;
}

bool check_fail(struct call *call, const char *fmt, ...)
{
	cJSON *messages = cJSON_CreateArray();
	va_list args;

	va_start(args, fmt);
	add_text(messages, fmt, args);
	va_end(args);
	return check_passed(call, messages);
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (streq(*words, text))
			return true;
	return false;
}

/* A number that is there must be in the range. */
static void check_range(const cJSON *given, const char *name, int64_t least,
	int64_t most, const char *what, cJSON *messages)
{
	int64_t number = schema_int(given, name, least);

	if (number < least || number > most)
		check_add(messages,
			"%s is invalid. Range is %lld-%lld. Please specify a "
			"valid %s.",
			what, (long long)least, (long long)most, name);
}

static void check_length(
	const char *text, size_t most, const char *what, cJSON *messages)
{
	if (text && strlen(text) > most)
		check_add(messages, "%s is longer than %zu characters.", what,
			most);
}

static void check_port(const cJSON *given, bool is_new, cJSON *messages)
{
	const struct protocol *p = protocol_find(json_str(given, "protocol"));

	if (is_new && p && !p->port && !schema_has(given, "port"))
		check_add(messages, "Must specify a port for the protocol %s.",
			p->name);
	check_range(given, "port", 1, 65535, "Port", messages);
}

void check_balancer(const cJSON *given, bool is_new, cJSON *messages)
{
	const char *name = json_str(given, "name");
	const char *protocol = json_str(given, "protocol");
	const char *algorithm = json_str(given, "algorithm");

	if (is_new && !name)
		check_add(messages, "Must provide a name.");
	if (name && !*name)
		check_add(messages, "The name must not be empty.");
	check_length(name, NAME_MAX_LENGTH, "The name", messages);
	if (is_new && !protocol)
		check_add(messages, "Must provide a protocol.");
	if (protocol && !protocol_find(protocol))
		check_add(messages, "The protocol is not supported.");
	if (algorithm && !is_one_of(algorithm, algorithms))
		check_add(messages, "The algorithm is not supported.");
	check_port(given, is_new, messages);
	check_range(given, "timeout", 30, 120, "Timeout", messages);
	if (is_new && !json_size(json_get(given, "virtualIps")))
		check_add(messages, "Must provide at least one virtual ip.");
}

void check_features(const struct balancer *b, cJSON *messages)
{
	const struct protocol *p = protocol_find(b->protocol);

	if (b->half_closed && !streq(b->protocol, "TCP") &&
		!streq(b->protocol, "TCP_CLIENT_FIRST"))
		check_add(messages, "Half closed connections are for TCP and "
				    "TCP_CLIENT_FIRST only.");
	if (p && p->udp && b->monitor)
		check_add(
			messages, "%s cannot have a health monitor.", p->name);
	if (p && p->udp && b->logging)
		check_add(messages, "%s cannot have connection logging.",
			p->name);
	if (b->caching && !streq(b->protocol, "HTTP"))
		check_add(messages, "Content caching is for HTTP only.");
	if (b->https_redirect && !b->ssl &&
		!(streq(b->protocol, "HTTPS") && b->port == 443))
		check_add(messages, "HTTPS redirect is for HTTPS on port 443, "
				    "or HTTP with SSL termination.");
}

/* An address, or a name that could be one. */
static bool is_address(const char *text)
{
	struct in6_addr in;
	bool dot = false;

	if (inet_pton(AF_INET, text, &in) == 1 ||
		inet_pton(AF_INET6, text, &in) == 1)
		return true;
	for (const char *p = text; *p; p++) {
		dot = dot || isalpha((unsigned char)*p);
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '.')
			return false;
	}
	return dot && strlen(text) <= HOST_MAX_LENGTH;
}

void check_node(const cJSON *node, bool is_new, cJSON *messages)
{
	static const char *const conditions[] = { "ENABLED", "DISABLED",
		"DRAINING", NULL };
	static const char *const types[] = { "PRIMARY", "SECONDARY", NULL };
	const char *address = json_str(node, "address");
	const char *condition = json_str(node, "condition");
	const char *type = json_str(node, "type");

	if (is_new && (!address || !is_address(address)))
		check_add(messages, "Node ip is invalid. Please specify a "
				    "valid ip.");
	if (is_new && !schema_has(node, "port"))
		check_add(messages, "Must provide a port for the node.");
	if (is_new)
		check_range(node, "port", 1, 65535, "Node port", messages);
	if (condition && !is_one_of(condition, conditions))
		check_add(messages, "Node condition is invalid. Please "
				    "specify a valid condition.");
	if (type && !is_one_of(type, types))
		check_add(messages, "Node type is invalid. Please specify a "
				    "valid type.");
	check_range(node, "weight", 1, 100, "Node weight", messages);
}

static void check_http_monitor(const cJSON *monitor, cJSON *messages)
{
	const char *path = json_str(monitor, "path");

	if (!path || *path != '/')
		check_add(messages, "Must provide a path that begins with a "
				    "/ for the health monitor.");
	if (path && strpbrk(path, " \r\n\t"))
		check_add(messages, "The health monitor's path is invalid.");
	if (!json_str(monitor, "statusRegex"))
		check_add(messages, "Must provide a status regex for the "
				    "health monitor.");
}

void check_monitor(
	const struct cloud *cloud, const cJSON *monitor, cJSON *messages)
{
	static const char *const types[] = { "CONNECT", "HTTP", "HTTPS", NULL };
	static const char *const numbers[] = { "delay", "timeout",
		"attemptsBeforeDeactivation", NULL };
	const char *type = json_str(monitor, "type");
	struct health_monitor parsed;
	struct err e;

	if (!type || !is_one_of(type, types))
		check_add(messages, "Must provide a valid type for the health "
				    "monitor.");
	for (const char *const *n = numbers; *n; n++)
		if (!schema_has(monitor, *n))
			check_add(messages,
				"Must provide %s for the health monitor.", *n);
	check_range(monitor, "delay", 1, 3600, "Monitor delay", messages);
	check_range(monitor, "timeout", 1, 300, "Monitor timeout", messages);
	check_range(monitor, numbers[2], 1, 10, "Monitor attempts", messages);
	if (type && str_starts(type, "HTTP"))
		check_http_monitor(monitor, messages);
	parsed = balancer_monitor_of(cloud, monitor);
	parsed.kind = HEALTH_HTTP;
	if (health_check(&parsed, &e) < 0)
		check_add(messages, "Invalid regex for the health monitor.");
}

void check_persistence(const char *type, const char *protocol, cJSON *messages)
{
	static const struct {
		const char *type, *protocol;
	} pairs[] = { { "HTTP_COOKIE", "HTTP" }, { "SOURCE_IP", "HTTP" },
		{ "SOURCE_IP", "HTTPS" }, { "SSL_ID", "HTTPS" } };

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (streq(pairs[i].type, type) &&
			streq(pairs[i].protocol, protocol))
			return;
	check_add(messages,
		"The session persistence type is not valid for this "
		"protocol.");
}

/* Whether another item in either list, but not `self', has the same text. */
static bool is_twice(const cJSON *items, const cJSON *present,
	const char *member, const cJSON *self)
{
	const char *text = json_str(self, member);

	json_each (item, items) {
		if (item != self && streq(json_str(item, member), text))
			return true;
	}
	return text && json_find(present, member, text);
}

void check_metadata(const cJSON *items, const cJSON *present, cJSON *messages)
{
	json_each (item, items) {
		const char *key = json_str(item, "key");

		if (!key || !*key || !json_str(item, "value"))
			check_add(messages,
				"Must provide a key and a value for metadata.");
		check_length(key, META_MAX_LENGTH, "The key", messages);
		check_length(json_str(item, "value"), META_MAX_LENGTH,
			"The value", messages);
		if (is_twice(items, present, "key", item))
			check_add(messages, "Metadata keys must be unique: %s",
				key);
	}
	if (json_size(items) + json_size(present) > META_MAX)
		check_add(messages, "Metadata must not exceed %d items.",
			META_MAX);
}

void check_access(const cJSON *items, const cJSON *present, cJSON *messages)
{
	static const char *const types[] = { "ALLOW", "DENY", NULL };

	json_each (item, items) {
		const char *type = json_str(item, "type");

		if (!json_str(item, "address"))
			check_add(messages, "Must provide an address for the "
					    "access list item.");
		if (!type || !is_one_of(type, types))
			check_add(messages, "Must provide a valid type for "
					    "the access list item.");
		if (is_twice(items, present, "address", item))
			check_add(messages, "Duplicate access list item.");
	}
	if (json_size(items) + json_size(present) > ACCESS_MAX)
		check_add(messages,
			"Access list size must not exceed %d "
			"items.",
			ACCESS_MAX);
}

const int64_t *check_ids(struct call *call, const char *what, size_t *n)
{
	int64_t *ids =
		pool_alloc(call->pool, (call->n_query + 1) * sizeof(*ids));

	*n = 0;
	for (size_t i = 0; i < call->n_query; i++) {
		if (!streq(call->query[i].name, "id"))
			continue;
		if (!str_int(call->query[i].value, &ids[(*n)++])) {
			call_fail(call, 400, "Invalid id: %s",
				call->query[i].value);
			return NULL;
		}
	}
	if (*n > BATCH_MAX) {
		check_fail(call,
			"Request to delete %zu %s exceeds the account limit "
			"BATCH_DELETE_LIMIT of %d Please attempt to delete "
			"fewer than %d %s.",
			*n, what, BATCH_MAX, BATCH_MAX, what);
		return NULL;
	}
	if (!*n)
		check_fail(call, "Must supply one or more ids to process "
				 "this request.");
	return *n ? ids : NULL;
}
