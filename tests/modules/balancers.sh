#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What rax_clb and rax_clb_nodes do, send and say where the cloud refuses,
# breaks, or answers in part.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

begin
cloud_config '{"balancers": [
	{"name": "app", "algorithm": "WEIGHTED_ROUND_ROBIN", "nodes": [
		{"address": "127.0.0.7", "port": 80}, {"address": "127.0.0.8", "port": 80}]}]}'

# says TEXT: the last run has failed with a message that has this.
says() {
	is 1 ".failed and (.msg | contains($(jq -n --arg text "$1" '$text')))"
}

# sent LINE...: these writes were sent since the last new_log, in this order; of
# the paths, what is behind the balancer's id.
sent() {
	local got wanted
	got=$(cloud_writes | sed -E 's| .*/loadbalancers(/[0-9]+)?| |')
	wanted=$(printf '%s\n' "$@")
	[ "$got" = "$wanted" ] || wrong "$called" "these requests: $wanted" "$got"
}

# nodes_are FILTER: the nodes of the balancer app.
nodes_are() {
	cloud_is "[.regions.IAD.loadbalancers[] | select(.name == \"app\")][0].nodes | $1"
}

# A change of many nodes that is refused is not made in part, one by one.
new_log
run rax_clb_nodes '{"load_balancer": "app", "nodes": [
	{"address": "127.0.0.7", "port": 80, "condition": "disabled"},
	{"address": "127.0.0.8", "port": 80, "weight": 101}]}'
says "nodes: the weight of 127.0.0.8 must be 1 to 100, got: 101"
run rax_clb_nodes '{"load_balancer": "app", "address": "127.0.0.8", "port": 80, "weight": 0}'
says "The weight of 127.0.0.8 must be 1 to 100, got: 0"
run rax_clb_nodes '{"load_balancer": "app", "address": "127.0.0.8", "port": 0, "state": "absent"}'
says "The port of 127.0.0.8 must be 1 to 65535, got: 0"
sent
cloud_config '{"faults": [{"method": "PUT", "path": "/nodes$", "status": 400,
	"body": {"code": 400, "message": "Validation Failure", "validationErrors": {"messages": ["Not today."]}}}]}'
new_log
run rax_clb_nodes '{"load_balancer": "app", "nodes": [
	{"address": "127.0.0.7", "port": 80, "condition": "disabled"},
	{"address": "127.0.0.8", "port": 80, "weight": 10}]}'
says "Not today."
is 1 '.changed | not'
sent "PUT /nodes"
nodes_are 'map(.condition) == ["ENABLED", "ENABLED"]'
cloud_config '{"faults": [], "bulk_node_put": 400}'
new_log
run rax_clb_nodes '{"load_balancer": "app", "nodes": [
	{"address": "127.0.0.7", "port": 80, "weight": 5}, {"address": "127.0.0.8", "port": 80, "weight": 10}]}'
is 0 '.changed and [.nodes[].weight] == [5, 10]'
cloud_config '{"bulk_node_put": 202}'

