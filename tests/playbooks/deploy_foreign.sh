#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Others in the account: balancers with somebody's node, and servers that look
# like ours. They stay as they are; a balancer that an older playbook has filled
# can be adopted, once.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# others: what there is of others, to be the same before and after. What the
# health monitor thinks of a node is not of their making.
others() {
	cloud_state '.regions.IAD
		| [(.servers[] | select(.name | IN("app7", "app1")) | [.id, .name, .metadata]),
		   (.loadbalancers[] | .nodes // [] | .[] | select(.port == 9999) | del(.status))] | tostring'
}

# balancer NAME MEMBERS: one with somebody's node.
balancer() {
	cloud_config "{\"balancers\": [{\"name\": \"$1\", \"protocol\": \"HTTP\", \"port\": 8000,
		\"virtualIps\": [{\"type\": \"PUBLIC\"}], $2,
		\"nodes\": [{\"address\": \"127.0.0.9\", \"port\": 9999, \"condition\": \"DISABLED\"}]}]}"
}

start_cloud
add_images 41
cloud_config '{"servers": [{"name": "app7", "image": "app-41", "flavor": "general1-2"},
	{"name": "app1", "image": "app-41", "flavor": "general1-2", "metadata": {"ansible-deployment": "app/other"}},
	{"name": "old1", "image": "app-41", "flavor": "general1-2"}]}'
balancer app '"metadata": [{"key": "team", "value": "red"}]'
balancer old '"healthMonitor": {"type": "HTTP", "delay": 1, "timeout": 1, "attemptsBeforeDeactivation": 2,
	"path": "/health", "statusRegex": "^200$"}'
before=$(others)

fails "has no health monitor" deploy -e build_key=41 "${quick[@]}"
equal "what was written" "" "$(cloud_writes)"
succeeds deploy -e build_key=41 -e add_monitor=true "${quick[@]}"
grep -q "127.0.0.9" "$output" || fail "the node of others was not listed"
only 41 2
equal "what is not ours" "$before" "$(others)"
equal "metadata of others" red "$(record team)"

# Its name is the balancer's, but it is another deployment's balancer now.
fails "give app/shop a balancer of its own" deploy -e build_key=41 -e server_name=shop "${quick[@]}"

succeeds teardown -e confirm=app
equal "what is not ours" "$before" "$(others)"
equal "our servers" "" "$(images_of_ours)"
equal "our record" "" "$(record ansible-live)$(record ansible-previous)"
equal "metadata of others" red "$(record team)"

# An older playbook's server: named like ours, without our mark.
old=(-e server_name=old -e load_balancer_name=old)
address=$(cloud_state '.regions.IAD.servers[] | select(.name == "old1") | .addresses.private[0].addr')
ansible localhost -m rax_clb_nodes -a "load_balancer=old address=$address port=8080 wait_online=true" \
	>"$TMPDIR/output" || fail "no node: $(cat "$TMPDIR/output")"
fails "exclude each other" deploy -e build_key=41 "${old[@]}" -e adopt=true -e keep_blue=true
"$ROOT/$BUILD/tests/judge" --url "$(balancer_url old)" --rate 150 --behind 300 \
	--deadline 60 --slow-seconds 0.5 >"$TMPDIR/judge" 2>&1 &
judge=$!
succeeds deploy -e build_key=41 "${old[@]}" -e adopt=true "${quick[@]}"
no_request_lost
equal "servers that were adopted" "" "$(cloud_state '.regions.IAD.servers[] | select(.name == "old1") | .name')"
equal "what is not ours" "$before" "$(others)"
changes_nothing deploy -e build_key=41 "${old[@]}" "${quick[@]}"
