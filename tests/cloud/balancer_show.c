/* SPDX-License-Identifier: Apache-2.0 */
/* Balancers and nodes as the API writes them. */
#include <arpa/inet.h>
#include <stdio.h>

#include "common/mem.h"
#include "common/str.h"
#include "tests/cloud/balancer_check.h"
#include "tests/cloud/balancer_store.h"

const char *balancer_shown_status(const struct balancer *b, double now)
{
	return balancer_is(b, "PENDING_UPDATE") && now < b->stale ? "ACTIVE"
								  : b->status;
}

/* {"time": ...}, or NULL for never. */
static cJSON *show_time(double time)
{
	char *text = cloud_time_text(time);
	cJSON *shown = time > 0 ? json_object(JSON_STR("time", text)) : NULL;

	mem_free(text);
	return shown;
}

static int64_t count_nodes(const struct balancer *b)
{
	int64_t n = 0;

	for (const struct balancer_node *node = b->nodes; node;
		node = node->next)
		n++;
	return n;
}

static cJSON *show_start(const struct balancer *b, double now)
{
	return json_object(JSON_INT("id", b->id), JSON_STR("name", b->name),
		JSON_STR("protocol", b->protocol), JSON_INT("port", b->port),
		JSON_STR("algorithm", b->algorithm),
		JSON_STR("status", balancer_shown_status(b, now)));
}

/* The timeout is missing from some summaries; here, from those of balancers
 * that were never changed. */
cJSON *balancer_summary(const struct balancer *b, double now)
{
	cJSON *shown = show_start(b, now);

	if (b->updated > 0)
		json_set(shown, "timeout", json_new_int(b->timeout));
	json_set(shown, "nodeCount", json_new_int(count_nodes(b)));
	json_set(shown, "virtualIps", json_copy(b->vips));
	json_set(shown, "created", show_time(b->created));
	json_set(shown, "updated", show_time(b->updated));
	return shown;
}

static cJSON *show_enabled(bool enabled)
{
	return json_object(JSON_BOOL("enabled", enabled));
}

cJSON *balancer_details(const struct balancer *b, double now)
{
	cJSON *shown = show_start(b, now);
	const struct json_pair rest[] = { JSON_INT("timeout", b->timeout),
		JSON_BOOL("halfClosed", b->half_closed),
		JSON_BOOL("httpsRedirect", b->https_redirect),
		JSON_TAKE("connectionLogging", show_enabled(b->logging)),
		JSON_TAKE("contentCaching", show_enabled(b->caching)),
		JSON_COPY("virtualIps", b->vips),
		JSON_TAKE("nodes", b->nodes ? balancer_show_nodes(b) : NULL),
		JSON_COPY("metadata", b->metadata),
		JSON_COPY("accessList", b->access),
		JSON_COPY("healthMonitor", b->monitor),
		JSON_COPY("sessionPersistence", b->persistence),
		JSON_COPY("connectionThrottle", b->throttle),
		JSON_COPY("sslTermination", b->ssl),
		JSON_TAKE("cluster",
			json_object(JSON_STR("name", "ztm-n01.sim"))),
		JSON_TAKE("created", show_time(b->created)),
		JSON_TAKE("updated", show_time(b->updated)),
		JSON_TAKE("sourceAddresses",
			json_object(JSON_STR("ipv4Public", "127.0.0.1"),
				JSON_STR("ipv4Servicenet", "127.0.0.1"),
				JSON_STR("ipv6Public", "2001:db8:5::2/64"))) };

	for (size_t i = 0; i < sizeof(rest) / sizeof(*rest); i++)
		json_set(shown, rest[i].key, rest[i].value);
	return shown;
}

/* IPv6 is printed in full: eight groups of four digits. */
static char *print_address(const char *address)
{
	struct in6_addr in;
	char text[40];

	if (inet_pton(AF_INET6, address, &in) != 1)
		return mem_copy(address);
	for (int i = 0; i < 8; i++)
		snprintf(text + i * 5, 6, "%02x%02x%s", in.s6_addr[i * 2],
			in.s6_addr[i * 2 + 1], i < 7 ? ":" : "");
	return mem_copy(text);
}

cJSON *balancer_show_node(
	const struct balancer *b, const struct balancer_node *node)
{
	char *address = print_address(node->address);
	cJSON *shown = json_object(JSON_INT("id", node->id),
		JSON_STR("address", address), JSON_INT("port", node->port),
		JSON_STR("condition", node->condition),
		JSON_STR("status",
			node->online && !node->coming ? "ONLINE" : "OFFLINE"),
		JSON_STR("type", node->type));

	if (algorithm_is_weighted(b->algorithm))
		json_set(shown, "weight", json_new_int(node->weight));
	json_set(shown, "metadata", json_copy(node->metadata));
	mem_free(address);
	return shown;
}

cJSON *balancer_show_nodes(const struct balancer *b)
{
	cJSON *list = cJSON_CreateArray();

	for (const struct balancer_node *node = b->nodes; node;
		node = node->next)
		json_append(list, balancer_show_node(b, node));
	return list;
}
