/* SPDX-License-Identifier: Apache-2.0 */
#include "common/node_wish.h"

#include "common/address.h"
#include "common/node.h"
#include "common/str.h"

/* load-balancers.md A3 */
#define PORT_MAX   65535
#define WEIGHT_MAX 100

static int check_range(const cJSON *wish, const char *what, const cJSON *value,
	int64_t max, bool listed, struct err *e)
{
	const char *address = json_str(wish, "address");
	const char *id = json_str(wish, "id");
	const char *given = json_scalar_text(value);
	int64_t number;

	if (json_is_int(value, &number) && number >= 1 && number <= max)
		return 0;
	return err_set(e, ERR_OTHER, "%s %s of %s%s must be 1 to %d, got: %s",
		listed ? "nodes: the" : "The", what,
		address || !id ? "" : "node ",
		address ? address
		: id    ? id
			: "the node",
		(int)max, given ? given : "none");
}

/* "10.0.0.1:80", "node 5"; the caller frees it. */
static char *name_of(const cJSON *wish)
{
	const char *address = json_str(wish, "address");

	return address ? mem_printf("%s:%lld", address,
				 (long long)json_int(wish, "port", 0))
		       : mem_printf("node %s", json_str(wish, "id"));
}

static bool same_id(const cJSON *a, const cJSON *b)
{
	const char *id = json_str(a, "id");

	return id && streq(id, json_str(b, "id"));
}

static bool same_address(const cJSON *a, const cJSON *b)
{
	return address_same(json_str(a, "address"), json_str(b, "address")) &&
	       json_int(a, "port", 0) == json_int(b, "port", 0);
}

static int named_twice(const cJSON *a, const cJSON *b, struct err *e)
{
	char *first = name_of(a), *second = name_of(b);

	if (same_id(a, b))
		err_set(e, ERR_OTHER,
			"nodes: node %s is there twice, name it once",
			json_str(a, "id"));
	else if (streq(first, second))
		err_set(e, ERR_OTHER, "nodes: %s is there twice, name it once",
			first);
	else
		err_set(e, ERR_OTHER,
			"nodes: %s and %s are the same node, name it once",
			first, second);
	mem_free(first);
	mem_free(second);
	return -1;
}

static int check_distinct(const cJSON *wishes, struct err *e)
{
	json_each (wish, wishes) {
		for (const cJSON *other = wish->next; other;
			other = other->next)
			if (same_id(wish, other) || same_address(wish, other))
				return named_twice(wish, other, e);
	}
	return 0;
}

int node_wish_check(const cJSON *wishes, bool listed, struct err *e)
{
	json_each (wish, wishes) {
		const cJSON *port = json_member(wish, "port");
		const cJSON *weight = json_get(wish, "settings.weight");
		bool needs_port = listed && json_member(wish, "address");

		if ((port || needs_port) && check_range(wish, "port", port,
						    PORT_MAX, listed, e) < 0)
			return -1;
		if (weight && check_range(wish, "weight", weight, WEIGHT_MAX,
				      listed, e) < 0)
			return -1;
	}
	return check_distinct(wishes, e);
}

/* A node must have all that is given. */
static bool id_and_rest_agree(
	const cJSON *node, const char *address, int64_t port)
{
	return (!address || address_same(json_str(node, "address"), address)) &&
	       (!port || json_int(node, "port", 0) == port);
}

/* A node that an earlier task of a check run has predicted: its type and weight
 * are those that are wanted, since they were said when it was added. */
static const cJSON *predicted_node(struct task *t, const cJSON *wish)
{
	const cJSON *wanted = json_member(wish, "settings");

	return pool_keep(t->pool,
		json_object(JSON_STR("id", json_str(wish, "id")),
			JSON_COPY("address", json_member(wish, "address")),
			JSON_COPY("port", json_member(wish, "port")),
			JSON_COPY("type", json_member(wanted, "type")),
			JSON_COPY("weight", json_member(wanted, "weight"))));
}

const cJSON *node_wish_find(
	struct task *t, const cJSON *balancer, const cJSON *wish)
{
	const char *id = json_str(wish, "id");
	const char *address = json_str(wish, "address");
	int64_t port = json_int(wish, "port", 0);
	const cJSON *node = id ? node_find(balancer, id, NULL, 0) : NULL;

	if (node && !id_and_rest_agree(node, address, port))
		return NULL;
	if (!node && (!id || (address && port)))
		node = node_find(balancer, NULL, address, port);
	if (!node && task_is_predicted(t, id))
		return predicted_node(t, wish);
	return node;
}

static int contradicts(const cJSON *wish, const cJSON *node, struct err *e)
{
	char *wanted = name_of(wish);

	err_set(e, ERR_OTHER,
		"nodes: node %s is %s:%lld, not %s; name it by one of the two",
		json_str(wish, "id"), json_str(node, "address"),
		(long long)json_int(node, "port", 0), wanted);
	mem_free(wanted);
	return -1;
}

/* Of the wishes, of which each means one of `found', the first that means this
 * node. */
static const cJSON *first_to_mean(
	const cJSON *wishes, const cJSON *const *found, const cJSON *node)
{
	size_t i = 0;

	json_each (wish, wishes) {
		if (found[i++] == node)
			return wish;
	}
	return NULL;
}

int node_wish_check_found(struct task *t, const cJSON *balancer,
	const cJSON *wishes, struct err *e)
{
	size_t count = (size_t)json_size(wishes), i = 0;
	const cJSON **found = pool_alloc(t->pool, (count + 1) * sizeof(*found));

	json_each (wish, wishes) {
		const char *id = json_str(wish, "id");
		const cJSON *node = node_wish_find(t, balancer, wish);
		const cJSON *named =
			id ? node_find(balancer, id, NULL, 0) : NULL;
		const cJSON *first;

		if (!node && named)
			return contradicts(wish, named, e);
		found[i++] = node;
		first = node ? first_to_mean(wishes, found, node) : wish;
		if (first != wish)
			return named_twice(first, wish, e);
	}
	return 0;
}
