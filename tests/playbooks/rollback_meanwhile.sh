#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A rollback while a deploy still drains, or lets blue stand by: the rollback has
# its way, without a lost request, and the deploy says so and deletes nothing more.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# deploy_gives_way TEXT...: it fails, says all of this, and not that it serves.
deploy_gives_way() {
	deploy_fails "$@"
	! grep -q "Build 42 serves" "$deployed" || fail "the deploy says that its build serves"
}

start_cloud
add_images 41 42
blue 41
start_judge

# While blue stands by: its servers serve again.
deploy_until "Let blue stand by" -e build_key=42 "${quick[@]}" -e soak_seconds=10
deploy_held
cloud_config '{"clear_log": true}'
succeeds rollback "${quick[@]}"
equal "servers made for it" "" "$(cloud_writes | grep 'POST.*/servers$' || true)"
deploy_goes_on
deploy_gives_way "another run has taken over load balancer app: its record names as live 41, no longer 42" \
	"it has nodes again of app1, app2"
only 41 2

# While it drains.
deploy_until "Watch those who stay" -e build_key=42 -e settle_seconds=1 -e drain_seconds=20
deploy_held
succeeds rollback "${quick[@]}"
deploy_goes_on
deploy_gives_way "Load balancer app has 41 on record as live now, so that nothing was put back."
only 41 2
no_request_lost
