#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Others in the account: a balancer with somebody's node, and servers that look
# like ours. They stay as they are; a balancer that an older playbook has filled
# can be adopted, once.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# others: what there is of others, to be the same before and after. What the
# health monitor thinks of a node is not of their making.
others() {
	cloud_state '.regions.IAD
		| [(.servers[] | select(.metadata["ansible-deployment"] != "app/app") | [.id, .name, .metadata]),
		   (.loadbalancers[] | .nodes // [] | .[] | select(.port == 9999) | del(.status))] | tostring'
}

start_cloud
add_images 41 42
cloud_config '{"servers": [{"name": "app7", "image": "app-41", "flavor": "general1-2"},
		{"name": "app1", "image": "app-41", "flavor": "general1-2", "metadata": {"ansible-deployment": "app/other"}}],
	"balancers": [{"name": "app", "protocol": "HTTP", "port": 8000, "virtualIps": [{"type": "PUBLIC"}],
		"metadata": [{"key": "team", "value": "red"}],
		"nodes": [{"address": "127.0.0.9", "port": 9999, "condition": "DISABLED"}]}]}'
before=$(others)

fails "has no health monitor" deploy -e build_key=41 "${quick[@]}"
equal "what was written" "" "$(cloud_writes)"
succeeds deploy -e build_key=41 -e add_monitor=true "${quick[@]}"
grep -q "127.0.0.9" "$output" || fail "the node of others was not listed"
only 41 2
start_judge
succeeds deploy -e build_key=42 "${quick[@]}"
only 42 2
no_request_lost
equal "what is not ours" "$before" "$(others)"
equal "metadata of others" red "$(record team)"

# Its name is the balancer's, but it is another deployment's balancer now.
fails "give app/shop a balancer of its own" deploy -e build_key=42 -e server_name=shop "${quick[@]}"

succeeds teardown -e confirm=app
equal "what is not ours" "$before" "$(others)"
equal "our servers" "" "$(images_of_ours)"
equal "our record" "" "$(record ansible-live)$(record ansible-previous)"
equal "metadata of others" red "$(record team)"

# An older playbook's servers: named like ours, without our mark.
cloud_config '{"servers": [{"name": "old1", "image": "app-41", "flavor": "general1-2"}],
	"balancers": [{"name": "old", "protocol": "HTTP", "port": 8000, "virtualIps": [{"type": "PUBLIC"}],
		"healthMonitor": {"type": "HTTP", "delay": 1, "timeout": 1, "attemptsBeforeDeactivation": 2,
			"path": "/health", "statusRegex": "^200$"}}]}'
address=$(cloud_state '.regions.IAD.servers[] | select(.name == "old1") | .addresses.private[0].addr')
ansible localhost -m rax_clb_nodes -a "load_balancer=old address=$address port=8080 wait_online=true" >"$TMPDIR/output" || fail "no node: $(cat "$TMPDIR/output")"
old=(-e server_name=old -e load_balancer_name=old)
fails "exclude each other" deploy -e build_key=41 "${old[@]}" -e adopt=true -e keep_blue=true
"$ROOT/$BUILD/tests/judge" --url "$(balancer_url old)" --rate 150 >"$TMPDIR/judge" 2>&1 &
judge=$!
succeeds deploy -e build_key=41 "${old[@]}" -e adopt=true "${quick[@]}"
no_request_lost
equal "servers that were adopted" "" "$(cloud_state '.regions.IAD.servers[] | select(.name == "old1") | .name')"
changes_nothing deploy -e build_key=41 "${old[@]}" "${quick[@]}"
