/* SPDX-License-Identifier: Apache-2.0 */
#include "common/node_wish.h"

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
	return 0;
}
