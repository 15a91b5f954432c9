#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The main paths of each module under valgrind: predicted, done, done again,
# refused, and failed half-way. No error, and nothing lost.
set -euo pipefail
# shellcheck source=tests/lib/acts.sh
. "$ROOT/tests/lib/acts.sh"

# watched STATUS MODULE ARGUMENTS [CHECK]: must end with this status.
watched() {
	local expected=$1 module=$2 check=${4:-false} got=0
	write_arguments "$3" "$check" true "$module" >"$SCRATCH/arguments"
	valgrind -q --error-exitcode=99 --leak-check=full \
		--show-leak-kinds=definite,indirect,possible \
		--errors-for-leak-kinds=definite,indirect,possible \
		--log-file="$SCRATCH/valgrind" \
		"$ROOT/$BUILD/modules/$module" "$SCRATCH/arguments" \
		>"$SCRATCH/result" </dev/null || got=$?
	[ $got = "$expected" ] || wrong "$module $3" "status $expected" \
		"status $got: $(cat "$SCRATCH/valgrind" "$SCRATCH/result" | head -c 6000)"
}

begin --build-time 0.2 --app-delay 0.1
server="{\"name\": \"web%d\", \"group\": \"web\", \"image\": \"$DEBIAN\", \"flavor\": \"general1-1\",
	\"count\": 2, \"exact_count\": true, \"wait\": true, \"meta\": {\"a\": [1, 2]}}"
watched 0 rax "$server" true
watched 0 rax "$server"
watched 0 rax "$server"
watched 1 rax '{"name": "x", "image": "there is none", "flavor": "general1-1"}'
watched 1 rax '{"count": "many"}'
watched 1 rax '{"name": "x", "region": "nowhere"}'
cloud_config '{"faults": [{"method": "POST", "path": "/servers$", "cut": "after", "times": 1},
	{"server": {"name": "^odd", "fault": "No valid host was found."}, "times": 1}]}'
watched 1 rax "{\"name\": \"odd\", \"image\": \"$DEBIAN\", \"flavor\": \"general1-1\", \"count\": 3, \"wait\": true}"

watched 0 rax_facts '{"name": "web1"}'
watched 0 rax_facts '{"meta": {"group": "web"}, "limits": true}'
watched 1 rax_facts '{}'

balancer='{"name": "edge", "wait": true, "meta": {"team": "blue"},
	"health_monitor": {"type": "CONNECT", "delay": 1, "timeout": 1, "attempts": 1}}'
watched 0 rax_clb "$balancer" true
watched 0 rax_clb "$balancer"
watched 0 rax_clb "$balancer"
watched 1 rax_clb '{"name": "edge", "port": 0}'
watched 0 rax_clb_info '{"name": "edge"}'
watched 0 rax_clb_info '{"meta": {"team": "blue"}}'

nodes='{"load_balancer": "edge", "wait": true, "wait_timeout": 300,
	"nodes": [{"address": "127.0.0.8", "port": 80, "condition": "draining"}, {"address": "127.0.0.9", "port": 80}]}'
watched 0 rax_clb_nodes "$nodes" true
watched 0 rax_clb_nodes "$nodes"
watched 0 rax_clb_nodes "$nodes"
watched 1 rax_clb_nodes '{"load_balancer": "edge", "node_id": 4711, "condition": "enabled"}'
watched 0 rax_clb_nodes "$(jq -c '. + {state: "absent"}' <<<"$nodes")"

watched 0 rax_image_info '{"name": "Debian 12 (Bookworm)"}'
watched 0 rax_image_info '{"meta": {"os_type": "linux"}}'

watched 0 rax_clb '{"name": "edge", "state": "absent", "wait": true}'
watched 0 rax '{"group": "web", "state": "absent", "count": 2, "wait": true}'
