#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two inventories in one account, deployed at the same time, never touch each
# other's.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# both BUILD: deploys it to both inventories at once.
both() {
	local shop status=0
	playbook deploy -e "build_key=$1" "${quick[@]}" -e server_name=ap -e load_balancer_name=shop \
		>"$TMPDIR/shop" 2>&1 &
	shop=$!
	succeeds deploy -e "build_key=$1" "${quick[@]}"
	wait $shop || status=$?
	[ $status = 0 ] || {
		cat "$TMPDIR/shop"
		fail "the other deploy failed"
	}
}

# of_shop FILTER
shop_servers() {
	cloud_state '[.regions.IAD.servers[] | select(.metadata["ansible-deployment"] == "shop/ap") | .image_name]
		| sort | join(" ")'
}

start_cloud
add_images 41 42
both 41
only 41 2
equal "the other's servers" "app-41 app-41" "$(shop_servers)"
start_judge
both 42
only 42 2
equal "the other's servers" "app-42 app-42" "$(shop_servers)"
succeeds teardown -e server_name=ap -e confirm=shop -e load_balancer_name=shop
only 42 2
no_request_lost
equal "the other's servers" "" "$(shop_servers)"
equal "balancers" app "$(cloud_state '[.regions.IAD.loadbalancers[].name] | join(" ")')"
