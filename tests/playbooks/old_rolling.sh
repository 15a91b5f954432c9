#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An old rolling deployment: half of the nodes at a time are drained, cut off,
# updated and enabled, under traffic that loses no request.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# roll: the old playbook, as it stands.
roll() {
	output=$TMPDIR/output
	mkdir -p "$TMPDIR/updated"
	rm -f "$TMPDIR"/updated/*
	ansible-playbook -i localhost, -c local -e "scratch=$TMPDIR/updated" \
		-e "ansible_python_interpreter={{ ansible_playbook_python }}" \
		"$ROOT/tests/playbooks/old/rolling.yml" >"$output" 2>&1 || {
		cat "$output"
		fail "the rolling deployment failed"
	}
}

start_cloud --balancer-time 0.1
add_images 41
cloud_config '{"servers": [{"name": "old", "image": "app-41", "count": 4}]}'
cloud_config "$(cloud_state '{balancers: [{name: "roll", protocol: "HTTP", port: 8000,
	algorithm: "LEAST_CONNECTIONS", virtualIps: [{type: "PUBLIC"}],
	healthMonitor: {type: "HTTP", delay: 1, timeout: 1, attemptsBeforeDeactivation: 2,
		path: "/health", statusRegex: "^200$"},
	nodes: [.regions.IAD.servers[] | {address: .addresses.private[0].addr, port: 8080, condition: "ENABLED"}]}]}')"
nodes=$(cloud_state '[.regions.IAD.loadbalancers[0].nodes[].id | tostring] | sort | join(" ")')
until [ "$(cloud_state '[.regions.IAD.loadbalancers[0].nodes[] | select(.status == "ONLINE")] | length')" = 4 ]; do
	sleep 0.1
done

"$ROOT/$BUILD/tests/judge" --url "$(balancer_url roll)" --rate 150 --behind 300 \
	--deadline 60 --slow-seconds 0.5 --log "$TMPDIR/requests" >"$TMPDIR/judge" 2>&1 &
judge=$!
for _ in 1 2; do
	cloud_config '{"clear_log": true}'
	roll
	equal "the updated ones" "$nodes" "$(cd "$TMPDIR/updated" && printf '%s\n' * | sort | paste -sd ' ')"
	equal "the conditions" "ENABLED ENABLED ENABLED ENABLED" \
		"$(cloud_state '[.regions.IAD.loadbalancers[0].nodes[].condition] | join(" ")')"
	# Each was drained, cut off and enabled, once, though the two at a time may
	# have had to wait for each other; nothing else was written.
	equal "the writes" "$(for node in $nodes; do yes "$node" | head -n 3; done | paste -sd ' ')" \
		"$(cloud_log '.requests[] | select(.method == "PUT" and .status < 300) | .path' |
			sed -n 's|.*/nodes/\([0-9]*\)$|\1|p' | sort | paste -sd ' ')"
	equal "other writes" "" "$(cloud_writes | grep -v '^PUT .*/nodes/[0-9]*$' || true)"
done
no_request_lost
