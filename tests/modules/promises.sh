#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the modules promise when the cloud, the network or the operator do not
# behave: replies that are lost, tokens that expire, limits, lists that lag, a
# signal, others at the same balancer.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

# group NAME COUNT [MEMBERS]: the arguments for so many servers.
group() {
	jq -nc --arg name "$1" --argjson count "$2" --arg image "$DEBIAN" --argjson more "${3:-{\}}" '
		{name: ($name + "%d"), group: $name, count: $count, exact_count: true, image: $image,
			flavor: "general1-1", wait: true} + $more'
}

# requests: how many were sent since the last new_log.
requests() {
	cloud_log '.requests | length'
}

# exactly COUNT NAME: so many servers are in the group, each made once.
exactly() {
	cloud_is "[.regions.IAD.servers[] | select(.metadata.group == \"$2\")] | length == $1"
	cloud_is "[.regions.IAD.servers[] | select(.metadata.group == \"$2\") | .metadata[\"ansible-run\"]]
		| length == (unique | length)"
}

begin --build-time 0.5 --latency 0.05
new_log
run rax "$(group twenty 20)"
is 0 '.changed and (.success | length) == 20 and ([.success[].rax_status] | unique) == ["ACTIVE"]
	and ([.success[].rax_addresses | keys] | unique) == [["private", "public"]]'
[ "$(requests)" -le 40 ] || wrong "twenty servers" "at most 40 requests" "$(requests)"
exactly 20 twenty
new_log
run rax "$(group twenty 20)"
is 0 '(.changed | not) and (.instances | length) == 20'
stop_cloud

start_cloud --build-time 0.2
# The answers to two creates are lost after they were done, to two before, and
# what was made is listed a second later.
cloud_config '{"list_lag": 1, "faults": [
	{"method": "POST", "path": "/servers$", "cut": "after", "times": 2},
	{"method": "POST", "path": "/servers$", "cut": "before", "after": 2, "times": 2}]}'
run rax "$(group lost 6)"
is 0 '.changed and (.success | length) == 6'
exactly 6 lost
cloud_config '{"faults": [{"method": "POST", "path": "/servers$", "status": 503, "done": true, "times": 2}]}'
run rax "$(group late 3)"
is 0 '.changed and (.success | length) == 3'
exactly 3 late

# The same for a balancer, whose list shows no mark.
cloud_config '{"faults": [{"method": "POST", "path": "/loadbalancers$", "cut": "after", "times": 1}]}'
run rax_clb '{"name": "edge", "wait": true}'
is 0 '.changed and .balancer.name == "edge"'
cloud_is '[.regions.IAD.loadbalancers[] | select(.name == "edge")] | length == 1'
cloud_config '{"list_lag": 0, "faults": [{"method": "POST", "path": "/nodes$", "cut": "after", "times": 1}]}'
run rax_clb_nodes '{"load_balancer": "edge", "wait": true, "nodes": [{"address": "127.0.0.7", "port": 80}]}'
is 0 '.changed and (.nodes | length) == 1'
cloud_is '[.regions.IAD.loadbalancers[] | select(.name == "edge") | .nodes[]] | length == 1'

# Reads that fail, a limit that is used up, and a token that ends in between.
cloud_config '{"faults": [{"method": "GET", "path": "/servers/detail", "status": 500, "times": 2},
	{"method": "GET", "path": "/servers/detail", "cut": "before", "after": 2, "times": 1},
	{"method": "POST", "path": "/servers$", "status": 413, "body": {"overLimit": {"code": 413, "message": "OverLimit Retry..."}},
		"headers": {"Retry-After": "1"}, "times": 3}]}'
run rax "$(group limited 4)"
is 0 '.changed and (.success | length) == 4'
exactly 4 limited
cloud_config '{"faults": [], "token_life": 4, "build_time": 6}'
run rax "$(group tired 2)"
is 0 '.changed and (.success | length) == 2'
exactly 2 tired
cloud_config '{"token_life": 86400, "build_time": 0.2}'

# One of three goes wrong: the others are told, and stay.
cloud_config '{"faults": [{"server": {"name": "^some2$", "fault": "No valid host was found."}, "times": 1}]}'
run rax "$(group some 3)"
is 1 '.changed and ([.success[].name] | sort) == ["some1", "some3"] and [.error[].name] == ["some2"]
	and (.msg | contains("No valid host was found."))'
cloud_config '{"faults": []}'

# stopped: how many servers of that group there are.
stopped() {
	cloud_state '[.regions.IAD.servers[] | select(.metadata.group == "stopped")] | length'
}

# A signal: what was made is removed again, and the result says so.
for signal in TERM INT HUP; do
	cloud_config '{"build_time": 60}'
	write_arguments "$(group stopped 3)" false false rax >"$SCRATCH/arguments"
	status=0
	"$ROOT/$BUILD/modules/rax" "$SCRATCH/arguments" >"$SCRATCH/result" &
	module=$!
	until [ "$(stopped)" = 3 ]; do
		sleep 0.05
	done
	kill -$signal $module
	wait $module || status=$?
	called="rax, and SIG$signal"
	is 1 '.failed and (.msg | startswith("Interrupted by ")) and (.removed | length) == 3 and .left == []'
	until [ "$(stopped)" = 0 ]; do
		sleep 0.05
	done
done
cloud_config '{"build_time": 0.2}'

# Six at once at one balancer, which takes one change at a time.
pids=()
for i in 1 2 3 4 5 6; do
	write_arguments "{\"load_balancer\": \"edge\", \"address\": \"127.0.1.$i\", \"port\": 80, \"wait\": true, \"wait_timeout\": 60}" \
		false false rax_clb_nodes >"$SCRATCH/arguments$i"
	"$ROOT/$BUILD/modules/rax_clb_nodes" "$SCRATCH/arguments$i" >"$SCRATCH/result$i" &
	pids+=($!)
done
for i in 1 2 3 4 5 6; do
	wait "${pids[$((i - 1))]}" || wrong "six at one balancer" "no failure" "$(cat "$SCRATCH/result$i")"
done
cloud_is '[.regions.IAD.loadbalancers[] | select(.name == "edge") | .nodes[]] | length == 7'