# One node that is named twice may be meant in two ways.
id=$(cloud_state '[.regions.IAD.loadbalancers[] | select(.name == "app")][0].nodes[0].id')
new_log
for state in present absent; do
	run rax_clb_nodes "{\"load_balancer\": \"app\", \"state\": \"$state\", \"nodes\": [
		{\"id\": \"$id\", \"condition\": \"draining\"}, {\"address\": \"127.0.0.7\", \"port\": 80, \"condition\": \"enabled\"}]}"
	says "nodes: node $id and 127.0.0.7:80 are the same node"
done
run rax_clb_nodes '{"load_balancer": "app", "nodes": [{"address": "2001:db8::1", "port": 80}, {"address": "2001:DB8:0::1", "port": 80}]}'
says "are the same node, name it once"
sent
nodes_are 'map(.condition) == ["ENABLED", "ENABLED"]'

# Something serves all the time: what comes is added and enabled before what goes
# is drained, in one request each, or one by one. The prediction says so.
exchange() {
	local nodes="{\"load_balancer\": \"app\", \"wait\": true, \"nodes\": [
		{\"address\": \"127.0.0.7\", \"port\": 80, \"condition\": \"$1\"},
		{\"address\": \"127.0.0.8\", \"port\": 80, \"condition\": \"$2\"},
		{\"address\": \"$3\", \"port\": 80}]}"
	run rax_clb_nodes "$nodes" true
	is 0 ".requests | map(.method + \" \" + (.path | split(\"/\") | last)) == [\"POST nodes\", \"PUT nodes\"]"
	new_log
	run rax_clb_nodes "$nodes"
	is 0 ".changed and [.nodes[].condition] == [\"${1^^}\", \"${2^^}\", \"ENABLED\"]"
}
ids=$(cloud_state '[.regions.IAD.loadbalancers[] | select(.name == "app")][0].nodes | map(.id) | join(" ")')
read -r first second <<<"$ids"
exchange draining disabled 127.0.0.10
sent "POST /nodes" "PUT /nodes"
cloud_config '{"bulk_node_put": 405}'
exchange disabled enabled 127.0.0.11
sent "POST /nodes" "PUT /nodes" "PUT /nodes/$second" "PUT /nodes/$first"
cloud_config '{"bulk_node_put": 202}'

# Nodes are not waited for where they never come.
cloud_config '{"balancers": [{"name": "sick", "nodes": [{"address": "127.0.0.9", "port": 80}],
	"healthMonitor": {"type": "CONNECT", "delay": 1, "timeout": 1, "attemptsBeforeDeactivation": 1}}]}'
cloud_config '{"balancer": {"name": "sick", "status": "ERROR"}}'
since=$SECONDS
run rax_clb_nodes '{"load_balancer": "sick", "address": "127.0.0.9", "port": 80, "wait_online": true}'
says "has a status of 'ERROR'"
[ $((SECONDS - since)) -lt 10 ] || wrong "$called" "an end at once" "$((SECONDS - since)) s"

# A list of which the server shows the first page only may have another one of
# the name behind it: none is made.
there=$(cloud_state '[.regions.IAD.loadbalancers[]] | length')
page=$(jq -nc '{loadBalancers: [range(100) | {id: (5000 + .), name: "other", status: "ACTIVE"}]}')
cloud_config "{\"faults\": [{\"method\": \"GET\", \"path\": \"/loadbalancers\\\\?\", \"times\": 0, \"status\": 200, \"body\": $page}]}"
run rax_clb '{"name": "new"}'
says "beyond its first 100 items"
is 1 '(.changed | not) and (.msg | contains("listing load balancers in IAD, account 700123"))'
cloud_config '{"faults": []}'
cloud_is "[.regions.IAD.loadbalancers[]] | length == $there"

# as_read: nothing that only a prediction has is in the result.
as_read() {
	is "$1" '[.. | strings | select(startswith("<"))] == []'
}

# What was refused is not shown as if it were so.
run rax_clb_nodes '{"load_balancer": "sick", "nodes": [{"address": "127.0.0.12", "port": 80}]}'
says "has a status of 'ERROR'"
is 1 '(.changed | not) and .nodes == []'
new='{"load_balancer": "app", "wait_timeout": 2, "nodes": [{"address": "127.0.0.12", "port": 80}, {"address": "127.0.0.7", "port": 80, "condition": "draining"}]}'
cloud_config '{"node_limit": 4}'
run rax_clb_nodes "$new"
says "Nodes must not exceed 4 per load balancer."
is 1 '(.changed | not) and ([.nodes[] | [.address, .condition]] == [["127.0.0.7", "DISABLED"]])'
as_read 1
busy='"times": 0, "status": 422, "body": {"code": 422, "message": "Load Balancer has a status of \u0027PENDING_UPDATE\u0027 and is considered immutable."}'
cloud_config "{\"node_limit\": 25, \"faults\": [{\"method\": \"POST\", \"path\": \"/nodes$\", $busy}]}"
run rax_clb_nodes "$new"
says "immutable"
is 1 '(.changed | not) and (.nodes | length) == 1'
as_read 1

# Added, and then refused: shown with the id that the cloud has given.
cloud_config "{\"faults\": [{\"method\": \"PUT\", \"path\": \"/nodes/\", $busy}]}"
run rax_clb_nodes "$new"
is 1 '.changed and ([.nodes[] | [.address, .condition]] == [["127.0.0.12", "ENABLED"], ["127.0.0.7", "DISABLED"]])
	and (.nodes[0].id | type) == "number"'
as_read 1

# Done, though no look at it succeeds: that is no failure, and no fake id either.
cloud_config '{"faults": [{"method": "GET", "path": "/loadbalancers/[0-9]+$", "after": 1, "times": 0, "status": 500}]}'
run rax_clb_nodes '{"load_balancer": "app", "wait_timeout": 2, "nodes": [{"address": "127.0.0.13", "port": 80}]}'
is 0 '.changed and (.nodes[0].id | type) == "number"'
as_read 0
cloud_config '{"faults": [{"method": "GET", "path": "/loadbalancers/[0-9]+$", "after": 1, "times": 0, "status": 500}]}'
run rax_clb '{"name": "app", "algorithm": "WEIGHTED_ROUND_ROBIN", "timeout": 40, "wait_timeout": 2}'
is 0 '.changed and .balancer.timeout == 40 and .balancer.status == "PENDING_UPDATE"'
as_read 0

# A balancer shows nothing of what was refused, nor of what would have come next.
cloud_config '{"faults": []}'
run rax_clb '{"name": "app", "algorithm": "WEIGHTED_ROUND_ROBIN", "timeout": 121, "meta": {"a": "b"}, "health_monitor": {"type": "CONNECT"}}'
is 1 '.failed and .balancer.timeout == 40 and (.balancer | has("metadata") or has("healthMonitor") | not)'
cloud_config '{"faults": [{"method": "POST", "path": "/loadbalancers$", "status": 400, "body": {"code": 400, "message": "No."}}]}'
run rax_clb '{"name": "fresh"}'
is 1 '.failed and (.changed | not) and .balancer == {}'
