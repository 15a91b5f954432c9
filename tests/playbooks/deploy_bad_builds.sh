#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A build that does not work: it never boots, its health path gives 500, it dies
# after some seconds. Each time what served before serves as it did, without a
# lost request, and what was made is deleted, or kept where that is wanted.
set -euo pipefail
. "$ROOT/tests/lib/deploy.sh"

# spoil SERVER FAULT: what becomes of new servers whose name matches.
spoil() {
	cloud_config "{\"faults\": [{\"server\": {\"name\": \"$1\", $2}, \"times\": 0}]}"
}

start_cloud
add_images 41 42
blue 41
start_judge

# The servers of build 42 will be app3 and app4.
spoil '^app3$' '"health_status": 500, "health_path": "/health"'
fails "Build 42 does not serve: Wait until the application answers" \
	deploy -e build_key=42 -e health_timeout=3 "${quick[@]}"
grep -q "What served before serves as it did." "$output" || fail "it does not say what serves"
only 41 2

spoil '^app4$' '"down_after": 5'
fails "Build 42 does not serve" deploy -e build_key=42 -e drain_seconds=3
only 41 2

spoil '^app4$' '"stuck": true'
fails "The new servers were kept, as keep_failed says: app3, app4" \
	deploy -e build_key=42 -e build_timeout=15 -e keep_failed=true "${quick[@]}"
grep -q "Timeout waiting for all servers to build" "$output" || fail "it does not say why"
equal "our servers" "app-41 app-41 app-42 app-42" "$(images_of_ours)"
equal "what serves" "app-41 app-41" "$(serving)"

# What was kept is neither used nor deleted by the next run of any build.
spoil '^app[56]$' '"fault": "No valid host was found."'
fails "No valid host was found." deploy -e build_key=42 "${quick[@]}"
cloud_config '{"faults": []}'
succeeds deploy -e build_key=42 "${quick[@]}"
equal "our servers" "app-42 app-42 app-42 app-42" "$(images_of_ours)"
equal "what serves" "app-42 app-42" "$(serving)"
no_request_lost
