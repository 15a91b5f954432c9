#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two inventories in one account, deployed at the same time, never touch each
# other's.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

shop=(-e server_name=ap -e load_balancer_name=shop)

shop_servers() {
	cloud_state '[.regions.IAD.servers[] | select(.metadata["ansible-deployment"] == "shop/ap") | .image_name]
		| sort | join(" ")'
}

start_cloud
add_images 41 42
blue 41
blue 41 "" shop ap
start_judge

playbook deploy -e build_key=42 "${quick[@]}" "${shop[@]}" >"$TMPDIR/shop" 2>&1 &
other=$!
succeeds deploy -e build_key=42 "${quick[@]}"
wait $other || {
	cat "$TMPDIR/shop"
	fail "the other deploy failed"
}
only 42 2
equal "the other's servers" "app-42 app-42" "$(shop_servers)"
equal "what serves there" "app-42 app-42" "$(serving shop)"

succeeds teardown -e confirm=shop "${shop[@]}"
only 42 2
no_request_lost
equal "the other's servers" "" "$(shop_servers)"
equal "balancers" app "$(cloud_state '[.regions.IAD.loadbalancers[].name] | join(" ")')"
